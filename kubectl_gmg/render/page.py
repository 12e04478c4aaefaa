"""Pages for people: lines and tables, printed by Rich in a terminal and as plain aligned columns elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_gmg.render.plain import shown
from kubectl_gmg.views import Look

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text with a style of Rich's; the style never carries the meaning alone."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `hang` is how far a continuation is indented."""

    spans: tuple[Span, ...]
    hang: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `cut` ones lose their end in a narrow terminal instead of being folded."""

    title: str
    right: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `indent` blanks stand in front of every row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Span, ...], ...]
    indent: int = 0


Block = Line | Table
Page = tuple[Block, ...]


def line(*parts: str | Span, hang: int = 0) -> Line:
    """A line of texts and spans."""
    return Line(tuple(Span(part) if isinstance(part, str) else part for part in parts), hang)


ASCII = str.maketrans({"·": "-", "→": "->", "├": "|", "└": "`", "─": "-", "│": "|", "…": "...", "✗": "x", "—": "-"})


def text_of(page: Iterable[Block], look: Look) -> str:
    """The page as plain text; nothing is cut."""
    blocks = (line_text(block) if isinstance(block, Line) else table_text(block, look) for block in page)
    text = "\n".join(blocks)
    return text if look.unicode else ascii_only(text)


def ascii_only(text: str) -> str:
    """The text for a terminal that knows ASCII only: our own signs are replaced, other letters written as escapes."""
    return text.translate(ASCII).encode("ascii", "backslashreplace").decode()


def line_text(block: Line) -> str:
    """A line as plain text."""
    return "".join(shown(span.text) for span in block.spans).rstrip()


def table_text(table: Table, look: Look) -> str:
    """A table as aligned columns."""
    import tabulate as library  # noqa: PLC0415 - only pages need it

    library.MIN_PADDING = 0
    rows = [[shown(span.text) for span in row] for row in table.rows]
    heads = [column.title for column in table.columns] if look.headers else []
    align = ["right" if column.right else "left" for column in table.columns]
    if not rows:
        return "  ".join(heads)
    text = library.tabulate(rows, heads, "plain", colalign=align, disable_numparse=True, preserve_whitespace=True)
    return "\n".join((" " * table.indent + each).rstrip() for each in text.splitlines())


def terminal_text(page: Iterable[Block], look: Look) -> str:
    """The page as Rich prints it on a terminal."""
    import io  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it

    console = Console(
        file=io.StringIO(),
        width=look.width,
        force_terminal=True,
        color_system="standard" if look.color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        for block in page:
            console.print(rich_line(block, look) if isinstance(block, Line) else rich_table(block, look))
    text = "\n".join(each.rstrip() for each in capture.get().splitlines())
    return text if look.color else strip_styles(text)


def strip_styles(text: str) -> str:
    """The text without bold and the like, for a terminal that wants no colour."""
    import re  # noqa: PLC0415

    return re.sub("\x1b\\[[0-9;]*m", "", text)


def rich_text(spans: Iterable[Span], look: Look) -> RenderableType:
    """Literal text with styles; markup in it means nothing."""
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it

    text = Text()
    for span in spans:
        written = shown(span.text)
        text.append(written if look.unicode else ascii_only(written), style=span.style)
    return text


def rich_line(block: Line, look: Look) -> RenderableType:
    """A line; what does not fit goes on below, indented."""
    if not block.hang:
        return rich_text(block.spans, look)
    from rich.table import Table as Grid  # noqa: PLC0415

    first, *rest = block.spans
    grid = Grid.grid(padding=0)
    grid.add_column(width=block.hang, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(rich_text((first,), look), rich_text(rest, look))
    return grid


def rich_table(table: Table, look: Look) -> RenderableType:
    """A table that fits the terminal: long cells are folded, or cut where the column says so."""
    from rich.padding import Padding  # noqa: PLC0415
    from rich.table import Table as RichTable  # noqa: PLC0415

    rich = RichTable(box=None, show_header=look.headers, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in table.columns:
        rich.add_column(
            column.title,
            justify="right" if column.right else "left",
            overflow="ellipsis" if column.cut else "fold",
            no_wrap=column.cut or column.right,
        )
    for row in table.rows:
        rich.add_row(*(rich_text((span,), look) for span in row))
    return Padding(rich, (0, 0, 0, table.indent))

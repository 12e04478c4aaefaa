"""Pages for people: lines and tables, printed by Rich in a terminal and as plain aligned columns elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from kubectl_gmg.model.value import value
from kubectl_gmg.render.plain import only_ascii, shown
from kubectl_gmg.views import Look

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text


@value
class Span:
    """A piece of text with a style of Rich's; the style never carries the meaning alone."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `hang` stands in front of what a narrow terminal moves to the next one.

    A `whole` one is left to the terminal, however long it is: blanks in what is to be pasted would change it.
    """

    spans: tuple[Span, ...]
    hang: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; where a terminal is too narrow the end of a `cut` one goes first."""

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


def line(*parts: str | Span, hang: str = "") -> Line:
    """A line of texts and spans."""
    return Line(tuple(Span(part) if isinstance(part, str) else part for part in parts), hang)


ASCII = str.maketrans({"·": "-", "→": "->", "├": "|", "└": "`", "─": "-", "│": "|", "…": "...", "✗": "x", "—": "-"})


STYLE = re.compile(r"\x1b\[[0-9;]*m")
RESET = "\x1b[0m"

UNLIMITED = 1_000_000
"""A width, in letters, at which nothing is folded or cut."""


def terminal_width(look: Look) -> int | None:
    """The columns of the terminal; None where nothing is ever cut."""
    return look.width or (shutil.get_terminal_size().columns if look.terminal else None)


def printed(page: Iterable[Block], look: Look, *, headers: bool = True) -> str:
    """The page as text, drawn by Rich where there is a terminal or colour. Without `headers` tables have no titles."""
    look = look if headers else replace(look, headers=False)
    return terminal_text(page, look) if look.terminal or look.color else text_of(page, look)


def text_of(page: Iterable[Block], look: Look) -> str:
    """The page as plain text; nothing is cut."""
    return "\n".join(line_text(block, look) if isinstance(block, Line) else table_text(block, look) for block in page)


def written(text: str, look: Look) -> str:
    """A text as it may be printed; where only ASCII is known our own signs are replaced, other letters are escapes."""
    harmless = text if text.isprintable() else shown(text)  # asking costs far less, and nearly all text is
    return harmless if look.unicode else only_ascii(harmless.translate(ASCII))


def line_text(block: Line, look: Look) -> str:
    """A line as plain text."""
    return "".join(written(span.text, look) for span in block.spans).rstrip()


def table_text(table: Table, look: Look) -> str:
    """A table as aligned columns."""
    rows = [[written(span.text, look) for span in row] for row in table.rows]
    heads = [column.title for column in table.columns] if look.headers else []
    if not rows:
        return "  ".join(heads)
    ascii_only = all(map(str.isascii, chain(heads, *rows)))
    lines = (aligned if ascii_only else tabulated)(heads, rows, [column.right for column in table.columns])
    return "\n".join([(" " * table.indent + each).rstrip() for each in lines])


def aligned(heads: list[str], rows: list[list[str]], right: list[bool]) -> list[str]:
    """The lines of a table of ASCII, where every letter is as wide as another: the same as `tabulated`, but at once.

    Tabulate looks at each cell several times, to find out what it is; that takes most of a run with many routes.
    """
    printed = [heads, *rows] if heads else rows
    widths = [max(map(len, cells)) for cells in zip(*printed, strict=True)]
    row = "  ".join(f"{{:{'>' if to_right else '<'}{width}}}" for to_right, width in zip(right, widths, strict=True))
    return [row.format(*cells) for cells in printed]


def tabulated(heads: list[str], rows: list[list[str]], right: list[bool]) -> list[str]:
    """The lines of a table of any letters: tabulate knows how wide they are."""
    import tabulate as library  # noqa: PLC0415 - only few pages need it

    library.MIN_PADDING = 0
    align = ["right" if to_right else "left" for to_right in right]
    text = library.tabulate(rows, heads, "plain", colalign=align, disable_numparse=True, preserve_whitespace=True)
    return text.split("\n")


def terminal_text(page: Iterable[Block], look: Look) -> str:
    """The page as Rich prints it on a terminal; wide pages run over its edge, as kubectl's do."""
    import io  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.text import Text  # noqa: PLC0415

    console = Console(
        file=io.StringIO(),
        width=look.width or (None if look.terminal and not look.wide else UNLIMITED),
        force_terminal=True,
        color_system="standard" if look.color else None,
        no_color=not look.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        for drawing in drawn(page, look, console):
            folded = isinstance(drawing, Text)  # by us, but for what is left to the terminal
            console.print(drawing, no_wrap=folded, overflow="ignore" if folded else None, crop=False)
    text = "\n".join(map(trimmed, capture.get().removesuffix("\n").split("\n")))
    if not look.unicode:
        text = text.replace("…", "~")  # where Rich has cut a cell: one letter for one letter
    return text if look.color else STYLE.sub("", text)  # without colour nothing is bold either


def trimmed(line: str) -> str:
    """A line without the blanks at its end, before the end of a style too."""
    text = line.rstrip()
    return text.removesuffix(RESET).rstrip() + RESET if text.endswith(RESET) else text


def rich_text(spans: Iterable[Span], look: Look) -> Text:
    """Literal text with styles; markup in it means nothing."""
    from rich.text import Text  # noqa: PLC0415 - only a terminal needs it

    text = Text()
    for span in spans:
        text.append(written(span.text, look), style=span.style)
    return text


def drawn(page: Iterable[Block], look: Look, console: Console) -> Iterator[RenderableType]:
    """The blocks as Rich knows them; lines one below the other in one piece, since each costs it a millisecond."""
    from rich.text import Text  # noqa: PLC0415

    lines: list[Text] = []
    for block in page:
        if lines and (isinstance(block, Table) or len(lines) == MOST_AT_ONCE):
            yield Text("\n").join(lines)
            lines = []
        if isinstance(block, Table):
            yield rich_table(block, look, console)
        else:
            lines.append(rich_line(block, look, console))
    if lines:
        yield Text("\n").join(lines)


MOST_AT_ONCE = 200
"""Lines that Rich is given at once: it looks at the styles of all of them for each."""


def rich_line(block: Line, look: Look, console: Console) -> Text:
    """A line; what does not fit goes on below, behind what hangs there."""
    if block.whole:
        return rich_text(block.spans, look)
    if not block.hang:
        return rich_sentence(rich_text(block.spans, look), console)
    from rich.text import Text  # noqa: PLC0415

    hang = Text(written(block.hang, look))
    first, *rest = block.spans
    head, tail = rich_text((first,), look), rich_text(rest, look)
    room = max(console.width - max(head.cell_len, hang.cell_len), LEAST)
    if tail.cell_len <= room:
        return head + tail
    parts = tail.wrap(console, room)
    return Text("\n").join((hang if number else head) + part for number, part in enumerate(parts))


def rich_sentence(whole: Text, console: Console) -> Text:
    """A line behind which nothing hangs: what does not fit goes on below, further in than it began."""
    if whole.cell_len <= console.width:
        return whole
    from rich.text import Text  # noqa: PLC0415

    hang = " " * (len(whole.plain) - len(whole.plain.lstrip()) + 2)
    first = whole.wrap(console, console.width)[0]
    end = len(first) + len(whole.plain[len(first) :]) - len(whole.plain[len(first) :].lstrip())
    rest = whole[end:].wrap(console, max(console.width - len(hang), LEAST))
    return Text("\n").join((first, *(Text(hang) + each for each in rest)))


LEAST = 24
"""The letters that a cell keeps, and a line, however narrow the terminal."""


def rich_table(table: Table, look: Look, console: Console) -> RenderableType:
    """A table that fits the terminal: the end of a cut column goes first, then other cells are folded."""
    from rich.padding import Padding  # noqa: PLC0415
    from rich.table import Table as RichTable  # noqa: PLC0415

    rich = RichTable(box=None, show_header=look.headers, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    cells = [[rich_text((span,), look) for span in row] for row in table.rows]
    heads = [len(column.title) if look.headers else 0 for column in table.columns]
    widths = [max([head, *(row[place].cell_len for row in cells)]) for place, head in enumerate(heads)]
    spare = console.width - table.indent - sum(widths) - 2 * (len(widths) - 1)
    for column, width in zip(table.columns, widths, strict=True):
        rich.add_column(
            column.title,
            justify="right" if column.right else "left",
            overflow="ellipsis" if column.cut else "fold",
            no_wrap=column.cut or column.right,
            max_width=max(width + min(spare, 0), min(width, LEAST)) if column.cut else None,
        )
    for row in cells:
        rich.add_row(*row)
    return Padding(rich, (0, 0, 0, table.indent))

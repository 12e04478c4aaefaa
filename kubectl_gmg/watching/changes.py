"""What is another in a page than it was: by lines and rows of tables, however wide the columns are."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from kubectl_gmg.render.page import Block, Column, Line, Page, Span, Table, line

SAME, NEW, GONE, MOVED = " ", "+", "-", "~"
"""What stands in front of a line; one that has moved is the same but for its number."""

STYLES = {SAME: "", NEW: "bold green", GONE: "bold red", MOVED: "cyan"}
NUMBER = "#"
"""The title of the column that counts: who stands further up changes it for all below."""

BRANCHES = " │├└─"
DEPTH = 3
"""How often what lies between lines that stand once is searched again for such lines."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line, or a row of a table. `key` is what it says; None for one that is never a change.

    `number` is its place in a list and `was` its place before, `heading` the line that tells where it is, `table` the
    table that it is a row of, and `part` counts the blank lines above it.
    """

    key: Hashable | None
    cells: tuple[Span, ...]
    number: str = ""
    was: str = ""
    heading: Row | None = None
    table: Table | None = None
    hang: str = ""
    part: int = 0


Marked = tuple[str, Row]


def lines_of(text: str) -> Page:
    """A text as lines without styles."""
    return tuple(line(each) for each in text.removesuffix("\n").split("\n"))


def rows_of(page: Iterable[Block], *, headings: bool) -> list[Row]:
    """The lines and rows of a page. With `headings` those below the first line of a paragraph belong to it."""
    found: list[Row] = []
    heading, opens, part = None, True, 0
    for block in page:
        if isinstance(block, Table):
            found += (table_row(block, cells, heading, part) for cells in block.rows)
            continue
        row = line_row(block, heading, part)
        text = "".join(span.text for span in block.spans)
        if headings and opens and text and not text.startswith((" ", "|")):
            heading = row = replace(row, heading=None)
        opens = not text.strip()
        part += opens
        found.append(row)
    return found


def line_row(block: Line, heading: Row | None, part: int) -> Row:
    """A line; what only draws a branch or a rule, and blanks that align, are no part of what it says."""
    text = "".join(span.text for span in block.spans)
    said = text.lstrip(BRANCHES)
    depth = len(text) - len(said) if text[: len(text) - len(said)].strip() else 0
    drawn = not said.strip("|-: ")
    return Row(None if drawn else (depth, *said.split()), block.spans, heading=heading, hang=block.hang, part=part)


def table_row(table: Table, cells: tuple[Span, ...], heading: Row | None, part: int) -> Row:
    """A row of a table: what its columns say, but for the number. A column without entries may come and go."""
    said = [(column.title, cell.text.strip()) for column, cell in zip(table.columns, cells, strict=True)]
    key = tuple((title, text) for title, text in said if title != NUMBER and text.strip("-"))
    return Row(key, cells, dict(said).get(NUMBER, ""), heading=heading, table=table, part=part)


def difference(before: Sequence[Row], now: Sequence[Row]) -> list[Marked]:
    """All rows of now, and those that are gone where they stood, each with its mark."""
    old = [row for row in before if row.key is not None]
    new = [place for place, row in enumerate(now) if row.key is not None]
    pairs = matched([row.key for row in old], [now[place].key for place in new])
    partner = {new[mine]: other for other, mine in pairs}
    found: list[Marked] = []
    seen = part = 0
    for place, (row, ahead) in enumerate(zip(now, nearest(partner, len(now), len(old)), strict=True)):
        # What is gone stands as far down as it did; above a blank line only what was above it.
        while seen < ahead and (row.key is not None or old[seen].part == part):
            found.append((GONE, old[seen]))
            seen += 1
        if (own := partner.get(place)) is None:
            found.append((SAME if row.key is None else NEW, row))
            continue
        found += kept(old[own], row)
        seen, part = own + 1, old[own].part
    return [*found, *((GONE, each) for each in old[seen:])]


def nearest(partner: dict[int, int], count: int, end: int) -> list[int]:
    """For each row of now the old place of the first row from there on that was there before; `end` after the last."""
    found = [end] * count
    for place in reversed(range(count)):
        found[place] = end = partner.get(place, end)
    return found


def kept(old: Row, new: Row) -> list[Marked]:
    """A row that says what it said, perhaps with another number."""
    if old.number == new.number:
        return [(SAME, new)]
    if old.number.isdigit() and new.number.isdigit():
        return [(MOVED, replace(new, was=old.number))]
    return [(GONE, old), (NEW, new)]


def matched(old: Sequence[Hashable], new: Sequence[Hashable], depth: int = DEPTH) -> list[tuple[int, int]]:
    """Pairs of places of equal entries, rising on both sides (patience diff).

    `difflib` looks at each line again for every difference; this is as fast as sorting, however much has changed.
    """
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    first, last = len(old) - end, len(new) - end
    between = inner(old[start:first], new[start:last], depth) if depth and start < min(first, last) else []
    return [
        *((place, place) for place in range(start)),
        *((start + mine, start + other) for mine, other in between),
        *zip(range(first, len(old)), range(last, len(new)), strict=True),
    ]


def inner(old: Sequence[Hashable], new: Sequence[Hashable], depth: int) -> list[tuple[int, int]]:
    """The pairs of what stands once on each side, and of what matches between them."""
    once = unique(old)
    there = unique(new)
    anchors = rising([(once[key], there[key]) for key in there if key in once])
    if not anchors:
        return []
    pairs: list[tuple[int, int]] = []
    left = right = 0
    for mine, other in (*anchors, (len(old), len(new))):
        between = matched(old[left:mine], new[right:other], depth - 1)
        pairs += ((left + one, right + two) for one, two in between)
        if mine < len(old):
            pairs.append((mine, other))
        left, right = mine + 1, other + 1
    return pairs


def unique(keys: Sequence[Hashable]) -> dict[Hashable, int]:
    """The places of entries that stand once, in order."""
    counts = Counter(keys)
    return {key: place for place, key in enumerate(keys) if counts[key] == 1}


def rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs whose first places rise; the second ones do already."""
    ends: list[int] = []
    best: list[int] = []
    before: list[int] = []
    for place, (first, _) in enumerate(pairs):
        length = bisect_left(ends, first)
        ends[length : length + 1] = [first]
        best[length : length + 1] = [place]
        before.append(best[length - 1] if length else -1)
    found = []
    place = best[-1] if best else -1
    while place >= 0:
        found.append(pairs[place])
        place = before[place]
    return found[::-1]


def is_change(marked: Marked) -> bool:
    """Whether a row is another than it was."""
    return marked[0] != SAME


def only_changes(rows: Iterable[Marked]) -> Iterator[Marked]:
    """The rows that changed, each below the heading that tells where it is; rows that only moved are told together."""
    last: Hashable = None
    for (steps, above), group in groupby(filter(is_change, rows), lambda each: (steps_of(each), heading_key(each[1]))):
        found = list(group)
        heading = found[0][1].heading
        if heading is not None and above != last:
            yield SAME, heading
        yield from found if steps is None else [(MOVED, told(found))]
        own = found[-1][1]
        last = own.key if heading is None else above


def steps_of(marked: Marked) -> int | None:
    """How far down a row has moved; None for one that did not just move."""
    mark, row = marked
    return int(row.number) - int(row.was) if mark == MOVED else None


def heading_key(row: Row) -> Hashable:
    """What the heading of a row says."""
    return row.heading and row.heading.key


def told(moved: Sequence[Marked]) -> Row:
    """Rows that moved alike, in one line."""
    first, last = moved[0][1], moved[-1][1]
    if first is last:
        return Row((), (Span(f"#{first.was} is now #{first.number}"),))
    return Row((), (Span(f"#{first.was} to #{last.was} are now #{first.number} to #{last.number}"),))


def page_of(rows: Iterable[Marked]) -> Page:
    """The rows as a page, with the mark in front of each; rows of like tables stand in one."""
    blocks: list[Block] = []
    group: list[Marked] = []
    widest: Table | None = None
    for mark, row in rows:
        if widest is not None and (row.table is None or not alike(widest, row.table)):
            blocks.append(table_of(group, widest))
            group, widest = [], None
        if row.table is None:
            blocks.append(marked_line(mark, row))
            continue
        group.append((mark, row))
        widest = row.table if widest is None else max(widest, row.table, key=lambda table: len(table.columns))
    return (*blocks, *([table_of(group, widest)] if widest is not None else ()))


def titles(table: Table) -> tuple[str, ...]:
    """The titles of the columns."""
    return tuple(column.title for column in table.columns)


def alike(one: Table, other: Table) -> bool:
    """Whether rows of both can stand in one table: every column of one is a column of the other."""
    if one is other or titles(one) == titles(other):
        return True
    short, long = sorted((titles(one), titles(other)), key=len)
    return len(set(long)) == len(long) and set(short) <= set(long)


def table_of(group: Sequence[Marked], widest: Table) -> Table:
    """A table of all columns of the widest, with the mark as its first one."""
    names = titles(widest)
    rows = ((Span(mark.ljust(widest.indent), STYLES[mark]), *by_title(names, row)) for mark, row in group)
    return Table((Column(""), *widest.columns), tuple(rows))


def by_title(names: Sequence[str], row: Row) -> Iterable[Span]:
    """The cells of a row below columns of these names."""
    own = () if row.table is None else titles(row.table)
    if own == names:
        return row.cells
    known = dict(zip(own, row.cells, strict=True))
    return [known.get(name, Span("")) for name in names]


def marked_line(mark: str, row: Row) -> Line:
    """A line with its mark; what is folded goes on behind it."""
    lead = f"{mark} "
    if not row.hang:
        text = "".join(span.text for span in row.cells)
        further = " " * (len(text) - len(text.lstrip()) + len(lead) + 2)
        return Line((Span(lead, STYLES[mark]), *row.cells), further)
    first, *rest = row.cells
    return Line((Span(lead + first.text, first.style), *rest), "  " + row.hang)

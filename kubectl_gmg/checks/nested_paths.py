"""Which earlier routes of a host have a path that a later one's begins with, without comparing all with all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.shadowing import rows_by_host
from kubectl_gmg.model.match import ROOT, PathKind, PathMatch
from kubectl_gmg.views import RouteRow

MOST_ABOVE = 30
"""Earlier routes that are looked at for one."""


Nested = tuple[RouteRow, list[RouteRow]]
"""A route, and those before it that take its path."""


def path_of(row: RouteRow) -> PathMatch:
    """The path of a row; where nothing is said that is prefix `/`."""
    return row.route.match.path or ROOT


def nested_by_host(context: CheckContext) -> tuple[tuple[list[RouteRow], list[Nested]], ...]:
    """The rows of each host of which some lose requests to earlier ones, and the latter, as `nested` has them."""
    found = []
    for rows in context.once(rows_by_host):
        asked = [row for row in rows if id(row) in context.disputed]
        losing = {id(row) for row in asked if (reach := context.reach(row)).partly or reach.proof is not None}
        if losing:
            found.append((rows, [(row, above) for row, above in nested(rows) if id(row) in losing]))
    return tuple(found)


def nested(rows: Iterable[RouteRow]) -> Iterator[Nested]:
    """Every route with a plain path, and those before it that take this path or a prefix of its text.

    Paths are compared as they are written; the routes of one rule do not count as before each other.
    """
    plain = [row for row in rows if path_of(row).kind is not PathKind.REGEX]
    plain.sort(key=lambda row: (path_of(row).value, row.route.index or 0))
    above: list[tuple[str, list[RouteRow]]] = []
    for row in plain:
        text = path_of(row).value
        while above and not text.startswith(above[-1][0]):
            above.pop()
        if not above or above[-1][0] != text:
            above.append((text, []))
        yield row, earlier(row, above)
        if len(above[-1][1]) < MOST_ABOVE:
            above[-1][1].append(row)


def earlier(row: RouteRow, above: Iterable[tuple[str, list[RouteRow]]]) -> list[RouteRow]:
    """Those that stand before a route and whose path takes its own."""
    found = []
    for _, rows in above:
        found += [each for each in rows if stands_before(each, row) and takes_path(path_of(each), path_of(row))]
    return found[-MOST_ABOVE:]


def stands_before(first: RouteRow, second: RouteRow) -> bool:
    """Whether a route of another rule is asked first."""
    other = first.rule is not second.rule
    return other and (first.route.index or 0) < (second.route.index or 0)


def takes_path(first: PathMatch, second: PathMatch) -> bool:
    """Whether a plain path, which the text of the other begins with, takes all that the other does."""
    if first.kind is PathKind.EXACT:
        return second.kind is PathKind.EXACT and first.value == second.value
    return True

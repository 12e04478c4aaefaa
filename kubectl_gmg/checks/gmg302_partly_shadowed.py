"""Earlier routes answer some requests of a route.

A special route in front of a general one is the usual layout, and not told here: that takes just what it is for. Told
is an earlier route that asks for something besides its path, or has a regular expression, and that overlaps with this
one while each of them also takes requests that the other does not: by header and by path, or by two expressions. Which
of them should answer what both are for is then decided by the order alone. Not told either are earlier routes for any
path with a condition, such as a canary by header, since they evidently mean all that comes behind them.

Example:
    - {name: by-user, matchers: [{uri: {prefix: /reviews}, headers: [{name: end-user}]}]}
    - {name: health, matchers: [{uri: {exact: /reviews/health}}]}   # not for requests with that header

Fix:
    If the earlier route should not have these requests, put it behind this one, or narrow it.

Source:
    `spec/v1beta1.md` 8.1, 8.5; `spec/v2.md` 6; `spec/envoy.md` 18.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import MOST_NOTES
from kubectl_gmg.checks.nested_paths import Nested, nested_by_host, path_of, stands_before
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.unmatchable_paths import surely
from kubectl_gmg.checks.words import match_words
from kubectl_gmg.matching.search import Work
from kubectl_gmg.matching.space import Space
from kubectl_gmg.matching.theory import Truth, covers
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import PathKind, RouteMatch
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.views import RouteRow

KINDS = ("VirtualGateway", "VirtualHost", "RouteTable")
MOST_ASKED = 50
"""Routes of which it is asked who takes some of their requests; that takes its time."""

MOST_REGEXES = 20
"""Regular expressions of one host that are compared with its other paths."""

ANY_PATH = ((PathKind.PREFIX, "/"), (PathKind.REGEX, ".*"), (PathKind.REGEX, "/.*"))
"""Paths that everything has."""

WORK = 2_000
"""Steps to compare two paths."""


@check("GMG302", v1beta1=INFO, v2=INFO, needs=KINDS)
def partly_shadowed(context: CheckContext) -> Iterator[Problem]:
    """Rules that share requests with earlier ones where neither holds the other."""
    told: set[Origin] = set()
    left = MOST_ASKED
    for rows, below in context.once(nested_by_host):
        for row, suspects in suspected(rows, below, context):
            origin = row.rule.origin
            if left and origin not in told:
                left -= 1
                if found := problem(context, row, suspects):
                    told.add(origin)
                    yield found


def problem(context: CheckContext, row: RouteRow, suspects: list[RouteRow]) -> Problem | None:
    """What is to be said of one route; None if none of the suspects takes anything."""
    shadows = {(each.id, each.index): each.request for each in context.reach(row, shadows=True).shadowed_by}
    takers = [each for each in suspects if (each.id, each.route.index) in shadows and surely_unlike(each, row)]
    if not takers:
        return None
    places = dict.fromkeys(each.rule.origin for each in takers)
    return Problem(
        "GMG302",
        f"{match_words(row.route.match)} shares requests with {several(names(takers))}, which answers them first",
        row.rule.origin,
        related=tuple(Note("answers first", each) for each in places)[:MOST_NOTES],
        request=shadows[takers[0].id, takers[0].route.index or 0],
    )


def names(rows: Iterable[RouteRow]) -> Iterator[str]:
    """The matches of some routes."""
    return (match_words(each.route.match) for each in rows)


def suspected(rows: list[RouteRow], below: list[Nested], context: CheckContext) -> Iterator[Nested]:
    """Routes that lose some requests, with those before them that are no special cases, and not for any path."""
    regexes = [row for row in rows if path_of(row).kind is PathKind.REGEX][:MOST_REGEXES]
    candidates = [*below, *((row, rows) for row in regexes)]
    for row, above in sorted(candidates, key=lambda each: each[0].route.index or 0):
        if context.reach(row).partly:
            every = {id(each): each for each in (*above, *regexes) if stands_before(each, row) and unlike(each, row)}
            if every:
                yield row, sorted(every.values(), key=lambda each: each.route.index or 0)


def unlike(first: RouteRow, second: RouteRow) -> bool:
    """Whether an earlier route may take requests that a later one would not, though it is not for any path."""
    path, other = path_of(first), path_of(second)
    if (path.kind, path.value) in ANY_PATH:
        return False
    if PathKind.REGEX in (path.kind, other.kind):
        return not apart(surely(path), surely(other))
    goes_on = other.value[len(path.value) :]
    if not goes_on:
        return lacks(first.route.match, second.route.match)
    return goes_on.startswith("/") or path.value.endswith("/")  # else that is GMG310


def apart(first: str, second: str) -> bool:
    """Whether no text begins with both; that case may be ignored only makes fewer findings."""
    return not first.startswith(second) and not second.startswith(first)


def surely_unlike(first: RouteRow, second: RouteRow) -> bool:
    """Whether an earlier route surely takes requests that a later one would not: regular expressions are compared."""
    path, other = path_of(first), path_of(second)
    if PathKind.REGEX not in (path.kind, other.kind):
        return True
    narrower = covers(RouteMatch(path=other), RouteMatch(path=path), Space(), Work(WORK))
    return narrower is Truth.NO or (narrower is Truth.YES and lacks(first.route.match, second.route.match))


def lacks(first: RouteMatch, second: RouteMatch) -> bool:
    """Whether the later match tests something that the earlier one does not look at."""
    return bool(looked_at(second) - looked_at(first))


def looked_at(match: RouteMatch) -> frozenset[tuple[str, str]]:
    """What a match tests besides its path."""
    headers = {("header", each.name.lower()) for each in match.headers}
    queries = {("query", each.name) for each in match.query_parameters}
    method = {("method", "")} if match.method else set()
    return frozenset(headers | queries | method)

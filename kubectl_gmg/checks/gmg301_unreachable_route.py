"""Earlier routes answer every request of a route.

The proxy tries routes in order and takes the first that fits. Every request that this route asks for is taken by
routes in front of it, so it never does anything. Most often a general route stands before a special one, because its
table is heavier, or comes first by name or age, or because its rule is written first. A fix is offered where a small
change brings the route back and takes no other route away; resolving again has shown that. This is tried for the first
few findings of a run of ordinary size; `kubectl gmg explain` tries it for any route.

A route is told here as well if it has a condition that no request can meet as the proxy reads requests, such as a
method in lower case or a path with a blank. Of the routes for TLS connections one with a server name that an earlier
one has is dropped with all of its names; of those for TCP connections the first one of a listener gets all of them.

Example:
    - {name: reviews, matchers: [{uri: {prefix: /reviews}}]}
    - {name: version, matchers: [{uri: {exact: /reviews/version}}]}   # never reached

Fix:
    Put the special route first: by its place in the list, by a higher weight of its table, or by sortMethod
    ROUTE_SPECIFICITY on the delegating rule; remove it if the earlier route does what is wanted.

Source:
    `spec/v1beta1.md` 8.2, 8.3, 8.5; `spec/v2.md` 4.3, 4.6, 6, 8.4; `spec/envoy.md` 8, 11, 18, 19, 70, 72.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from kubectl_gmg.analysis.alternatives import selectors_of
from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.connection_rules import dead_connections
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.impossible_conditions import impossible
from kubectl_gmg.checks.matcher_places import MOST_NOTES, matcher_place
from kubectl_gmg.checks.outside import knows_owners
from kubectl_gmg.checks.reachability_fixes import ReachabilityFixes
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.shadowing import Dead, Shadowing
from kubectl_gmg.checks.ties import hangs_on_age
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.views import RouteRow

KINDS = ("VirtualGateway", "VirtualHost", "RouteTable")
MOST_CLAUSES = 3


@check("GMG301", v1beta1=WARNING, v2=WARNING, rows=("ROUTE-SHADOWED", "SEM-10"), needs=KINDS)
def unreachable_route(context: CheckContext) -> Iterator[Problem]:
    """Rules none of whose matches is ever reached, and single matches of the others."""
    shadowing, fixes = Shadowing(context), ReachabilityFixes(context)
    never: dict[Origin, Problem] = {}
    for rows in shadowing.rows:
        for each in filter(None, (impossible(context, row) for row in rows)):
            message = f"no request can meet {each.words}"
            never.setdefault(each.place, Problem("GMG301", message, each.place, hint=each.hint))
        if dead := [found for row in rows if (found := shadowing.dead(row)) and is_certain(context, found)]:
            yield from told(context, rows, dead, fixes)
    yield from never.values()
    yield from dead_connections(context)


def is_certain(context: CheckContext, dead: Dead) -> bool:
    """Whether what answers first is served there, and comes first, by something that was given."""
    selectors = (each for row in (dead.row, *dead.winners) for each in selectors_above(row))
    if not all(knows_owners(context, each) for each in selectors):
        return False
    return not any(hangs_on_age(winner, dead.row) for winner in dead.winners)


def selectors_above(row: RouteRow) -> Iterator[Selector]:
    """The selectors of the rules that delegate on the way down to a route."""
    for rule in row.route.terminal.rules[:-1]:
        yield from selectors_of(rule)


def told(context: CheckContext, rows: list[RouteRow], dead: list[Dead], fixes: ReachabilityFixes) -> Iterator[Problem]:
    """What is to be said of one rule: of the rule where a way is dead as a whole, else of its matches."""
    rule = rows[0].rule
    rows_at: defaultdict[tuple[str, int, int], int] = defaultdict(int)
    for row in rows:
        rows_at[row.id, id(row.listener), id(row.host)] += 1
    dead_at: defaultdict[tuple[str, int, int], list[Dead]] = defaultdict(list)
    for each in dead:
        dead_at[each.site].append(each)
    whole = [each for site, found in dead_at.items() if len(found) == rows_at[site] for each in found]
    if whole:
        alive = sum(len(found) == rows_at[site] for site, found in dead_at.items()) < len(rows_at)
        yield problem(rule.origin, whole, fixes, sites(whole) if alive else "")
    by_match: defaultdict[int, list[Dead]] = defaultdict(list)
    for site, found in dead_at.items():
        if len(found) < rows_at[site]:
            for each in found:
                by_match[each.own].append(each)
    for own, found in sorted(by_match.items()):
        place = context.existing(matcher_place(rule, own), rule.origin)
        if place != rule.origin or not whole:
            yield problem(place, found, fixes, "")


def sites(dead: Iterable[Dead]) -> str:
    """The ways on which a rule is dead, where it is alive on others."""
    names = (f"{each.row.id} on {next(iter(each.row.host.domains), 'a host without domains')}" for each in dead)
    return f" (as {several(names)})"


def problem(place: Origin, dead: list[Dead], fixes: ReachabilityFixes, where: str) -> Problem:
    """What is wrong at one place; with a request that shows it, and what would change it."""
    clauses = list(dict.fromkeys(each.words for each in dead))
    more = [f"and {len(clauses) - MOST_CLAUSES} more like that"] if len(clauses) > MOST_CLAUSES else []
    winners = dict.fromkeys(winner.rule.origin for each in dead for winner in each.winners)
    fix, hint = fixes.of(dead)
    return Problem(
        "GMG301",
        "; ".join([*clauses[:MOST_CLAUSES], *more]) + where,
        place,
        hint=hint,
        related=tuple(Note("answers first", each) for each in winners)[:MOST_NOTES],
        request=next((each.reach.request for each in dead if each.reach.request is not None), None),
        fix=fix,
    )

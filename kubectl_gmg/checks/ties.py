"""Selected tables of equal weight whose routes take the same requests: only names or ages put one before the other.

Asked are only routes of which some earlier route takes requests, and only so many of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from kubectl_gmg.analysis.alternatives import selectors_of, takes
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.shadowing import rows_by_spot
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.matching.theory import matches
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import EqualTables
from kubectl_gmg.model.declared import RouteRule, RouteTable
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Delegation, Host, Status, Target, Via
from kubectl_gmg.resolve.age import instant
from kubectl_gmg.resolve.order import Rule, decisions
from kubectl_gmg.resolve.walk import delegations_below
from kubectl_gmg.views import RouteRow

MOST_ASKED = 60
MOST_OF_HOST = 20
"""Routes of which it is worked out who takes which of their requests, of all hosts and of one."""


@dataclass(frozen=True, slots=True, eq=False)
class Tie:
    """Two routes of tables that one selector selects with equal weight; `winner` stands first and answers `request`.

    `rule` delegates to both tables, which are at place `level` on the ways down.
    """

    winner: RouteRow
    loser: RouteRow
    level: int
    request: Request

    @property
    def rule(self) -> RouteRule:
        """The rule that delegates to both."""
        return self.winner.route.terminal.rules[self.level]

    @property
    def tables(self) -> tuple[RouteTable, RouteTable]:
        """The table of the winner, then that of the loser."""
        first, second = self.winner.route.terminal, self.loser.route.terminal
        return first.tables[self.level].table, second.tables[self.level].table

    @property
    def selector(self) -> Selector | None:
        """The selector that takes both tables; None if they come from different ones, whose order then decides."""
        return common_selector(self.rule, *self.tables)

    @property
    def by_age(self) -> bool:
        """Whether the tables are told apart by when they were created."""
        first, second = self.tables
        ordered = self.winner.gateway.conventions.equal_tables is EqualTables.BY_AGE
        return ordered and instant(first.created) != instant(second.created)


def ties(context: CheckContext) -> tuple[Tie, ...]:
    """The ties of all hosts, each host as its first listener serves it; one for each pair of tables at each rule."""
    found: dict[tuple[object, ...], Tie] = {}
    for tie in every_tie(context):
        first, second = tie.tables
        if tie.selector is not None:
            found.setdefault((tie.rule.origin, first.ref, second.ref), tie)
    return tuple(found.values())


def every_tie(context: CheckContext) -> Iterator[Tie]:
    """Every tie that shows in some request, as far as it is looked for."""
    seen: set[int] = set()
    asked = 0
    for rows in context.once(rows_by_spot).values():
        host = rows[0].host
        if id(host) in seen or not may_tie(host):
            continue
        seen.add(id(host))
        shadowed = (row for row in rows if is_shadowed(context, row))
        for row in islice(shadowed, min(MOST_OF_HOST, MOST_ASKED - asked)):
            asked += 1
            yield from ties_of(context, row, rows)


def hangs_on_age(winner: RouteRow, loser: RouteRow) -> bool:
    """Whether only ages that files do not give decide which of two routes comes first (`spec/v2.md` 4.3, 8.4).

    Of two routes that match the same requests one is in vain either way.
    """
    first, second = winner.route, loser.route
    if not winner.gateway.inventory.partial or first.match.identity == second.match.identity:
        return False
    if first.root is not second.root:
        return first.root.created is None and second.root.created is None
    conventions = winner.gateway.conventions
    last = decisions(first.terminal, second.terminal, conventions)[-1]
    if conventions.equal_tables is not EqualTables.BY_AGE or last.rule not in (Rule.NAME, Rule.AGE):
        return False
    tables = [each.terminal.tables[last.level].table for each in (first, second)]
    undated = all(each.created is None for each in tables)
    return undated and common_selector(first.terminal.rules[last.level], *tables) is not None


def common_selector(rule: RouteRule, first: RouteTable, second: RouteTable) -> Selector | None:
    """The selector of a rule that takes both tables; None if they come from different ones."""
    own = next((each for each in selectors_of(rule) if takes(each, first)), None)
    other = next((each for each in selectors_of(rule) if takes(each, second)), None)
    return own if own is other else None


def may_tie(host: Host) -> bool:
    """Whether some delegating rule of a host selects several tables of equal weight."""
    return any(tied(each) for each in delegations_below(host.tree))


def tied(delegation: Delegation) -> bool:
    """Whether a delegating rule selects several tables of equal weight."""
    inclusions = (each.inclusion for each in delegation.targets if isinstance(each, Target))
    weights = [each.table.weight for each in inclusions if each.via is Via.SELECTOR]
    return len(set(weights)) < len(weights)


def is_shadowed(context: CheckContext, row: RouteRow) -> bool:
    """Whether earlier routes take some or all requests of a sound route that a selected table holds."""
    route = row.route
    if id(row) not in context.disputed or route.index is None or route.status is not Status.OK:
        return False
    if all(each.via is Via.REF for each in route.terminal.tables):
        return False
    reach = context.reach(row)
    return reach.partly or bool(reach.by)


def ties_of(context: CheckContext, row: RouteRow, rows: list[RouteRow]) -> Iterator[Tie]:
    """The ties that a route loses."""
    for winner, request in takers(context, row, rows):
        if winner.route.root is row.route.root and winner.route.status is Status.OK:
            last = decisions(winner.route.terminal, row.route.terminal, row.gateway.conventions)[-1]
            if last.rule in (Rule.NAME, Rule.AGE):
                yield Tie(winner, row, last.level, request)


def takers(context: CheckContext, row: RouteRow, rows: list[RouteRow]) -> Iterator[tuple[RouteRow, Request]]:
    """The earlier routes that take requests of a route, each with one such request."""
    reach = context.reach(row)
    if reach.proof is None:
        places = {each.route.index: each for each in rows}
        for shadow in context.reach(row, shadows=True).shadowed_by:
            yield places[shadow.index], shadow.request
    elif reach.request is not None and isinstance(prepared := prepare(reach.request), Prepared):
        names = frozenset(reach.by)
        fitting = (each for each in rows if each.id in names and each.route.index is not None)
        winner = next((each for each in fitting if matches(each.route.match, prepared)), None)
        if winner is not None:
            yield winner, reach.request

"""Routes that no request gets to, since earlier ones answer them all: who they are, and what would change that."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.words import match_words, rule_and_holder, rule_words
from kubectl_gmg.matching.condition import failed_condition
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.model.match import RouteMatch
from kubectl_gmg.model.resolved import Status, Terminal
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.resolve.inherit import inherit_match, inherit_matches
from kubectl_gmg.resolve.merge import is_catch_all
from kubectl_gmg.views import Reach, RouteRow

ANSWERED = (Proof.EXACT, Proof.PREFIX, Proof.REGEX, Proof.JOINT, Proof.DROPPED)
"""Proofs that blame other routes."""


Spot = tuple[int, int]
"""A host on a listener, by their identities: both live as long as the rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Dead:
    """A row that no request gets to, the rows that answer first, and the place of its match among its rule's own."""

    row: RouteRow
    reach: Reach
    winners: tuple[RouteRow, ...]
    own: int

    @property
    def words(self) -> str:
        """What answers what."""
        match = match_words(self.row.route.match)
        if self.reach.proof is Proof.DROPPED:
            return f"{match} stands behind the catch-all {winner_words(self.winners[0], self.row)} and is left out"
        names = [winner_words(each, self.row) for each in self.winners]
        if len(names) == 1:
            return f"{match} is always answered by {names[0]}"
        shown = names if len(names) < MOST_WINNERS else [*names[: MOST_WINNERS - 1], "others"]
        return f"{match} is always answered by {', '.join(shown[:-1])} and {shown[-1]} together"

    @property
    def site(self) -> tuple[str, int, int]:
        """One way down to the rule, on one host of one listener."""
        return self.row.id, id(self.row.listener), id(self.row.host)


MOST_WINNERS = 5


def winner_words(winner: RouteRow, row: RouteRow) -> str:
    """A route that answers first; with the name of its rule where its match reads the same."""
    words, rule = match_words(winner.route.match), winner.rule
    if words != match_words(row.route.match):
        return words
    alike = rule_words(rule) == rule_words(row.rule)
    return f"{words} of {rule_and_holder(rule) if alike else rule_words(rule)}"


class Shadowing:
    """The dead rows of all rules that are served."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._ids: dict[Spot, dict[str, list[RouteRow]]] = {}

    @cached_property
    def rows(self) -> tuple[list[RouteRow], ...]:
        """The rows of each rule of which some row gets no request, as far as they are served as written."""
        served = [row for row in self._context.rows if row.route.status is Status.OK]
        disputed = self._context.disputed
        asked = [row for row in served if id(row) in disputed]
        troubled = {id(row.rule) for row in asked if self._context.reach(row).proof is not None}
        found: defaultdict[int, list[RouteRow]] = defaultdict(list)
        for row in served:
            if id(row.rule) in troubled:
                found[id(row.rule)].append(row)
        return tuple(found.values())

    def dead(self, row: RouteRow) -> Dead | None:
        """Why a row is dead; None if it is not, or not because of other routes that work as written.

        A rule that only repeats itself is not told: its other match answers.
        """
        reach = self._context.reach(row)
        if reach.proof not in ANSWERED or row.id in reach.by:
            return None
        winners = tuple(self._winner(row, name, reach) for name in reach.by)
        if not winners or any(each is None or each.route.status is not Status.OK for each in winners):
            return None
        if any(may_be_hidden(self._context, each) for each in (row, *winners) if each is not None):
            return None
        return Dead(row, reach, tuple(each for each in winners if each is not None), own_match(row))

    def _winner(self, row: RouteRow, name: str, reach: Reach) -> RouteRow | None:
        """The row of an id that answers before `row`: the one that the request shows, the catch-all, or the first."""
        rows = [each for each in self._ids_at(row).get(name, ()) if before(each, row)]
        if reach.proof is Proof.DROPPED:
            rows = [each for each in rows if is_catch_all(each.route.match)] or rows
        prepared = prepare(reach.request) if reach.request is not None else None
        if isinstance(prepared, Prepared):
            rows = [each for each in rows if not failed_condition(each.route.match, prepared)] or rows
        return next(iter(rows), None)

    def _ids_at(self, row: RouteRow) -> dict[str, list[RouteRow]]:
        """The rows of the same host and listener by their ids; listed when the first is asked for."""
        spot = spot_of(row)
        if spot not in self._ids:
            listed: defaultdict[str, list[RouteRow]] = defaultdict(list)
            for each in self._context.once(rows_by_spot)[spot]:
                listed[each.id].append(each)
            self._ids[spot] = listed
        return self._ids[spot]


def may_be_hidden(context: CheckContext, row: RouteRow) -> bool:
    """Whether a row is there only if workspaces share what leads to it, and nobody could read what they share."""
    realm = context.realm(row.gateway.ref)
    if realm.settings_read.complete or not realm.workspaces:
        return False
    entered = (row.gateway.ref,) if row.gateway.sidecars is None else ()
    passed = (*entered, row.route.root.ref, *(each.table.ref for each in row.route.terminal.tables))
    return len({context.tenancy(each).owner(each) for each in passed}) > 1


def rows_by_spot(context: CheckContext) -> dict[Spot, list[RouteRow]]:
    """The rows of each host on each listener."""
    found: defaultdict[Spot, list[RouteRow]] = defaultdict(list)
    for row in context.rows:
        found[spot_of(row)].append(row)
    return found


def rows_by_host(context: CheckContext) -> tuple[list[RouteRow], ...]:
    """The rows of each host that are served as written, by the first listener that has it."""
    hosts: dict[int, list[RouteRow]] = {}
    for rows in context.once(rows_by_spot).values():
        served = [row for row in rows if row.route.status is Status.OK and row.route.index is not None]
        hosts.setdefault(id(rows[0].host), served)
    return tuple(hosts.values())


def spot_of(row: RouteRow) -> Spot:
    """The host and the listener of a row."""
    return id(row.listener), id(row.host)


def before(first: RouteRow, second: RouteRow) -> bool:
    """Whether a row is asked before another; one that is dropped stands behind its catch-all."""
    if first.route.index is None:
        return False
    return second.route.index is None or first.route.index < second.route.index


def own_match(row: RouteRow) -> int:
    """The place of the rule's own match that a row is made of; the first where several give the same."""
    leaf: Terminal = row.route.terminal
    own = leaf.rules[-1].matches
    if len(own) < 2:
        return 0
    above: tuple[RouteMatch, ...] | None = None
    for rule in leaf.rules[:-1]:
        above = inherit_matches(above, rule.matches, row.gateway.conventions)
    wanted = row.route.match.identity
    for place, match in enumerate(own):
        made = (match,) if above is None else (inherit_match(each, match, row.gateway.conventions) for each in above)
        if any(each is not None and each.identity == wanted for each in made):
            return place
    return 0

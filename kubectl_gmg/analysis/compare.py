"""What a change does to every route: resolved again, and compared with what is served now (`spec/cli.md` 6.6).

Only hosts whose trees pass a changed object are grown again. Every other host keeps its domains and one rule, so that
the hosts attach and share their domains as before, and is left out on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kubectl_gmg.analysis.edits import Change, applied, touched_by, with_hosts
from kubectl_gmg.analysis.reachability import Reachability
from kubectl_gmg.model.action import DirectResponse
from kubectl_gmg.model.declared import Declared, RouteRule, VirtualHost
from kubectl_gmg.model.match import EVERYTHING
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Gateway, Host, Node, Resolved, ResolvedListener, Terminal
from kubectl_gmg.resolve import resolve
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.walk import tables_below
from kubectl_gmg.simulate.entry import EntryPoint
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.views import Effect, Reach, RouteRow

Place = tuple[ObjectRef, int, tuple[str, ...]]
"""A host as a listener serves it: the gateway, the listener's index, the domains."""

INFINITE = float("inf")
ABSENT = "absent"
UNREACHABLE = "unreachable"


def place_of(gateway: Gateway, listener: ResolvedListener, host: Host) -> Place:
    """Where a host is served; the same before and after a change."""
    return gateway.ref, listener.index, host.domains


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """A host on a listener."""

    gateway: Gateway
    listener: ResolvedListener
    host: Host


class Served:
    """What is served at one time, with what can be reached."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.rows_of = Rows(resolved)
        self._simulator = Simulator(self.rows_of)
        self._reachability = Reachability()
        self._known: dict[str, Reach] = {}

    def spots(self, roots: frozenset[Origin]) -> dict[Place, Spot]:
        """Where any of these hosts is served, in order."""
        found = {}
        for gateway in self.resolved.entrances:
            for listener in gateway.listeners:
                for host in listener.hosts:
                    if not roots.isdisjoint(root.origin for root in host.roots):
                        found[place_of(gateway, listener, host)] = Spot(gateway, listener, host)
        return found

    def rows(self, spot: Spot | None) -> list[RouteRow]:
        """The routes of a host that the proxy gets, and those dropped behind a catch-all at their place."""
        if spot is None:
            return []
        every = self.rows_of.of(spot.gateway, spot.listener, spot.host)
        return [row for row in every if row.route.index is not None or row.route.dropped]

    def reach(self, row: RouteRow) -> Reach:
        """What is known of a route."""
        if row.key not in self._known:
            self._known[row.key] = self._reachability.of(row)
        return self._known[row.key]

    def answering(self, request: Request, row: RouteRow) -> RouteRow | None:
        """The route that answers a request at the listener of `row`."""
        entry = EntryPoint(row.gateway, row.listener)
        return self._simulator.answer(request, (entry,), candidates=False)[0].row

    def state(self, row: RouteRow) -> str:
        """What becomes of a route: `#N` or `unreachable`."""
        return UNREACHABLE if self.reach(row).proof is not None else f"#{row.route.index}"

    def state_after(self, row: RouteRow, before: Reach, last: Mapping[str, float]) -> str:
        """The same, where `before` may tell it: who took all still stands before, or a known request gets there.

        `last` is the place of the last route of each id.
        """
        place = row.route.index
        if before.by and place is not None and all(last.get(name, INFINITE) < place for name in before.by):
            return UNREACHABLE
        for request in (before.witness, before.request):
            winner = None if request is None else self.answering(request, row)
            if winner is not None and winner.key == row.key:
                return f"#{place}"
        return self.state(row)

    def rows_at(self, row: RouteRow) -> list[RouteRow]:
        """The routes at the place of `row`, which may be one of another time."""
        roots = frozenset(root.origin for root in row.host.roots)
        return self.rows(self.spots(roots).get(place_of(row.gateway, row.listener, row.host)))

    def same(self, row: RouteRow) -> RouteRow | None:
        """The row of the key of `row`, at its place; None if there is none."""
        return next((each for each in self.rows_at(row) if each.key == row.key), None)


class Comparison:
    """Compares what is served now with what would be after changes.

    `resolved` says which gateways are looked at; `declared` is everything.
    """

    def __init__(self, declared: Declared, resolved: Resolved) -> None:
        gateways = {gateway.ref for gateway in resolved.gateways}
        looked_at = tuple(each for each in declared.gateways if each.ref in gateways)
        # Policies give options, and options neither order routes nor hide them.
        self._declared = replace(declared, gateways=looked_at, policies=())
        self._passing = hosts_by_object(resolved)
        self.before = Served(resolved)

    def after(self, changes: Sequence[Change]) -> Served:
        """What would be served, as far as the changes concern it."""
        spots = self.before.spots(self._concerned(changes))
        kept = frozenset(root.origin for spot in spots.values() for root in spot.host.roots)
        found = resolve(with_stubs(applied(changes, self._declared), kept))
        return Served(found if self.before.resolved.mesh else replace(found, mesh=()))

    def effect(self, changes: Sequence[Change], after: Served) -> tuple[Effect, ...]:
        """Every route whose place or reach changes, in the order that it has then; what is gone comes last."""
        concerned = self._concerned(changes)
        old, new = self.before.spots(concerned), after.spots(concerned)
        found = (
            (place[0], each)
            for place in {**old, **new}
            for each in differences(self.before, old.get(place), after, new.get(place))
        )
        return told_once(found)

    def rows(self, changes: Sequence[Change], after: Served) -> Iterator[RouteRow]:
        """The routes that would be served of the hosts that the changes concern."""
        for spot in after.spots(self._concerned(changes)).values():
            yield from after.rows(spot)

    def _concerned(self, changes: Sequence[Change]) -> frozenset[Origin]:
        """The hosts that the changes can concern."""
        return frozenset(host for ref in touched_by(changes) for host in self._passing.get(ref, ()))


def compare(declared: Declared, resolved: Resolved, changes: Sequence[Change]) -> tuple[Effect, ...]:
    """Every route of `resolved` that the changes put elsewhere, make unreachable, or bring back."""
    comparison = Comparison(declared, resolved)
    return comparison.effect(changes, comparison.after(changes))


def hosts_by_object(resolved: Resolved) -> dict[ObjectRef, set[Origin]]:
    """For every host and table the served hosts whose trees pass it."""
    found: dict[ObjectRef, set[Origin]] = {}
    hosts = {
        id(host): host for gateway in resolved.entrances for listener in gateway.listeners for host in listener.hosts
    }
    for host in hosts.values():
        for root in host.roots:
            own = (node for node in host.tree if holder(node) == root.ref)
            for ref in (root.ref, *(ref for node in own for ref in tables_below(node))):
                found.setdefault(ref, set()).add(root.origin)
    return found


def holder(node: Node) -> ObjectRef:
    """The object that the topmost rule of a tree stands in."""
    rule = node.rules[0] if isinstance(node, Terminal) else node.rule
    return rule.origin.ref


def with_stubs(declared: Declared, kept: frozenset[Origin]) -> Declared:
    """All hosts but those `kept` with one rule in place of theirs; a host without rules claims no domain anyway."""

    def stub(host: VirtualHost) -> VirtualHost:
        if host.origin in kept or not host.rules:
            return host
        rule = RouteRule(host.origin, "", "[0]", (EVERYTHING,), DirectResponse(404))
        return replace(host, rules=(rule,))

    return with_hosts(declared, stub)


def differences(before: Served, old: Spot | None, after: Served, new: Spot | None) -> Iterator[Effect]:
    """What changes at one place.

    Which requests get to a route depends on which routes stand before it, in any order: only routes from the first
    difference on are asked about, and where both lists hold the same, only up to the last.
    """
    every = after.rows(new)
    was, now = changed_part(before.rows(old), every)
    last = last_places(every)
    gone = {row.key: row for row in was}
    for row in now:
        known = gone.pop(row.key, None)
        if known is None:
            yield effect(row, ABSENT, after.state(row))
            continue
        state, then = before.state(known), after.state_after(row, before.reach(known), last)
        if then != state:
            yield effect(row, state, then)
    for row in gone.values():
        yield effect(row, before.state(row), ABSENT)


def last_places(rows: Iterable[RouteRow]) -> dict[str, float]:
    """Where the last route of each id stands; nowhere if the proxy does not get them all."""
    found: dict[str, float] = {}
    for row in rows:
        place = INFINITE if row.route.index is None else row.route.index
        found[row.id] = max(found.get(row.id, 0), place)
    return found


def effect(row: RouteRow, before: str, after: str) -> Effect:
    """What becomes of one route."""
    return Effect(row.id, row.route.match_index, row.key, before, after)


def changed_part(was: list[RouteRow], now: list[RouteRow]) -> tuple[list[RouteRow], list[RouteRow]]:
    """Two lists without what they begin with alike, and if they hold the same, without what they end with alike."""
    old, new = list(map(sign, was)), list(map(sign, now))
    start = alike(old, new)
    if Counter(old) != Counter(new):
        return was[start:], now[start:]
    end = len(old) - alike(old[start:][::-1], new[start:][::-1])
    return was[start:end], now[start:end]


def sign(row: RouteRow) -> tuple[object, ...]:
    """What makes a route the same one with the same requests."""
    return row.key, row.route.match.identity, row.route.dropped


def alike(first: Sequence[object], second: Sequence[object]) -> int:
    """With how many equal entries two lists begin."""
    pairs = zip(first, second, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))


def told_once(found: Iterable[tuple[ObjectRef, Effect]]) -> tuple[Effect, ...]:
    """Every change of a route once for each gateway, though several listeners may serve it."""
    kept: dict[tuple[object, ...], Effect] = {}
    for gateway, each in found:
        kept.setdefault((gateway, each.id, each.match_index, each.before, each.after), each)
    return tuple(kept.values())


def harmless(effect: Sequence[Effect]) -> bool:
    """Whether no route is taken away that requests get to now.

    What was answered with an error in the place of its tables is not missed where these answer.
    """
    gained = tuple(each.id for each in effect if each.after.startswith("#"))
    lost = [each.id for each in effect if each.before.startswith("#") and not each.after.startswith("#")]
    return all(any(name.startswith(f"{each}/") for name in gained) for each in lost)

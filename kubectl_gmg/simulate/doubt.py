"""What was not read but may answer a request: the simulated answer may then differ (`spec/v1beta1.md` D-27)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.model.declared import Declared, Protocol
from kubectl_gmg.model.resolved import DeadEnd, Host, ResolvedListener
from kubectl_gmg.resolve.openings import Opening, line_up
from kubectl_gmg.resolve.rows import terminal_id
from kubectl_gmg.resolve.unread import hosts_not_read, routing_not_read
from kubectl_gmg.resolve.walk import Way, way
from kubectl_gmg.views import MayDiffer, Simulated

UNANSWERED = frozenset({"noGateway", "noHost", "noRoute", "connectionClosed"})
"""Outcomes that another gateway could turn into an answer."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenHost:
    """The openings of a host ready for look-ups: with their places among the leaves, and one match each."""

    leaves: dict[Way, int]
    openings: tuple[tuple[int, Opening], ...]
    finder: RouteFinder


class Doubts:
    """Tells what an answer may depend on; what is worked out for a host is kept."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._hosts: dict[int, OpenHost] = {}

    def of(self, item: Simulated, prepared: Prepared | None) -> tuple[MayDiffer, ...]:
        """Why an answer may differ, the farthest cause first; `prepared` of None is a request that is never routed."""
        return tuple(dict.fromkeys(self._causes(item, prepared)))

    def _causes(self, item: Simulated, prepared: Prepared | None) -> Iterator[MayDiffer]:
        if item.outcome in UNANSWERED:
            for lack in routing_not_read(self._declared, ("VirtualGateway",)):
                yield MayDiffer(None, f"{lack}: another one may answer")
        closed = item.outcome == "connectionClosed" and carries_connections(item.listener)
        routed = item.row is not None or closed or item.outcome in ("noHost", "noRoute")
        if prepared is None or item.listener is None or not routed:
            return
        yield from self._by_host(item.listener)
        if closed or (item.row is not None and item.row.route.connection is not None):
            return  # rules for connections do not delegate
        if item.host is not None and not self._declared.realm(item.host.declared.ref).tables_read.complete:
            yield from self._by_table(item, item.host, prepared)

    def _by_host(self, listener: ResolvedListener) -> Iterator[MayDiffer]:
        """An unread host may be older, or have a domain that fits better."""
        if lack := hosts_not_read(listener.declared, self._declared.realm(listener.declared.origin.ref)):
            yield MayDiffer(None, f"{lack}: another one may serve this name")

    def _by_table(self, item: Simulated, host: Host, prepared: Prepared) -> Iterator[MayDiffer]:
        """An unread table may hold a route that stands before the winner."""
        opened = self._opened(host)
        winner = len(opened.leaves) + len(opened.openings)
        if item.row is not None:
            winner = opened.leaves[way(item.row.route.terminal)]
        for found in opened.finder.matching(prepared):
            place, opening = opened.openings[found]
            if place < winner and item.gateway is not None:
                yield MayDiffer(terminal_id(host.declared, item.gateway.ref, opening.leaf), told(opening.end))

    def _opened(self, host: Host) -> OpenHost:
        if id(host) not in self._hosts:
            numbered = tuple(enumerate(line_up(host, self._declared.realm(host.declared.ref).conventions)))
            openings = [
                (place, each, match)
                for place, each in numbered
                if isinstance(each, Opening)
                for match in each.leaf.matches
            ]
            self._hosts[id(host)] = OpenHost(
                {way(each): place for place, each in numbered if not isinstance(each, Opening)},
                tuple((place, each) for place, each, _ in openings),
                RouteFinder([match for _, _, match in openings]),
            )
        return self._hosts[id(host)]


def carries_connections(listener: ResolvedListener | None) -> bool:
    """Whether routes for whole connections could be at a listener."""
    return listener is not None and listener.declared.protocol in (Protocol.TCP, Protocol.TLS)


def told(end: DeadEnd) -> str:
    """What is not known, in words."""
    return f"{end.ref}: {end.note}" if end.ref else end.note

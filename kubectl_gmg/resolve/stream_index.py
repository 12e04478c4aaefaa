"""Which rules for connections of a host a listener may have, found without looking at each (`spec/v2.md` 3.3, 4.6)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator

from kubectl_gmg.model.declared import Listener, VirtualHost
from kubectl_gmg.model.match import ConnectionMatch, RouteProtocol
from kubectl_gmg.model.resolved import Terminal
from kubectl_gmg.resolve.streams import carried, within

Place = tuple[str, int]
"""A server name and the place of a rule."""


class StreamIndex:
    """The rules for connections of one host by what they ask for; work grows with what is found."""

    def __init__(self, host: VirtualHost, leaves: tuple[Terminal, ...]) -> None:
        self._leaves = leaves
        self._ports: defaultdict[int | None, list[int]] = defaultdict(list)
        self._named: defaultdict[str, list[int]] = defaultdict(list)
        self._lost: list[int] = []
        for place, leaf in enumerate(leaves):
            for match in leaf.rules[-1].connections:
                self._add(match, place, host)
        self._backwards = sorted((name[::-1], place) for name, places in self._named.items() for place in places)

    def _add(self, match: ConnectionMatch, place: int, host: VirtualHost) -> None:
        if match.protocol is RouteProtocol.TCP:
            self._ports[match.port].append(place)
        elif (known := within(match, host.domains)) is None:
            self._lost.append(place)  # listed wherever the host is
        else:
            for name in known.sni_hosts:
                self._named[name.lower()].append(place)

    def of(self, listener: Listener, domains: Iterable[str]) -> tuple[Terminal, ...]:
        """The rules that a listener may have any row of, in order; `domains` are those of the host that it admits."""
        if carried(listener) is RouteProtocol.TCP:
            wanted = (None, listener.port) if listener.port else tuple(self._ports)
            places = {place for port in wanted for place in self._ports.get(port, ())}
        else:
            places = {*self._lost, *(place for domain in domains for place in self._overlapping(domain.lower()))}
        return tuple(self._leaves[place] for place in sorted(places))

    def _overlapping(self, domain: str) -> Iterator[int]:
        """The rules with a server name that covers a domain, or lies within it."""
        end = domain.removeprefix("*")
        yield from self._named.get(domain, ())
        for start in range(len(end) + 1):
            yield from self._named.get(f"*{end[start:]}", ())
        if end != domain:
            tail = end[::-1]
            for number in range(bisect_left(self._backwards, (tail,)), len(self._backwards)):
                name, place = self._backwards[number]
                if not name.startswith(tail):
                    return
                yield place

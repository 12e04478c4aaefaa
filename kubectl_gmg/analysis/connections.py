"""Which routes for whole connections any connection gets to (`spec/cli.md` 6.2, `spec/v2.md` 3.2, 4.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kubectl_gmg.model.conventions import Connections
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.match import RouteProtocol
from kubectl_gmg.model.resolved import Gateway, Host, ResolvedListener, Route
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.resolve.chains import Choices, ports_of, rejected_plain, usable
from kubectl_gmg.resolve.rows import terminal_id
from kubectl_gmg.resolve.streams import takers_of
from kubectl_gmg.views import Reach, RouteRow


@dataclass(frozen=True, slots=True, eq=False)
class Handshakes:
    """What TLS connections to a gateway lead to: what chooses, by listener, and the listeners that are not there."""

    gateway: Gateway
    choices: dict[int, Choices]
    rejected: frozenset[int]

    def lead_to(self, listener: ResolvedListener, server_name: str | None) -> bool:
        """Whether one for a server name comes to a listener; to one without TLS every connection does."""
        choices = self.choices.get(id(listener))
        return choices is None or choices.leads_to(listener, server_name)


def handshakes(gateway: Gateway) -> Handshakes:
    """Worked out once for each port."""
    ports = ports_of(gateway)
    together = ((port, port.choices(port.listeners)) for port in ports)
    return Handshakes(
        gateway,
        {id(listener): choices for port, choices in together for listener in port.listeners},
        frozenset([id(each.listener) for port in ports for each in port.rejected]),
    )


class ConnectionReach:
    """Tells of routes for connections who takes what they are for; what is worked out for a listener is kept."""

    def __init__(self) -> None:
        self._takers: dict[int, tuple[Host, dict[int, Route]]] = {}
        self._lost: dict[int, tuple[Gateway, frozenset[int]]] = {}

    def of(self, row: RouteRow) -> Reach:
        """What is known of a route; without a witness, since what a client asks for within TLS is not known."""
        host, gateway = row.host, row.gateway
        if gateway.conventions.connections is Connections.LISTED:
            return Reach()
        if id(host) not in self._takers:
            self._takers[id(host)] = host, takers_of(host, row.listener.port)
        taker = self._takers[id(host)][1].get(id(row.route))
        if taker is not None:
            proof = Proof.DROPPED if row.route.dropped else Proof.EXACT  # both want the very same connections
            return Reach(proof, by=(terminal_id(taker.root, gateway.ref, taker.terminal),))
        if not takable(row.route):
            return Reach(Proof.DISABLED)
        if id(gateway) not in self._lost:
            self._lost[id(gateway)] = gateway, lost_connections(gateway)
        return Reach(Proof.DISABLED if id(row.route) in self._lost[id(gateway)][1] else None)


def lost_connections(gateway: Gateway) -> frozenset[int]:
    """The routes, by identity, that an earlier listener of their port leaves nothing: it has their server name."""
    ports = ports_of(gateway)
    rejected = (*(each for port in ports for each in port.rejected), *rejected_plain(gateway))
    hosts = (each.listener.streams for each in rejected)
    left_out = (route for port in ports for route in port.left_out)
    return frozenset(map(id, (*(route for host in hosts if host for route in host.routes), *left_out)))


class Takers:
    """Finds who takes what a route is for among the routes of its listener, `rows`."""

    def __init__(self, rows: Iterable[RouteRow]) -> None:
        self._by_id: defaultdict[str, list[RouteRow]] = defaultdict(list)
        for row in rows:
            if row.route.index is not None:
                self._by_id[row.id].append(row)

    def of(self, row: RouteRow, reach: Reach | None) -> RouteRow | None:
        """The earlier route that `reach` blames: of the matches of its rule the one that wants the same."""
        names = reach.by if reach and reach.proof is not None else ()
        found = [each for name in names for each in self._by_id.get(name, ()) if each.route is not row.route]
        return next((each for each in found if shared_names(row, each)), found[0] if found else None)


def shared_names(row: RouteRow, other: RouteRow) -> tuple[str, ...]:
    """The server names that two routes are for, as the first has them."""
    if row.route.connection is None or other.route.connection is None:
        return ()
    theirs = {name.lower() for name in other.route.connection.sni_hosts}
    return tuple(name for name in row.route.connection.sni_hosts if name.lower() in theirs)


def takable(route: Route) -> bool:
    """Whether the proxy takes any server name of a route, or it needs none."""
    names = route.connection.sni_hosts if route.connection else ()
    return not names or any(map(usable, names))


def why_nothing(row: RouteRow) -> str:
    """What leaves a route nothing where no route does."""
    if not takable(row.route):
        return "the proxy refuses its server names, for their stars"
    if row.host.protocol is RouteProtocol.TCP and row.listener.declared.protocol is Protocol.TCP:
        return "an earlier listener has the same port"
    return "an earlier listener of the same port has a server name of it or of its listener"

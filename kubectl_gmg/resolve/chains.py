"""Which filter chain of a port takes a TLS connection (`spec/v2.md` 3.1 to 3.3, `spec/envoy.md` 3, 67, 68).

The listeners of a gateway that share a port are one listener of the proxy with many chains, and the server name that
the client asks for chooses among them.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from kubectl_gmg.matching.host import DomainTable
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.action import ResolvedDestination
from kubectl_gmg.model.conventions import Connections
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.resolved import Gateway, ResolvedListener, Route
from kubectl_gmg.resolve.automatic import encoded_destination

PASSTHROUGH = (None, "PASSTHROUGH")
"""The modes of a listener whose `tls` routes are chosen by server name; an unknown mode is none of the others."""
AUTO_PASSTHROUGH = "AUTO_PASSTHROUGH"
ANY = "*"
ENCRYPTED = frozenset({Protocol.HTTPS, Protocol.TLS})


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """One chain: the server names it takes; without names every one that no other chain takes, and none.

    `route` is where a passed-through connection goes, `destination` where the server name itself says so.
    """

    listener: ResolvedListener
    names: tuple[str, ...] = ()
    route: Route | None = None
    destination: ResolvedDestination | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rejection:
    """A listener that the proxy never gets: the server name, and the earlier listener of the port that has it."""

    listener: ResolvedListener
    name: str
    by: ResolvedListener


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """What the TLS listeners of one port are to the proxy; `left_out` are routes whose server name is taken."""

    gateway: Gateway
    listeners: tuple[ResolvedListener, ...]
    chains: tuple[Chain, ...]
    rejected: tuple[Rejection, ...]
    left_out: tuple[Route, ...]

    def choices(self, among: Iterable[ResolvedListener]) -> Choices:
        """What chooses a chain where only some of the listeners may answer."""
        wanted = set(map(id, among))
        rejected = {id(each.listener) for each in self.rejected}
        automatic = (each for each in self.listeners if each.declared.mode == AUTO_PASSTHROUGH)
        return Choices(
            self.gateway,
            tuple(chain for chain in self.chains if id(chain.listener) in wanted),
            tuple(each for each in automatic if id(each) in wanted - rejected),
        )


class Choices:
    """Chooses the chain for a server name; `automatic` listeners have one for every destination there is."""

    def __init__(
        self, gateway: Gateway, chains: tuple[Chain, ...], automatic: tuple[ResolvedListener, ...] = ()
    ) -> None:
        self.chains = chains
        self._gateway = gateway
        self._automatic = automatic
        self._table = DomainTable((name, chain) for chain in chains for name in chain.names or (ANY,) if usable(name))

    def choose(self, server_name: str | None) -> Chain | None:
        """The chain for a server name: of the exact name, of the longest wildcard, or the one without names."""
        for listener in self._automatic if server_name else ():
            found = encoded_destination(server_name or "", listener.declared.server_names, self._gateway)
            if found is not None:
                return Chain(listener, (server_name or "",), destination=found)
        chosen = self._table.choose(server_name or "")
        return chosen[1] if chosen else None

    def leads_to(self, listener: ResolvedListener, server_name: str | None) -> bool:
        """Whether the chain for a server name is one of a listener."""
        chain = self.choose(server_name)
        return chain is not None and chain.listener is listener


def usable(name: str) -> bool:
    """Whether the proxy takes a server name; one with a star within a label it refuses (`spec/v1beta1.md` 2.1)."""
    return name == ANY or ANY not in name.removeprefix("*.")


def ports_of(gateway: Gateway) -> tuple[Port, ...]:
    """The ports of a gateway that carry TLS, in the order of their first listeners."""
    sharing: defaultdict[Hashable, list[ResolvedListener]] = defaultdict(list)
    for listener in gateway.listeners:
        if listener.declared.protocol in ENCRYPTED:
            sharing[place(listener)].append(listener)
    return tuple(merged_port(gateway, tuple(listeners)) for listeners in sharing.values())


def place(listener: ResolvedListener) -> Hashable:
    """What listeners share that are of one port: its number, or where that is not known its name."""
    if listener.port is not None:
        return listener.port
    return listener.declared.name or ("listener", listener.index)


def merged_port(gateway: Gateway, listeners: tuple[ResolvedListener, ...]) -> Port:
    """Listeners as Istio merges them: the first one keeps a server name, a later one that has it too is rejected.

    That is a matter of the listeners' own names, whether anything is served for them or not (`MergeGateways`). What two
    chains cannot both have is apart from that: a route that is passed through is left out where a chain of another
    listener has one of its names, and a listener that ends TLS is rejected.
    """
    servers: dict[str, ResolvedListener] = {}
    taken: dict[str, ResolvedListener] = {}
    either = ChainMap(servers, taken)
    chains: list[Chain] = []
    rejected: list[Rejection] = []
    left_out: list[Route] = []
    for listener in listeners:
        names = tuple(map(folded, listener.declared.server_names)) or (ANY,)
        own = tuple(chains_of(gateway, listener))
        known = either if any(chain.route is None for chain in own) else servers
        if (name := next((name for name in names if name in known), None)) is not None:
            rejected.append(Rejection(listener, name, known[name]))
            continue
        servers.update(dict.fromkeys(names, listener))
        for chain in own:
            wanted = names if chain.route is None else tuple(map(folded, asked_by(chain.route)))
            if chain.route is not None and any(taken.get(name, listener) is not listener for name in wanted):
                left_out.append(chain.route)
                continue
            taken.update(dict.fromkeys(wanted, listener))
            chains.append(chain)
    return Port(gateway, listeners, tuple(chains), tuple(rejected), tuple(left_out))


def chains_of(gateway: Gateway, listener: ResolvedListener) -> Iterator[Chain]:
    """The chains of one listener: one for each route of a listener that is passed through, else one.

    One that ends TLS, and that no TCP route is for, has none: there is nothing to send to.
    """
    declared = listener.declared
    if declared.protocol is Protocol.HTTPS or gateway.conventions.connections is Connections.LISTED:
        yield Chain(listener, declared.server_names)
    elif declared.mode in PASSTHROUGH:
        for route in streams_of(listener):
            names = asked_by(route)
            yield Chain(listener, () if ANY in names else names, route)
    elif declared.mode != AUTO_PASSTHROUGH and streams_of(listener):
        yield Chain(listener, declared.server_names)


def streams_of(listener: ResolvedListener) -> tuple[Route, ...]:
    """The routes of a listener for whole connections, in order."""
    return listener.streams.routes if listener.streams else ()


def asked_by(route: Route) -> tuple[str, ...]:
    """The server names that a route is for; a lone star is any."""
    return route.connection.sni_hosts if route.connection else ()


def rejected_of(gateway: Gateway) -> tuple[Rejection, ...]:
    """The listeners of a gateway that the proxy never gets."""
    return (*(each for port in ports_of(gateway) for each in port.rejected), *rejected_plain(gateway))


def rejected_plain(gateway: Gateway) -> tuple[Rejection, ...]:
    """The TCP listeners that an earlier one of the same port leaves nothing for: without TLS they cannot share it."""
    first: dict[Hashable, ResolvedListener] = {}
    found = []
    for listener in gateway.listeners:
        if listener.declared.protocol is Protocol.TCP:
            owner = first.setdefault(place(listener), listener)
            if owner is not listener:
                found.append(Rejection(listener, ANY, owner))
    return tuple(found)

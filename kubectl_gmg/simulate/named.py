"""Destinations that workloads within the mesh reach by their own names (`spec/v2.md` 14)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from kubectl_gmg.matching.host import Covering, lookup_name
from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo, ResolvedDestination
from kubectl_gmg.model.declared import Allowance, Declared, Realm, VirtualGateway
from kubectl_gmg.model.inventory import DestinationPort, ExternalService, VirtualDestination
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.allow import common
from kubectl_gmg.resolve.backing import selected
from kubectl_gmg.resolve.destination import resolve_destinations
from kubectl_gmg.resolve.tenancy import IMPLICIT, Tenancy
from kubectl_gmg.views import Upstream

Named = VirtualDestination | ExternalService
KINDS = {
    DestinationKind.VIRTUAL_DESTINATION: Shared.VIRTUAL_DESTINATION,
    DestinationKind.EXTERNAL_SERVICE: Shared.EXTERNAL_SERVICE,
}


@dataclass(frozen=True, slots=True)
class NamedDestination:
    """A destination that a host and a port name; `words` say what it is, who sees it, and which way traffic goes."""

    destinations: tuple[ResolvedDestination, ...]
    words: str


class NamedDestinations:
    """Finds what has a host and a port; names are looked up, not compared one by one."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._realms = tuple((realm, Tenancy(realm), Names(realm)) for _, realm in declared.realms)

    def of(self, host: str, port: int) -> Iterator[NamedDestination]:
        """The first of each generation: the closest name, VirtualDestinations before ExternalServices."""
        for realm, tenancy, names in self._realms:
            things = (self._named(thing, port, realm, tenancy) for thing in names.of(host))
            found = next((each for each in things if each is not None), None)
            if found is not None:
                yield found

    def _named(self, thing: Named, port: int, realm: Realm, tenancy: Tenancy) -> NamedDestination | None:
        """A destination of the name, as it is reached at a port; None where it has no such port, or nobody sees it."""
        offered = offered_port(thing, port)
        kind = DestinationKind(thing.ref.kind)
        viewers = seeing(thing, KINDS[kind], realm, tenancy) if offered is not None else ()
        if offered is None or not viewers:
            return None
        wanted = Destination(Origin(thing.ref), kind, thing.ref.name, thing.ref.namespace, port=offered.number)
        told = f"{thing.ref} has this name{for_whom(viewers)}{leaving(thing, offered, port, self._declared)}"
        return NamedDestination(resolve_destinations(ForwardTo((wanted,)), stand_in(thing, realm)), told)


class Names:
    """The destinations of one generation by the hosts and addresses that they are called by (`spec/v2.md` 14)."""

    def __init__(self, realm: Realm) -> None:
        external = realm.inventory.external_services
        things: tuple[Named, ...] = (*realm.inventory.virtual_destinations, *external)
        self._hosts = Covering((name, thing) for thing in things for name in names_of(thing))
        self._networks: dict[IPv4Network | IPv6Network, list[Named]] = {}
        for thing in external:
            for network in networks_of(thing):
                self._networks.setdefault(network, []).append(thing)
        self._lengths = sorted({network.prefixlen for network in self._networks}, reverse=True)

    def of(self, host: str) -> Iterator[Named]:
        """Everything that is called so: the closest name first, or the narrowest network."""
        yield from self._hosts.of(host)
        try:
            address = ip_address(lookup_name(host).strip("[]"))
        except ValueError:
            return
        for length in self._lengths:
            if length <= address.max_prefixlen:
                yield from self._networks.get(ip_network((address, length), strict=False), ())


def networks_of(thing: ExternalService) -> Iterator[IPv4Network | IPv6Network]:
    """The addresses of a destination, one being a network of itself; what is none is left out."""
    for text in thing.addresses:
        try:
            yield ip_network(text, strict=False)
        except ValueError:
            continue


def names_of(thing: Named) -> tuple[str, ...]:
    """The hosts that a destination is called by."""
    if isinstance(thing, VirtualDestination):
        return thing.hosts or ((thing.hostname,) if thing.hostname else ())
    return thing.hosts


def offered_port(thing: Named, port: int) -> DestinationPort | None:
    """The port that a request to a number means: one that leaves by a gateway is asked for by a port of its own."""
    ports = thing.ports
    if isinstance(thing, VirtualDestination) and not ports and thing.port is not None:
        ports = (DestinationPort(thing.port),)
    leaves = (each for each in ports if each.egress is not None and each.egress.port == port)
    return next(leaves, None) or next((each for each in ports if each.number == port), None)


def seeing(thing: Named, kind: Shared, realm: Realm, tenancy: Tenancy) -> tuple[str, ...]:
    """The workspaces that see it; without workspaces there is one of everything (DEC-24)."""
    names = tuple(sorted(each.name for each in realm.workspaces)) or (IMPLICIT,)
    return tuple(each for each in names if tenancy.sees(each, thing.ref, thing.labels, kind))


def for_whom(viewers: Iterable[str]) -> str:
    """The workspaces that see it, in words."""
    named = [each for each in viewers if each != IMPLICIT]
    kind = "workspace" if len(named) == 1 else "workspaces"
    return f" for workloads of {kind} {' and '.join(named)}" if named else ""


def leaving(thing: Named, offered: DestinationPort, port: int, declared: Declared) -> str:
    """By which gateways a request leaves the mesh, and which of them do not let it out (`spec/v2.md` 3.1, 14.2)."""
    if offered.egress is None or offered.egress.port != port or not offered.egress.gateways:
        return ""
    known = {each.ref: each for each in declared.gateways}
    told = [f"{ref.namespace}/{ref.name}{refusal(thing, known.get(ref))}" for ref in offered.egress.gateways]
    return f"; traffic leaves by gateway {' or '.join(told)}"


def refusal(thing: Named, gateway: VirtualGateway | None) -> str:
    """Why a gateway does not let traffic out to a destination; empty if it does."""
    if gateway is None:
        return " (which was not found)"
    entries = [each.exposes for each in gateway.listeners]
    if any(not own or any(admits(each, thing) for each in own) for own in entries):
        return ""
    return " (which refuses it: its exposedExternalServices do not admit the host)"


def admits(entry: Allowance, thing: Named) -> bool:
    """Whether an entry is about a destination, by one of its hosts and by its labels."""
    fits = entry.selector is None or selected((entry.selector,), thing.ref, thing.labels)
    return fits and any(common(host, entry.domain) for host in thing.hosts)


def stand_in(thing: Named, realm: Realm) -> Gateway:
    """What a destination is looked at from: a workload, in whichever cluster."""
    return Gateway(VirtualGateway(thing.ref, ()), (), frozenset(), realm, (), None)


def sent_to(prepared: Prepared, found: NamedDestination) -> Upstream:
    """The request as it goes there: as it is."""
    request = prepared.request
    return Upstream(request.method, request.host or "", prepared.routed_path, found.destinations)

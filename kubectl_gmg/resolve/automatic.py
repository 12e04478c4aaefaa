"""What a server name leads to that encodes its destination (`spec/v2.md` 3.1, AUTO_PASSTHROUGH).

Istio writes such a name as `outbound_.PORT_.SUBSET_.HOST`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.action import Destination, DestinationKind, Found, ResolvedDestination
from kubectl_gmg.model.declared import Realm
from kubectl_gmg.model.inventory import Inventory, Service
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.resolve.allow import covers
from kubectl_gmg.resolve.destination import federated_name, resolve_destination

DIRECTION = "outbound"
SEPARATOR = "_."
SERVICE_MARK = "svc"


@dataclass(frozen=True, slots=True)
class Encoded:
    """The parts of such a server name; an empty `subset` is none."""

    port: int
    subset: str
    host: str


def decoded(server_name: str) -> Encoded | None:
    """The parts of a server name; None for one that encodes nothing."""
    parts = folded(server_name).split(SEPARATOR, 3)
    if len(parts) != 4 or parts[0] != DIRECTION or not (parts[1].isascii() and parts[1].isdigit()):
        return None
    _, port, subset, host = parts
    return Encoded(int(port), subset, host) if len(port) <= 5 and 0 < int(port) < 65536 and host else None


def encoded_destination(server_name: str, server_names: Iterable[str], gateway: Gateway) -> ResolvedDestination | None:
    """Where a server name leads to by itself; None if it encodes nothing, or nothing that exists.

    Only hosts that the listener is for count, `server_names` being these. Whether there is a subset of that name nobody
    can tell, since only its name is given.
    """
    wanted = decoded(server_name)
    names = tuple(server_names)
    if wanted is None or not (not names or any(covers(each, wanted.host) for each in names)):
        return None
    for named in destinations(wanted, gateway):
        resolved = resolve_destination(named, 1.0, gateway)
        if resolved.found is Found.UNKNOWN or (resolved.found is Found.FOUND and offers(named, gateway.inventory)):
            return resolved
    return None


def destinations(wanted: Encoded, gateway: Gateway) -> Iterator[Destination]:
    """What a host may mean: Services by either of their names, virtual destinations, and what was not read."""
    origin, inventory = Origin(gateway.ref, ("spec", "listeners")), gateway.inventory
    found = [each for each in inventory.services if wanted.host in names_of(each, gateway.realm)]
    for service in sorted(found, key=lambda each: each.cluster not in gateway.clusters):
        yield Destination(
            origin, DestinationKind.SERVICE, service.name, service.namespace, service.cluster, wanted.port
        )
    for virtual in inventory.virtual_destinations:
        if wanted.host in map(folded, virtual.hosts or (virtual.hostname,)):
            kind = DestinationKind.VIRTUAL_DESTINATION
            yield Destination(origin, kind, virtual.ref.name, virtual.ref.namespace, port=wanted.port)
    if not found:
        yield from unread(wanted, gateway, origin)


def unread(wanted: Encoded, gateway: Gateway, origin: Origin) -> Iterator[Destination]:
    """The Services that a host of their form may name in the gateway's clusters, if they were not read."""
    name, _, rest = wanted.host.partition(".")
    namespace, _, end = rest.partition(".")
    mark, _, domain = end.partition(".")
    if not (name and namespace and mark == SERVICE_MARK):
        return
    for cluster in sorted(gateway.clusters) or [""]:
        if folded(gateway.inventory.domain(cluster)) == domain:
            yield Destination(origin, DestinationKind.SERVICE, name, namespace, cluster, wanted.port)


def names_of(service: Service, realm: Realm) -> Iterator[str]:
    """What a Service is called: within its cluster, and everywhere."""
    yield folded(f"{service.name}.{service.namespace}.svc.{realm.inventory.domain(service.cluster)}")
    elsewhere = service.federated_hostname or federated_name(service, realm)
    if elsewhere is not None:
        yield folded(elsewhere)


def offers(named: Destination, inventory: Inventory) -> bool:
    """Whether what exists has the port that is asked for."""
    if named.kind is DestinationKind.VIRTUAL_DESTINATION:
        virtual = inventory.virtual_destination(named.namespace, named.name)
        return virtual is not None and named.port in {virtual.port, *(each.number for each in virtual.ports)}
    service = inventory.service_near(named.namespace, named.name, named.cluster)
    return service is not None and any(each.number == named.port for each in service.ports)

"""What stands behind a named destination (`spec/v2.md` 14)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_gmg.model.action import Backing, Destination, Selector
from kubectl_gmg.model.inventory import (
    DestinationPort,
    Endpoint,
    ExternalService,
    Inventory,
    Labels,
    Service,
    VirtualDestination,
)
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.index import named_by, selects


def behind_virtual(virtual: VirtualDestination, wanted: Destination, inventory: Inventory) -> tuple[Backing, ...]:
    """The Services, one for each cluster and the oldest of it, and the external services of a virtual destination."""
    if virtual.backing:
        return virtual.backing
    key = "behind", id(virtual), wanted.port
    found: tuple[Backing, ...] = inventory.once(key, lambda: searched(virtual, wanted, inventory))
    return found


def searched(virtual: VirtualDestination, wanted: Destination, inventory: Inventory) -> tuple[Backing, ...]:
    """What the selectors of a virtual destination find at the port that is wanted."""
    port = port_of(virtual.ports, wanted)
    by_cluster: dict[str, Service] = {}
    chosen = (each for each in inventory.services if selected(virtual.services, each.ref, each.labels))
    for service in sorted(chosen, key=lambda each: by_age(each.created, each.ref)):
        by_cluster.setdefault(service.cluster, service)
    services = (behind_service(service, port, inventory) for _, service in sorted(by_cluster.items()))
    outside = (
        each for each in inventory.external_services if selected(virtual.external_services, each.ref, each.labels)
    )
    return (*services, *(backing for each in outside for backing in behind_external(each, wanted, inventory)))


def behind_service(service: Service, port: DestinationPort | None, inventory: Inventory) -> Backing:
    """A Service, at the port that the destination's port leads to."""
    number = None
    if port is not None:
        named = (each.number for each in service.ports if each.name == port.target_name)
        number = next(named, None) if port.target_name else port.target or port.number
    address = f"{service.name}.{service.namespace}.svc.{inventory.domain(service.cluster)}"
    return Backing("Service", service.namespace, service.name, service.cluster, address, number, tls=False)


def behind_external(external: ExternalService, wanted: Destination, inventory: Inventory) -> tuple[Backing, ...]:
    """The endpoints of an external service; without a selector its hosts, by DNS, or its addresses."""
    port = port_of(external.ports, wanted)
    ref, tls = external.ref, port is not None and port.tls
    if external.endpoint_labels:
        found = (each for each in inventory.endpoints if set(external.endpoint_labels) <= set(each.labels))
        return tuple(
            Backing("ExternalEndpoint", each.ref.namespace, each.ref.name, "", each.address, port_at(each, port), tls)
            for each in found
        )
    number = None if port is None else port.target or port.number
    return tuple(
        Backing("ExternalService", ref.namespace, ref.name, "", address, number, tls)
        for address in external.hosts or external.addresses
    )


def port_at(endpoint: Endpoint, port: DestinationPort | None) -> int | None:
    """The port of an endpoint that a port of its service leads to: by name, the only one, else the same number."""
    if port is None:
        return endpoint.ports[0].number if len(endpoint.ports) == 1 else None
    named = [each.number for each in endpoint.ports if port.target_name and each.name == port.target_name]
    if named or len(endpoint.ports) == 1:
        return (named or [endpoint.ports[0].number])[0]
    return port.target or port.number


def port_of(ports: Sequence[DestinationPort], wanted: Destination) -> DestinationPort | None:
    """The port that a rule means: the one it writes, else the only one."""
    if wanted.port is None:
        return ports[0] if len(ports) == 1 else None
    return next((each for each in ports if each.number == wanted.port), None)


def selected(selectors: Iterable[Selector], ref: ObjectRef, labels: Labels) -> bool:
    """Whether any selector means an object."""
    return any(named_by(each, ref) and selects(each, ref.namespace, dict(labels)) for each in selectors)

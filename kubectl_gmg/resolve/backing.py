"""What stands behind a named destination (`spec/v2.md` 14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from kubectl_gmg.model.action import Backing, Destination, Operator, Requirement, Selector
from kubectl_gmg.model.declared import Realm
from kubectl_gmg.model.inventory import (
    DestinationPort,
    Endpoint,
    ExternalService,
    Inventory,
    Labels,
    Service,
    VirtualDestination,
)
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.index import Index, Labelled, named_by, selects
from kubectl_gmg.resolve.tenancy import Tenancy, is_of

T = TypeVar("T", bound=Labelled)
Chosen = tuple[Service, Selector]
"""A Service, and the first selector that means it."""

SOCKET = "unix://"
"""How the address of an endpoint begins that has no port."""


def behind(named: VirtualDestination | ExternalService, wanted: Destination, realm: Realm) -> tuple[Backing, ...]:
    """What stands behind a named destination at the port that is wanted, worked out once."""
    if isinstance(named, VirtualDestination) and named.backing:
        return named.backing
    key = "behind", id(named), wanted.port, wanted.port_name
    found: tuple[Backing, ...] = realm.inventory.once(key, lambda: searched(named, wanted, realm))
    return found


def searched(named: VirtualDestination | ExternalService, wanted: Destination, realm: Realm) -> tuple[Backing, ...]:
    """What the selectors of a named destination find."""
    inventory = realm.inventory
    tenancy: Tenancy = inventory.once(("tenancy", id(realm)), lambda: Tenancy(realm))
    if isinstance(named, ExternalService):
        return behind_external(named, port_of(named.ports, wanted), inventory, tenancy)
    return behind_virtual(named, port_of(named.ports, wanted), inventory, tenancy)


def behind_virtual(
    virtual: VirtualDestination, port: DestinationPort | None, inventory: Inventory, tenancy: Tenancy
) -> tuple[Backing, ...]:
    """The Services, one for each cluster and the oldest of it, then the external services by name.

    A request goes to any of them at random (14.1 rule 4), so the order is only a fixed one.
    """
    services = used(selected_services(virtual, inventory, tenancy), inventory)
    outside = sorted(selected_external(virtual, inventory, tenancy), key=lambda each: each.ref)
    return (
        *(behind_service(each, port, inventory) for each in services),
        *(
            backing
            for each in outside
            for backing in behind_external(each, target_of(port, each.ports), inventory, tenancy)
        ),
    )


def selected_services(virtual: VirtualDestination, inventory: Inventory, tenancy: Tenancy) -> tuple[Chosen, ...]:
    """The Services that a virtual destination finds among those that its workspace sees (2.2)."""
    index: Index[Service] = inventory.once(("index", "services"), lambda: Index(inventory.services))
    return tuple(visible(virtual, virtual.services, index, Shared.SERVICE, tenancy))


def selected_external(
    virtual: VirtualDestination, inventory: Inventory, tenancy: Tenancy
) -> tuple[ExternalService, ...]:
    """The external services that a virtual destination finds among those that its workspace sees (2.2)."""
    index: Index[ExternalService] = inventory.once(("index", "external"), lambda: Index(inventory.external_services))
    found = visible(virtual, virtual.external_services, index, Shared.EXTERNAL_SERVICE, tenancy)
    return tuple(each for each, _ in found)


def visible(
    virtual: VirtualDestination, selectors: Iterable[Selector], index: Index[T], kind: Shared, tenancy: Tenancy
) -> Iterable[tuple[T, Selector]]:
    """What selectors mean of what the workspace of a virtual destination sees, each with the first that means it."""
    viewer = tenancy.owner(virtual.ref)
    found: dict[int, tuple[T, Selector]] = {}
    for selector in selectors:
        for each in index.select(selector):
            seen = tenancy.sees(viewer, each.ref, each.labels, kind)
            if seen and is_of(selector.workspace, tenancy.owner(each.ref)):
                found.setdefault(id(each), (each, selector))
    return found.values()


def by_cluster(chosen: Iterable[Chosen]) -> dict[str, list[Chosen]]:
    """What is selected in each cluster, the oldest first (14.1 rule 3)."""
    found: defaultdict[str, list[Chosen]] = defaultdict(list)
    for each in sorted(chosen, key=lambda pair: by_age(pair[0].created, pair[0].ref)):
        found[each[0].cluster].append(each)
    return dict(sorted(found.items()))


def is_one_cluster(cluster: str, inventory: Inventory) -> bool:
    """Whether Services that say this cluster are all of one: files may leave it out, be there several of them."""
    return bool(cluster) or not inventory.partial or len(inventory.clusters) < 2


def used(chosen: Iterable[Chosen], inventory: Inventory) -> Iterator[Service]:
    """The oldest of each cluster; where nobody knows the clusters apart, all that may be the oldest somewhere."""
    for cluster, services in by_cluster(chosen).items():
        for service, _ in services[:1] if is_one_cluster(cluster, inventory) else services:
            yield service


def behind_service(service: Service, port: DestinationPort | None, inventory: Inventory) -> Backing:
    """A Service, at the port that the destination's port leads to."""
    number = None
    if port is not None:
        named = (each.number for each in service.ports if each.name == port.target_name)
        number = next(named, None) if port.target_name else port.target or port.number
    address = f"{service.name}.{service.namespace}.svc.{inventory.domain(service.cluster)}"
    return Backing("Service", service.namespace, service.name, service.cluster, address, number, tls=False)


def behind_external(
    external: ExternalService, port: DestinationPort | None, inventory: Inventory, tenancy: Tenancy
) -> tuple[Backing, ...]:
    """The endpoints of an external service; if it selects none its hosts, by DNS, or its addresses (14.2).

    Nothing stands behind a host with a star that could be dialled.
    """
    ref, tls = external.ref, port is not None and port.tls
    found = selected_endpoints(external, inventory, tenancy)
    if found or (external.endpoint_labels and not inventory.endpoints_read.complete):
        return tuple(
            Backing("ExternalEndpoint", each.ref.namespace, each.ref.name, "", each.address, port_at(each, port), tls)
            for each in found
        )
    number = None if port is None else port.target or port.number
    return tuple(
        Backing("ExternalService", ref.namespace, ref.name, "", None if "*" in name else name, number, tls)
        for name in external.hosts or external.addresses
    )


def selected_endpoints(external: ExternalService, inventory: Inventory, tenancy: Tenancy) -> tuple[Endpoint, ...]:
    """The endpoints with the labels that are wanted, of the same workspace: these do not move (12.2 rule 7)."""
    owner = tenancy.owner(external.ref)
    return tuple(each for each in labelled_endpoints(external, inventory) if tenancy.owner(each.ref) == owner)


def labelled_endpoints(external: ExternalService, inventory: Inventory) -> tuple[Endpoint, ...]:
    """The endpoints with the labels that are wanted, whoever owns them; no labels want none (14.2)."""
    if not external.endpoint_labels:
        return ()
    index: Index[Endpoint] = inventory.once(("index", "endpoints"), lambda: Index(inventory.endpoints))
    wanted = (Requirement(key, Operator.EQUALS, (value,)) for key, value in external.endpoint_labels)
    return index.select(Selector(Origin(external.ref, ("spec", "selector")), None, tuple(wanted)))


def port_at(endpoint: Endpoint, port: DestinationPort | None) -> int | None:
    """The port of an endpoint that a port of its service leads to: by name, the only one, else the same number.

    A socket of the machine itself has no port.
    """
    if endpoint.address.startswith(SOCKET):
        return None
    if port is None:
        return endpoint.ports[0].number if len(endpoint.ports) == 1 else None
    named = [each.number for each in endpoint.ports if port.target_name and each.name == port.target_name]
    if named or len(endpoint.ports) == 1:
        return (named or [endpoint.ports[0].number])[0]
    return port.target or port.number


def port_of(ports: Sequence[DestinationPort], wanted: Destination) -> DestinationPort | None:
    """The port that a rule means: the one it writes, by number or by name, else the only one."""
    if wanted.port is None and wanted.port_name is None:
        return ports[0] if len(ports) == 1 else None
    return at_port(ports, wanted.port, wanted.port_name)


def target_of(port: DestinationPort | None, ports: Sequence[DestinationPort]) -> DestinationPort | None:
    """The port of an external service that a port of a virtual destination leads to (14.1)."""
    if port is None:
        return ports[0] if len(ports) == 1 else None
    return at_port(ports, None if port.target_name else port.target or port.number, port.target_name)


def at_port(ports: Sequence[DestinationPort], number: int | None, name: str | None) -> DestinationPort | None:
    """The port of that number, or of that name."""
    wanted = (each for each in ports if (each.number == number if number is not None else each.name == name))
    return next(wanted, None)


def selected(selectors: Iterable[Selector], ref: ObjectRef, labels: Labels) -> bool:
    """Whether any selector means an object."""
    return any(named_by(each, ref) and selects(each, ref.namespace, dict(labels)) for each in selectors)

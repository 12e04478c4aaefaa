"""What a destination means seen from a gateway: does it exist, and where is it (`spec/v1beta1.md` 6, D-27)."""

from __future__ import annotations

from kubectl_gmg.matching.weights import shares
from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo, Found, ResolvedDestination
from kubectl_gmg.model.inventory import Inventory, Service, VirtualDestination
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.resolve.backing import behind_external, behind_virtual


def resolve_destinations(action: ForwardTo, gateway: Gateway) -> tuple[ResolvedDestination, ...]:
    """The destinations of a forwarding rule, with their shares of the traffic."""
    parts = shares(action.weights or [each.weight for each in action.destinations])
    return tuple(
        resolve_destination(each, share, gateway) for each, share in zip(action.destinations, parts, strict=True)
    )


def resolve_destination(declared: Destination, share: float, gateway: Gateway) -> ResolvedDestination:
    """One destination; one whose kind was not read is unknown, never missing."""
    inventory = gateway.inventory
    if declared.kind is DestinationKind.SERVICE:
        service = service_of(declared, inventory)
        address = service_address(declared, service, gateway)
        return ResolvedDestination(
            declared, share, address, found(service, read=inventory.has_services_of(declared.cluster))
        )
    if declared.kind is DestinationKind.VIRTUAL_DESTINATION:
        virtual = virtual_destination_of(declared, inventory)
        state = found(virtual, read=inventory.virtual_destinations_read.covers(declared.namespace))
        if virtual is None:
            return ResolvedDestination(declared, share, None, state)
        backing = behind_virtual(virtual, declared, inventory)
        return ResolvedDestination(declared, share, virtual.hostname, state, backing)
    if declared.kind is DestinationKind.EXTERNAL_SERVICE:
        external = inventory.external_service(declared.namespace, declared.name)
        state = found(external, read=inventory.external_services_read.covers(declared.namespace))
        if external is None:
            return ResolvedDestination(declared, share, None, state)
        backing = behind_external(external, declared, inventory)
        address = next(iter(external.hosts), None)
        return ResolvedDestination(declared, share, address, state, backing)
    return ResolvedDestination(declared, share, None, Found.UNKNOWN)


def found(thing: object, *, read: bool) -> Found:
    """Whether a thing exists, as far as anybody looked."""
    if thing is not None:
        return Found.FOUND
    return Found.MISSING if read else Found.UNKNOWN


def service_of(declared: Destination, inventory: Inventory) -> Service | None:
    """The Service that a destination names."""
    return inventory.service_near(declared.namespace, declared.name, declared.cluster)


def virtual_destination_of(declared: Destination, inventory: Inventory) -> VirtualDestination | None:
    """The VirtualDestination that a destination names."""
    return inventory.virtual_destination(declared.namespace, declared.name)


def service_address(declared: Destination, service: Service | None, gateway: Gateway) -> str | None:
    """The host name the proxy dials (6.7): a local name within the gateway's cluster, else the federated one.

    None where a gateway runs in several clusters that would use different names, or in none that is known.
    """
    if not declared.cluster:
        return f"{declared.name}.{declared.namespace}.svc.{gateway.inventory.domain('')}"
    answers = {address_from(cluster, declared, service, gateway.inventory) for cluster in gateway.clusters}
    return answers.pop() if len(answers) == 1 else None


def address_from(cluster: str, declared: Destination, service: Service | None, inventory: Inventory) -> str:
    """The host name as seen from one cluster."""
    name = f"{declared.name}.{declared.namespace}.svc"
    if cluster == declared.cluster:
        return f"{name}.{inventory.domain(cluster)}"
    return (service.federated_hostname if service else None) or f"{name}.{declared.cluster}.global"

"""What a destination means seen from a gateway: does it exist, and where is it (`spec/v1beta1.md` 6, D-27)."""

from __future__ import annotations

from kubectl_gmg.matching.weights import shares
from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo, Found, ResolvedDestination
from kubectl_gmg.model.declared import Realm
from kubectl_gmg.model.inventory import ExternalService, Inventory, Service, VirtualDestination
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.resolve.backing import behind

Named = Service | VirtualDestination | ExternalService
"""What a destination can name."""


def resolve_destinations(action: ForwardTo, gateway: Gateway) -> tuple[ResolvedDestination, ...]:
    """The destinations of a forwarding rule, with their shares of the traffic."""
    parts = shares(action.weights or [each.weight for each in action.destinations])
    return tuple(
        resolve_destination(each, share, gateway) for each, share in zip(action.destinations, parts, strict=True)
    )


def resolve_destination(declared: Destination, share: float, gateway: Gateway) -> ResolvedDestination:
    """One destination; one whose kind was not read is unknown, never missing."""
    inventory = gateway.inventory
    if declared.kind is DestinationKind.AWS_LAMBDA:
        return ResolvedDestination(declared, share, None, account_of(declared, inventory))
    named, read = look_up(declared, inventory)
    state = found(named, read=read)
    if declared.kind is DestinationKind.SERVICE:
        service = named if isinstance(named, Service) else None
        return ResolvedDestination(declared, share, service_address(declared, service, gateway), state)
    if isinstance(named, VirtualDestination | ExternalService):
        backing = behind(named, declared, gateway.realm)
        return ResolvedDestination(declared, share, name_of(named), state, backing)
    return ResolvedDestination(declared, share, None, state)


def name_of(named: VirtualDestination | ExternalService) -> str | None:
    """The host name that the proxy dials: the first one; None without any, or if it has a star (14.2)."""
    name = named.hostname if isinstance(named, VirtualDestination) else next(iter(named.hosts), "")
    return name if name and "*" not in name else None


def look_up(wanted: Destination, inventory: Inventory) -> tuple[Named | None, bool]:
    """What a destination names, and whether it would be known if it were there; kinds that are not read never are."""
    namespace, name = wanted.namespace, wanted.name
    if wanted.kind is DestinationKind.SERVICE:
        return service_of(wanted, inventory), inventory.has_services_in(wanted.cluster, namespace)
    if wanted.kind is DestinationKind.VIRTUAL_DESTINATION:
        return inventory.virtual_destination(namespace, name), inventory.virtual_destinations_read.covers(namespace)
    if wanted.kind is DestinationKind.EXTERNAL_SERVICE:
        return inventory.external_service(namespace, name), inventory.external_services_read.covers(namespace)
    return None, False


def account_of(wanted: Destination, inventory: Inventory) -> Found:
    """Whether the account exists that a function is called in (2.5)."""
    provider = inventory.cloud_provider(wanted.namespace, wanted.provider)
    return found(provider, read=bool(wanted.provider) and inventory.cloud_providers_read.covers(wanted.namespace))


def found(thing: object, *, read: bool) -> Found:
    """Whether a thing exists, as far as anybody looked."""
    if thing is not None:
        return Found.FOUND
    return Found.MISSING if read else Found.UNKNOWN


def service_of(declared: Destination, inventory: Inventory) -> Service | None:
    """The Service that a destination names."""
    return inventory.service_near(declared.namespace, declared.name, declared.cluster)


def unregistered(wanted: Destination, inventory: Inventory) -> bool:
    """Whether no registered cluster has the name that a destination gives (`spec/v1beta1.md` 12, DEST-CLUSTER).

    Only where all registered clusters are known, and where nothing was seen in a cluster of that name either.
    """
    if wanted.kind is not DestinationKind.SERVICE or not (wanted.cluster and inventory.clusters_read):
        return False
    return not inventory.knows_cluster(wanted.cluster)


def service_address(declared: Destination, service: Service | None, gateway: Gateway) -> str | None:
    """The host name the proxy dials (6.7): a local name within the gateway's cluster, else the federated one.

    None where a gateway runs in several clusters that would use different names, or in none that is known.
    """
    if not declared.cluster:
        return f"{declared.name}.{declared.namespace}.svc.{gateway.inventory.domain('')}"
    answers = {address_from(cluster, declared, service, gateway.realm) for cluster in gateway.clusters}
    return answers.pop() if len(answers) == 1 else None


def address_from(cluster: str, declared: Destination, service: Service | None, realm: Realm) -> str | None:
    """The host name as seen from one cluster."""
    name = f"{declared.name}.{declared.namespace}.svc"
    if cluster == declared.cluster:
        return f"{name}.{realm.inventory.domain(cluster)}"
    if service is not None and service.federated_hostname:
        return service.federated_hostname
    return federated_name(declared, realm) if realm.settings else f"{name}.{declared.cluster}.global"


def federated_name(named: Destination | Service, realm: Realm) -> str | None:
    """The host name of a Service in other clusters, where workspaces federate (`spec/v2.md` 12.1)."""
    suffix = realm.inventory.once(("suffix", id(realm)), lambda: host_suffix(realm))
    return f"{named.name}.{named.namespace}.{named.cluster}.{suffix}" if suffix and named.cluster else None


def host_suffix(realm: Realm) -> str:
    """The end of all federated host names; empty unless all that federate write one."""
    enabled = (each.federation for each in realm.settings if each.federation and each.federation.enabled)
    suffixes = {each.host_suffix for each in enabled}
    return suffixes.pop() if len(suffixes) == 1 else ""

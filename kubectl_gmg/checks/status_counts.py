"""What the counts in statuses may be, as far as the specification says what is counted (`spec/v2.md` 13, SEM-19).

Where it does not, as with routes that may count once or once for each listener, a count is compared with the least and
the most that any reading gives. What was not read, or not given, may be there as well: then there is no most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from kubectl_gmg.api.status import Relation
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.count_bounds import Bounds, all_given, names
from kubectl_gmg.checks.policy_counts import destination_policies, selected_routes
from kubectl_gmg.checks.tenant_counts import clusters_of, imported_workspaces, namespaces_of
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.declared import Realm, VirtualGateway
from kubectl_gmg.model.inventory import ExternalService, Inventory, Service, VirtualDestination
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.backing import labelled_endpoints
from kubectl_gmg.resolve.index import Index
from kubectl_gmg.resolve.services import gateway_services

TENANTS = frozenset({"Workspace", "Namespace"})
"""The kinds that say whose an object is."""


def bounds_of(context: CheckContext, relation: Relation, ref: ObjectRef) -> Bounds | None:
    """What a count in the status of an object may be; None where that cannot be told."""
    found = COUNTED[relation](context, ref) if relation in COUNTED else None
    if found is not None and context.realm(ref).workspaces and not context.lacking.isdisjoint(TENANTS):
        return found._replace(least=0)  # whose an object is decides whether it counts
    return found


# Gateways.


def gateway_workloads(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The Services that a gateway stands on: it has workloads if there are some, however many, and else none."""
    gateway = context.once(gateways).get(ref)
    if gateway is None:
        return None
    tenancy, inventory = context.tenancy(ref), context.realm(ref).inventory
    found = [gateway_services(listener, inventory) for listener in gateway.listeners]
    if None in found or not found:
        return None
    services = {each.ref for part in found for each in part or ()}
    own = {each for each in services if tenancy.owner(each) == tenancy.owner(ref)}
    return Bounds(1 if own else 0, None if services else 0, names(services))


def exposed_services(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """External services that want to leave by a gateway; others have nothing to do with it."""
    if not all_given(context, "ExternalService"):
        return None
    found = context.once(leaving_by).get((ref.generation, ref.namespace, ref.name), ())
    return Bounds(0, len(found), names(found))


def gateways(context: CheckContext) -> Mapping[ObjectRef, VirtualGateway]:
    """The gateways, by reference."""
    return {each.ref: each for each in context.declared.gateways}


def leaving_by(context: CheckContext) -> Mapping[tuple[str, str, str], Sequence[ObjectRef]]:
    """The external services that name a gateway, by its generation, namespace and name: its cluster may be left out."""
    found: defaultdict[tuple[str, str, str], list[ObjectRef]] = defaultdict(list)
    for generation, realm in context.declared.realms:
        for service in realm.inventory.external_services:
            for namespace, name in {(each.namespace, each.name) for each in egress_gateways(service)}:
                found[generation, namespace, name].append(service.ref)
    return found


def egress_gateways(service: ExternalService) -> frozenset[ObjectRef]:
    """The gateways that an external service names."""
    return frozenset(ref for port in service.ports if port.egress for ref in port.egress.gateways)


# Destinations.


def selected_gateways(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The gateways that an external service names."""
    service = context.realm(ref).inventory.external_service(ref.namespace, ref.name)
    if service is None:
        return None
    found = egress_gateways(service)
    return Bounds(0, len(found), names(found))


def external_endpoints(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The endpoints with the labels that an external service asks for; those of other workspaces cannot be meant."""
    inventory, tenancy = context.realm(ref).inventory, context.tenancy(ref)
    service = inventory.external_service(ref.namespace, ref.name)
    if service is None:
        return None
    fitting = [each.ref for each in labelled_endpoints(service, inventory)]
    own = [each for each in fitting if tenancy.owner(each) == tenancy.owner(ref)]
    open_end = bool(service.endpoint_labels) and not all_given(context, "ExternalEndpoint")
    return Bounds(len(own), None if open_end else len(fitting), names(fitting))


def backing_services(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The services behind a virtual destination: all that it selects, or the one of each cluster that it uses."""
    realm, tenancy = context.realm(ref), context.tenancy(ref)
    inventory = realm.inventory
    virtual = inventory.virtual_destination(ref.namespace, ref.name)
    if virtual is None:
        return None
    near, far = context.once(indexes)[ref.generation]
    services = {each.ref: each for wanted in virtual.services for each in near.select(wanted)}
    outside = {each.ref for wanted in virtual.external_services for each in far.select(wanted)}
    mine = tenancy.owner(ref)
    own_clusters = {each.cluster for each in services.values() if tenancy.owner(each.ref) == mine}
    least = len(own_clusters) + sum(tenancy.owner(each) == mine for each in outside)
    found = [*services, *outside]
    return Bounds(least, len(found) if all_backing_given(context, virtual, realm) else None, names(found))


def indexes(context: CheckContext) -> Mapping[str, tuple[Index[Service], Index[ExternalService]]]:
    """What may stand behind virtual destinations, by generation."""
    return {
        generation: (Index(realm.inventory.services), Index(realm.inventory.external_services))
        for generation, realm in context.declared.realms
    }


def all_backing_given(context: CheckContext, virtual: VirtualDestination, realm: Realm) -> bool:
    """Whether everything that may stand behind a virtual destination was read."""
    inventory = realm.inventory
    services = all(were_read(wanted, inventory) for wanted in virtual.services)
    external = not virtual.external_services or all_given(context, "ExternalService")
    return services and external and not virtual.external_workloads


def were_read(wanted: Selector, inventory: Inventory) -> bool:
    """Whether every Service that a selector may mean was read, in every cluster that is registered."""
    parts = [inventory.services_of(each.name) for each in inventory.clusters] or [inventory.services_of("")]
    spaces = wanted.namespaces
    return all(
        any(part.complete if spaces is None else all(map(part.covers, spaces)) for part in extents) for extents in parts
    )


COUNTED: dict[Relation, Callable[[CheckContext, ObjectRef], Bounds | None]] = {
    Relation.WORKLOADS: gateway_workloads,
    Relation.EXPOSED: exposed_services,
    Relation.BACKING: backing_services,
    Relation.ENDPOINTS: external_endpoints,
    Relation.EGRESS: selected_gateways,
    Relation.DESTINATION_POLICIES: destination_policies,
    Relation.ROUTES: selected_routes,
    Relation.CLUSTERS: clusters_of,
    Relation.NAMESPACES: namespaces_of,
    Relation.IMPORTED: imported_workspaces,
}
"""What is compared with the least and the most; routes, tables and parents are `ObjectGraph`'s."""

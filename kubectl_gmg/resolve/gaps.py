"""What the answers lack because it was not given (`spec/v1beta1.md` D-27)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo
from kubectl_gmg.model.conventions import SharedDomain
from kubectl_gmg.model.declared import Declared, Realm, RouteRule
from kubectl_gmg.model.snapshot import Affects, Gap, GapReason


def gaps_of(declared: Declared) -> tuple[Gap, ...]:
    """One gap for every kind, and for Services every cluster, that some object refers to and nobody gave.

    Where objects of a kind are there but not all could be read, the source has said so already.
    """
    return tuple(gap for generation, realm in declared.realms for gap in gaps_in(declared, generation, realm))


def gaps_in(declared: Declared, generation: str, realm: Realm) -> tuple[Gap, ...]:
    """The gaps of one generation."""
    inventory = realm.inventory
    destinations = tuple(each for each in destinations_of(declared) if each.origin.ref.generation == generation)
    found: list[Gap] = []
    if inventory.service_clusters is not None and inventory.services_read:
        named = {each.cluster for each in destinations if each.kind is DestinationKind.SERVICE}
        found += [not_read_from(cluster) for cluster in sorted(named) if not inventory.has_services_of(cluster)]
    if any(
        namespace.labels for each in realm.workspaces for pattern in each.clusters for namespace in pattern.namespaces
    ):
        said = "Namespace: their labels are not read, though a workspace selects some by label"
        found.append(Gap(GapReason.NOT_READ, said, (Affects.WORKSPACES,), kind="Namespace"))
    if not inventory.partial:
        return tuple(found)
    if realm.conventions.shared_domain is SharedDomain.MERGED and not realm.workspaces:
        said = "no Workspace in the input: every object is taken to see every other"
        found.append(Gap(GapReason.NOT_PROVIDED, said, (Affects.WORKSPACES,), kind="Workspace"))
    policies = (policy for policy in declared.policies if policy.ref.generation == generation)
    if not (inventory.services_read or inventory.services):
        clusters = {each.cluster for each in destinations if each.kind is DestinationKind.SERVICE}
        found += [not_given("Service", cluster, Affects.DESTINATIONS) for cluster in sorted(clusters)]
    virtual = any(each.kind is DestinationKind.VIRTUAL_DESTINATION for each in destinations)
    if virtual and not (inventory.virtual_destinations_read.complete or inventory.virtual_destinations):
        found.append(not_given("VirtualDestination", None, Affects.DESTINATIONS))
    if not (inventory.workloads_read or inventory.workloads) and any(policy.sources for policy in policies):
        found.append(not_given("Workload", None, Affects.POLICIES))
    return tuple(found)


def not_read_from(cluster: str) -> Gap:
    """A gap of a cluster that was not looked at."""
    said = f"Service: those of cluster {cluster} were not read"
    return Gap(GapReason.NOT_READ, said, (Affects.DESTINATIONS,), kind="Service", cluster=cluster)


def not_given(kind: str, cluster: str | None, affects: Affects) -> Gap:
    """A gap of something that is not in the input."""
    place = f" of {cluster}" if cluster else ""
    return Gap(GapReason.NOT_PROVIDED, f"no {kind}{place} in the input", (affects,), kind=kind, cluster=cluster or None)


def destinations_of(declared: Declared) -> Iterator[Destination]:
    """Every destination that some rule names."""
    for rule in rules_of(declared):
        if isinstance(rule.action, ForwardTo):
            yield from rule.action.destinations


def rules_of(declared: Declared) -> Iterator[RouteRule]:
    """The rules of every host and table, inline hosts included."""
    for table in declared.tables:
        yield from table.rules
    for host in declared.hosts:
        yield from host.rules
    for gateway in declared.gateways:
        for listener in gateway.listeners[:1]:
            for entry in listener.selects:
                yield from getattr(entry, "rules", ())

"""What the answers lack because it was not given (`spec/v1beta1.md` D-27)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo
from kubectl_gmg.model.conventions import Broken, SharedDomain
from kubectl_gmg.model.declared import Declared, Realm, RouteRule
from kubectl_gmg.model.inventory import Inventory
from kubectl_gmg.model.snapshot import Affects, Gap, GapReason
from kubectl_gmg.resolve.destination import look_up, service_of, unregistered
from kubectl_gmg.resolve.membership import labels_not_known
from kubectl_gmg.resolve.subsets import Subsets


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
    if inventory.services_read and inventory.service_extents is not None:
        found += services_not_read(destinations, inventory)
    found += labels_not_known(declared, generation, realm)
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


def services_not_read(destinations: Iterable[Destination], inventory: Inventory) -> Iterator[Gap]:
    """One gap for every cluster in which some destination could not be looked for."""
    unknown: defaultdict[str, set[str]] = defaultdict(set)
    for each in destinations:
        if each.kind is DestinationKind.SERVICE and is_unknown(each, inventory):
            unknown[each.cluster].add(each.namespace)
    for cluster, namespaces in sorted(unknown.items()):
        seen = bool(inventory.services_of(cluster))
        if inventory.partial and seen:
            yield none_given_in(cluster, sorted(namespaces))
        elif inventory.partial:
            yield not_given("Service", cluster, Affects.DESTINATIONS)
        elif not seen:
            yield not_read_from(cluster)


def is_unknown(destination: Destination, inventory: Inventory) -> bool:
    """Whether nobody has looked where a destination would be; what is in no cluster at all has a finding."""
    service, read = look_up(destination, inventory)
    return service is None and not read and not unregistered(destination, inventory)


def none_given_in(cluster: str, namespaces: Sequence[str]) -> Gap:
    """A gap of namespaces that the input holds no Service of, though it holds some of others."""
    place = f" of {cluster}" if cluster else ""
    only = namespaces[0] if len(namespaces) == 1 else None
    names = f"namespace {only}" if only else f"the namespaces {', '.join(namespaces)}"
    said = f"no Service of {names}{place} in the input"
    affects = (Affects.DESTINATIONS,)
    return Gap(GapReason.NOT_PROVIDED, said, affects, kind="Service", cluster=cluster or None, namespace=only)


def not_read_from(cluster: str) -> Gap:
    """A gap of a cluster that was not looked at."""
    said = f"Service: those of cluster {cluster} were not read"
    return Gap(GapReason.NOT_READ, said, (Affects.DESTINATIONS,), kind="Service", cluster=cluster)


def not_given(kind: str, cluster: str | None, affects: Affects) -> Gap:
    """A gap of something that is not in the input."""
    place = f" of {cluster}" if cluster else ""
    return Gap(GapReason.NOT_PROVIDED, f"no {kind}{place} in the input", (affects,), kind=kind, cluster=cluster or None)


def unread_kinds(declared: Declared) -> Iterator[str]:
    """Kinds that nobody read, and that no answer but a finding would need: they are no gaps (`spec/cli.md` 5.3)."""
    destinations: defaultdict[str, list[Destination]] = defaultdict(list)
    for each in destinations_of(declared):
        if each.kind is DestinationKind.SERVICE:
            destinations[each.origin.ref.generation].append(each)
    for generation, realm in declared.realms:
        inventory, named = realm.inventory, destinations[generation]
        if any(subset_unknown(named, inventory)):
            yield "Pod"
        if realm.conventions.broken is Broken.LEFT_OUT:
            yield from unread_meshes(inventory, named)
            if not inventory.services_read and any(each.ref.generation == generation for each in declared.gateways):
                yield "Destination"  # the Services that a gateway stands on


def subset_unknown(destinations: Iterable[Destination], inventory: Inventory) -> Iterator[bool]:
    """For every subset of a Service that exists, whether nobody knows if a pod carries its labels."""
    subsets = Subsets(inventory)
    seen = {(each.namespace, each.name, each.cluster, each.subset): each for each in destinations if each.subset}
    for each in seen.values():
        if (service := service_of(each, inventory)) is not None:
            yield subsets.lacking(service, each.subset) is None


def unread_meshes(inventory: Inventory, destinations: Iterable[Destination]) -> Iterator[str]:
    """The kinds that say which clusters there are, and which meshes are joined, where several are named."""
    clusters = {each.cluster for each in destinations} | {each.cluster for each in inventory.services}
    if clusters - {""} and not inventory.clusters_read:
        yield "KubernetesCluster"
    if len(clusters - {""}) > 1 and not inventory.meshes_read:
        yield "Mesh"
    if len(clusters - {""}) > 1 and not inventory.virtual_meshes_read:
        yield "VirtualMesh"


def destinations_of(declared: Declared) -> Iterator[Destination]:
    """Every destination that some rule names."""
    for rule in (*rules_of(declared), *stream_rules_of(declared)):
        if isinstance(rule.action, ForwardTo):
            yield from rule.action.destinations


def stream_rules_of(declared: Declared) -> Iterator[RouteRule]:
    """The rules for whole connections, of every host and of gateways themselves."""
    for host in declared.hosts:
        yield from host.streams
    for gateway in declared.gateways:
        for listener in gateway.listeners[:1]:
            yield from listener.streams.streams if listener.streams else ()


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

"""Services and Pods of Kubernetes itself, which both generations compare destinations with.

Their kinds belong to no generation. Those that hold objects of the product decide which one reads them; `CORE` is only
what their names say, since every name says some generation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from kubectl_gmg.api.common import created_of, labels_of
from kubectl_gmg.api.exposure import external_ips, given_addresses, node_port, written_exposure
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.api.v2_selectors import all_known
from kubectl_gmg.model.inventory import Exposure, Pod, Service, ServicePort
from kubectl_gmg.model.snapshot import NOWHERE, Affects, Extent, Kind, Snapshot, SourceType

CORE = "v2"
FOUND = (Affects.DESTINATIONS,)
SERVICE = Kind("", "v1", "Service", "services", CORE, FOUND)
POD = Kind("", "v1", "Pod", "pods", CORE, FOUND, labels_only=True)
KINDS = (SERVICE, POD)


def service(reading: Reading) -> Service:
    """A Service of Kubernetes, whose other fields are not ours to know."""
    spec = reading.spec
    all_known(spec)
    exposure = written_exposure(spec.value)
    return Service(
        ref=reading.ref,
        namespace=reading.ref.namespace,
        name=reading.ref.name,
        cluster=reading.ref.cluster,
        labels=labels_of(reading.metadata),
        pod_selector=spec.pairs_of("selector"),
        ports=tuple(map(service_port, spec.items_of("ports"))),
        created=created_of(reading.metadata),
        exposure=exposure,
        addresses=given_addresses(reading.status.value) if exposure is Exposure.LOAD_BALANCER else (),
        external_ips=external_ips(spec.value) if exposure else (),
    )


def service_port(port: Field) -> ServicePort:
    """A port of a Service."""
    all_known(port)
    return ServicePort(port.integer_of("port") or 0, port.text_of("name"), node_port(port.value))


def pods(snapshot: Snapshot) -> tuple[Pod, ...]:
    """Every pod, with its labels."""
    return Readings(snapshot, CORE).of(POD, lambda reading: Pod(reading.ref, labels_of(reading.metadata)))


def extents(snapshot: Snapshot, kind: Kind, found: Iterable[Service | Pod]) -> Mapping[str, Extent]:
    """By cluster, the namespaces in which a kind was read completely.

    Files are read completely, but hold what somebody has chosen to put there: often the Services of one team, and those
    of others not at all. So only a namespace of which they hold something is taken to be there as a whole
    (`spec/v1beta1.md` D-27, `spec/v2.md` DEC-27).
    """
    if snapshot.origin in (SourceType.FILES, SourceType.DEMO):
        return chosen(found) if snapshot.extent(kind).complete else {}
    here = {"": snapshot.extent(kind)} if kind.resource in snapshot.read else {}
    return here | elsewhere(snapshot, kind)


def elsewhere(snapshot: Snapshot, kind: Kind) -> dict[str, Extent]:
    """Where a kind was read in the clusters besides that of the context."""
    return {name: read.get(kind.resource, NOWHERE) for name, read in snapshot.elsewhere.items()}


def chosen(found: Iterable[Service | Pod]) -> dict[str, Extent]:
    """The clusters and namespaces that some object of a kind is in."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    for each in found:
        if isinstance(each, Service):
            places[each.cluster].add(each.namespace)
        else:
            places[each.ref.cluster].add(each.ref.namespace)
    return {cluster: Extent(frozenset(names)) for cluster, names in places.items()}

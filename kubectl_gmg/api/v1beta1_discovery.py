"""What the first generation discovered: Services, workloads, clusters (`spec/v1beta1.md` 10 and 11)."""

from __future__ import annotations

from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.model.action import Backing
from kubectl_gmg.model.inventory import Cluster, Inventory, Service, ServicePort, VirtualDestination, Workload
from kubectl_gmg.model.snapshot import Affects, Kind, Snapshot, SourceType

DISCOVERY = "discovery.mesh.gloo.solo.io"
FOUND = (Affects.DESTINATIONS,)

DESTINATION = Kind(DISCOVERY, "v1", "Destination", "destinations", "v1beta1", FOUND)
WORKLOAD = Kind(DISCOVERY, "v1", "Workload", "workloads", "v1beta1", (Affects.POLICIES,))
VIRTUAL_DESTINATION = Kind(
    "networking.enterprise.mesh.gloo.solo.io", "v1beta1", "VirtualDestination", "virtualdestinations", "v1beta1", FOUND
)
CLUSTER = Kind("multicluster.solo.io", "v1alpha1", "KubernetesCluster", "kubernetesclusters", "v1beta1", FOUND)
KINDS = (VIRTUAL_DESTINATION, DESTINATION, WORKLOAD, CLUSTER)


def inventory(readings: Readings, snapshot: Snapshot) -> Inventory:
    """What destinations are compared with; only kinds that were read may be called missing (D-27)."""
    return Inventory(
        services=readings.of(DESTINATION, service),
        services_read=snapshot.extent(DESTINATION).complete,
        virtual_destinations=readings.of(VIRTUAL_DESTINATION, virtual_destination),
        virtual_destinations_read=snapshot.extent(VIRTUAL_DESTINATION),
        workloads=readings.of(WORKLOAD, workload),
        workloads_read=snapshot.extent(WORKLOAD).complete,
        clusters=readings.of(CLUSTER, cluster),
        partial=snapshot.type is not SourceType.LIVE,
    )


def service(reading: Reading) -> Service | None:
    """A discovered Service, named by what it stands for and not by its own name (11.1)."""
    reading.spec["mesh"].opaque()
    reading.spec["externalService"].opaque()
    found = reading.spec["kubeService"]
    if not found.present:
        return None
    for name in ("subsets", "region", "endpointSubsets", "externalAddresses", "serviceType"):
        found[name].opaque()
    return Service(
        ref=reading.ref,
        namespace=found["ref"].text_of("namespace"),
        name=found["ref"].text_of("name"),
        cluster=found["ref"].text_of("clusterName"),
        labels=found.pairs_of("labels"),
        pod_selector=found.pairs_of("workloadSelectorLabels"),
        ports=tuple(map(service_port, found.items_of("ports"))),
        federated_hostname=reading.status["appliedFederation"].text_of("federatedHostname") or None,
    )


def service_port(port: Field) -> ServicePort:
    """A port of a Service."""
    for name in ("protocol", "appProtocol", "targetPort", "targetPortName", "targetPortNumber", "nodePort"):
        port[name].opaque()
    return ServicePort(port.integer_of("port") or 0, port.text_of("name"))


def virtual_destination(reading: Reading) -> VirtualDestination:
    """Section 10; what stands behind it is told by its status."""
    spec = reading.spec
    for name in ("virtualMesh", "meshList", "static", "localized"):
        spec[name].opaque()
    port = spec["port"]
    for name in ("protocol", "targetName", "targetNumber"):
        port[name].opaque()
    return VirtualDestination(
        ref=reading.ref,
        hostname=spec.text_of("hostname"),
        port=port.integer_of("number"),
        backing=tuple(map(backing, reading.status["selectedDestinations"])),
    )


def backing(selected: Field) -> Backing:
    """One Service behind a VirtualDestination."""
    found = selected["destination"]["kubeService"]
    return Backing(
        kind="Service",
        namespace=found.text_of("namespace"),
        name=found.text_of("name"),
        cluster=found.text_of("clusterName"),
        address=None,
        port=None,
        tls=False,
    )


def workload(reading: Reading) -> Workload | None:
    """Pods of one controller (11.2)."""
    reading.spec["mesh"].opaque()
    reading.spec["appMesh"].opaque()
    found = reading.spec["kubernetes"]
    found.text_of("serviceAccountName")
    if not found.present:
        return None
    return Workload(
        ref=reading.ref,
        namespace=found["controller"].text_of("namespace"),
        cluster=found["controller"].text_of("clusterName"),
        labels=found.pairs_of("podLabels"),
    )


def cluster(reading: Reading) -> Cluster:
    """A registered cluster; its object's name is the name used everywhere (11.2)."""
    for name in ("secretName", "providerInfo"):
        reading.spec[name].opaque()
    return Cluster(reading.ref.name, reading.spec.text_of("clusterDomain") or "cluster.local")

"""What the first generation discovered: Services, workloads, meshes, clusters (`spec/v1beta1.md` 10 and 11)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from kubectl_gmg.api import kubernetes
from kubectl_gmg.api.common import PORTS, number_in
from kubectl_gmg.api.exposure import discovered_addresses, discovered_exposure, node_port
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.model.action import Backing
from kubectl_gmg.model.inventory import (
    Cluster,
    Inventory,
    Labels,
    Mesh,
    MeshName,
    Service,
    ServicePort,
    VirtualDestination,
    VirtualMesh,
    Workload,
)
from kubectl_gmg.model.snapshot import Affects, Extent, Kind, Snapshot, SourceType

DISCOVERY = "discovery.mesh.gloo.solo.io"
FOUND = (Affects.DESTINATIONS,)

DESTINATION = Kind(DISCOVERY, "v1", "Destination", "destinations", "v1beta1", FOUND)
WORKLOAD = Kind(DISCOVERY, "v1", "Workload", "workloads", "v1beta1", (Affects.POLICIES,))
VIRTUAL_DESTINATION = Kind(
    "networking.enterprise.mesh.gloo.solo.io", "v1beta1", "VirtualDestination", "virtualdestinations", "v1beta1", FOUND
)
CLUSTER = Kind("multicluster.solo.io", "v1alpha1", "KubernetesCluster", "kubernetesclusters", "v1beta1", FOUND)
PROTOCOLS = ("HTTP", "HTTPS", "GRPC", "HTTP2", "MONGO", "TCP", "TLS")
"""What a port of a VirtualDestination may speak."""
MESH = Kind(DISCOVERY, "v1", "Mesh", "meshes", "v1beta1", FOUND)
VIRTUAL_MESH = Kind("networking.mesh.gloo.solo.io", "v1", "VirtualMesh", "virtualmeshes", "v1beta1", FOUND)
KINDS = (VIRTUAL_DESTINATION, DESTINATION, WORKLOAD, CLUSTER, MESH, VIRTUAL_MESH)


def inventory(readings: Readings, snapshot: Snapshot) -> Inventory:
    """What destinations are compared with; only kinds that were read may be called missing (D-27)."""
    services = all_services(readings, snapshot)
    extents = service_extents(snapshot, services)
    pods = kubernetes.pods(snapshot)
    return Inventory(
        services=services,
        services_read=extents is None or any(each != Extent() for each in extents.values()),
        service_extents=extents,
        virtual_destinations=readings.of(VIRTUAL_DESTINATION, virtual_destination),
        virtual_destinations_read=snapshot.extent(VIRTUAL_DESTINATION),
        workloads=readings.of(WORKLOAD, workload),
        workloads_read=snapshot.extent(WORKLOAD).complete,
        clusters=readings.of(CLUSTER, cluster),
        clusters_read=snapshot.extent(CLUSTER).complete,
        meshes=readings.of(MESH, mesh),
        meshes_read=snapshot.extent(MESH).complete,
        virtual_meshes=readings.of(VIRTUAL_MESH, virtual_mesh),
        virtual_meshes_read=snapshot.extent(VIRTUAL_MESH).complete,
        pods=pods,
        pod_extents=kubernetes.extents(snapshot, kubernetes.POD, pods),
        partial=snapshot.origin not in (SourceType.LIVE, SourceType.OVERLAY),
    )


def all_services(readings: Readings, snapshot: Snapshot) -> tuple[Service, ...]:
    """Discovered Services, and those of Kubernetes that nobody discovered.

    One that does not say where it is counts in files only: in a cluster it is the context's own, whose name among the
    registered ones nobody knows.
    """
    discovered = readings.of(DESTINATION, service)
    known = {(each.namespace, each.name, cluster) for each in discovered for cluster in (each.cluster, "")}
    raw = Readings(snapshot, kubernetes.CORE).of(kubernetes.SERVICE, kubernetes.service)
    files = snapshot.origin in (SourceType.FILES, SourceType.DEMO)
    return (
        *discovered,
        *(each for each in raw if (each.namespace, each.name, each.cluster) not in known and (each.cluster or files)),
    )


def service_extents(snapshot: Snapshot, services: tuple[Service, ...]) -> Mapping[str, Extent] | None:
    """Where Services were read; None for everywhere, since all clusters are discovered into the one that was read."""
    if snapshot.origin not in (SourceType.FILES, SourceType.DEMO):
        if snapshot.extent(DESTINATION).complete:
            return None
        return kubernetes.elsewhere(snapshot, kubernetes.SERVICE)
    read = snapshot.extent(DESTINATION).complete or snapshot.extent(kubernetes.SERVICE).complete
    return kubernetes.chosen(services) if read else {}


def service(reading: Reading) -> Service | None:
    """A discovered Service, named by what it stands for and not by its own name (11.1)."""
    reading.spec["externalService"].opaque()
    belongs = mesh_name(reading.spec["mesh"])
    found = reading.spec["kubeService"]
    if not found.present:
        return None
    for name in ("region", "externalAddresses", "serviceType"):
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
        subsets=subsets(found["subsets"]),
        endpoint_labels=tuple(endpoint_labels(found["endpointSubsets"])),
        mesh=belongs,
        federated_to=federated_to(reading.status),
        exposure=discovered_exposure(found.value),
        addresses=discovered_addresses(found.value),
    )


def subsets(field: Field) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The values of some labels that were seen on pods (11.1, D-10)."""
    if not isinstance(field.value, dict):
        return ()
    return tuple((key, field[key]["values"].texts()) for key in sorted(field.value))


def endpoint_labels(groups: Field) -> Iterator[Labels]:
    """The labels of every endpoint."""
    for group in groups:
        group["ports"].opaque()
        for endpoint in group["endpoints"]:
            endpoint["ipAddress"].opaque()
            endpoint["subLocality"].opaque()
            yield endpoint.pairs_of("labels")


def mesh_name(ref: Field) -> MeshName | None:
    """A reference to a Mesh or a VirtualMesh; None for none."""
    name = ref.text_of("namespace"), ref.text_of("name")
    return name if all(name) else None


def federated_to(status: Field) -> tuple[MeshName, ...] | None:
    """The meshes that a Service is federated to; None where the controller has not said anything yet."""
    if not status.present:
        return None
    names = map(mesh_name, status["appliedFederation"]["federatedToMeshes"])
    return tuple(name for name in names if name is not None)


def service_port(port: Field) -> ServicePort:
    """A port of a Service."""
    for name in ("protocol", "appProtocol", "targetPort", "targetPortName", "targetPortNumber", "nodePort"):
        port[name].opaque()
    return ServicePort(port.integer_of("port") or 0, port.text_of("name"), node_port(port.value))


def virtual_destination(reading: Reading) -> VirtualDestination:
    """Section 10."""
    spec = reading.spec
    for name in ("virtualMesh", "meshList", "localized"):
        spec[name].opaque()
    port = spec["port"]
    for name in ("targetName", "targetNumber"):
        port[name].opaque()
    note_protocol(port["protocol"])
    return VirtualDestination(
        ref=reading.ref,
        hostname=spec.text_of("hostname"),
        port=number_in(port, "number", PORTS),
        backing=in_failover_order(spec["static"]["destinations"], reading.status["selectedDestinations"]),
    )


def in_failover_order(static: Field, selected: Field) -> tuple[Backing, ...]:
    """What stands behind a VirtualDestination: a static list in decreasing priority, else what the status selects."""
    listed = tuple(backing(entry["kubeService"]) for entry in static)
    return listed or tuple(backing(entry["destination"]["kubeService"]) for entry in selected)


def note_protocol(protocol: Field) -> None:
    """A port speaks one of a few protocols (10)."""
    written = protocol.text()
    if written and isinstance(protocol.value, str) and written.upper() not in PROTOCOLS:
        protocol.problem("GMG003", f"protocol is {json.dumps(written)}; known are {', '.join(PROTOCOLS)}")


def backing(found: Field) -> Backing:
    """One Service behind a VirtualDestination, by its reference."""
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


def mesh(reading: Reading) -> Mesh:
    """Section 11.2: the cluster is told by what is installed there."""
    for name in ("awsAppMesh", "linkerd", "consulConnect", "osm", "agentInfo"):
        reading.spec[name].opaque()
    kinds = reading.spec["istio"]
    for name in ("trustDomain", "istiodServiceAccount", "ingressGateways", "smartDnsProxyingEnabled"):
        kinds[name].opaque()
    installation = kinds["installation"]
    for name in ("namespace", "podLabels", "version", "region"):
        installation[name].opaque()
    applied = mesh_name(reading.status["appliedVirtualMesh"]["ref"])
    return Mesh(reading.ref, installation.text_of("cluster"), applied)


def virtual_mesh(reading: Reading) -> VirtualMesh:
    """Section 11.3: federation is on with at least one selector, or as `permissive` without any."""
    for name in ("mtlsConfig", "globalAccessPolicy"):
        reading.spec[name].opaque()
    federation = reading.spec["federation"]
    for name in ("ingressGatewaySelectors", "flatNetwork", "hostnameSuffix", "tcpKeepalive"):
        federation[name].opaque()
    selectors = federation["selectors"]
    selectors.opaque()
    permissive = bool(federation.named("permissive"))
    names = map(mesh_name, reading.spec["meshes"])
    return VirtualMesh(
        ref=reading.ref,
        meshes=tuple(name for name in names if name is not None),
        federates=bool(selectors.value) or permissive,
    )

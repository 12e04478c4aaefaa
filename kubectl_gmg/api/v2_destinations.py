"""What destinations of the second generation are compared with (`spec/v2.md` 12.4 and 14)."""

from __future__ import annotations

from kubectl_gmg.api import kubernetes
from kubectl_gmg.api.common import created_of, labels_of
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.api.v2_selectors import PORTS, all_known, object_selector, port_number, port_selector
from kubectl_gmg.model.inventory import (
    Cluster,
    DestinationPort,
    Endpoint,
    ExternalService,
    Inventory,
    Service,
    ServicePort,
    VirtualDestination,
)
from kubectl_gmg.model.snapshot import Affects, Kind, Snapshot, SourceType

NETWORKING = "networking.gloo.solo.io"
FOUND = (Affects.DESTINATIONS,)

VIRTUAL_DESTINATION = Kind(NETWORKING, "v2", "VirtualDestination", "virtualdestinations", "v2", FOUND)
EXTERNAL_SERVICE = Kind(NETWORKING, "v2", "ExternalService", "externalservices", "v2", FOUND)
ENDPOINT = Kind(NETWORKING, "v2", "ExternalEndpoint", "externalendpoints", "v2", FOUND)
CLUSTER = Kind(
    "admin.gloo.solo.io", "v2", "KubernetesCluster", "kubernetesclusters", "v2", (*FOUND, Affects.WORKSPACES)
)
KINDS = (VIRTUAL_DESTINATION, EXTERNAL_SERVICE, ENDPOINT, CLUSTER)
SERVICES = (kubernetes.SERVICE,)
"""Kinds of Kubernetes itself: there are many of them, and not every user may read them."""

PROTOCOLS = ("HTTP", "HTTPS", "GRPC", "HTTP2", "MONGO", "TCP", "TLS")
NO_TLS = "DISABLE"


def inventory(readings: Readings, snapshot: Snapshot) -> Inventory:
    """What destinations are compared with; only kinds that were read may be called missing (DEC-27)."""
    services = readings.of(kubernetes.SERVICE, kubernetes.service)
    pods = kubernetes.pods(snapshot)
    clusters = readings.of(CLUSTER, cluster)
    return Inventory(
        services=services,
        service_extents=kubernetes.extents(snapshot, kubernetes.SERVICE, services),
        services_read=snapshot.extent(kubernetes.SERVICE).complete,
        one_cluster=one_cluster(services, clusters, snapshot),
        pods=pods,
        pod_extents=kubernetes.extents(snapshot, kubernetes.POD, pods),
        virtual_destinations=readings.of(VIRTUAL_DESTINATION, virtual_destination),
        virtual_destinations_read=snapshot.extent(VIRTUAL_DESTINATION),
        external_services=readings.of(EXTERNAL_SERVICE, external_service),
        external_services_read=snapshot.extent(EXTERNAL_SERVICE),
        endpoints=readings.of(ENDPOINT, endpoint),
        clusters=clusters,
        partial=snapshot.origin not in (SourceType.LIVE, SourceType.OVERLAY),
    )


def one_cluster(services: tuple[Service, ...], clusters: tuple[Cluster, ...], snapshot: Snapshot) -> bool:
    """Whether everything is of one cluster, so that every name of a cluster means it (DEC-25)."""
    named = {each.cluster for each in services if each.cluster}
    return len(clusters) < 2 and len(named) < 2 and not snapshot.elsewhere


def virtual_destination(reading: Reading) -> VirtualDestination:
    """Section 14.1."""
    spec = reading.spec
    hosts = spec["hosts"].texts()
    external_workloads = spec["externalWorkloads"]
    external_workloads.opaque()
    spec["clientMode"].opaque()
    services = tuple(map(object_selector, spec["services"]))
    external = tuple(map(object_selector, spec["externalServices"]))
    backed = bool(services or external or external_workloads.value)
    if not hosts and not backed:
        lacking = "neither hosts nor services, externalServices or externalWorkloads: nothing can be meant by it"
        spec.problem("GMG420", f"the VirtualDestination has {lacking}")
    for host in spec["hosts"]:
        if "*" in host.text():
            host.problem("GMG420", f"the host is {host.text()}; that of a VirtualDestination has no star")
    ports = tuple(offered_port(port, backed=backed) for port in spec["ports"])
    return VirtualDestination(
        ref=reading.ref,
        hostname=hosts[0] if hosts else "",
        port=ports[0].number if len(ports) == 1 else None,
        ports=ports,
        services=services,
        external_services=external,
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
    )


def offered_port(port: Field, *, backed: bool) -> DestinationPort:
    """A port of a VirtualDestination (VD-01); without a backing selector there is nothing to map it to."""
    number = port.integer_of("number")
    if not port["number"].present:
        port.problem("GMG420", "the port has no number; ports are 1 to 65535")
    elif number is not None and number not in PORTS:
        port["number"].problem("GMG420", f"number is {number}; ports are 1 to 65535")
    protocol = port["protocol"]
    if protocol.text().upper() not in PROTOCOLS:
        said = f"protocol is {protocol.text()}" if protocol.present else "the port has no protocol"
        (protocol if protocol.present else port).problem("GMG420", f"{said}; known are {', '.join(PROTOCOLS)}")
    if port["targetPort"].present and not backed:
        text = "without services, externalServices or externalWorkloads nothing has this targetPort"
        port["targetPort"].problem("GMG420", text)
    target, name = port_selector(port["targetPort"])
    return DestinationPort(number or 0, target, name)


def external_service(reading: Reading) -> ExternalService:
    """Section 14.2."""
    spec = reading.spec
    spec.one_of("hosts", "addresses")
    spec["subjectAltNames"].opaque()
    return ExternalService(
        ref=reading.ref,
        hosts=spec["hosts"].texts(),
        addresses=spec["addresses"].texts(),
        ports=tuple(map(external_port, spec["ports"])),
        endpoint_labels=spec.pairs_of("selector"),
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
    )


def external_port(port: Field) -> DestinationPort:
    """A port of an ExternalService; `clientsideTls` without a mode is SIMPLE."""
    port.text_of("protocol")
    port["egressGatewayRoutes"].opaque()
    tls = port["clientsideTls"]
    encrypted = tls.present and tls.text_of("mode") != NO_TLS
    all_known(tls)
    target, name = port_selector(port["targetPort"])
    return DestinationPort(port_number(port) or 0, target, name, encrypted, port.text_of("name"))


def endpoint(reading: Reading) -> Endpoint:
    """Section 14.3."""
    spec = reading.spec
    spec["locality"].opaque()
    return Endpoint(
        ref=reading.ref,
        address=spec.text_of("address"),
        ports=tuple(ServicePort(port_number(port) or 0, port.text_of("name")) for port in spec.items_of("ports")),
        labels=labels_of(reading.metadata),
    )


def cluster(reading: Reading) -> Cluster:
    """A registered cluster; its object's name is the name used everywhere."""
    all_known(reading.spec)
    return Cluster(
        reading.ref.name, reading.spec.text_of("clusterDomain") or "cluster.local", labels_of(reading.metadata)
    )

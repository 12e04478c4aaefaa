"""What destinations of the second generation are compared with (`spec/v2.md` 12.4 and 14)."""

from __future__ import annotations

from enum import StrEnum

from kubectl_gmg.api import kubernetes
from kubectl_gmg.api import v2_workspaces as tenants
from kubectl_gmg.api.common import created_of, labels_of
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.api.v2_releases import WITH_CLOUD_PROVIDER
from kubectl_gmg.api.v2_selectors import (
    PORTS,
    all_known,
    object_reference,
    object_selector,
    port_number,
    port_selector,
)
from kubectl_gmg.model.inventory import (
    CloudProvider,
    Cluster,
    DestinationPort,
    Egress,
    Endpoint,
    ExternalService,
    Inventory,
    Service,
    ServicePort,
    VirtualDestination,
)
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.release import Release
from kubectl_gmg.model.snapshot import NOWHERE, Affects, Kind, Snapshot, SourceType

NETWORKING = "networking.gloo.solo.io"
FOUND = (Affects.DESTINATIONS,)

VIRTUAL_DESTINATION = Kind(NETWORKING, "v2", "VirtualDestination", "virtualdestinations", "v2", FOUND)
EXTERNAL_SERVICE = Kind(NETWORKING, "v2", "ExternalService", "externalservices", "v2", FOUND)
ENDPOINT = Kind(NETWORKING, "v2", "ExternalEndpoint", "externalendpoints", "v2", FOUND)
CLUSTER = Kind(
    "admin.gloo.solo.io", "v2", "KubernetesCluster", "kubernetesclusters", "v2", (*FOUND, Affects.WORKSPACES)
)
CLOUD_PROVIDER = Kind("infrastructure.gloo.solo.io", "v2", "CloudProvider", "cloudproviders", "v2", FOUND)
KINDS = (VIRTUAL_DESTINATION, EXTERNAL_SERVICE, ENDPOINT, CLUSTER, CLOUD_PROVIDER)
SERVICES = (kubernetes.SERVICE,)
"""Kinds of Kubernetes itself: there are many of them, and not every user may read them."""

PROTOCOLS = ("HTTP", "HTTPS", "GRPC", "HTTP2", "MONGO", "TCP", "TLS")
SPELT = frozenset({*PROTOCOLS, *map(str.lower, PROTOCOLS), "gRPC"})
"""How the protocols of a VirtualDestination may be written (14.1)."""
EGRESS_PORT = 80
"""The port that workloads ask an external host for, where `portMatch` names none (14.2)."""


class ClientTls(StrEnum):
    """How an external service is spoken to."""

    SIMPLE = "SIMPLE"
    DISABLE = "DISABLE"
    MUTUAL = "MUTUAL"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"


def inventory(readings: Readings, snapshot: Snapshot, release: Release) -> Inventory:
    """What destinations are compared with; only kinds that were read may be called missing (DEC-27).

    The first release whose routes call functions has the accounts in a group that is not read (1).
    """
    accounts_known = release.number > WITH_CLOUD_PROVIDER
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
        namespaces=tenants.namespaces(snapshot),
        namespace_extents=tenants.namespace_extents(snapshot),
        virtual_destinations=readings.of(VIRTUAL_DESTINATION, virtual_destination),
        virtual_destinations_read=snapshot.extent(VIRTUAL_DESTINATION),
        external_services=readings.of(EXTERNAL_SERVICE, external_service),
        external_services_read=snapshot.extent(EXTERNAL_SERVICE),
        endpoints=readings.of(ENDPOINT, endpoint),
        endpoints_read=snapshot.extent(ENDPOINT),
        cloud_providers=readings.of(CLOUD_PROVIDER, cloud_provider),
        cloud_providers_read=snapshot.extent(CLOUD_PROVIDER) if accounts_known else NOWHERE,
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
    spec["clientMode"].opaque()
    services = tuple(map(object_selector, spec["services"]))
    external = tuple(map(object_selector, spec["externalServices"]))
    workloads = tuple(map(object_selector, spec["externalWorkloads"]))
    backed = bool(services or external or workloads)
    if not hosts and not backed:
        lacking = "neither hosts nor services, externalServices or externalWorkloads: nothing can be meant by it"
        spec.problem("GMG420", f"the VirtualDestination has {lacking}")
    if spec["ports"].value in (None, []):
        spec.problem("GMG420", "the VirtualDestination has no ports, and needs at least one")
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
        external_workloads=workloads,
        hosts=hosts,
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
    if protocol.text() not in SPELT:
        said = f"protocol is {protocol.text()}" if protocol.present else "the port has no protocol"
        (protocol if protocol.present else port).problem("GMG420", f"{said}; known are {', '.join(PROTOCOLS)}")
    if port["targetPort"].present and not backed:
        text = "without services, externalServices or externalWorkloads nothing has this targetPort"
        port["targetPort"].problem("GMG420", text)
    target, name = port_selector(port["targetPort"])
    return DestinationPort(number or 0, target, name, protocol=protocol.text().upper())


def external_service(reading: Reading) -> ExternalService:
    """Section 14.2."""
    spec = reading.spec
    spec.one_of("hosts", "addresses")
    spec["subjectAltNames"].opaque()
    return ExternalService(
        ref=reading.ref,
        hosts=spec["hosts"].texts(),
        addresses=spec["addresses"].texts(),
        ports=tuple(external_port(port, reading.ref) for port in spec["ports"]),
        endpoint_labels=spec.pairs_of("selector"),
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
    )


def external_port(port: Field, holder: ObjectRef) -> DestinationPort:
    """A port of an ExternalService; `clientsideTls` without a mode is SIMPLE."""
    tls = port["clientsideTls"]
    all_known(tls)
    encrypted = tls.present and tls["mode"].choice(ClientTls, ClientTls.SIMPLE) is not ClientTls.DISABLE
    target, name = port_selector(port["targetPort"])
    return DestinationPort(
        number=port_number(port) or 0,
        target=target,
        target_name=name,
        tls=encrypted,
        name=port.text_of("name"),
        protocol=port.text_of("protocol").upper(),
        egress=egress(port["egressGatewayRoutes"], holder),
    )


def egress(routes: Field, holder: ObjectRef) -> Egress | None:
    """The gateways that traffic to a port leaves by, None where it leaves by itself."""
    if not routes.present:
        return None
    port = routes.integer_of("portMatch")
    if port is not None and port not in PORTS:
        routes["portMatch"].problem("GMG003", f"portMatch is {port}; ports are 1 to 65535")
    named = (object_reference(ref, holder) for ref in routes["virtualGatewayRefs"])
    gateways = tuple(
        ObjectRef(each.namespace, each.name, "VirtualGateway", holder.generation, each.cluster) for each in named
    )
    return Egress(port or EGRESS_PORT, gateways)


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


def cloud_provider(reading: Reading) -> CloudProvider:
    """An account of AWS; how its functions are found is not ours to know."""
    all_known(reading.spec)
    aws = reading.spec["aws"]
    all_known(aws)
    all_known(aws["lambda"])
    return CloudProvider(
        ref=reading.ref,
        account=aws.text_of("accountId"),
        region=aws.text_of("region"),
        role=aws["lambda"].text_of("invokeRoleName"),
    )

"""What destinations are compared with: Services and what else may stand behind a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kubectl_gmg.model.action import Backing, Selector
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import NOWHERE, Extent

Labels = tuple[tuple[str, str], ...]
MeshName = tuple[str, str]
"""Namespace and name of a Mesh or a VirtualMesh."""


class Exposure(StrEnum):
    """How a Service is reached from outside of its cluster; the values are the types that Kubernetes knows."""

    LOAD_BALANCER = "LoadBalancer"
    NODE_PORT = "NodePort"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a gateway is reached from outside of its cluster: an IP address or DNS name, and a port.

    A `host` of None is any node of the cluster, or a load balancer that has no address yet.
    """

    exposure: Exposure
    host: str | None
    port: int
    service: ObjectRef


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port of a Service; `node_port` is that of every node which leads to it."""

    number: int
    name: str = ""
    node_port: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A Kubernetes Service of one cluster, as the product discovered it or as it is written.

    `subsets` are the values of some labels that were seen on its pods, `endpoint_labels` the labels of its endpoints.
    `mesh` is the mesh it belongs to; `federated_to` are those that it is federated to, None where nobody says.
    `exposure` says how it is reached from outside of its cluster, None that it is not; `addresses` are those of its
    load balancer or nodes, `external_ips` lead to its own ports.
    """

    ref: ObjectRef
    namespace: str
    name: str
    cluster: str
    labels: Labels = ()
    pod_selector: Labels = ()
    ports: tuple[ServicePort, ...] = ()
    federated_hostname: str | None = None
    created: str | None = None
    subsets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    endpoint_labels: tuple[Labels, ...] = ()
    mesh: MeshName | None = None
    federated_to: tuple[MeshName, ...] | None = None
    exposure: Exposure | None = None
    addresses: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of one cluster; nothing else of it is kept."""

    ref: ObjectRef
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class Mesh:
    """A service mesh in one cluster; `virtual_mesh` is the one that its status names (`spec/v1beta1.md` 11.2)."""

    ref: ObjectRef
    cluster: str
    virtual_mesh: MeshName | None = None

    @property
    def name(self) -> MeshName:
        """What Services and VirtualMeshes call it."""
        return self.ref.namespace, self.ref.name


@dataclass(frozen=True, slots=True)
class VirtualMesh:
    """Meshes that are joined; `federates` says whether it makes any Service known in the others (11.3)."""

    ref: ObjectRef
    meshes: tuple[MeshName, ...] = ()
    federates: bool = False


@dataclass(frozen=True, slots=True)
class Egress:
    """The gateways through which traffic leaves the mesh that workloads send to `port` of its host (14.2)."""

    port: int = 80
    gateways: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True, slots=True)
class DestinationPort:
    """A port that a destination offers, by number and sometimes by `name`; `target` is what stands behind it.

    `protocol` is in upper case, empty where none is written. `egress` says that the traffic leaves by a gateway.
    """

    number: int
    target: int | None = None
    target_name: str | None = None
    tls: bool = False
    name: str = ""
    protocol: str = ""
    egress: Egress | None = None


@dataclass(frozen=True, slots=True)
class VirtualDestination:
    """A named destination over several Services: those in `backing`, or those that the selectors find.

    `hosts` are all of its names, of which `hostname` is the first. `external_workloads` are machines outside of
    Kubernetes, which nothing that was read lists.
    """

    ref: ObjectRef
    hostname: str
    port: int | None
    backing: tuple[Backing, ...] = ()
    ports: tuple[DestinationPort, ...] = ()
    services: tuple[Selector, ...] = ()
    external_services: tuple[Selector, ...] = ()
    external_workloads: tuple[Selector, ...] = ()
    hosts: tuple[str, ...] = ()
    labels: Labels = ()
    created: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A fixed address behind an external service, with its ports by name."""

    ref: ObjectRef
    address: str
    ports: tuple[ServicePort, ...] = ()
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class ExternalService:
    """A destination outside of the mesh: by name, by address, or by the endpoints with these labels."""

    ref: ObjectRef
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    ports: tuple[DestinationPort, ...] = ()
    endpoint_labels: Labels = ()
    labels: Labels = ()
    created: str | None = None


@dataclass(frozen=True, slots=True)
class CloudProvider:
    """An account of a cloud in which functions are called, in one region and by default as one role."""

    ref: ObjectRef
    account: str = ""
    region: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """Pods of one controller in one cluster."""

    ref: ObjectRef
    namespace: str
    cluster: str
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A registered cluster; `domain` is the suffix of its Service names."""

    name: str
    domain: str
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """What destinations are compared with; only a kind that was read may be lacking (`spec/v1beta1.md` D-27).

    `partial` says that the input is what somebody gave, so that an absent kind is a gap and not merely not installed.
    `service_extents` and `pod_extents` say by cluster where these were read, `""` being that of the context; Services
    of None are known wherever `services_read` says so. `namespaces` are labels by cluster and name, and
    `namespace_extents` says the same of these. `one_cluster` holds where every cluster name means the one that was read
    (`spec/v2.md` DEC-25). `clusters_read` says that no cluster may be named but the registered ones.
    """

    services: tuple[Service, ...] = ()
    services_read: bool = False
    service_extents: Mapping[str, Extent] | None = field(default=None, hash=False)
    one_cluster: bool = False
    virtual_destinations: tuple[VirtualDestination, ...] = ()
    virtual_destinations_read: Extent = NOWHERE
    workloads: tuple[Workload, ...] = ()
    workloads_read: bool = False
    clusters: tuple[Cluster, ...] = ()
    clusters_read: bool = False
    meshes: tuple[Mesh, ...] = ()
    meshes_read: bool = False
    virtual_meshes: tuple[VirtualMesh, ...] = ()
    virtual_meshes_read: bool = False
    pods: tuple[Pod, ...] = ()
    pod_extents: Mapping[str, Extent] = field(default_factory=dict, hash=False)
    namespaces: Mapping[tuple[str, str], Labels] = field(default_factory=dict, hash=False)
    namespace_extents: Mapping[str, Extent] = field(default_factory=dict, hash=False)
    external_services: tuple[ExternalService, ...] = ()
    external_services_read: Extent = NOWHERE
    endpoints: tuple[Endpoint, ...] = ()
    endpoints_read: Extent = NOWHERE
    cloud_providers: tuple[CloudProvider, ...] = ()
    cloud_providers_read: Extent = NOWHERE
    partial: bool = False
    _names: dict[tuple[str, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = self._names
        names.update({("anywhere", each.namespace, each.name): each for each in reversed(self.services)})
        names.update({("service", each.namespace, each.name, each.cluster): each for each in self.services})
        names.update({("virtual", each.ref.namespace, each.ref.name): each for each in self.virtual_destinations})
        names.update({("external", each.ref.namespace, each.ref.name): each for each in self.external_services})
        names.update({("cloud", each.ref.namespace, each.ref.name): each for each in self.cloud_providers})
        names.update({("cluster", each.name): each.domain for each in self.clusters})
        names.update({("mesh", *each.name): each for each in self.meshes})
        names.update({("seen", each.cluster): True for each in self.services})
        names.update({("seen", each.name): True for each in self.clusters})

    def service(self, namespace: str, name: str, cluster: str) -> Service | None:
        """The Service of that name."""
        found: Service | None = self._names.get(("service", namespace, name, cluster))
        return found

    def once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """What `make` gives for a key, asked for once: what is searched for often is the same for every rule."""
        if key not in self._names:
            self._names[key] = make()
        return self._names[key]

    def has_services_in(self, cluster: str, namespace: str) -> bool:
        """Whether all Services there were read, so that one may be missing (D-27; `spec/v2.md` DEC-27)."""
        if self.service_extents is None:
            return self.services_read
        return any(each.covers(namespace) for each in self.services_of(cluster))

    def services_of(self, cluster: str) -> tuple[Extent, ...]:
        """Where Services were read that are of a cluster.

        Where there is one cluster its name may be any (`spec/v2.md` DEC-25). But files that leave it out may be those
        of another cluster than a destination names, unless just this one is registered.
        """
        extents = self.service_extents or {}
        if self.one_cluster and not (self.partial and cluster and ("cluster", cluster) not in self._names):
            return tuple(extents.values())
        return (extents[cluster],) if cluster in extents else ()

    def service_near(self, namespace: str, name: str, cluster: str) -> Service | None:
        """The Service of that name; one that does not say where it is may be anywhere (`spec/v2.md` DEC-25)."""
        names = self._names
        found: Service | None = names.get(("service", namespace, name, cluster))  # asked for with every route
        if found is None:
            found = names.get(("service", namespace, name, ""))
        if found is None and self.one_cluster:
            found = names.get(("anywhere", namespace, name))
        return found

    def namespace_labels(self, cluster: str, name: str) -> Labels | None:
        """The labels of a namespace, none at all if it is not there; None where nobody knows them.

        What somebody gave may leave the cluster out, of the namespace or of the object that asks (`spec/v2.md` DEC-25).
        """
        if (cluster, name) in self.namespaces:
            return self.namespaces[cluster, name]
        if self.namespace_extents.get(cluster, NOWHERE).complete:
            return ()
        if not (self.partial or self.one_cluster):
            return None
        open_end = self.one_cluster or not cluster
        found = {labels for (of, each), labels in self.namespaces.items() if each == name and (open_end or not of)}
        return found.pop() if len(found) == 1 else None

    def knows_cluster(self, cluster: str) -> bool:
        """Whether a cluster of that name is registered, or has a Service."""
        return ("seen", cluster) in self._names

    def mesh(self, name: MeshName) -> Mesh | None:
        """The Mesh of that name."""
        found: Mesh | None = self._names.get(("mesh", *name))
        return found

    def external_service(self, namespace: str, name: str) -> ExternalService | None:
        """The ExternalService of that name."""
        found: ExternalService | None = self._names.get(("external", namespace, name))
        return found

    def cloud_provider(self, namespace: str, name: str) -> CloudProvider | None:
        """The CloudProvider of that name."""
        found: CloudProvider | None = self._names.get(("cloud", namespace, name))
        return found

    def virtual_destination(self, namespace: str, name: str) -> VirtualDestination | None:
        """The VirtualDestination of that name."""
        found: VirtualDestination | None = self._names.get(("virtual", namespace, name))
        return found

    def domain(self, cluster: str) -> str:
        """The suffix of Service names within a cluster."""
        found: str = self._names.get(("cluster", cluster), "cluster.local")
        return found


NO_INVENTORY = Inventory()

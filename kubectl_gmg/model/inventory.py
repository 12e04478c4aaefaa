"""What destinations are compared with: Services and what else may stand behind a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kubectl_gmg.model.action import Backing, Selector
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import NOWHERE, Extent

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port of a Service."""

    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A Kubernetes Service of one cluster, as the product discovered it."""

    ref: ObjectRef
    namespace: str
    name: str
    cluster: str
    labels: Labels = ()
    pod_selector: Labels = ()
    ports: tuple[ServicePort, ...] = ()
    federated_hostname: str | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True)
class DestinationPort:
    """A port that a destination offers; `target` is what stands behind it."""

    number: int
    target: int | None = None
    target_name: str | None = None
    tls: bool = False


@dataclass(frozen=True, slots=True)
class VirtualDestination:
    """A named destination over several Services: those in `backing`, or those that the selectors find."""

    ref: ObjectRef
    hostname: str
    port: int | None
    backing: tuple[Backing, ...] = ()
    ports: tuple[DestinationPort, ...] = ()
    services: tuple[Selector, ...] = ()
    external_services: tuple[Selector, ...] = ()
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
    `service_clusters` are those whose Services were read, None for all; `""` is the cluster of the context.
    """

    services: tuple[Service, ...] = ()
    services_read: bool = False
    service_clusters: frozenset[str] | None = None
    virtual_destinations: tuple[VirtualDestination, ...] = ()
    virtual_destinations_read: Extent = NOWHERE
    workloads: tuple[Workload, ...] = ()
    workloads_read: bool = False
    clusters: tuple[Cluster, ...] = ()
    external_services: tuple[ExternalService, ...] = ()
    external_services_read: Extent = NOWHERE
    endpoints: tuple[Endpoint, ...] = ()
    partial: bool = False
    _names: dict[tuple[str, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = self._names
        names.update({("service", each.namespace, each.name, each.cluster): each for each in self.services})
        names.update({("virtual", each.ref.namespace, each.ref.name): each for each in self.virtual_destinations})
        names.update({("external", each.ref.namespace, each.ref.name): each for each in self.external_services})
        names.update({("cluster", each.name): each.domain for each in self.clusters})

    def service(self, namespace: str, name: str, cluster: str) -> Service | None:
        """The Service of that name."""
        found: Service | None = self._names.get(("service", namespace, name, cluster))
        return found

    def has_services_of(self, cluster: str) -> bool:
        """Whether all Services of a cluster were read, so that one may be missing (`spec/v2.md` DEC-25, DEC-27).

        Where at most one cluster is registered, every name means that one.
        """
        if not self.services_read or self.service_clusters is None:
            return self.services_read
        return not cluster or cluster in self.service_clusters or len(self.clusters) < 2

    def service_near(self, namespace: str, name: str, cluster: str) -> Service | None:
        """The Service of that name; one that does not say where it is may be anywhere (`spec/v2.md` DEC-25)."""
        return self.service(namespace, name, cluster) or self.service(namespace, name, "")

    def external_service(self, namespace: str, name: str) -> ExternalService | None:
        """The ExternalService of that name."""
        found: ExternalService | None = self._names.get(("external", namespace, name))
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

"""What the objects say: one model for every API generation.

Nothing of a generation remains here except as values. `ref.generation` names, it never decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kubectl_gmg.model.action import NO_OPTIONS, Action, Backing, Options, Selector, TableRef
from kubectl_gmg.model.conventions import FIRST_CONVENTIONS, Conventions
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.match import RouteMatch
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.snapshot import EVERYWHERE, NOWHERE, Extent
from kubectl_gmg.model.value import value

Labels = tuple[tuple[str, str], ...]


class Protocol(StrEnum):
    """What a listener speaks."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    TLS = "TLS"
    TCP = "TCP"


@value
class RouteRule:
    """An entry that somebody wrote: several matches, one action.

    `segment` is its part of an id (`spec/cli.md` 4.2).
    """

    origin: Origin
    name: str
    segment: str
    matches: tuple[RouteMatch, ...]
    action: Action
    options: Options = NO_OPTIONS
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Rules that exist only to be delegated to; `created` is None for the newest."""

    ref: ObjectRef
    rules: tuple[RouteRule, ...]
    weight: int = 0
    labels: Labels = ()
    created: str | None = None


@dataclass(frozen=True, slots=True)
class VirtualHost:
    """Domains plus rules. `origin` is the place of the spec: an inline host lives in its gateway.

    `segment` is its part of an id without the namespace.
    """

    origin: Origin
    segment: str
    domains: tuple[str, ...]
    rules: tuple[RouteRule, ...]
    options: Options = NO_OPTIONS
    labels: Labels = ()
    created: str | None = None
    inline: bool = False

    @property
    def ref(self) -> ObjectRef:
        """The object that owns the host."""
        return self.origin.ref


@dataclass(frozen=True, slots=True)
class ServiceMatcher:
    """Fits Services by their labels, namespace and cluster; an empty part fits any."""

    labels: Labels = ()
    namespaces: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ServiceRef:
    """Names one Service of one cluster."""

    namespace: str
    name: str
    cluster: str


@dataclass(frozen=True, slots=True)
class ServiceSelector:
    """Fits a Service by a matcher or by name; either is enough (`spec/v1beta1.md` 1.2)."""

    matcher: ServiceMatcher | None = None
    refs: tuple[ServiceRef, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkloadMatcher:
    """Fits workloads by pod labels, namespace and cluster; an empty part fits any."""

    labels: Labels = ()
    namespaces: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ListenerServices:
    """Which gateway Services a listener stands on, one entry of the selection.

    No `selectors` at all means every ingress gateway of a mesh (`spec/v1beta1.md` D-3).
    """

    origin: Origin
    selectors: tuple[ServiceSelector, ...] = ()


@dataclass(frozen=True, slots=True)
class Listener:
    """A port of a gateway, and which hosts it selects, in order: selectors and inline hosts."""

    origin: Origin
    name: str | None
    protocol: Protocol
    mode: str | None = None
    services: tuple[ListenerServices, ...] = ()
    selects: tuple[Selector | VirtualHost, ...] = ()
    server_names: tuple[str, ...] = ()
    https_redirect: bool = False


@dataclass(frozen=True, slots=True)
class VirtualGateway:
    """Listeners, in the order of their index."""

    ref: ObjectRef
    listeners: tuple[Listener, ...]
    labels: Labels = ()
    created: str | None = None


@dataclass(frozen=True, slots=True)
class RuleSelector:
    """Selects rules by the object that holds them and by their labels (`spec/v1beta1.md` D-32).

    Without any host or table part every object fits; the rules of an inline host fit only then.
    """

    hosts: tuple[TableRef | Selector, ...] = ()
    tables: tuple[TableRef | Selector, ...] = ()
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """An object that gives options to the rules it selects.

    `sources` and `destinations` narrow it to workloads and destinations; empty ones do not.
    """

    ref: ObjectRef
    rules: tuple[RuleSelector, ...]
    options: Options
    created: str | None = None
    sources: tuple[WorkloadMatcher, ...] = ()
    destinations: tuple[ServiceSelector, ...] = ()


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


@dataclass(frozen=True, slots=True)
class VirtualDestination:
    """A named destination over several Services."""

    ref: ObjectRef
    hostname: str
    port: int | None
    backing: tuple[Backing, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Inventory:
    """What destinations are compared with; only a kind that was read may be lacking (`spec/v1beta1.md` D-27).

    `partial` says that the input is what somebody gave, so that an absent kind is a gap and not merely not installed.
    """

    services: tuple[Service, ...] = ()
    services_read: bool = False
    virtual_destinations: tuple[VirtualDestination, ...] = ()
    virtual_destinations_read: Extent = NOWHERE
    workloads: tuple[Workload, ...] = ()
    workloads_read: bool = False
    clusters: tuple[Cluster, ...] = ()
    partial: bool = False
    _names: dict[tuple[str, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = self._names
        names.update({("service", each.namespace, each.name, each.cluster): each for each in self.services})
        names.update({("virtual", each.ref.namespace, each.ref.name): each for each in self.virtual_destinations})
        names.update({("cluster", each.name): each.domain for each in self.clusters})

    def service(self, namespace: str, name: str, cluster: str) -> Service | None:
        """The Service of that name."""
        found: Service | None = self._names.get(("service", namespace, name, cluster))
        return found

    def virtual_destination(self, namespace: str, name: str) -> VirtualDestination | None:
        """The VirtualDestination of that name."""
        found: VirtualDestination | None = self._names.get(("virtual", namespace, name))
        return found

    def domain(self, cluster: str) -> str:
        """The suffix of Service names within a cluster."""
        found: str = self._names.get(("cluster", cluster), "cluster.local")
        return found


@dataclass(frozen=True, slots=True)
class Realm:
    """What holds for all objects of one generation: how they are meant, and what they are compared with.

    What could not be read is unknown, never missing: `gateways_read`, `hosts_read` and `tables_read` say where these
    were read completely (`spec/v1beta1.md` D-27).
    """

    conventions: Conventions = FIRST_CONVENTIONS
    inventory: Inventory = Inventory()
    gateways_read: Extent = EVERYWHERE
    hosts_read: Extent = EVERYWHERE
    tables_read: Extent = EVERYWHERE


DEFAULT_REALM = Realm()


@dataclass(frozen=True, slots=True)
class Declared:
    """All that the objects of all generations say; `realms` by generation."""

    gateways: tuple[VirtualGateway, ...] = ()
    hosts: tuple[VirtualHost, ...] = ()
    tables: tuple[RouteTable, ...] = ()
    policies: tuple[Policy, ...] = ()
    problems: tuple[Problem, ...] = ()
    realms: tuple[tuple[str, Realm], ...] = ()

    def realm(self, ref: ObjectRef) -> Realm:
        """What holds for an object."""
        return dict(self.realms).get(ref.generation, DEFAULT_REALM)

    def beside(self, other: Declared) -> Declared:
        """What both say, each of its own generation."""
        return Declared(
            gateways=self.gateways + other.gateways,
            hosts=self.hosts + other.hosts,
            tables=self.tables + other.tables,
            policies=self.policies + other.policies,
            problems=self.problems + other.problems,
            realms=self.realms + other.realms,
        )

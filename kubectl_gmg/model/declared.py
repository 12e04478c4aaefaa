"""What the objects say: one model for every API generation.

Nothing of a generation remains here except as values. `ref.generation` names, it never decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubectl_gmg.model.action import NO_OPTIONS, Action, FunctionFilter, Options, Selector, TableRef
from kubectl_gmg.model.conventions import FIRST_CONVENTIONS, Conventions
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.inventory import NO_INVENTORY, Address, Inventory
from kubectl_gmg.model.match import ConnectionMatch, RouteMatch
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.policy import Clash, DestinationSelector, ListenerSelector, Phase
from kubectl_gmg.model.snapshot import EVERYWHERE, Extent
from kubectl_gmg.model.value import value
from kubectl_gmg.model.workspace import Workspace, WorkspaceSettings

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

    `segment` is its part of an id (`spec/cli.md` 4.2). `refused` are matches that the proxy cannot be given, and that
    never match (`spec/v2.md` DEC-28). `action_field` is the field that holds the action, empty for none; `kept` are
    the places of `matches` in the list that is written, empty where they stand as written. `connections` are what a
    rule for whole connections wants, which has no `matches`. `runtime_name` is what the product calls the rule, empty
    where that is its name or is not known.
    """

    origin: Origin
    name: str
    segment: str
    matches: tuple[RouteMatch, ...]
    action: Action
    options: Options = NO_OPTIONS
    labels: Labels = ()
    refused: tuple[RouteMatch, ...] = ()
    action_field: str = ""
    kept: tuple[int, ...] = ()
    connections: tuple[ConnectionMatch, ...] = ()
    runtime_name: str = ""


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Rules that exist only to be delegated to; `created` is None for the newest.

    `has_hosts` marks a table that is a host as well (`spec/v2.md` DEC-6). `sidecars` are the labels of the workloads
    that its rules are narrowed to within the mesh, one entry for each selector; without any they are not (4.4).
    """

    ref: ObjectRef
    rules: tuple[RouteRule, ...]
    weight: int = 0
    labels: Labels = ()
    created: str | None = None
    has_hosts: bool = False
    sidecars: tuple[Labels, ...] = ()


class FailureMode(StrEnum):
    """What a rule that cannot be used does to its tree (`spec/v2.md` 10)."""

    ROUTE_REPLACEMENT = "ROUTE_REPLACEMENT"
    FREEZE_CONFIG = "FREEZE_CONFIG"


@dataclass(frozen=True, slots=True)
class GatewayRef:
    """Names a gateway that a host wants to be served by; an empty cluster is its own."""

    origin: Origin
    namespace: str
    name: str
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class VirtualHost:
    """Domains plus rules. `origin` is the place of the spec: an inline host lives in its gateway.

    `segment` is its part of an id without the namespace. `parents` are the gateways it names, where hosts do that.
    `domains_field` is the field that lists the domains. `streams` are the rules for whole connections. `sidecars` are
    the labels of the workloads that the host is for within the mesh, one entry for each selector and `()` for all;
    without any it is for none (`spec/v2.md` 4.4).
    """

    origin: Origin
    segment: str
    domains: tuple[str, ...]
    rules: tuple[RouteRule, ...]
    options: Options = NO_OPTIONS
    labels: Labels = ()
    created: str | None = None
    inline: bool = False
    parents: tuple[GatewayRef, ...] = ()
    failure_mode: FailureMode = FailureMode.ROUTE_REPLACEMENT
    domains_field: str = "domains"
    streams: tuple[RouteRule, ...] = ()
    sidecars: tuple[Labels, ...] = ()

    @property
    def ref(self) -> ObjectRef:
        """The object that owns the host."""
        return self.origin.ref


@dataclass(frozen=True, slots=True)
class ServiceMatcher:
    """Fits Services by their labels, namespace, cluster and more; an empty part fits any.

    `pod_labels` are compared with those that the Service selects its pods by.
    """

    labels: Labels = ()
    namespaces: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()
    pod_labels: Labels = ()
    name: str = ""
    workspace: str = ""


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
class Allowance:
    """Which hosts may name a listener: by a domain with or without a star, by the host's namespace, by its labels.

    `namespace` is `*` for any. A `selector` of None does not restrict (`spec/v2.md` 3.3, DEC-5); `own_workspace` limits
    it to the hosts of the gateway's workspace. Routes that call a function are served only if one of the filters in
    `functions` lets it, where there are any (2.8).
    """

    origin: Origin
    domain: str
    namespace: str = "*"
    selector: Selector | None = None
    own_workspace: bool = False
    functions: tuple[FunctionFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class Listener:
    """A port of a gateway, and which hosts it serves: those it selects, in order, and those that name its gateway.

    `selects` holds selectors and inline hosts. `allows` limits the hosts that name the gateway; none at all means any.
    `port` is written, where it is; else it is that of the Services. `streams` holds the rules for whole connections
    that stand in the listener itself. `exposes` limits the external services that it lets traffic out to.
    """

    origin: Origin
    name: str | None
    protocol: Protocol
    mode: str | None = None
    services: tuple[ListenerServices, ...] = ()
    selects: tuple[Selector | VirtualHost, ...] = ()
    server_names: tuple[str, ...] = ()
    https_redirect: bool = False
    allows: tuple[Allowance, ...] = ()
    port: int | None = None
    streams: VirtualHost | None = None
    exposes: tuple[Allowance, ...] = ()


@dataclass(frozen=True, slots=True)
class VirtualGateway:
    """Listeners, in the order of their index; `applied` is where its status says that it is reached."""

    ref: ObjectRef
    listeners: tuple[Listener, ...]
    labels: Labels = ()
    created: str | None = None
    applied: tuple[Address, ...] = ()


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
    """An object that gives options to the rules it selects, or acts on what else it chooses.

    `sources` and `destinations` narrow it to workloads and destinations; empty ones do not. The second generation has
    policies that choose routes by where they lead (`leading_to`), destinations (`targets`), destinations of some routes
    (`on_routes`), listeners, or the Services of gateways (`workloads`); one that is not `stated` chooses in a way that
    no source tells. `clash` says what becomes of several of its kind; of those that all act the lowest `rank` is first.
    `beyond` names what it does to a request that is not simulated (`spec/cli.md` 6.8). One that is `of_requests` has
    nothing to do with connections as a whole, though it may choose where they go.
    """

    ref: ObjectRef
    rules: tuple[RuleSelector, ...]
    options: Options
    created: str | None = None
    sources: tuple[WorkloadMatcher, ...] = ()
    destinations: tuple[ServiceSelector, ...] = ()
    leading_to: tuple[DestinationSelector, ...] = ()
    targets: tuple[DestinationSelector, ...] = ()
    on_routes: tuple[tuple[RuleSelector, tuple[DestinationSelector, ...]], ...] = ()
    listeners: tuple[ListenerSelector, ...] = ()
    workloads: tuple[ServiceSelector, ...] = ()
    clash: Clash = Clash.OLDEST
    phase: Phase | None = None
    rank: int | None = None
    stated: bool = True
    beyond: str = ""
    of_requests: bool = False


@dataclass(frozen=True, slots=True)
class Realm:
    """What holds for all objects of one generation: how they are meant, and what they are compared with.

    What could not be read is unknown, never missing: `gateways_read`, `hosts_read` and `tables_read` say where these
    were read completely (`spec/v1beta1.md` D-27), `settings_read` the same of what workspaces share. Without any
    workspace all objects see each other (`spec/v2.md` DEC-24).
    """

    conventions: Conventions = FIRST_CONVENTIONS
    inventory: Inventory = NO_INVENTORY
    gateways_read: Extent = EVERYWHERE
    hosts_read: Extent = EVERYWHERE
    tables_read: Extent = EVERYWHERE
    settings_read: Extent = EVERYWHERE
    workspaces: tuple[Workspace, ...] = ()
    settings: tuple[WorkspaceSettings, ...] = ()


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

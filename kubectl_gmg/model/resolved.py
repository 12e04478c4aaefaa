"""What the gateways serve: hosts with their trees and their routes in the order the proxy tries them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kubectl_gmg.model.action import FinalAction, Options, SortMethod
from kubectl_gmg.model.conventions import Conventions
from kubectl_gmg.model.declared import (
    DEFAULT_REALM,
    Labels,
    Listener,
    Realm,
    RouteRule,
    RouteTable,
    VirtualGateway,
    VirtualHost,
)
from kubectl_gmg.model.inventory import Address, Inventory
from kubectl_gmg.model.match import ConnectionMatch, RouteMatch, RouteProtocol
from kubectl_gmg.model.origin import ObjectRef, Origin, Sourced
from kubectl_gmg.model.policy import By, Phase
from kubectl_gmg.model.snapshot import Gap
from kubectl_gmg.model.value import value


class Reason(StrEnum):
    """Why a delegate reaches nothing; the values are those of `spec/cli.md` 6.8."""

    MISSING = "missing"
    NO_TARGET = "noTarget"
    NONE_SELECTED = "noneSelected"
    CYCLE = "cycle"
    EMPTY = "empty"
    NOT_VISIBLE = "notVisible"
    HAS_HOSTS = "hasHosts"
    NOT_PREFIX = "notPrefix"
    TOO_DEEP = "tooDeep"
    TOO_MANY = "tooMany"
    UNKNOWN = "unknown"


class Via(StrEnum):
    """How a delegate includes a table."""

    REF = "ref"
    SELECTOR = "selector"


class Status(StrEnum):
    """What becomes of a route (`spec/cli.md` 6.2)."""

    OK = "ok"
    INVALID = "invalid"
    REPLACED = "replaced"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A table on the way down to a route, and the delegate that included it.

    `workspace` owns the table, where there are workspaces; `imported` says that the delegating table is of another.
    """

    table: RouteTable
    via: Via
    sort: SortMethod
    workspace: str = ""
    imported: bool = False


class PolicyState(StrEnum):
    """What became of a policy on a route."""

    APPLIED = "applied"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ScopeUse:
    """What became of a policy at one destination of a route, by its number from 0; None is the route as a whole."""

    destination: int | None
    state: PolicyState
    lost_to: ObjectRef | None = None


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """A policy that selects a route; `lost_to` owns the values that stood in its way.

    `by` says what it chose the route by, `phase` when it acts, where that matters, and `beyond` what it does to a
    request that is not simulated. Where it acts on single destinations `scopes` tell them apart, and `state` is the
    best that became of it.
    """

    ref: ObjectRef
    state: PolicyState
    lost_to: ObjectRef | None = None
    by: By = By.LABELS
    phase: Phase | None = None
    beyond: str = ""
    scopes: tuple[ScopeUse, ...] = ()


SourcedLabels = tuple[tuple[str, Sourced[str]], ...]


@value
class Terminal:
    """The end of one way down: the rule in `rules[-1]`, with its effective matches in order.

    It moves as a whole when routes are ranked. `because` holds the codes of what is wrong with it, and `status` says
    what the product makes of that. `refused` are matches that the proxy cannot be
    given. `labels` are the effective ones.
    """

    rules: tuple[RouteRule, ...]
    tables: tuple[Inclusion, ...]
    matches: tuple[RouteMatch, ...]
    options: Options
    because: tuple[str, ...] = ()
    policies: tuple[PolicyUse, ...] = ()
    status: Status = Status.OK
    refused: tuple[RouteMatch, ...] = ()
    labels: SourcedLabels = ()


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A delegate that reaches nothing, at the place where something was meant to be.

    `chain` are the tables on the way down, of a cycle the re-entered one last; `note` says more where the reason alone
    does not.
    """

    reason: Reason
    origin: Origin
    ref: ObjectRef | None = None
    chain: tuple[ObjectRef, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A table that a delegate reaches, with what grows below it, rule by rule."""

    inclusion: Inclusion
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Delegation:
    """A delegating rule; targets stand as written, then as selected, dead ends in place.

    `skipped` are tables that a selector hit although they are on the way down already. `replaced` is what is served in
    place of all that: the rule broke, and the product answers itself.
    """

    rule: RouteRule
    sort: SortMethod
    targets: tuple[Target | DeadEnd, ...]
    skipped: tuple[ObjectRef, ...] = ()
    replaced: Terminal | None = None


Node = Terminal | Delegation


@value
class Route:
    """What the proxy gets: exactly one match, one final action.

    `index` is its place in the list the proxy tries, from 1; None for a route that the product leaves out. `action` is
    what is served under this very match; None where nothing usable is written. `root` is the host that it comes from:
    several may share a domain. `dropped` marks a route that stands behind a catch-all of the same root. One for whole
    connections has a `connection` in place of its `match`. `workloads` are the labels of the workloads within the mesh
    that get it, one entry for each selector.
    """

    terminal: Terminal
    match: RouteMatch
    action: FinalAction | None
    match_index: int
    match_count: int
    index: int | None
    root: VirtualHost
    status: Status = Status.OK
    dropped: bool = False
    connection: ConnectionMatch | None = None
    workloads: tuple[Labels, ...] = ()


class HostState(StrEnum):
    """Whether a host exists for its gateway (`spec/v1beta1.md` 3.3)."""

    SERVED = "served"
    NO_DOMAINS = "noDomains"
    NO_ROUTES = "noRoutes"


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """Domains plus ordered routes, as one listener serves them.

    `rows` holds the routes in order with the left-out ones at their place; `lost` are domains that another host owns.
    Where several hosts share their domains, `roots` are all of them, the oldest first, and `declared` is the oldest.
    """

    declared: VirtualHost
    domains: tuple[str, ...]
    rows: tuple[Route, ...]
    tree: tuple[Node, ...]
    state: HostState = HostState.SERVED
    lost: tuple[tuple[str, ObjectRef], ...] = ()
    merged: tuple[VirtualHost, ...] = ()

    @property
    def roots(self) -> tuple[VirtualHost, ...]:
        """Every host whose routes these are, in the order of merging."""
        return self.merged or (self.declared,)

    @property
    def protocol(self) -> RouteProtocol:
        """What its routes are about: one for connections has no others."""
        first = self.tree[0] if self.tree else None
        wanted = first.rules[-1].connections if isinstance(first, Terminal) else ()
        return wanted[0].protocol if wanted else RouteProtocol.HTTP

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The names that lead here: the domains, or of routes for connections the server names."""
        if self.protocol is RouteProtocol.HTTP:
            return self.domains
        return tuple(name for route in self.routes if route.connection for name in route.connection.sni_hosts)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes that the proxy tries, in order."""
        return tuple(row for row in self.rows if row.index is not None)


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedListener:
    """A listener with what it serves. `port` is None where the Services disagree or were not read.

    `addresses` are where it is reached from outside of its clusters, as far as that was read.
    `policies` are those that choose the listener or its gateway: they reach all of its routes. `streams` are its routes
    for whole connections, as one host of all roots that have some; None where it carries none.
    """

    declared: Listener
    index: int
    port: int | None
    hosts: tuple[Host, ...]
    addresses: tuple[Address, ...] = ()
    policies: tuple[PolicyUse, ...] = ()
    streams: Host | None = None

    @property
    def entries(self) -> tuple[Host, ...]:
        """All that it has routes of: the hosts, then what it carries as whole connections."""
        return self.hosts if self.streams is None else (*self.hosts, self.streams)


@dataclass(frozen=True, slots=True, eq=False)
class Gateway:
    """A gateway with its listeners; `clusters` are those it runs in, as far as known.

    `realm` is how its objects are meant, and what its destinations are compared with. Workloads within the mesh that
    get the same routes are a gateway too, of one listener and without an object: `sidecars` are their labels, one entry
    for each selector, and `workspace` is theirs; of a real gateway both are None. `importing` are the other workspaces
    whose workloads get the same, since they import the tables.
    """

    declared: VirtualGateway
    listeners: tuple[ResolvedListener, ...]
    clusters: frozenset[str] = frozenset()
    realm: Realm = field(default=DEFAULT_REALM, repr=False)
    sidecars: tuple[Labels, ...] | None = None
    workspace: str | None = None
    importing: tuple[str, ...] = ()

    @property
    def inventory(self) -> Inventory:
        """What its destinations are compared with."""
        return self.realm.inventory

    @property
    def conventions(self) -> Conventions:
        """How its objects are meant."""
        return self.realm.conventions

    @property
    def ref(self) -> ObjectRef:
        """The gateway's object."""
        return self.declared.ref


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    """The answer to "what is served?" for everything that was read.

    `unattached` are hosts that no gateway serves, `orphans` tables that no host leads to. `mesh` are the groups of
    workloads within the mesh that get routes (`spec/v2.md` 4.4).
    """

    gateways: tuple[Gateway, ...]
    unattached: tuple[Host, ...]
    orphans: tuple[RouteTable, ...]
    gaps: tuple[Gap, ...] = ()
    mesh: tuple[Gateway, ...] = ()

    @property
    def entrances(self) -> tuple[Gateway, ...]:
        """All that requests come in by: the gateways, then the workloads within the mesh (`spec/cli.md` 5.2)."""
        return (*self.gateways, *self.mesh)

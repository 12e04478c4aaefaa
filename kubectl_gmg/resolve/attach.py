"""Which gateway serves which host, and under which domains (`spec/v1beta1.md` 2.4, 3.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from kubectl_gmg.model.action import FinalAction, ForwardTo, Invalid, Selector
from kubectl_gmg.model.declared import (
    DEFAULT_REALM,
    Declared,
    Inventory,
    Listener,
    Policy,
    RouteTable,
    Service,
    VirtualGateway,
    VirtualHost,
)
from kubectl_gmg.model.match import PathKind, RouteMatch
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import (
    Gateway,
    Host,
    HostState,
    Node,
    ResolvedListener,
    Route,
    Terminal,
)
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.delegate import HOST_BUDGET, TOTAL_BUDGET, Budget, grow_host
from kubectl_gmg.resolve.index import Index
from kubectl_gmg.resolve.order import flatten
from kubectl_gmg.resolve.policy import Policies
from kubectl_gmg.resolve.services import clusters_of, gateway_services, port_of
from kubectl_gmg.resolve.walk import tables_below


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The objects that see each other: those of one generation in one cluster."""

    hosts: Index[VirtualHost]
    tables: Index[RouteTable]
    policies: Policies


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """A host's tree and its leaves in order; the same on every gateway."""

    tree: tuple[Node, ...]
    leaves: tuple[Terminal, ...]


class Attachment:
    """Attaches hosts to listeners; every host grows once."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._families = families(declared)
        self._budget = TOTAL_BUDGET
        self._grown: dict[int, Grown] = {}

    def gateway(self, declared: VirtualGateway) -> Gateway:
        """What a gateway serves, listener by listener."""
        inventory = self._declared.realm(declared.ref).inventory
        services = [gateway_services(listener, inventory) for listener in declared.listeners]
        behind = None if None in services else tuple(each for found in services for each in found or ())
        shared: dict[int, tuple[Host, ...]] = {}
        listeners = []
        for index, (listener, found) in enumerate(zip(declared.listeners, services, strict=True), 1):
            if id(listener.selects) not in shared:
                shared[id(listener.selects)] = self._hosts(declared.ref, listener, behind)
            hosts = shared[id(listener.selects)]
            listeners.append(ResolvedListener(listener, index, port_of(listener, found), hosts))
        pairs = zip(declared.listeners, services, strict=True)
        clusters = frozenset(name for listener, found in pairs for name in clusters_of(listener, found))
        return Gateway(declared, tuple(listeners), clusters, inventory)

    def unattached(self, gateways: Iterable[Gateway]) -> tuple[Host, ...]:
        """The hosts that no gateway selects."""
        attached = {
            id(host.declared) for gateway in gateways for listener in gateway.listeners for host in listener.hosts
        }
        rest = (host for host in self._declared.hosts if id(host) not in attached)
        return tuple(
            Host(host, host.domains, (), self._grow(host).tree) for host in sorted(rest, key=lambda each: each.ref)
        )

    def orphans(self) -> tuple[RouteTable, ...]:
        """The tables that no host leads to; asked for when every host has grown."""
        reached = {ref for grown in self._grown.values() for node in grown.tree for ref in tables_below(node)}
        return tuple(sorted((t for t in self._declared.tables if t.ref not in reached), key=lambda each: each.ref))

    def _hosts(self, gateway: ObjectRef, listener: Listener, services: tuple[Service, ...] | None) -> tuple[Host, ...]:
        family = self._families[family_of(gateway)]
        selected = selected_hosts(listener, family.hosts)
        claims = claim_domains(selected)
        return tuple(self._host(host, claims[id(host)], family, services) for host in selected)

    def _host(
        self,
        host: VirtualHost,
        claims: Claims,
        family: Family,
        services: tuple[Service, ...] | None,
    ) -> Host:
        grown = self._grow(host)
        leaves = grown.leaves
        if family.policies:
            leaves = tuple(family.policies.join(leaf, host, services) for leaf in leaves)
        state = HostState.SERVED if claims.kept else HostState.NO_DOMAINS
        if not host.rules:
            state = HostState.NO_ROUTES
        served = tuple(rows(leaves, served=bool(claims.kept)))
        return Host(host, tuple(claims.kept), served, grown.tree, state, tuple(claims.lost))

    def _grow(self, host: VirtualHost) -> Grown:
        if id(host) not in self._grown:
            budget = Budget(min(HOST_BUDGET, self._budget))
            given = budget.left
            family = self._families[family_of(host.ref)]
            tree = grow_host(host, family.tables, budget, self._declared.realm(host.ref))
            self._budget -= given - budget.left
            self._grown[id(host)] = Grown(tree, tuple(leaf for node in tree for leaf in flatten(node)))
        return self._grown[id(host)]


def family_of(ref: ObjectRef) -> tuple[str, str]:
    """Which objects an object sees: those of its generation and cluster."""
    return ref.generation, ref.cluster


def families(declared: Declared) -> dict[tuple[str, str], Family]:
    """Every family that holds anything."""
    hosts: defaultdict[tuple[str, str], list[VirtualHost]] = defaultdict(list)
    tables: defaultdict[tuple[str, str], list[RouteTable]] = defaultdict(list)
    policies: defaultdict[tuple[str, str], list[Policy]] = defaultdict(list)
    for host in declared.hosts:
        hosts[family_of(host.ref)].append(host)
    for table in declared.tables:
        tables[family_of(table.ref)].append(table)
    for policy in declared.policies:
        policies[family_of(policy.ref)].append(policy)
    names = {*hosts, *tables, *policies, *(family_of(gateway.ref) for gateway in declared.gateways)}
    realms = dict(declared.realms)
    return {
        name: family_with(hosts[name], tables[name], policies[name], realms.get(name[0], DEFAULT_REALM).inventory)
        for name in names
    }


def family_with(
    hosts: Iterable[VirtualHost], tables: Iterable[RouteTable], policies: Iterable[Policy], inventory: Inventory
) -> Family:
    """Objects that see each other, ready for look-ups."""
    known_hosts, known_tables = Index(hosts), Index(tables)
    return Family(known_hosts, known_tables, Policies(policies, known_hosts, known_tables, inventory))


def selected_hosts(listener: Listener, hosts: Index[VirtualHost]) -> tuple[VirtualHost, ...]:
    """The hosts of a listener in the order of its entries, then by namespace and name; each once (D-4)."""
    found: dict[int, VirtualHost] = {}
    for entry in listener.selects:
        for host in hosts.select(entry) if isinstance(entry, Selector) else (entry,):
            found.setdefault(id(host), host)
    return tuple(found.values())


@dataclass(slots=True)
class Claims:
    """The domains one host keeps, and those that an older one has."""

    kept: list[str] = field(default_factory=list)
    lost: list[tuple[str, ObjectRef]] = field(default_factory=list)


def claim_domains(hosts: Iterable[VirtualHost]) -> dict[int, Claims]:
    """What every host gets, the oldest first; a host without written rules claims nothing (3.3.7, 3.3.8)."""
    owners: dict[str, VirtualHost] = {}
    claims: dict[int, Claims] = {id(host): Claims() for host in hosts}
    claiming = (host for host in hosts if host.rules)
    for host in sorted(claiming, key=lambda each: by_age(each.created, own_name(each))):
        for domain in host.domains:
            owner = owners.setdefault(domain.lower(), host)
            if owner is not host:
                claims[id(host)].lost.append((domain, owner.ref))
            else:
                claims[id(host)].kept.append(domain)
    return {name: Claims(unrepeated(each.kept), each.lost) for name, each in claims.items()}


def own_name(host: VirtualHost) -> ObjectRef:
    """What tells hosts of one age apart: an inline host has a name of its own (2.4 rule 4)."""
    return replace(host.ref, name=host.segment) if host.inline else host.ref


def unrepeated(domains: Iterable[str]) -> list[str]:
    """Each domain once, compared without case."""
    seen: dict[str, str] = {}
    for domain in domains:
        seen.setdefault(domain.lower(), domain)
    return list(seen.values())


def rows(leaves: Iterable[Terminal], *, served: bool) -> Iterator[Route]:
    """One row for each effective match; only what the product serves is counted."""
    place = 0
    for leaf in leaves:
        counts = served and not leaf.because
        for number, match in enumerate(leaf.matches, 1):
            place += counts
            yield Route(leaf, match, served_action(leaf, match), number, len(leaf.matches), place if counts else None)


def served_action(leaf: Terminal, match: RouteMatch) -> FinalAction | None:
    """The action under one match: a rewrite is not sent beside a regular expression (5.2)."""
    action = leaf.rules[-1].action
    written = action.written if isinstance(action, Invalid) else action
    if isinstance(written, ForwardTo):
        if written.path_rewrite and match.path is not None and match.path.kind is PathKind.REGEX:
            return ForwardTo(written.destinations)
        return written
    return written if isinstance(written, FinalAction) else None

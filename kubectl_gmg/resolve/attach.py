"""Which gateway serves which host, and under which domains (`spec/v1beta1.md` 2.4, 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kubectl_gmg.model.action import FinalAction, ForwardTo, Invalid, Selector
from kubectl_gmg.model.conventions import SharedDomain
from kubectl_gmg.model.declared import (
    Declared,
    FailureMode,
    Listener,
    Protocol,
    RouteTable,
    VirtualGateway,
    VirtualHost,
)
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.model.match import PathKind, RouteMatch
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import (
    Gateway,
    Host,
    HostState,
    Node,
    ResolvedListener,
    Route,
    Status,
    Terminal,
)
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.addresses import addresses_of
from kubectl_gmg.resolve.allow import admitted
from kubectl_gmg.resolve.claims import Claims, claim_domains
from kubectl_gmg.resolve.delegate import (
    HOST_BUDGET,
    TOTAL_BUDGET,
    Budget,
    grow_host,
)
from kubectl_gmg.resolve.family import Family, families, family_of
from kubectl_gmg.resolve.faults import REPLACEMENT
from kubectl_gmg.resolve.index import Index
from kubectl_gmg.resolve.merge import by_roots, merged, oldest_first
from kubectl_gmg.resolve.order import flatten
from kubectl_gmg.resolve.services import clusters_of, gateway_services, port_of
from kubectl_gmg.resolve.stream_index import StreamIndex
from kubectl_gmg.resolve.streams import Root, carried, carries, grow_streams, handler_streams, merged_streams
from kubectl_gmg.resolve.tenancy import Tenancy
from kubectl_gmg.resolve.walk import tables_below


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """A host's tree and its leaves in order; the same on every gateway."""

    tree: tuple[Node, ...]
    leaves: tuple[Terminal, ...]
    streams: tuple[Terminal, ...]


class Attachment:
    """Attaches hosts to listeners; every host grows once."""

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self._families = families(declared)
        self._budget = TOTAL_BUDGET
        self._grown: dict[int, Grown] = {}
        self._indices: dict[int, StreamIndex] = {}
        self._merged_hosts: dict[tuple[object, ...], Host] = {}

    def gateway(self, declared: VirtualGateway) -> Gateway:
        """What a gateway serves, listener by listener."""
        family = self.family(declared.ref)
        inventory = family.realm.inventory
        services = [gateway_services(listener, inventory) for listener in declared.listeners]
        behind = None if None in services else tuple(each for found in services for each in found or ())
        shared: dict[int, tuple[Host, ...]] = {}
        listeners = []
        for index, (listener, found) in enumerate(zip(declared.listeners, services, strict=True), 1):
            port = port_of(listener, found)
            at_port = replace(listener, port=port)
            if family.realm.conventions.shared_domain is SharedDomain.MERGED:
                hosts = self._merged(declared.ref, at_port, family, behind)
                streams = self._streams(declared.ref, at_port, family, behind)
            else:
                if id(listener.selects) not in shared:
                    shared[id(listener.selects)] = self._hosts(listener, family, behind)
                hosts = shared[id(listener.selects)]
                streams = self._of_handler(listener)
            addresses = addresses_of(declared, listener, found)
            uses = family.listener_policies.uses(declared, at_port, found)
            listeners.append(ResolvedListener(listener, index, port, hosts, addresses, uses, streams))
        pairs = zip(declared.listeners, services, strict=True)
        clusters = frozenset(name for listener, found in pairs for name in clusters_of(listener, found))
        gateway = Gateway(declared, tuple(listeners), clusters, family.realm)
        return family.functions.judged(family.federated.judged(gateway))

    def unattached(self, gateways: Iterable[Gateway]) -> tuple[Host, ...]:
        """The hosts that no gateway serves."""
        attached = {
            id(root)
            for gateway in gateways
            for listener in gateway.listeners
            for host in listener.entries
            for root in host.roots
        }
        rest = (host for host in self._declared.hosts if id(host) not in attached)
        return tuple(
            Host(host, host.domains, (), (*self.grown(host).tree, *self.grown(host).streams))
            for host in sorted(rest, key=lambda each: each.ref)
        )

    def orphans(self) -> tuple[RouteTable, ...]:
        """The tables that no host leads to; asked for when every host has grown."""
        reached = {ref for grown in self._grown.values() for node in grown.tree for ref in tables_below(node)}
        rest = (each for each in self._declared.tables if each.ref not in reached and not each.has_hosts)
        return tuple(sorted(rest, key=lambda each: each.ref))

    def family(self, ref: ObjectRef) -> Family:
        """The objects that an object sees."""
        return self._families[family_of(ref, self._declared)]

    def _hosts(self, listener: Listener, family: Family, services: tuple[Service, ...] | None) -> tuple[Host, ...]:
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
        state = HostState.SERVED if claims.kept else HostState.NO_DOMAINS
        if not host.rules:
            state = HostState.NO_ROUTES
        served = tuple(self._rows(host, family, services, served=bool(claims.kept)))
        return Host(host, tuple(claims.kept), served, self.grown(host).tree, state, tuple(claims.lost))

    def _rows(
        self, host: VirtualHost, family: Family, services: tuple[Service, ...] | None, *, served: bool
    ) -> Iterator[Route]:
        leaves = self.grown(host).leaves
        if family.policies:
            leaves = tuple(family.policies.join(leaf, host, services) for leaf in leaves)
        return rows(leaves, host, served=served)

    def _merged(
        self, gateway: ObjectRef, listener: Listener, family: Family, services: tuple[Service, ...] | None
    ) -> tuple[Host, ...]:
        """The hosts that name the gateway and that the listener admits, one for each list of roots."""
        routed = listener.protocol in (Protocol.HTTP, Protocol.HTTPS)
        hosts = admitted_hosts(gateway, listener, family) if routed else ()
        claims = ((domain, host) for host, served in hosts for domain in served)
        return tuple(self._merged_host(*group, listener.port, family, services) for group in by_roots(claims))

    def _merged_host(
        self,
        roots: tuple[VirtualHost, ...],
        domains: tuple[str, ...],
        port: int | None,
        family: Family,
        services: tuple[Service, ...] | None,
    ) -> Host:
        matters = any(match.port for root in roots for leaf in self.grown(root).leaves for match in leaf.matches)
        key = (tuple(map(id, roots)), domains, port if matters else None, services)
        if key not in self._merged_hosts:  # listeners that serve a host alike share it
            lists = (tuple(self._rows(root, family, services, served=True)) for root in roots)
            tree = tuple(node for root in roots for node in self.grown(root).tree)
            self._merged_hosts[key] = Host(roots[0], domains, merged(lists, port), tree, merged=roots)
        return self._merged_hosts[key]

    def _streams(
        self, gateway: ObjectRef, listener: Listener, family: Family, services: tuple[Service, ...] | None
    ) -> Host | None:
        """The rules for connections of all hosts that name the gateway and that the listener admits."""
        if carried(listener) is None:
            return None
        found = {}
        for host, domains in admitted_hosts(gateway, listener, family):
            if domains and (index := self._index(host)):
                leaves = (family.policies.join(leaf, host, services) for leaf in index.of(listener, domains))
                found[id(host)] = Root(host, domains, tuple(leaves))
        hosts = oldest_first(root.declared for root in found.values())
        return merged_streams(tuple(found[id(host)] for host in hosts), listener) if hosts else None

    def _index(self, host: VirtualHost) -> StreamIndex | None:
        """What finds the rules for connections of a host; None if it has none."""
        if id(host) not in self._indices and (streams := self.grown(host).streams):
            self._indices[id(host)] = StreamIndex(host, streams)
        return self._indices.get(id(host))

    def _of_handler(self, listener: Listener) -> Host | None:
        """The rules for connections that stand in the listener itself."""
        own = listener.streams
        return None if own is None or not own.streams else handler_streams(own, self.grown(own).streams)

    def grown(self, host: VirtualHost) -> Grown:
        """What a host leads to, whoever serves it."""
        if id(host) not in self._grown:
            budget = Budget(min(HOST_BUDGET, self._budget))
            given = budget.left
            family = self.family(host.ref)
            tree = grow_host(host, family.pool_of, budget, family.realm, family.faults)
            self._budget -= given - budget.left
            ranking = family.realm.conventions.ranking
            leaves = tuple(leaf for node in tree for leaf in flatten(node, ranking))
            streams = grow_streams(host, family.realm, family.faults) if host.streams else ()
            if host.failure_mode is FailureMode.FREEZE_CONFIG:
                every = frozen((*leaves, *streams))
                leaves, streams = every[: len(leaves)], every[len(leaves) :]
            self._grown[id(host)] = Grown(tree, leaves, streams)
        return self._grown[id(host)]


def frozen(leaves: tuple[Terminal, ...]) -> tuple[Terminal, ...]:
    """All leaves of a tree that stays as it was accepted last, if anything in it is broken (`spec/v2.md` 10)."""
    causes = tuple(dict.fromkeys(code for leaf in leaves if is_broken(leaf) for code in leaf.because))
    if not causes:
        return leaves
    return tuple(
        leaf if leaf.status is Status.INVALID else replace(leaf, status=Status.FROZEN, because=causes)
        for leaf in leaves
    )


def is_broken(leaf: Terminal) -> bool:
    """Whether a leaf is misconfigured, be it that nothing of it can be served (DEC-28); DEC-10 is no fault."""
    if leaf.status is Status.INVALID:
        return bool(leaf.matches or leaf.rules[-1].connections)
    return leaf.status is Status.REPLACED


def admitted_hosts(
    gateway: ObjectRef, listener: Listener, family: Family
) -> Iterator[tuple[VirtualHost, tuple[str, ...]]]:
    """The hosts with routes for a listener that name its gateway and that it sees, with the domains that it admits.

    A listener that speaks HTTP carries no other routes, and others carry no HTTP routes (`spec/v2.md` 3.3 rule 4).
    """
    routed = listener.protocol in (Protocol.HTTP, Protocol.HTTPS)
    for host in family.naming.get((gateway.namespace, gateway.name), ()):
        wanted = bool(host.rules) if routed else carries(listener, host)
        if wanted and names(host, gateway) and seen_from(host, gateway, family.tenancy):
            yield host, admitted(host, listener, gateway, family.tenancy)


def names(host: VirtualHost, gateway: ObjectRef) -> bool:
    """Whether a host wants to be served by a gateway."""
    return any(
        (each.namespace, each.name) == (gateway.namespace, gateway.name)
        and (each.cluster in ("", gateway.cluster) or not gateway.cluster)
        for each in host.parents
    )


def seen_from(host: VirtualHost, gateway: ObjectRef, tenancy: Tenancy) -> bool:
    """Whether the workspace of the gateway may use the host's table (`spec/v2.md` 3.3 rule 2)."""
    return tenancy.sees(tenancy.owner(gateway), host.ref, host.labels, Shared.ROUTE_TABLE)


def selected_hosts(listener: Listener, hosts: Index[VirtualHost]) -> tuple[VirtualHost, ...]:
    """The hosts of a listener in the order of its entries, then by namespace and name; each once (D-4)."""
    found: dict[int, VirtualHost] = {}
    for entry in listener.selects:
        for host in hosts.select(entry) if isinstance(entry, Selector) else (entry,):
            found.setdefault(id(host), host)
    return tuple(found.values())


def rows(leaves: Iterable[Terminal], root: VirtualHost, *, served: bool) -> Iterator[Route]:
    """One row for each effective match; only what the product serves is counted."""
    place = 0
    for leaf in leaves:
        counts = served and leaf.status is not Status.INVALID
        every = len(leaf.matches)
        for number, match in enumerate(leaf.matches, 1):
            place += counts
            index = place if counts else None
            yield Route(leaf, match, served_action(leaf, match), number, every, index, root, leaf.status)
        for match in leaf.refused:
            yield Route(leaf, match, None, every, every, None, root, Status.INVALID)


def served_action(leaf: Terminal, match: RouteMatch) -> FinalAction | None:
    """The action under one match: a rewrite is not sent beside a regular expression (5.2)."""
    action = leaf.rules[-1].action
    if leaf.status is Status.REPLACED or (leaf.status is Status.FROZEN and not isinstance(action, FinalAction)):
        return REPLACEMENT
    written = action.written if isinstance(action, Invalid) else action
    if isinstance(written, ForwardTo):
        if written.path_rewrite and match.path is not None and match.path.kind is PathKind.REGEX:
            return ForwardTo(written.destinations)
        return written
    return written if isinstance(written, FinalAction) else None

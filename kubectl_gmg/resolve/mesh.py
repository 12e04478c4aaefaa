"""Who gets which routes within the mesh: tables with hosts that are for workloads, not for gateways (`spec/v2.md` 4.4).

Workloads that the same tables with hosts are for make a group. A group is a gateway without an object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import NamedTuple

from kubectl_gmg.model.conventions import Ranking
from kubectl_gmg.model.declared import (
    Declared,
    FailureMode,
    Labels,
    Listener,
    Protocol,
    ServiceSelector,
    VirtualGateway,
    VirtualHost,
)
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.policy import By
from kubectl_gmg.model.resolved import Gateway, Host, ResolvedListener, Route, Status, Terminal
from kubectl_gmg.model.workloads import Workloads, covers, selects
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.attach import Attachment, frozen, rows
from kubectl_gmg.resolve.clashes import Hit, uses_of
from kubectl_gmg.resolve.family import Family
from kubectl_gmg.resolve.listener_policies import wants_workspace
from kubectl_gmg.resolve.merge import by_roots, merged, oldest_first
from kubectl_gmg.resolve.order import flatten
from kubectl_gmg.resolve.walk import way

WORKLOADS = "Workloads"
"""The kind of what stands for a group in place of an object."""
CONTRADICTION = "GMG303"
MOST_COMBINED = 1000
MOST_PAIRS = 10_000
"""Label maps that are kept of one way down, and pairs that are tried; guards against selectors that multiply, no rule
of the product. Beyond them `is_for` still tells whether one workload is meant, and GMG212 says so."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The tables with hosts that are for the same workloads of one workspace, and of those that import them."""

    family: Family
    workspace: str
    importing: tuple[str, ...]
    sidecars: Workloads
    roots: tuple[VirtualHost, ...]


class Mesh:
    """Makes the groups of workloads; what every table with hosts leads to is grown already."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._workloads: dict[tuple[int, ...], Narrowed] = {}

    def gateways(self, hosts: Iterable[VirtualHost]) -> tuple[Gateway, ...]:
        """All groups, by workspace and then by the labels of their workloads."""
        return tuple(self._gateway(each, number) for number, each in enumerate(self._groups(hosts), 1))

    def _groups(self, hosts: Iterable[VirtualHost]) -> list[Group]:
        found: dict[tuple[str, Workloads, tuple[str, ...], int], list[VirtualHost]] = {}
        families: dict[int, Family] = {}
        for host in hosts:
            family = self._attachment.family(host.ref) if host.sidecars and host.rules else None
            owner = family.tenancy.owner(host.ref) if family else None
            if family is not None and owner is not None:
                families[id(family)] = family
                importing = family.tenancy.importers(host.ref, host.labels, Shared.ROUTE_TABLE)
                found.setdefault((owner, tuple(sorted(host.sidecars)), importing, id(family)), []).append(host)
        ordered = sorted(found.items(), key=lambda each: each[0][:3])
        return [
            Group(families[family], owner, importing, sidecars, tuple(roots))
            for (owner, sidecars, importing, family), roots in ordered
        ]

    def _gateway(self, group: Group, number: int) -> Gateway:
        ref = ObjectRef("", "", WORKLOADS, group.roots[0].ref.generation)
        listener = Listener(Origin(ref), None, Protocol.HTTP)
        policies = uses_of(workload_hits(group))
        served = ResolvedListener(listener, number, None, tuple(self._hosts(group)), policies=policies)
        declared = VirtualGateway(ref, (listener,))
        return Gateway(
            declared, (served,), frozenset(), group.family.realm, group.sidecars, group.workspace, group.importing
        )

    def _hosts(self, group: Group) -> Iterator[Host]:
        """One host for each list of roots that share domains, as on gateways (4.3)."""
        lists = {id(root): tuple(self._routes(root, group)) for root in group.roots}
        claims = ((domain, root) for root in group.roots for domain in root.domains)
        for roots, domains in by_roots(claims):
            tree = tuple(node for root in roots for node in self._attachment.grown(root).tree)
            routes = merged((lists[id(root)] for root in roots), None)
            yield Host(roots[0], domains, routes, tree, merged=roots)

    def _routes(self, root: VirtualHost, group: Group) -> Iterator[Route]:
        """The routes of one root with the workloads that get them."""
        leaves = [self._narrowed(leaf, root) for leaf in self._attachment.grown(root).leaves]
        if root.failure_mode is FailureMode.FREEZE_CONFIG:
            leaves = list(frozen(tuple(leaves)))
        if group.family.policies:
            leaves = [group.family.policies.join(leaf, root, None) for leaf in leaves]
        for route in rows(leaves, root, served=True):
            yield replace(route, workloads=self._chosen(route.terminal, root).workloads)

    def _narrowed(self, leaf: Terminal, root: VirtualHost) -> Terminal:
        """A leaf whose tables want workloads that there cannot be is broken, but only within the mesh (8.7)."""
        if leaf.status is not Status.OK or not self._chosen(leaf, root).impossible:
            return leaf
        return replace(leaf, status=Status.REPLACED, because=(CONTRADICTION,))

    def _chosen(self, leaf: Terminal, root: VirtualHost) -> Narrowed:
        """The workloads that get a leaf, and whether its tables contradict each other."""
        key = (id(root), *(id(each.table) for each in leaf.tables))
        if key not in self._workloads:
            self._workloads[key] = narrowing(root.sidecars, (each.table.sidecars for each in leaf.tables))
        return self._workloads[key]


def connections_not_resolved(declared: Declared) -> str:
    """What is to be said of tables whose TLS and TCP routes are for workloads within the mesh; empty without any."""
    found = sorted(host.ref for host in declared.hosts if host.sidecars and host.streams)
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"TLS and TCP routes are resolved at gateways only, not for workloads within the mesh: {found[0]}{more}"


class Narrowed(NamedTuple):
    """The workloads that get what lies below some tables.

    Where they are `impossible` these are the workloads above the table that contradicts; where `more` is true they are
    not all.
    """

    workloads: Workloads
    impossible: bool
    more: bool


def narrowing(above: Workloads, tables: Iterable[Workloads]) -> Narrowed:
    """The workloads that all tables of one way down want as well; a table without any labels does not narrow."""
    more = False
    for own in tables:
        if own:
            pairs = islice(product(above, own), MOST_PAIRS)
            combined = dict.fromkeys(joined for pair in pairs if (joined := joined_labels(*pair)) is not None)
            beyond = len(above) * len(own) > MOST_PAIRS
            if not combined:
                return Narrowed(above, not (beyond or more), beyond or more)
            more = more or beyond or len(combined) > MOST_COMBINED
            above = tuple(islice(combined, MOST_COMBINED))
    return Narrowed(above, False, more)


def is_for(route: Route, labels: Labels) -> bool:
    """Whether a workload of these labels gets a route: it is among those listed, or every table on the way wants it."""
    levels = (route.root.sidecars, *(each.table.sidecars for each in route.terminal.tables))
    return selects(route.workloads, labels) or all(not own or selects(own, labels) for own in levels)


def joined_labels(first: Labels, second: Labels) -> Labels | None:
    """The labels of both; None if they want two values of one key."""
    found = dict(first)
    if any(found.setdefault(key, value) != value for key, value in second):
        return None
    return tuple(sorted(found.items()))


def workload_hits(group: Group) -> Iterator[Hit]:
    """The policies of the workspace that choose its workloads, as far as that can be told of a whole group."""
    tenancy = group.family.tenancy
    for policy in group.family.listener_policies.with_workloads:
        if tenancy.owner(policy.ref) == group.workspace:  # of an importing one it acts on no imported table (rule 3)
            own = (each for each in policy.workloads if wants_workspace(each, group.workspace))
            answers = {chooses(each, group.sidecars) for each in own}
            if True in answers or None in answers:
                narrow = all(each.matcher is None or each.matcher.pod_labels for each in policy.workloads)
                yield Hit(policy, By.LABELS if narrow else By.ALL, True if True in answers else None)


def chooses(wanted: ServiceSelector, workloads: Workloads) -> bool | None:
    """Whether a selector means all workloads of a group; None if it may mean some of them."""
    matcher = wanted.matcher
    if matcher is None:
        return None
    labels = matcher.pod_labels
    if all(joined_labels(labels, each) is None for each in workloads):
        return False
    elsewhere = matcher.name or matcher.namespaces or matcher.clusters
    return True if not elsewhere and covers((labels,), workloads) else None


def as_one(groups: Sequence[Gateway], labels: Labels, port: int | None) -> Gateway:
    """What one workload of these labels gets at a port, which all the groups, of one workspace, select.

    Without a port nothing asks for any. Its routes are numbered anew. Tables of several groups that share a domain are
    merged as those of one are (4.3).
    """
    first = groups[0]
    alike = (
        len(groups) == 1
        and port is None
        and all(is_for(route, labels) for host in first.listeners[0].hosts for route in host.rows)
    )
    if alike:
        return first
    hosts = tuple(hosts_of(groups, labels, port))
    policies = tuple(dict.fromkeys(use for each in groups for use in each.listeners[0].policies))
    sidecars = tuple(dict.fromkeys(labels for each in groups for labels in each.sidecars or ()))
    return replace(first, listeners=(replace(first.listeners[0], hosts=hosts, policies=policies),), sidecars=sidecars)


def hosts_of(groups: Sequence[Gateway], labels: Labels, port: int | None) -> Iterator[Host]:
    """The hosts of several groups as one workload has them at a port."""
    by_domain: dict[str, tuple[str, list[Host]]] = {}
    ranking = groups[0].conventions.ranking
    for host in (each for group in groups for each in group.listeners[0].hosts):
        for domain in host.domains:
            by_domain.setdefault(domain.lower(), (domain, []))[1].append(host)
    together: dict[tuple[int, ...], tuple[list[Host], list[str]]] = {}
    for domain, found in by_domain.values():
        together.setdefault(tuple(map(id, found)), (found, []))[1].append(domain)
    for found, domains in together.values():
        lists = {id(root): own for host in found for root, own in own_routes(host, labels, ranking)}
        roots = oldest_first(root for host in found for root in host.roots)
        tree = tuple(node for host in found for node in host.tree)
        yield Host(roots[0], tuple(domains), merged((lists[id(root)] for root in roots), port), tree, merged=roots)


def host_for(host: Host, labels: Labels, ranking: Ranking) -> Host:
    """A host of one group as a workload of these labels has it."""
    lists = {id(root): own for root, own in own_routes(host, labels, ranking)}
    return replace(host, rows=merged((lists[id(root)] for root in host.roots), None))


def own_routes(host: Host, labels: Labels, ranking: Ranking) -> Iterator[tuple[VirtualHost, tuple[Route, ...]]]:
    """The routes of every root that a workload gets, in the order before merging, dropped ones included."""
    leaves = (leaf for node in host.tree for leaf in flatten(node, ranking))
    places = {way(leaf): place for place, leaf in enumerate(leaves)}
    found: dict[int, list[Route]] = {id(root): [] for root in host.roots}
    for route in host.rows:
        if (route.index or route.dropped) and is_for(route, labels):
            found[id(route.root)].append(replace(route, index=1, dropped=False))
    for root in host.roots:
        yield root, tuple(sorted(found[id(root)], key=lambda each: (places[way(each.terminal)], each.match_index)))

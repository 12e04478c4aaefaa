"""Requests that workloads send within the mesh (`spec/v2.md` 4.4, 14): who takes them, or why no route does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

from kubectl_gmg.matching.host import Covering, DomainTable, lookup_name
from kubectl_gmg.matching.path import Refusal, prepare
from kubectl_gmg.model.declared import Declared, Labels, Realm
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Gateway, Host, Resolved, ResolvedListener, Route
from kubectl_gmg.model.snapshot import EVERYWHERE
from kubectl_gmg.model.workloads import labels_words, selects, workspaces_words
from kubectl_gmg.resolve.mesh import as_one
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.tenancy import IMPLICIT
from kubectl_gmg.resolve.unread import routing_not_read
from kubectl_gmg.simulate.entry import EntryPoint
from kubectl_gmg.simulate.named import NamedDestination, NamedDestinations, sent_to
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.views import MayDiffer, RouteRow, Simulated

ANY_OTHER = 0
"""Stands for every port that no match asks for."""
MOST_TOLD, MOST_LOOKED_AT = 3, 100
"""Reasons that are told why no table names a host, of so many that are looked at."""
SERVICE_NAMES = 3
"""The parts of a Service's full name in front of the cluster's domain: `NAME.NS.svc`."""
NOT_HTTP = "within the mesh only requests over plain http are looked at: what a workload encrypts itself stays closed"


class ServiceNames(DomainTable[Host]):
    """Finds hosts as workloads call them: a Service's full name also stands for `NAME.NS` and `NAME.NS.svc`."""

    def __init__(self, listener: ResolvedListener, realm: Realm) -> None:
        super().__init__((domain, host) for host in listener.hosts for domain in host.domains)
        self._suffixes = suffixes_of(realm)

    def choose(self, host: str) -> tuple[str, Host] | None:
        """The domain as written, and its host; a full name stands for short ones only where it is written out."""
        found = super().choose(host)
        if found is not None and "*" not in found[0]:
            return found
        whole = full_name(lookup_name(host))
        longer = (super(ServiceNames, self).choose(f"{whole}.{suffix}") for suffix in self._suffixes if whole)
        return next((each for each in longer if each is not None and "*" not in each[0]), found)


def full_name(name: str) -> str:
    """What a short name of a Service is in full, without the cluster's domain; empty for any other name."""
    parts = name.split(".")
    return {SERVICE_NAMES - 1: f"{name}.svc", SERVICE_NAMES: name if parts[-1] == "svc" else ""}.get(len(parts), "")


def suffixes_of(realm: Realm) -> tuple[str, ...]:
    """The domains of the clusters, as Services are called in them."""
    clusters = realm.inventory.clusters
    return tuple(dict.fromkeys((realm.inventory.domain(""), *(each.domain for each in clusters))))


def entry_of(groups: list[Gateway], labels: Labels, port: int | None, workspaces: list[str]) -> EntryPoint:
    """What these groups give to a workload of any of these workspaces at a port."""
    whole = as_one(groups, labels, port)
    first, *others = workspaces
    return EntryPoint(replace(whole, workspace=first, importing=tuple(others)), whole.listeners[0])


class OwnRows(Rows):
    """Makes rows of what one workload gets: keys are those of the group that a route is of."""

    def __init__(self, resolved: Resolved, homes: dict[int, Gateway]) -> None:
        super().__init__(resolved)
        self._homes = homes

    def row(self, gateway: Gateway, listener: ResolvedListener, host: Host, route: Route) -> RouteRow:
        """One row."""
        home = self._homes.get(id(route.root), gateway)
        return replace(super().row(home, home.listeners[0], host, route), listener=listener)


def homes_of(resolved: Resolved) -> dict[int, Gateway]:
    """The group that every table with hosts is of."""
    return {id(root): group for group in resolved.mesh for host in group.listeners[0].hosts for root in host.roots}


class MeshSimulator(Simulator):
    """Answers requests of workloads; what the groups of a workspace give to one workload is put together once."""

    def __init__(self, resolved: Resolved, declared: Declared) -> None:
        self._homes = homes_of(resolved)
        super().__init__(OwnRows(resolved, self._homes), without_gateways(declared))
        self._resolved = resolved
        self._declared = declared
        self._tables: dict[int, ServiceNames] = {}
        self._entries: dict[tuple[Labels, int | None], tuple[EntryPoint, ...]] = {}
        routes = (each for group in resolved.mesh for host in group.listeners[0].hosts for each in host.rows)
        self._ports = {each.match.port for each in routes} - {None}
        self._destinations = NamedDestinations(declared)
        served = ((group, host) for group in resolved.mesh for host in group.listeners[0].hosts)
        self._others = Covering((domain, (group, host)) for group, host in served for domain in host.domains)
        apart = (root for root in declared.hosts if id(root) not in self._homes)
        self._apart = Covering((domain, root) for root in apart for domain in root.domains)

    def domains(self, listener: ResolvedListener) -> DomainTable[Host]:
        """Which host a workload finds for a name."""
        if id(listener) not in self._tables:
            realm = self._declared.realm(listener.declared.origin.ref)
            self._tables[id(listener)] = ServiceNames(listener, realm)
        return self._tables[id(listener)]

    def sent(
        self, request: Request, labels: Labels, door: EntryPoint | None = None, *, candidates: bool
    ) -> tuple[Simulated, ...]:
        """What becomes of a request of a workload: one answer for each workspace whose tables name the host for it.

        Workspaces that have the same tables for the host, by importing them, answer together. Through a `door` only
        that workspace answers.
        """
        if request.scheme != "http":
            return (Simulated(request, request.path, "notSimulated", why=NOT_HTTP),)
        entries = (door,) if door else self.entries(labels, request.port)
        prepared = prepare(request)
        host = request.host if isinstance(prepared, Refusal) else prepared.request.host
        alike: dict[tuple[int, ...], list[EntryPoint]] = {}
        for entry in entries:
            chosen = self.domains(entry.listener).choose(host or "")
            if chosen is not None:
                alike.setdefault(tuple(map(id, chosen[1].roots)), []).append(entry)
        if not alike:
            return self._unnamed(request, host or "", labels)
        answers = (self.answer(request, (same[0],), candidates=candidates) for same in alike.values())
        return tuple(
            self._answered(item, same) for same, items in zip(alike.values(), answers, strict=True) for item in items
        )

    def entries(self, labels: Labels, port: int) -> tuple[EntryPoint, ...]:
        """What a workload of these labels gets, by workspace; once for those that have just the same tables.

        Its proxy has a list of routes for each port (`spec/envoy.md` 76); those that nothing asks for are all alike.
        """
        asked = (port if port in self._ports else ANY_OTHER) if self._ports else None
        if (labels, asked) not in self._entries:
            groups = [each for each in self._resolved.mesh if selects(each.sidecars or (), labels)]
            owners = {group.workspace or "" for group in groups}
            found: dict[str, list[Gateway]] = {}
            for group in groups:
                for workspace in (group.workspace or "", *group.importing):
                    found.setdefault(workspace, []).append(group)
            together: dict[tuple[int, ...], list[str]] = {}
            for workspace in sorted(found, key=lambda each: (each not in owners, each)):
                together.setdefault(tuple(map(id, found[workspace])), []).append(workspace)
            self._entries[labels, asked] = tuple(
                entry_of(found[names[0]], labels, asked, names) for names in together.values()
            )
        return self._entries[labels, asked]

    def _answered(self, item: Simulated, entries: Iterable[EntryPoint]) -> Simulated:
        """The answer with the workspaces that give it, and the workloads that the tables are for it comes from."""
        if item.gateway is None or item.host is None:
            return item
        homes = dict.fromkeys(self._homes[id(root)] for root in item.host.roots)
        sidecars = dict.fromkeys(labels for home in homes for labels in home.sidecars or ())
        own = item.gateway.workspace
        names = {name for each in entries for name in (each.gateway.workspace or "", *each.gateway.importing)}
        importing = tuple(sorted(names - {own or ""}))
        return replace(item, gateway=replace(item.gateway, sidecars=tuple(sidecars), importing=importing))

    def _unnamed(self, request: Request, host: str, labels: Labels) -> tuple[Simulated, ...]:
        """A request whose host no table names for the workload: what else has such a name takes it."""
        doubts = tuple(MayDiffer(None, f"{lack}: one may name the host") for lack in self._lacks())
        why = "; ".join(self._why(host, labels))
        blank = Simulated(request, request.path, "notRouted", why=why, may_differ=doubts)
        found = tuple(self._destinations.of(host, request.port))
        return tuple(reached(blank, each) for each in found) or (blank,)

    def _lacks(self) -> tuple[str, ...]:
        return routing_not_read(self._declared, ("RouteTable",))

    def _why(self, host: str, labels: Labels) -> Iterator[str]:
        """Who names the host, though not for this workload; else that nobody does."""
        others = chain(self._for_others(host, labels), self._at_gateways(host))
        told = tuple(islice(dict.fromkeys(islice(others, MOST_LOOKED_AT)), MOST_TOLD))
        yield from told
        if not told:
            yield f"no route table names {lookup_name(host) or 'no host'} for workloads"

    def _for_others(self, host: str, labels: Labels) -> Iterator[str]:
        """Tables that name the host for other workloads."""
        for name in self._spellings(host):
            for group, named in self._others.of(name):
                if not selects(group.sidecars or (), labels):
                    of = f" of {workspaces_words(group)}" if group.workspace not in (None, IMPLICIT) else ""
                    wanted = labels_words(group.sidecars or ())
                    yield f"{named.declared.ref} names it only for workloads{of} with {wanted}"

    def _at_gateways(self, host: str) -> Iterator[str]:
        """Tables that name the host for gateways only."""
        for name in self._spellings(host):
            for root in self._apart.of(name):
                yield f"{root.ref} names it for gateways only" if root.parents else f"{root.ref} is for no workload"

    def _spellings(self, host: str) -> tuple[str, ...]:
        """A name, and the full names of a Service that it may stand for."""
        name, clusters = lookup_name(host), (each for _, realm in self._declared.realms for each in suffixes_of(realm))
        return tuple(dict.fromkeys((name, *(f"{whole}.{suffix}" for suffix in clusters if (whole := full_name(name))))))


def reached(blank: Simulated, found: NamedDestination) -> Simulated:
    """A request that goes to a destination by its own name."""
    by = f"no route table names it for this workload: {found.words}"
    prepared = prepare(blank.request)
    if isinstance(prepared, Refusal):
        return blank
    blank = replace(blank, request=prepared.request, routed_path=prepared.routed_path, why=by)
    return replace(blank, outcome="forward", upstream=sent_to(prepared, found))


def without_gateways(declared: Declared) -> Declared:
    """What is declared; for workloads it does not matter whether all gateways were read."""
    realms = ((name, replace(realm, gateways_read=EVERYWHERE)) for name, realm in declared.realms)
    return replace(declared, realms=tuple(realms))

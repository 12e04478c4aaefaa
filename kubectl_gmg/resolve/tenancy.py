"""Who sees what: workspaces own objects, export and import them (`spec/v2.md` 12, DEC-20 to DEC-25)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import RootsAsChildren
from kubectl_gmg.model.declared import Labels, Realm, RouteTable
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import DeadEnd, Reason
from kubectl_gmg.model.workspace import ClusterPattern, NamespacePattern, Share, Shared, Workspace, WorkspaceSettings
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.index import Index

IMPLICIT = ""
"""The workspace of everything where there are no workspaces (DEC-24)."""
NAME_LABEL = "kubernetes.io/metadata.name"
"""The label with the name of a namespace, which Kubernetes gives to every one."""
WORKLOADS = "Service"
"""What stands for workloads, which a workspace has wherever its namespaces are."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A pattern of a workspace that has a namespace, or may have it where it is not `sure`.

    `config` says whether configuration is read there, `named` whether the pattern has a name.
    """

    workspace: Workspace
    config: bool
    sure: bool
    named: bool


Entry = tuple[int, Workspace, ClusterPattern, NamespacePattern]
"""Some namespaces of some clusters, as a workspace lists them, with their place among all: the oldest one's first."""


class Tenancy:
    """The workspaces of one realm."""

    def __init__(self, realm: Realm) -> None:
        self._workspaces = sorted(realm.workspaces, key=lambda each: by_age(each.created, each.ref))
        self._named = {each.name: each for each in self._workspaces}
        self._inventory = realm.inventory
        self._clusters = {each.name: dict(each.labels) for each in realm.inventory.clusters}
        self._entries = entries_of(self._workspaces)
        self._lengths = sorted(set(map(len, self._entries)))
        self._holders: dict[tuple[str, str], tuple[Workspace, bool] | None] = {}
        self._exporting: dict[str, tuple[str, ...]] = {}
        self._sharing_known = realm.settings_read.complete
        everywhere = (each for each in realm.settings if each.everywhere)
        self._everywhere = sorted(everywhere, key=lambda each: by_age(each.created, each.ref))
        self._settings: dict[str, WorkspaceSettings] = {}
        own = (each for each in realm.settings if not each.everywhere)
        for each in sorted(own, key=lambda each: by_age(each.created, each.ref)):
            owner = self.owner(each.ref)
            if owner is not None:
                self._settings.setdefault(owner, each)

    def owner(self, ref: ObjectRef) -> str | None:
        """The workspace that an object belongs to; None for one that no workspace reads (12.1, 12.2 rule 3).

        Where a workspace does not read configuration, Services are its own nevertheless.
        """
        if not self._workspaces:
            return IMPLICIT
        place = (ref.cluster, ref.namespace)
        if place not in self._holders:
            self._holders[place] = holder_among(self.claims(*place))
        holder = self._holders[place]
        return holder[0].name if holder and (holder[1] or ref.kind == WORKLOADS) else None

    def claims(self, cluster: str, namespace: str) -> Iterator[Claim]:
        """The patterns that have a namespace, or may have it, those of the oldest workspace first."""
        labels = self._inventory.namespace_labels(cluster, namespace)
        for _, workspace, pattern, each in sorted(self._beginning_like(namespace), key=itemgetter(0)):
            if self._fits(pattern, cluster) and (has := has_namespace(each, namespace, labels)) is not False:
                yield Claim(workspace, pattern.config and each.config, sure=has is True, named=bool(each.name))

    def _beginning_like(self, namespace: str) -> Iterator[Entry]:
        """The entries whose names begin as a namespace does: of many workspaces few have it."""
        for length in self._lengths:
            if length <= len(namespace):
                yield from self._entries.get(namespace[:length], ())

    def settings(self, workspace: str) -> WorkspaceSettings | None:
        """The settings of a workspace; of several the oldest count (12.2 rule 4)."""
        return self._settings.get(workspace)

    def sees(self, viewer: str | None, ref: ObjectRef, labels: Labels, kind: Shared) -> bool:
        """Whether a workspace may use an object: its own, or one that is exported to it and that it imports.

        Where it was not read what workspaces share, nothing is called hidden (DEC-24, DEC-27): that is a gap.
        """
        owner = self.owner(ref)
        if viewer is None or owner is None:
            return False
        if viewer == owner or not self._sharing_known:
            return True
        exports, imports = self._shares(owner, exported=True), self._shares(viewer, exported=False)
        return self._shared(exports, viewer, ref, labels, kind) and self._shared(imports, owner, ref, labels, kind)

    def importers(self, ref: ObjectRef, labels: Labels, kind: Shared) -> tuple[str, ...]:
        """The other workspaces that import an object, by name; none are told where it was not read who shares what."""
        owner = self.owner(ref)
        if owner is None or not self._sharing_known:
            return ()
        return tuple(each for each in self._partners(owner) if self.sees(each, ref, labels, kind))

    def _partners(self, owner: str) -> tuple[str, ...]:
        """The other workspaces that a workspace exports anything to, by name."""
        if owner not in self._exporting:
            shares = tuple(self._shares(owner, exported=True))
            others = (each for each in self._workspaces if each.name != owner)
            names = (each.name for each in others if any(with_workspace(share, each) for share in shares))
            self._exporting[owner] = tuple(sorted(names))
        return self._exporting[owner]

    def why_hidden(self, viewer: str | None, ref: ObjectRef, labels: Labels, kind: Shared) -> str:
        """Which side of the sharing is lacking for an object that a workspace does not see."""
        owner = self.owner(ref)
        if owner is None:
            return "its namespace belongs to no workspace"
        if viewer is None:
            return "the delegating table belongs to no workspace"
        if not self._shared(self._shares(owner, exported=True), viewer, ref, labels, kind):
            return f"workspace {owner} does not export it to {viewer}"
        return f"workspace {viewer} does not import it from {owner}"

    def _shares(self, workspace: str, *, exported: bool) -> Iterable[Share]:
        own = self._settings.get(workspace)
        found = in_force((*self._everywhere, *([own] if own else [])), exported=exported)
        return shares_of(found, exported=exported) if found else ()

    def _shared(self, shares: Iterable[Share], other: str, ref: ObjectRef, labels: Labels, kind: Shared) -> bool:
        """Whether any entry names the other workspace and the object."""
        partner = self._named[other]
        return any(with_workspace(share, partner) and of_object(share, ref, labels, kind) for share in shares)

    def _fits(self, pattern: ClusterPattern, cluster: str) -> bool:
        """Whether a cluster is meant; an object that does not say where it is may be anywhere (DEC-25)."""
        if not cluster:
            return True
        if pattern.name and not fits(cluster, pattern.name):
            return False
        return set(pattern.labels) <= set(self._clusters.get(cluster, {}).items())


def is_of(wanted: str, owner: str | None) -> bool:
    """Whether what a workspace owns is of the one that is wanted; without workspaces nobody knows whose a thing is."""
    return not wanted or owner in (IMPLICIT, wanted)


def in_force(settings: Iterable[WorkspaceSettings], *, exported: bool) -> WorkspaceSettings | None:
    """Of all settings that hold for a workspace those that decide what it exports, or imports.

    Those that hold everywhere stand first: they override its own, as far as they say anything (12.2 rule 4).
    """
    return next((each for each in settings if shares_of(each, exported=exported)), None)


def shares_of(settings: WorkspaceSettings, *, exported: bool) -> tuple[Share, ...]:
    """What settings export, or import."""
    return settings.exports if exported else settings.imports


def fits(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern, in which a star stands for any letters and nothing else means anything."""
    first, *others = pattern.split("*")
    if not others:
        return name == pattern
    *middle, last = others
    if not name.startswith(first) or len(name) < len(first) + len(last) or not name.endswith(last):
        return False
    place, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def has_namespace(pattern: NamespacePattern, namespace: str, labels: Labels | None) -> bool | None:
    """Whether a namespace with these labels is meant, by name and by labels; a pattern of neither means none (12.1).

    None where labels decide and are not known. One label every namespace has from Kubernetes: its name.
    """
    if not (pattern.name or pattern.labels) or (pattern.name and not fits(namespace, pattern.name)):
        return False
    wanted = set(pattern.labels) - {(NAME_LABEL, namespace)}
    if any(name == NAME_LABEL for name, _ in wanted):
        return False
    if wanted and labels is None:
        return None
    return wanted <= set(labels or ())


def entries_of(workspaces: Iterable[Workspace]) -> Mapping[str, list[Entry]]:
    """The namespaces of all workspaces, entry by entry, by what their names begin with in front of any star."""
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    every = ((each, pattern, entry) for each in workspaces for pattern in each.clusters for entry in pattern.namespaces)
    for place, (workspace, pattern, entry) in enumerate(every):
        found[entry.name.partition("*")[0]].append((place, workspace, pattern, entry))
    return found


def holder_among(all_claims: Iterable[Claim]) -> tuple[Workspace, bool] | None:
    """The workspace that has a namespace, and whether it reads configuration there; None if there is none.

    A workspace that has it for certain goes first (the oldest, DEC-20). Where labels decide that nobody knows, nothing
    is to be hidden for that (DEC-24, DEC-27): then a pattern's name decides, and one workspace that may have the
    namespace by labels alone has it if no other may.
    """
    claims = up_to_certain(all_claims)
    likely = [each for each in claims if each.sure] or [each for each in claims if each.named] or claims
    names = {each.workspace.name for each in likely}
    if not likely or (len(names) > 1 and not (likely[0].sure or likely[0].named)):
        return None
    holder = likely[0].workspace
    return holder, any(each.config for each in claims if each.workspace is holder)


def up_to_certain(claims: Iterable[Claim]) -> list[Claim]:
    """The claims down to those of the first workspace that has the namespace for certain."""
    found: list[Claim] = []
    certain: Workspace | None = None
    for each in claims:
        if certain is not None and each.workspace is not certain:
            break
        found.append(each)
        if each.sure:
            certain = each.workspace
    return found


def with_workspace(share: Share, workspace: Workspace) -> bool:
    """Whether an entry is about a workspace: name and labels must fit one of its patterns."""
    return any(
        (not each.name or fits(workspace.name, each.name)) and set(each.labels) <= set(workspace.labels)
        for each in share.workspaces
    )


def of_object(share: Share, ref: ObjectRef, labels: Labels, kind: Shared) -> bool:
    """Whether an entry is about an object; without resources it is about everything."""
    return not share.resources or any(
        each.kind in (Shared.ALL, kind)
        and set(each.labels) <= set(labels)
        and each.name in ("", ref.name)
        and each.namespace in ("", ref.namespace)
        and (each.cluster in ("", ref.cluster) or not ref.cluster)
        for each in share.resources
    )


class VisibleTables:
    """The tables that one workspace may delegate to, and what is known of the others."""

    def __init__(
        self, tenancy: Tenancy, viewer: str | None, tables: tuple[RouteTable, ...], roots: RootsAsChildren
    ) -> None:
        self._tenancy = tenancy
        self._viewer = viewer
        self._all = Index(tables)
        seen = [each for each in tables if tenancy.sees(viewer, each.ref, each.labels, Shared.ROUTE_TABLE)]
        self._visible = Index(seen)
        usable = seen if roots is RootsAsChildren.INCLUDED else [each for each in seen if not each.has_hosts]
        self._usable = Index(usable)

    def named(self, namespace: str, name: str) -> RouteTable | None:
        """The table of that name."""
        return self._usable.named(namespace, name)

    def select(self, selector: Selector) -> tuple[RouteTable, ...]:
        """All tables that fit and may be delegated to, by namespace and then name."""
        return self._of_workspace(selector, self._usable)

    def hits(self, selector: Selector, table: ObjectRef) -> bool:
        """Whether a selector fits a table that is seen, though it may not be delegated to."""
        return any(each.ref == table for each in self._of_workspace(selector, self._visible))

    def nothing(self, selector: Selector) -> DeadEnd | None:
        """Whether something fits that has hosts, or that is not visible from here (8.1, SEM-01)."""
        if found := self._of_workspace(selector, self._visible):
            return DeadEnd(Reason.HAS_HOSTS, selector.origin, found[0].ref)
        if found := self._of_workspace(selector, self._all):
            first = found[0]
            why = self._tenancy.why_hidden(self._viewer, first.ref, first.labels, Shared.ROUTE_TABLE)
            return DeadEnd(Reason.NOT_VISIBLE, selector.origin, first.ref, note=why)
        return None

    def owner(self, table: RouteTable) -> tuple[str, bool]:
        """The workspace of a table, and whether it is another than the viewer's."""
        owner = self._tenancy.owner(table.ref)
        return owner or IMPLICIT, owner != self._viewer

    def _of_workspace(self, selector: Selector, index: Index[RouteTable]) -> tuple[RouteTable, ...]:
        found = index.select(selector)
        if not selector.workspace or self._viewer == IMPLICIT:  # without workspaces nobody knows whose a table is
            return found
        return tuple(each for each in found if self._tenancy.owner(each.ref) == selector.workspace)

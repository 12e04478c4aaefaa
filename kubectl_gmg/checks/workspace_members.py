"""Which namespace is whose, as far as that is certain: labels of some are not known (`spec/v2.md` 12, DEC-20)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

from kubectl_gmg.api import KINDS
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.outside import settings_are_given
from kubectl_gmg.model.declared import Realm
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.workspace import ClusterPattern, NamespacePattern, Workspace
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.tenancy import fits, has_namespace

EVERY_NAME = ("", "*")
SPOILING = ("GMG001", "GMG002", "GMG522")
"""What was noted of an object after which nobody can tell what it was meant to say: one cause, one finding."""


def realms_with_workspaces(context: CheckContext, *kinds: str) -> Iterator[tuple[str, Realm]]:
    """The generations that have workspaces, where all of these and all objects of `kinds` are known."""
    for generation, realm in context.declared.realms:
        if realm.workspaces and are_known(context, generation, "Workspace", *kinds):
            yield generation, realm


def are_known(context: CheckContext, generation: str, *names: str) -> bool:
    """Whether every object of some kinds was read, so that what was not seen is not there, and can be understood."""
    if "WorkspaceSettings" in names and not settings_are_given(dict(context.declared.realms)[generation]):
        return False
    kinds = [kind for kind in KINDS if kind.generation == generation and kind.name in names]
    spoilt = {problem.at.ref.kind for code in SPOILING for problem in context.noted(code)}
    return all(context.snapshot.extent(kind).complete and kind.name not in spoilt for kind in kinds)


@dataclass(frozen=True, slots=True)
class Member:
    """A namespace as an entry of a workspace has it; not `certain` where labels decide that nobody knows."""

    workspace: Workspace
    clusters: ClusterPattern
    origin: Origin
    certain: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """Some namespaces of some clusters, as a workspace lists them."""

    workspace: Workspace
    clusters: ClusterPattern
    namespace: NamespacePattern
    origin: Origin


def members_by_generation(context: CheckContext) -> Mapping[str, Membership]:
    """The namespaces of workspaces, in each generation that has any."""
    return {name: Membership(realm) for name, realm in context.declared.realms if realm.workspaces}


class Membership:
    """The namespaces of all workspaces of one generation."""

    def __init__(self, realm: Realm) -> None:
        workspaces = sorted(realm.workspaces, key=lambda each: by_age(each.created, each.ref))
        self._inventory = realm.inventory
        self._clusters = {each.name: dict(each.labels) for each in realm.inventory.clusters}
        self._known: dict[tuple[str, str], tuple[Member, ...]] = {}
        self._entries: defaultdict[str, list[tuple[int, Entry]]] = defaultdict(list)
        for place, entry in enumerate(each for workspace in workspaces for each in entries(workspace)):
            self._entries[entry.namespace.name.partition("*")[0]].append((place, entry))

    def of(self, ref: ObjectRef) -> tuple[Member, ...]:
        """Every entry that has the namespace of an object, or that may have it, those of the oldest workspace first."""
        place = (ref.cluster, ref.namespace)
        if place not in self._known:
            self._known[place] = tuple(self._members(ref))
        return self._known[place]

    def certain(self, ref: ObjectRef) -> bool:
        """Whether it is known whose the namespace of an object is; not so where it may be another workspace's too."""
        found = self.of(ref)
        return bool(found) and all(each.certain for each in found)

    def shared(self, ref: ObjectRef) -> tuple[Member, ...]:
        """Entries of several workspaces that surely have the namespace in one cluster; none if there is one owner."""
        first: dict[str, Member] = {}
        for member in self.of(ref):
            if member.certain:
                first.setdefault(member.workspace.name, member)
        holders = tuple(first.values())
        for place, holder in enumerate(holders):
            if others := tuple(each for each in holders[place + 1 :] if self._meet(holder, each, ref.cluster)):
                return (holder, *others)
        return ()

    def _members(self, ref: ObjectRef) -> Iterator[Member]:
        """The entries that may have a namespace; only those whose names begin as it does are looked at."""
        if not ref.namespace:
            return
        labels = self._inventory.namespace_labels(ref.cluster, ref.namespace)
        starts = (ref.namespace[:end] for end in range(len(ref.namespace) + 1))
        for _, entry in sorted(
            chain.from_iterable(self._entries.get(start, ()) for start in starts), key=itemgetter(0)
        ):
            here = has_cluster(entry.clusters, ref.cluster, self._clusters) if ref.cluster else True
            has = has_namespace(entry.namespace, ref.namespace, labels)
            if here is not False and has is not False:
                yield Member(entry.workspace, entry.clusters, entry.origin, here is True and has is True)

    def _meet(self, one: Member, other: Member, cluster: str) -> bool:
        """Whether two entries surely mean one cluster; an object may not say where it is (DEC-25)."""
        first, second = one.clusters, other.clusters
        if cluster or (first.name, first.labels) == (second.name, second.labels):
            return True
        if all(each.name in EVERY_NAME and not each.labels for each in (first, second)):
            return True
        written = (each.name for each in (first, second) if each.name and "*" not in each.name)
        return any(
            has_cluster(first, name, self._clusters) and has_cluster(second, name, self._clusters)
            for name in (*self._clusters, *written)
        )


def entries(workspace: Workspace) -> Iterator[Entry]:
    """The namespaces of a workspace, entry by entry."""
    for place, clusters in enumerate(workspace.clusters):
        for index, namespace in enumerate(clusters.namespaces):
            path = ("spec", "workloadClusters", place, "namespaces", index)
            yield Entry(workspace, clusters, namespace, Origin(workspace.ref, path))


def has_cluster(pattern: ClusterPattern, name: str, clusters: Mapping[str, dict[str, str]]) -> bool | None:
    """Whether a cluster is meant; None where its labels decide and are not known."""
    if pattern.name and not fits(name, pattern.name):
        return False
    if not pattern.labels:
        return True
    return set(pattern.labels) <= set(clusters[name].items()) if name in clusters else None

"""How many clusters, namespaces and imports a workspace may have (`spec/v2.md` 12, 13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.count_bounds import Bounds, all_given, settled
from kubectl_gmg.checks.workspace_members import has_cluster, members_by_generation
from kubectl_gmg.checks.workspace_sharing import settings_by_workspace
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.workspace import Share, Shared, Workspace, WorkspaceSettings
from kubectl_gmg.resolve.tenancy import in_force, with_workspace


def workspace_of(context: CheckContext, ref: ObjectRef) -> Workspace | None:
    """The workspace of that name."""
    return context.once(workspaces).get(ref)


def workspaces(context: CheckContext) -> Mapping[ObjectRef, Workspace]:
    """The workspaces, by reference."""
    return {each.ref: each for _, realm in context.declared.realms for each in realm.workspaces}


def clusters_of(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The registered clusters that a workspace asks for; an entry without namespaces is an error."""
    workspace = workspace_of(context, ref)
    if workspace is None or not all_given(context, "KubernetesCluster"):
        return None
    known = {each.name: dict(each.labels) for each in context.realm(ref).inventory.clusters}
    found = {name: [each for each in workspace.clusters if has_cluster(each, name, known)] for name in known}
    least = sum(any(each.namespaces for each in entries) for entries in found.values())
    most = sum(map(bool, found.values()))
    return Bounds(least, most, tuple(f"cluster {name}" for name in sorted(found) if found[name]))


def namespaces_of(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The namespaces that a workspace asks for by name in registered clusters, each of which need not be there.

    Those with an object of a registered cluster are there.
    """
    workspace = workspace_of(context, ref)
    if workspace is None or not all_given(context, "KubernetesCluster"):
        return None
    known = {each.name: dict(each.labels) for each in context.realm(ref).inventory.clusters}
    asked = {
        (name, each.name)
        for name in known
        for entry in workspace.clusters
        if has_cluster(entry, name, known)
        for each in entry.namespaces
    }
    there = context.once(namespaces_with_objects)[ref.generation].get(workspace.name, frozenset())
    by_name = all(name and "*" not in name for _, name in asked)
    shown = tuple(f"namespace {name}" for name in sorted({name for _, name in asked if name}))
    return Bounds(len(there), len(asked) if by_name else None, shown)


def namespaces_with_objects(context: CheckContext) -> Mapping[str, Mapping[str, AbstractSet[str]]]:
    """The namespaces of each workspace with an object of a registered cluster, by generation."""
    places = {(raw.ref.cluster, raw.ref.namespace): raw.ref for raw in context.snapshot.objects}
    made = {}
    for generation, membership in context.once(members_by_generation).items():
        known = {each.name for each in dict(context.declared.realms)[generation].inventory.clusters}
        found: defaultdict[str, set[str]] = defaultdict(set)
        for ref in places.values():
            owners = {each.workspace.name for each in membership.of(ref)} if ref.cluster in known else set()
            if len(owners) == 1 and membership.certain(ref):
                found[owners.pop()].add(ref.namespace)
        made[generation] = found
    return made


def imported_workspaces(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The workspaces that one imports from: all that its imports name, or those of them that export something to it."""
    workspace, realm = workspace_of(context, ref), context.realm(ref)
    given = all_given(context, "Workspace") and all_given(context, "WorkspaceSettings")
    if workspace is None or not realm.settings_read.complete or not given:
        return None
    accepted = context.once(settled)
    deciding = in_force(settings_of(context, workspace), exported=False)
    imports = deciding.imports if deciding else ()
    sure = [share for share in imports if share.origin.ref in accepted]
    named = [each for each in realm.workspaces if names_workspace(imports, each)]
    both = [
        each for each in named if each.ref != ref and share_anything(sure, exports_of(context, each), workspace, each)
    ]
    return Bounds(len(both), len(named), tuple(f"workspace {each.name}" for each in named))


def settings_of(context: CheckContext, workspace: Workspace) -> Sequence[WorkspaceSettings]:
    """The settings that hold for a workspace, those that hold everywhere first."""
    return context.once(settings_by_generation)[workspace.ref.generation][workspace.name]


def settings_by_generation(context: CheckContext) -> Mapping[str, Mapping[str, Sequence[WorkspaceSettings]]]:
    """The settings that hold for each workspace, those that hold everywhere included."""
    found = {}
    for generation, realm in context.declared.realms:
        if realm.workspaces:
            own = settings_by_workspace(realm, context.tenancy(realm.workspaces[0].ref))
            everywhere = [each for each in realm.settings if each.everywhere]
            names = [each.name for each in realm.workspaces]
            found[generation] = {name: (*everywhere, *own.get(name, ())[:1]) for name in names}
    return found


def exports_of(context: CheckContext, workspace: Workspace) -> Iterator[Share]:
    """What a workspace exports by settings that the controller has accepted."""
    accepted = context.once(settled)
    found = in_force(settings_of(context, workspace), exported=True)
    return iter(found.exports if found and found.ref in accepted else ())


def share_anything(imports: Iterable[Share], exports: Iterable[Share], viewer: Workspace, owner: Workspace) -> bool:
    """Whether an import of one workspace and an export of another name each other, and a kind that both are about."""
    wanted = [kinds_of(each) for each in imports if with_workspace(each, owner)]
    given = [kinds_of(each) for each in exports if with_workspace(each, viewer)]
    return any(Shared.ALL in one | other or one & other - {Shared.OTHER} for one in wanted for other in given)


def kinds_of(share: Share) -> AbstractSet[Shared]:
    """The kinds that an entry is about; `OTHER` may be any of several."""
    return {each.kind for each in share.resources} or {Shared.ALL}


def names_workspace(shares: Iterable[Share], workspace: Workspace) -> bool:
    """Whether any entry is about a workspace."""
    return any(with_workspace(share, workspace) for share in shares)

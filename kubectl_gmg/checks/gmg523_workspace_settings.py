"""A workspace has no settings of its own, or several.

What a workspace imports from others and exports to them stands in one WorkspaceSettings, of any name, in one of its
namespaces. Without it the workspace shares nothing by itself, which is fine as long as nobody expects it to. With
several it is not documented which one counts; here it is the oldest.

Example:
    kind: WorkspaceSettings
    metadata: {name: first, namespace: shop}
    ---
    kind: WorkspaceSettings
    metadata: {name: second, namespace: shop-jobs}     # a namespace of the same workspace

Fix:
    Keep one WorkspaceSettings for each workspace, in one of its namespaces.

Source:
    `spec/v2.md` 12.2 rule 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.workspace_members import members_by_generation, realms_with_workspaces
from kubectl_gmg.checks.workspace_sharing import settings_by_workspace
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.workspace import Workspace, WorkspaceSettings

NEEDS = ("Workspace", "WorkspaceSettings", "Namespace")


@check("GMG523", v2=INFO, rows=("v2 12.2",), needs=NEEDS)
def workspace_settings(context: CheckContext) -> Iterable[Problem]:
    """Every workspace without settings, and all settings of a workspace beside those that count."""
    for generation, realm in realms_with_workspaces(context, "WorkspaceSettings"):
        membership = context.once(members_by_generation)[generation]
        own = settings_by_workspace(realm, context.tenancy(realm.workspaces[0].ref))
        near = {each.workspace.name for settings in realm.settings for each in membership.of(settings.ref)}
        for workspace in realm.workspaces:
            found = own.get(workspace.name, [])
            if not found and workspace.name not in near:
                yield without(workspace)
            elif all(membership.certain(each.ref) for each in found):
                yield from beside(workspace, found)


def without(workspace: Workspace) -> Problem:
    """A workspace that has no settings."""
    said = (
        f"workspace {workspace.name} has no WorkspaceSettings in any of its namespaces, so it shares nothing by itself"
    )
    return Problem("GMG523", said, Origin(workspace.ref))


def beside(workspace: Workspace, found: list[WorkspaceSettings]) -> Iterator[Problem]:
    """Settings that stand beside others of the workspace."""
    for each in found[1:]:
        said = f"workspace {workspace.name} has {found[0].ref} already; of several the first by age and name is taken"
        yield Problem("GMG523", said, Origin(each.ref), related=(Note("is taken", Origin(found[0].ref)),))

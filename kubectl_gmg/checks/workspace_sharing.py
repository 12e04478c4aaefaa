"""The settings of workspaces: which ones count for whom, and what they share (`spec/v2.md` 12.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.declared import Labels, Realm
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.workspace import Shared, WorkspaceSettings
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.tenancy import Tenancy, in_force, of_object, shares_of, with_workspace

IMPORTS, EXPORTS = "importFrom", "exportTo"


def settings_by_workspace(realm: Realm, tenancy: Tenancy) -> dict[str, list[WorkspaceSettings]]:
    """The settings in the namespaces of each workspace, the oldest first; those that hold everywhere are left out."""
    found: defaultdict[str, list[WorkspaceSettings]] = defaultdict(list)
    for each in sorted(realm.settings, key=lambda each: by_age(each.created, each.ref)):
        owner = None if each.everywhere else tenancy.owner(each.ref)
        if owner is not None:
            found[owner].append(each)
    return found


def sharing_by_generation(context: CheckContext) -> Mapping[str, Sharing]:
    """What workspaces say of sharing, in each generation that has any."""
    realms = ((name, realm) for name, realm in context.declared.realms if realm.workspaces)
    return {name: Sharing(realm, context.tenancy(realm.workspaces[0].ref)) for name, realm in realms}


class Sharing:
    """What workspaces say of sharing tables with one another."""

    def __init__(self, realm: Realm, tenancy: Tenancy) -> None:
        self._named = {each.name: each for each in realm.workspaces}
        self._own = {name: each[0] for name, each in settings_by_workspace(realm, tenancy).items()}
        everywhere = (each for each in realm.settings if each.everywhere)
        self._everywhere = sorted(everywhere, key=lambda each: by_age(each.created, each.ref))

    def place(self, context: CheckContext, workspace: str, field: str, otherwise: ObjectRef) -> Origin:
        """Where the settings of a workspace list what it imports or exports, as far as that is written."""
        settings = self._in_force(workspace, exported=field == EXPORTS) or self._own.get(workspace)
        if settings is None:
            return Origin(otherwise)
        return context.existing(Origin(settings.ref, ("spec", field)))

    def imports(self, workspace: str, other: str, table: ObjectRef, labels: Labels) -> bool:
        """Whether a workspace imports a table from another one."""
        return self._shares(workspace, other, table, labels, exported=False)

    def exports(self, workspace: str, other: str, table: ObjectRef, labels: Labels) -> bool:
        """Whether a workspace exports a table to another one."""
        return self._shares(workspace, other, table, labels, exported=True)

    def _shares(self, workspace: str, other: str, table: ObjectRef, labels: Labels, *, exported: bool) -> bool:
        partner, found = self._named.get(other), self._in_force(workspace, exported=exported)
        if partner is None or found is None:
            return False
        return any(
            with_workspace(share, partner) and of_object(share, table, labels, Shared.ROUTE_TABLE)
            for share in shares_of(found, exported=exported)
        )

    def _in_force(self, workspace: str, *, exported: bool) -> WorkspaceSettings | None:
        """The settings that decide what a workspace imports, or exports."""
        own = self._own.get(workspace)
        return in_force((*self._everywhere, *([own] if own else [])), exported=exported)

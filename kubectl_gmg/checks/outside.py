"""What may stand in files that were not given (`spec/v1beta1.md` D-27, `spec/v2.md` DEC-27).

A cluster is read as a whole, but files are what somebody chose, often those of one team. What other teams wrote is then
neither there nor missing: a finding that needs it is not made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.delegating_rules import Way
from kubectl_gmg.model.action import Selector, TableRef
from kubectl_gmg.model.declared import Realm, RouteTable
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.tenancy import in_force, of_object, with_workspace

Place = tuple[str, str, str | None]
"""A generation, a namespace, and the workspace that it belongs to there."""

SLIP = 0.85
"""How alike two names are, from 0 to 1, if a finding rests on one being meant for the other: more than for a hint."""


def settings_are_given(realm: Realm) -> bool:
    """Whether it can be told what workspaces share: who gives Workspaces may keep all WorkspaceSettings elsewhere."""
    return bool(realm.settings) or not realm.inventory.partial or len(realm.workspaces) < 2


def knows_owners(context: CheckContext, selector: Selector) -> bool:
    """Whether it can be told of which tables a selector may be meant: not by a workspace if no Workspace was given."""
    realm = context.realm(selector.origin.ref)
    return not selector.workspace or not realm.inventory.partial or bool(realm.workspaces)


def selects_outside(context: CheckContext, way: Way, selector: Selector) -> bool:
    """Whether a selector that finds nothing may be meant for tables that were not given.

    That is so if no table was given where it looks, apart from those on the way down to it, and if the workspace that
    it asks for, if any, is not one of those given with a slip in its name.
    """
    realm = context.realm(selector.origin.ref)
    if not realm.inventory.partial or misspelt(selector.workspace, (each.name for each in realm.workspaces)):
        return False
    above = {way.passage.rules[0].origin.ref, *(each.table.ref for each in way.passage.tables)}
    places = context.once(tables_by_place).items()
    return not any(in_scope(selector, place) and not above.issuperset(refs) for place, refs in places)


def names_outside(context: CheckContext, ref: TableRef) -> bool:
    """Whether a reference that finds nothing may name a table not given: no table or host of its namespace was."""
    owner = ref.origin.ref
    if not ref.name or not context.realm(owner).inventory.partial:
        return False
    return (owner.generation, ref.namespace) not in context.once(places_given)


def places_given(context: CheckContext) -> frozenset[tuple[str, str]]:
    """The generation and namespace of every table and host."""
    tables, hosts = context.declared.tables, context.declared.hosts
    given = (*(each.ref for each in tables), *(each.ref for each in hosts))
    return frozenset((each.generation, each.namespace) for each in given)


def misspelt(name: str, known: Iterable[str]) -> bool:
    """Whether a name is nearly, but not quite, one that is known; numbered names are different names."""
    names, text = {letters(each) for each in known}, letters(name)
    return text not in names and bool(get_close_matches(text, names, n=1, cutoff=SLIP))


def letters(name: str) -> str:
    """A name without its numbers and signs."""
    return "".join(filter(str.isalpha, name))


def tables_by_place(context: CheckContext) -> dict[Place, list[ObjectRef]]:
    """The tables that can be delegated to, by generation, namespace and workspace."""
    found: defaultdict[Place, list[ObjectRef]] = defaultdict(list)
    for table in context.declared.tables:
        if not table.has_hosts:
            owner = context.tenancy(table.ref).owner(table.ref)
            found[table.ref.generation, table.ref.namespace, owner].append(table.ref)
    return found


def in_scope(selector: Selector, place: Place) -> bool:
    """Whether a selector looks in a place, whatever the labels there."""
    generation, namespace, workspace = place
    if generation != selector.origin.ref.generation:
        return False
    fits = selector.namespaces is None or namespace in selector.namespaces
    return fits and selector.workspace in ("", workspace)


def used_outside(context: CheckContext, table: RouteTable) -> bool:
    """Whether a table is exported to workspaces of which no table was given: they may delegate to it."""
    realm, tenancy = context.realm(table.ref), context.tenancy(table.ref)
    if not realm.inventory.partial:
        return False
    owner = tenancy.owner(table.ref)
    holders = context.once(holders_of_tables)
    others = [each for each in realm.workspaces if each.name in holders and each.name != owner]
    hold = (each for each in realm.settings if each.everywhere or tenancy.owner(each.ref) == owner)
    found = in_force(sorted(hold, key=lambda each: not each.everywhere), exported=True)
    return any(
        not any(with_workspace(replace(share, workspaces=(pattern,)), each) for each in others)
        for share in (found.exports if found else ())
        if of_object(share, table.ref, table.labels, Shared.ROUTE_TABLE)
        for pattern in share.workspaces
    )


def holders_of_tables(context: CheckContext) -> frozenset[str | None]:
    """The workspaces that have some table."""
    return frozenset(context.tenancy(each.ref).owner(each.ref) for each in context.declared.tables)


def claimed_outside(context: CheckContext, ref: ObjectRef) -> bool:
    """Whether the namespace of an object that no workspace has may be one of a workspace that was not given.

    Who gives the Workspaces of some teams need not give those of others. They are taken for all of them only if there
    are several and one has a gateway that was given too. Otherwise a namespace is still told whose name has a slip, or
    where WorkspaceSettings stand that are called as a Workspace is.
    """
    realm, tenancy = context.realm(ref), context.tenancy(ref)
    gateways = (each.ref for each in context.declared.gateways if each.ref.generation == ref.generation)
    if not realm.inventory.partial or (len(realm.workspaces) > 1 and any(map(tenancy.owner, gateways))):
        return False
    listed = (each.name for workspace in realm.workspaces for part in workspace.clusters for each in part.namespaces)
    settings = {each.ref.name for each in realm.settings if each.ref.namespace == ref.namespace}
    return settings.isdisjoint(each.name for each in realm.workspaces) and not misspelt(ref.namespace, listed)


def sharing_is_given(context: CheckContext, ref: ObjectRef) -> bool:
    """Whether it can be told that an object is not shared: its workspace, and what workspaces share, were given."""
    realm = context.realm(ref)
    owned = context.tenancy(ref).owner(ref) is not None
    return settings_are_given(realm) and (owned or not claimed_outside(context, ref))


def is_placeholder(context: CheckContext, ref: ObjectRef, text: str) -> bool:
    """Whether a text of a file waits for a value that is filled in before the file is applied: `${NAME}`."""
    return context.realm(ref).inventory.partial and "${" in text

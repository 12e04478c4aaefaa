"""The workspace of a child table does not import its parent.

A table of another workspace can be delegated to where its workspace exports it and the workspace of the delegating
table imports it; that is how the product works, and it is enough for the routes to be served. One page of the vendor's
documentation asks for the other direction as well: that the parent is exported to, and imported by, the workspace of
the child. That is worth knowing when policies of the parent do not reach the child as that page says they do.

Example:
    # workspace ops has the root and imports from team1, which exports to ops
    kind: WorkspaceSettings
    metadata: {name: team1, namespace: team1}
    spec:
      exportTo: [{workspaces: [{name: ops}]}]      # and no importFrom of ops

Fix:
    Nothing has to be done; to satisfy both readings, let the child's workspace import ROUTE_TABLE from the parent's.

Source:
    `spec/v2.md` 12.3 and DEC-21: the sources contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.workspace_members import members_by_generation, realms_with_workspaces
from kubectl_gmg.checks.workspace_sharing import EXPORTS, IMPORTS, Sharing, sharing_by_generation
from kubectl_gmg.model.declared import Labels, RouteRule, RouteTable
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Delegation, Target
from kubectl_gmg.resolve.tenancy import Tenancy

Pair = tuple[str, str]
"""The workspace of a delegating table, and that of the table below it."""

NEEDS = ("Workspace", "WorkspaceSettings", "Namespace")


@check("GMG521", v2=INFO, rows=("DEC-21",), needs=NEEDS)
def one_way_import(context: CheckContext) -> Iterable[Problem]:
    """Every pair of workspaces of which one delegates to the other, and is not imported by it."""
    for generation, realm in realms_with_workspaces(context, "WorkspaceSettings"):
        tenancy = context.tenancy(realm.workspaces[0].ref)
        sharing = context.once(sharing_by_generation)[generation]
        membership = context.once(members_by_generation)[generation]
        labels = {table.ref: table.labels for table in context.declared.tables}
        told: set[Pair] = set()
        for rule, child, pair in foreign(context, generation, tenancy):
            if pair not in told and membership.certain(rule.origin.ref) and membership.certain(child.ref):
                lacks = one_way(sharing, pair, rule.origin.ref, labels.get(rule.origin.ref, ()))
                if lacks:
                    told.add(pair)
                    yield told_of(context, sharing, pair, rule, child, lacks)


def foreign(context: CheckContext, generation: str, tenancy: Tenancy) -> Iterator[tuple[RouteRule, RouteTable, Pair]]:
    """Every rule that delegates to a table of another workspace, once for each table and parent, with both owners."""
    seen: set[tuple[ObjectRef, ObjectRef]] = set()
    for passage in context.passages:
        node = passage.node
        parent = passage.rule.origin.ref
        if not isinstance(node, Delegation) or node.replaced is not None or parent.generation != generation:
            continue
        for target in node.targets:
            if isinstance(target, Target) and target.inclusion.imported:
                child, owner = target.inclusion.table, tenancy.owner(parent)
                if owner and (parent, child.ref) not in seen:
                    seen.add((parent, child.ref))
                    yield passage.rule, child, (owner, target.inclusion.workspace)


def one_way(sharing: Sharing, pair: Pair, parent: ObjectRef, labels: Labels) -> str:
    """The field that lacks what the second reading wants; empty if none does."""
    upper, lower = pair
    if not sharing.imports(lower, upper, parent, labels):
        return IMPORTS
    return "" if sharing.exports(upper, lower, parent, labels) else EXPORTS


def told_of(
    context: CheckContext, sharing: Sharing, pair: Pair, rule: RouteRule, child: RouteTable, field: str
) -> Problem:
    """What the second reading wants of two workspaces, at the settings of the one that lacks it."""
    upper, lower = pair
    parent = rule.origin.ref
    lacks = f"{lower} does not import {parent} from {upper}"
    if field == EXPORTS:
        lacks = f"{upper} does not export {parent} to {lower}"
    said = f"workspace {lacks}, as one reading of the documentation wants where it delegates to {child.ref}"
    at = sharing.place(context, upper if field == EXPORTS else lower, field, child.ref)
    notes = (Note("delegates", rule.origin), Note("is delegated to", Origin(child.ref)))
    return Problem("GMG521", said, at, related=notes)

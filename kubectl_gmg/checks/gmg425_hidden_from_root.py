"""A destination that the table's workspace sees, and the root's does not.

The rule stands in a table of one workspace and is served by a host of another. The destination is visible where the
table is, so the rule works; but a strict reading of the documentation asks it of the workspace of the host as well.
There it is not exported or not imported, and a release that reads it so would answer 500.

Example:
    root table in workspace gateways -> table in workspace apps -> Service that apps does not export

Fix:
    Export the destination from its workspace and import it into that of the root.

Source:
    `spec/v2.md` 12.4 (rule 1) and DEC-22.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.faulty_destinations import words
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.action import Destination, ForwardTo
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.resolved import Status
from kubectl_gmg.resolve.destination import look_up
from kubectl_gmg.resolve.faults import SHARED

CODE = "GMG425"


@check(CODE, v2=WARNING, rows=("SEM-02", "DEC-22"), needs=("Service", "VirtualDestination", "Workspace"))
def hidden_from_root(context: CheckContext) -> Iterator[Problem]:
    """Destinations of rules that work, which the workspace of the host that serves them does not see."""
    if not any(realm.workspaces for _, realm in context.declared.realms):
        return
    seen: set[tuple[int, int]] = set()
    for row in context.rows:
        rules, action = row.route.terminal.rules, row.route.action
        if len(rules) > 1 and row.route.status is Status.OK and isinstance(action, ForwardTo):
            key = id(rules[-1]), id(row.route.root)
            if key not in seen:
                seen.add(key)
                yield from hidden(context, rules[0], rules[-1], action)


def hidden(context: CheckContext, root: RouteRule, rule: RouteRule, action: ForwardTo) -> Iterator[Problem]:
    """What the workspace of the root does not see of what a rule forwards to."""
    tenancy = context.tenancy(root.origin.ref)
    viewer, own = tenancy.owner(root.origin.ref), tenancy.owner(rule.origin.ref)
    if viewer is None or own is None or viewer == own:
        return
    for destination in action.destinations:
        if why := why_hidden(context, destination, viewer, own):
            message = f"workspace {own} sees {words(destination)}, but the root's workspace {viewer} does not: {why}"
            yield Problem(CODE, message, destination.origin, related=(Note("delegates here", root.origin),))


def why_hidden(context: CheckContext, destination: Destination, viewer: str, own: str) -> str:
    """Which side of the sharing is lacking; empty where the root sees the destination, or the table does not."""
    ref = destination.origin.ref
    tenancy, kind = context.tenancy(ref), SHARED.get(destination.kind)
    named, _ = look_up(destination, context.realm(ref).inventory)
    if kind is None or named is None or not tenancy.sees(own, named.ref, named.labels, kind):
        return ""
    if tenancy.sees(viewer, named.ref, named.labels, kind):
        return ""
    return tenancy.why_hidden(viewer, named.ref, named.labels, kind)

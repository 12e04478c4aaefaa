"""The weight of a route table changes nothing.

A weight puts a table before or after the others that the same rule delegates to. Here there is no other, or all of
them weigh the same, or the routes are sorted by specificity and never tie; and the weight of a table with hosts of its
own does not count at all.

Example:
    kind: RouteTable
    metadata: {name: reviews-rt, namespace: gloo-mesh}
    spec:
      weight: 100   # and the only rule that delegates to it names no other table

Fix:
    Take the weight away, or look whether another table was meant to be delegated to beside it.

Source:
    `spec/v1beta1.md` 4.1, 8.3, 8.5; `spec/v2.md` 4.1, 8.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.delegating_rules import knows_all_ways
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.weight_effects import WeightEffects
from kubectl_gmg.model.conventions import RootsAsChildren
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import Origin

OF_ROOT = "nothing delegates to a table with hosts"


@check("GMG216", v1beta1=INFO, v2=INFO, needs=("RouteTable", "VirtualHost", "VirtualGateway"))
def idle_weight(context: CheckContext) -> Iterator[Problem]:
    """Finds them where every way to the table is known."""
    weighed = [each for each in context.declared.tables if each.weight]
    effects = WeightEffects(context) if weighed else None
    for table in weighed:
        if effects and (why := of_root(context, table) or of_child(context, table, effects)):
            message = f"weight {table.weight} changes nothing: {why}"
            yield Problem("GMG216", message, Origin(table.ref, ("spec", "weight")))


def of_root(context: CheckContext, table: RouteTable) -> str:
    """Why a table that is never a child has no use for a weight; empty for any other."""
    skipped = context.realm(table.ref).conventions.roots_as_children is RootsAsChildren.SKIPPED
    return OF_ROOT if table.has_hosts and skipped else ""


def of_child(context: CheckContext, table: RouteTable, effects: WeightEffects) -> str:
    """Why the weight of a table that is delegated to changes nothing; empty if it does, or may."""
    return effects.why_idle(table.ref) if knows_all_ways(context, table.ref) else ""

"""A route table without routes is delegated to.

It contributes nothing: requests for it go on to the next route of the host, and end with 404 if nothing else takes
them.

Example:
    kind: RouteTable
    metadata: {name: reviews-rt, namespace: gloo-mesh}
    spec: {routes: []}   # and a VirtualHost delegates /reviews to it

Fix:
    Write its routes, or take the table out of the delegation.

Source:
    `spec/v1beta1.md` 8.6 (RT-EMPTY).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.words import rule_and_holder
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Reason


@check("GMG205", v1beta1=WARNING, rows=("RT-EMPTY",))
def empty_route_table(context: CheckContext) -> Iterator[Problem]:
    """Finds each such table once, with everything that delegates to it."""
    found: dict[ObjectRef, dict[Origin, RouteRule]] = {}
    for passage, end in context.dead_ends:
        if end.reason is Reason.EMPTY and end.ref is not None:
            found.setdefault(end.ref, {}).setdefault(end.origin, passage.rule)
    for ref, rules in found.items():
        first, *more = rules.values()
        who = f"{rule_and_holder(first)} {f'and {len(more)} more delegate' if more else 'delegates'}"
        message = f"the table has no routes, though {who} to it"
        related = tuple(Note("delegates here", at) for at in rules)
        yield Problem("GMG205", message, context.existing(Origin(ref, ("spec", "routes"))), related=related)

"""A rule delegates to a route table that does not exist.

The reference leads nowhere. The other tables that the rule names or selects are still used, but requests that were
meant for the missing one go on to the next route of the host, and end with 404 if nothing else takes them.

Example:
    routes:
    - name: reviews
      matchers: [{uri: {prefix: /reviews}}]
      delegateAction:
        refs: [{name: reviws-rt, namespace: gloo-mesh}]   # the table is called reviews-rt

Fix:
    Correct the name or the namespace of the reference, or create the table.

Source:
    spec/v1beta1.md 8.6, D-31 (RT-MISSING-REF)
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext, Passage
from kubectl_gmg.checks.delegating_rules import called, dead_ends
from kubectl_gmg.checks.near_misses import Fixes, NearMisses
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.checks.selector_words import located
from kubectl_gmg.model.action import Delegate, TableRef
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Delegation, Reason, Target


@check("GMG201", v1beta1=ERROR, rows=("RT-MISSING-REF",), needs=("RouteTable",))
def missing_route_table(context: CheckContext) -> Iterator[Problem]:
    """Finds them; a reference without a namespace is another matter (GMG211)."""
    ends = dead_ends(context, Reason.MISSING)
    near, fixes = NearMisses(context) if ends else None, Fixes(context)
    for passage, end in ends:
        entry = entry_at(passage, end.origin)
        if near is not None and entry is not None and entry.namespace:
            yield problem(passage, entry, near, fixes)


def entry_at(passage: Passage, origin: Origin) -> TableRef | None:
    """The reference of a rule that stands at a place."""
    action = passage.rule.action
    entries = action.entries if isinstance(action, Delegate) else ()
    return next((each for each in entries if isinstance(each, TableRef) and each.origin == origin), None)


def reached(passage: Passage) -> frozenset[ObjectRef]:
    """The tables that a rule, or the way down to it, leads to already."""
    targets = passage.node.targets if isinstance(passage.node, Delegation) else ()
    inside = (each.inclusion.table.ref for each in targets if isinstance(each, Target))
    return frozenset({*inside, *(each.table.ref for each in passage.tables)})


def problem(passage: Passage, entry: TableRef, near: NearMisses, fixes: Fixes) -> Problem:
    """What is said of one reference."""
    owner = entry.origin.ref
    if not entry.name:
        return Problem("GMG201", f"{called(passage.rule)} delegates to a route table without a name", entry.origin)
    there = reached(passage)
    candidates = (near.elsewhere(owner, entry.name), near.alike(owner, entry.namespace, entry.name, there))
    found = next((each for each in candidates if each is not None and each.ref not in there), None)
    return Problem(
        "GMG201",
        f"{called(passage.rule)} delegates to route table {entry.namespace}/{entry.name}, which does not exist",
        entry.origin,
        hint=f"there is a route table {located(found.ref)}" if found else "",
        fix=fixes.to_name(passage.rule, entry, found) if found else None,
    )

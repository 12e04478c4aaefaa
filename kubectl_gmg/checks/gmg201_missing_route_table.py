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
    `spec/v1beta1.md` 8.6, D-31 (RT-MISSING-REF).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext, Passage
from kubectl_gmg.checks.delegating_rules import dead_ends
from kubectl_gmg.checks.delegation_fixes import DelegationFixes
from kubectl_gmg.checks.near_misses import NearMisses
from kubectl_gmg.checks.outside import names_outside
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.checks.words import located, rule_words
from kubectl_gmg.model.action import Delegate, TableRef
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Delegation, Reason, Target


@check("GMG201", v1beta1=ERROR, rows=("RT-MISSING-REF",), needs=("RouteTable",))
def missing_route_table(context: CheckContext) -> Iterator[Problem]:
    """Finds them; a reference without a namespace is another matter (GMG211)."""
    ends = dead_ends(context, Reason.MISSING)
    near, fixes = NearMisses(context) if ends else None, DelegationFixes(context)
    for passage, end in ends:
        entry = entry_at(passage, end.origin)
        if near is not None and entry is not None and entry.namespace:
            found = meant(passage, entry, near)
            if found or not names_outside(context, entry):
                yield problem(passage, entry, found, fixes)


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


def meant(passage: Passage, entry: TableRef, near: NearMisses) -> RouteTable | None:
    """The table that a reference may mean: that of the same name elsewhere, or one of a like name."""
    owner, there = entry.origin.ref, reached(passage)
    candidates = (near.elsewhere(owner, entry.name), near.alike(owner, entry.namespace, entry.name, there))
    return next((each for each in candidates if each is not None and each.ref not in there), None)


def problem(passage: Passage, entry: TableRef, found: RouteTable | None, fixes: DelegationFixes) -> Problem:
    """What is said of one reference."""
    if not entry.name:
        return Problem("GMG201", f"{rule_words(passage.rule)} delegates to a RouteTable without a name", entry.origin)
    return Problem(
        "GMG201",
        f"{rule_words(passage.rule)} delegates to RouteTable {entry.namespace}/{entry.name}, which does not exist",
        entry.origin,
        hint=f"there is a RouteTable {located(found.ref)}" if found else "",
        fix=fixes.to_name(passage.rule, entry, found) if found else None,
    )

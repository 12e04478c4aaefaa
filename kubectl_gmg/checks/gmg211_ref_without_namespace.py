"""A reference to a route table gives no namespace.

Name and namespace are both needed: the namespace of the object that holds the reference is not taken instead. Without
it the reference names nothing and leads nowhere.

Example:
    delegateAction:
      refs: [{name: reviews-rt}]

Fix:
    Write the namespace of the table.

Source:
    `spec/v1beta1.md` D-29.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.delegation_fixes import DelegationFixes
from kubectl_gmg.checks.near_misses import NearMisses
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.checks.words import located
from kubectl_gmg.model.action import Delegate, TableRef
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import Origin


@check("GMG211", v1beta1=ERROR, rows=("D-29",))
def ref_without_namespace(context: CheckContext) -> Iterator[Problem]:
    """Finds them, with the only table that can be meant."""
    noted = context.noted("GMG211")
    if not noted:
        return
    near, fixes, entries = NearMisses(context), DelegationFixes(context), references(context)
    for problem in noted:
        rule, entry = entries.get(problem.at, (None, None))
        found = near.elsewhere(problem.at.ref, entry.name) if entry else None
        if rule is None or entry is None or found is None:
            yield problem
        else:
            hint = f"the only RouteTable of this name is {located(found.ref)}: write namespace: {found.ref.namespace}"
            yield replace(problem, hint=hint, fix=fixes.to_name(rule, entry, found))


def references(context: CheckContext) -> dict[Origin, tuple[RouteRule, TableRef]]:
    """Every reference without a namespace, with the rule that holds it, by its place."""
    return {
        entry.origin: (rule, entry)
        for rule in context.rules
        if isinstance(rule.action, Delegate)
        for entry in rule.action.entries
        if isinstance(entry, TableRef) and not entry.namespace
    }

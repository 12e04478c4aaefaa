"""A selector also hits a route table that is on the way down already.

A wide selector often fits the very table that it stands in, or one above it. Such a table is left out there, as it
would lead in a circle, and everything else that is selected is used.

Example:
    # the table itself is labelled team: reviews
    delegateAction:
      selector: {labels: {team: reviews}}

Fix:
    Nothing has to be done; a label that only the tables below have makes the intention plain.

Source:
    `spec/v1beta1.md` 8.6 (RT-SELF-SELECTED); `spec/v2.md` 8.1, 8.6, DEC-16.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.analysis.alternatives import takes
from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.dead_selectors import dead_origins
from kubectl_gmg.checks.delegating_rules import DelegatingRule, delegating_rules
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.selected_roots import selected_roots
from kubectl_gmg.checks.words import located
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin


@check("GMG219", v1beta1=INFO, v2=INFO, rows=("RT-SELF-SELECTED", "DEC-16"))
def ancestor_skipped(context: CheckContext) -> Iterator[Problem]:
    """Finds each selector once; one that selects nothing else is GMG203."""
    dead = dead_origins(context)
    roots = {each.selector.origin: each.own for each in context.once(selected_roots)}
    for rule in context.once(delegating_rules):
        passed = passed_tables(rule)
        for selector in rule.selectors:
            refs = [ref for ref in passed if takes(selector, passed[ref])]
            refs += [each.ref for each in roots.get(selector.origin, ()) if each.ref not in refs]
            if refs and not selector.name and selector.origin not in dead:
                yield problem(selector, tuple(refs))


def passed_tables(rule: DelegatingRule) -> dict[ObjectRef, RouteTable]:
    """The tables that are left out on some way since they are on it already."""
    found: dict[ObjectRef, RouteTable] = {}
    for way in rule.ways:
        above = {each.table.ref: each.table for each in way.passage.tables}
        found |= {ref: above[ref] for ref in way.delegation.skipped if ref in above}
    return found


def problem(selector: Selector, refs: tuple[ObjectRef, ...]) -> Problem:
    """What is said of one selector."""
    related = tuple(Note("is on the way down already", Origin(ref)) for ref in refs)
    return Problem(
        "GMG219",
        f"the selector also fits {several(map(located, refs))}, on the way down already and so left out",
        selector.origin,
        related=related,
    )

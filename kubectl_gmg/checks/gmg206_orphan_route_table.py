"""No host leads to a route table.

A route table does nothing by itself: somebody must delegate to it. No host reaches this one, neither directly nor
through other tables, so none of its routes is ever used. Tables that only this one delegates to are named beside it.

Files may be those of one team: a table that is exported to a workspace of which they hold no table is not told.

Example:
    kind: RouteTable
    metadata: {name: reviews-rt, namespace: gloo-mesh, labels: {team: review}}
    # and the only delegating rule selects labels: {team: reviews}

Fix:
    Delegate to it by name, give it the labels that a selector asks for, or delete it; across workspaces it must also be
    exported and imported.

Source:
    `spec/v1beta1.md` 4.2, D-25 (RT-ORPHAN); `spec/v2.md` 4.1, 8.1, 12.3 (SEM-12).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.analysis.alternatives import for_unused
from kubectl_gmg.analysis.compare import harmless
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.delegating_rules import DelegatingRule
from kubectl_gmg.checks.orphans import Families, certain_orphans, passed_over, why_hidden
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.words import edit_words, rule_and_holder
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.finding import Fix, Note, Problem
from kubectl_gmg.model.origin import Origin

NEEDS = ("RouteTable", "VirtualHost", "VirtualGateway", "Workspace")

MOST_MENDED = 3
"""Orphans for which it is tried what would make a rule use them."""

MOST_TABLES = 300
"""Tables in a configuration up to which that is tried at all: each try resolves again."""


@check("GMG206", v1beta1=WARNING, v2=WARNING, rows=("RT-ORPHAN", "SEM-12"), needs=NEEDS)
def orphan_route_table(context: CheckContext) -> Iterator[Problem]:
    """Finds them, each that no other such table delegates to."""
    orphans = certain_orphans(context)
    over = passed_over(context, list(orphans))
    for number, (table, below) in enumerate(Families(context, orphans).tops(orphans)):
        tried = number < MOST_MENDED and len(context.declared.tables) <= MOST_TABLES
        hidden = next(iter(over.get(table.ref, ())), None)
        yield problem(context, table, below, hidden, fix_for(context, table) if tried else None)


def problem(
    context: CheckContext,
    table: RouteTable,
    below: tuple[RouteTable, ...],
    hidden: tuple[DelegatingRule, Selector] | None,
    fix: Fix | None,
) -> Problem:
    """What is said of one table; `hidden` is a rule with a selector that would fit it."""
    related = tuple(Note("is reached only through it", Origin(each.ref)) for each in below)
    why = why_hidden(context, hidden[0], table) if hidden else ""
    message = "no host leads to this table, so its routes are never used"
    if hidden and why:
        message = f"no host leads to this table: {rule_and_holder(hidden[0].rule)} selects it, but {why}"
        related = (Note("would select it", hidden[1].origin), *related)
    return Problem("GMG206", message, Origin(table.ref), related=related, fix=fix)


def fix_for(context: CheckContext, table: RouteTable) -> Fix | None:
    """The smallest change that makes an existing rule use a table and takes no route away, if there is one."""
    offers = for_unused(table.ref, context.declared, context.resolved)
    found = next((each for each in offers if harmless(each.effect)), None)
    if found is None:
        return None
    written = " and ".join(map(edit_words, found.edits))
    return Fix(f"{written}: {found.wins}", found.edits, verified=found.verified)

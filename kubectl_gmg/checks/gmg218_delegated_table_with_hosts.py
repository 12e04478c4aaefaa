"""A delegating rule selects a route table that has hosts.

A table with hosts is a root of its own. Since release 2.6 it is passed over when a delegate selects it; older releases
used its routes below the delegate and ignored its hosts and gateways there.

Example:
    delegate:
      routeTables: [{labels: {team: reviews}}]
    # and a table labelled team: reviews has hosts: [reviews.example.com]

Fix:
    Take the hosts away from the table that is meant to be a child, or select by a label that roots do not have.

Source:
    `spec/v2.md` 4.1, 8.1, DEC-6.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.outside import knows_owners
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.selected_roots import SelectedRoots, selected_roots
from kubectl_gmg.checks.words import located, rule_words
from kubectl_gmg.model.conventions import RootsAsChildren
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin


@check("GMG218", v2=WARNING, rows=("DEC-6",), needs=("RouteTable", "Workspace"))
def delegated_table_with_hosts(context: CheckContext) -> Iterator[Problem]:
    """Finds each selector once; one that selects nothing else is GMG203."""
    for found in context.once(selected_roots):
        if found.others and knows_owners(context, found.selector):
            yield problem(context, found)


def problem(context: CheckContext, found: SelectedRoots) -> Problem:
    """What is said of one selector."""
    names = ", ".join(located(each.ref) for each in found.others)
    included = context.realm(found.selector.origin.ref).conventions.roots_as_children is RootsAsChildren.INCLUDED
    several = len(found.others) > 1
    has = "which have hosts" if several else "which has hosts"
    fate = "their hosts do not count here" if several else "its hosts do not count here"
    left_out = "they are left out" if several else "it is left out"
    message = f"{rule_words(found.rule.rule)} selects {names}, {has}: {fate if included else left_out}"
    related = tuple(Note("has hosts", Origin(each.ref, ("spec", "hosts"))) for each in found.others)
    return Problem("GMG218", message, found.selector.origin, related=related)

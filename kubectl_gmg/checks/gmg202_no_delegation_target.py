"""A delegating rule names no route table and selects none.

It has neither references nor a selector, so it yields no routes at all: requests that match it go on to the next route
of the host.

Example:
    routes:
    - name: reviews
      matchers: [{uri: {prefix: /reviews}}]
      delegateAction: {sortMethod: ROUTE_SPECIFICITY}   # no refs, no selector

Fix:
    Name tables with refs, or select them with selector: an empty one takes every table of its own namespace.

Source:
    `spec/v1beta1.md` 8.6 (RT-NO-TARGET).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.delegating_rules import dead_ends
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.checks.words import rule_words
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.resolved import Reason


@check("GMG202", v1beta1=ERROR, rows=("RT-NO-TARGET",))
def no_delegation_target(context: CheckContext) -> Iterator[Problem]:
    """Finds them."""
    for passage, end in dead_ends(context, Reason.NO_TARGET):
        message = f"{rule_words(passage.rule)} delegates, but names and selects no RouteTable, so it yields no routes"
        yield Problem("GMG202", message, end.origin / passage.rule.action_field)

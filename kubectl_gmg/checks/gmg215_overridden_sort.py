"""An outer ROUTE_SPECIFICITY makes the sortMethod of an inner delegate void.

The outer delegate sorts all routes below it once more, those of inner delegates included, so what is written here
decides nothing, whichever method it is.

Example:
    # the VirtualHost delegates with sortMethod: ROUTE_SPECIFICITY, and a table below it delegates on:
    delegateAction:
      refs: [{name: leaf, namespace: gloo-mesh}]
      sortMethod: TABLE_WEIGHT   # has no effect

Fix:
    Take it away here, or let the outer delegate sort by TABLE_WEIGHT, which keeps the inner order.

Source:
    `spec/v1beta1.md` 8.5 rules 1 and 2, D-22; `spec/v2.md` 8.4, DEC-8.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext, Passage
from kubectl_gmg.checks.delegating_rules import DelegatingRule, delegating_rules, knows_all_ways, sorts_by_specificity
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.words import rule_and_holder
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem

FIELD = "sortMethod"


@check("GMG215", v1beta1=INFO, v2=INFO, needs=("RouteTable", "VirtualHost", "VirtualGateway"))
def overridden_sort(context: CheckContext) -> Iterator[Problem]:
    """Finds those that are void on every way down."""
    for rule in context.once(delegating_rules):
        outer = sorters(rule)
        if outer and context.written(rule.action / FIELD) is not None and knows_all_ways(context, rule.rule.origin.ref):
            yield problem(rule, outer)


def sorters(rule: DelegatingRule) -> tuple[RouteRule, ...]:
    """The rules that sort what a delegating rule adds once more, one for each way; none if some way has none."""
    found = [outermost(way.passage) for way in rule.ways]
    certain = tuple(each for each in found if each is not None)
    return tuple({each.origin: each for each in certain}.values()) if len(certain) == len(found) else ()


def outermost(passage: Passage) -> RouteRule | None:
    """The topmost rule above that sorts by specificity."""
    above = passage.rules[:-1]
    return next((each for each in above if sorts_by_specificity(each)), None)


def problem(rule: DelegatingRule, outer: tuple[RouteRule, ...]) -> Problem:
    """What is said of one delegating rule."""
    sort = rule.ways[0].delegation.sort.value
    first = rule_and_holder(outer[0])
    message = f"{FIELD} {sort} decides nothing: {first} sorts everything below it by ROUTE_SPECIFICITY"
    related = tuple(Note("sorts once more", each.origin / each.action_field / FIELD) for each in outer)
    return Problem("GMG215", message, rule.action / FIELD, related=related)

"""Tables with hosts that a delegating rule selects: roots of its own trees, and others.

A wide selector hits the table that it stands in all the time, which is worth no more than a remark (`spec/v2.md` 8.1
rule 3); another root among the selected ones is probably a mistake (DEC-6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.dead_selectors import dead_origins, tables_with_hosts
from kubectl_gmg.checks.delegating_rules import DelegatingRule, delegating_rules
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.index import Index
from kubectl_gmg.resolve.tenancy import IMPLICIT

MOST_ROOTS = 10
"""Tables that are told of one selector."""


@dataclass(frozen=True, slots=True, eq=False)
class SelectedRoots:
    """What one selector hits: `own` are tables that its trees start from, `others` are the first few that are not."""

    rule: DelegatingRule
    selector: Selector
    own: tuple[RouteTable, ...]
    others: tuple[RouteTable, ...]


def selected_roots(context: CheckContext) -> tuple[SelectedRoots, ...]:
    """Every selector that fits a table with hosts and does not break its rule."""
    indexes = context.once(tables_with_hosts)
    return tuple(find(context, indexes)) if indexes else ()


def find(context: CheckContext, indexes: Mapping[str, Index[RouteTable]]) -> Iterator[SelectedRoots]:
    """The same, with look-ups of the tables with hosts by generation."""
    dead = dead_origins(context)
    for rule in context.once(delegating_rules):
        index = indexes.get(rule.rule.origin.ref.generation)
        own = {way.passage.rules[0].origin.ref for way in rule.ways}
        for selector in rule.selectors:
            if index is None or selector.origin in dead:
                continue
            fitting = index.select(selector)
            mine = [each for each in fitting if each.ref in own and sees(context, selector, each)]
            others = (each for each in fitting if each.ref not in own and sees(context, selector, each))
            found = SelectedRoots(rule, selector, tuple(mine), tuple(islice(others, MOST_ROOTS)))
            if found.own or found.others:
                yield found


def sees(context: CheckContext, selector: Selector, table: RouteTable) -> bool:
    """Whether the workspace of a selector may use a table that it fits, and asks for its workspace."""
    tenancy = context.tenancy(table.ref)
    viewer = tenancy.owner(selector.origin.ref)
    if not tenancy.sees(viewer, table.ref, table.labels, Shared.ROUTE_TABLE):
        return False
    return not selector.workspace or viewer == IMPLICIT or tenancy.owner(table.ref) == selector.workspace

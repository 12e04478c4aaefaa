"""Tables whose workload selectors contradict those above them, or multiply with them (`spec/v2.md` 4.4, 8.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.declared import RouteRule, RouteTable, VirtualHost
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Route
from kubectl_gmg.model.workloads import Workloads, labels_words
from kubectl_gmg.resolve.mesh import CONTRADICTION, Narrowed, narrowing

SELECTORS = "workloadSelectors"
TOO_MANY = "GMG212"


@dataclass(frozen=True, slots=True, eq=False)
class Narrowing:
    """A table that is delegated to within the mesh, where its workloads cannot be, or are too many to be listed."""

    root: VirtualHost
    rule: RouteRule
    table: RouteTable
    left: Narrowed


def contradicting_workloads(context: CheckContext) -> Iterator[Problem]:
    """One finding for each table that no workload can get on some way down, at its selectors."""
    for found in context.once(narrowings):
        if found.left.impossible:
            yield Problem(
                CONTRADICTION,
                f"the table is for workloads with {labels_words(found.table.sidecars)}, but what delegates to it is for"
                f" those with {labels_words(found.left.workloads)}: within the mesh its routes answer 500",
                selectors_of(found.table),
                hint="want labels here that do not contradict those above, or leave the selectors out",
                related=(Note("delegates here", found.rule.origin), Note("is for other workloads", found.root.origin)),
            )


def multiplying_workloads(context: CheckContext) -> Iterator[Problem]:
    """One finding for each table whose selectors make more alternatives with those above than are listed."""
    for found in context.once(narrowings):
        if found.left.more:
            yield Problem(
                TOO_MANY,
                "the selectors of workloads multiply with those above beyond what is worked out: not all workloads that"
                " get these routes are listed with them",
                selectors_of(found.table),
                related=(Note("delegates here", found.rule.origin),),
            )


def narrowings(context: CheckContext) -> tuple[Narrowing, ...]:
    """Every table about whose workloads there is something to be said, once, with the first way down to it."""
    told: dict[tuple[ObjectRef, bool], Narrowing] = {}
    seen: set[tuple[int, ...]] = set()
    for served in context.served:
        for route in served.host.rows if served.gateway.sidecars is not None else ():
            key = (id(route.root), *(id(each.table) for each in route.terminal.tables))
            if key not in seen:
                seen.add(key)
                for found in on_the_way(route):
                    told.setdefault((found.table.ref, found.left.impossible), found)
    return tuple(told.values())


def on_the_way(route: Route) -> Iterator[Narrowing]:
    """The first table on the way down to a route whose workloads there cannot be, or are too many."""
    above: Workloads = route.root.sidecars
    for rule, inclusion in zip(route.terminal.rules, route.terminal.tables, strict=False):
        left = narrowing(above, (inclusion.table.sidecars,))
        if left.impossible or left.more:
            yield Narrowing(route.root, rule, inclusion.table, left)
            return
        above = left.workloads


def selectors_of(table: RouteTable) -> Origin:
    """Where a table selects workloads."""
    return Origin(table.ref, ("spec", SELECTORS))

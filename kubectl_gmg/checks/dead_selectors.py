"""Selectors that lead to no table, and why: none exists, it is not shared, it has hosts, or is on the way down already.

Where a rule that reaches nothing breaks as a whole, that is one problem however many selectors it has; elsewhere each
selector is asked for itself (`spec/v1beta1.md` 8.6, `spec/v2.md` 8.1, 8.7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from kubectl_gmg.analysis.alternatives import selectors_of, takes
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.delegating_rules import DelegatingRule, Way, called, consequence, delegating_rules, targets
from kubectl_gmg.checks.near_misses import Fixes, NearMisses, what_it_lacks
from kubectl_gmg.checks.selector_words import located, none_fits
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import Broken
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import DeadEnd, Reason
from kubectl_gmg.model.workspace import Shared

VAIN = (Reason.NONE_SELECTED, Reason.NOT_VISIBLE, Reason.HAS_HOSTS, Reason.NO_TARGET)

FOUND = (Reason.EMPTY, Reason.TOO_MANY, Reason.TOO_DEEP)
"""Dead ends at a table that was found, and that other selectors of the rule may have found as well."""

SHARING = ("Workspace", "WorkspaceSettings", "Namespace", "KubernetesCluster")
"""The kinds that say who sees whom."""


def sharing_is_known(context: CheckContext) -> bool:
    """Whether everything was read that says which tables are shared."""
    return context.lacking.isdisjoint(SHARING)


def vain(context: CheckContext, way: Way) -> tuple[DeadEnd, ...]:
    """The dead ends of a delegating rule that are the fault of its selectors.

    A delegate without entries is another matter where broken rules are left out. Where they are replaced, a rule does
    not break if anything else is reached, nor does it say then which selector finds nothing.
    """
    breaks = context.realm(way.delegation.rule.origin.ref).conventions.broken is Broken.REPLACED
    found = [each for each in way.delegation.targets if isinstance(each, DeadEnd)]
    if not breaks:
        return tuple(each for each in found if each.reason is Reason.NONE_SELECTED)
    if way.delegation.replaced and "GMG203" not in way.delegation.replaced.because:
        return ()
    ends = tuple(each for each in found if each.reason in VAIN)
    if way.delegation.replaced:
        return ends
    useless = (each for each in ends if not (is_above(way, each.ref) and other_root(context, way, each) is None))
    return (*useless, *unsaid(context, way))


def is_above(way: Way, ref: ObjectRef | None) -> bool:
    """Whether a table is on the way down, be it as its root: that a selector hits it is a remark only (GMG219)."""
    return ref in (way.passage.rules[0].origin.ref, *(each.table.ref for each in way.passage.tables))


def tables_with_hosts(context: CheckContext) -> tuple[RouteTable, ...]:
    """The tables that are hosts as well."""
    return tuple(each for each in context.declared.tables if each.has_hosts)


def other_root(context: CheckContext, way: Way, end: DeadEnd) -> ObjectRef | None:
    """A table with hosts that a selector fits besides those on the way down."""
    selector = next((each for each in selectors_of(way.delegation.rule) if each.origin == end.origin), None)
    tenancy, generation = context.tenancy(end.origin.ref), end.origin.ref.generation
    viewer = tenancy.owner(end.origin.ref)
    for each in context.once(tables_with_hosts):
        fits = each.ref.generation == generation and selector is not None and takes(selector, each)
        if fits and not is_above(way, each.ref) and tenancy.sees(viewer, each.ref, each.labels, Shared.ROUTE_TABLE):
            return each.ref
    return None


def unsaid(context: CheckContext, way: Way) -> Iterator[DeadEnd]:
    """The selectors that find nothing, in a rule that reaches something by others."""
    rule = way.delegation.rule
    ends = [each for each in way.delegation.targets if isinstance(each, DeadEnd)]
    if not context.realm(rule.origin.ref).tables_read.complete or any(each.reason in FOUND for each in ends):
        return
    told = {each.origin for each in ends}
    tables = [each.table for each in (*(target.inclusion for target in targets(way)), *way.passage.tables)]
    named: defaultdict[str, list[RouteTable]] = defaultdict(list)
    for table in tables:
        named[table.ref.name].append(table)
    for selector in selectors_of(rule):
        fitting = named.get(selector.name, ()) if selector.name else tables
        if selector.origin not in told and not any(takes(selector, each) for each in fitting):
            yield DeadEnd(Reason.NONE_SELECTED, selector.origin)


def vain_by_way(context: CheckContext) -> tuple[tuple[DelegatingRule, Way, tuple[DeadEnd, ...]], ...]:
    """Every delegating rule on every way down where some of its selectors lead nowhere."""
    found = ((rule, way, vain(context, way)) for rule in context.once(delegating_rules) for way in rule.ways)
    return tuple(each for each in found if each[2])


def vain_ends(context: CheckContext) -> tuple[DeadEnd, ...]:
    """All such dead ends, on whatever way down."""
    return tuple(end for _, _, ends in context.once(vain_by_way) for end in ends)


def vain_origins(context: CheckContext) -> frozenset[Origin]:
    """The selectors that lead nowhere on some way."""
    return frozenset(each.origin for each in vain_ends(context))


class VainSelectors:
    """Makes the problems; tables that nearly fit are looked for only if there are any."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._fixes = Fixes(context)
        self._near: NearMisses | None = None
        self._found: dict[Origin, Problem] = {}

    def problems(self) -> Iterator[Problem]:
        """One for each rule that breaks, and one for each selector where rules do not break."""
        for rule, way, found in self._context.once(vain_by_way):
            self._look(rule, way, found)
        yield from self._found.values()

    def _look(self, rule: DelegatingRule, way: Way, found: tuple[DeadEnd, ...]) -> None:
        ends = [each for each in found if self._is_certain(rule, each)]
        breaks = way.delegation.replaced is not None
        for end in ends[:1] if breaks else ends:
            others = tuple(Note("selects nothing either", each.origin) for each in ends[1:]) if breaks else ()
            if end.origin not in self._found:
                self._found[end.origin] = self._problem(rule, way, end, others)

    def _is_certain(self, rule: DelegatingRule, end: DeadEnd) -> bool:
        """Whether nothing is behind a dead end that was not read, or that is the matter of another finding.

        The holder of a rule may be in no workspace, which is the matter of GMG520.
        """
        if end.reason is Reason.NOT_VISIBLE:
            owned = self._context.tenancy(end.origin.ref).owner(end.origin.ref) is not None
            return owned and sharing_is_known(self._context)
        return end.reason is Reason.NO_TARGET or selector_at(rule, end.origin) is not None

    def _problem(self, rule: DelegatingRule, way: Way, end: DeadEnd, others: tuple[Note, ...]) -> Problem:
        then = consequence(self._context, way.passage)
        selector = selector_at(rule, end.origin)
        if selector is None:
            message = f"{called(rule.rule)} delegates, but selects no route table, {then}"
            return Problem("GMG203", message, rule.action)
        fitting = self._fitting(way, end)
        if fitting:
            message, notes = fitting
            return Problem("GMG203", f"{message}, {then}", end.origin, related=(*notes, *others))
        if self._is_unknown(selector):
            message = f"there is no workspace {selector.workspace}, {then}"
            return Problem("GMG203", message, end.origin, related=others)
        self._near = self._near or NearMisses(self._context)
        found = self._near.nearest(selector, end.origin.ref)
        return Problem(
            "GMG203",
            f"{none_fits(selector)}, {then}",
            end.origin,
            hint=what_it_lacks(selector, found) if found else "",
            related=(*((Note("nearly fits", Origin(found.ref)),) if found else ()), *others),
            fix=self._fixes.to_reach(rule.rule, selector, found) if found else None,
        )

    def _is_unknown(self, selector: Selector) -> bool:
        """Whether a selector asks for a workspace that does not exist."""
        names = {each.name for each in self._context.realm(selector.origin.ref).workspaces}
        return bool(names) and bool(selector.workspace) and selector.workspace not in names

    def _fitting(self, way: Way, end: DeadEnd) -> tuple[str, tuple[Note, ...]] | None:
        """What is said where something fits, with its places; None where nothing does."""
        if end.reason is Reason.HAS_HOSTS and is_above(way, end.ref) and (other := other_root(self._context, way, end)):
            end = replace(end, ref=other)
        if passed := passed_tables(way, end):
            names = ", ".join(map(located, passed))
            notes = tuple(Note("is on the way down already", Origin(ref)) for ref in passed)
            return f"the selector fits only {names}, on the way down already", notes
        if end.ref is None:
            return None
        if end.reason is Reason.HAS_HOSTS:
            text = f"route table {located(end.ref)} fits, but it has hosts and so cannot be delegated to"
            return text, (Note("has hosts", Origin(end.ref, ("spec", "hosts"))),)
        return f"route table {located(end.ref)} fits, but {end.note}", (Note("is not shared", Origin(end.ref)),)


def selector_at(rule: DelegatingRule, origin: Origin) -> Selector | None:
    """The selector at a place; None for one that is not valid, which was noted when it was read."""
    return next((each for each in rule.selectors if each.origin == origin), None)


def passed_tables(way: Way, end: DeadEnd) -> tuple[ObjectRef, ...]:
    """The tables on the way down that are all that a selector fits."""
    if end.reason is Reason.HAS_HOSTS:
        return (end.ref,) if end.ref and is_above(way, end.ref) else ()
    return way.delegation.skipped if end.note and end.reason is Reason.NONE_SELECTED else ()

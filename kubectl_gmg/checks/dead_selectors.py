"""Selectors that lead to no table, and why: none exists, it is not shared, it has hosts, or is on the way down already.

Where a rule that reaches nothing breaks as a whole, that is one problem however many selectors it has; elsewhere each
selector is asked for itself (`spec/v1beta1.md` 8.6, `spec/v2.md` 8.1, 8.7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kubectl_gmg.analysis.alternatives import selectors_of, takes
from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.delegating_rules import DelegatingRule, Way, consequence, delegating_rules, targets
from kubectl_gmg.checks.delegation_fixes import DelegationFixes
from kubectl_gmg.checks.near_misses import NearMisses, what_it_lacks
from kubectl_gmg.checks.nearest_names import closest
from kubectl_gmg.checks.outside import knows_owners, selects_outside, settings_are_given, sharing_is_given
from kubectl_gmg.checks.selector_words import none_fits
from kubectl_gmg.checks.words import located, rule_words
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import Broken
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import DeadEnd, Reason
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.index import Index

OF_SELECTORS = (Reason.NONE_SELECTED, Reason.NOT_VISIBLE, Reason.HAS_HOSTS, Reason.NO_TARGET)

FOUND = (Reason.EMPTY, Reason.TOO_MANY, Reason.TOO_DEEP)
"""Dead ends at a table that was found, and that other selectors of the rule may have found as well."""

OF_OTHERS = "select by labels that the tables below have, and those on the way down do not"
WITHOUT_HOSTS = "take the hosts away from the table if it is meant to be a child, or select another one"
SHARE = "export the table from its workspace, and import it into that of the rule"
"""What to do where something fits."""

SHARING = ("Workspace", "WorkspaceSettings", "Namespace", "KubernetesCluster")
"""The kinds that say who sees whom."""


def sharing_is_known(context: CheckContext) -> bool:
    """Whether everything was read that says which tables are shared."""
    given = all(settings_are_given(realm) for _, realm in context.declared.realms)
    return given and context.lacking.isdisjoint(SHARING)


def ends_of_selectors(context: CheckContext, way: Way) -> tuple[DeadEnd, ...]:
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
    ends = tuple(each for each in found if each.reason in OF_SELECTORS)
    if way.delegation.replaced:
        return ends
    useless = (each for each in ends if not (is_above(way, each.ref) and other_root(context, way, each) is None))
    return (*useless, *unsaid(context, way))


def is_above(way: Way, ref: ObjectRef | None) -> bool:
    """Whether a table is on the way down, be it as its root: that a selector hits it is a remark only (GMG219)."""
    return ref in (way.passage.rules[0].origin.ref, *(each.table.ref for each in way.passage.tables))


def tables_with_hosts(context: CheckContext) -> Mapping[str, Index[RouteTable]]:
    """The tables that are hosts as well, by generation, as selectors look them up."""
    found: defaultdict[str, list[RouteTable]] = defaultdict(list)
    for table in context.declared.tables:
        if table.has_hosts:
            found[table.ref.generation].append(table)
    return {generation: Index(tables) for generation, tables in found.items()}


def other_root(context: CheckContext, way: Way, end: DeadEnd) -> ObjectRef | None:
    """A table with hosts that a selector fits besides those on the way down."""
    selector = next((each for each in selectors_of(way.delegation.rule) if each.origin == end.origin), None)
    tenancy, index = context.tenancy(end.origin.ref), context.once(tables_with_hosts).get(end.origin.ref.generation)
    viewer = tenancy.owner(end.origin.ref)
    for each in index.select(selector) if index is not None and selector is not None else ():
        if not is_above(way, each.ref) and tenancy.sees(viewer, each.ref, each.labels, Shared.ROUTE_TABLE):
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


def dead_by_way(context: CheckContext) -> tuple[tuple[DelegatingRule, Way, tuple[DeadEnd, ...]], ...]:
    """Every delegating rule on every way down where some of its selectors lead nowhere."""
    found = (
        (rule, way, ends_of_selectors(context, way)) for rule in context.once(delegating_rules) for way in rule.ways
    )
    return tuple(each for each in found if each[2])


def dead_selector_ends(context: CheckContext) -> tuple[DeadEnd, ...]:
    """All such dead ends, on whatever way down."""
    return tuple(end for _, _, ends in context.once(dead_by_way) for end in ends)


def dead_origins(context: CheckContext) -> frozenset[Origin]:
    """The selectors that lead nowhere on some way."""
    return frozenset(each.origin for each in dead_selector_ends(context))


class DeadSelectors:
    """Makes the problems; tables that nearly fit are looked for only if there are any."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._fixes = DelegationFixes(context)
        self._near: NearMisses | None = None
        self._found: dict[Origin, Problem] = {}

    def problems(self) -> Iterator[Problem]:
        """One for each rule that breaks, and one for each selector where rules do not break."""
        for rule, way, found in self._context.once(dead_by_way):
            self._look(rule, way, found)
        yield from self._found.values()

    def _look(self, rule: DelegatingRule, way: Way, found: tuple[DeadEnd, ...]) -> None:
        ends = [each for each in found if self._is_certain(rule, way, each)]
        breaks = way.delegation.replaced is not None
        for end in ends[:1] if breaks else ends:
            others = tuple(Note("selects nothing either", each.origin) for each in ends[1:]) if breaks else ()
            if end.origin not in self._found:
                self._found[end.origin] = self._problem(rule, way, end, others)

    def _is_certain(self, rule: DelegatingRule, way: Way, end: DeadEnd) -> bool:
        """Whether nothing is behind a dead end that was not read or given, or that is the matter of another finding.

        The holder of a rule may be in no workspace, which is the matter of GMG520.
        """
        if end.reason is Reason.NOT_VISIBLE:
            owned = self._context.tenancy(end.origin.ref).owner(end.origin.ref) is not None
            given = end.ref is None or sharing_is_given(self._context, end.ref)
            return owned and given and sharing_is_known(self._context)
        selector = selector_at(rule, end.origin)
        if selector is None or not knows_owners(self._context, selector):
            return end.reason is Reason.NO_TARGET
        if end.ref and not is_above(way, end.ref):
            return True
        return self._nearest(selector) is not None or not selects_outside(self._context, way, selector)

    def _nearest(self, selector: Selector) -> RouteTable | None:
        self._near = self._near or NearMisses(self._context)
        return self._near.nearest(selector, selector.origin.ref)

    def _problem(self, rule: DelegatingRule, way: Way, end: DeadEnd, others: tuple[Note, ...]) -> Problem:
        then = consequence(self._context, way.passage)
        selector = selector_at(rule, end.origin)
        if selector is None:
            message = f"{rule_words(rule.rule)} delegates, but selects no RouteTable, {then}"
            return Problem("GMG203", message, rule.action)
        fitting = self._fitting(way, end)
        if fitting:
            message, hint, notes = fitting
            return Problem("GMG203", f"{message}, {then}", end.origin, hint, related=(*notes, *others))
        if self._is_unknown(selector):
            message = f"there is no workspace {selector.workspace}, {then}"
            near = closest(selector.workspace, self._workspaces(selector))
            return Problem("GMG203", message, end.origin, f"did you mean {near}?" if near else "", related=others)
        found = self._nearest(selector)
        return Problem(
            "GMG203",
            f"{none_fits(selector)}, {then}",
            end.origin,
            hint=what_it_lacks(selector, found) if found else "",
            related=(*((Note("nearly fits", Origin(found.ref)),) if found else ()), *others),
            fix=self._fixes.to_reach(rule.rule, selector, found) if found else None,
        )

    def _workspaces(self, selector: Selector) -> frozenset[str]:
        """The workspaces that there are."""
        return frozenset(each.name for each in self._context.realm(selector.origin.ref).workspaces)

    def _is_unknown(self, selector: Selector) -> bool:
        """Whether a selector asks for a workspace that does not exist."""
        names = self._workspaces(selector)
        return bool(names) and bool(selector.workspace) and selector.workspace not in names

    def _fitting(self, way: Way, end: DeadEnd) -> tuple[str, str, tuple[Note, ...]] | None:
        """What is said where something fits, what to do, and its places; None where nothing fits."""
        if end.reason is Reason.HAS_HOSTS and is_above(way, end.ref) and (other := other_root(self._context, way, end)):
            end = replace(end, ref=other)
        if passed := passed_tables(way, end):
            notes = tuple(Note("is on the way down already", Origin(ref)) for ref in passed)
            return f"the selector fits only {several(map(located, passed))}, on the way down already", OF_OTHERS, notes
        if end.ref is None:
            return None
        if end.reason is Reason.HAS_HOSTS:
            text = f"{end.ref} fits, but it has hosts and so cannot be delegated to"
            return text, WITHOUT_HOSTS, (Note("has hosts", Origin(end.ref, ("spec", "hosts"))),)
        return f"{end.ref} fits, but {end.note}", SHARE, (Note("is not shared", Origin(end.ref)),)


def selector_at(rule: DelegatingRule, origin: Origin) -> Selector | None:
    """The selector at a place; None for one that is not valid, which was noted when it was read."""
    return next((each for each in rule.selectors if each.origin == origin), None)


def passed_tables(way: Way, end: DeadEnd) -> tuple[ObjectRef, ...]:
    """The tables on the way down that are all that a selector fits."""
    if end.reason is Reason.HAS_HOSTS:
        return (end.ref,) if end.ref and is_above(way, end.ref) else ()
    return way.delegation.skipped if end.note and end.reason is Reason.NONE_SELECTED else ()

"""The rules that delegate, each once with all ways down to it, and whether more ways may exist than were read."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_gmg.checks.context import CheckContext, Passage
from kubectl_gmg.model.action import Delegate, Selector, SortMethod, TableRef
from kubectl_gmg.model.conventions import SharedDomain
from kubectl_gmg.model.declared import FailureMode, RouteRule
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Reason, Target


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A delegating rule on one way down: what it leads to there."""

    passage: Passage
    delegation: Delegation


@dataclass(frozen=True, slots=True, eq=False)
class DelegatingRule:
    """A rule that delegates, with all ways down to it."""

    rule: RouteRule
    ways: tuple[Way, ...]

    @property
    def entries(self) -> tuple[TableRef | Selector, ...]:
        """What it names and selects, as written."""
        return self.rule.action.entries if isinstance(self.rule.action, Delegate) else ()

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """The selectors among its entries that can select anything."""
        return tuple(each for each in self.entries if isinstance(each, Selector) and each.valid)

    @property
    def action(self) -> Origin:
        """The field that holds the delegation."""
        return self.rule.origin / self.rule.action_field


def delegating_rules(context: CheckContext) -> tuple[DelegatingRule, ...]:
    """Every delegating rule on some way down, in the order of the trees."""
    found: dict[Origin, list[Way]] = {}
    for passage in context.passages:
        if isinstance(passage.node, Delegation):
            found.setdefault(passage.node.rule.origin, []).append(Way(passage, passage.node))
    return tuple(DelegatingRule(ways[0].delegation.rule, tuple(ways)) for ways in found.values())


def targets(way: Way) -> tuple[Target, ...]:
    """The tables that a delegating rule reaches on one way, as named and then as selected."""
    return tuple(each for each in way.delegation.targets if isinstance(each, Target))


def dead_ends(context: CheckContext, *reasons: Reason) -> tuple[tuple[Passage, DeadEnd], ...]:
    """The dead ends of some reasons, one for each field that leads there, however many ways lead to the field."""
    found: dict[Origin, tuple[Passage, DeadEnd]] = {}
    for passage, end in context.dead_ends:
        if end.reason in reasons:
            found.setdefault(end.origin, (passage, end))
    return tuple(found.values())


def knows_all_ways(context: CheckContext, ref: ObjectRef) -> bool:
    """Whether everything was read that may lead to a table (`spec/v1beta1.md` D-27).

    A gateway matters only where hosts can be written inline. Beyond the budget of a tree nothing is known either.
    """
    realm = context.realm(ref)
    inline = realm.conventions.shared_domain is SharedDomain.OLDEST
    read = realm.hosts_read.complete and realm.tables_read.complete and (realm.gateways_read.complete or not inline)
    return read and ref.generation not in context.once(cut_short)


def cut_short(context: CheckContext) -> frozenset[str]:
    """The generations of which some tree was not grown to its end."""
    ended = (Reason.TOO_MANY, Reason.TOO_DEEP)
    return frozenset(end.origin.ref.generation for _, end in context.dead_ends if end.reason in ended)


def sorts_by_specificity(rule: RouteRule) -> bool:
    """Whether a rule delegates with ROUTE_SPECIFICITY."""
    return isinstance(rule.action, Delegate) and rule.action.sort is SortMethod.ROUTE_SPECIFICITY


def freezing(context: CheckContext) -> frozenset[ObjectRef]:
    """The objects whose trees stay as they were accepted last if anything in them is broken."""
    return frozenset(each.ref for each in context.hosts if each.failure_mode is FailureMode.FREEZE_CONFIG)


def consequence(context: CheckContext, passage: Passage) -> str:
    """What becomes of what leads nowhere (`spec/v1beta1.md` 8.6, `spec/v2.md` 8.7, 10)."""
    if not isinstance(passage.node, Delegation) or passage.node.replaced is None:
        return "so it adds no routes"
    if passage.rules[0].origin.ref in context.once(freezing):
        return "so the whole tree stays as it was accepted last"
    return "so requests to this rule get a 500"

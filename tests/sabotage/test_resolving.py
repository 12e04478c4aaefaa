"""Faults put into the resolver one at a time: the judges must notice every one.

The judges are the examples, whose outcomes were written by hand, and the transcript of the rules on generated graphs.
A fault that nobody notices is a missing test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from kubectl_gmg.api import v1beta1_selectors
from kubectl_gmg.model.action import NO_OPTIONS, Options, SortMethod, TableRef
from kubectl_gmg.model.conventions import Conventions, Ranking
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import PathKind, PathMatch, RouteMatch
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Node, Reason, Status, Target, Terminal
from kubectl_gmg.resolve import attach, claims, delegate, index, inherit, openings, order
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.simulate import doubt
from tests.sabotage.judges import resolver_judges

Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}


def fault(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[function.__name__.replace("_", " ")] = function
    return function


@fault
def weight_reversed(patch: Patch) -> None:
    patch.setattr(order, "by_weight", lambda target: target.inclusion.table.weight)


@fault
def stable_order_lost(patch: Patch) -> None:
    def ranked(targets: Iterable[Any]) -> tuple[Target, ...]:
        live = enumerate(each for each in targets if isinstance(each, Target))
        return tuple(each for _, each in sorted(live, key=lambda pair: (order.by_weight(pair[1]), -pair[0])))

    patch.setattr(order, "ranked", ranked)


@fault
def selector_order_by_name_alone(patch: Patch) -> None:
    real = index.Index.select

    def select(self: Any, selector: Any) -> Any:
        return tuple(sorted(real(self, selector), key=lambda each: (each.ref.name, each.ref.namespace)))

    patch.setattr(index.Index, "select", select)


@fault
def references_after_selected_tables(patch: Patch) -> None:
    real = delegate.Grower._delegate

    def grown(self: Any, rule: Any, action: Any, here: Any) -> Delegation:
        node = real(self, rule, action, here)
        named = len({(each.namespace, each.name) for each in action.entries if isinstance(each, TableRef)})
        return replace(node, targets=(*node.targets[named:], *node.targets[:named]))

    patch.setattr(delegate.Grower, "_delegate", grown)


@fault
def specificity_per_match(patch: Patch) -> None:
    real = order.flatten

    def flatten(node: Node, ranking: Ranking) -> tuple[Terminal, ...]:
        leaves = real(node, ranking)
        if isinstance(node, Delegation) and node.sort is SortMethod.ROUTE_SPECIFICITY:
            single = [replace(leaf, matches=(match,)) for leaf in leaves for match in leaf.matches]
            return tuple(sorted(single, key=lambda leaf: order.by_specificity(leaf, ranking)))
        return leaves

    patch.setattr(order, "flatten", flatten)
    patch.setattr(attach, "flatten", flatten)


@fault
def child_sort_kept(patch: Patch) -> None:
    """An inner delegate's block stays together below an outer ROUTE_SPECIFICITY."""

    def flatten(node: Node, ranking: Ranking) -> tuple[Terminal, ...]:
        if isinstance(node, Terminal):
            return (node,)
        found = [flatten(below, ranking) for target in order.ranked(node.targets) for below in target.nodes]
        found = [block for block in found if block]
        if node.sort is SortMethod.ROUTE_SPECIFICITY:
            found.sort(key=lambda block: order.by_specificity(block[0], ranking))
        return tuple(leaf for block in found for leaf in block)

    patch.setattr(order, "flatten", flatten)
    patch.setattr(attach, "flatten", flatten)


def joining(patch: Patch, join: Callable[[str, str], str]) -> None:
    """Puts another rule in the place of the one that joins prefixes and exact paths."""
    real = inherit.join_paths

    def join_paths(above: PathMatch | None, own: PathMatch | None, conventions: Conventions) -> PathMatch | None:
        joined = real(above, own, conventions)
        if joined is None or own is None or own.kind is PathKind.REGEX or own.value == "/":
            return joined
        return replace(joined, value=join(above.value if above else "/", own.value))

    patch.setattr(inherit, "join_paths", join_paths)


@fault
def slash_lost(patch: Patch) -> None:
    joining(patch, lambda above, own: above.removesuffix("/") + own.removeprefix("/"))


@fault
def slash_doubled(patch: Patch) -> None:
    joining(patch, lambda above, own: above + "/" + own.removeprefix("/"))


@fault
def method_conflict_ignored(patch: Patch) -> None:
    patch.setattr(inherit, "inherit_match", inherit.joined)


@fault
def header_dropped(patch: Patch) -> None:
    patch.setattr(inherit, "both", lambda above, own: own or above)


@fault
def option_precedence_reversed(patch: Patch) -> None:
    real = inherit.inherit_options

    def reversed_options(above: Options, own: Options) -> Options:
        return real(own, above) if above.fields and own.fields else real(above, own)

    patch.setattr(delegate, "inherit_options", reversed_options)


@fault
def displaced_option_forgotten(patch: Patch) -> None:
    def forgetful(above: Options, own: Options) -> Options:
        return Options(tuple({**dict(above.fields), **dict(own.fields)}.items())) or NO_OPTIONS

    patch.setattr(delegate, "inherit_options", forgetful)


@fault
def cycle_cut_too_early(patch: Patch) -> None:
    """Two tables below each other are taken for a cycle."""
    real = delegate.Descent.passed
    patch.setattr(delegate.Descent, "passed", lambda self, table: len(self.tables) > 1 or real(self, table))


@fault
def diamond_dropped(patch: Patch) -> None:
    """A table that was entered on one branch is not entered on another."""
    real = delegate.Grower._enter

    def enter(self: Any, table: Any, via: Any, action: Any, origin: Any, here: Any, pool: Any) -> Any:
        seen = self.__dict__.setdefault("seen", set())
        if table.ref in seen:
            return DeadEnd(Reason.CYCLE, origin, table.ref)
        seen.add(table.ref)
        return real(self, table, via, action, origin, here, pool)

    patch.setattr(delegate.Grower, "_enter", enter)


@fault
def duplicate_kept(patch: Patch) -> None:
    """A table that is named and selected is entered twice."""
    real = delegate.Grower._selected

    def selected(self: Any, selector: Any, pool: Any, action: Any, here: Any, found: Any) -> Any:
        again: dict[Any, Any] = {}
        ends = real(self, selector, pool, action, here, again)
        found |= {(*key, "again"): target for key, target in again.items()}
        return ends

    patch.setattr(delegate.Grower, "_selected", selected)


@fault
def collapsed_pairs_kept(patch: Patch) -> None:
    def every_pair(
        above: Sequence[RouteMatch] | None, own: Sequence[RouteMatch], conventions: Conventions
    ) -> tuple[RouteMatch, ...]:
        if above is None:
            return tuple(own)
        pairs = (inherit.inherit_match(parent, child, conventions) for parent in above for child in own)
        return tuple(pair for pair in pairs if pair is not None)

    patch.setattr(delegate, "inherit_matches", every_pair)


@fault
def conflict_won_by_the_newer_host(patch: Patch) -> None:
    real = by_age
    numbers = count()
    ranks: dict[Any, int] = {}

    def newest_first(created: str | None, ref: Any) -> Any:
        unknown, moment, name = real(created, ref)
        return not unknown, -moment.timestamp(), ranks.setdefault(name, -next(numbers))

    patch.setattr(claims, "by_age", newest_first)


@fault
def left_out_rule_served(patch: Patch) -> None:
    real = delegate.left_out

    def served(rule: RouteRule, above: Any, here: Any, codes: tuple[str, ...]) -> Terminal:
        return replace(real(rule, above, here, codes), because=(), status=Status.OK)

    patch.setattr(delegate, "left_out", served)


@fault
def pattern_compiled_before_it_is_joined(patch: Patch) -> None:
    patch.setattr(delegate, "refused", lambda matches: ())


@fault
def label_syntax_not_checked(patch: Patch) -> None:
    patch.setattr(v1beta1_selectors, "is_label_key", bool)
    patch.setattr(v1beta1_selectors, "is_label_value", lambda text: True)


@fault
def unread_taken_for_missing(patch: Patch) -> None:
    patch.setattr(delegate, "not_read", lambda kind, extent, namespaces: "")
    patch.setattr(delegate, "not_selectable", lambda kind, extent, selector: "")


@fault
def unread_forgotten_where_a_selector_found_something(patch: Patch) -> None:
    real = delegate.Grower._selected

    def selected(self: Any, selector: Any, pool: Any, action: Any, here: Any, found: Any) -> Any:
        before = len(found)
        ends, skipped = real(self, selector, pool, action, here, found)
        return [] if len(found) > before else ends, skipped

    patch.setattr(delegate.Grower, "_selected", selected)


@fault
def unread_table_taken_for_the_lightest(patch: Patch) -> None:
    def after_all(node: Any, above: Any, conventions: Any) -> Any:
        found = real(node, above, conventions)
        return tuple(sorted(found, key=lambda place: isinstance(place, openings.Opening)))

    real = openings.places
    patch.setattr(openings, "places", after_all)


@fault
def unread_host_forgotten(patch: Patch) -> None:
    patch.setattr(doubt, "hosts_not_read", lambda listener, declared: "")


def test_the_judges_are_content() -> None:
    """Without a fault nobody complains; else the tests below would show nothing."""
    assert resolver_judges() == []


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_judge_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    assert resolver_judges() != [], f"nobody noticed: {name}"


def test_all_that_the_specification_asks_for_is_here() -> None:
    assert len(FAULTS) >= 15

"""Growing the tree of one host: each rule is followed down to the routes it leads to (`spec/v1beta1.md` 8.1, 8.6).

A cycle or a missing table is no exception and no log line but a node of the tree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kubectl_gmg.model.action import NO_OPTIONS, Delegate, Invalid, Options
from kubectl_gmg.model.declared import Realm, RouteRule, RouteTable, VirtualHost
from kubectl_gmg.model.match import EVERYTHING, RouteMatch
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Inclusion, Node, Reason, Target, Terminal, Via
from kubectl_gmg.resolve.index import Index
from kubectl_gmg.resolve.inherit import inherit_matches, inherit_options, joined, refused
from kubectl_gmg.resolve.unread import not_read, not_selectable

MAX_DEPTH = 64
"""Tables on one way down; a guard, no rule of the product."""

HOST_BUDGET = 200_000
"""Effective matches that one host may grow to before the rest is left out."""

TOTAL_BUDGET = 1_000_000
"""Effective matches that all hosts together may grow to."""


class Budget:
    """How much work is left; equal input spends it equally."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, work: int) -> bool:
        """Whether there was enough left; if not, nothing is spent."""
        if work > self.left:
            return False
        self.left -= work
        return True


@dataclass(slots=True)
class Descent:
    """What a rule inherits from the rules above it; `matches` of None is the top of a host.

    Never changed; it is not frozen only because there is one for every rule on every way down.
    """

    matches: tuple[RouteMatch, ...] | None = None
    options: Options = NO_OPTIONS
    rules: tuple[RouteRule, ...] = ()
    tables: tuple[Inclusion, ...] = ()

    def through(self, rule: RouteRule) -> Descent:
        """What the rules below `rule` inherit."""
        return Descent(
            matches=inherit_matches(self.matches, rule.matches),
            options=inherit_options(self.options, rule.options),
            rules=(*self.rules, rule),
            tables=self.tables,
        )

    def passed(self, table: RouteTable) -> bool:
        """Whether `table` is on the way down already."""
        return any(inclusion.table is table for inclusion in self.tables)


def grow_host(host: VirtualHost, tables: Index[RouteTable], budget: Budget, realm: Realm) -> tuple[Node, ...]:
    """The tree of a host, rule by rule."""
    grower = Grower(tables, budget, realm)
    top = Descent(options=host.options)
    return tuple(grower.grow(rule, top) for rule in host.rules)


class Grower:
    """Follows rules down through one index of tables."""

    def __init__(self, tables: Index[RouteTable], budget: Budget, realm: Realm) -> None:
        self._tables = tables
        self._budget = budget
        self._tables_read = realm.tables_read

    def grow(self, rule: RouteRule, above: Descent) -> Node:
        """The rule's end, or the tables it hands over to."""
        here = above.through(rule)
        if isinstance(rule.action, Invalid):
            return left_out(rule, above, here, rule.action.codes)
        if not here.matches:
            return left_out(rule, above, here, ("GMG303",))
        if isinstance(rule.action, Delegate):
            return self._delegate(rule, rule.action, here)
        if above.matches is not None and refused(here.matches):
            return left_out(rule, above, here, ("GMG304",))
        return Terminal(here.rules, here.tables, here.matches, here.options)

    def _delegate(self, rule: RouteRule, action: Delegate, here: Descent) -> Delegation:
        if not action.refs and action.selector is None:
            return Delegation(rule, action.sort, (DeadEnd(Reason.NO_TARGET, rule.origin),))
        named = self._named(action, here)
        selected, skipped = self._selected(action, here, frozenset(named))
        return Delegation(rule, action.sort, (*named.values(), *selected), skipped)

    def _named(self, action: Delegate, here: Descent) -> dict[tuple[str, str], Target | DeadEnd]:
        """What the references lead to, in their order; a table named twice counts once (D-14)."""
        found: dict[tuple[str, str], Target | DeadEnd] = {}
        for ref in action.refs:
            key = (ref.namespace, ref.name)
            if key in found:
                continue
            table = self._tables.named(*key)
            if table is None:
                found[key] = self._missing(ref.origin, *key)
            elif here.passed(table):
                found[key] = cycle(table, ref.origin, here)
            else:
                found[key] = self._enter(table, Via.REF, action, ref.origin, here)
        return found

    def _selected(
        self, action: Delegate, here: Descent, named: frozenset[tuple[str, str]]
    ) -> tuple[tuple[Target | DeadEnd, ...], tuple[ObjectRef, ...]]:
        """What the selector leads to besides the named tables, and the tables it hits that are on the way already."""
        if action.selector is None:
            return (), ()
        hit = self._tables.select(action.selector)
        skipped = tuple(table.ref for table in hit if here.passed(table))
        usable = tuple(table for table in hit if not here.passed(table))
        fresh = (table for table in usable if (table.ref.namespace, table.ref.name) not in named)
        origin = action.selector.origin
        found = tuple(self._enter(table, Via.SELECTOR, action, origin, here) for table in fresh)
        if lack := not_selectable("RouteTable", self._tables_read, action.selector):
            return (*found, DeadEnd(Reason.UNKNOWN, origin, note=f"{lack}: more of them may be selected")), skipped
        return (found if usable else (none_selected(origin, skipped),)), skipped

    def _missing(self, origin: Origin, namespace: str, name: str) -> DeadEnd:
        owner = origin.ref
        ref = ObjectRef(namespace, name, "RouteTable", owner.generation, owner.cluster)
        lack = not_read("RouteTable", self._tables_read, {namespace}) if namespace else ""
        return DeadEnd(Reason.UNKNOWN if lack else Reason.MISSING, origin, ref, note=lack)

    def _enter(self, table: RouteTable, via: Via, action: Delegate, origin: Origin, here: Descent) -> Target | DeadEnd:
        """The rules of a table, unless there are none, or too many, or it lies too deep."""
        if not table.rules:
            return DeadEnd(Reason.EMPTY, origin, table.ref)
        if len(here.tables) >= MAX_DEPTH:
            return DeadEnd(Reason.TOO_DEEP, origin, table.ref, note=f"more than {MAX_DEPTH} tables below each other")
        work = sum(len(rule.matches) for rule in table.rules) * len(here.matches or ())
        if not self._budget.spend(work):
            return DeadEnd(Reason.TOO_MANY, origin, table.ref, note="the routes multiply beyond the budget")
        inclusion = Inclusion(table, via, action.sort)
        inside = replace(here, tables=(*here.tables, inclusion))
        return Target(inclusion, tuple(self.grow(rule, inside) for rule in table.rules))


def left_out(rule: RouteRule, above: Descent, here: Descent, codes: tuple[str, ...]) -> Terminal:
    """A rule that the product does not use, with the matches it would have had."""
    shown = here.matches or tuple(
        joined(parent, own) for parent in above.matches or (EVERYTHING,) for own in rule.matches
    )
    return Terminal(here.rules, here.tables, shown, here.options, because=codes)


def none_selected(origin: Origin, skipped: tuple[ObjectRef, ...]) -> DeadEnd:
    """A selector that finds no table of use."""
    note = "it selects only tables that are on the way down already" if skipped else ""
    return DeadEnd(Reason.NONE_SELECTED, origin, note=note)


def cycle(table: RouteTable, origin: Origin, here: Descent) -> DeadEnd:
    """A table that is named on its own way down; the chain ends with it."""
    return DeadEnd(Reason.CYCLE, origin, table.ref, chain=(*(each.table.ref for each in here.tables), table.ref))

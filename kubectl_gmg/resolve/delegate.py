"""Growing the tree of one host: each rule is followed down to the routes it leads to (`spec/v1beta1.md` 8.1, 8.6).

A cycle or a missing table is no exception and no log line but a node of the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kubectl_gmg.model.action import NO_OPTIONS, Delegate, Invalid, Options, Selector, TableRef
from kubectl_gmg.model.conventions import (
    FIRST_CONVENTIONS,
    Broken,
    Conflict,
    Conventions,
    EqualTables,
    LabelInheritance,
)
from kubectl_gmg.model.declared import Labels, Realm, RouteRule, RouteTable, VirtualHost
from kubectl_gmg.model.match import EVERYTHING, RouteMatch
from kubectl_gmg.model.origin import ObjectRef, Origin, Sourced
from kubectl_gmg.model.resolved import (
    DeadEnd,
    Delegation,
    Inclusion,
    Node,
    Reason,
    SourcedLabels,
    Status,
    Target,
    Terminal,
    Via,
)
from kubectl_gmg.resolve.age import by_age
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


class Pool(Protocol):
    """The tables that a holder of a delegating rule sees."""

    def named(self, namespace: str, name: str) -> RouteTable | None:
        """The table of that name."""

    def select(self, selector: Selector) -> tuple[RouteTable, ...]:
        """All tables that fit and may be delegated to, by namespace and then name."""

    def hits(self, selector: Selector, table: ObjectRef) -> bool:
        """Whether a selector fits a table that is seen, though it may not be delegated to."""

    def nothing(self, selector: Selector) -> DeadEnd | None:
        """Why a selector finds nothing, if that can be told better than that nothing fits."""

    def owner(self, table: RouteTable) -> tuple[str, bool]:
        """The workspace of a table, if there are any, and whether it is another than the holder's."""


Ends = dict[tuple[str, str, str], Target | DeadEnd]
"""What a delegating rule leads to, by namespace, name and cluster."""

PoolOf = Callable[[ObjectRef], Pool]
Faults = Callable[[RouteRule, "Descent"], tuple[str, ...]]
"""The codes of what is wrong with where a rule forwards to, as far as that breaks the rule."""


def no_faults(_rule: RouteRule, _here: Descent) -> tuple[str, ...]:
    """Destinations never break a rule."""
    return ()


@dataclass(slots=True)
class Descent:
    """What a rule inherits from the rules above it; `matches` of None is the top of a host.

    Never changed; it is not frozen only because there is one for every rule on every way down.
    """

    matches: tuple[RouteMatch, ...] | None = None
    options: Options = NO_OPTIONS
    rules: tuple[RouteRule, ...] = ()
    tables: tuple[Inclusion, ...] = ()
    labels: SourcedLabels = ()

    def through(self, rule: RouteRule, conventions: Conventions) -> Descent:
        """What the rules below `rule` inherit."""
        inherits = conventions.labels is not LabelInheritance.NONE
        return Descent(
            matches=inherit_matches(self.matches, rule.matches, conventions),
            options=inherit_options(self.options, rule.options),
            rules=(*self.rules, rule),
            tables=self.tables,
            labels=nearer_labels(self.labels, rule.labels, rule.origin / "labels") if inherits else (),
        )

    def into(self, inclusion: Inclusion, conventions: Conventions) -> Descent:
        """What the rules of a table inherit."""
        table = inclusion.table
        inherits = conventions.labels is LabelInheritance.ALL
        own = Origin(table.ref, ("metadata", "labels"))
        labels = nearer_labels(self.labels, table.labels, own) if inherits else self.labels
        return replace(self, tables=(*self.tables, inclusion), labels=labels)

    def passed(self, table: RouteTable) -> bool:
        """Whether `table` is on the way down already, be it as the host of the way."""
        return any(inclusion.table is table for inclusion in self.tables) or self.host == table.ref

    @property
    def host(self) -> ObjectRef | None:
        """The object that the way starts from; None at its top."""
        return self.rules[0].origin.ref if self.rules else None


def grow_host(
    host: VirtualHost, pool_of: PoolOf, budget: Budget, realm: Realm, faults: Faults = no_faults
) -> tuple[Node, ...]:
    """The tree of a host, rule by rule."""
    grower = Grower(pool_of, budget, realm, faults)
    labels: SourcedLabels = ()
    if realm.conventions.labels is not LabelInheritance.NONE:
        labels = nearer_labels((), host.labels, Origin(host.ref, ("metadata", "labels")))
    top = Descent(options=host.options, labels=labels)
    return tuple(grower.grow(rule, top) for rule in host.rules)


class Grower:
    """Follows rules down through the tables that each holder sees."""

    def __init__(self, pool_of: PoolOf, budget: Budget, realm: Realm, faults: Faults) -> None:
        self._pool_of = pool_of
        self._budget = budget
        self._tables_read = realm.tables_read
        self._conventions = realm.conventions
        self._faults = faults

    def grow(self, rule: RouteRule, above: Descent) -> Node:
        """The rule's end, or the tables it hands over to."""
        here = above.through(rule, self._conventions)
        if self._conventions.conflict is Conflict.REPLACED and rule.matches and not here.matches:
            return left_out(rule, above, here, ("GMG303",))
        bad = refused(here.matches or ()) if above.matches is not None else ()
        if bad:
            kept = tuple(match for match in here.matches or () if match not in bad)
            codes = rule.action.codes if isinstance(rule.action, Invalid) else ()
            return self._broken(rule, above, replace(here, matches=kept), (*codes, "GMG304"), bad)
        if isinstance(rule.action, Invalid):
            return self._broken(rule, above, here, rule.action.codes)
        if not here.matches:
            return left_out(rule, above, here, ("GMG303",))
        if isinstance(rule.action, Delegate):
            return self._delegation(rule, rule.action, here)
        if codes := self._faults(rule, here):
            return self._broken(rule, above, here, codes)
        return Terminal(here.rules, here.tables, here.matches, here.options, labels=here.labels)

    def _broken(
        self, rule: RouteRule, above: Descent, here: Descent, codes: tuple[str, ...], bad: tuple[RouteMatch, ...] = ()
    ) -> Terminal:
        """What the product makes of a rule that it cannot use; what it cannot match at all is left out anyway."""
        if self._conventions.broken is Broken.LEFT_OUT or not here.matches:
            return left_out(rule, above, replace(here, matches=(*(here.matches or ()), *bad)), codes)
        return Terminal(
            here.rules,
            here.tables,
            here.matches,
            here.options,
            because=codes,
            status=Status.REPLACED,
            refused=(*rule.refused, *bad),
            labels=here.labels,
        )

    def _delegation(self, rule: RouteRule, action: Delegate, here: Descent) -> Delegation:
        """What a delegating rule reaches; one that breaks is replaced where broken rules are (`spec/v2.md` 8.7)."""
        found = self._delegate(rule, action, here)
        codes = broken_by(found) if self._conventions.broken is Broken.REPLACED else ()
        if not codes:
            return found
        served = Terminal(
            here.rules,
            here.tables,
            here.matches or (),
            here.options,
            because=codes,
            status=Status.REPLACED,
            labels=here.labels,
        )
        return replace(found, replaced=served)

    def _delegate(self, rule: RouteRule, action: Delegate, here: Descent) -> Delegation:
        if not action.entries:
            return Delegation(rule, action.sort, (DeadEnd(Reason.NO_TARGET, rule.origin),))
        pool = self._pool_of(rule.origin.ref)
        found: Ends = {}
        vain: list[DeadEnd] = []
        skipped: list[ObjectRef] = []
        for entry in action.entries:
            if isinstance(entry, TableRef):
                self._named(entry, pool, action, here, found)
            else:
                ends, passed = self._selected(entry, pool, action, here, found)
                vain += ends
                skipped += passed
        reached = any(isinstance(each, Target) for each in found.values())
        if reached and self._conventions.broken is Broken.REPLACED:
            vain = [end for end in vain if end.reason is not Reason.NONE_SELECTED]
        return Delegation(rule, action.sort, (*found.values(), *vain), tuple(skipped))

    def _named(
        self,
        ref: TableRef,
        pool: Pool,
        action: Delegate,
        here: Descent,
        found: Ends,
    ) -> None:
        """What a reference leads to; a table named twice counts once (D-14)."""
        key = (ref.namespace, ref.name, "")
        if key in found:
            return
        table = pool.named(ref.namespace, ref.name)
        if table is None:
            found[key] = self._missing(ref.origin, ref.namespace, ref.name)
        elif here.passed(table):
            found[key] = cycle(table.ref, ref.origin, here)
        else:
            found[key] = self._enter(table, Via.REF, action, ref.origin, here, pool)

    def _selected(
        self,
        selector: Selector,
        pool: Pool,
        action: Delegate,
        here: Descent,
        found: Ends,
    ) -> tuple[list[DeadEnd], list[ObjectRef]]:
        """What a selector leads to that is not there yet; its dead ends, and what is on the way down already."""
        hit = pool.select(selector)
        passed = [table for table in hit if here.passed(table)]
        usable = [table for table in hit if not here.passed(table)]
        entered = [table.ref for table in passed] or [ref for ref in (here.host,) if ref and pool.hits(selector, ref)]
        if entered and selector.name:
            return [cycle(entered[0], selector.origin, here)], []
        for table in in_order(usable, self._conventions):
            key = (table.ref.namespace, table.ref.name, table.ref.cluster)
            if key not in found and (*key[:2], "") not in found:
                found[key] = self._enter(table, Via.SELECTOR, action, selector.origin, here, pool)
        skipped = [table.ref for table in passed]
        if lack := not_selectable("RouteTable", self._tables_read, selector):
            return [DeadEnd(Reason.UNKNOWN, selector.origin, note=f"{lack}: more of them may be selected")], skipped
        if usable:
            return [], skipped
        return [pool.nothing(selector) or none_selected(selector.origin, skipped)], skipped

    def _missing(self, origin: Origin, namespace: str, name: str) -> DeadEnd:
        owner = origin.ref
        ref = ObjectRef(namespace, name, "RouteTable", owner.generation, owner.cluster)
        lack = not_read("RouteTable", self._tables_read, {namespace}) if namespace else ""
        return DeadEnd(Reason.UNKNOWN if lack else Reason.MISSING, origin, ref, note=lack)

    def _enter(
        self, table: RouteTable, via: Via, action: Delegate, origin: Origin, here: Descent, pool: Pool
    ) -> Target | DeadEnd:
        """The rules of a table, unless there are none, or too many, or it lies too deep."""
        if not table.rules:
            return DeadEnd(Reason.EMPTY, origin, table.ref)
        if len(here.tables) >= MAX_DEPTH:
            return DeadEnd(Reason.TOO_DEEP, origin, table.ref, note=f"more than {MAX_DEPTH} tables below each other")
        work = sum(len(rule.matches) for rule in table.rules) * len(here.matches or ())
        if not self._budget.spend(work):
            return DeadEnd(Reason.TOO_MANY, origin, table.ref, note="the routes multiply beyond the budget")
        inclusion = Inclusion(table, via, action.sort, *pool.owner(table))
        inside = here.into(inclusion, self._conventions)
        return Target(inclusion, tuple(self.grow(rule, inside) for rule in table.rules))


def in_order(tables: Iterable[RouteTable], conventions: Conventions) -> Iterable[RouteTable]:
    """Selected tables before their weight decides; they come by namespace and name."""
    if conventions.equal_tables is EqualTables.BY_NAME:
        return tables
    return sorted(tables, key=lambda table: by_age(table.created, table.ref))


def nearer_labels(above: SourcedLabels, own: Labels, origin: Origin) -> SourcedLabels:
    """The labels of both; for one key the nearer wins (`spec/v2.md` 9)."""
    if not own:
        return above
    found = dict(above)
    for key, value in own:
        found[key] = Sourced(value, origin / key, found.get(key))
    return tuple(sorted(found.items()))


def broken_by(found: Delegation) -> tuple[str, ...]:
    """Why a delegating rule is broken as a whole; empty if it is not (`spec/v2.md` 8.6, 8.7, DEC-26)."""
    if any(isinstance(end, DeadEnd) and end.reason is Reason.CYCLE for end in found.targets):
        return ("GMG204",)
    targets = [each for each in found.targets if isinstance(each, Target)]
    if not targets and not any(isinstance(each, DeadEnd) and each.reason in OPEN for each in found.targets):
        return ("GMG203",)
    conflicts = (excluded(node) for target in targets for node in target.nodes)
    return ("GMG303",) if any(conflicts) else ()


OPEN = frozenset({Reason.UNKNOWN, Reason.EMPTY, Reason.TOO_DEEP, Reason.TOO_MANY})
"""Dead ends that do not break a delegate: a table is there, or may be."""


def excluded(node: Node) -> bool:
    """Whether parent and child exclude each other in every pair; a rule that never matches is no pair (DEC-10)."""
    return isinstance(node, Terminal) and node.because == ("GMG303",) and bool(node.rules[-1].matches)


def left_out(rule: RouteRule, above: Descent, here: Descent, codes: tuple[str, ...]) -> Terminal:
    """A rule that the product does not use, with the matches it would have had."""
    shown = here.matches or tuple(
        joined(parent, own, FIRST_CONVENTIONS)
        for parent in above.matches or (EVERYTHING,)
        for own in rule.matches or rule.refused
    )
    return Terminal(
        here.rules, here.tables, shown, here.options, because=codes, status=Status.INVALID, labels=here.labels
    )


def none_selected(origin: Origin, skipped: Sequence[ObjectRef]) -> DeadEnd:
    """A selector that finds no table of use."""
    note = "it selects only tables that are on the way down already" if skipped else ""
    return DeadEnd(Reason.NONE_SELECTED, origin, note=note)


def cycle(table: ObjectRef, origin: Origin, here: Descent) -> DeadEnd:
    """A table that is named on its own way down; the chain ends with it."""
    return DeadEnd(Reason.CYCLE, origin, table, chain=(*(each.table.ref for each in here.tables), table))

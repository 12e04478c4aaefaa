"""Tables that no host leads to: which of them only hang below another, and which selector passes one over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.dead_selectors import dead_selector_ends, sharing_is_known
from kubectl_gmg.checks.delegating_rules import DelegatingRule, delegating_rules, knows_all_ways
from kubectl_gmg.checks.outside import used_outside
from kubectl_gmg.model.action import Delegate, Invalid, Selector, TableRef
from kubectl_gmg.model.conventions import Broken
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Reason, Terminal
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.delegate import Pool
from kubectl_gmg.resolve.family import family_of, pools
from kubectl_gmg.resolve.index import Index

MOST_PAIRS = 200_000
"""Pairs of a selector and a table that it fits which are looked at."""

NAMED = frozenset({Reason.EMPTY, Reason.CYCLE})
"""Dead ends that name a table whatever else is reached: what is wrong with it is said there."""

MEANT_AS_ROOT = ("GMG126", "GMG127", "GMG128")
"""What is said of a table without hosts that sets what only one with hosts may: it is its hosts that are missing."""

DELEGATIONS = ("delegateAction", "delegate")
"""The fields that hold a delegation."""


def certain_orphans(context: CheckContext) -> tuple[RouteTable, ...]:
    """The tables of which it is sure that no host leads to them, and for which no other finding says why."""
    found = [
        each for each in context.resolved.orphans if is_certain(context, each.ref) and not used_outside(context, each)
    ]
    if not found:
        return ()
    ends = dead_selector_ends(context)
    told = {end.ref for _, end in context.dead_ends if end.reason in NAMED} | {end.ref for end in ends}
    dead = {end.origin for end in ends}
    told |= {each.at.ref for code in MEANT_AS_ROOT for each in context.noted(code)}
    over = passed_over(context, found)
    told |= {ref for ref, selectors in over.items() if any(each.origin in dead for _, each in selectors)}
    lost = tuple(lost_actions(context))
    return tuple(each for each in found if each.ref not in told and not any(may_take(action, each) for action in lost))


def lost_actions(context: CheckContext) -> Iterator[object]:
    """What is written of every delegation whose rule is not used for another reason."""
    seen: set[Origin] = set()
    for passage in context.passages:
        rule = passage.rule
        if isinstance(passage.node, Terminal) and isinstance(rule.action, Invalid | Delegate):
            at = rule.origin / rule.action_field
            if rule.action_field in DELEGATIONS and at not in seen:
                seen.add(at)
                yield context.written(at)


def may_take(action: object, table: RouteTable) -> bool:
    """Whether a delegation as written names a table, or selects by no label that the table lacks."""
    if not isinstance(action, Mapping):
        return False
    refs, listed = (action.get(key) for key in ("refs", "routeTables"))
    selectors = [action.get("selector"), *(listed if isinstance(listed, list) else ())]
    named = (each.get("name") for each in (refs if isinstance(refs, list) else ()) if isinstance(each, Mapping))
    return table.ref.name in named or any(lets_in(each, dict(table.labels)) for each in selectors)


def lets_in(selector: object, labels: Mapping[str, str]) -> bool:
    """Whether the labels that a selector asks for are there."""
    if not isinstance(selector, Mapping):
        return False
    wanted = selector.get("labels")
    return not isinstance(wanted, Mapping) or all(labels.get(key) == value for key, value in wanted.items())


def is_certain(context: CheckContext, ref: ObjectRef) -> bool:
    """Whether nothing that was not read can lead to a table; what somebody gave without any host says nothing.

    Nor does it where hosts serve the mesh as well as gateways, if none of them delegates: whoever does is elsewhere.

    A table in no workspace is not read by the product at all, which is the matter of GMG520.
    """
    if context.tenancy(ref).owner(ref) is None:
        return False
    realm = context.realm(ref)
    shares = realm.conventions.broken is Broken.REPLACED and bool(realm.workspaces)
    given = not realm.inventory.partial or ref.generation in context.once(generations_led_from)
    return knows_all_ways(context, ref) and given and (not shares or sharing_is_known(context))


def generations_led_from(context: CheckContext) -> frozenset[str]:
    """The generations of which something was given that may lead to tables: a host, or one that delegates."""
    hosts = {
        each.ref.generation for each in context.hosts if context.realm(each.ref).conventions.broken is Broken.LEFT_OUT
    }
    return frozenset({*hosts, *(each.rule.origin.ref.generation for each in context.once(delegating_rules))})


PassedOver = dict[ObjectRef, list[tuple[DelegatingRule, Selector]]]


def passed_over(context: CheckContext, orphans: list[RouteTable]) -> PassedOver:
    """For each orphan the selectors that would fit it if its workspace shared it."""
    found: defaultdict[ObjectRef, list[tuple[DelegatingRule, Selector]]] = defaultdict(list)
    index = Index(each for each in orphans if context.realm(each.ref).workspaces)
    pairs = (
        (rule, selector, table)
        for rule in (context.once(delegating_rules) if index.all else ())
        for selector in rule.selectors
        for table in index.select(selector)
        if table.ref.generation == rule.rule.origin.ref.generation
    )
    for rule, selector, table in islice(pairs, MOST_PAIRS):
        if selector.workspace in ("", context.tenancy(table.ref).owner(table.ref)):
            found[table.ref].append((rule, selector))
    return found


def why_hidden(context: CheckContext, rule: DelegatingRule, table: RouteTable) -> str:
    """Which side of the sharing is lacking for a table that a rule does not see."""
    tenancy = context.tenancy(table.ref)
    viewer = tenancy.owner(rule.rule.origin.ref)
    if tenancy.sees(viewer, table.ref, table.labels, Shared.ROUTE_TABLE):
        return ""
    return tenancy.why_hidden(viewer, table.ref, table.labels, Shared.ROUTE_TABLE)


class Families:
    """What orphans would lead to among themselves."""

    def __init__(self, context: CheckContext, orphans: tuple[RouteTable, ...]) -> None:
        self._context = context
        members: defaultdict[tuple[str, str], list[RouteTable]] = defaultdict(list)
        for each in orphans:
            members[family_of(each.ref, context.declared)].append(each)
        self._pools = {
            name: pools(Index(found), context.tenancy(found[0].ref), context.realm(found[0].ref).conventions)
            for name, found in members.items()
        }
        self._below: defaultdict[ObjectRef, dict[ObjectRef, RouteTable]] = defaultdict(dict)
        edges = ((each.ref, child) for each in orphans for child in self._children(each) if child is not each)
        for ref, child in islice(edges, MOST_PAIRS):
            self._below[ref][child.ref] = child

    def tops(self, orphans: tuple[RouteTable, ...]) -> Iterator[tuple[RouteTable, tuple[RouteTable, ...]]]:
        """The tables that no other orphan delegates to, each with those below it; of a circle the first."""
        inner = {ref for below in self._below.values() for ref in below}
        seen: set[ObjectRef] = set()
        for table in sorted(orphans, key=lambda each: (each.ref in inner, each.ref)):
            if table.ref not in seen:
                seen.add(table.ref)
                yield table, tuple(self._descend(table.ref, seen))

    def _descend(self, top: ObjectRef, seen: set[ObjectRef]) -> Iterator[RouteTable]:
        """The orphans below one that were not seen yet."""
        waiting = [top]
        while waiting:
            for ref, table in self._below.get(waiting.pop(), {}).items():
                if ref not in seen:
                    seen.add(ref)
                    waiting.append(ref)
                    yield table

    def _children(self, table: RouteTable) -> Iterator[RouteTable]:
        """The orphans that an orphan delegates to."""
        for rule in table.rules:
            for entry in rule.action.entries if isinstance(rule.action, Delegate) else ():
                yield from taken(entry, self._pools[family_of(table.ref, self._context.declared)](table.ref))


def taken(entry: TableRef | Selector, pool: Pool) -> tuple[RouteTable, ...]:
    """The tables of a pool that an entry names or selects."""
    if isinstance(entry, Selector):
        return pool.select(entry)
    found = pool.named(entry.namespace, entry.name)
    return (found,) if found is not None else ()

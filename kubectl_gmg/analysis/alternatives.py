"""The smallest changes that make a route win, or a table be used, each verified by resolving again (`spec/cli.md` 6.6).

What is tried follows from where the ways of the route and of the one that takes its requests part. Nothing is offered
because it should work: only what does, with everything else that it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from kubectl_gmg.analysis.compare import ABSENT, Comparison, Served
from kubectl_gmg.analysis.edits import (
    Change,
    in_namespace,
    labelled,
    moved,
    renamed,
    sorted_by,
    weighed,
    with_label,
    with_namespaces,
)
from kubectl_gmg.analysis.what_if import HIGHEST, LOWEST, trees
from kubectl_gmg.model.action import Delegate, Operator, Requirement, Selector, SortMethod, TableRef
from kubectl_gmg.model.declared import Declared, RouteRule, RouteTable
from kubectl_gmg.model.finding import Edit
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Node, Reason, Resolved, Route, Target, Via
from kubectl_gmg.resolve.index import holds, named_by, selects
from kubectl_gmg.resolve.order import shared_depth
from kubectl_gmg.views import Alternative, Reach, RouteRow

MOST_TRIES = 12
"""How often it is resolved again for one question."""

MOST_OFFERED = 5

Changes = tuple[Change, ...]

OTHER_SORT = {
    SortMethod.TABLE_WEIGHT: SortMethod.ROUTE_SPECIFICITY,
    SortMethod.ROUTE_SPECIFICITY: SortMethod.TABLE_WEIGHT,
}


def alternatives(
    row: RouteRow, declared: Declared, resolved: Resolved, reach: Reach, request: Request | None = None
) -> tuple[Alternative, ...]:
    """What would make a route win the request, or without one any request if none gets to it now.

    What takes the fewest other routes away comes first, then what changes the fewest, then sortMethod, weight,
    position and selector. Nothing for a route that wins.
    """
    if request is None and not reach.by:
        return ()
    comparison = Comparison(declared, resolved)
    goal = Goal(row, request)
    found: list[Alternative] = []
    for changes, after, wins in trials(row, comparison, goal, reach):
        if wins:
            found.append(offered(changes, comparison, after, wins))
    found.sort(key=lambda each: harm(each, row.id))
    return tuple(found[:MOST_OFFERED])


def trials(row: RouteRow, comparison: Comparison, goal: Goal, reach: Reach) -> Iterator[tuple[Changes, Served, str]]:
    """What was tried, what would then be served, and what the route would gain.

    Who takes the requests after a change that is not enough stood behind the others so far: it is a rival as well.
    """
    routes = {each.id: each.route for each in reversed(comparison.before.rows_at(row))}
    rivals = list(goal.rivals(comparison.before, reach))
    tried: set[tuple[Edit, ...]] = set()
    while len(tried) < MOST_TRIES:
        untried = candidates(row.route, [routes[name] for name in rivals if name in routes])
        changes = next((each for each in untried if edits(each) not in tried), None)
        if changes is None:
            return
        tried.add(edits(changes))
        after = comparison.after(changes)
        wins, others = goal.judged(after)
        rivals += [name for name in others if name not in rivals]
        yield changes, after, wins


def edits(changes: Changes) -> tuple[Edit, ...]:
    """What a person would write."""
    return tuple(each.edit for each in changes)


def offered(changes: Changes, comparison: Comparison, after: Served, wins: str) -> Alternative:
    """Some changes that do what they should, with all that they do."""
    return Alternative(edits(changes), comparison.effect(changes, after), wins=wins)


def harm(offer: Alternative, wanted: str) -> tuple[int, int]:
    """How many other routes a change takes away, and how many it changes at all."""
    others = [each for each in offer.effect if each.id != wanted]
    return sum(not each.after.startswith("#") for each in others), len(others)


class Goal:
    """What a change is to achieve for one route."""

    def __init__(self, row: RouteRow, request: Request | None) -> None:
        self._row = row
        self._request = request

    def rivals(self, before: Served, reach: Reach) -> tuple[str, ...]:
        """The ids of the routes of the same host that take what is meant for the route."""
        if self._request is None:
            return reach.by if reach.proof is not None else ()
        winner = before.answering(self._request, self._row)
        return (winner.id,) if winner is not None and winner.key != self._row.key else ()

    def judged(self, after: Served) -> tuple[str, tuple[str, ...]]:
        """What the route gains, in words; else nothing, and the ids of those that stand in its way."""
        then = after.same(self._row)
        if then is None:
            return "", ()
        name, place = then.route.terminal.rules[-1].name or then.id, then.route.index
        if self._request is not None:
            winner = after.answering(self._request, then)
            if winner is None or winner.key != then.key:
                return "", (winner.id,) if winner is not None else ()
            return f"{name} wins at #{place}", ()
        reach = after.reach(then)
        if place is None or not reachable(reach):
            return "", reach.by
        return f"{name} wins {'some requests ' if reach.partly else ''}at #{place}", ()


def candidates(loser: Route, winners: Sequence[Route]) -> Iterator[Changes]:
    """What to try against each of the winners, kind by kind; routes of two hosts have nothing to change in common."""
    rivals_here = [each for each in winners if each.root is loser.root and each.terminal is not loser.terminal]
    for kind in (sorts, weights, positions, selectors):
        for winner in rivals_here:
            for change in kind(loser, winner):
                yield (change,)


def sorts(loser: Route, winner: Route) -> Iterator[Change]:
    """The other order at each delegating rule that both pass, the nearest first."""
    first, second = loser.terminal, winner.terminal
    depth = shared_depth(first, second)
    both = [mine for mine, other in zip(first.rules[: depth + 1], second.rules, strict=False) if mine is other]
    for rule in reversed(both):
        if isinstance(rule.action, Delegate):
            yield sorted_by(rule, rule.action, OTHER_SORT[rule.action.sort])


def parting_tables(loser: Route, winner: Route) -> tuple[RouteRule, RouteTable, RouteTable, Via] | None:
    """The rule that hands over to the loser's and the winner's table, both, and how it has the latter.

    None if the ways part within one list.
    """
    first, second = loser.terminal, winner.terminal
    depth = shared_depth(first, second)
    if depth >= min(len(first.tables), len(second.tables)) or first.rules[depth] is not second.rules[depth]:
        return None
    return first.rules[depth], first.tables[depth].table, second.tables[depth].table, second.tables[depth].via


def weights(loser: Route, winner: Route) -> Iterator[Change]:
    """The loser's table just above the winner's, or the winner's just below."""
    parting = parting_tables(loser, winner)
    if parting is None:
        return
    _, own, other, _ = parting
    if own.weight <= other.weight < HIGHEST:
        yield weighed(own, other.weight + 1)
    if LOWEST < own.weight <= other.weight:
        yield weighed(other, own.weight - 1)


def positions(loser: Route, winner: Route) -> Iterator[Change]:
    """The rule on the loser's way before that on the winner's, where their ways part within one list."""
    first, second = loser.terminal, winner.terminal
    depth = shared_depth(first, second)
    own, other = first.rules[depth], second.rules[depth]
    rules = first.tables[depth - 1].table.rules if depth else loser.root.rules
    order = [each.origin for each in rules]
    if order.index(other.origin) < order.index(own.origin):
        yield moved(rules, own, order.index(other.origin) + 1)


def selectors(loser: Route, winner: Route) -> Iterator[Change]:
    """The selector that takes the winner's table narrowed to the loser's: by a label, or by namespace."""
    parting = parting_tables(loser, winner)
    if parting is None or parting[-1] is not Via.SELECTOR:
        return
    rule, own, other, _ = parting
    for selector in selectors_of(rule):
        if takes(selector, other):
            yield from narrowed(rule, selector, own, other)


def narrowed(rule: RouteRule, selector: Selector, own: RouteTable, other: RouteTable) -> Iterator[Change]:
    """A selector that still fits `own` and no longer fits `other`."""
    labels = dict(other.labels)
    for key, value in own.labels:
        if not selector.expressed and labels.get(key) != value and free(selector, key):
            yield with_label(rule, selector, key, value)
    here, there = own.ref.namespace, other.ref.namespace
    if here != there:
        every = None if selector.one_namespace else selector.namespaces
        if left := (every or frozenset({here})) - {there}:  # none at all would mean that of the holder
            yield with_namespaces(rule, selector, left)


def free(selector: Selector, key: str) -> bool:
    """Whether a selector says nothing of a label yet."""
    return all(each.key != key for each in selector.requirements)


def selectors_of(rule: RouteRule) -> tuple[Selector, ...]:
    """The selectors of a delegating rule."""
    entries = rule.action.entries if isinstance(rule.action, Delegate) else ()
    return tuple(each for each in entries if isinstance(each, Selector) and each.valid)


def takes(selector: Selector, table: RouteTable) -> bool:
    """Whether a selector fits a table, as far as it says itself."""
    return named_by(selector, table.ref) and selects(selector, table.ref.namespace, dict(table.labels))


def for_unused(table: ObjectRef, declared: Declared, resolved: Resolved) -> tuple[Alternative, ...]:
    """What would make an existing rule delegate to a table that nothing includes.

    That is a name where one leads nowhere, labels of the table, or a namespace: one for each rule, the fewest edits
    and then the fewest side effects first.
    """
    unused = next((each for each in declared.tables if each.ref == table), None)
    if unused is None:
        return ()
    comparison = Comparison(declared, resolved)
    rules = delegating(resolved)
    watching = frozenset(
        each.rule.origin.ref for each in rules if any(near(one, unused) for one in selectors_of(each.rule))
    )
    tried = (found for each in rules for found in islice(invitations(each, unused, watching), 1))
    found: list[Alternative] = []
    for changes in islice(sorted(tried, key=len), MOST_TRIES):
        after = comparison.after(changes)
        if wins := used(unused, after, comparison.rows(changes, after)):
            found.append(offered(changes, comparison, after, wins))
    found.sort(key=lambda each: (len(each.edits), sum(change.before != ABSENT for change in each.effect)))
    return tuple(found[:MOST_OFFERED])


def delegating(resolved: Resolved) -> tuple[Delegation, ...]:
    """Every rule that delegates on some way down, once."""
    nodes = (node for tree in trees(resolved) for node in tree)
    return tuple({each.rule.origin: each for node in nodes for each in delegations(node)}.values())


def delegations(node: Node) -> Iterator[Delegation]:
    """Every delegating rule of a tree."""
    if isinstance(node, Delegation):
        yield node
        for target in node.targets:
            if isinstance(target, Target):
                for below in target.nodes:
                    yield from delegations(below)


def invitations(found: Delegation, table: RouteTable, watching: frozenset[ObjectRef]) -> Iterator[Changes]:
    """What would make each entry of a rule take a table: a name that leads nowhere, or a selector.

    `watching` are the objects whose selectors may take the table, or no longer do, when its labels change.
    """
    action = found.rule.action
    nowhere = {end.origin for end in found.targets if isinstance(end, DeadEnd) and end.reason in NOWHERE}
    for entry in action.entries if isinstance(action, Delegate) else ():
        if entry.name and entry.origin in nowhere:
            yield from names(found.rule, entry, table)
        elif isinstance(entry, Selector) and entry.valid and not entry.name and not takes(entry, table):
            changes = (*into_namespaces(found.rule, entry, table), *labels_wanted(entry, table, watching))
            if len(changes) == misfits(entry, table):
                yield changes


NOWHERE = (Reason.MISSING, Reason.NONE_SELECTED)


def names(rule: RouteRule, entry: TableRef | Selector, table: RouteTable) -> Iterator[Changes]:
    """The name of a table in place of one that nothing has, with its namespace where that is another."""
    name, namespace = table.ref.name, table.ref.namespace
    change = (renamed(rule, entry, name),) if entry.name != name else ()
    if isinstance(entry, TableRef):
        yield (*change, *((in_namespace(rule, entry, namespace),) if entry.namespace != namespace else ()))
    elif not entry.requirements:
        elsewhere = entry.namespaces is not None and namespace not in entry.namespaces
        yield (*change, *((with_namespaces(rule, entry, frozenset({namespace})),) if elsewhere else ()))


def misfits(selector: Selector, table: RouteTable) -> int:
    """How many parts of a selector do not fit a table."""
    labels = dict(table.labels)
    elsewhere = selector.namespaces is not None and table.ref.namespace not in selector.namespaces
    return elsewhere + sum(not holds(each, labels) for each in selector.requirements)


def into_namespaces(rule: RouteRule, selector: Selector, table: RouteTable) -> Iterator[Change]:
    """The namespace of a table among those of a selector, where several can be."""
    spaces = selector.namespaces
    if spaces is not None and table.ref.namespace not in spaces and not selector.one_namespace:
        yield with_namespaces(rule, selector, spaces | {table.ref.namespace})


def labels_wanted(selector: Selector, table: RouteTable, watching: frozenset[ObjectRef]) -> Iterator[Change]:
    """The labels that a table lacks for a selector."""
    labels = dict(table.labels)
    for each in selector.requirements:
        if not holds(each, labels) and (value := value_for(each)):
            yield labelled(table, each.key, value, watching)


def near(selector: Selector, table: RouteTable) -> bool:
    """Whether a selector could fit a table if it had other labels."""
    spaces = selector.namespaces
    return named_by(selector, table.ref) and (spaces is None or table.ref.namespace in spaces)


MISPLACED = "sortMethod"
"""A field that some write among the labels of a selector (GMG210): what it lacks there is no label."""


def value_for(wanted: Requirement) -> str:
    """A value that passes one condition on a label; empty where only taking a label away would do, or an odd one."""
    if wanted.key == MISPLACED:
        return ""
    if wanted.operator in (Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.IN):
        return min(wanted.values)
    return "true" if wanted.operator is Operator.EXISTS else ""


def used(table: RouteTable, after: Served, rows: Iterable[RouteRow]) -> str:
    """Who uses a table, in words; empty if no request gets to any of the `rows` that pass it."""
    for row in rows:
        passed = [each.table.ref for each in row.route.terminal.tables]
        if table.ref in passed and row.route.index is not None and reachable(after.reach(row)):
            rule = row.route.terminal.rules[passed.index(table.ref)]
            return f"{rule.name or rule.origin.field} uses {table.ref.name}: requests reach it at #{row.route.index}"
    return ""


def reachable(reach: Reach) -> bool:
    """Whether a request surely gets to a route."""
    return reach.proof is None and reach.decided

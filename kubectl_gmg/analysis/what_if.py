"""`--what-if FIELD=VALUE`: what is meant, and what it changes (`spec/cli.md` 2.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from kubectl_gmg.analysis.compare import compare
from kubectl_gmg.analysis.edits import Change, Rules, moved, sorted_by, weighed
from kubectl_gmg.errors import UsageError
from kubectl_gmg.model.action import Delegate, SortMethod
from kubectl_gmg.model.declared import Declared, RouteRule, RouteTable
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Delegation, Host, Node, Resolved, Target
from kubectl_gmg.resolve.walk import tables_below
from kubectl_gmg.views import Alternative, RouteRow

Subject = RouteRow | ObjectRef | RouteRule
"""A route, a table or a host, or a rule that delegates."""

LOWEST, HIGHEST = -(2**31), 2**31 - 1
"""What the weight of a table can be."""
FORM = "write weight=20, sortMethod=ROUTE_SPECIFICITY or position=1"


def what_if(declared: Declared, resolved: Resolved, subjects: Sequence[Subject], changes: Sequence[str]) -> Alternative:
    """What all the `changes` together do, each written `FIELD=VALUE`, of what a TARGET names.

    Raises `UsageError` for a field or value that cannot be, and where a subject has no such field.
    """
    wanted = dict(map(parsed, changes))
    if len(wanted) < len(changes):
        twice = Counter(text.partition("=")[0] for text in changes).most_common(1)[0][0]
        raise UsageError(f"--what-if {twice} is given twice", "give every field once")
    made = tuple(each for name, value in wanted.items() for each in FIELDS[name](value, subjects, resolved))
    return Alternative(tuple(each.edit for each in made), compare(declared, resolved, made))


def parsed(text: str) -> tuple[str, str]:
    """Field and value. Raises `UsageError` for a field that is not known."""
    name, equals, value = text.partition("=")
    if not equals or name not in FIELDS:
        raise UsageError(f"--what-if {text}: this is no field and value that can be tried", FORM)
    return name, value


def whole_number(text: str) -> int | None:
    """The number that a text is, if it is written in digits."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None


def weights(value: str, subjects: Sequence[Subject], resolved: Resolved) -> Iterator[Change]:
    """The tables of the subjects with another weight."""
    weight = whole_number(value)
    if weight is None or not LOWEST <= weight <= HIGHEST:
        hint = f"write a whole number from {LOWEST} to {HIGHEST}, such as weight=20"
        raise UsageError(f"--what-if weight={value}: this is no weight", hint)
    found = (table_of(each, resolved) for each in subjects)
    for table in {each.ref: each for each in found}.values():
        yield weighed(table, weight)


def table_of(subject: Subject, resolved: Resolved) -> RouteTable:
    """The table whose weight is meant. Raises `UsageError` where there is none."""
    if isinstance(subject, RouteRow):
        if subject.route.terminal.tables:
            return subject.route.terminal.tables[-1].table
        raise UsageError(
            f"{subject.id} is written in {subject.route.root.ref} itself, and only tables have a weight",
            "name a route of a table, or try position",
        )
    holder = subject.origin.ref if isinstance(subject, RouteRule) else subject
    table = tables(resolved).get(holder)
    if table is None:
        below = {ref for nodes in trees(resolved, holder) for node in nodes for ref in tables_below(node)}
        some = tuple(f"rt/{ref.namespace}/{ref.name}" for ref in sorted(below))
        hint = f"name a table, such as {some[0]}" if some else "it delegates to no table"
        raise UsageError(f"{holder} has no weight: only tables that rules delegate to have one", hint, candidates=some)
    return table


def sorts(value: str, subjects: Sequence[Subject], resolved: Resolved) -> Iterator[Change]:
    """The delegating rules of the subjects with another order of what is below."""
    if value not in SortMethod.__members__:
        known = " or ".join(f"sortMethod={each.value}" for each in SortMethod)
        raise UsageError(f"--what-if sortMethod={value}: there is no such order", f"write {known}")
    found: dict[Origin, RouteRule] = {}
    for subject in subjects:
        found |= {rule.origin: rule for rule in delegating(subject, resolved)}
    for rule in found.values():
        if isinstance(rule.action, Delegate):
            yield sorted_by(rule, rule.action, SortMethod[value])


def delegating(subject: Subject, resolved: Resolved) -> tuple[RouteRule, ...]:
    """The delegating rules nearest above a subject, of a host its own. Raises `UsageError` where there are none."""
    if isinstance(subject, RouteRow):
        rules = subject.route.terminal.rules[-2:-1]
        why = f"{subject.id} is written in {subject.route.root.ref} itself: no rule delegates to it"
    elif isinstance(subject, RouteRule):
        return (subject,)
    elif subject in tables(resolved):
        rules = tuple(including(subject, resolved))
        why = f"no rule of a host leads to {subject}"
    else:
        every = (root for host in hosts(resolved) for root in host.roots if root.ref == subject)
        own = {rule.origin: rule for root in every for rule in root.rules}
        rules = tuple(rule for rule in own.values() if isinstance(rule.action, Delegate))
        why = f"no rule of {subject} delegates"
    if not rules:
        raise UsageError(f"{why}, and sortMethod belongs to a rule that delegates", "try position of a route")
    return rules


def including(table: ObjectRef, resolved: Resolved) -> Iterator[RouteRule]:
    """Every rule that hands over to a table."""
    for nodes in trees(resolved):
        for node in nodes:
            for delegation, target in targets(node):
                if target.inclusion.table.ref == table:
                    yield delegation.rule


def targets(node: Node) -> Iterator[tuple[Delegation, Target]]:
    """Every table that a tree enters, with what includes it."""
    if isinstance(node, Delegation):
        for target in node.targets:
            if isinstance(target, Target):
                yield node, target
                for below in target.nodes:
                    yield from targets(below)


def hosts(resolved: Resolved) -> Iterator[Host]:
    """Every host once, also those that nobody serves."""
    served = (host for gateway in resolved.entrances for listener in gateway.listeners for host in listener.hosts)
    yield from {id(host): host for host in (*served, *resolved.unattached)}.values()


def trees(resolved: Resolved, root: ObjectRef | None = None) -> Iterator[tuple[Node, ...]]:
    """The trees of all hosts, or of the hosts of one object."""
    for host in hosts(resolved):
        if root is None or any(each.ref == root for each in host.roots):
            yield host.tree


def tables(resolved: Resolved) -> dict[ObjectRef, RouteTable]:
    """Every table that is delegated to, or that could be."""
    found = {table.ref: table for table in resolved.orphans}
    for nodes in trees(resolved):
        for node in nodes:
            found |= {target.inclusion.table.ref: target.inclusion.table for _, target in targets(node)}
    return found


def positions(value: str, subjects: Sequence[Subject], resolved: Resolved) -> Iterator[Change]:
    """The rule of the subjects at another place of its list."""
    rules = {rule.origin: rule for rule in map(rule_of, subjects)}
    if len(rules) != 1:
        several = tuple(sorted({each.id for each in subjects if isinstance(each, RouteRow)}))
        raise UsageError("--what-if position is about one rule", "name a single route", candidates=several)
    (rule,) = rules.values()
    if rule.connections:
        why = "the most specific server name wins, or the first TCP route of the oldest table"
        raise UsageError("--what-if position is about HTTP routes, and this one is for whole connections", why)
    among, place = own_list(rule, resolved), whole_number(value)
    if place is None or not 1 <= place <= len(among):
        hint = f"write a number from 1 to {len(among)}: so many rules are in its list"
        raise UsageError(f"--what-if position={value}: there is no such place", hint)
    yield moved(among, rule, place)


def rule_of(subject: Subject) -> RouteRule:
    """The rule that a subject is, or is made from. Raises `UsageError` where it is none."""
    if isinstance(subject, ObjectRef):
        raise UsageError(f"{subject} has no position: only rules have", "name a route by its id")
    return subject if isinstance(subject, RouteRule) else subject.route.terminal.rules[-1]


def own_list(rule: RouteRule, resolved: Resolved) -> Rules:
    """The list that a rule stands in."""
    lists = [table.rules for table in tables(resolved).values()]
    lists += [root.rules for host in hosts(resolved) for root in host.roots]
    return next(rules for rules in lists if any(each.origin == rule.origin for each in rules))


FIELDS: dict[str, Callable[[str, Sequence[Subject], Resolved], Iterator[Change]]] = {
    "weight": weights,
    "sortMethod": sorts,
    "position": positions,
}
"""What can be tried, by the name of the field."""

"""Changes of one field each: what a person would write where, and what then is declared (`spec/cli.md` 6.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeVar

from kubectl_gmg.model.action import Delegate, Operator, Requirement, Selector, SortMethod, TableRef
from kubectl_gmg.model.declared import Declared, Listener, RouteRule, RouteTable, VirtualGateway, VirtualHost
from kubectl_gmg.model.finding import Edit
from kubectl_gmg.model.origin import ObjectRef, Origin

Rules = tuple[RouteRule, ...]
Entry = TableRef | Selector
E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Change:
    """One edit. `apply` makes it; only hosts whose trees pass an object of `touched` can serve anything else then.

    Rules and hosts keep their origins and segments, also where an edit moves them: a route is called what it is
    called now.
    """

    edit: Edit
    apply: Callable[[Declared], Declared]
    touched: frozenset[ObjectRef]


def applied(changes: Iterable[Change], declared: Declared) -> Declared:
    """What is declared after all the changes, one after the other."""
    return reduce(lambda before, change: change.apply(before), changes, declared)


def touched_by(changes: Iterable[Change]) -> frozenset[ObjectRef]:
    """The objects that any of the changes concerns."""
    return frozenset(ref for change in changes for ref in change.touched)


def weighed(table: RouteTable, weight: int) -> Change:
    """A table with another weight."""
    edit = Edit(Origin(table.ref, ("spec", "weight")), str(table.weight), str(weight), table.ref.name)
    return Change(edit, on_table(table.ref, lambda each: replace(each, weight=weight)), frozenset({table.ref}))


def labelled(table: RouteTable, key: str, value: str, delegates: Iterable[ObjectRef]) -> Change:
    """A table with a label; `delegates` hold the rules whose selectors may take it then, or no longer do."""
    labels = dict(table.labels)
    at = Origin(table.ref, ("metadata", "labels", key))
    edit = Edit(at, labels.get(key), value, table.ref.name)

    def with_label(each: RouteTable) -> RouteTable:
        return replace(each, labels=tuple(sorted({**dict(each.labels), key: value}.items())))

    return Change(edit, on_table(table.ref, with_label), frozenset({table.ref, *delegates}))


def sorted_by(rule: RouteRule, action: Delegate, sort: SortMethod) -> Change:
    """A delegating rule that sorts in another way."""
    edit = Edit(rule.origin / rule.action_field / "sortMethod", action.sort.value, sort.value, rule.name)
    return on_delegate(rule, edit, lambda found: replace(found, sort=sort))


def moved(rules: Rules, rule: RouteRule, position: int) -> Change:
    """A rule at another position of its list `rules`, from 1."""
    before = places(rules).index(rule.origin) + 1
    edit = Edit(rule.origin, str(before), str(position), rule.name)

    def reordered(found: Rules) -> Rules:
        own = [each for each in found if each.origin == rule.origin]
        rest = [each for each in found if each.origin != rule.origin]
        return (*rest[: position - 1], *own, *rest[position - 1 :])

    holder = rule.origin.ref
    return Change(edit, on_rules(rule.origin, reordered), frozenset({holder}))


def with_label(rule: RouteRule, selector: Selector, key: str, value: str) -> Change:
    """A selector that wants a label besides; only for one that is not `expressed`."""
    edit = Edit(selector.origin / "labels" / key, None, value, rule.name)
    wanted = Requirement(key, Operator.EQUALS, (value,))
    return on_entry(rule, selector, edit, lambda each: replace(each, requirements=(*each.requirements, wanted)))


def with_namespaces(rule: RouteRule, selector: Selector, namespaces: frozenset[str]) -> Change:
    """A selector of other namespaces; of exactly one where no more can be written."""
    at = selector.origin / ("namespace" if selector.one_namespace else "namespaces")
    edit = Edit(at, namespaces_written(selector), namespaces_text(namespaces, selector), rule.name)
    return on_entry(rule, selector, edit, lambda each: replace(each, namespaces=namespaces))


def namespaces_written(selector: Selector) -> str | None:
    """The namespaces of a selector as people write them; None where nothing needs to be."""
    if selector.namespaces is not None:
        return namespaces_text(selector.namespaces, selector)
    return None if selector.one_namespace else '["*"]'


def namespaces_text(namespaces: frozenset[str], selector: Selector) -> str:
    """Namespaces as the selector takes them: one name, or a list."""
    names = ", ".join(sorted(namespaces))
    return names if selector.one_namespace else f"[{names}]"


def renamed(rule: RouteRule, entry: Entry, name: str) -> Change:
    """A reference, or a selector by name, that names another table."""
    edit = Edit(entry.origin / "name", entry.name or None, name, rule.name)
    return on_entry(rule, entry, edit, lambda each: replace(each, name=name))


def in_namespace(rule: RouteRule, entry: TableRef, namespace: str) -> Change:
    """A reference into another namespace."""
    edit = Edit(entry.origin / "namespace", entry.namespace or None, namespace, rule.name)
    return on_entry(rule, entry, edit, lambda each: replace(each, namespace=namespace))


def on_entry(rule: RouteRule, entry: E, edit: Edit, change: Callable[[E], E]) -> Change:
    """A delegating rule with one of its references or selectors changed."""

    def changed(action: Delegate) -> Delegate:
        entries = (
            change(each) if isinstance(each, type(entry)) and each.origin == entry.origin else each
            for each in action.entries
        )
        return replace(action, entries=tuple(entries))

    return on_delegate(rule, edit, changed)


def on_delegate(rule: RouteRule, edit: Edit, change: Callable[[Delegate], Delegate]) -> Change:
    """A rule whose delegation is changed."""

    def changed(each: RouteRule) -> RouteRule:
        if each.origin != rule.origin or not isinstance(each.action, Delegate):
            return each
        return replace(each, action=change(each.action))

    def among(rules: Rules) -> Rules:
        return tuple(map(changed, rules))

    return Change(edit, on_rules(rule.origin, among), frozenset({rule.origin.ref}))


def on_table(ref: ObjectRef, change: Callable[[RouteTable], RouteTable]) -> Callable[[Declared], Declared]:
    """What changes one table."""

    def apply(declared: Declared) -> Declared:
        return replace(declared, tables=tuple(change(each) if each.ref == ref else each for each in declared.tables))

    return apply


def on_rules(origin: Origin, change: Callable[[Rules], Rules]) -> Callable[[Declared], Declared]:
    """What changes the list that holds the rule at `origin`, in the table and in the host that have it."""

    def changed(rules: Rules) -> Rules:
        return change(rules) if origin in places(rules) else rules

    def in_table(table: RouteTable) -> RouteTable:
        return replace(table, rules=changed(table.rules)) if table.ref == origin.ref else table

    def in_host(host: VirtualHost) -> VirtualHost:
        return replace(host, rules=changed(host.rules)) if host.ref == origin.ref else host

    def apply(declared: Declared) -> Declared:
        tables = tuple(map(in_table, declared.tables))
        return replace(with_hosts(declared, in_host), tables=tables)

    return apply


def places(rules: Rules) -> tuple[Origin, ...]:
    """Where the rules of a list are written."""
    return tuple(each.origin for each in rules)


def with_hosts(declared: Declared, change: Callable[[VirtualHost], VirtualHost]) -> Declared:
    """Every host changed, also those that stand in their gateway."""
    return replace(
        declared,
        hosts=tuple(map(change, declared.hosts)),
        gateways=tuple(with_inline_hosts(each, change) for each in declared.gateways),
    )


def with_inline_hosts(gateway: VirtualGateway, change: Callable[[VirtualHost], VirtualHost]) -> VirtualGateway:
    """A gateway with its own hosts changed; what its listeners share they share afterwards."""
    lists = {id(each.selects): each.selects for each in gateway.listeners}
    if not any(isinstance(entry, VirtualHost) for entries in lists.values() for entry in entries):
        return gateway
    made = {
        name: tuple(change(entry) if isinstance(entry, VirtualHost) else entry for entry in entries)
        for name, entries in lists.items()
    }

    def changed(listener: Listener) -> Listener:
        return replace(listener, selects=made[id(listener.selects)])

    return replace(gateway, listeners=tuple(map(changed, gateway.listeners)))

"""Why one route of a host stands before another: the rule, both objects, both fields and both values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kubectl_gmg.analysis.wording import rule_name
from kubectl_gmg.explain.match import parts_of
from kubectl_gmg.explain.words import created_words, match_words, path_of, quoted
from kubectl_gmg.model.action import Delegate, Selector, SortMethod, TableRef
from kubectl_gmg.model.conventions import Ranking
from kubectl_gmg.model.declared import RouteRule, RouteTable
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Terminal
from kubectl_gmg.resolve.merge import is_catch_all, merging
from kubectl_gmg.resolve.order import Decision, Rule, decisions
from kubectl_gmg.views import RouteRow, Step

RANKS = {
    "path type": "exact paths come before regular expressions, and these before prefixes",
    "path length": "of equal path types the longer path comes first",
    "table weight": "of equal paths the one in the heavier table comes first",
    "header tests": "of equal paths the one with more header tests comes first",
    "query tests": "of equal paths the one with more query parameter tests comes first",
    "method test": "of equal paths the one with a method comes first",
}
"""The rule behind each part of a specificity, with its direction (`spec/v1beta1.md` 8.5, `spec/v2.md` 8.4)."""


def reasons(first: RouteRow, second: RouteRow) -> tuple[Step, ...]:
    """Why `first` stands before `second`, both of one host: the ties, then what decides, with both sides of it."""
    rule = merging(first.route, second.route)
    if rule is Rule.CATCH_ALL:
        return tuple(by_catch_all(first, second))
    if rule is Rule.ROOT_AGE:
        return tuple(by_root(first, second))
    mine, other = first.route.terminal, second.route.terminal
    if mine.rules == other.rules and first.id == second.id:
        text = "both are matches of one rule, and these stay in the order in which they are written"
        return (Step("rank", text, matchers_of(mine), rule_name(mine.rules[-1]), other=first.id),)
    found = decisions(mine, other, first.gateway.conventions)
    return tuple(step for decision in found for step in told(decision, first, second))


def matchers_of(leaf: Terminal) -> Origin:
    """Where the matches of a rule are written."""
    return leaf.rules[-1].origin / "matchers"


def told(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """One decision: who sorts, by which rule, and what both sides say."""
    if decision.rule is Rule.SPECIFICITY:
        yield from by_specificity(decision, first, second)
    elif decision.rule is Rule.WRITTEN:
        yield from by_list(decision, first, second)
    else:
        yield from TABLES[decision.rule](decision, first, second)


def sorting(rule: RouteRule) -> Origin:
    """The field that says how the tables below a rule are sorted."""
    return delegating(rule) / "sortMethod"


def by_specificity(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That a delegate ranks what its tables give, and by which key."""
    rule = first.route.terminal.rules[decision.level]
    at, name = sorting(rule), rule_name(rule)
    if decision.tie:
        text = f"{quoted(rule)} sorts by ROUTE_SPECIFICITY, which holds both equal: a tie, so the tables decide"
        yield Step("tie", text, at, name, other=first.id)
        return
    mine, other = decision.values
    names = sides(decision, first, second)
    said = f"{mine} ({names[0]}) before {other} ({names[1]})"
    text = f"{quoted(rule)} sorts by ROUTE_SPECIFICITY: {RANKS[decision.key]}: {said}"
    yield Step("rank", text, at, name, SortMethod.ROUTE_SPECIFICITY.value, first.id)
    if decision.key == "table weight":
        yield from weights(first.route.terminal.tables[-1:], second.route.terminal.tables[-1:])
        return
    for row, value in ((first, mine), (second, other)):
        leaf = row.route.terminal
        has = f"{leaf_name(row)} has {decision.key} {value}: {match_words(row.route.match)}"
        yield Step("written", has, tested_at(row, decision.key), rule_name(leaf.rules[-1]), value)
    yield from overridden(decision, first, second)


TESTED = {"header tests": "headers", "query tests": "queryParameters", "method test": "method"}
"""The field of a matcher behind a part of a specificity; the others are about its path."""


def tested_at(row: RouteRow, key: str) -> Origin:
    """Where a route says what is compared, at its last rule."""
    parts = parts_of(row)
    return parts[-1].at / TESTED.get(key, "uri") if parts else matchers_of(row.route.terminal)


def sides(decision: Decision, first: RouteRow, second: RouteRow) -> tuple[str, str]:
    """Whose values are compared: those of two tables, or of two rules."""
    if decision.key == "table weight":
        return holder_name(first), holder_name(second)
    return leaf_name(first), leaf_name(second)


def overridden(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That the weight of the tables would have said otherwise, or that a delegate further down would have."""
    level = decision.level
    mine, other = first.route.terminal.tables[level].table, second.route.terminal.tables[level].table
    if mine is not other and mine.weight < other.weight:
        text = f"the weights of the tables, {mine.weight} and {other.weight}, would have it the other way round, "
        text += "but have no say here"
        yield Step("displaced", text, weight_of(mine), value=str(mine.weight), other=str(other.ref))
    below = first.route.terminal.rules[level + 1 : -1]
    shared = second.route.terminal.rules[level + 1 : -1]
    for rule, same in zip(below, shared, strict=False):
        if rule is same and isinstance(rule.action, Delegate) and rule.action.sort is SortMethod.TABLE_WEIGHT:
            text = f"{quoted(rule)} below it sorts by TABLE_WEIGHT, but the outer ROUTE_SPECIFICITY overrides that"
            yield Step("displaced", text, sorting(rule), rule_name(rule), SortMethod.TABLE_WEIGHT.value)


def by_list(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That both ways part at two rules of one list."""
    level = decision.level
    mine, other = first.route.terminal.rules[level], second.route.terminal.rules[level]
    text = (
        f"the rules of {mine.origin.ref} stay as they are written: "
        f"{rule_name(mine)} ({mine.origin.field}) before {rule_name(other)} ({other.origin.field})"
    )
    yield Step("rank", text, mine.origin, rule_name(mine), mine.origin.field, first.id)
    yield Step("written", f"{rule_name(other)} is written later", other.origin, rule_name(other), other.origin.field)
    for each in (mine, other):
        if isinstance(each.action, Delegate) and each.action.sort is SortMethod.ROUTE_SPECIFICITY:
            text = f"{quoted(each)} sorts by ROUTE_SPECIFICITY, but only what is below it, not what stands beside it"
            yield Step("displaced", text, sorting(each), rule_name(each), SortMethod.ROUTE_SPECIFICITY.value)


def holder_name(row: RouteRow) -> str:
    """The table that holds the rule of a route, else its host."""
    passed = row.route.terminal.tables
    return path_of(passed[-1].table.ref if passed else row.route.root.ref)


def leaf_name(row: RouteRow) -> str:
    """The name of the rule that a route is made from."""
    return rule_name(row.route.terminal.rules[-1])


def weight_of(table: RouteTable) -> Origin:
    """The field that holds a table's weight; unwritten it is 0."""
    return Origin(table.ref, ("spec", "weight"))


def weights(*sides: object) -> Iterator[Step]:
    """What the tables of both sides weigh."""
    for side in sides:
        if isinstance(side, tuple) and side:
            table = side[0].table
            yield Step("written", f"{table.ref.name} weighs {table.weight}", weight_of(table), value=str(table.weight))


def by_weight(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That the heavier table comes first, or that both weigh the same."""
    mine, other = decision.values
    rule = first.route.terminal.rules[decision.level]
    tables = [row.route.terminal.tables[decision.level].table for row in (first, second)]
    names = " and ".join(path_of(table.ref) for table in tables)
    if decision.tie:
        text = f"tables are ordered by weight, but {names} both weigh {mine}: a tie"
        yield Step("tie", text, weight_of(tables[0]), value=mine, other=first.id)
        yield Step("written", f"{tables[1].ref.name} weighs {other}", weight_of(tables[1]), value=other)
        return
    text = f"tables are ordered by weight, higher first: {mine} before {other}"
    yield Step("rank", text, sorting(rule), rule_name(rule), SortMethod.TABLE_WEIGHT.value, first.id)
    for table in tables:
        yield Step("written", f"{table.ref.name} weighs {table.weight}", weight_of(table), value=str(table.weight))


def by_via(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That a reference goes before a selection."""
    mine, other = (row.route.terminal.tables[decision.level].table.ref for row in (first, second))
    rule = first.route.terminal.rules[decision.level]
    text = f"tables that are referred to come before selected ones: {mine} is referred to, {other} is selected"
    yield Step("rank", text, entry_at(rule, mine), rule_name(rule), other=first.id)
    yield Step("written", f"{other.name} is selected", entry_at(rule, other), rule_name(rule))


def by_reference(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That references stand as they are listed."""
    mine, other = (row.route.terminal.tables[decision.level].table.ref for row in (first, second))
    rule = first.route.terminal.rules[decision.level]
    text = f"references stay as they are listed: {mine} is listed before {other}"
    yield Step("rank", text, entry_at(rule, mine), rule_name(rule), other=first.id)
    yield Step("written", f"{other.name} is listed after it", entry_at(rule, other), rule_name(rule))


def by_table_name(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That selected tables of one weight stand by their names."""
    mine, other = (path_of(row.route.terminal.tables[decision.level].table.ref) for row in (first, second))
    at = Origin(first.route.terminal.tables[decision.level].table.ref, ("metadata", "name"))
    text = f"selected tables of one weight stand by namespace and then name: {mine} before {other}"
    yield Step("rank", text, at, value=mine, other=first.id)


def by_table_age(decision: Decision, first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That of selected tables of one weight the older comes first."""
    mine, other = (row.route.terminal.tables[decision.level].table for row in (first, second))
    text = f"of selected tables of one weight the older comes first: {aged(mine)} before {aged(other)}"
    text += equal_age(mine.created, other.created)
    yield Step("rank", text, created_at(mine.ref), value=mine.created, other=first.id)
    yield Step("written", f"{other.ref.name}: {created_words(other.created)}", created_at(other.ref))


def created_at(ref: ObjectRef) -> Origin:
    """The field that says when an object was created."""
    return Origin(ref, ("metadata", "creationTimestamp"))


def aged(each: RouteTable) -> str:
    """A table with its age."""
    return f"{path_of(each.ref)} ({created_words(each.created)})"


def equal_age(mine: str | None, other: str | None) -> str:
    """That age does not tell two objects apart, so that their names do."""
    return "; their ages are equal, so their names decide" if mine == other else ""


def entry_at(rule: RouteRule, table: ObjectRef) -> Origin:
    """The entry of a delegating rule that leads to a table: its reference, else the first selector that fits."""
    entries = rule.action.entries if isinstance(rule.action, Delegate) else ()
    named = (each for each in entries if isinstance(each, TableRef))
    found = next((each for each in named if (each.namespace, each.name) == (table.namespace, table.name)), None)
    found_by = next((each for each in entries if isinstance(each, Selector)), None)
    if found is not None:
        return found.origin
    return found_by.origin if found_by else delegating(rule)


def delegating(rule: RouteRule) -> Origin:
    """The field by which a rule hands over."""
    return rule.origin / rule.action_field if rule.action_field else rule.origin


TABLES: dict[Rule, Callable[[Decision, RouteRow, RouteRow], Iterator[Step]]] = {
    Rule.WEIGHT: by_weight,
    Rule.VIA: by_via,
    Rule.LISTED: by_reference,
    Rule.NAME: by_table_name,
    Rule.AGE: by_table_age,
}


def by_catch_all(first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That a catch-all moves behind the routes of all roots (`spec/envoy.md` 72)."""
    leaf = second.route.terminal
    text = (
        f"{quoted(leaf.rules[-1])} of {second.route.root.ref} is a catch-all: it fits every request; "
        "where several hosts share a domain, catch-alls come last"
    )
    yield Step("rank", text, leaf.rules[-1].origin, rule_name(leaf.rules[-1]), other=first.id)


def by_root(first: RouteRow, second: RouteRow) -> Iterator[Step]:
    """That the routes of the older of two hosts come first (`spec/envoy.md` 73)."""
    mine, other = first.route.root, second.route.root
    both = all(each.route.connection is None and is_catch_all(each.route.match) for each in (first, second))
    last = "both are catch-alls, which come last, " if both else ""
    shared = "share the domain" if first.route.connection is None else "have routes for connections to the listener"
    text = f"several hosts {shared}; {last}and the routes of the older come first: "
    text += f"{mine.ref} ({created_words(mine.created)}) before {other.ref} ({created_words(other.created)})"
    text += equal_age(mine.created, other.created)
    yield Step("rank", text, created_at(mine.ref), value=mine.created, other=first.id)
    yield Step("written", f"{other.ref.name}: {created_words(other.created)}", created_at(other.ref))


def ranking_words(ranking: Ranking) -> str:
    """What ROUTE_SPECIFICITY compares, in order."""
    paths = "exact paths first, then regular expressions, then prefixes; the longer path first"
    if ranking is Ranking.PATH_ONLY:
        return paths
    return f"{paths}; then the heavier table, more header tests, more query tests, a method"

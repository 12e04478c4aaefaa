"""Why a route table is used, or is not (`spec/v1beta1.md` 8.2, `spec/v2.md` 8.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.analysis.wording import counted, rule_name
from kubectl_gmg.explain.action import ENDS
from kubectl_gmg.explain.compare import sorting, weight_of
from kubectl_gmg.explain.order import weighed
from kubectl_gmg.explain.route import Ground, trouble_steps
from kubectl_gmg.explain.selection import mismatches, selector_words, sides
from kubectl_gmg.explain.sharing import hidden
from kubectl_gmg.explain.words import because, quoted
from kubectl_gmg.model.action import Delegate, Selector, SortMethod, TableRef
from kubectl_gmg.model.declared import RouteRule, RouteTable, VirtualHost
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Node, Reason, Target, Via
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.order import ranked
from kubectl_gmg.resolve.target import Found
from kubectl_gmg.resolve.tenancy import Tenancy
from kubectl_gmg.resolve.unread import routing_not_read
from kubectl_gmg.resolve.walk import delegations_below
from kubectl_gmg.views import Explained, RouteRow, Step

MOST_ABSENT = 8
"""Rules that do not include a table that are told, those that fail the fewest conditions first."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A delegating rule that leads to a table, with all that it leads to."""

    delegation: Delegation
    target: Target


def explain_table(target: str, ref: ObjectRef, ground: Ground) -> Explained:
    """Who includes a table and how, and the routes it leads to; for one that nobody includes, why not."""
    table = next(each for each in ground.declared.tables if each.ref == ref)
    found = Found(refs=frozenset({ref}))
    rows = tuple(ground.judged(row) for row in ground.every if found.leads_through(row))
    entrances = tuple(entrances_to(ref, ground))
    included = tuple(step for each in entrances for step in entrance_steps(each))
    return Explained(
        target=target,
        target_type="table",
        rows=rows,
        title=tuple(table_title(table, rows, entrances, routing_not_read(ground.declared))),
        match=included or tuple(absences(table, ground)),
        order=tuple(step for each in entrances for step in place_steps(each)),
        action=tuple(trouble_steps(rows)),
    )


def table_title(
    table: RouteTable, rows: tuple[RouteRow, ...], entrances: tuple[Entrance, ...], lacks: tuple[str, ...]
) -> Iterator[str]:
    """What a table is, and what becomes of it; `lacks` is what was not read (`spec/v1beta1.md` D-27)."""
    yield f"{table.ref}: {counted(len(table.rules), 'rule')}, weight {table.weight}"
    if not entrances:
        if lacks:
            yield f"No rule among those read leads to it: {', '.join(lacks)}."
        else:
            yield "No rule leads to it, so none of its rules is served."
        return
    served = {(id(row.host), id(row.route)) for row in rows if row.route.index is not None}
    dead = {(id(row.host), id(row.route)) for row in rows if row.reach and row.reach.proof and row.route.index}
    fate = f", {len(dead)} of which can never match" if dead else ""
    yield f"It leads to {counted(len(served), 'route')}{fate}."


def entrances_to(ref: ObjectRef, ground: Ground) -> Iterator[Entrance]:
    """Every delegating rule that enters a table, each once."""
    seen: set[int] = set()
    for tree in trees(ground):
        for delegation in delegations_below(tree):
            for target in delegation.targets:
                if isinstance(target, Target) and target.inclusion.table.ref == ref and id(delegation.rule) not in seen:
                    seen.add(id(delegation.rule))
                    yield Entrance(delegation, target)


def trees(ground: Ground) -> Iterator[tuple[Node, ...]]:
    """The trees of all hosts, attached or not, each once."""
    seen: set[int] = set()
    hosts = [host for gateway in ground.resolved.entrances for listener in gateway.listeners for host in listener.hosts]
    for host in (*hosts, *ground.resolved.unattached):
        if id(host) not in seen:
            seen.add(id(host))
            yield host.tree


def entrance_steps(entrance: Entrance) -> Iterator[Step]:
    """How a rule includes the table."""
    rule, inclusion = entrance.delegation.rule, entrance.target.inclusion
    entry = entry_of(rule, inclusion.table, inclusion.via)
    how = f"selects it: {selector_words(entry)}" if entry else "names it"
    text = f"{quoted(rule)} of {rule.origin.ref} {how}"
    if inclusion.imported:
        text += f"; it is imported from workspace {inclusion.workspace}"
    at = entry.origin if entry else rule.origin
    yield Step("applied", text, at, rule_name(rule), inclusion.via.value, str(rule.origin.ref))
    if entrance.delegation.replaced is not None:
        codes = because(entrance.delegation.replaced.because)
        yield Step("lost", f"but that rule is broken, and answered with 500: {codes}", rule.origin, rule_name(rule))


def entry_of(rule: RouteRule, table: RouteTable, via: Via) -> Selector | None:
    """The first selector of a rule that selects the table; None for one that is named."""
    if via is Via.REF or not isinstance(rule.action, Delegate):
        return None
    selectors = (each for each in rule.action.entries if isinstance(each, Selector))
    return next((each for each in selectors if not mismatches(each, table.ref, table.labels)), None)


def place_steps(entrance: Entrance) -> Iterator[Step]:
    """Where the table stands among those of one rule."""
    rule, here = entrance.delegation.rule, entrance.target.inclusion.table
    tables = ranked(entrance.delegation.targets)
    name = rule_name(rule)
    text = f"the tables below {quoted(rule)} are ordered by weight, higher first: {weighed(tables, here)}"
    yield Step("rank", text, weight_of(here), name, str(here.weight))
    if entrance.delegation.sort is SortMethod.ROUTE_SPECIFICITY and isinstance(rule.action, Delegate):
        text = f"{quoted(rule)} then sorts the routes of all of them by ROUTE_SPECIFICITY, so weight seldom decides"
        yield Step("displaced", text, sorting(rule), name, SortMethod.ROUTE_SPECIFICITY.value)


def absences(table: RouteTable, ground: Ground) -> Iterator[Step]:
    """For every delegating rule of the table's generation why it does not include it, the nearest misses first."""
    tenancy = Tenancy(ground.declared.realm(table.ref))
    found = [
        (len(why), steps)
        for rule in delegating_rules(table, ground)
        for why, steps in missed(rule, table, tenancy, ground)
    ]
    found.sort(key=lambda each: each[0])
    if not found:
        yield Step(
            "lost", "there is no rule that delegates to route tables, so nothing can include it", Origin(table.ref)
        )
    yield from (step for _, steps in found[:MOST_ABSENT] for step in steps)
    if len(found) > MOST_ABSENT:
        yield Step("lost", f"{len(found) - MOST_ABSENT} more rules delegate to tables, and none of them to this one")


def delegating_rules(table: RouteTable, ground: Ground) -> Iterator[RouteRule]:
    """Every rule that hands over, of hosts and of other tables."""
    declared = ground.declared
    inline = (
        each
        for gateway in declared.gateways
        for listener in gateway.listeners
        for each in listener.selects
        if isinstance(each, VirtualHost)
    )
    holders: tuple[VirtualHost | RouteTable, ...] = (*declared.hosts, *inline, *declared.tables)
    seen: set[int] = set()
    for holder in holders:
        for rule in holder.rules:
            same = holder.ref.generation == table.ref.generation and rule.origin.ref != table.ref
            if same and isinstance(rule.action, Delegate) and id(rule) not in seen:
                seen.add(id(rule))
                yield rule


def missed(
    rule: RouteRule, table: RouteTable, tenancy: Tenancy, ground: Ground
) -> Iterator[tuple[tuple[str, ...], tuple[Step, ...]]]:
    """Why each entry of a rule does not lead to the table."""
    entries = rule.action.entries if isinstance(rule.action, Delegate) else ()
    name = f"{quoted(rule)} of {rule.origin.ref}"
    if not entries:
        yield ("",), (Step("lost", f"{name} names and selects no table", rule.origin, rule_name(rule)),)
    for entry in entries:
        misses = mismatches(entry, table.ref, table.labels) if isinstance(entry, Selector) else ()
        hides = entry_misses(entry, rule, table, tenancy)
        why = (*(each.text for each in misses), *hides) or (not_entered(rule, table, ground),)
        verb = "names another table:" if isinstance(entry, TableRef) else "would select it, but"
        said = f"does not select it: {misses[0].text}" if misses else f"{verb} {'; '.join(why)}"
        at = misses[0].wanted if misses else entry.origin
        lost = Step("lost", f"{name} {said}", at, rule_name(rule))
        kept_apart = hidden(ground.declared.realm(table.ref), rule.origin.ref, table.ref, table.labels)
        yield why, (lost, *sides(misses), *(kept_apart if isinstance(entry, Selector) and not misses else ()))


def entry_misses(entry: TableRef | Selector, rule: RouteRule, table: RouteTable, tenancy: Tenancy) -> tuple[str, ...]:
    """The conditions that keep one entry from the table; none if it fits."""
    if isinstance(entry, TableRef):
        if (entry.namespace, entry.name) != (table.ref.namespace, table.ref.name):
            return (f"{entry.namespace or 'no namespace'}/{entry.name}",)
        return ()
    why: tuple[str, ...] = ()
    owner, viewer = tenancy.owner(table.ref), tenancy.owner(rule.origin.ref)
    if entry.workspace and owner != entry.workspace and viewer:
        why = (*why, f"it wants tables of workspace {entry.workspace}, and this one belongs to {owner or 'none'}")
    if not tenancy.sees(viewer, table.ref, table.labels, Shared.ROUTE_TABLE):
        why = (*why, tenancy.why_hidden(viewer, table.ref, table.labels, Shared.ROUTE_TABLE))
    return why


def not_entered(rule: RouteRule, table: RouteTable, ground: Ground) -> str:
    """Why a rule that fits does not lead to the table all the same."""
    if table.has_hosts:
        return ENDS[Reason.HAS_HOSTS]
    for tree in trees(ground):
        for delegation in delegations_below(tree):
            if delegation.rule is rule:
                ends = (each for each in delegation.targets if isinstance(each, DeadEnd) and each.ref == table.ref)
                return next((ENDS.get(each.reason, each.note) for each in ends), "the product leaves it out")
    if not table.rules:
        return ENDS[Reason.EMPTY]
    return f"nothing leads to {rule.origin.ref} itself"

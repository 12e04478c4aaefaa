"""Why a policy reaches nothing: what comes nearest to what it chooses (`spec/v2.md` 11.2)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.analysis.wording import counted, several
from kubectl_gmg.explain.choosing import (
    Choosing,
    destination_words_of,
    destinations_of,
    entry_words,
    gateway_words,
    plain,
)
from kubectl_gmg.explain.route import Ground, once
from kubectl_gmg.explain.selection import selector_words
from kubectl_gmg.explain.words import listener_words, path_of, route_name
from kubectl_gmg.model.action import Delegate, Selector
from kubectl_gmg.model.declared import Policy, RuleSelector, VirtualGateway
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.policy import DestinationSelector, ListenerSelector
from kubectl_gmg.resolve.backing import selected
from kubectl_gmg.resolve.unread import routing_not_read
from kubectl_gmg.views import RouteRow, Step


def nearest(policy: Policy, ground: Ground, choosing: Choosing) -> Iterator[Step]:
    """For each entry of a policy what keeps it from every route, destination and listener."""
    at = Origin(policy.ref)
    rows = [
        row
        for row in once(ground.every)
        if row.rule.origin.ref.generation == policy.ref.generation and not isinstance(row.rule.action, Delegate)
    ]
    if lacks := routing_not_read(ground.declared):
        yield Step("lost", f"not everything was read that it could reach: {several(lacks)}", at)
    if not rows:
        yield Step("lost", "there is no route at all that it could reach", at)
        return
    own = [row for row in rows if choosing.tenancy.owner(policy.ref) in choosing.owners(row)]
    for entry in (*policy.rules, *(entry for entry, _ in policy.on_routes)):
        yield entry_miss(entry, rows, own, at)
    for wanted in (*policy.leading_to, *policy.targets):
        yield destination_miss(wanted, rows, choosing, at)
    for listener in policy.listeners:
        yield listener_miss(listener, policy, ground, choosing)
    if policy.workloads:
        text = "nobody who gets routes in its workspace, gateway or workload of the mesh, is among what it chooses"
        yield Step("lost", text, at)


def entry_miss(entry: RuleSelector, rows: list[RouteRow], own: list[RouteRow], at: Origin) -> Step:
    """Why an entry means no route: a label that nobody has, labels that nobody has together, or another table."""
    if not own and not entry.labels:
        return Step("lost", "no route is of its workspace, or delegated to from there", at)
    for key, value in entry.labels:
        if not any((key, value) in plain(row.route.terminal) for row in rows):
            return label_miss(key, value, rows, at)
    best = max(own or rows, key=lambda row: len(set(entry.labels) & set(plain(row.route.terminal))))
    lacks = [f"{key}={value}" for key, value in entry.labels if (key, value) not in plain(best.route.terminal)]
    if lacks:
        text = f"no route has {and_labels(entry)} together; {route_name(best)} comes nearest, it lacks "
        return Step("lost", text + " and ".join(lacks), best.rule.origin, best.rule.name, best.id)
    tables = [each for each in entry.tables if isinstance(each, Selector)]
    where = several(map(selector_words, tables))
    text = f"{route_name(best)} has the labels, but its table {best.rule.origin.ref} is not in {where}"
    return Step("lost", text, best.rule.origin, best.rule.name, best.id)


def and_labels(entry: RuleSelector) -> str:
    """The labels of an entry."""
    return " and ".join(f"{key}={value}" for key, value in entry.labels) or entry_words(entry)


def label_miss(key: str, value: str, rows: list[RouteRow], at: Origin) -> Step:
    """That no route has a label; the values that the routes have for its key, else the keys that are like it."""
    having = [(row, dict(row.route.terminal.labels)[key]) for row in rows if key in dict(row.route.terminal.labels)]
    if having:
        row, label = having[0]
        values = several(sorted({each.value for _, each in having}))
        text = f"no route has label {key}={value}; {counted(len(having), 'route')} with label {key} have {values}"
        return Step("lost", text, label.origin, row.rule.name, row.id)
    known = sorted({each for row in rows for each, _ in row.route.terminal.labels})
    has = f"the labels of routes are {several(known)}" if known else "no route has any label"
    return Step("lost", f"no route has label {key}; {has}", at)


def destination_miss(wanted: DestinationSelector, rows: list[RouteRow], choosing: Choosing, at: Origin) -> Step:
    """That no route leads to a destination; one that only the port keeps away is named."""
    words = destination_words_of(wanted)
    anywhere = DestinationSelector(wanted.kinds, wanted.selector)
    for row in rows:
        for each in destinations_of(row):
            if choosing.selection.fits(anywhere, each):
                text = f"{route_name(row)} leads to such a destination, but to another port than it chooses"
                return Step("lost", text, each.origin, row.rule.name, row.id)
    return Step("lost", f"no route leads to {words}", at)


def listener_miss(wanted: ListenerSelector, policy: Policy, ground: Ground, choosing: Choosing) -> Step:
    """Why a selector means no listener: another workspace, no such port, or no such gateway."""
    at, owner = Origin(policy.ref), choosing.tenancy.owner(policy.ref)
    gateways = [each for each in ground.resolved.gateways if each.ref.generation == policy.ref.generation]
    chosen = [each for each in gateways if wanted.gateway is None or is_chosen(wanted.gateway, each.declared)]
    for each in chosen:
        theirs = choosing.tenancy.owner(each.ref)
        if theirs != owner:
            text = f"gateway {path_of(each.ref)} is of workspace {theirs or 'none'}, and the policy of {owner}"
            return Step("lost", text, Origin(each.ref))
    if chosen:
        ports = several(listener_words(one) for each in chosen for one in each.listeners)
        names = several(path_of(each.ref) for each in chosen)
        return Step("lost", f"gateway {names} has no listener at port {wanted.port or wanted.port_name}: {ports}", at)
    known = several(path_of(each.ref) for each in gateways)
    return Step("lost", f"there is no listener {gateway_words(wanted)}; the gateways are {known}", at)


def is_chosen(wanted: Selector, gateway: VirtualGateway) -> bool:
    """Whether a selector means a gateway."""
    return selected((wanted,), gateway.ref, gateway.labels)

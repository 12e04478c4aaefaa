"""What a route does with a request, shown on an example (`spec/envoy.md` 30 to 60)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kubectl_gmg.explain.words import faults_of, path_of, quoted
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.matching.response import location
from kubectl_gmg.matching.rewrite import upstream_host, upstream_path
from kubectl_gmg.model.action import (
    DestinationKind,
    DirectResponse,
    FinalAction,
    ForwardTo,
    Found,
    GraphQL,
    Invalid,
    Redirect,
    ResolvedDestination,
)
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import ROOT, PathKind
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import DeadEnd, Reason, Status, Terminal
from kubectl_gmg.resolve.destination import resolve_destinations
from kubectl_gmg.resolve.walk import delegations_below, ends_below, way
from kubectl_gmg.views import RouteRow, Step

ENDS = {
    Reason.MISSING: "there is no such table",
    Reason.NO_TARGET: "it names and selects none",
    Reason.NONE_SELECTED: "its selector finds none that may be used",
    Reason.NOT_VISIBLE: "it is not visible from here",
    Reason.CYCLE: "the table is on the way down already, so entering it again would go round in a circle",
    Reason.EMPTY: "the table holds no rules",
    Reason.TOO_DEEP: "the table lies too deep",
    Reason.TOO_MANY: "the routes multiply beyond the budget",
    Reason.HAS_HOSTS: "the table has hosts of its own, and nothing can delegate to such a table",
    Reason.NOT_PREFIX: "a rule that delegates must match by prefix",
    Reason.UNKNOWN: "not every table was read",
}
"""Why a rule that hands over reaches nothing (`spec/cli.md` 6.8)."""

MODES = {
    Status.REPLACED: "only what is broken is replaced, all other routes stay as they are written",
    Status.FROZEN: "while anything in it is broken, all of its routes stay as they were accepted last",
}
"""What the two failure modes mean (`spec/v2.md` 10)."""

FATES = {
    Status.INVALID: "the product leaves the rule out",
    Status.REPLACED: "the product answers 500 in its place",
    Status.FROZEN: "the whole host keeps the configuration that was accepted last",
}
"""What the product makes of a rule that it cannot use (`spec/v1beta1.md` 8.7, `spec/v2.md` 10)."""


def action_steps(row: RouteRow, request: Request | None = None) -> tuple[Step, ...]:
    """What is done with a request, and what a rewrite or redirect makes of it; without one of an example."""
    prepared = prepare(request) if request else None
    example = prepared if isinstance(prepared, Prepared) else prepared_example(row)
    if row.route.status is Status.REPLACED:
        return tuple(fate(row))
    steps = done(row, row.route.action, example)
    if row.route.status is Status.INVALID or (row.route.dropped and row.route.connection):
        steps = (replace(step, kind="lost", text=f"if it were served, {step.text}") for step in steps)
    elif row.route.status is Status.FROZEN:
        steps = (replace(step, text=f"once that is mended, {step.text}") for step in steps)
    return (*fate(row), *steps)


def done(row: RouteRow, action: FinalAction | None, example: Prepared | None) -> Iterator[Step]:
    """The steps of one action."""
    match action:
        case ForwardTo():
            yield from forwarding(row, action, example)
        case Redirect():
            yield from redirecting(row, action, example)
        case DirectResponse():
            text = f"the proxy itself answers: {action.status} {action.body}".rstrip()
            yield Step("applied", text, action_at(row), rule_label(row), str(action.status))
        case GraphQL():
            text = f"a GraphQL schema answers: {path_of(action.ref)}"
            yield Step("applied", text, action_at(row), rule_label(row), path_of(action.ref))
        case None:
            yield Step("lost", "it would do nothing that the product can use", row.route.terminal.rules[-1].origin)


def fate(row: RouteRow) -> Iterator[Step]:
    """What is wrong with the rule, and what the product makes of that."""
    route = row.route
    if not route.terminal.because or route.status not in FATES:
        return
    codes = ", ".join(route.terminal.because)
    # what freezes a host need not be wrong with this very route: the causes follow
    why = "" if route.status is Status.FROZEN else f"{faults_of(route.terminal)}: "
    text = f"{why}{FATES[route.status]}"
    yield Step("lost", text, route.terminal.rules[-1].origin, rule_label(row), codes)
    if route.status in (Status.REPLACED, Status.FROZEN):
        mode = route.root.failure_mode.value
        text = f"failureMode of {route.root.ref} is {mode}: {MODES[route.status]}"
        yield Step("written", text, route.root.origin / "failureMode", value=mode)
    if route.status is Status.FROZEN:
        yield from causes(row)
    else:
        yield from missing(route.terminal, row)
        yield from dead_ends(row)


def causes(row: RouteRow) -> Iterator[Step]:
    """What is broken in a tree that stays as it was accepted last (`spec/v2.md` 10)."""
    root = row.route.root
    sharing = (host for each in row.gateway.listeners for host in each.entries if root in host.roots)
    trees = (row.host.tree, *(host.tree for host in sharing))
    ends = {way(leaf): leaf for tree in trees for leaf in ends_below(tree)}
    for leaf in ends.values():
        if leaf.because and leaf.status is not Status.FROZEN and leaf.rules[0].origin.ref == root.ref:
            rule = leaf.rules[-1]
            text = f"the cause: {quoted(rule)} of {rule.origin.ref}: {faults_of(leaf)}"
            yield Step("lost", text, rule.origin, rule.name, ", ".join(leaf.because))
            yield from missing(leaf, row)


def missing(leaf: Terminal, row: RouteRow) -> Iterator[Step]:
    """The destinations of a rule that do not exist."""
    rule = leaf.rules[-1]
    action = rule.action.written if isinstance(rule.action, Invalid) else rule.action
    for each in resolve_destinations(action, row.gateway) if isinstance(action, ForwardTo) else ():
        if each.found is Found.MISSING:
            declared = each.declared
            name = f"{declared.namespace}/{declared.provider or declared.name}"
            kind = "CloudProvider" if declared.provider else declared.kind.value
            yield Step("lost", f"the destination is {kind} {name}", declared.origin, rule.name, other=name)


def dead_ends(row: RouteRow) -> Iterator[Step]:
    """Where a rule leads that hands over to nothing that can be used."""
    rule = row.route.terminal.rules[-1]
    for node in delegations_below(row.host.tree):
        if node.rule is rule:
            for end in node.targets:
                if isinstance(end, DeadEnd):
                    yield dead_end(end, rule)
            return


def dead_end(end: DeadEnd, rule: RouteRule) -> Step:
    """Where a rule hands over to nothing."""
    what = f"it leads to {end.ref}" if end.ref else "it leads to no table"
    ref = str(end.ref) if end.ref else None
    return Step("lost", f"{what}: {end.note or ENDS[end.reason]}", end.origin, rule.name, end.reason.value, ref)


def rule_label(row: RouteRow) -> str:
    """The name of the rule, as it is written."""
    return row.route.terminal.rules[-1].name


def action_at(row: RouteRow) -> Origin:
    """The field that holds the action; a rule without one stands for itself."""
    rule = row.route.terminal.rules[-1]
    return rule.origin / rule.action_field if rule.action_field else rule.origin


def forwarding(row: RouteRow, action: ForwardTo, example: Prepared | None) -> Iterator[Step]:
    """Where requests go, with what share, and how they look there."""
    for each in row.destinations:
        declared = each.declared
        what = "request" if row.route.connection is None else "connection"
        part = f"every {what} goes" if each.share == 1 else f"{each.share:.0%} of the {what}s go"
        text = f"{part} to {destination_words(each)}"
        if each.found is Found.MISSING:
            text += ", which does not exist"
        name = f"{declared.namespace}/{declared.name}"
        yield Step("applied", text, declared.origin, value=f"{each.share:g}", other=name)
    if row.route.connection is None:
        yield from path_sent(row, action, example)
        yield from host_sent(row, action, example)


def destination_words(destination: ResolvedDestination) -> str:
    """A destination in plain words."""
    declared = destination.declared
    if declared.provider:
        return f"function {declared.name} of CloudProvider {declared.namespace}/{declared.provider}"
    kind = "" if declared.kind is DestinationKind.SERVICE else f"{declared.kind.value} "
    name = f"{declared.name}.{declared.namespace}" if declared.namespace else declared.name
    port = f" port {declared.port or declared.port_name}" if declared.port or declared.port_name else ""
    subset = ", ".join(f"{key}={value}" for key, value in declared.subset)
    only = f", only pods with {subset}" if subset else ""
    cluster = f", in cluster {declared.cluster}" if declared.cluster else ""
    return f"{kind}{name}{port}{only}{cluster}"


def path_sent(row: RouteRow, action: ForwardTo, example: Prepared | None) -> Iterator[Step]:
    """What a rewrite makes of the path of an example; or that the path stays as it is."""
    if not action.path_rewrite and action.regex_rewrite is None:
        shown = f": {example.routed_path} arrives as it is" if example else ""
        yield Step("applied", f"the path is not rewritten{shown}", action_at(row), rule_label(row))
        return
    field = "pathRewrite" if action.path_rewrite else "regexRewrite"
    sent = upstream_path(row.route.match, action, example) if example else ""
    shown = f": {example.routed_path} arrives as {sent}" if example else ""
    text = f"{rewrite_words(row, action)}{shown}"
    came = example.routed_path if example else None
    if came is not None and came == sent and action.regex_rewrite is not None:
        text += ", since no part of it fits"
    yield Step("rewritten", text, action_at(row) / field, rule_label(row), sent or None, came)


def rewrite_words(row: RouteRow, action: ForwardTo) -> str:
    """What a rewrite replaces, and by what (`spec/envoy.md` 30 to 33)."""
    if action.regex_rewrite is not None and not action.path_rewrite:
        rewrite = action.regex_rewrite
        return f"every part of the path that fits {rewrite.pattern} becomes {rewrite.substitution}"
    path = row.route.match.path or ROOT
    if path.kind is PathKind.PREFIX:
        return f"the matched prefix {path.value} becomes {action.path_rewrite}"
    return f"the whole path becomes {action.path_rewrite}"


def host_sent(row: RouteRow, action: ForwardTo, example: Prepared | None) -> Iterator[Step]:
    """What becomes of the Host header."""
    if action.host_rewrite:
        text, field = f"the Host header becomes {action.host_rewrite}", "hostRewrite"
    elif action.host_rewrite_header:
        text, field = f"the Host header becomes the value of header {action.host_rewrite_header}", ""
    elif action.auto_host_rewrite:
        address = row.destinations[0].address if row.destinations else None
        host = upstream_host(action, example, address) if example else address
        text, field = f"the Host header becomes the name of the destination: {host or 'unknown'}", "autoHostRewrite"
    else:
        return
    yield Step("rewritten", text, action_at(row) / field if field else action_at(row), rule_label(row))


def redirecting(row: RouteRow, action: Redirect, example: Prepared | None) -> Iterator[Step]:
    """Where a redirect leads."""
    text = f"the proxy answers {action.status} and sends the client elsewhere"
    yield Step("applied", text, action_at(row), rule_label(row), str(action.status))
    if example is not None:
        place = location(row.route.match, action, example)
        text = f"{example.request} is sent to {place}"
        yield Step("rewritten", text, action_at(row), rule_label(row), place, example.routed_path)


def prepared_example(row: RouteRow) -> Prepared | None:
    """A request that shows what the route does, as the routes see it; None if no such request is known."""
    request = example_request(row)
    prepared = prepare(request) if request else None
    return prepared if isinstance(prepared, Prepared) else None


def example_request(row: RouteRow) -> Request | None:
    """A request with a telling path: below a prefix one step further down, else the one that reaches the route."""
    reach, path = row.reach, row.route.match.path or ROOT
    known = (reach.witness or reach.request) if reach else None
    if path.kind is PathKind.REGEX:
        return known
    telling = path.value
    if path.kind is not PathKind.EXACT:
        telling = f"{path.value}1" if path.value.endswith("/") else f"{path.value}/1"
    return Request(telling, known.host if known else host_of(row), row.route.match.method or "GET")


def host_of(row: RouteRow) -> str:
    """A host name that the route serves."""
    domain = row.host.domains[0] if row.host.domains else "*"
    return {"*": "localhost"}.get(domain, f"any{domain[1:]}" if domain.startswith("*") else domain)

"""An answer that sends the client back to the same route.

The location of the redirect is the URL that was asked for, or one that is redirected back to it, at the same host and
port. Clients follow such a loop until they give up. This happens where a redirect to a path is matched by its own
prefix, where https is asked for on a listener that is https already, and with every direct response whose status is one
of a redirect: the proxy adds a location that names the requested URL itself. (It does so for 201 and other 3xx as well,
but no client follows these.)

Example:
    matchers: [{uri: {prefix: /app}}]
    redirect: {pathRedirect: /app/home}   # /app/home begins with /app

Fix:
    Match the old path exactly, put a rule for the new path before this one, or redirect to another place.

Source:
    Measured on Envoy 1.40 (`spec/envoy.md` 40 to 43 and 52).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.redirect_loops import FOLLOWED, Sources, leads_nowhere, loop_from
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.shadowing import rows_by_spot
from kubectl_gmg.checks.witnesses import Witnesses
from kubectl_gmg.model.action import DirectResponse, Redirect
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Status
from kubectl_gmg.simulate.follow import MOST_REDIRECTS
from kubectl_gmg.views import RouteRow, Simulated

NEEDS = ("VirtualHost", "RouteTable")
SHOWN = 3
"""Places of a long way that a message names."""


@check("GMG405", v1beta1=WARNING, v2=WARNING, rows=("envoy 43", "envoy 52"), needs=NEEDS)
def response_loops(context: CheckContext) -> Iterator[Problem]:
    """Redirecting routes that lead into a circle, one finding for each circle."""
    told: set[Origin] = set()
    for each in context.once(rows_by_spot).values():
        rows = [row for row in each if redirects(row)]
        sources = Sources(rows)
        for row in rows:
            if row.rule.origin not in told and sources.may_return(row):
                steps = loop_from(context.once(Witnesses), row)
                rules = tuple({id(rule): rule for step in steps if step.row for rule in [step.row.rule]}.values())
                if rules and told.isdisjoint(rule.origin for rule in rules):
                    told.update(rule.origin for rule in rules)
                    yield problem(steps, rules)


def redirects(row: RouteRow) -> bool:
    """Whether the answer of a route has a location that says anything of its own."""
    action = row.route.action
    if row.route.status is not Status.OK or row.route.index is None or row.route.match.grpc:
        return False
    if isinstance(action, Redirect):
        return not leads_nowhere(action)
    return isinstance(action, DirectResponse) and action.status in FOLLOWED and not sets_location(row)


def sets_location(row: RouteRow) -> bool:
    """Whether something else may give the answer a location."""
    terminal = row.route.terminal
    return bool(terminal.policies) or any("location" in value.value.lower() for _, value in terminal.options.fields)


def problem(steps: Sequence[Simulated], rules: Sequence[RouteRule]) -> Problem:
    """What is said of one circle, at the rule that it begins with."""
    notes = tuple(Note("redirects back", rule.origin) for rule in rules[1:])
    at = rules[0].origin / rules[0].action_field
    return Problem("GMG405", message(steps), at, hint=hint(rules[0]), related=notes, request=steps[0].request)


def hint(rule: RouteRule) -> str:
    """What to do, where that depends on the kind of answer."""
    action = rule.action
    if isinstance(action, DirectResponse):
        return "answer with a redirect that says where to, or with a status that is none of a redirect"
    if isinstance(action, Redirect) and not (action.path or action.prefix):
        kept = "https" if action.scheme else f"the host {action.host}"
        return f"leave requests that come to {kept} already to another rule, host or listener"
    return ""


def message(steps: Sequence[Simulated]) -> str:
    """The way around; one that gets longer and longer is no circle."""
    first = steps[0]
    response = first.response
    location = dict(response.headers).get("location", "") if response else ""
    if first.row and isinstance(first.row.route.action, DirectResponse):
        status = first.row.route.action.status
        return f"a direct response of status {status} has the URL that was asked for as its location, {location}"
    if len(steps) == 1:
        return f"{first.routed_path} is redirected to {location}, the URL that was asked for"
    way = ", ".join(step.routed_path for step in steps[:SHOWN])
    if len(steps) > MOST_REDIRECTS:
        return f"every redirect leads to this rule again: {way} and so on"
    more = ", and so on back" if len(steps) > SHOWN else ""
    return f"redirects lead in a circle: {way}{more}, {first.routed_path}"

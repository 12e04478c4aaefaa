"""Two policies set the same for one route: the older one wins.

A route gets an option only once. Where several policies that select it offer the same, the one that was created first
is used, no matter which of them is more specific: field by field in the first generation, the whole policy in the
second. Policies that choose destinations meet at each destination by itself. Found is a later policy that has no effect
at all on a route or destination that it selects. Nothing but its status tells its author.
Deleting and creating the older one again, as a new deployment may do, turns the result around.

Example:
    # both select routes labelled "app: shop"
    kind: TrafficPolicy     # created in January: its 1s is used
    spec: {policy: {requestTimeout: 1s}}
    ---
    kind: TrafficPolicy     # created in March: its 9s is not
    spec: {policy: {requestTimeout: 9s}}

Fix:
    Let only one of them select the route or destination, by labels that the other does not use, or remove one.

Source:
    `spec/v1beta1.md` 7.1 rule 5 and 7.2; `spec/v2.md` 11.1, 11.2 rule 6 (SEM-13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.policy_conflicts import WHOLE, Loss, losses
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.seniority import why_first
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.views import RouteRow

DESTINATION_FIELDS = ("applyToDestinations", "applyToRouteDestinations")
TENANTS = ("Workspace", "WorkspaceSettings")
"""The kinds that say which policies of other namespaces are seen."""


@check("GMG510", v1beta1=WARNING, v2=WARNING, rows=("SEM-13",), needs=TENANTS)
def policy_conflict(context: CheckContext) -> Iterable[Problem]:
    """One finding for each thing that a policy loses to another, with the routes counted."""
    policies = {each.ref: each for each in context.declared.policies}
    shared = context.lacking.isdisjoint(TENANTS)
    for loss, where in losses(context).items():
        winner, loser = loss.winner.ref, loss.loser.ref
        if not shared and winner.generation == "v2" and winner.namespace != loser.namespace:
            continue  # where workspaces were not read, nobody knows whether both policies are seen
        first = why_first(policies[loss.winner.ref], policies[loss.loser.ref])
        what = f"{loss.option} of {loss.loser.ref}" if loss.option != WHOLE else str(loss.loser.ref)
        yield Problem(
            "GMG510",
            f"{what} is not used {at(loss, where)}: {loss.winner.ref} {first}",
            place(loss, context),
            related=related(loss, where),
            name=contested(where),
        )


def at(loss: Loss, where: Mapping[str, RouteRow]) -> str:
    """Where something is not used: at routes, or for one of their destinations."""
    return f"for {loss.destination} of {routes_of(where)}" if loss.destination else f"at {routes_of(where)}"


def routes_of(where: Mapping[str, RouteRow]) -> str:
    """The routes, only one of them by name."""
    first = next(iter(where))
    return f"route {first}" if len(where) == 1 else f"{len(where)} routes, such as {first}"


def contested(where: Mapping[str, RouteRow]) -> str:
    """The name of the rule that both policies select, if it is the only one."""
    rules = {row.rule.name for row in where.values()}
    return rules.pop() if len(rules) == 1 else ""


def place(loss: Loss, context: CheckContext) -> Origin:
    """The field that is not used; of a policy as a whole, what selects the routes or destinations."""
    if loss.option != WHOLE:
        return loss.loser
    names = DESTINATION_FIELDS if loss.destination else ("applyToRoutes",)
    places = [context.existing(loss.loser / "spec" / name) for name in names]
    return max(places, key=lambda each: len(each.path))


def related(loss: Loss, where: Mapping[str, RouteRow]) -> tuple[Note, ...]:
    """The policy that wins, and a route that both select."""
    row = next(iter(where.values()))
    return Note("is used instead", loss.winner), Note("both select this", row.rule.origin)

"""Where policies meet on routes, and what of them is not used there (`spec/v1beta1.md` D-32, `spec/v2.md` 11.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.action import Destination, ForwardTo
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import PolicyState, ScopeUse, Status, Terminal
from kubectl_gmg.views import RouteRow

WHOLE = ""
"""Stands for all options of a policy."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One option of a policy, or all of them, that an older policy keeps from being used; places of both.

    `destination` names the one that the policy is not used for; it is empty where that is the route as a whole.
    """

    option: str
    loser: Origin
    winner: Origin
    destination: str = ""


Losses = dict[Loss, dict[str, RouteRow]]
"""What is lost, with the routes where it is, by their ids, in order."""


def losses(context: CheckContext) -> Losses:
    """Everything that policies lose to others at routes that are served as written."""
    found: Losses = {}
    seen: set[int] = set()
    for row in context.rows:
        leaf = row.route.terminal
        if len(leaf.policies) > 1 and leaf.status is Status.OK and id(leaf) not in seen:
            seen.add(id(leaf))
            for loss in lost_at(leaf):
                found.setdefault(loss, {}).setdefault(row.id, row)
    return found


def lost_at(leaf: Terminal) -> Iterator[Loss]:
    """What policies lose at one route that give nothing there, or nothing to some destination of it.

    One that still gives something is merged, as documented, and a value that is the same as the winner's is no loss.
    """
    selecting = {use.ref for use in leaf.policies}
    defeated = tuple(defeats(leaf))
    lost = {loser for loser, _, _ in defeated}
    compared: set[ObjectRef] = set()
    for name, value in leaf.options.fields if lost else ():
        for each in value.chain()[1:]:
            if each.origin.ref in lost:
                compared.add(each.origin.ref)
                if value.origin.ref in selecting and each.value != value.value:
                    yield Loss(name, each.origin, value.origin)
    for loser, winner, destination in defeated:
        if winner in selecting and loser not in compared:
            yield Loss(WHOLE, Origin(loser), Origin(winner), destination)


def defeats(leaf: Terminal) -> Iterator[tuple[ObjectRef, ObjectRef, str]]:
    """Who loses to whom at one route, and for which of its destinations (`spec/v2.md` 11.1)."""
    for use in leaf.policies:
        for each in use.scopes or (ScopeUse(None, use.state, use.lost_to),):
            if each.state is PolicyState.LOST and each.lost_to is not None:
                yield use.ref, each.lost_to, place_of(each, leaf)


def place_of(scope: ScopeUse, leaf: Terminal) -> str:
    """The destination that a scope is about; empty for the route as a whole."""
    action = leaf.rules[-1].action
    if scope.destination is None or not isinstance(action, ForwardTo):
        return ""
    return called(action.destinations[scope.destination])


def called(destination: Destination) -> str:
    """A destination by its kind, namespace, name and port."""
    port = destination.port or destination.port_name
    name = f"{destination.kind.value} {destination.namespace}/{destination.name}" + (f":{port}" if port else "")
    return f"{name} of cluster {destination.cluster}" if destination.cluster else name

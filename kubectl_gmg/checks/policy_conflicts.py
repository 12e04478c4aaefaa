"""Where policies meet on routes, and what of them is not used there (`spec/v1beta1.md` D-32, `spec/v2.md` 11.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import PolicyState, Status, Terminal
from kubectl_gmg.views import RouteRow

WHOLE = ""
"""Stands for all options of a policy."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One option of a policy, or all of them, that an older policy keeps from being used; places of both."""

    option: str
    loser: Origin
    winner: Origin


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
    """What policies lose at one route that give nothing there.

    One that still gives something is merged, as documented, and a value that is the same as the winner's is no loss.
    """
    selecting = {use.ref for use in leaf.policies}
    lost = {use.ref: use.lost_to for use in leaf.policies if use.state is PolicyState.LOST}
    compared: set[ObjectRef] = set()
    for name, value in leaf.options.fields if lost else ():
        for each in value.chain()[1:]:
            if each.origin.ref in lost:
                compared.add(each.origin.ref)
                if value.origin.ref in selecting and each.value != value.value:
                    yield Loss(name, each.origin, value.origin)
    for loser, winner in lost.items():
        if winner in selecting and winner is not None and loser not in compared:
            yield Loss(WHOLE, Origin(loser), Origin(winner))

"""What becomes of several policies that mean the same route, destination or listener (`spec/v2.md` 11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubectl_gmg.model.action import Options
from kubectl_gmg.model.declared import Policy
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.policy import By, Clash, Stage
from kubectl_gmg.model.resolved import PolicyState, PolicyUse
from kubectl_gmg.resolve.age import by_age

WHOLE = -1
"""Stands for the route or listener itself, among the numbers of its destinations."""
STAGES = {Stage.PRE_AUTHZ: 0, None: 1, Stage.POST_AUTHZ: 2}
"""The order in which stages act; what has none stands where authorization does."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A policy that means a route as a whole, or the destination of that number; `fits` of None is not known."""

    policy: Policy
    by: By
    fits: bool | None = True
    scope: int = WHOLE


def uses_of(hits: Iterable[Hit]) -> tuple[PolicyUse, ...]:
    """What becomes of each policy, in the order of effect, those that have none behind the others.

    Of kinds that clash the oldest acts, for each destination by itself; one that may or may not be meant leaves open
    whether younger ones are beaten.
    """
    found: dict[ObjectRef, list[tuple[PolicyUse, Policy]]] = defaultdict(list)
    for hit, state, winner in decided(hits):
        use = PolicyUse(hit.policy.ref, state, winner, hit.by, hit.policy.phase, hit.policy.beyond)
        found[hit.policy.ref].append((use, hit.policy))
    best = [min(each, key=lambda pair: standing(pair[0])) for each in found.values()]
    return tuple(use for use, _ in sorted(best, key=lambda pair: effect(*pair)))


def decided(hits: Iterable[Hit]) -> Iterator[tuple[Hit, PolicyState, ObjectRef | None]]:
    """Every hit, the oldest policy first, with what becomes of it there, and to whom it loses."""
    winners: dict[tuple[str, int], ObjectRef | None] = {}
    for hit in sorted(hits, key=lambda each: by_age(each.policy.created, each.policy.ref)):
        kind, ref = (hit.policy.ref.kind, hit.scope), hit.policy.ref
        clashes = hit.policy.clash is Clash.OLDEST
        if not hit.fits or (clashes and winners.get(kind, ref) is None):
            state, winner = PolicyState.UNKNOWN, None
        elif clashes and winners.get(kind, ref) != ref:
            state, winner = PolicyState.LOST, winners[kind]
        else:
            state, winner = PolicyState.APPLIED, None
        winners.setdefault(kind, ref if hit.fits else None)
        yield hit, state, winner


def standing(use: PolicyUse) -> tuple[int, int]:
    """The best that became of a policy comes first; what it means by labels before other ways."""
    return list(PolicyState).index(use.state), list(By).index(use.by)


def effect(use: PolicyUse, policy: Policy) -> tuple[object, ...]:
    """The order of effect: by stage and priority, then by rank, then the oldest first (11.1, 11.2 rule 7)."""
    phase, rank = policy.phase, policy.rank
    return (
        list(PolicyState).index(use.state),
        STAGES[phase.stage if phase else None],
        phase.priority if phase else 0,
        rank is None,
        rank or 0,
        by_age(policy.created, policy.ref),
    )


def options_of(hits: Iterable[Hit]) -> Iterator[Options]:
    """What the policies give to the route as a whole; of several of a kind that all act the first stands for them."""
    given: set[str] = set()
    for hit, state, _ in decided([hit for hit in hits if hit.scope == WHOLE]):
        if state is PolicyState.APPLIED and hit.policy.ref.kind not in given:
            given.add(hit.policy.ref.kind)
            yield hit.policy.options

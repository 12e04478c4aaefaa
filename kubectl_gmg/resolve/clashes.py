"""What becomes of several policies that mean the same route, destination or listener (`spec/v2.md` 11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kubectl_gmg.model.action import Options
from kubectl_gmg.model.declared import Policy
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.policy import By, Clash, Stage
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, ScopeUse
from kubectl_gmg.resolve.age import by_age

WHOLE = -1
"""Stands for the route or listener itself, among the numbers of its destinations."""
STATES = {state: place for place, state in enumerate(PolicyState)}
WAYS = {by: place for place, by in enumerate(By)}
"""The best state, and the most telling way of being chosen, come first."""
STAGES = {Stage.PRE_AUTHZ: 0, None: 1, Stage.POST_AUTHZ: 2}
"""The order in which stages act; what has none stands where authorization does."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A policy that means a route as a whole, or the destination of that number; `fits` of None is not known."""

    policy: Policy
    by: By
    fits: bool | None = True
    scope: int = WHOLE


Decision = tuple[Hit, PolicyState, ObjectRef | None]
"""What becomes of a hit, and to whom it loses."""


def uses_of(hits: Iterable[Hit]) -> tuple[PolicyUse, ...]:
    """What becomes of each policy, in the order of effect, those that have none behind the others.

    Of kinds that clash the oldest acts, for each destination by itself; one that may or may not be meant leaves open
    whether younger ones are beaten.
    """
    found: defaultdict[ObjectRef, list[Decision]] = defaultdict(list)
    for decision in decided(hits):
        found[decision[0].policy.ref].append(decision)
    joined = [(joined_use(each), each[0][0].policy) for each in found.values()]
    return tuple([use for use, _ in sorted(joined, key=lambda pair: effect(*pair))])


def joined_use(found: Sequence[Decision]) -> PolicyUse:
    """What becomes of one policy, with what becomes of it at each destination where it acts on single ones."""
    best, state, winner = found[0] if len(found) == 1 else min(found, key=standing)
    policy, single = best.policy, any(hit.scope != WHOLE for hit, _, _ in found)
    scopes = [ScopeUse(None if hit.scope == WHOLE else hit.scope, at, to) for hit, at, to in found if single]
    return PolicyUse(policy.ref, state, winner, best.by, policy.phase, policy.beyond, tuple(scopes))


def without_destinations(uses: Sequence[PolicyUse]) -> tuple[PolicyUse, ...]:
    """What is left of the policies on a route that leads nowhere, since it is replaced: what acts on it as a whole."""
    left = []
    for use in uses:
        whole = [each for each in use.scopes if each.destination is None]
        if not use.scopes:
            left.append(use)
        elif whole:
            left.append(replace(use, state=whole[0].state, lost_to=whole[0].lost_to, scopes=()))
    return tuple(sorted(left, key=lambda use: STATES[use.state]))


def decided(hits: Iterable[Hit]) -> Iterator[Decision]:
    """Every hit, the oldest policy first, with what becomes of it there, and to whom it loses."""
    winners: dict[tuple[str, int], ObjectRef | None] = {}
    for hit in distinct(hits):
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


def distinct(hits: Iterable[Hit]) -> Iterable[Hit]:
    """The oldest policy first, and once for each thing that it means, however it does: what is sure in one way is."""
    found: dict[tuple[ObjectRef, int], Hit] = {}
    for hit in sorted(hits, key=lambda each: (each.fits is None, WAYS[each.by])):
        found.setdefault((hit.policy.ref, hit.scope), hit)
    return sorted(found.values(), key=lambda each: by_age(each.policy.created, each.policy.ref))


def standing(decision: Decision) -> tuple[int, int]:
    """The best that became of a policy comes first; what it means by labels before other ways."""
    hit, state, _ = decision
    return STATES[state], WAYS[hit.by]


def effect(use: PolicyUse, policy: Policy) -> tuple[object, ...]:
    """The order of effect; what has none stands behind."""
    return STATES[use.state], in_turn(policy)


def in_turn(policy: Policy) -> tuple[object, ...]:
    """Who acts first: by stage and priority, then by rank, then the oldest first (11.1, 11.2 rule 7)."""
    phase, rank = policy.phase, policy.rank
    return (
        STAGES[phase.stage if phase else None],
        phase.priority if phase else 0,
        rank is None,
        rank or 0,
        by_age(policy.created, policy.ref),
    )


def options_of(hits: Iterable[Hit]) -> Iterator[Options]:
    """What the policies give to the route as a whole; of several of a kind the first to act stands for them."""
    found = decided([hit for hit in hits if hit.scope == WHOLE])
    acting = [hit.policy for hit, state, _ in found if state is PolicyState.APPLIED]
    given: set[str] = set()
    for policy in sorted(acting, key=in_turn):
        if policy.ref.kind not in given:
            given.add(policy.ref.kind)
            yield policy.options

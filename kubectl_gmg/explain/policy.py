"""What a policy reaches and why, where it loses, and what keeps it from the rest (`spec/v2.md` 11)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from kubectl_gmg.analysis.wording import counted, several
from kubectl_gmg.explain.choosing import (
    IMPORTED,
    Choosing,
    chosen_words,
    destination_name,
    destinations_of,
    lost_destinations,
    narrow,
    plain,
)
from kubectl_gmg.explain.near_policies import nearest
from kubectl_gmg.explain.options import older, policy_outcome
from kubectl_gmg.explain.route import Ground, once
from kubectl_gmg.explain.words import flow, listener_words, path_of, route_name
from kubectl_gmg.model.action import Delegate
from kubectl_gmg.model.declared import Policy
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Gateway, PolicyState, PolicyUse, ResolvedListener
from kubectl_gmg.model.workloads import called
from kubectl_gmg.resolve.route_policies import selects_route
from kubectl_gmg.views import Explained, RouteRow, Step

MOST_FOREIGN = 20
"""Routes and destinations of other workspaces that a policy would reach and that are told."""

STATE_WORDS = {
    PolicyState.APPLIED: "applies to {}",
    PolicyState.LOST: "loses at {}",
    PolicyState.UNKNOWN: "may apply to {}, which is not known",
}


def explain_policy(target: str, policy: Policy, ground: Ground) -> Explained:
    """The routes that a policy selects, on which of them another one wins, and which it would like to have."""
    ref = policy.ref
    choosing = ground.choosing(ref)
    rows = tuple(ground.judged(row) for row in ground.every if use_of(row, ref))
    alike = once(rows)
    return Explained(
        target=target,
        target_type="policy",
        rows=rows,
        title=tuple(title(policy, alike)),
        match=tuple(choice_steps(policy, choosing)),
        order=tuple(missed_steps(policy, ground, choosing, found=bool(rows))) if choosing.by_labels else (),
        options=tuple(
            Step("written", f"{name} = {flow(value.value)}", value.origin, value=value.value)
            for name, value in policy.options.fields
        ),
        action=(*listener_steps(ref, ground), *destination_steps(ref, alike, choosing)),
        policies=tuple(all_route_steps(alike, ref, choosing)),
    )


def use_of(row: RouteRow, ref: ObjectRef) -> PolicyUse | None:
    """What became of a policy on a route; None where it has nothing to do with it."""
    return next((use for use in row.policies if use.ref == ref), None)


def title(policy: Policy, rows: Sequence[RouteRow]) -> Iterator[str]:
    """What a policy is, and at how many routes it does what."""
    yield f"{policy.ref} @{policy.ref.cluster}" if policy.ref.cluster else str(policy.ref)
    states = [use.state for row in rows if (use := use_of(row, policy.ref))]
    told = [
        words.format(counted(states.count(state), "route")) for state, words in STATE_WORDS.items() if state in states
    ]
    yield f"It {' and '.join(told)}." if told else "It touches no route of a gateway."
    lost = {place for row in rows if (use := use_of(row, policy.ref)) for place, _ in lost_destinations(use, row)}
    if lost:
        yield f"For {several(sorted(lost))} it loses."


def choice_steps(policy: Policy, choosing: Choosing) -> Iterator[Step]:
    """What a policy names, and whose objects it can act on at all."""
    if not choosing.by_labels:
        return
    at, owner = Origin(policy.ref), choosing.tenancy.owner(policy.ref)
    if owner is None:
        text = f"namespace {policy.ref.namespace} belongs to no workspace, so the product does not read the policy"
        yield Step("lost", text, at / "metadata" / "namespace")
    words = list(chosen_words(policy, owner))
    for each, field in words:
        yield Step("written", f"it chooses {each}", at / "spec" / field if field else at)
    if not policy.stated:
        text = f"it names nothing, and no source says what a {policy.ref.kind} means then"
        yield Step("written", text, at)
    elif not words:
        yield Step("lost", f"it names nothing, and a {policy.ref.kind} means nothing then", at)


def all_route_steps(rows: Sequence[RouteRow], ref: ObjectRef, choosing: Choosing) -> Iterator[Step]:
    """What became of the policy at each route, and what is to be known of tables that are imported."""
    for row in rows:
        yield from route_steps(row, ref, choosing)
    if any((use := use_of(row, ref)) and choosing.imported(use, row) for row in rows):
        yield Step("written", IMPORTED)


def route_steps(row: RouteRow, ref: ObjectRef, choosing: Choosing) -> Iterator[Step]:
    """What became of the policy at one route; one that reaches all of a listener is told once, with it."""
    use, rule = use_of(row, ref), row.rule
    if use is None or use in row.listener.policies:
        return
    kind, text = policy_outcome("it", use, row, choosing)
    at = choosing.reason(use, row)[1] or rule.origin
    yield Step(kind, f"{route_name(row)}: {text}", at, rule.name, row.id, str(use.lost_to) if use.lost_to else None)
    for place, winner in lost_destinations(use, row):
        text = f"{route_name(row)}: for {place} it loses to {winner}: {older(winner, ref, choosing)}"
        yield Step("lost", text, rule.origin, rule.name, row.id, str(winner))


def listener_steps(ref: ObjectRef, ground: Ground) -> Iterator[Step]:
    """The listeners, or groups of workloads, all of whose routes a policy reaches."""
    for gateway in ground.resolved.entrances:
        for listener in gateway.listeners:
            for use in listener.policies:
                if use.ref == ref:
                    sure = use.state is PolicyState.APPLIED
                    what = "it acts on" if sure else "whether it acts is not known, since not everything was read:"
                    text = f"{what} {entrance_words(gateway, listener)}, with {routes_of(listener)}"
                    at = listener.declared.origin if gateway.sidecars is None else None  # workloads are no object
                    yield Step("applied", text, at, value=entrance_words(gateway, listener))


def entrance_words(gateway: Gateway, listener: ResolvedListener) -> str:
    """Where requests come in: a listener, or workloads within the mesh."""
    if gateway.sidecars is not None:
        return called(gateway)
    return f"{listener_words(listener)} of gateway {path_of(gateway.ref)}"


def routes_of(listener: ResolvedListener) -> str:
    """How many routes a listener serves."""
    return counted(sum(len(host.routes) for host in listener.entries), "route")


def destination_steps(ref: ObjectRef, rows: Sequence[RouteRow], choosing: Choosing) -> Iterator[Step]:
    """The destinations that a policy acts on, each with how many routes lead there; where it loses, to whom."""
    found: dict[tuple[str, PolicyState, ObjectRef | None], list[RouteRow]] = {}
    for row in rows:
        use = use_of(row, ref)
        for each in use.scopes if use else ():
            if each.destination is not None:
                name = destination_name(destinations_of(row)[each.destination])
                found.setdefault((name, each.state, each.lost_to), []).append(row)
    for (name, state, winner), where in found.items():
        routes = f"{counted(len(where), 'route')}, such as {route_name(where[0])}"
        if state is PolicyState.LOST and winner is not None:
            text = f"{name} ({routes}): it loses to {winner}: {older(winner, ref, choosing)}"
            yield Step("lost", text, Origin(winner), value=name, other=str(winner))
            continue
        text = f"it acts on {name} ({routes})"
        if state is PolicyState.UNKNOWN:
            text = f"whether it acts on {name} is not known ({routes})"
        yield Step("applied", text, value=name)


# ---- what it does not reach


def missed_steps(policy: Policy, ground: Ground, choosing: Choosing, *, found: bool) -> Iterator[Step]:
    """What a policy chooses but cannot act on; for one that reaches nothing what comes nearest to it."""
    owner = choosing.tenancy.owner(policy.ref)
    if owner is None:
        return
    foreign = list({step.text: step for step in foreign_steps(policy, owner, ground, choosing)}.values())
    yield from foreign[:MOST_FOREIGN]
    if len(foreign) > MOST_FOREIGN:
        yield Step("lost", f"and {len(foreign) - MOST_FOREIGN} more of other workspaces")
    if not found and not foreign:
        yield from nearest(policy, ground, choosing)


def foreign_steps(policy: Policy, owner: str, ground: Ground, choosing: Choosing) -> Iterator[Step]:
    """The routes and destinations that a policy would reach if they were of its workspace (11.2 rules 2 to 4)."""
    for row in once(ground.every):
        if row.rule.origin.ref.generation != policy.ref.generation or isinstance(row.rule.action, Delegate):
            continue
        if owner not in choosing.owners(row) and chooses_route(policy, row, choosing):
            why = f"its tables are of {workspaces(choosing.owners(row))}; the policy acts on those of {owner} only"
            yield Step("lost", f"{route_name(row)} is chosen, but {why}", row.rule.origin, row.rule.name, row.id)
        for each in destinations_of(row) if narrow(policy.targets) else ():
            theirs = choosing.selection.owner(each)
            if theirs != owner and choosing.selection.any_of(policy.targets, each):
                belongs = f"it is of {workspaces([theirs] if theirs else [])}; the policy acts on those of {owner} only"
                name = destination_name(each)
                yield Step("lost", f"{name} is chosen, but {belongs}", each.origin, value=name)


def workspaces(names: Collection[str]) -> str:
    """Workspaces by name."""
    if not names:
        return "no workspace"
    return f"workspace{'s' if len(names) > 1 else ''} {several(sorted(names))}"


def chooses_route(policy: Policy, row: RouteRow, choosing: Choosing) -> bool:
    """Whether a policy names a route of any workspace, by labels, by its table, or by where it leads."""
    leaf = row.route.terminal
    labels, holder = plain(leaf), leaf.rules[-1].origin.ref
    entries = [each for each in policy.rules if each.labels or each.tables]
    if any(selects_route(each, labels, holder, choosing.tenancy) for each in entries):
        return True
    return narrow(policy.leading_to) and any(
        choosing.selection.any_of(policy.leading_to, each) for each in destinations_of(row)
    )

"""Where each option of a route comes from, and what it displaced (`spec/v1beta1.md` 7, `spec/v2.md` 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubectl_gmg.explain.choosing import IMPORTED, Choosing, lost_destinations
from kubectl_gmg.explain.words import created_words, flow, is_below, path_of, quoted
from kubectl_gmg.model.declared import Policy
from kubectl_gmg.model.origin import ObjectRef, Origin, Sourced
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, Terminal
from kubectl_gmg.resolve.age import instant
from kubectl_gmg.views import RouteRow, Step

Ages = Mapping[ObjectRef, str | None]
"""When policies were created."""

OLDER = "of two policies the older wins"
INLINE = "what is written at rules and hosts wins over policies"


def option_steps(row: RouteRow, policies: Mapping[ObjectRef, Policy]) -> tuple[Step, ...]:
    """Every field in effect, its value and who says so; then all that it displaced, the nearest first."""
    leaf = row.route.terminal
    created = {use.ref: policies[use.ref].created for use in leaf.policies}
    return tuple(step for name, value in leaf.options.fields for step in chain_steps(name, value, leaf, created))


def chain_steps(name: str, value: Sourced[str], leaf: Terminal, created: Ages) -> Iterator[Step]:
    """One option with all that it displaced."""
    first, *displaced = value.chain()
    kind, why = source_of(first.origin, leaf)
    given = {use.ref: created.get(use.ref) for use in leaf.policies}
    yield Step(kind, f"{name} = {flow(first.value)}: {why}", first.origin, writer(first.origin, leaf), first.value)
    for each in displaced:
        _, whence = source_of(each.origin, leaf)
        rule = rule_between(first.origin, each.origin, given)
        text = f"{name} = {flow(each.value)}, {whence}, is not used: {rule}"
        yield Step("displaced", text, each.origin, writer(each.origin, leaf), each.value, str(first.origin))


def source_of(origin: Origin, leaf: Terminal) -> tuple[str, str]:
    """How a value gets to a route: the kind of the step, and the rule in words."""
    for depth, rule in enumerate(leaf.rules):
        if is_below(origin, rule):
            if depth == len(leaf.rules) - 1:
                return "written", "written at the route itself"
            return "inherited", f"inherited from {quoted(rule)} above it"
    if any(use.ref == origin.ref for use in leaf.policies):
        return "applied", "given by a policy that selects it"
    if origin.ref == leaf.rules[0].origin.ref:
        return "inherited", "inherited from the host"
    return "inherited", "inherited from above"


def rule_between(winner: Origin, loser: Origin, policies: Ages) -> str:
    """Why one value wins over another (`spec/v1beta1.md` D-12, D-32); `policies` are those of the route."""
    if loser.ref not in policies:
        return "what is nearest to the route wins"
    if winner.ref not in policies:
        return INLINE
    return age_words(winner.ref, loser.ref, policies)


def writer(origin: Origin, leaf: Terminal) -> str:
    """The name of the rule that a field belongs to."""
    return next((rule.name for rule in leaf.rules if is_below(origin, rule)), "")


def policy_steps(row: RouteRow, choosing: Choosing) -> tuple[Step, ...]:
    """The policies that select the route in order of effect, why they do, and to whom the others lost."""
    steps = [step for use in row.policies for step in use_steps(use, row, choosing)]
    if any(choosing.imported(use, row) for use in row.policies):
        steps.append(Step("written", IMPORTED))
    return tuple(steps)


def use_steps(use: PolicyUse, row: RouteRow, choosing: Choosing) -> Iterator[Step]:
    """What became of one policy, and at which destinations of the route it loses nevertheless."""
    yield Step(
        *policy_outcome(str(use.ref), use, row, choosing),
        Origin(use.ref),
        other=str(use.lost_to) if use.lost_to else None,
    )
    for place, winner in lost_destinations(use, row):
        text = f"{use.ref} loses to {winner} for {place}: {older(winner, use.ref, choosing)}"
        yield Step("lost", text, Origin(use.ref), other=str(winner))


def policy_outcome(name: str, use: PolicyUse, row: RouteRow, choosing: Choosing) -> tuple[str, str]:
    """What became of one policy, which the words call by a name: the kind of the step, and the words."""
    if use.state is PolicyState.UNKNOWN:
        return "applied", f"whether {name} applies is not known: {choosing.unknown(use, row)}"
    why, _ = choosing.reason(use, row)
    if use.state is PolicyState.LOST:
        rule = lost_by(use, choosing)
        return "lost", f"{name} selects the route{f' ({why})' if why else ''}, but loses to {use.lost_to}: {rule}"
    fields = row.route.terminal.options.fields
    gives = ", ".join(name for name, value in fields if value.origin.ref == use.ref)
    if choosing.by_labels:
        gives = f"; it sets {gives}" if gives else ""
        return "applied", f"{name} applies{phase_words(use)}: {why}{gives}"
    beaten = [
        f"its {name} loses to {value.origin.ref}"
        for name, value in fields
        if value.origin.ref != use.ref and any(each.origin.ref == use.ref for each in value.chain())
    ]
    return "applied", "; ".join([f"{name} applies: {gives or 'it sets nothing'}", *beaten])


def phase_words(use: PolicyUse) -> str:
    """When a policy acts, where that matters (`spec/v2.md` 11.2 rule 7)."""
    phase = use.phase
    return f" in {phase.stage.value}, priority {phase.priority}" if phase else ""


def lost_by(use: PolicyUse, choosing: Choosing) -> str:
    """The rule that a policy lost by."""
    if use.lost_to is None or use.lost_to.kind != use.ref.kind:
        return INLINE
    return older(use.lost_to, use.ref, choosing) if choosing.by_labels else OLDER


def older(winner: ObjectRef, loser: ObjectRef, choosing: Choosing) -> str:
    """That the older of two policies of one kind wins, with their ages."""
    policies = choosing.policies
    return age_words(winner, loser, {ref: policies[ref].created for ref in (winner, loser) if ref in policies})


def age_words(winner: ObjectRef, loser: ObjectRef, created: Ages) -> str:
    """That the older of two policies wins, or the first by name of two of one age (`spec/v1beta1.md` D-26)."""
    if instant(created.get(winner)) != instant(created.get(loser)):
        ages = [f"{each.name} ({created_words(created.get(each))})" for each in (winner, loser)]
        return f"{OLDER}: {' before '.join(ages)}"
    first, second = path_of(winner), path_of(loser)
    moment = created.get(winner)
    alike = f"both were created {moment}" if instant(moment) else "neither has a creationTimestamp"
    return f"of two policies of one age the first by namespace and name wins: {first} before {second} ({alike})"

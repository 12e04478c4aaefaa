"""Where each option of a route comes from, and what it displaced (`spec/v1beta1.md` 7, `spec/v2.md` 9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kubectl_gmg.explain.words import created_words, flow, quoted
from kubectl_gmg.model.declared import Policy, RouteRule
from kubectl_gmg.model.origin import ObjectRef, Origin, Sourced
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, Terminal
from kubectl_gmg.views import RouteRow, Step

Ages = Mapping[ObjectRef, str | None]
"""When policies were created."""

OLDER = "of two policies the older wins"
INLINE = "what is written at rules and hosts wins over policies"


def option_steps(row: RouteRow, policies: Iterable[Policy] = ()) -> tuple[Step, ...]:
    """Every field in effect, its value and who says so; then all that it displaced, the nearest first."""
    leaf = row.route.terminal
    created = {each.ref: each.created for each in policies}
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
    ages = [f"{each.name} ({created_words(policies[each])})" for each in (winner.ref, loser.ref)]
    return f"{OLDER}: {' before '.join(ages)}"


def is_below(origin: Origin, rule: RouteRule) -> bool:
    """Whether a field belongs to a rule."""
    own = rule.origin
    return origin.ref == own.ref and origin.path[: len(own.path)] == own.path


def writer(origin: Origin, leaf: Terminal) -> str:
    """The name of the rule that a field belongs to."""
    return next((rule.name for rule in leaf.rules if is_below(origin, rule)), "")


def policy_steps(row: RouteRow) -> tuple[Step, ...]:
    """The policies that select the route, the winners first, and to whom the others lost."""
    return tuple(policy_step(use, row) for use in row.policies)


def policy_step(use: PolicyUse, row: RouteRow) -> Step:
    """What became of one policy."""
    at = Origin(use.ref)
    if use.state is PolicyState.APPLIED:
        fields = row.route.terminal.options.fields
        gives = ", ".join(name for name, value in fields if value.origin.ref == use.ref)
        beaten = [
            f"its {name} loses to {value.origin.ref}"
            for name, value in fields
            if value.origin.ref != use.ref and any(each.origin.ref == use.ref for each in value.chain())
        ]
        return Step("applied", "; ".join([f"{use.ref} applies: {gives or 'it sets nothing'}", *beaten]), at)
    if use.state is PolicyState.UNKNOWN:
        return Step("applied", f"whether {use.ref} applies is not known, since not everything was read", at)
    winner = use.lost_to
    same_kind = winner is not None and winner.kind == use.ref.kind
    rule = OLDER if same_kind else INLINE
    return Step("lost", f"{use.ref} selects it, but loses to {winner}: {rule}", at, other=str(winner))

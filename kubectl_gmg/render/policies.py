"""The policies that reach the routes of a host, for people (`spec/cli.md` 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, ResolvedListener
from kubectl_gmg.render.page import Line, Span, line
from kubectl_gmg.views import RouteRow

BEATEN = {PolicyState.LOST: " (lost)", PolicyState.UNKNOWN: " (unknown)"}
"""What stands behind a policy that does not act, or may not."""


def policies_text(uses: Iterable[PolicyUse]) -> str:
    """The policies of a route in order of effect, with what became of those that do not act."""
    return ", ".join(f"{use.ref.kind} {path_of(use.ref)}{BEATEN.get(use.state, '')}" for use in uses)


def policies_count(uses: Sequence[PolicyUse]) -> str:
    """How many policies act on a route, are lost there, or may act; empty without any."""
    states = [use.state for use in uses]
    return ", ".join(f"{states.count(state)} {state.value}" for state in PolicyState if state in states)


def path_of(ref: ObjectRef) -> str:
    """A policy by its namespace and name, and by its cluster where that is another than the context's."""
    return f"{ref.namespace}/{ref.name}" + (f" @{ref.cluster}" if ref.cluster else "")


@dataclass(frozen=True, slots=True)
class Reached:
    """What becomes of one policy at the routes of a host: those where it acts, may act, or loses, and to whom."""

    use: PolicyUse
    applied: list[RouteRow] = field(default_factory=list)
    unknown: list[RouteRow] = field(default_factory=list)
    lost: dict[ObjectRef | None, list[RouteRow]] = field(default_factory=dict)
    partly: dict[ObjectRef | None, list[RouteRow]] = field(default_factory=dict)

    def note(self, use: PolicyUse, row: RouteRow) -> None:
        """What became of it at one more route."""
        if use.state is PolicyState.LOST:
            self.lost.setdefault(use.lost_to, []).append(row)
            return
        (self.applied if use.state is PolicyState.APPLIED else self.unknown).append(row)
        for winner in dict.fromkeys(each.lost_to for each in use.scopes if each.state is PolicyState.LOST):
            self.partly.setdefault(winner, []).append(row)


def policy_lines(rows: Sequence[RouteRow], listeners: Sequence[ResolvedListener]) -> list[Line]:
    """What each policy does to the routes of a host, of which there are some; nothing where there is no policy."""
    found: dict[ObjectRef, Reached] = {}
    for row in rows:
        for use in row.route.terminal.policies:
            found.setdefault(use.ref, Reached(use)).note(use, row)
    told = [one for each in found.values() for one in lines_of(each.use, list(outcomes(each, rows)))]
    told += listener_lines(listeners, "the listener" if rows[0].gateway.sidecars is None else "these workloads")
    return [line(), line(Span("policies", "bold")), *told] if told else []


def lines_of(use: PolicyUse, told: Sequence[Span]) -> Iterator[Line]:
    """One policy, when it acts, and where; what else becomes of it stands below, so that no line gets long."""
    phase = use.phase
    when = f" ({phase.stage.value}{f' {phase.priority}' if phase.priority else ''})" if phase else ""
    first, *others = told
    yield line(f"  {use.ref.kind} {path_of(use.ref)}{when}: ", first, hang=" " * 4)
    yield from (line("    ", each, hang=" " * 4) for each in others)


def outcomes(reached: Reached, rows: Sequence[RouteRow]) -> Iterator[Span]:
    """Where a policy acts, loses, and may act."""
    if reached.applied:
        yield Span(f"acts on {places(reached.applied, rows)}")
    for winner, where in reached.lost.items():
        yield Span(f"✗ lost at {places(where, rows)} to {path_of(winner) if winner else 'another'}", "red")
    for winner, where in reached.partly.items():
        to = path_of(winner) if winner else "another"
        yield Span(f"✗ lost to {to} for a destination of {places(where, rows)}", "red")
    if reached.unknown:
        yield Span(f"? may act on {places(reached.unknown, rows)}, which is not known", "yellow")


def listener_lines(listeners: Sequence[ResolvedListener], name: str) -> Iterator[Line]:
    """The policies that choose listeners or workloads, which have a name together: they reach all routes."""
    found: dict[ObjectRef, list[tuple[PolicyUse, ResolvedListener]]] = {}
    for listener in listeners:
        for use in listener.policies:
            found.setdefault(use.ref, []).append((use, listener))
    for each in found.values():
        use = each[0][0]
        ports = " ".join(str(one.port or one.declared.name or one.index) for _, one in each)
        where = name if len(listeners) == 1 else "all listeners"
        where = where if len(each) == len(listeners) else f"listener {ports}"
        sure = use.state is PolicyState.APPLIED
        said = Span(f"acts on {where}") if sure else Span(f"? may act on {where}, which is not known", "yellow")
        yield from lines_of(use, [said])


MOST_PLACES = 8
"""Runs of routes that are told of one policy; JSON has all."""


def places(where: Sequence[RouteRow], rows: Sequence[RouteRow]) -> str:
    """Routes by their places, those in a row as `#2-#5`."""
    if len(where) == len(rows) > 1:
        return f"all {len(rows)} routes"
    numbers = sorted({row.route.index for row in where if row.route.index is not None})
    starts = [numbers[0], *(after for before, after in pairwise(numbers) if after != before + 1)] if numbers else []
    ends = [*(before for before, after in pairwise(numbers) if after != before + 1), *numbers[-1:]]
    runs = [f"#{first}" if first == last else f"#{first}-#{last}" for first, last in zip(starts, ends, strict=True)]
    runs += [row.rule.name or row.id for row in where if row.route.index is None]
    more = f" and {len(runs) - MOST_PLACES} more" if len(runs) > MOST_PLACES else ""
    return " ".join(runs[:MOST_PLACES]) + more

"""Where a route stands, what put it there, and whether any request gets to it (`spec/cli.md` 6.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from kubectl_gmg.analysis.wording import rule_name, several
from kubectl_gmg.explain.compare import delegating, ranking_words, reasons, sorting, weight_of
from kubectl_gmg.explain.connection import place_steps
from kubectl_gmg.explain.words import match_words, path_of, quoted, route_name
from kubectl_gmg.model.action import SortMethod
from kubectl_gmg.model.resolved import Delegation, Status, Target
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.resolve.order import ranked
from kubectl_gmg.views import Reach, RouteRow, Step

DECIDES = ("rank", "tie")
"""The kinds of steps that say why one route stands before another."""

WEIGHT = ("spec", "weight")
"""The field of a table that holds its weight."""

PROOFS = {
    Proof.EXACT: "its exact path is the only path of this route",
    Proof.PREFIX: "its prefix fits every path of this route",
    Proof.REGEX: "its regular expression fits every path of this route",
}
"""What makes one earlier route take all requests of a later one."""


def order_steps(row: RouteRow, rows: Sequence[RouteRow]) -> tuple[Step, ...]:
    """The place of a route among `rows`, all of its host; what sorted it there; its neighbours; who takes its requests.

    A route that is not served has no place, and says why.
    """
    if row.route.connection is not None:
        return tuple(place_steps(row, rows))
    if row.route.index is None:
        return (left_out(row), *reach_steps(row, rows))
    served = [each for each in rows if each.route.index is not None]
    text = f"place {row.route.index} of {len(served)}: the first route that matches a request answers it"
    place = Step("rank", text, value=str(row.route.index))
    return (place, *sorters(row), *neighbours(row, served), *reach_steps(row, rows))


def left_out(row: RouteRow) -> Step:
    """Why the proxy never gets a route."""
    rule = row.route.terminal.rules[-1]
    if row.route.dropped:
        text = "left out: it stands behind a route of the same root that fits every request"
        return Step("lost", text, rule.origin, rule_name(rule))
    codes = row.route.terminal.because
    text = "it has no place, since the product leaves it out"
    return Step("lost", text, rule.origin, rule_name(rule), ", ".join(codes) or None)


def sorters(row: RouteRow) -> Iterator[Step]:
    """How the tables below each delegating rule on the way are sorted, the outermost first."""
    outer = ""
    for level, delegation in enumerate(delegations(row)):
        rule, tables = delegation.rule, ranked(delegation.targets)
        name = rule_name(rule)
        if outer:
            text = f"{quoted(rule)} sorts by {delegation.sort.value}, but that decides ties only: "
            text += f"{outer} above it sorts everything by ROUTE_SPECIFICITY"
            yield Step("displaced", text, sorting(rule), name, delegation.sort.value)
        elif delegation.sort is SortMethod.ROUTE_SPECIFICITY:
            outer = quoted(rule)
            text = f"all routes below {outer} are sorted by ROUTE_SPECIFICITY: "
            text += ranking_words(row.gateway.conventions.ranking)
            yield Step("rank", text, sorting(rule), name, delegation.sort.value)
        elif len(tables) == 1:
            here = row.route.terminal.tables[level].table
            text = f"{quoted(rule)} delegates to {here.ref} alone, so its weight decides nothing"
            yield Step("rank", text, delegating(rule), name, str(here.weight))
        else:
            here = row.route.terminal.tables[level].table
            text = f"the tables below {quoted(rule)} are ordered by weight, higher first: {weighed(tables, here)}"
            yield Step("rank", text, weight_of(here), name, str(here.weight))


def weighed(tables: Sequence[Target], here: object, most: int = 6) -> str:
    """Tables with their weights, in order; not more than a reader wants, but always the one that is explained."""
    words = [
        f"{each.inclusion.table.ref.name} {each.inclusion.table.weight}"
        + (" (this one)" if each.inclusion.table is here else "")
        for each in tables
    ]
    kept = [word for place, word in enumerate(words) if place < most or word.endswith("(this one)")]
    return ", ".join(kept) + (f", and {len(words) - len(kept)} more" if len(words) > len(kept) else "")


def delegations(row: RouteRow) -> Iterator[Delegation]:
    """The delegating rules on the way down to a route."""
    nodes = row.host.tree
    for rule in row.route.terminal.rules[:-1]:
        found = next((each for each in nodes if isinstance(each, Delegation) and each.rule is rule), None)
        if found is None:
            return
        yield found
        below = [each for each in found.targets if isinstance(each, Target)]
        here = next((each for each in below if on_way(each, row)), None)
        nodes = here.nodes if here else ()


def on_way(target: Target, row: RouteRow) -> bool:
    """Whether a table is on the way down to a route."""
    return any(each.table is target.inclusion.table for each in row.route.terminal.tables)


def neighbours(row: RouteRow, served: Sequence[RouteRow]) -> Iterator[Step]:
    """What stands just before and after, and why."""
    place = (row.route.index or 1) - 1
    if place > 0:
        before = served[place - 1]
        yield neighbour(before, "stands before it", reasons(before, row))
    if place + 1 < len(served):
        after = served[place + 1]
        yield neighbour(after, "stands after it", reasons(row, after))


def neighbour(row: RouteRow, where: str, why: tuple[Step, ...]) -> Step:
    """A route beside the one that is explained, with what tells them apart."""
    rule = row.route.terminal.rules[-1]
    said = "; ".join(step.text for step in why if step.kind in DECIDES)
    tables = [path_of(step.at.ref) for step in why if step.kind == "written" and step.at and step.at.path == WEIGHT]
    said += f" (spec.weight of {' and '.join(tables)})" if len(tables) > 1 else ""
    return Step("neighbour", f"{route_name(row)} {where}: {said}", rule.origin, rule_name(rule), other=row.id)


def reach_steps(row: RouteRow, rows: Sequence[RouteRow]) -> Iterator[Step]:
    """Whether requests get to a route, and who takes those that do not."""
    reach = row.reach
    if reach is None or row.route.status is Status.INVALID:
        return
    if reach.proof is not None:
        yield from never(row, reach, rows)
    yield from with_reasons((step, reasons(other, row)) for other, step in sharing(reach, rows))
    if reach.omitted:
        yield Step("lost", f"{reach.omitted} more earlier routes may take some of its requests")
    if not reach.decided:
        yield Step("lost", "whether every request of it is taken by earlier routes could not be decided")


def sharing(reach: Reach, rows: Sequence[RouteRow]) -> Iterator[tuple[RouteRow, Step]]:
    """The earlier routes that take some of a route's requests, each with such a request."""
    for shadow in reach.shadowed_by:
        other = next((each for each in rows if (each.id, each.route.index) == (shadow.id, shadow.index)), None)
        if other is not None:
            rule, words = other.route.terminal.rules[-1], match_words(other.route.match)
            text = f"{route_name(other)} ({words}) takes some of its requests first, such as "
            text += str(shadow.request)
            yield other, Step("lost", text, rule.origin, rule_name(rule), words, other.id)


def with_reasons(pairs: Iterable[tuple[Step, tuple[Step, ...]]]) -> Iterator[Step]:
    """Steps with the reasons behind each; one rule that is behind several in a row is told once, after the last."""
    for _, group in groupby(pairs, key=lambda pair: [each.text for each in pair[1] if each.kind in DECIDES]):
        found = list(group)
        yield from (step for step, _ in found)
        yield from found[-1][1]


def never(row: RouteRow, reach: Reach, rows: Sequence[RouteRow]) -> Iterator[Step]:
    """Why no request gets to a route, with the proof and a request that shows it."""
    takers = [each for each in rows if each.id in reach.by and each.route.index is not None]
    takers = [each for each in takers if row.route.index is None or (each.route.index or 0) < row.route.index]
    shown = f"; try {reach.request}" if reach.request else ""
    if reach.proof is Proof.DISABLED:
        text = "as the proxy reads them, no request can meet its conditions, or none comes to its host or listener"
    elif reach.proof is Proof.CONTRADICTION:
        text = "its own conditions exclude each other, so no request meets all of them"
    elif reach.proof is Proof.DROPPED:
        text = "the product leaves it out behind a route of the same root that fits every request"
    elif reach.proof is Proof.JOINT:
        text = f"{several(map(route_name, takers), 6)} together take every request of this route"
    else:
        name = several(map(route_name, takers))
        text = f"{name} answers first: {PROOFS.get(reach.proof or Proof.PREFIX)}"
    rule = row.route.terminal.rules[-1]
    yield Step("lost", text + shown, rule.origin, rule_name(rule), reach.proof.value if reach.proof else None)
    found = takers[:3]
    if row.route.index is None:
        yield from map(taken, found)
    else:
        yield from with_reasons((taken(each), reasons(each, row)) for each in found)


def taken(taker: RouteRow) -> Step:
    """What an earlier route takes."""
    rule, words = taker.route.terminal.rules[-1], match_words(taker.route.match)
    return Step("written", f"{route_name(taker)} takes {words}", rule.origin, rule_name(rule), words, taker.id)

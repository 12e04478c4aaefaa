"""Ordering selected tables by age instead of name would change who answers.

Where one selector takes several tables of equal weight, the guide of the product puts them in order of namespace and
name; the reference of the API says that the older table comes first. Both readings exist, and here they differ: for
some requests another route would answer. This program goes by name.

Example:
    # both are selected with weight 0 and match /reviews
    metadata: {name: a-rt, creationTimestamp: "2024-02-01T00:00:00Z"}
    metadata: {name: b-rt, creationTimestamp: "2024-01-01T00:00:00Z"}   # older, but later by name

Fix:
    Give the tables different weights, so that neither names nor ages count.

Source:
    `spec/v1beta1.md` 8.2, D-13.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kubectl_gmg.analysis.compare import Served, with_stubs
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.ties import Tie, ties
from kubectl_gmg.checks.words import located
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import EqualTables
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve import resolve
from kubectl_gmg.resolve.age import instant
from kubectl_gmg.views import RouteRow


@check("GMG213", v1beta1=WARNING, rows=("D-13",), needs=("RouteTable",))
def age_would_reorder(context: CheckContext) -> Iterator[Problem]:
    """Finds each selector once for which resolving by age has shown another answer."""
    found = tuple(each for each in context.once(ties) if is_inverted(each))
    after = by_age(context, found) if found else None
    told: set[Origin] = set()
    for tie in found:
        selector = tie.selector
        other = answer(after, tie) if after else None
        if selector and other and other.key != tie.winner.key and selector.origin not in told:
            told.add(selector.origin)
            yield problem(tie, selector, other)


def is_inverted(tie: Tie) -> bool:
    """Whether names decide, and the table that comes later by name is surely the older one."""
    first, second = (instant(each.created) for each in tie.tables)
    by_name = tie.winner.gateway.conventions.equal_tables is EqualTables.BY_NAME
    return by_name and first is not None and second is not None and second < first


def by_age(context: CheckContext, found: tuple[Tie, ...]) -> Served:
    """What would be served if age decided, as far as hosts with ties are concerned."""
    kept = frozenset(each.winner.route.root.origin for each in found)
    realms = tuple(
        (name, replace(realm, conventions=replace(realm.conventions, equal_tables=EqualTables.BY_AGE)))
        for name, realm in context.declared.realms
    )
    return Served(resolve(with_stubs(replace(context.declared, realms=realms, policies=()), kept)))


def answer(after: Served, tie: Tie) -> RouteRow | None:
    """The route that would answer the request of a tie; None if that cannot be told."""
    there = next(iter(after.rows_at(tie.winner)), None)
    return after.answering(tie.request, there) if there else None


def problem(tie: Tie, selector: Selector, other: RouteRow) -> Problem:
    """What is said of one selector."""
    first, second = (located(each.ref) for each in tie.tables)
    message = (
        f"by name {first} comes before {second}, by age it is the other way round: "
        f"{tie.request.method} {tie.request.path} is answered by {tie.winner.id}, by age it would be {other.id}"
    )
    winner, loser = tie.winner.rule, other.rule
    related = (Note("answers first", winner.origin), Note("would answer by age", loser.origin))
    return Problem("GMG213", message, selector.origin, related=related, request=tie.request)

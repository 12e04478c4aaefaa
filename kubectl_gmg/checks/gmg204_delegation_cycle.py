"""Route tables delegate in a circle.

A rule names a table that the request has passed already on its way down. Going round again would never end, so it is
not done: in the first generation that reference is skipped, in the second the whole delegating rule answers 500, other
tables that it selects included.

Example:
    # RouteTable ring1 delegates to ring2, and ring2 back to ring1
    routes:
    - name: back
      delegateAction: {refs: [{name: ring1, namespace: gloo-mesh}]}

Fix:
    Take the reference out of one of the tables, or move the routes that both need to a table of their own.

Source:
    `spec/v1beta1.md` 8.6 (RT-CYCLE); `spec/v2.md` 8.6, DEC-16 (SEM-04).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext, Passage
from kubectl_gmg.checks.delegating_rules import consequence, dead_ends
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.checks.words import located, rule_words
from kubectl_gmg.model.conventions import Broken
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import DeadEnd, Reason


@check("GMG204", v1beta1=ERROR, v2=ERROR, rows=("RT-CYCLE", "SEM-04", "DEC-16"))
def delegation_cycle(context: CheckContext) -> Iterator[Problem]:
    """Finds each circle once, where it closes first."""
    known: set[frozenset[Origin]] = set()
    for passage, end in dead_ends(context, Reason.CYCLE):
        circle = frozenset(each.origin for each in circle_of(passage, end))
        if end.ref is not None and circle not in known:
            known.add(circle)
            yield problem(context, passage, end, end.ref)


def circle_of(passage: Passage, end: DeadEnd) -> tuple[RouteRule, ...]:
    """The rules that lead from the table that is entered again back to it."""
    holders = [each.origin.ref for each in passage.rules]
    return passage.rules[holders.index(end.ref) :] if end.ref in holders else passage.rules


def problem(context: CheckContext, passage: Passage, end: DeadEnd, entered: ObjectRef) -> Problem:
    """What is said of a circle; related is the whole way down, the table that is entered again last."""
    way = " -> ".join(located(each.origin.ref) for each in circle_of(passage, end))
    left_out = context.realm(entered).conventions.broken is Broken.LEFT_OUT
    then = "so this branch is left out" if left_out else consequence(context, passage)
    return Problem(
        "GMG204",
        f"{rule_words(passage.rule)} enters {located(entered)} again ({way} -> {located(entered)}), {then}",
        end.origin,
        related=(
            *(Note("delegates on", each.origin) for each in passage.rules),
            Note("is entered again", Origin(entered)),
        ),
    )

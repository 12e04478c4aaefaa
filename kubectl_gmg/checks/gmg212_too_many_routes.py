"""Delegation multiplies the routes of a host beyond what is worked out.

Every matcher of a delegating rule is combined with every matcher below it, level by level, and a table that is
delegated to from several places counts at each of them. From some size on the rest is left out here, so this host is
shown incompletely; the product itself may well get into trouble with it. Selectors of workloads multiply level by level
too: of very many alternatives not all are listed with a route, though a request of one workload is answered for it.

Example:
    # three levels of 60 matchers each give 216,000 effective matchers
    routes:
    - matchers: [...60 prefixes...]
      delegateAction: {refs: [{name: level-2, namespace: gloo-mesh}]}

Fix:
    Use fewer matchers on the delegating rules, or fewer levels of tables.

Source:
    A guard of this program, no rule of the product: 200,000 effective matches for a host, a million for all hosts
    together, 64 tables below each other (`spec/v2.md` DEC-16), 1,000 alternatives of labels for a route.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext, Passage
from kubectl_gmg.checks.contradicting_workloads import multiplying_workloads
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.words import located, rule_words
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.resolved import DeadEnd, Reason
from kubectl_gmg.resolve.delegate import MAX_DEPTH

ENDS = (Reason.TOO_MANY, Reason.TOO_DEEP)


@check("GMG212", v1beta1=WARNING, v2=WARNING)
def too_many_routes(context: CheckContext) -> Iterator[Problem]:
    """Finds each host once, at the rule where its budget ended first, and selectors of workloads that multiply."""
    found: dict[tuple[object, ...], tuple[Passage, DeadEnd]] = {}
    for passage, end in context.dead_ends:
        if end.reason in ENDS:
            top = passage.rules[0].origin
            found.setdefault((top.ref, top.path[:-1]), (passage, end))
    for passage, end in found.values():
        yield problem(passage, end)
    yield from multiplying_workloads(context)


def problem(passage: Passage, end: DeadEnd) -> Problem:
    """What is said of one host."""
    host = passage.rules[0].origin.ref
    deep = f"{host} goes down more than {MAX_DEPTH} tables"
    what = deep if end.reason is Reason.TOO_DEEP else f"the matches of {host} multiply beyond what is worked out"
    entered = f"does not enter {located(end.ref)}" if end.ref else "is not followed"
    related = (Note("the way down begins here", passage.rules[0].origin),) if len(passage.rules) > 1 else ()
    message = f"{what}: {rule_words(passage.rule)} {entered}, and what lies below is not shown"
    return Problem("GMG212", message, end.origin, related=related)

"""Some pairs of parent and child matchers exclude each other.

The matchers of a delegating rule are combined with those of each rule below it, each with each. Some of these pairs
can never hold, for instance where two methods meet, so they are left out; the others work. That may be just what is
meant, but a request that satisfies such a matcher above finds nothing here and goes on to later routes.

Example:
    matchers: [{uri: {prefix: /a}, method: GET}, {uri: {prefix: /b}, method: POST}]  # of the rule that delegates
    matchers: [{uri: {prefix: /c}, method: GET}]                                     # nothing is served under /b

Fix:
    If nothing is to be served there, leave it; else give each combination that is meant a matcher of its own.

Source:
    `spec/v2.md` 8.2, DEC-26.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.child_rules import child_rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.contradictions import conditioned, exclusion_place, indices, told_pairs
from kubectl_gmg.checks.matcher_places import Told, at_each_place
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.conventions import Conflict
from kubectl_gmg.model.finding import Note, Problem

CODE = "GMG315"


@check(CODE, v2=WARNING, rows=("DEC-26",), needs=("RouteTable",))
def pairs_never_match(context: CheckContext) -> Iterator[Problem]:
    """Own matches of which some pair is dropped, where the rule itself is kept."""
    return at_each_place(CODE, dropped(context))


def dropped(context: CheckContext) -> Iterator[Told]:
    """The same, on every way down."""
    for child in context.once(child_rules):
        if child.conventions.conflict is not Conflict.REPLACED or not conditioned(child) or not child.sound:
            continue
        for index in indices(child):
            if count := len(child.excluded(index)):
                words = f"is left out for {count} of {len(child.above)} matches of"
                notes = (Note("delegates here", child.parent.origin),)
                yield exclusion_place(context, child, index), told_pairs(child, index, words), notes

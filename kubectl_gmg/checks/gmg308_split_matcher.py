"""A path and other conditions stand in two list items: either is enough.

The items of `matchers` are alternatives. A rule that has one item with nothing but a path, and another with nothing but
headers, query parameters or a method, takes every request for the path, and any path at all where the others hold.
Most often both were meant to hold together; the published examples of the product contain this very mistake.

Example:
    matchers:
    - uri: {prefix: /ratings}
    - headers: [{name: end-user, value: jason}]

Fix:
    Write both into one list item; if they are meant as alternatives, leave them.

Source:
    `spec/v1beta1.md` 5.1, D-8; `spec/v2.md` 5 rule 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import matcher_place, usable
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.words import match_words
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import RouteMatch


@check("GMG308", v1beta1=INFO, v2=INFO, rows=("ROUTE-MATCHER-SPLIT",))
def split_matcher(context: CheckContext) -> Iterator[Problem]:
    """Rules with a matcher of only a path and one of only other conditions."""
    for rule in context.rules:
        if len(rule.matches) < 2 or not usable(rule):
            continue
        paths = [place for place, match in enumerate(rule.matches) if match.path and not tests(match)]
        others = [place for place, match in enumerate(rule.matches) if not match.path and tests(match)]
        if paths and others:
            alone, beside = rule.matches[others[0]], rule.matches[paths[0]]
            message = f"{match_words(alone)} is an alternative to {match_words(beside)}, no further condition of it"
            notes = tuple(Note("stands for itself", matcher_place(rule, place)) for place in paths)
            yield Problem("GMG308", message, matcher_place(rule, others[0]), related=notes)


def tests(match: RouteMatch) -> bool:
    """Whether a match tests anything besides the path."""
    return bool(match.headers or match.query_parameters or match.method)

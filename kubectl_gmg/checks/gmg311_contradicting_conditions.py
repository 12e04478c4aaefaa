"""Tests of headers or query parameters in one matcher exclude each other.

All tests of a matcher must hold, also two of the same name, and also those that a rule inherits from the rules that
delegate to it. Here no single value passes both, so that the matcher never matches an ordinary request, and what it
was meant for goes to a later route or gets a 404. To accept either value takes two matchers, or one regular expression.

Example:
    matchers:
    - headers: [{name: x-team, value: red}, {name: x-team, value: blue}]

Fix:
    Write one matcher for each value, or one test with a regular expression such as `red|blue`.

Source:
    `spec/v1beta1.md` 5.1 rule 5, 8.4 rule 2; `spec/v2.md` 5 rule 8.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.child_rules import ChildRule, child_rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.contradictions import clashes, clashes_within, indices, narrows, test_place, test_words
from kubectl_gmg.checks.matcher_places import Told, at_each_place, matcher_place, usable
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.words import match_words, rule_words
from kubectl_gmg.model.conventions import Conflict
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import RouteMatch

CODE = "GMG311"


@check(CODE, v1beta1=WARNING, v2=WARNING, rows=("ROUTE-CONTRADICTION",), needs=("RouteTable",))
def contradicting_conditions(context: CheckContext) -> Iterator[Problem]:
    """Within a matcher as it is written, then between a matcher and what it inherits."""
    yield from at_each_place(CODE, own(context))
    yield from at_each_place(CODE, inherited(context))


def own(context: CheckContext) -> Iterator[Told]:
    """Two tests of one matcher."""
    for rule in filter(usable, context.rules):
        for index, match in enumerate(rule.matches):
            for later, first in clashes_within(match)[:1]:
                place = matcher_place(rule, index)
                message = f"{match_words(match)} never matches: no one value passes both tests of {test_words(later)}"
                notes = (Note("the other test", test_place(context, place, first)),)
                yield test_place(context, place, later), message, notes


def inherited(context: CheckContext) -> Iterator[Told]:
    """A test of a matcher and one that comes from above; where such a pair is a conflict, that is another finding."""
    for child in context.once(child_rules):
        if child.conventions.conflict is Conflict.DROPPED and child.sound and any(map(narrows, child.above)):
            yield from contradicted(context, child)


def contradicted(context: CheckContext, child: ChildRule) -> Iterator[Told]:
    """Own matches that contradict a match above; one that is impossible by itself was told already."""
    for index in indices(child):
        match = child.rule.matches[index]
        met = [each for each in child.above if not clashes_within(each) and not methods_differ(match, each)]
        found = [clash for each in met if (clash := next(clashes(match, each), None))]
        if found and not clashes_within(match):
            test = found[0][0]
            never = "never matches" if len(found) == len(met) else "does not match everywhere"
            words = f"no one value passes its test of {test_words(test)} and that of {rule_words(child.parent)} above"
            place = test_place(context, matcher_place(child.rule, index), test)
            yield place, f"{match_words(match)} {never}: {words}", (Note("delegates here", child.parent.origin),)


def methods_differ(first: RouteMatch, second: RouteMatch) -> bool:
    """Whether two matches exclude each other by their methods, which is another finding."""
    return bool(first.method and second.method and first.method != second.method)

"""One matcher tests a header name twice.

All tests of a matcher must hold. The open translator of the product, though, keeps only the last of several tests with
one header name (separately for normal and inverted ones), so a cluster may match more requests than the manifest says.

Example:
    matchers:
    - headers: [{name: x-env, value: "dev.*", regex: true}, {name: x-env, value: ".*-eu", regex: true}]

Fix:
    Put both into one regular expression.

Source:
    `spec/v1beta1.md` 5.1, the facts about the open translator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.contradictions import clashes_within, test_place
from kubectl_gmg.checks.matcher_places import matcher_place, usable
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.words import match_words
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import HeaderMatch, RouteMatch


@check("GMG316", v1beta1=WARNING, rows=("ROUTE-SAME-HEADER",))
def repeated_header_test(context: CheckContext) -> Iterator[Problem]:
    """Matchers with two different tests of one header, both normal or both inverted, that can hold together."""
    for rule in context.rules:
        for index, match in enumerate(rule.matches):
            if len(match.headers) > 1 and usable(rule) and not clashes_within(match):
                yield from repeated(context, rule, index, match)


def repeated(context: CheckContext, rule: RouteRule, index: int, match: RouteMatch) -> Iterator[Problem]:
    """The first header that is tested twice: the last test, with the others as related places."""
    counts = Counter(map(kept_as, match.headers))
    name = next((name for name, count in counts.items() if count > 1), None)
    if name is None:
        return
    place = matcher_place(rule, index)
    *others, last = [test_place(context, place, test) for test in match.headers if kept_as(test) == name]
    message = (
        f"{match_words(match)} tests header {name[0]} {counts[name]} times; the translator may keep only this test"
    )
    yield Problem("GMG316", message, last, related=tuple(Note("may be lost", each) for each in others))


def kept_as(test: HeaderMatch) -> tuple[str, bool]:
    """What tests have in common of which the translator keeps one."""
    return test.name.lower(), test.invert

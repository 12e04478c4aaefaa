"""The proxy refuses a regular expression: it is no RE2, or it is too large.

The proxy reads regular expressions as RE2, which has no look-around and no back-references. It refuses its whole
route configuration for one bad expression, so the product keeps the rule from it: in the first generation the rule is
left out, in the second one it answers 500. An expression that is only too large is not noticed before the mesh or the
proxy sees it, and then no change of this gateway takes effect any more. What counts is the whole expression: below a
delegating rule that is the parent's prefix and the child's expression together.

Example:
    matchers: [{uri: {regex: "/(?!admin).*"}}]

Fix:
    Write it without what RE2 lacks, for instance as an earlier rule for what is to be kept out; split a large one into
    several matchers, or use a prefix.

Source:
    `spec/v1beta1.md` 5.1 rule 3, 8.7, D-17; `spec/v2.md` 5 rule 9, DEC-28; `spec/envoy.md` 90, 91, 92.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from kubectl_gmg import regex
from kubectl_gmg.checks.child_rules import ChildRule, child_rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.contradictions import Test, test_place, test_words
from kubectl_gmg.checks.matcher_places import Told, at_each_place, matcher_place, path_place, usable
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.action import ForwardTo
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import PathKind, ValueKind
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Terminal
from kubectl_gmg.resolve.inherit import join_paths

CODE = "GMG304"

LONGEST = 1024
"""Characters of a regular expression that the mesh accepts (`spec/envoy.md` 92)."""

LARGEST = 32_768
"""Instructions of a program that the proxy accepts (`spec/envoy.md` 92)."""

SURELY_SMALL = 80
"""Characters of which no program of that size can be made, unless something is repeated by number."""


@check(CODE, v1beta1=ERROR, v2=ERROR, rows=("ROUTE-REGEX", "SEM-06", "envoy 91", "envoy 92"))
def bad_regex(context: CheckContext) -> Iterator[Problem]:
    """What RE2 refuses as it is written, what it refuses once it is joined, and what is too large."""
    yield from context.noted(CODE)
    yield from at_each_place(CODE, chain(large_ones(context), joined_ones(context)))


def large_ones(context: CheckContext) -> Iterator[Told]:
    """Regular expressions that are too large as they are written."""
    for rule in context.rules:
        if not has_regex(rule) or not usable(rule):
            continue
        for place, what, text in written(context, rule):
            if words := too_large(text):
                yield place, f"the regular expression of {what} {words}", ()


def has_regex(rule: RouteRule) -> bool:
    """Whether a rule may hold a regular expression; nearly always it does not."""
    if isinstance(rule.action, ForwardTo) and rule.action.regex_rewrite is not None:
        return True
    for match in rule.matches:
        if match.headers or match.query_parameters or (match.path is not None and match.path.kind is PathKind.REGEX):
            return True
    return False


def written(context: CheckContext, rule: RouteRule) -> Iterator[tuple[Origin, str, str]]:
    """Every regular expression of a rule: where it stands, what it is for, and its text."""
    for index, match in enumerate(rule.matches):
        if match.path is not None and match.path.kind is PathKind.REGEX:
            yield path_place(rule, index), "the path", match.path.value
        tests: tuple[Test, ...] = (*match.headers, *match.query_parameters)
        for test in tests:
            if test.kind is ValueKind.REGEX:
                yield test_place(context, matcher_place(rule, index), test), test_words(test), test.value
    if isinstance(rule.action, ForwardTo) and rule.action.regex_rewrite is not None:
        place = rule.origin / rule.action_field / "regexRewrite"
        yield place, "the rewrite", rule.action.regex_rewrite.pattern


def too_large(text: str) -> str:
    """What is too large about a regular expression, in words; empty if nothing is."""
    if len(text) > LONGEST:
        return f"has {len(text)} characters; the mesh accepts {LONGEST} at most"
    if len(text) <= SURELY_SMALL and "{" not in text:
        return ""
    size = regex.compiled(text).programsize
    return f"makes a program of size {size}; the proxy accepts {LARGEST} at most" if size > LARGEST else ""


def joined_ones(context: CheckContext) -> Iterator[Told]:
    """Regular expressions that are sound by themselves, but not below the prefix of a delegating rule."""
    for child in context.once(child_rules):
        if usable(child.rule):
            for index, match in enumerate(child.rule.matches):
                if match.path is not None and match.path.kind is PathKind.REGEX:
                    yield from joined(child, index)


def joined(child: ChildRule, index: int) -> Iterator[Told]:
    """What is wrong with one regular expression below each match above."""
    own = child.rule.matches[index].path
    codes = child.node.because if isinstance(child.node, Terminal) else ()
    for above in child.above:
        path = join_paths(above.path, own, child.conventions)
        if path is None or path is own or own is None or too_large(own.value):
            continue
        fault = regex.fault(path.value) if CODE in codes else ""
        if words := f"is refused by RE2: {fault}" if fault else too_large(path.value):
            message = (
                f"the regular expression that is joined with the path of {child.parent.name or 'its parent'} {words}"
            )
            yield path_place(child.rule, index), message, (Note("delegates here", child.parent.origin),)

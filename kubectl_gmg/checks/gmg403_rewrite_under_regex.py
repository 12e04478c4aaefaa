"""A path rewrite beside a matcher by regular expression.

A pathRewrite replaces the prefix that was matched, or an exact path; of a regular expression nothing is known to
replace. The first generation then sends the original path under that matcher, while other matchers of the rule are
rewritten as usual. In the second generation the whole rule answers 500, or freezes its tree. The regular expression may
also stand in a rule that delegates to this one.

Example:
    matchers: [{uri: {regex: "/v[0-9]+/reviews"}}]
    forwardTo: {pathRewrite: /reviews, destinations: [{ref: {name: reviews}}]}

Fix:
    Match by prefix or by exact path, or, in the second generation, use regexRewrite.

Source:
    `spec/v1beta1.md` 5.2, `spec/v2.md` 7.1 and 8.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.path_rewrites import FORWARD, delegating, is_regex
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.action import ForwardTo
from kubectl_gmg.model.conventions import Broken
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import RouteMatch
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve.faults import REWRITE_UNDER_REGEX


@check(REWRITE_UNDER_REGEX, v1beta1=ERROR, v2=ERROR, rows=("ROUTE-REWRITE-REGEX", "SEM-06"))
def rewrite_under_regex(context: CheckContext) -> Iterator[Problem]:
    """Rewriting rules that match by regex themselves, and those that inherit one."""
    told: set[Origin] = set()
    for rule in context.rules:
        own = next(filter(is_regex, rule.matches), None) if rewrites(rule) else None
        if own is not None and rule.origin not in told:
            told.add(rule.origin)
            yield problem(context, rule, own)
    for row in context.rows:
        rule = row.rule
        if is_regex(row.route.match) and rewrites(rule) and rule.origin not in told:
            told.add(rule.origin)
            yield problem(context, rule, row.route.match, delegating(row))


def rewrites(rule: RouteRule) -> bool:
    """Whether a rule rewrites the paths that it forwards."""
    return isinstance(rule.action, ForwardTo) and bool(rule.action.path_rewrite)


def problem(context: CheckContext, rule: RouteRule, match: RouteMatch, above: tuple[Note, ...] = ()) -> Problem:
    """What is said of one rule."""
    breaks = context.realm(rule.origin.ref).conventions.broken is Broken.REPLACED
    effect = "this breaks the rule" if breaks else "the original path is sent"
    rewrite = rule.action.path_rewrite if isinstance(rule.action, ForwardTo) else ""
    pattern = match.path.value if match.path else ""
    message = f"pathRewrite {rewrite} cannot replace what the regex {pattern} matches: {effect}"
    return Problem(REWRITE_UNDER_REGEX, message, rule.origin / rule.action_field / FORWARD, related=above)

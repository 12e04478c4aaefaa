"""Rules that rewrite paths: where they say so, and on which routes they do (`spec/envoy.md` 30 to 34)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.action import ForwardTo, Redirect
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note
from kubectl_gmg.model.match import PathKind, RouteMatch
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Status
from kubectl_gmg.views import RouteRow

FORWARD, REDIRECT = "pathRewrite", "prefixRewrite"


def is_regex(match: RouteMatch) -> bool:
    """Whether a path is compared with a regular expression."""
    return match.path is not None and match.path.kind is PathKind.REGEX


def rewrite_of(rule: RouteRule) -> str:
    """What a rule puts in place of the matched part of a path; empty for nothing."""
    if isinstance(rule.action, ForwardTo):
        return rule.action.path_rewrite
    return rule.action.prefix if isinstance(rule.action, Redirect) and not rule.action.path else ""


def rewrite_place(rule: RouteRule) -> Origin:
    """The field that says it."""
    return rule.origin / rule.action_field / (FORWARD if isinstance(rule.action, ForwardTo) else REDIRECT)


def rewriting_rows(context: CheckContext) -> tuple[tuple[RouteRow, RouteRule, str], ...]:
    """Every route that is served and rewrites paths, with its rule and what that puts in place."""
    return tuple(rewriting(context.rows))


def rewriting(rows: Iterable[RouteRow]) -> Iterator[tuple[RouteRow, RouteRule, str]]:
    """Those of some routes that rewrite paths."""
    for row in rows:
        route = row.route
        if route.status is Status.OK and route.index is not None:
            rule = route.terminal.rules[-1]
            if rewrite := rewrite_of(rule):
                yield row, rule, rewrite


def delegating(row: RouteRow) -> tuple[Note, ...]:
    """The rules that delegate to that of a route, the nearest first."""
    return tuple(Note("delegates here", rule.origin) for rule in reversed(row.route.terminal.rules[:-1]))

"""Rewrites that end as their prefixes do; one is offered only where resolving again has shown that it is enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from kubectl_gmg.analysis.compare import Comparison
from kubectl_gmg.analysis.edits import Change, Rules, on_rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.path_rewrites import rewrite_of, rewrite_place, rewriting_rows
from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.matching.rewrite import rewritten
from kubectl_gmg.model.action import Action, ForwardTo, Redirect
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Edit, Fix
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.views import RouteRow

MOST_TRIES = 20
"""How often it is resolved again for all rules of a run."""

MOST_ROUTES = 20_000
"""Routes that all of these may make again together: each makes those of the whole host."""

Mismatched = Callable[[RouteRow, str], bool]


class RewriteFixes:
    """Tries other rewrites."""

    def __init__(self, context: CheckContext, mismatched: Mismatched) -> None:
        self._context = context
        self._mismatched = mismatched
        self._left = MOST_TRIES
        self._routes_left = MOST_ROUTES

    @cached_property
    def _comparison(self) -> Comparison:
        return Comparison(self._context.declared, self._context.resolved)

    @cached_property
    def _routes(self) -> dict[Origin, list[RouteRow]]:
        """The routes of every rewriting rule."""
        found: defaultdict[Origin, list[RouteRow]] = defaultdict(list)
        for row, rule, _ in self._context.once(rewriting_rows):
            found[rule.origin].append(row)
        return found

    def of(self, row: RouteRow, rule: RouteRule, wanted: str, shown: Prepared) -> Fix | None:
        """That the rule rewrites to `wanted`, if no route of it is mismatched then and the request is sent as meant."""
        size = len(row.host.rows)
        if not self._left or size > self._routes_left:
            return None
        if any(self._mismatched(each, wanted) for each in self._routes[rule.origin]):
            return None
        self._left -= 1
        self._routes_left -= size
        change = rewriting_to(rule, wanted)
        after = self._comparison.after((change,))
        same = after.same(row)
        winner = after.answering(shown.request, same) if same else None
        if winner is None or winner.key != row.key:
            return None
        then = rewrite_of(winner.rule)
        sent = rewritten(winner.route.match, then, None, shown)
        return (
            None
            if "//" in sent
            else Fix(f"{change.edit.at.path[-1]} {wanted} makes {sent} of {shown.path}", (change.edit,), verified=True)
        )


def rewriting_to(rule: RouteRule, wanted: str) -> Change:
    """A rule that rewrites to something else."""
    edit = Edit(rewrite_place(rule), rewrite_of(rule), wanted, rule.name)

    def among(rules: Rules) -> Rules:
        return tuple(
            replace(each, action=with_rewrite(each.action, wanted)) if each.origin == rule.origin else each
            for each in rules
        )

    return Change(edit, on_rules(rule.origin, among), frozenset({rule.origin.ref}))


def with_rewrite(action: Action, wanted: str) -> Action:
    """An action with another rewrite."""
    if isinstance(action, ForwardTo):
        return replace(action, path_rewrite=wanted)
    return replace(action, prefix=wanted) if isinstance(action, Redirect) else action

"""A path that does not begin with a slash never matches.

Every path that the proxy compares begins with `/`. A prefix or exact path of a host's own rule is used as it is
written, so without that slash no request ever fits, nor any that the rule delegates. The proxy accepts it silently.
(Below a delegating rule a missing slash is put in: GMG314.)

Example:
    matchers: [{uri: {prefix: reviews}}]

Fix:
    Begin the path with a slash: `/reviews`.

Source:
    `spec/v1beta1.md` 8.4; `spec/envoy.md` 93: Envoy accepts such a route and never matches it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import path_place, usable
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.unmatchable_paths import starts_otherwise
from kubectl_gmg.checks.words import path_words
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Problem


@check("GMG305", v1beta1=WARNING, v2=WARNING, rows=("ROUTE-PATH-SLASH", "envoy 93"))
def path_without_slash(context: CheckContext) -> Iterator[Problem]:
    """The paths of rules that hosts hold themselves."""
    for rule in (rule for host in context.hosts for rule in host.rules):
        if usable(rule):
            yield from missing(rule)


def missing(rule: RouteRule) -> Iterator[Problem]:
    """The paths of one rule."""
    for index, match in enumerate(rule.matches):
        if match.path is not None and starts_otherwise(match.path):
            message = f"{path_words(match.path)} never matches: every path begins with a slash"
            yield Problem("GMG305", message, path_place(rule, index))

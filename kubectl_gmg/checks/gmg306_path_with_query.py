"""A path with a question mark or a hash sign never matches.

The proxy cuts the query and the fragment off before it compares the path, so no path ever holds a `?` or a `#`. It
accepts the route silently and never takes it.

Example:
    matchers: [{uri: {prefix: "/search?lang=en"}}]

Fix:
    Keep the path before the question mark, and test the query with `queryParameters`.

Source:
    `spec/envoy.md` 7, 13, 14 and 93: Envoy accepts such a route and never matches it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import path_place, usable
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.unmatchable_paths import CUT_OFF, cut_letter
from kubectl_gmg.checks.words import path_words
from kubectl_gmg.model.finding import Problem


@check("GMG306", v1beta1=WARNING, v2=WARNING, rows=("envoy 93",))
def path_with_query(context: CheckContext) -> Iterator[Problem]:
    """The paths of all rules."""
    for rule in context.rules:
        for index, match in enumerate(rule.matches):
            if match.path is None or not ("?" in match.path.value or "#" in match.path.value):  # nearly always
                continue
            if usable(rule) and (letter := cut_letter(match.path)):
                message = f"{path_words(match.path)} never matches: {CUT_OFF[letter]}"
                yield Problem("GMG306", message, path_place(rule, index))

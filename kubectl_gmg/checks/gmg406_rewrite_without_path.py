"""A path rewrite in a rule without any condition on the path.

A rewrite replaces what was matched. Where neither the rule nor those that delegate to it say anything of the path, that
is the prefix `/`: the first slash of every path is replaced, and the rest is appended. A rewrite without a last slash
is then glued to the first word of the path.

Example:
    forwardTo: {pathRewrite: /y, destinations: [{ref: {name: web}}]}   # /x is sent as /yx

Fix:
    Match a prefix and rewrite that, end the rewrite with a slash, or use regexRewrite for the whole path.

Source:
    `spec/v2.md` 7.1 and DEC-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.path_rewrites import delegating, rewrite_place, rewriting_rows
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.witnesses import Witnesses
from kubectl_gmg.model.action import ForwardTo
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import Origin

PATH = "items"
"""What the path of the request that shows it consists of."""


@check("GMG406", v2=WARNING, rows=("DEC-11",))
def rewrite_without_path(context: CheckContext) -> Iterator[Problem]:
    """Rewriting rules whose effective match leaves the path open."""
    told: set[Origin] = set()
    for row, rule, rewrite in context.once(rewriting_rows):
        unsaid = row.route.match.path is None and isinstance(rule.action, ForwardTo)
        if unsaid and rule.origin not in told:
            told.add(rule.origin)
            effect = f"/{PATH} becomes {rewrite}{PATH}" if rewrite != "/" else "nothing changes"
            message = f"pathRewrite {rewrite} without a condition on the path replaces only the first slash: {effect}"
            shown = context.once(Witnesses).reaching(row, (f"/{PATH}",))
            request = shown.request if shown else None
            yield Problem("GMG406", message, rewrite_place(rule), related=delegating(row), request=request)

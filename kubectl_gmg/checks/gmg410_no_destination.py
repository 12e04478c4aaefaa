"""A forwarding rule that names no destination.

The rule says that requests are forwarded, but not to whom. The first generation leaves such a rule out, so that its
requests go to later routes or get 404; the second one answers 500. A destination in the list that names nothing is
reported as well: its share of the requests fails.

Example:
    forwardTo: {pathRewrite: /v2}

Fix:
    Name a destination in the rule, or, in the second generation, as the defaultDestination of its table.

Source:
    `spec/v1beta1.md` 6 (rule 1) and 8.7, `spec/v2.md` 7.1 and 8.7.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG410", v1beta1=ERROR, v2=ERROR, rows=("DEST-NONE", "v2 8.7"))
def no_destination(context: CheckContext) -> Iterable[Problem]:
    """Every forwarding rule without destination, and every destination that names nothing."""
    return context.noted("GMG410")

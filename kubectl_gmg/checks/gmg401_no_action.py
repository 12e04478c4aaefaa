"""A rule that has no action.

Every rule must say what becomes of its requests. One that does not is left out in the first generation, so that its
requests go to later routes or get 404; in the second generation it answers 500.

Example:
    - name: reviews
      matchers: [{uri: {prefix: /reviews}}]

Fix:
    Give the rule one action: a forward, a redirect, a direct response or a delegation.

Source:
    `spec/v1beta1.md` 8.7, `spec/v2.md` 8.7 and 7.5.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG401", v1beta1=ERROR, v2=ERROR, rows=("ROUTE-NO-ACTION", "SEM-07"))
def no_action(context: CheckContext) -> Iterable[Problem]:
    """Every rule, and every GraphQL action, that says nothing of what to do."""
    return context.noted("GMG401")

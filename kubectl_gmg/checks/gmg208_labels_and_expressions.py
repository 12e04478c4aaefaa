"""A selector has labels as well as expressions.

Only one of them may be there. With both the selector is not valid and matches nothing at all, whatever objects exist.

Example:
    selector:
      labels: {team: reviews}
      expressions: [{key: tier, operator: Exists}]

Fix:
    Write the labels as expressions too: {key: team, operator: Equals, values: [reviews]}.

Source:
    `spec/v1beta1.md` 1.2 rule 4 (SEL-BOTH).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG208", v1beta1=ERROR, rows=("SEL-BOTH",))
def labels_and_expressions(context: CheckContext) -> Iterable[Problem]:
    """Finds them; noted while objects are read."""
    return context.noted("GMG208")

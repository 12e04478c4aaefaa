"""The sortMethod of a delegate stands among the labels that it selects by.

There it is no order but one more label that a table must have. As a rule no table has it, so nothing is selected and
the rule answers 500; and where some table does have it, the tables are still ordered by weight.

Example:
    delegate:
      routeTables:
      - labels: {team: reviews, sortMethod: ROUTE_SPECIFICITY}

Fix:
    Move sortMethod up to the delegate, beside routeTables.

Source:
    `spec/v2.md` 7.6 (SEM-15).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG210", v2=WARNING, rows=("SEM-15",))
def misplaced_sort_method(context: CheckContext) -> Iterable[Problem]:
    """Finds them; noted while objects are read."""
    return context.noted("GMG210")

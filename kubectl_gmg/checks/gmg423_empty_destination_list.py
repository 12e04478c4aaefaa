"""An empty list of destinations, and no default to use instead.

The rule has a list of destinations in which nothing stands, and its table has no defaultDestination. Admission refuses
the table, and a table that got in otherwise answers 500 for this rule.

Example:
    forwardTo: {destinations: []}

Fix:
    Name a destination in the list, or set the defaultDestination of the table.

Source:
    `spec/v2.md` 7.1, 8.7 and 15.1 (RT-06).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG423", v2=ERROR, rows=("RT-06",))
def empty_destination_list(context: CheckContext) -> Iterable[Problem]:
    """Every list that is written, but empty."""
    return context.noted("GMG423")

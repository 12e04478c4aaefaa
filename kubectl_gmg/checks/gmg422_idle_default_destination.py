"""A default destination in a table where nothing forwards.

The defaultDestination of a table stands in where a rule has forwardTo without destinations. A table none of whose http
rules has forwardTo can never use it, and admission refuses the table.

Example:
    spec:
      defaultDestination: {ref: {name: web}}
      http: [{name: gone, directResponse: {status: 410}}]

Fix:
    Remove the defaultDestination, or give a rule forwardTo.

Source:
    `spec/v2.md` 4.1 and 15.1 (RT-05).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG422", v2=ERROR, rows=("RT-05",))
def idle_default_destination(context: CheckContext) -> Iterable[Problem]:
    """Every default that no rule can use."""
    return context.noted("GMG422")

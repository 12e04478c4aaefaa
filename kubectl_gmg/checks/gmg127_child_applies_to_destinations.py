"""A table without hosts chooses destinations that it applies to.

With applyToDestinations a root says for which destinations within the mesh its routes are used. A table without hosts
is a child: it applies wherever a table delegates to it. The newer admission rules refuse it.

Example:
    kind: RouteTable
    spec:
      applyToDestinations: [{selector: {name: reviews}}]       # but no hosts
      http: [...]

Fix:
    Move applyToDestinations to the table with the hosts, or add hosts here.

Source:
    `spec/v2.md` 4.1 and 15.1, RT-02.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG127", v2=ERROR, rows=("RT-02",))
def child_applies_to_destinations(context: CheckContext) -> Iterable[Problem]:
    """Every table without hosts that sets `applyToDestinations`."""
    return context.noted("GMG127")

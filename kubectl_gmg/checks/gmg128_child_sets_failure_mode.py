"""A table without hosts sets a failure mode.

What becomes of a broken route is decided for a whole tree of tables, by the one with the hosts. A child may not
decide it for itself: the newer admission rules refuse it, be it that it only repeats the default.

Example:
    kind: RouteTable
    spec:
      failureMode: FREEZE_CONFIG      # but no hosts
      http: [...]

Fix:
    Remove failureMode here; set it in the table with the hosts if it should hold for the tree.

Source:
    `spec/v2.md` 10 and 15.1, RT-03.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG128", v2=ERROR, rows=("RT-03",))
def child_sets_failure_mode(context: CheckContext) -> Iterable[Problem]:
    """Every table without hosts that sets `failureMode`."""
    return context.noted("GMG128")

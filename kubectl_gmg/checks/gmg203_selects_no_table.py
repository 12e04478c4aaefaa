"""A delegating rule selects no route table that it may use.

Nothing fits the selector, or what fits may not be used: the workspace of the table does not export it or that of the
rule does not import it, the table has hosts of its own, or it is on the way down already. In the first generation the
rule then adds no routes and requests go on to the next one; in the second the whole rule answers 500, or the tree is
frozen.

Files may be those of one team: there it is told only if some table was given where the selector looks, or one that
nearly fits.

Example:
    delegateAction:
      selector: {labels: {team: reviews}}   # the tables say team: review, or are in another namespace

Fix:
    Compare labels, namespace and workspace of the selector with those of the tables; without namespaces a selector of
    the first generation looks only into the namespace of its own object; across workspaces the owner of the table must
    export it and the owner of the rule must import it.

Source:
    `spec/v1beta1.md` 1.2, 8.6 (RT-SELECT-NONE); `spec/v2.md` 8.1, 8.7, 12.2, DEC-6 (SEM-01).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.dead_selectors import DeadSelectors
from kubectl_gmg.checks.rule import ERROR, WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG203", v1beta1=WARNING, v2=ERROR, rows=("RT-SELECT-NONE", "SEM-01"), needs=("RouteTable", "Workspace"))
def selects_no_table(context: CheckContext) -> Iterator[Problem]:
    """Finds them."""
    return DeadSelectors(context).problems()

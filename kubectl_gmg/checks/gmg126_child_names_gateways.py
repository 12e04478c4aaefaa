"""A table without hosts names gateways.

A table without hosts is a child: it has no requests of its own, and is served wherever a table delegates to it. The
newer admission rules refuse one that has virtualGateways. Mostly the hosts were forgotten, or the list was copied from
a root.

Example:
    kind: RouteTable
    spec:
      virtualGateways: [{name: edge, namespace: gateways}]     # but no hosts
      http: [...]

Fix:
    Add hosts if the table should be served by itself; otherwise remove virtualGateways.

Source:
    `spec/v2.md` 4.1 and 15.1, RT-01.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG126", v2=ERROR, rows=("RT-01",))
def child_names_gateways(context: CheckContext) -> Iterable[Problem]:
    """Every table without hosts that names gateways."""
    return context.noted("GMG126")

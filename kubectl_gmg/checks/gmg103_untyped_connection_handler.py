"""A connection handler is neither http nor tcp.

What a handler does with connections stands below `http` or below `tcp`. Without either there is nothing to serve.

Example:
    connectionHandlers:
    - connectionMatch: {serverNames: [shop.example.com]}

Fix:
    Write `http` with a `routeConfig`, or `tcp` with its hosts.

Source:
    `spec/v1beta1.md` 2.1, GW-NO-HANDLER-TYPE.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG103", v1beta1=ERROR, rows=("GW-NO-HANDLER-TYPE",))
def untyped_connection_handler(context: CheckContext) -> Iterable[Problem]:
    """Every handler that does not say what it handles."""
    return context.noted("GMG103")

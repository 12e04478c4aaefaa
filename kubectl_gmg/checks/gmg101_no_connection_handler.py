"""A gateway has no connection handler.

The handler says what a gateway speaks and which hosts it serves. Without one the gateway serves nothing at all.

Example:
    kind: VirtualGateway
    spec:
      ingressGatewaySelectors: [{portName: http2}]
      connectionHandlers: []

Fix:
    Write one handler with `http` and a `routeConfig` that selects the hosts.

Source:
    `spec/v1beta1.md` 2.1, GW-NO-HANDLER.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG101", v1beta1=ERROR, rows=("GW-NO-HANDLER",))
def no_connection_handler(context: CheckContext) -> Iterable[Problem]:
    """Every gateway without a handler."""
    return context.noted("GMG101")

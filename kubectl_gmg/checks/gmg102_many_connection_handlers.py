"""A gateway has more than one connection handler.

The field is a list, but exactly one entry is supported. Routes, TLS and hosts of a second handler cannot be relied on;
this tool shows what the first one says.

Example:
    connectionHandlers:
    - http: {routeConfig: [{virtualHostSelector: {}}]}
    - http: {routeConfig: [{virtualHostSelector: {}}]}
      connectionOptions: {sslConfig: {secretName: shop, tlsMode: SIMPLE}}

Fix:
    Write one VirtualGateway for each handler, for example one for HTTP and one for HTTPS.

Source:
    `spec/v1beta1.md` 2.1, GW-MULTI-HANDLER.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG102", v1beta1=ERROR, rows=("GW-MULTI-HANDLER",))
def many_connection_handlers(context: CheckContext) -> Iterable[Problem]:
    """Every gateway with several handlers, at the second one."""
    return context.noted("GMG102")

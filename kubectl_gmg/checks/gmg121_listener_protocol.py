"""The protocol of a listener is unknown, or does not fit.

What a listener speaks follows from http or tcp, and from tls; appProtocol may only say it more closely. HTTPS needs
http with tls, TLS needs tls without http, GRPC and its like need http without tls, and TCP, MONGO, REDIS and MYSQL
need neither. The newer admission rules refuse a gateway that says anything else.

Example:
    listeners:
    - http: {}
      port: {number: 81}
      appProtocol: TCP        # http without tls: HTTP, HTTP2, HTTP_PROXY, GRPC or GRPC-WEB

Fix:
    Leave appProtocol out, or write one that fits; if the listener should speak it, change http, tcp or tls.

Source:
    `spec/v2.md` 3.2 rule 2, VG-02.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG121", v2=ERROR, rows=("VG-02",))
def listener_protocol(context: CheckContext) -> Iterable[Problem]:
    """Every `appProtocol` that is unknown or does not fit its listener."""
    return context.noted("GMG121")

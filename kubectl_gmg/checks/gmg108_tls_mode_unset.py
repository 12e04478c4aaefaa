"""Certificates are configured, but no TLS mode.

Without `tlsMode` the mode is PASSTHROUGH: the gateway does not decrypt anything, so the certificate is never used, and
encrypted requests cannot be routed by host header or path.

Example:
    connectionOptions:
      sslConfig: {secretName: shop-cert}

Fix:
    Write `tlsMode: SIMPLE`, or `MUTUAL` if clients must show a certificate too; if the traffic should be passed on
    encrypted, remove the certificate.

Source:
    `spec/v1beta1.md` 2.1, GW-TLS-DEFAULT.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG108", v1beta1=WARNING, rows=("GW-TLS-DEFAULT",))
def tls_mode_unset(context: CheckContext) -> Iterable[Problem]:
    """Every certificate beside which no mode is set."""
    return context.noted("GMG108")

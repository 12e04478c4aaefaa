"""A redirect to https on a listener that has no plain HTTP.

A listener with httpsRedirect answers every plain HTTP request with the same URL under https. On a listener with tls
the requests are encrypted already, and one without http has no requests at all, only bytes. The newer admission rules
refuse the gateway.

Example:
    listeners:
    - http: {}
      port: {number: 443}
      httpsRedirect: true     # belongs to the listener of port 80
      tls: {mode: SIMPLE, secretName: cert}

Fix:
    Move httpsRedirect to the listener with http and without tls.

Source:
    `spec/v2.md` 3.2 rule 3, VG-03.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG122", v2=ERROR, rows=("VG-03",))
def misplaced_https_redirect(context: CheckContext) -> Iterable[Problem]:
    """Every `httpsRedirect` where there is no plain HTTP."""
    return context.noted("GMG122")

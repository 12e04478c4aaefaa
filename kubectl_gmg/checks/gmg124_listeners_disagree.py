"""Listeners of one port speak different protocols.

Several listeners may share a port, for different hosts, but the proxy opens that port once and must know what is
spoken there. So all of them must have the same protocol: that of appProtocol, or what follows from http, tcp and tls
where nothing is written. No admission rule looks at this, so a cluster accepts it.

Example:
    listeners:
    - http: {}
      port: {number: 443}     # speaks HTTP
    - http: {}
      port: {number: 443}     # speaks HTTPS
      tls: {mode: SIMPLE, secretName: cert}

Fix:
    Give the listeners different ports, or one protocol.

Source:
    `spec/v2.md` 3.2 rule 6: documented, without an admission rule.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG124", v2=ERROR, rows=("v2 3.2 rule 6",))
def listeners_disagree(context: CheckContext) -> Iterable[Problem]:
    """Every listener that speaks another protocol than an earlier one of its port."""
    return context.noted("GMG124")

"""An old version of TLS is allowed without naming its ciphers.

The proxy no longer offers by itself any cipher that TLS 1.0 and 1.1 could use. A listener that sets one of them as the
oldest version must therefore list cipherSuites; the newer admission rules refuse it otherwise.

Example:
    tls:
      mode: SIMPLE
      secretName: cert
      parameters:
        minimumProtocolVersion: TLSv1_0     # and no cipherSuites

Fix:
    Raise minimumProtocolVersion to TLSv1_2, or list the cipherSuites that old clients need.

Source:
    `spec/v2.md` 3.2 rule 5, VG-05.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG123", v2=ERROR, rows=("VG-05",))
def old_tls_without_ciphers(context: CheckContext) -> Iterable[Problem]:
    """Every listener that allows old TLS without naming ciphers."""
    return context.noted("GMG123")

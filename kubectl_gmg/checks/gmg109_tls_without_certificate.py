"""A TLS mode does not fit the certificates that are given.

A gateway that ends TLS itself must show a certificate: SIMPLE and MUTUAL need a secret or files. ISTIO_MUTUAL uses the
certificates of the mesh, and none may be given beside it where the admission rules know of it.

Example:
    tls: {mode: SIMPLE}       # sslConfig: {tlsMode: SIMPLE} in the first generation

Fix:
    Name the secret with the certificate in `secretName`, or the files; for ISTIO_MUTUAL remove both.

Source:
    `spec/v1beta1.md` 2.1 (GW-TLS-CERT); `spec/v2.md` 3.2 rule 4 (VG-04).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG109", v1beta1=ERROR, v2=ERROR, rows=("GW-TLS-CERT", "VG-04"))
def tls_without_certificate(context: CheckContext) -> Iterable[Problem]:
    """Every mode that lacks its certificate, or has one that it must not have."""
    return context.noted("GMG109")

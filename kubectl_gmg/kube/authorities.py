"""The certificate authorities that a machine trusts, for clusters whose kubeconfig names none of its own.

OpenSSL looks where it looked on the machine that it was built on. In a bundle that is another machine than the user's,
and distributions keep the file in different places: those that Go knows are tried, so that kubectl and this program
trust the same (Go, `crypto/x509/root_linux.go`; macOS keeps a copy at the last of them).
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
CHOSEN = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""What users set who want others to be trusted; then nothing else is."""


def trust_machine(context: ssl.SSLContext) -> None:
    """Trust what this machine trusts. Raises `OSError` for a file that holds no certificate."""
    context.load_default_certs()
    known = ssl.get_default_verify_paths()
    if known.cafile or known.capath or any(os.environ.get(name) for name in CHOSEN):
        return
    found = next((place for place in PLACES if Path(place).is_file()), None)
    if found:
        context.load_verify_locations(found)

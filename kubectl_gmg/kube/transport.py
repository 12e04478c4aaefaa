"""What a failed exchange means: connections that do not come about or break off, and everything about TLS."""

from __future__ import annotations

import ssl

from kubectl_gmg.kube.failures import BrokenError, RequestError, TimedOutError, UnreachableError


def transport_error(error: Exception, limit: float, *, reached: bool) -> RequestError:
    """What a failed exchange means; never its own text, which holds the URL.

    A connection that broke off is worth another try, and so is one refused by a server that answered before.
    """
    from urllib3 import exceptions as urllib3  # noqa: PLC0415

    cause = error.reason if isinstance(error, urllib3.MaxRetryError) and error.reason else error
    if isinstance(cause, urllib3.ProxyError):
        return UnreachableError("the proxy cannot be reached, or does not let the connection through")
    if isinstance(cause, urllib3.SSLError):
        cut = reached and any(isinstance(each, ssl.SSLEOFError) for each in cause.args)
        return BrokenError("the connection broke off") if cut else UnreachableError(tls_failure(cause))
    again: type[UnreachableError] = BrokenError if reached else UnreachableError
    meanings: tuple[tuple[type[Exception], RequestError], ...] = (
        (urllib3.NameResolutionError, UnreachableError("its name cannot be resolved")),
        (urllib3.NewConnectionError, again("the connection is refused, or no way leads there")),
        (urllib3.ConnectTimeoutError, UnreachableError(f"no connection within {limit:.3g} s")),
        (urllib3.TimeoutError, TimedOutError(f"no answer within {limit:.3g} s")),
        (urllib3.ProtocolError, BrokenError("the connection broke off")),
        (urllib3.LocationValueError, UnreachableError("its address cannot be used")),
    )
    found = (meaning for kind, meaning in meanings if isinstance(cause, kind))
    return next(found, UnreachableError("the request failed"))


CERTIFICATE_FAULTS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    62: "its certificate is for another name (see --tls-server-name)",
    64: "its certificate is for another address (see --tls-server-name)",
}
"""By OpenSSL's number of what a verification found; anything else means that the issuer is not trusted."""

TLS_FAULTS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "RECORD_LAYER_FAILURE": "it does not speak TLS",
    "HTTP_REQUEST": "it does not speak TLS",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants a client certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not accept the client certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the client certificate has expired: log in again",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not accept the client certificate",
}


def tls_failure(error: Exception) -> str:
    """Why no TLS connection came about."""
    for each in error.args:
        if isinstance(each, ssl.SSLCertVerificationError):
            return CERTIFICATE_FAULTS.get(each.verify_code, "its certificate is not trusted")
        if isinstance(each, ssl.SSLEOFError):
            return "it hangs up while TLS begins, as where it wants a client certificate"
        if isinstance(each, ssl.SSLError):
            return TLS_FAULTS.get(each.reason or "", "the TLS handshake fails")
    return "the TLS handshake fails"

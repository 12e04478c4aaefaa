"""What a gateway of the first generation does with TLS (`spec/v1beta1.md` 2.1)."""

from __future__ import annotations

from kubectl_gmg.api.field import Field
from kubectl_gmg.api.tls import TlsMode, TlsVersion

NEEDS_CERTIFICATE = (TlsMode.SIMPLE, TlsMode.MUTUAL)


def tls_mode(config: Field) -> TlsMode | None:
    """What is done with TLS: PASSTHROUGH is the zero value, so also what an absent field means.

    None without any TLS, or if nobody knows the mode.
    """
    if not config.present:
        return None
    mode = config["tlsMode"].choice(TlsMode, TlsMode.PASSTHROUGH)
    config.one_of("secretName", "sslFiles")
    config["verifySubjectAltName"].texts()
    note_certificate(config, mode)
    note_parameters(config["parameters"])
    return mode


def note_certificate(config: Field, mode: TlsMode | None) -> None:
    """A mode that needs a certificate and has none (GW-TLS-CERT), or one that was left unsaid (GW-TLS-DEFAULT)."""
    source = certificate(config)
    if mode in NEEDS_CERTIFICATE and not source:
        config.problem(
            "GMG109", f"tlsMode is {mode}, but neither secretName nor sslFiles gives a certificate to show to clients"
        )
    if source and not config["tlsMode"].present:
        config.problem(
            "GMG108",
            f"{source} gives a certificate, but tlsMode is not set: that means PASSTHROUGH, so the gateway passes "
            "encrypted traffic on and never uses the certificate",
        )


def certificate(config: Field) -> str:
    """What gives the certificate, in words; empty for nothing."""
    files = config["sslFiles"]
    cert = files.text_of("tlsCert")
    files.text_of("tlsKey")
    files.text_of("rootCa")
    secret = config.text_of("secretName")
    return f"the secret {secret}" if secret else f"the file {cert}" if cert else ""


def note_parameters(parameters: Field) -> None:
    """Versions and ciphers."""
    parameters["minimumProtocolVersion"].choice(TlsVersion, TlsVersion.TLS_AUTO)
    parameters["maximumProtocolVersion"].choice(TlsVersion, TlsVersion.TLS_AUTO)
    parameters["cipherSuites"].texts()

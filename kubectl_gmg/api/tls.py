"""What listeners of both generations do with TLS (`spec/v1beta1.md` 2.1, `spec/v2.md` 3.1)."""

from __future__ import annotations

from enum import StrEnum


class TlsMode(StrEnum):
    """What a listener does with TLS."""

    PASSTHROUGH = "PASSTHROUGH"
    SIMPLE = "SIMPLE"
    MUTUAL = "MUTUAL"
    AUTO_PASSTHROUGH = "AUTO_PASSTHROUGH"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"


class TlsVersion(StrEnum):
    """What a listener negotiates."""

    TLS_AUTO = "TLS_AUTO"
    TLS_1_0 = "TLSv1_0"
    TLS_1_1 = "TLSv1_1"
    TLS_1_2 = "TLSv1_2"
    TLS_1_3 = "TLSv1_3"

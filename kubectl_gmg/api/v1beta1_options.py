"""What the values of options must be in the first generation (`spec/v1beta1.md` 7).

Options are carried along as they are written; only what is surely refused is noted, and other fields count as known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from kubectl_gmg.api.duration import milliseconds
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.header_operations import note_header_operations


class IstioTlsMode(StrEnum):
    """How a destination is called."""

    DISABLE = "DISABLE"
    SIMPLE = "SIMPLE"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"


def note_options(policy: Field, written: Iterable[str]) -> None:
    """Note what is wrong with the options `written` of a policy."""
    for name in written:
        if (judge := JUDGES.get(name)) is not None:
            judge(policy[name])


def at_least_1ms(field: Field) -> None:
    """A duration of one millisecond or more (1.1 rule 4)."""
    length = milliseconds(field)
    if length is not None and length < 1:
        field.problem("GMG003", f"{field.name} is {field.value}; it must be at least 1ms")


def fault_injection(field: Field) -> None:
    """Either a delay or an abort."""
    field.one_of("fixedDelay", "abort")
    at_least_1ms(field["fixedDelay"])
    known(field)


def retries(field: Field) -> None:
    """How often, and how long each time."""
    field.integer_of("attempts")
    at_least_1ms(field["perTryTimeout"])
    known(field)


def cors_policy(field: Field) -> None:
    """For how long an answer is remembered."""
    milliseconds(field["maxAge"])
    known(field)


def header_manipulation(field: Field) -> None:
    """Headers that are appended and removed."""
    note_header_operations(field)
    known(field)


def outlier_detection(field: Field) -> None:
    """How long is watched, and how long is paused."""
    milliseconds(field["interval"])
    milliseconds(field["baseEjectionTime"])
    known(field)


def mtls(field: Field) -> None:
    """What Istio does with TLS."""
    field["istio"]["tlsMode"].choice(IstioTlsMode, IstioTlsMode.DISABLE)
    known(field["istio"])
    known(field)


def rate_limit(field: Field) -> None:
    """Limits written here, or named."""
    field.one_of("raw", "ratelimitClientConfigRef")
    known(field)


def extauth(field: Field) -> None:
    """One kind of authentication, or none."""
    field.one_of("disable", "configRef", "customAuth")
    known(field)


def known(field: Field) -> None:
    """No field here is a typo that we could tell."""
    if isinstance(field.value, dict):
        field.named(*field.value)


JUDGES: Mapping[str, Callable[[Field], None]] = {
    "faultInjection": fault_injection,
    "requestTimeout": at_least_1ms,
    "retries": retries,
    "corsPolicy": cors_policy,
    "headerManipulation": header_manipulation,
    "outlierDetection": outlier_detection,
    "mtls": mtls,
    "rateLimit": rate_limit,
    "extauth": extauth,
}

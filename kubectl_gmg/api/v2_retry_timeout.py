"""What admission refuses of policies for retries and timeouts (`spec/v2.md` 15.1, RTP-01)."""

from __future__ import annotations

from kubectl_gmg.api.duration import milliseconds
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.v2_selectors import all_known

FINEST = 1e-6
"""What floating numbers of milliseconds may differ by."""


def note_retry_timeout(spec: Field) -> None:
    """What admission refuses (RTP-01)."""
    config = spec["config"]
    if not config.named("retries", "requestTimeout"):
        place = config if config.present else spec
        place.problem("GMG511", "the policy sets neither retries nor requestTimeout, and needs one of them")
    retries = config["retries"]
    attempts = retries.integer_of("attempts")
    all_known(retries)
    others = [name for name in (retries.value or {}) if name != "attempts" and retries[name].present]
    if attempts is not None and attempts < 0:
        retries["attempts"].problem("GMG511", f"attempts is {attempts}; it must not be negative")
    if attempts == 0 and others:
        text = f"attempts: 0 switches retries off, so {', '.join(others)} must not be set beside it"
        retries["attempts"].problem("GMG511", text)
    for duration in (config["requestTimeout"], retries["perTryTimeout"]):
        note_whole_milliseconds(duration)


def note_whole_milliseconds(duration: Field) -> None:
    """A timeout is at least one millisecond, and no finer."""
    length = milliseconds(duration)
    if length is None:
        return
    if length < 1 or abs(length - round(length)) > FINEST:
        text = f"{duration.name} is {duration.value}; it must be at least 1ms, in whole milliseconds"
        duration.problem("GMG511", text)

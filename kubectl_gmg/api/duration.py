"""Durations as the objects of both generations write them: `5s`, `1h`, `100ms` (`spec/v1beta1.md` 1.1 rule 4)."""

from __future__ import annotations

import json
import re
from functools import lru_cache

from kubectl_gmg.api.field import Field

UNITS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}
"""Milliseconds in a unit of a duration; the sign of a micron is written in two ways."""

PART = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
DURATION = re.compile(rf"[-+]?(?:{PART})+|[-+]?0")


def milliseconds(field: Field) -> float | None:
    """How long a duration is; None where none is written, or one that cannot be read, which is noted."""
    text = field.text()
    if not isinstance(field.value, str):
        return None
    length = length_of(text)
    if length is None:
        field.problem("GMG003", f"{field.name} is {json.dumps(text)}, which is no duration such as 5s, 1h or 100ms")
    return length


@lru_cache(maxsize=1024)
def length_of(text: str) -> float | None:
    """The milliseconds of a duration; None for what is none. Most objects use the same few."""
    if not DURATION.fullmatch(text):
        return None
    total = sum(float(number) * UNITS[unit] for number, unit in re.findall(PART, text))
    return -total if text.startswith("-") else total

"""What is wrong with the configuration (`spec/cli.md` 6.4 and 8)."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_gmg.model.origin import Origin


@dataclass(frozen=True, slots=True)
class Problem:
    """What somebody noticed while reading: a finding code, what is wrong, and where."""

    code: str
    message: str
    at: Origin

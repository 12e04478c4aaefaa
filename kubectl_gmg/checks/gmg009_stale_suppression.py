"""A suppression that suppresses nothing, or no longer counts.

What was suppressed is mended, has moved, or was never found; or the suppression has expired or cannot be read. Left
where it is it would silently hide the next problem of that kind.

Example:
    metadata:
      annotations:
        gmg/ignore: "GMG301 until=2024-01-31: goes with the next release"   # long past

Fix:
    Remove the suppression, or mend what it says; --write-baseline writes a baseline anew.

Source:
    `spec/cli.md` 8.2.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG009", v1beta1=WARNING, v2=WARNING)
def stale_suppression(_context: CheckContext) -> Iterable[Problem]:
    """Nothing by itself: what suppresses nothing is known when all other rules have run (`suppression.py`)."""
    return ()

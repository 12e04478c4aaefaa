"""What the controller reports in statuses, said in one line."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.api.status import Published, published
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.finding import Problem

LONGEST = 300
"""Letters that are quoted of the controller's words."""

REJECTED = frozenset({"INVALID", "FAILED", "UNLICENSED"})
"""States in which an object, or a part of it, is not in effect (`spec/v1beta1.md` 2.2, `spec/v2.md` 13)."""
WARNED = "WARNING"


def statuses(context: CheckContext) -> tuple[Published, ...]:
    """The status of every object that has one, in the order read; several rules ask in one run."""
    return tuple([found for raw in context.snapshot.objects if (found := published(raw)) is not None])


def reported(code: str, status: Published, state: str, words: Iterable[str], field: str) -> Problem:
    """What the controller says of one object; an empty `state` is none worth telling, then `field` holds the words."""
    said = quoted(words)
    what = state or field
    message = f"the controller reports {what}" + (f": {said}" if said else "")
    if status.stale:
        message += f" (about generation {status.observed}; the object is at {status.current} now)"
    return Problem(code, message, status.state_at if state else status.at / field)


def quoted(words: Iterable[str]) -> str:
    """Words of the controller as one line of bounded length."""
    line = " ".join("; ".join(words).split())
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"

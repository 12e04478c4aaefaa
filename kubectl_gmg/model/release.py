"""Which release of the product decides where releases differ (`spec/cli.md` 2.1, 6.8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NEWEST = (2, 9)
"""The newest release that is known."""


class DecidedBy(StrEnum):
    """What says which release it is."""

    FLAG = "flag"
    CRDS = "crds"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Release:
    """A release, who says so, and for people why."""

    number: tuple[int, int] = NEWEST
    decided_by: DecidedBy = DecidedBy.DEFAULT
    why: str = "the newest that is known"

    @property
    def text(self) -> str:
        """As people write it."""
        return f"{self.number[0]}.{self.number[1]}"


NEWEST_RELEASE = Release()


def number_of(text: str) -> tuple[int, int] | None:
    """The numbers of `X.Y`; None for anything else."""
    major, dot, minor = text.partition(".")
    if not dot or not all(part.isascii() and part.isdigit() and len(part) < 4 for part in (major, minor)):
        return None
    return int(major), int(minor)

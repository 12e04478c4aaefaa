"""What every answer says about itself, and how it is to be printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only annotations name the model, so that what prints no routes need not import it
    from kubectl_gmg.model.snapshot import Gap, SourceType


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from (`spec/cli.md` 5)."""

    type: SourceType
    context: str | None
    files: tuple[str, ...]
    namespace: str | None
    generations: tuple[str, ...]
    product_version: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What every answer says about itself: its source and what it lacks."""

    source: Source
    gaps: tuple[Gap, ...] = ()
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """How a view is to be printed: what the terminal can do, and what the user wants.

    `width` of None means that nothing is ever wrapped or cut.
    """

    terminal: bool = False
    color: bool = False
    unicode: bool = True
    width: int | None = None
    headers: bool = True
    wide: bool = False
    extra: dict[str, str] = field(default_factory=dict)

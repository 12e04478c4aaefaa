"""The program itself, and what it writes for others (`spec/cli.md` 6.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # only annotations name the model, so that what prints no routes need not import it
    from kubectl_gmg.model.server import Server
    from kubectl_gmg.views.about import About


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """A configuration that Envoy accepts."""

    about: About
    config: dict[str, Any]

    negative = False


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """The client, and what it knows; `server` is None if it was not asked."""

    about: About
    client: str
    python: str
    kubernetes: str | None
    generations: tuple[str, ...]
    server: Server | None = None

    negative = False


@dataclass(frozen=True, slots=True)
class Stream:
    """Text that has just one form: a script, or objects to be read again; in pieces, as they are written."""

    about: About
    pieces: Iterable[str]

    negative = False

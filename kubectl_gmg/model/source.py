"""Where objects come from (`spec/cli.md` 5): apart from them, since answers that read nothing say it too."""

from __future__ import annotations

from enum import StrEnum


class SourceType(StrEnum):
    """Where the objects came from."""

    LIVE = "live"
    FILES = "files"
    OVERLAY = "overlay"
    SNAPSHOT = "snapshot"
    DEMO = "demo"

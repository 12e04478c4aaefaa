"""The cache of names: a folder for its owner alone, one small file a source, short-lived (`spec/cli.md` 1).

Nothing here raises because of the file system: without a cache there are fewer candidates, and nothing else happens.
"""

from __future__ import annotations

import json
import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kubectl_gmg import __version__
from kubectl_gmg.complete.names import Names, from_content

FRESH = 20.0
"""Seconds for which names are taken as they are."""
USABLE = 300.0
"""Seconds for which names are better than none; then they are deleted."""
FAILED = 8.0
"""Seconds for which a source that failed is not asked again."""
CRASHED = 20.0
"""Seconds after which nobody can be reading any more: who held the lock has ended without giving it back."""
LARGEST = 8 * 1024 * 1024
PRIVATE = 0o700
NAMES, FAILURE, LOCK, PART = ".json", ".failed", ".lock", ".part"
BROKEN = (ValueError, TypeError, KeyError, RecursionError)
"""What a file with other content than ours leads to."""


def folder() -> Path | None:
    """Where the cache is: beside that of kubectl, which has its variable for it; None where there is no home."""
    if chosen := os.environ.get("KUBECACHEDIR"):
        place = Path(chosen)
        return place / "gmg" if place.is_absolute() else None
    home = Path(os.environ.get("HOME") or os.environ.get("USERPROFILE") or "")
    # Accounts without a home have one that must not come into being.
    return home / ".kube" / "cache" / "gmg" if home.is_absolute() and home.is_dir() else None


def opened() -> Cache | None:
    """The cache; None where it cannot be used, or somebody else could read or change it."""
    place = folder()
    if place is None:
        return None
    try:
        place.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        found = place.lstat()
        if not (stat.S_ISDIR(found.st_mode) and is_own(found)):
            return None
        if stat.S_IMODE(found.st_mode) != PRIVATE and os.name == "posix":
            place.chmod(PRIVATE)
    except OSError:
        return None
    return Cache(place)


def is_own(found: os.stat_result) -> bool:
    """Whether a file belongs to the user; where users have no numbers their own folders are private."""
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


@dataclass(frozen=True, slots=True)
class Cache:
    """The files of all sources, each called by the source's key."""

    folder: Path

    def load(self, key: str) -> Names | None:
        """The names of a source, however old; None if there are none, or not from this version."""
        try:
            content = json.loads(self._read(key))
            return from_content(content["names"]) if content["version"] == __version__ else None
        except (OSError, *BROKEN):
            return None

    def _read(self, key: str) -> bytes:
        """The content of a file that only we can have written. Raises `OSError` for any other."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(self._path(key, NAMES), flags), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not (stat.S_ISREG(found.st_mode) and is_own(found) and found.st_size <= LARGEST):
                raise OSError
            return stream.read(LARGEST)

    def save(self, key: str, names: Names) -> None:
        """Keep the names of a source; who reads meanwhile finds the old ones or the new ones."""
        content = json.dumps({"version": __version__, "names": names.content()}, separators=(",", ":")).encode()
        self._write(self._path(key, NAMES), content if len(content) <= LARGEST else b"")
        self._remove(self._path(key, FAILURE))

    def note_failure(self, key: str) -> None:
        """Remember that a source could not be read."""
        self._write(self._path(key, FAILURE), b"")

    def is_fresh(self, key: str) -> bool:
        """Whether the names of a source need not be read again."""
        return self._age(self._path(key, NAMES)) < FRESH

    def is_usable(self, key: str) -> bool:
        """Whether the names of a source are not too old."""
        return self._age(self._path(key, NAMES)) < USABLE

    def has_failed(self, key: str) -> bool:
        """Whether a source could not be read a moment ago."""
        return self._age(self._path(key, FAILURE)) < FAILED

    def locked_for(self, key: str) -> float:
        """The seconds since which somebody reads a source; infinite if nobody does."""
        return self._age(self._path(key, LOCK))

    def lock(self, key: str) -> bool:
        """Become the one who reads a source; whether nobody else does."""
        path = self._path(key, LOCK)
        if CRASHED < self._age(path) < float("inf"):
            self._remove(path)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError:
            return False
        return True

    def unlock(self, key: str) -> None:
        """Let others read a source."""
        self._remove(self._path(key, LOCK))

    def sweep(self) -> None:
        """Delete what nobody may use any more, of other sources too."""
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.suffix in {NAMES, FAILURE, LOCK, PART} and self._age(path) > USABLE:
                    self._remove(path)

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / f"{key}{suffix}"

    def _age(self, path: Path) -> float:
        """The seconds since a file was written; infinite without one, and much where that time is yet to come."""
        try:
            age = time.time() - path.lstat().st_mtime
        except OSError:
            return float("inf")
        return age if age > -1 else 2 * USABLE

    def _write(self, path: Path, content: bytes) -> None:
        """Put a file of our own in place, whole or not at all."""
        part = path.with_name(f"{os.urandom(8).hex()}{PART}")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(content)
            part.replace(path)
        except OSError:
            self._remove(part)

    def _remove(self, path: Path) -> None:
        with suppress(OSError):
            path.unlink()

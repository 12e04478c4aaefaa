"""Files that are watched: looked at twice a second, and read again when one of them is another."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from kubectl_gmg.errors import GmgError, SourceError
from kubectl_gmg.model.snapshot import Snapshot
from kubectl_gmg.sources.files import manifests
from kubectl_gmg.sources.watching import Part

EVERY = 0.5
"""Seconds between two looks at the files."""

Signature = tuple[tuple[str, int, int, int], ...]


class WatchedFiles(Part):
    """Manifests that `paths` lead to, which are expanded again at each look: files come and go.

    A file that is broken on a later look, as while it is being written, is trouble, and the last state stays.
    """

    def __init__(self, paths: Sequence[str], read: Callable[[], Snapshot], *, recursive: bool) -> None:
        self._paths = paths
        self._read = read
        self._recursive = recursive
        self._closed = Event()
        self._trouble = ""
        self._found: Snapshot | None = None

    def start(self, tell: Callable[[], None]) -> None:
        """Read the files, and look at them from now on. Raises `SourceError` as reading them once does."""
        seen = signature(self._paths, recursive=self._recursive)
        self._found = self._read()
        Thread(target=self._look, args=(seen, tell), name="watched files", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._closed.set()

    @property
    def trouble(self) -> str:
        """Why the files cannot be read now."""
        return self._trouble

    @property
    def state(self) -> Snapshot:
        """What the files held when they could last be read. Raises `SourceError` before anything was."""
        if self._found is None:
            raise SourceError("the files were not read yet", "this is a bug: report it")
        return self._found

    def _look(self, seen: Signature, tell: Callable[[], None]) -> None:
        while not self._closed.wait(EVERY):
            now = signature(self._paths, recursive=self._recursive)
            if now != seen:
                seen = now
                self._again(tell)

    def _again(self, tell: Callable[[], None]) -> None:
        try:
            found = self._read()
        except GmgError as error:
            self._trouble = f"{error.message}; the last state is shown until it can be read"
            return
        if worse := newly_broken(self.state, found):
            self._trouble = f"{worse}; the last state is shown until it can be read"
            return
        self._trouble = ""
        self._found = found
        tell()


def newly_broken(before: Snapshot, now: Snapshot) -> str:
    """What is wrong with a file that could be read before; empty if there is none."""
    known = {each.file for each in before.gaps}
    return next((each.message for each in now.gaps if each.file not in known), "")


def signature(paths: Sequence[str], *, recursive: bool) -> Signature:
    """What tells a file from its former self; of no file if a path leads to none."""
    found = []
    with suppress(SourceError):
        for name in manifests(paths, recursive=recursive):
            with suppress(OSError):
                stat = Path(os.path.realpath(name)).stat()
                found.append((name, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)

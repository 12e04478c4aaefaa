"""Files that are watched: looked at twice a second, and read again when one of them is another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from threading import Event, Thread

from kubectl_gmg.errors import GmgError, SourceError, UsageError
from kubectl_gmg.model.snapshot import Snapshot
from kubectl_gmg.sources.files import manifests
from kubectl_gmg.sources.text import printable
from kubectl_gmg.sources.watching import Part

EVERY = 0.5
"""Seconds between two looks at the files."""

SHARE = 20.0
"""So many times as long as a look has taken is waited before the next one: many files must not keep a core busy."""

SETTLED = 0.1
"""Seconds in which files that have changed must not change again before they are read: they are still being written."""

PATIENCE = 20
"""Looks at files that change and change before they are read all the same."""

Signature = tuple[tuple[str | int, ...], ...]


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
        """Read the files, and look at them from now on.

        Raises `SourceError` as reading them once does, and `UsageError` for a pipe, which cannot be read twice.
        """
        for name in self._names():
            require_file(name)
        seen = self._signature()
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
        pause = EVERY
        while not self._closed.wait(pause):
            began = time.monotonic()
            now = self._signature()
            pause = max(EVERY, SHARE * (time.monotonic() - began))
            if now != seen:
                seen = self._settled(now)
                self._again(tell)

    def _names(self) -> Iterator[str]:
        """The files that the paths lead to now; a path that leads to none stands for itself."""
        for path in self._paths:
            try:
                yield from manifests((path,), recursive=self._recursive)
            except SourceError:
                yield path

    def _signature(self) -> Signature:
        """What tells the files from their former selves, and from those that may not be read."""
        return tuple(map(signature, self._names()))

    def _settled(self, seen: Signature) -> Signature:
        """Wait until nobody writes any more, as far as that can be told."""
        for _ in range(PATIENCE):
            if self._closed.wait(SETTLED) or (now := self._signature()) == seen:
                break
            seen = now
        return seen

    def _again(self, tell: Callable[[], None]) -> None:
        try:
            found = self._read()
        except GmgError as error:
            self._trouble = f"{error.message}; the last state is shown until it can be read"
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, people have to hear of it, and it goes on
            self._trouble = f"the files met a bug in kubectl gmg ({type(error).__name__}); the last state is shown"
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


def signature(name: str) -> tuple[str | int, ...]:
    """What tells a file from its former self; the name alone of one that is not there, as behind a dangling link."""
    try:
        stat = Path(name).stat()
    except OSError:
        return (name,)
    return name, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino


def require_file(name: str) -> None:
    """Raises `UsageError` for something that is there only once, such as what `<(...)` names."""
    with suppress(OSError):
        mode = Path(name).stat().st_mode
        if not (S_ISREG(mode) or S_ISDIR(mode)):
            hint = "write it to a file and name that, or leave out --watch"
            raise UsageError(f"{printable(name)} is read once, so it cannot be watched", hint)

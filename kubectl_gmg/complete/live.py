"""Candidates that must be read, within the time that a shell waits (`spec/cli.md` 1).

Names come from a process of their own, which runs the program's pipeline and writes them into the cache. It goes on
when the shell no longer waits, so that the next key finds what it read.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from kubectl_gmg.complete import kubeconfig
from kubectl_gmg.complete.answer import Answer
from kubectl_gmg.complete.cache import Cache, opened
from kubectl_gmg.complete.line import Line
from kubectl_gmg.complete.names import Names
from kubectl_gmg.complete.source import Settings, is_readable, key_of, settings_of
from kubectl_gmg.complete.values import Known, answer_to

LIMIT = 0.7
"""Seconds of a completion from the start of its process; kubectl and the shell take some, too, of the 0.8."""
SLOW = 1.0
"""Seconds after which a source has shown to be slower than anybody waits: its names come when they come."""
GRACE = 0.05
"""Seconds more for a reading that is about to start,"""
STARTING = 0.3
"""and those that starting it may take once it has begun."""
PAUSE = 0.01
REFRESH = "__names"
"""The word that makes the program read names into the cache."""


def in_time(line: Line, otherwise: Answer) -> Answer:
    """The candidates with names that must be read; `otherwise` if that takes too long."""
    end = time.monotonic() + LIMIT - running()
    read, found = Read(line, end), list[Answer]()

    def work() -> None:
        with suppress(Exception):  # whatever is wrong with a source, there are fewer candidates
            found.append(answer_to(line, read))

    # A path may lead to a file system that never answers: only another thread can be left behind.
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(max(0.0, end - time.monotonic()) + PAUSE)
    if not found:
        read.leave()
    return found[0] if found else otherwise


def running() -> float:
    """The seconds since this process began, as far as the platform tells."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - began)
    except (OSError, ValueError, AttributeError, IndexError):
        return time.process_time()


class Read(Known):
    """What the source of a line holds; names are waited for until `end` of the monotonic clock."""

    def __init__(self, line: Line, end: float) -> None:
        self.line = line
        self.end = end
        self._names: Names | None = None
        self._known = False
        self._starting = threading.Lock()
        self._begun = threading.Event()

    def leave(self) -> None:
        """Let nothing begin from now on: who ends between the lock and the start of a reading keeps others from it.

        What is about to begin may do so for a moment, so that at least the next key finds names.
        """
        self._begun.wait(GRACE)
        self._starting.acquire(timeout=STARTING)

    def entries(self, section: str) -> tuple[str, ...]:
        """The names in a section of the kubeconfig."""
        return kubeconfig.entries(self.line.last("kubeconfig"), section)

    def names(self) -> Names | None:
        """The names in the source; read once."""
        if not self._known:
            self._names, self._known = self._read(), True
        return self._names

    def _read(self) -> Names | None:
        settings = settings_of(self.line)
        cache = opened() if is_readable(settings) else None
        if cache is None:
            return None
        key = key_of(settings)
        if not cache.is_fresh(key) and not cache.has_failed(key):
            with self._starting:
                if cache.lock(key) and not start(key, settings):
                    cache.unlock(key)
            self._begun.set()
            self._wait(cache, key)
        return cache.load(key) if cache.is_usable(key) else None

    def _wait(self, cache: Cache, key: str) -> None:
        """Wait until the names are there, or nobody reads them any more, or it takes too long."""
        while time.monotonic() < self.end and cache.locked_for(key) < SLOW:
            time.sleep(PAUSE)


def start(key: str, settings: Settings) -> bool:
    """Start reading the names of a source, with no terminal to ask anybody anything; whether that worked.

    What decides what is read goes through a pipe, since anybody may see the words of a process.
    """
    import subprocess  # noqa: PLC0415 - most keys find names that were read before

    frozen = getattr(sys, "frozen", False)
    # -P: a folder that happens to be the current one must not take the place of our own modules.
    command = [sys.executable, REFRESH] if frozen else [sys.executable, "-P", "-m", "kubectl_gmg", REFRESH]
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        if process.stdin is not None:
            with process.stdin as pipe:
                pipe.write(json.dumps({"key": key, "settings": settings}).encode())
    except (OSError, ValueError, TypeError):  # where Python does not know its own place there is none to start
        return False
    return True

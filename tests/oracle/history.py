"""What happened to the objects of the stand-in, and the watches that tell of it as a real server does.

A watch is a stream of lines, each in an HTTP chunk of its own: what happened after a version, then what happens, and
now and then a bookmark. It ends after `timeoutSeconds`, or sooner if the server likes.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]


def line(kind: str, found: Any) -> bytes:
    """One event as it travels."""
    return json.dumps({"type": kind, "object": found}, sort_keys=True, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Happened:
    """One change; `object` is as it was after it, or before it was gone, with the revision of the change."""

    revision: int
    type: str
    resource: Any
    namespace: str
    object: Object


@dataclass
class History:
    """All changes since the start. `bookmarks` are the seconds between two of them; `lock` holds while one is made."""

    bookmarks: float = 60.0
    changes: list[Happened] = field(default_factory=list)
    closed: bool = False
    lock: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))

    def add(self, change: Happened) -> None:
        """Something happened."""
        with self.lock:
            self.changes.append(change)
            self.lock.notify_all()

    def close(self) -> None:
        """End all watches."""
        with self.lock:
            self.closed = True
            self.lock.notify_all()

    def after(
        self, revision: int, resource: Any, namespace: str | None, seconds: float, empty: Object
    ) -> Iterator[bytes]:
        """The lines of a watch from `revision` on, for so many seconds; `empty` is what a bookmark is made of."""
        ends = time.monotonic() + seconds
        marked = time.monotonic()
        seen = 0
        while True:
            with self.lock:
                while not self.closed and len(self.changes) == seen:
                    left = min(ends, marked + self.bookmarks) - time.monotonic()
                    if left <= 0 or not self.lock.wait(left):
                        break
                if self.closed:
                    return
                new, seen = self.changes[seen:], len(self.changes)
                latest = self.changes[-1].revision if self.changes else revision
            for each in new:
                if each.revision > revision and each.resource == resource and namespace in {None, each.namespace}:
                    yield line(each.type, each.object)
            revision = max(revision, latest)
            if time.monotonic() >= ends:
                return
            if time.monotonic() >= marked + self.bookmarks:
                marked = time.monotonic()
                yield line("BOOKMARK", empty | {"metadata": {"resourceVersion": str(revision)}})

"""What `--watch` looks at: everything once, and then everything again whenever something of it has changed.

A watch is made by `pipeline.watch_of`. Changes that come close together are taken as one: an apply of many objects is
one change for whoever looks.
"""

from __future__ import annotations

import gc
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from threading import Condition
from typing import Self

from kubectl_gmg.model.snapshot import Snapshot

TOGETHER = 0.2
"""Seconds without a further change after which those that came are taken as one."""

AT_MOST = 1.0
"""Seconds after the first change in which others may join it."""

LONGEST = 10.0
"""Seconds to which both grow where each answer takes long: else changes that never end would keep a core busy."""


class News:
    """Tells one who waits that something has changed; safe to use from several threads."""

    def __init__(self) -> None:
        self._condition = Condition()
        self._count = 0
        self._seen = 0

    def tell(self) -> None:
        """Something has changed."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def taken(self, patience: float, cost: float = 0.0) -> bool:
        """Whether something changed within `patience` seconds; what comes close behind it is taken with it.

        `cost` are the seconds that an answer takes: at least as long others may join the first change.
        """
        together, at_most = (
            max(least, min(share, LONGEST)) for least, share in ((TOGETHER, cost / 4), (AT_MOST, cost))
        )
        with self._condition:
            if not self._condition.wait_for(lambda: self._count != self._seen, patience):
                return False
            ends = time.monotonic() + at_most
            while self._more(min(together, ends - time.monotonic())):
                pass
            self._seen = self._count
            return True

    def _more(self, seconds: float) -> bool:
        before = self._count
        return seconds > 0 and self._condition.wait_for(lambda: self._count != before, seconds)


class Part(ABC):
    """One place that is watched. `start` reads it once and raises what reading raises; later nothing does."""

    @abstractmethod
    def start(self, tell: Callable[[], None]) -> None:
        """Read everything, and from now on call `tell` from any thread when something has changed."""

    @abstractmethod
    def stop(self) -> None:
        """End all threads and connections, and wait for none of them."""

    @property
    @abstractmethod
    def trouble(self) -> str:
        """What is wrong now, in one line; empty if nothing is."""


class Watch:
    """Some places that are watched together; a context manager, which leaves all of them when it is left."""

    def __init__(self, parts: Sequence[Part], state: Callable[[], Snapshot]) -> None:
        """`state` makes the snapshot of what the parts hold now; raises nothing once they have started."""
        self._parts = parts
        self._state = state
        self._news = News()
        self._collects = gc.isenabled()
        self._given: float | None = None
        self._cost = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for part in self._parts:
            part.stop()
        gc.unfreeze()
        if not self._collects:
            gc.disable()

    def read(self) -> Snapshot:
        """Everything, exactly as without `--watch`; to be called once, first. Raises what reading raises.

        From then on garbage is collected, which a run that ends soon leaves be: what is read now stays out of it.
        """
        for part in self._parts:
            part.start(self._news.tell)
        found = self._state()
        gc.freeze()
        gc.enable()
        self._given = time.monotonic()
        return found

    def changed(self, patience: float) -> Snapshot | None:
        """The state after the next changes; None if nothing has changed within `patience` seconds.

        A lost connection is no error here: `trouble` tells of it.
        """
        if self._given is not None:  # since then an answer was made of it
            self._cost, self._given = time.monotonic() - self._given, None
        if not self._news.taken(patience, self._cost):
            return None
        found = self._state()
        self._given = time.monotonic()
        return found

    @property
    def trouble(self) -> str:
        """One line that people should see now, such as that a connection is lost; empty if there is none."""
        return "; ".join(dict.fromkeys(each.trouble for each in self._parts if each.trouble))

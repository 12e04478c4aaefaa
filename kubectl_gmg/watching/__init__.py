"""Answers that are given again whenever an object changes: `--watch` (`spec/cli.md` 2.2).

A round makes an `Answer` of what was read; a display shows the first one, and of the next ones what is another.
"""

from __future__ import annotations

import re
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, Protocol, Self

from kubectl_gmg.errors import GmgError

if TYPE_CHECKING:
    from kubectl_gmg.model.snapshot import Snapshot
    from kubectl_gmg.render.page import Page
    from kubectl_gmg.views import Look

INTERRUPTED = 130
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What ends a watch besides Ctrl-C; Windows knows no SIGHUP."""
COUNTDOWN = re.compile(r"[;,] trying again (now|in \d+ s)")
"""What of a trouble changes with every second."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one round came to.

    `page` makes lines and tables for a look, `pieces` the whole text as a run without `--watch` prints it. `remarks`
    belong on stderr, `scope` says in a few words what is watched, `error` that the answer may not count as one.
    """

    page: Callable[[Look], Page]
    pieces: Callable[[], Iterable[str]]
    remarks: tuple[str, ...]
    scope: str
    error: GmgError | None = None


class Watched(Protocol):
    """What is watched, as `pipeline.watch_of` gives it; leaving it ends its threads."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def read(self) -> Snapshot:
        """Everything, once; raises what reading raises."""

    def changed(self, patience: float) -> Snapshot | None:
        """The next state; None if nothing changes within `patience` seconds."""

    @property
    def trouble(self) -> str:
        """One line that people should see now; empty if there is none."""


class Display(Protocol):
    """Where answers are shown. Entering shows nothing yet; leaving puts everything back as it was."""

    patience: float
    """Seconds after which `idle` wants to be called, changes or not."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, answer: Answer) -> None:
        """The state now."""

    def fail(self, error: GmgError) -> None:
        """There is no answer now."""

    def idle(self, trouble: str) -> None:
        """Nothing changed; `trouble` is what people should see all the same. Raises `BrokenPipeError`."""


class Ended(BaseException):
    """A signal asks to end; no error, so that nobody takes it for one."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def follow(watched: Watched, answer_of: Callable[[Snapshot], Answer], display: Callable[[Answer], Display]) -> int:
    """Show the answer now, and again after each change, until a signal ends it; the exit code for that.

    `display` makes the display once there is a first answer to show. Whatever stops the first round is raised, as
    without `--watch`; later an error is shown and the watch goes on.
    """
    try:
        with ending(), watched:
            return shown_until_interrupted(watched, answer_of, display)
    except Ended as asked:
        return 128 + asked.number


def shown_until_interrupted(
    watched: Watched, answer_of: Callable[[Snapshot], Answer], display: Callable[[Answer], Display]
) -> int:
    """Show the first answer, and then each change, until Ctrl-C."""
    first = answer_of(watched.read())
    try:
        with display(first) as shown:
            shown.show(first)
            if first.error is not None:
                raise first.error
            del first  # only the last state is kept
            while True:
                shown.idle(watched.trouble)
                again(watched.changed(shown.patience), answer_of, shown)
    except KeyboardInterrupt:
        return INTERRUPTED


def again(snapshot: Snapshot | None, answer_of: Callable[[Snapshot], Answer], shown: Display) -> None:
    """One round after a change."""
    if snapshot is None:
        return
    try:
        answer = answer_of(snapshot)
    except GmgError as error:
        shown.fail(error)
        return
    shown.show(answer)
    if answer.error is not None:
        shown.fail(answer.error)


@contextmanager
def ending() -> Iterator[None]:
    """Raises `Ended` in the main thread when a signal asks to end; on leaving, signals mean what they meant before.

    One that is ignored stays ignored, as SIGHUP below `nohup`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: FrameType | None) -> NoReturn:
        raise Ended(number)

    heeded = [each for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, end) for each in heeded}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def lasting(trouble: str) -> str:
    """A trouble without the seconds until something is tried again."""
    return COUNTDOWN.sub("", trouble)


def require_reader() -> None:
    """Raises `BrokenPipeError` if nobody can read stdout any more, which else only the next change would tell."""
    if has_no_reader():
        raise BrokenPipeError


def has_no_reader() -> bool:
    """Whether stdout is a pipe or a terminal whose other end is closed, as far as the system tells."""
    if not hasattr(select, "poll"):  # on Windows
        return False
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):  # stdout is no file
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def clock() -> str:
    """The time of day here, for people."""
    return time.strftime("%H:%M:%S")


def stamp() -> str:
    """The time in UTC, as logs have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

"""What is being waited for, on stderr, for people who sit in front of a terminal."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status

PATIENCE = 1.0
"""Seconds that nobody needs to be told anything."""


class Progress:
    """A spinner that appears once `PATIENCE` is over, with the last thing that was shown; from any thread.

    Nothing else may be printed while it turns: `stop` comes first. `show` starts it again, but not after `end`.
    """

    def __init__(self, *, ascii_only: bool, color: bool) -> None:
        self._ascii_only = ascii_only
        self._color = color
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._status: Status | None = None
        self._text = ""
        self._room = 0
        self._over = False

    def show(self, text: str) -> None:
        """Say what is being waited for from now on."""
        with self._lock:
            if self._over:
                return
            self._text = text
            if self._status is not None:
                self._status.update(self._words())
            elif self._timer is None:
                self._timer = threading.Timer(PATIENCE, self._begin)
                self._timer.daemon = True
                self._timer.start()

    def stop(self) -> None:
        """Leave no trace of it on the screen."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._status is not None:
                self._status.stop()
                self._status = None

    def end(self) -> None:
        """Stop, and let nothing start it again: somebody else draws from now on."""
        with self._lock:
            self._over = True
            self.stop()

    def _begin(self) -> None:
        """Turn, unless it was stopped meanwhile. Only now is a library needed that draws."""
        from rich.console import Console  # noqa: PLC0415
        from rich.status import Status  # noqa: PLC0415

        with self._lock:
            if self._timer is None:
                return
            console = Console(file=sys.stderr, no_color=not self._color, highlight=False)
            self._room = max(console.width - 4, 10)  # a line that wraps would leave its start behind
            self._status = Status(self._words(), console=console, spinner="line" if self._ascii_only else "dots")
            self._status.start()
            console.show_cursor(show=True)  # a process that is killed must not leave a terminal without one

    def _words(self) -> str:
        """The text as Rich takes it literally, cut to what a line holds."""
        from rich.markup import escape  # noqa: PLC0415

        from kubectl_gmg.render.plain import only_ascii, shown  # noqa: PLC0415

        text = shown(self._text)[: self._room]
        return escape(only_ascii(text) if self._ascii_only else text)

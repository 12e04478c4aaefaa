"""A watch in a terminal: the state now, redrawn in place on the alternate screen, with marks at what has changed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from kubectl_gmg.errors import GmgError
from kubectl_gmg.render import page as pages
from kubectl_gmg.render.page import Line, Span, line
from kubectl_gmg.watching import Answer, changes, clock, lasting, require_reader

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from kubectl_gmg.views import Look

FALLBACK = os.terminal_size((80, 24))
"""The size of a terminal that does not tell one."""
LEAST_BODY = 3
"""Lines of the answer that are shown however low the window is."""
MOST_REMARKS = 3
"""Remarks that are shown; all are printed at the end."""
MOST_AT_END = 1000
"""Rows that an answer may have to be left on the terminal: to draw more takes seconds, and nobody scrolls so far."""
LEAST_SCOPE = 8
"""Letters of what is watched that are shown however narrow the window is."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of an answer that is shown: how many rows stand above and below it, and what of these has changed."""

    rows: Sequence[changes.Marked]
    above: int = 0
    below: int = 0
    changed_below: int = 0


class Screen:
    """Redraws the answer in place; at the end the terminal is as it was, and the last answer stays on it.

    Of a very long one that is what was in the window.
    """

    patience = 0.2
    """The window may be resized at any time: that often its size is looked at."""

    def __init__(
        self, look: Look, *, headings: bool, write: Callable[[Iterable[str]], None], tell: Callable[[str], None]
    ) -> None:
        """`write` prints on stdout and `tell` a line on stderr, once the watch is over."""
        self._look = look
        self._headings = headings
        self._write = write
        self._tell = tell
        self._answer: Answer | None = None
        self._rows: list[changes.Row] = []
        self._marked: list[changes.Marked] = []
        self._since = clock()
        self._count = 0
        self._error: GmgError | None = None
        self._trouble = ""
        self._drawn_for: os.terminal_size | None = None
        self._console: Console | None = None
        self._live: Live | None = None
        self._set_aside = False
        self._restore = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Back to the normal screen, whatever happens; then the last answer stands there."""
        with held(), suppress(OSError):  # a terminal that was closed takes nothing any more
            self._restore.close()
        if self._answer is None:
            return
        with suppress(OSError, GmgError, KeyboardInterrupt):
            self._write(self._answer.pieces() if len(self._rows) <= MOST_AT_END else self._part())
            for remark in (*self._answer.remarks, *self._doubts()):
                self._tell(f"note: {remark}")

    def _part(self) -> list[str]:
        """What was in the window, as text."""
        now = size()
        window = windowed(self._marked, now.lines)
        lines = self._printed(changes.page_of(window.rows), now.columns)
        return ["".join(f"{each}\n" for each in lines)]

    def _doubts(self) -> Iterator[str]:
        """Why the answer that stays on the terminal may not hold any more."""
        if len(self._rows) > MOST_AT_END:
            yield f"this is a part of {len(self._rows)} lines; without --watch all of them are printed"
        if self._error is not None:
            yield f"this is the last answer; since {self._since}: {self._error.message}"
        if self._trouble:
            yield f"at the end of the watch: {lasting(self._trouble)}"

    def show(self, answer: Answer) -> None:
        """Draw an answer; marks stay until the next change."""
        rows = changes.rows_of(answer.page(self._unlimited), headings=self._headings)
        if self._answer is None:
            self._marked = [(changes.SAME, row) for row in rows]
        else:
            self._mark(changes.difference(self._rows, rows))
        self._answer, self._rows, self._error = answer, rows, None
        if answer.error is None:
            self.draw()

    @property
    def _unlimited(self) -> Look:
        """A look in which no page depends on the width: what is too long is folded when it is drawn."""
        return replace(self._look, terminal=False, width=None)

    def _mark(self, marked: list[changes.Marked]) -> None:
        """Keep what changed last, if anything did."""
        if any(map(changes.is_change, marked)):
            self._marked, self._since = marked, clock()
            self._count += 1
        elif self._error is not None:
            self._since = clock()

    def fail(self, error: GmgError) -> None:
        """Draw an error above the last answer."""
        if self._error is None or str(error) != str(self._error):
            self._since = clock()
            self._count += 1
        self._error = error
        self.draw()

    def idle(self, trouble: str) -> None:
        """Draw again if the window has another size, or there is something else to say.

        Raises `BrokenPipeError` if the terminal is closed.
        """
        if self._set_aside:
            self._suspend()
        require_reader()
        if trouble != self._trouble or size() != self._drawn_for:
            self._trouble = trouble
            self.draw()

    def _suspend(self) -> None:
        """Give the terminal back to the shell, as Ctrl-Z asks; the next time something is drawn, the job goes on."""
        with held():
            self._restore.close()
        self._live, self._drawn_for, self._set_aside = None, None, False
        os.kill(os.getpid(), signal.SIGSTOP)

    def _stop_later(self, *_: object) -> None:
        """Ctrl-Z: not while something is being drawn."""
        self._set_aside = True

    def draw(self) -> None:
        """Draw everything anew; the terminal gets it in one piece, so that nothing flickers.

        Raises `BrokenPipeError` if the terminal is closed.
        """
        from rich.console import ConsoleDimensions  # noqa: PLC0415

        now = size()
        try:
            live = self._started()
            if self._console is not None:
                self._console.size = ConsoleDimensions(now.columns, now.lines)
            live.update(self._text(now), refresh=True)
        except OSError:
            raise BrokenPipeError from None
        self._drawn_for = now

    def _started(self) -> Live:
        """What draws, on the alternate screen."""
        if self._live is None:
            from rich.console import Console  # noqa: PLC0415
            from rich.live import Live  # noqa: PLC0415

            self._console = Console(
                file=sys.stdout,
                force_terminal=True,
                color_system="standard" if self._look.color else None,
                legacy_windows=False,
            )
            self._live = Live(
                console=self._console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            )
            self._restore.enter_context(no_echo())
            self._restore.enter_context(stopping(self._stop_later))
            self._restore.callback(self._live.stop)
            self._live.start()
        return self._live

    def _text(self, now: os.terminal_size) -> Text:
        """All lines of the window, none longer than it is wide."""
        from rich.text import Text  # noqa: PLC0415

        head = [self._cut(each, now.columns) for each in self._printed(self._head(now.columns), now.columns)]
        room = max(now.lines - len(head), LEAST_BODY)
        return Text("\n", no_wrap=True, overflow="crop", end="").join([*head, *self._body(room, now.columns)])

    def _head(self, columns: int) -> Iterator[Line]:
        """What is watched, since when it is as it is, and how to end; below it what is wrong."""
        count = "1 change" if self._count == 1 else f"{self._count} changes"
        state = f"changed {self._since}, {count}" if self._count else f"no change since {self._since}"
        tail = f" · {state} · Ctrl-C ends"
        scope = self._answer.scope if self._answer else ""
        room = max(columns - len("watching ") - len(tail), LEAST_SCOPE)
        if len(scope) > room:
            scope = f"{scope[: room - 1]}…"
        yield line(Span(f"watching {scope}{tail}", "bold reverse"))
        if self._trouble:
            yield flowing("! ", self._trouble, "bold yellow")
        yield from self._problem()
        remarks = self._answer.remarks if self._answer else ()
        yield from (flowing("note: ", each) for each in remarks[:MOST_REMARKS])
        if len(remarks) > MOST_REMARKS:
            yield line(f"note: {len(remarks) - MOST_REMARKS} more notes are printed at the end")
        yield line()

    def _problem(self) -> Iterator[Line]:
        """Why there is no answer now."""
        if self._error is None:
            return
        yield flowing("error: ", self._error.message, "bold red")
        yield from (line(f"  {each}") for each in self._error.candidates)
        if self._error.hint:
            yield flowing("hint: ", self._error.hint)
        yield line("The last answer, before that:")

    def _body(self, room: int, columns: int) -> list[Text]:
        """The part of the answer that there is room for, and how many lines are not shown."""
        window = windowed(self._marked, room)
        above = [line(f"… {lines_text(window.above)} above")] if window.above else []
        lines = self._printed((*above, *changes.page_of(window.rows)), columns)
        if len(lines) <= room and not window.below:
            return [self._cut(each, columns) for each in lines]
        kept = lines[: room - 1]
        cut = len(lines) - len(kept)
        changed = window.changed_below + sum(map(changes.is_change, window.rows[max(len(window.rows) - cut, 0) :]))
        told = f"{lines_text(window.below + cut, 'more ')}{f', {changed} changed' if changed else ''}"
        last = line(Span(f"… {told}: enlarge the window, or pipe it", "reverse"))
        return [self._cut(each, columns) for each in (*kept, *self._printed((last,), columns)[:1])]

    def _printed(self, page: Iterable[pages.Block], columns: int) -> list[str]:
        """A page as lines; `-o wide` is never folded, but cut at the edge."""
        width = self._look.width or (pages.UNLIMITED if self._look.wide else columns)
        return pages.printed(page, replace(self._look, width=width)).split("\n")

    def _cut(self, text: str, columns: int) -> Text:
        """A line that is no longer than the window is wide."""
        from rich.text import Text  # noqa: PLC0415

        found = Text.from_ansi(text) if self._look.color else Text(text)
        if found.cell_len > columns:
            found.truncate(columns - 1, overflow="crop")
            found.append("…" if self._look.unicode else "~")
        return found


def flowing(lead: str, text: str, style: str = "") -> Line:
    """A line whose text begins behind its lead in any case, also with a word that no line holds."""
    return Line((Span(lead, style), Span(text, style)), hang="  ")


def windowed(rows: Sequence[changes.Marked], room: int) -> Window:
    """As many rows as there may be room for: the first ones, or where the change is further down those around it."""
    changed = [place for place, each in enumerate(rows) if changes.is_change(each)]
    focus = focus_of(rows, changed)
    start = max(focus - room // 3, 0) if focus >= room - 1 else 0
    end = min(start + room, len(rows))
    below = sum(place >= end for place in changed)
    kept = list(rows[start:end])
    heading = rows[start][1].heading if start else None
    return Window([(changes.SAME, heading), *kept] if heading else kept, start, len(rows) - end, below)


def focus_of(rows: Sequence[changes.Marked], changed: Sequence[int]) -> int:
    """The row that people want to see: the first one in a table that is new or gone, since lines above only count."""
    listed = (place for place in changed if rows[place][1].table is not None and rows[place][0] != changes.MOVED)
    return next(listed, next(iter(changed), 0))


def lines_text(count: int, more: str = "") -> str:
    """`1 more line`, `20 more lines`."""
    return f"{count} {more}line" if count == 1 else f"{count} {more}lines"


def size() -> os.terminal_size:
    """The size of the terminal now; not that of COLUMNS, which does not change when the window does."""
    with suppress(OSError, ValueError):
        found = os.get_terminal_size(sys.stdout.fileno())
        if found.columns > 0 and found.lines > 0:
            return found
    return FALLBACK


@contextmanager
def no_echo() -> Iterator[None]:
    """Keys that are pressed do not show in the picture; nor do they reach the shell afterwards. Ctrl-C works."""
    try:
        import termios  # noqa: PLC0415
    except ImportError:  # on Windows
        yield
        return
    try:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, ValueError, termios.error):  # stdin is no terminal
        yield
        return
    quiet = [*before]
    quiet[3] = before[3] & ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        with suppress(termios.error):  # a terminal that was closed
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


@contextmanager
def stopping(stop: Callable[..., None]) -> Iterator[None]:
    """Ctrl-Z calls `stop` instead of stopping the process, which would leave the terminal as it is.

    Where it is ignored, as below a program without job control, nobody could let the process go on.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "SIGTSTP") or signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)


@contextmanager
def held() -> Iterator[None]:
    """Nothing interrupts what puts the terminal back."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    main = threading.current_thread() is threading.main_thread()
    before = {each: signal.signal(each, signal.SIG_IGN) for each in numbers if main}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

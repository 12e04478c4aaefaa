"""One run of a command: its view is made, printed, and turned into an exit code (`spec/cli.md` 3)."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from kubectl_gmg.errors import IncompleteError, Negative, SourceError, UsageError
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.render import Output, render

if TYPE_CHECKING:
    from kubectl_gmg.model.snapshot import Gap, Snapshot
    from kubectl_gmg.progress import Progress
    from kubectl_gmg.render.page import Page
    from kubectl_gmg.views import Look, View
    from kubectl_gmg.watching import Answer, Display


MACHINE = (Output.JSON, Output.YAML)
NEVER_WATCHED = (Output.SARIF, Output.JUNIT, Output.DOT, Output.MERMAID)
"""Formats of which several documents, one below the other, are no valid file."""
MOST_SAID = 20
"""Remarks of reading that a watch keeps; those of a watch that goes on for days would fill the memory."""


def forget_output() -> None:
    """Nobody reads stdout any more: what is still to be written must not fail at the end of the process."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_error(text: str) -> None:
    """One line on stderr; a closed stderr is nobody's problem."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def execute(make: Callable[[Session], View], settings: Settings, known: tuple[str, ...]) -> None:
    """Make a view, print it, and raise `Negative` unless the answer is positive."""
    output = chosen(settings, known)
    if settings.watch:
        watch(make, settings, output)
    machine = output in MACHINE
    kept: list[str] = []
    progress = progress_of(settings)
    if not settings.quiet:
        # With JSON or YAML an error is all that stands on stderr: remarks wait until there is an answer.
        settings = replace(settings, say=kept.append if machine and not settings.verbose else speaker(settings))
    if progress is not None:
        settings = replace(settings, waiting=progress.show, say=after(progress.stop, settings.say))
    session = Session(settings)
    try:
        view = make(session)
    finally:
        if progress is not None:
            progress.stop()
    emit(printed(view, output, session), output, session.settings)
    for remark in kept:
        speaker(settings)(remark)
    finish(view, session, machine=machine)


def watch(make: Callable[[Session], View], settings: Settings, output: Output) -> NoReturn:
    """Answer now and after each change, until a signal ends it; then raises `Negative` with the exit code of that."""
    from kubectl_gmg.pipeline import watch_of  # noqa: PLC0415
    from kubectl_gmg.watching import follow  # noqa: PLC0415

    if output in NEVER_WATCHED:
        raise UsageError(f"-o {output} cannot be watched: it is one document", "use json, yaml or one of text")
    progress = progress_of(settings)
    rounds = Rounds(make, replace(settings, stdin=refuse_stdin), output, progress)
    wants_pods = Beforehand(settings).wanted(make)
    try:
        code = follow(watch_of(rounds.settings, wants_pods=wants_pods), rounds.answer, rounds.display)
    finally:
        rounds.end_progress()
    raise Negative(code)


def refuse_stdin() -> NoReturn:
    """Raises `UsageError`: what stdin holds is there only once."""
    raise UsageError("--watch cannot read stdin: it is read only once", "write it to a file and name that")


class NotRead(Exception):  # noqa: N818 - it stops a command where it has said all that is to be known
    """Nothing is read yet."""


class Beforehand(Session):
    """A session that a command gets only to say what it wants to be read."""

    @property
    def snapshot(self) -> Snapshot:
        """Raises `NotRead`."""
        raise NotRead

    def wanted(self, make: Callable[[Session], View]) -> bool:
        """Whether the command wants Pods. Raises `UsageError` if it was called in a wrong way."""
        with suppress(NotRead):
            make(self)
        return self.wants_pods


class Rounds:
    """The answers of a watch: each of a session of its own, which begins at what was read."""

    def __init__(
        self, make: Callable[[Session], View], settings: Settings, output: Output, progress: Progress | None
    ) -> None:
        self._make = make
        self._output = output
        self._progress = progress
        self._said: deque[str] = deque(maxlen=MOST_SAID)
        say = speaker(settings) if settings.verbose else self._said.append
        waiting = settings.waiting if progress is None else progress.show
        self.settings = replace(settings, say=settings.say if settings.quiet else say, waiting=waiting)
        """How to read: while somebody draws, what is said waits for the next answer."""

    def end_progress(self) -> None:
        """From now on somebody else draws."""
        if self._progress is not None:
            self._progress.end()

    def answer(self, snapshot: Snapshot) -> Answer:
        """What the command answers to this state. Raises what it raises."""
        from kubectl_gmg.render.routes import scope  # noqa: PLC0415
        from kubectl_gmg.watching import Answer  # noqa: PLC0415

        said: list[str] = []
        session = Session(replace(self.settings, say=said.append), snapshot)
        view = self._make(session)
        gaps = view.about.gaps
        remarks = (*self._said, *said, *(f"not complete: {lack}" for lack in lacks(gaps)))
        return Answer(
            page=lambda look: page_of(view, self._output, session, look),
            pieces=lambda: printed(view, self._output, session),
            remarks=() if session.settings.quiet else tuple(dict.fromkeys(remarks)),
            scope=scope(view.about)[0].partition(" · ")[0],
            error=incomplete() if gaps and session.settings.require_complete else None,
        )

    def display(self, _: Answer) -> Display:
        """What shows the answers: in place in a terminal, else one below the other."""
        from kubectl_gmg.watching.screen import Screen  # noqa: PLC0415
        from kubectl_gmg.watching.stream import Documents, Lines, Stream  # noqa: PLC0415

        self.end_progress()
        settings, output = self.settings, self._output
        machine, look = output in MACHINE, look_of(settings, output)
        headings = output not in (Output.NAME, Output.CSV, Output.SHORT, Output.GITHUB)
        drawn = sys.stdout.isatty() and not dumb() and not (machine or settings.verbose)

        def write(pieces: Iterable[str]) -> None:
            emit(pieces, output, settings)

        def tell(text: str) -> None:
            print_error(literal(text, settings))

        if drawn:
            return Screen(look, headings=headings, write=write, tell=tell)
        form = Documents(one_line=output is Output.JSON) if machine else Lines(look, headings=headings)
        return Stream(form, write, tell)


def literal(text: str, settings: Settings) -> str:
    """A text as it may be printed on a terminal."""
    from kubectl_gmg.render.plain import only_ascii, shown  # noqa: PLC0415

    return only_ascii(shown(text)) if settings.ascii else shown(text)


def incomplete() -> IncompleteError:
    """That something is lacking, and must not."""
    return IncompleteError("not everything could be read", "leave out --require-complete to accept that")


def chosen(settings: Settings, known: tuple[str, ...]) -> Output:
    """The format to print; a command that knows none prints a stream of YAML or a script, which has just one form."""
    name = settings.output or (known[0] if known else Output.YAML)
    if settings.output and name not in known:
        hint = f"use one of {', '.join(known)}" if known else "leave it out: the command prints just one form"
        raise UsageError(f"-o {name} is not known here", hint)
    return Output(name)


def dumb() -> bool:
    """Whether the terminal can only print one line below the other; the library that draws takes both names so."""
    return os.environ.get("TERM", "").strip().lower() in ("dumb", "unknown")


def progress_of(settings: Settings) -> Progress | None:
    """What shows that something is being waited for; nothing where nobody looks, or where `-v` says it all."""
    if settings.quiet or settings.verbose or not sys.stderr.isatty() or dumb():
        return None
    from kubectl_gmg.progress import Progress  # noqa: PLC0415

    color = settings.color != "never" and not os.environ.get("NO_COLOR")
    return Progress(ascii_only=settings.ascii, color=color)


def after(first: Callable[[], None], then: Callable[[str], None]) -> Callable[[str], None]:
    """`then`, but `first` before it."""

    def both(text: str) -> None:
        first()
        then(text)

    return both


def speaker(settings: Settings) -> Callable[[str], None]:
    """What says a remark on stderr."""
    return lambda text: print_error(f"note: {literal(text, settings)}")


def look_of(settings: Settings, output: Output) -> Look:
    """What the terminal can do, and what the user wants."""
    from kubectl_gmg.views import Look  # noqa: PLC0415

    terminal = sys.stdout.isatty()
    color = settings.color == "always" or (
        settings.color == "auto" and terminal and not os.environ.get("NO_COLOR") and not dumb()
    )
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    return Look(
        terminal=terminal or settings.width is not None,
        color=color,
        unicode=not settings.ascii and encoding in ("utf8", "utf16"),
        width=settings.width,
        headers=not settings.no_headers,
        wide=output is Output.WIDE,
    )


def page_of(view: View, output: Output, session: Session, look: Look) -> Page:
    """The view as lines and tables, also where its format is text."""
    from kubectl_gmg.watching.changes import lines_of  # noqa: PLC0415

    made = render(view, output, lambda origin: session.snapshot.locate(origin), look)  # noqa: PLW0108
    return lines_of(made) if isinstance(made, str) else made


def printed(view: View, output: Output, session: Session) -> Iterable[str]:
    """The view as text, in pieces: those of JSON and YAML are made one by one, as they are written."""
    from kubectl_gmg.views import Stream  # noqa: PLC0415

    if isinstance(view, Stream):
        return view.pieces
    look = look_of(session.settings, output)
    # Only a renderer that prints places reads the snapshot: `version` has none.
    made = render(view, output, lambda origin: session.snapshot.locate(origin), look)  # noqa: PLW0108
    if isinstance(made, str):
        return (made,)
    if isinstance(made, Iterator):
        return made
    from kubectl_gmg.render import page  # noqa: PLC0415

    return (page.printed(made, look),)


def emit(pieces: Iterable[str], output: Output, settings: Settings) -> None:
    """Print the result; what the encoding lacks as escapes. Raises `SourceError` if it cannot be written."""
    from kubectl_gmg.render.plain import in_ascii  # noqa: PLC0415

    end = ""
    try:
        for piece in pieces:
            data = in_ascii(piece, output.value) if settings.ascii else piece
            try:
                sys.stdout.write(data)
            except UnicodeEncodeError:
                sys.stdout.write(in_ascii(data, output.value))
            end = end or (data and "\n")
        sys.stdout.write(end)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        forget_output()
        raise SourceError(f"the output cannot be written: {error.strerror}", "is there room for it?") from error


def lacks(gaps: Sequence[Gap]) -> list[str]:
    """The gaps as few lines: kinds that lack the same stand together."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for gap in gaps:
        said = gap.message.removeprefix(f"{gap.kind}: ")
        kinds = alike.setdefault((said, gap.affects), [])
        kinds += [gap.kind] if gap.kind and said != gap.message else []
    return [
        f"{', '.join(kinds)}{': ' if kinds else ''}{said} (affects {', '.join(affects)})"
        for (said, affects), kinds in alike.items()
    ]


def finish(view: View, session: Session, *, machine: bool) -> None:
    """Say what could not be read; raise what the answer, and what it lacks, mean for the exit code."""
    gaps, settings = view.about.gaps, session.settings
    if gaps and settings.require_complete and machine:
        raise incomplete()
    for lack in () if settings.quiet else lacks(gaps):
        speaker(settings)(f"not complete: {lack}")
    if gaps and settings.require_complete:
        raise incomplete()
    broken = any(gap.reason == "malformed" and gap.file for gap in gaps)
    if broken or getattr(view, "broken", False):
        raise Negative(3)
    if view.negative:
        raise Negative(1)

"""One run of a command: its view is made, printed, and turned into an exit code (`spec/cli.md` 3)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_gmg.errors import IncompleteError, SourceError, UsageError
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.render import Output, render

if TYPE_CHECKING:
    from kubectl_gmg.model.snapshot import Gap
    from kubectl_gmg.progress import Progress
    from kubectl_gmg.views import Look, View


class Negative(Exception):  # noqa: N818 - an answer, not an error
    """The answer was printed, and the exit code is not 0."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


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
    machine = output in (Output.JSON, Output.YAML)
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


def chosen(settings: Settings, known: tuple[str, ...]) -> Output:
    """The format to print; a command that knows none prints a stream of YAML or a script, which has just one form."""
    name = settings.output or (known[0] if known else Output.YAML)
    if settings.output and name not in known:
        hint = f"use one of {', '.join(known)}" if known else "leave it out: the command prints just one form"
        raise UsageError(f"-o {name} is not known here", hint)
    return Output(name)


def progress_of(settings: Settings) -> Progress | None:
    """What shows that something is being waited for; nothing where nobody looks, or where `-v` says it all."""
    if settings.quiet or settings.verbose or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
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
    from kubectl_gmg.render.plain import only_ascii, shown  # noqa: PLC0415

    return lambda text: print_error(f"note: {only_ascii(shown(text)) if settings.ascii else shown(text)}")


def look_of(settings: Settings, output: Output) -> Look:
    """What the terminal can do, and what the user wants."""
    from kubectl_gmg.views import Look  # noqa: PLC0415

    terminal = sys.stdout.isatty()
    color = settings.color == "always" or (
        settings.color == "auto" and terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
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

    return (page.terminal_text(made, look) if look.terminal or look.color else page.text_of(made, look),)


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
    incomplete = IncompleteError("not everything could be read", "leave out --require-complete to accept that")
    if gaps and settings.require_complete and machine:
        raise incomplete
    for lack in () if settings.quiet else lacks(gaps):
        speaker(settings)(f"not complete: {lack}")
    if gaps and settings.require_complete:
        raise incomplete
    broken = any(gap.reason == "malformed" and gap.file for gap in gaps)
    if broken or getattr(view, "broken", False):
        raise Negative(3)
    if view.negative:
        raise Negative(1)

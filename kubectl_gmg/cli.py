"""The program: the only place that prints, catches errors, and turns answers into exit codes (`spec/cli.md` 3)."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.exceptions import Abort, Exit, TyperException
from typer.main import get_command

from kubectl_gmg import __version__
from kubectl_gmg.commands import options
from kubectl_gmg.commands.check import check
from kubectl_gmg.commands.curl import curl
from kubectl_gmg.commands.explain import explain
from kubectl_gmg.commands.export import envoy
from kubectl_gmg.commands.routes import routes
from kubectl_gmg.commands.rules import rules
from kubectl_gmg.commands.tree import tree
from kubectl_gmg.commands.version import version
from kubectl_gmg.errors import GmgError, IncompleteError, SourceError, UsageError
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.render import Output, outputs, render

if TYPE_CHECKING:
    from kubectl_gmg.model.snapshot import Gap
    from kubectl_gmg.progress import Progress
    from kubectl_gmg.views import Look, View

PROGRAM = "kubectl gmg"
HELP = ["-h", "--help"]
BUG = 70
INTERRUPTED = 130


class Negative(Exception):  # noqa: N818 - an answer, not an error
    """The answer was printed, and the exit code is not 0."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


SWITCHES = "AILRqsvwh"
"""The short flags without a value, which may stand together in one word."""
OUTPUT_WORD = re.compile(f"-[{SWITCHES}]*o(?P<short>.*)|--output(?:=(?P<long>.*))?", re.DOTALL)


def main() -> None:
    """Run the program and exit. Its objects live as long as the process: collecting garbage would only cost time."""
    gc.disable()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the shell closed it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for the whole run
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the program with these arguments; the exit code."""
    try:
        invoke(arguments)
    except BrokenPipeError:
        forget_output()
        return 0
    except Negative as answer:
        return answer.code
    except Exit as wanted:
        return wanted.exit_code
    except (KeyboardInterrupt, Abort):
        return report(arguments, INTERRUPTED, "interrupted", "interrupted", "")
    except GmgError as error:
        return report(arguments, error.code, error.kind, error.message, error.hint, error.at, error.candidates)
    except TyperException as error:
        caller = getattr(error, "ctx", None)
        hint = f"{caller.command_path if caller else PROGRAM} --help"
        return report(arguments, UsageError.code, UsageError.kind, error.format_message(), hint)
    except Exception as error:  # noqa: BLE001 - the last line of defence: our own bug
        return bug(arguments, error)
    return 0


def invoke(arguments: Sequence[str]) -> None:
    """Run the command that the arguments name. Whatever stops it is raised: Typer would answer some of it by itself."""
    command = program()
    with command.make_context(PROGRAM, list(arguments)) as caller:
        command.invoke(caller)
    sys.stdout.flush()


def forget_output() -> None:
    """Nobody reads stdout any more: what is still to be written must not fail at the end of the process."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def bug(arguments: Sequence[str], error: Exception) -> int:
    """Our own mistake: one line, and with `-vv` the traceback."""
    if verbosity(arguments) > 1:
        import traceback  # noqa: PLC0415

        traceback.print_exception(error, file=sys.stderr)
    message = f"a bug in kubectl gmg: {type(error).__name__}: {error}"
    return report(arguments, BUG, "bug", message, "run it again with -vv and report the traceback")


def verbosity(arguments: Sequence[str]) -> int:
    """How often `-v` is given, also as `-vv` or together with other short flags."""
    return sum(word.count("v") for word in arguments if re.fullmatch(f"-[{SWITCHES}]+", word))


def report(
    arguments: Sequence[str],
    code: int,
    kind: str,
    message: str,
    hint: str,
    at: str = "",
    candidates: tuple[str, ...] = (),
) -> int:
    """Say on stderr what stopped the run; as one object where JSON or YAML was asked for."""
    from kubectl_gmg.render.plain import only_ascii, shown  # noqa: PLC0415

    literal = (lambda text: only_ascii(shown(text))) if "--ascii" in arguments else shown
    if wants_machine_output(arguments):
        body = {
            "code": code,
            "kind": kind,
            "message": literal(message),
            "hint": literal(hint) or None,
            "at": literal(at) or None,
            "candidates": [literal(each) for each in candidates],
        }
        import json  # noqa: PLC0415

        print_error(json.dumps({"error": body}, indent=2, ensure_ascii=False))
        return code
    print_error(f"error: {literal(message)}")
    for candidate in candidates:
        print_error(f"  {literal(candidate)}")
    if hint:
        print_error(f"hint: {literal(hint)}")
    return code


def wants_machine_output(arguments: Sequence[str]) -> bool:
    """Whether the last `-o` among the arguments asks for JSON or YAML, in any of the ways to write it."""
    wanted = ""
    for word, following in zip(arguments, (*arguments[1:], ""), strict=True):
        if word == "--":
            break
        if found := OUTPUT_WORD.fullmatch(word):
            wanted = found["short"] or found["long"] or following
    return wanted.removeprefix("=") in (Output.JSON, Output.YAML)


def print_error(text: str) -> None:
    """One line on stderr; a closed stderr is nobody's problem."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


@lru_cache(maxsize=1)
def program() -> Any:
    """All commands, ready to be called; it is the same for every run of a process."""
    return get_command(application())


def application() -> typer.Typer:
    """All commands."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": HELP})
    exports = typer.Typer(rich_markup_mode=None)
    app.callback(invoke_without_command=True)(top())
    exports.callback(invoke_without_command=True)(export)
    for name, function, view in (
        ("routes", routes, "RouteList"),
        ("tree", tree, "Forest"),
        ("check", check, "FindingList"),
        ("explain", explain, "Explanation"),
        ("curl", curl, "Simulation"),
        ("rules", rules, "RuleList"),
        ("version", version, "VersionInfo"),
    ):
        options.command(app, name, formats(view), execute)(function)
    options.command(exports, "envoy", formats("Bootstrap"), execute)(envoy)
    app.add_typer(exports, name="export")
    return app


def export(caller: typer.Context) -> None:
    """Print the resolved routing in another form."""
    caller.obj = caller.parent.obj if caller.parent else None
    if caller.invoked_subcommand is None:
        typer.echo(caller.get_help())
        raise Exit(0)


def formats(view: str) -> tuple[str, ...]:
    """The names of a view's output formats, the default first."""
    return tuple(output.value for output in outputs(view))


def top() -> Callable[..., None]:
    """What runs before any command: it keeps the shared flags that were written there."""
    import inspect  # noqa: PLC0415

    def called(caller: typer.Context, show_version: bool = False, **values: Any) -> None:
        """Show what a Gloo Mesh Gateway really routes, and why. Only reads; nothing is ever changed or sent."""
        if show_version:
            typer.echo(f"{PROGRAM} {__version__}")
            raise Exit(0)
        caller.obj = options.given(caller, values)
        if caller.invoked_subcommand is None:
            typer.echo(caller.get_help())
            raise Exit(0)

    version_flag = options.flag("show_version", bool, False, "--version", text="Show the version of this program.")
    first = inspect.Parameter("caller", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    called.__dict__["__signature__"] = inspect.Signature(
        [first, version_flag, *options.SHARED, options.output_flag(())]
    )
    return called


def execute(make: Callable[[Session], View], settings: Settings, known: tuple[str, ...]) -> None:
    """Make a view, print it, and raise `Negative` unless the answer is positive."""
    name = settings.output or known[0]
    if name not in known:
        raise UsageError(f"-o {name} is not known here", f"use one of {', '.join(known)}")
    output = Output(name)
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

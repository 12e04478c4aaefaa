"""The program: the only place that prints, catches errors, and turns answers into exit codes (`spec/cli.md` 3)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import typer
from typer.exceptions import Abort, Exit, TyperException

from kubectl_gmg import __version__
from kubectl_gmg.commands import options
from kubectl_gmg.commands.curl import curl
from kubectl_gmg.commands.export import envoy
from kubectl_gmg.commands.routes import routes
from kubectl_gmg.commands.tree import tree
from kubectl_gmg.commands.version import version
from kubectl_gmg.errors import GmgError, IncompleteError, UsageError
from kubectl_gmg.model.snapshot import GapReason
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.render import Output, outputs, render
from kubectl_gmg.views import Bootstrap, Forest, Look, RouteList, Simulation, VersionInfo, View

PROGRAM = "kubectl gmg"
BUG = 70
INTERRUPTED = 130


class Negative(Exception):  # noqa: N818 - an answer, not an error
    """The answer was printed, and the exit code is not 0."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def main() -> None:
    """Run the program and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the program with these arguments; the exit code."""
    try:
        application()(list(arguments), prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
        message = getattr(error, "format_message", error.__str__)()
        return report(arguments, UsageError.code, UsageError.kind, message, f"{PROGRAM} --help") if message else 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: our own bug
        return bug(arguments, error)
    return 0


def bug(arguments: Sequence[str], error: Exception) -> int:
    """Our own mistake: one line, and with `-vv` the traceback."""
    if "-vv" in arguments or list(arguments).count("-v") > 1:
        import traceback  # noqa: PLC0415

        traceback.print_exception(error, file=sys.stderr)
    message = f"a bug in kubectl gmg: {type(error).__name__}: {error}"
    return report(arguments, BUG, "bug", message, "run it again with -vv and report the traceback")


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
    from kubectl_gmg.render.plain import shown  # noqa: PLC0415

    if wants_machine_output(arguments):
        body = {
            "code": code,
            "kind": kind,
            "message": shown(message),
            "hint": hint or None,
            "at": at or None,
            "candidates": [shown(each) for each in candidates],
        }
        print_error(json.dumps({"error": body}, indent=2, ensure_ascii=False))
        return code
    print_error(f"error: {shown(message)}")
    for candidate in candidates:
        print_error(f"  {shown(candidate)}")
    if hint:
        print_error(f"hint: {shown(hint)}")
    return code


def wants_machine_output(arguments: Sequence[str]) -> bool:
    """Whether `-o json` or `-o yaml` stands anywhere among the arguments."""
    joined = " ".join(arguments)
    wanted = ("-o json", "-o=json", "-ojson", "--output json", "--output=json")
    return any(each in joined or each.replace("json", "yaml") in joined for each in wanted)


def print_error(text: str) -> None:
    """One line on stderr; a closed stderr is nobody's problem."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def application() -> typer.Typer:
    """All commands."""
    app = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=False
    )
    exports = typer.Typer(
        rich_markup_mode=None, no_args_is_help=True, help="Print the resolved routing in another form."
    )
    app.callback(invoke_without_command=True)(top())
    for name, function, view in (
        ("routes", routes, RouteList),
        ("tree", tree, Forest),
        ("curl", curl, Simulation),
        ("version", version, VersionInfo),
    ):
        options.command(app, name, formats(view), execute)(function)
    options.command(exports, "envoy", formats(Bootstrap), execute)(envoy)
    app.add_typer(exports, name="export")
    return app


def formats(view: type) -> tuple[str, ...]:
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
    output = settings.output or known[0]
    if output not in known:
        raise UsageError(f"-o {output} is not known here", f"use one of {', '.join(known)}")
    session = Session(settings if settings.quiet else replace(settings, say=say))
    view = make(session)
    text = printed(view, Output(output), session)
    emit(text, session.settings)
    finish(view, session)


def say(text: str) -> None:
    """A remark on stderr."""
    from kubectl_gmg.render.plain import shown  # noqa: PLC0415

    print_error(f"note: {shown(text)}")


def look_of(settings: Settings, output: Output) -> Look:
    """What the terminal can do, and what the user wants."""
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


def printed(view: View, output: Output, session: Session) -> str:
    """The view as text."""
    look = look_of(session.settings, output)
    locate = (lambda _: (None, None)) if isinstance(view, VersionInfo) else session.snapshot.locate
    made = render(view, output, locate, look)
    if isinstance(made, str):
        return made
    from kubectl_gmg.render import page  # noqa: PLC0415

    return page.terminal_text(made, look) if look.terminal or look.color else page.text_of(made, look)


def emit(text: str, settings: Settings) -> None:
    """Print the result."""
    data = f"{text}\n" if text else ""
    if settings.ascii and not data.isascii():
        data = data.encode("ascii", "backslashreplace").decode()
    try:
        sys.stdout.write(data)
    except UnicodeEncodeError:
        sys.stdout.write(data.encode(sys.stdout.encoding or "ascii", "backslashreplace").decode(sys.stdout.encoding))
    sys.stdout.flush()


def finish(view: View, session: Session) -> None:
    """Say what could not be read; raise what the answer, and what it lacks, mean for the exit code."""
    gaps = view.about.gaps
    for gap in gaps:
        session.settings.say(f"not complete: {gap.message} (affects {', '.join(gap.affects)})")
    if gaps and session.settings.require_complete:
        raise IncompleteError("not everything could be read", "leave out --require-complete to accept that")
    broken = any(gap.reason is GapReason.MALFORMED and gap.file for gap in gaps)
    if broken or (isinstance(view, Simulation) and view.broken):
        raise Negative(3)
    if view.negative:
        raise Negative(1)

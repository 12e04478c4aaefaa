"""The program: its commands, and the only place that turns errors into exit codes (`spec/cli.md` 3)."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

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
from kubectl_gmg.errors import GmgError, UsageError
from kubectl_gmg.execution import Negative, execute, forget_output, print_error
from kubectl_gmg.render import Output, outputs

PROGRAM = "kubectl gmg"
HELP = ["-h", "--help"]
BUG = 70
INTERRUPTED = 130
WATCHED: tuple[str, ...] = ()
"""The commands that can run again whenever an object changes."""
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
        options.command(app, name, formats(view), execute, watched=name in WATCHED)(function)
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

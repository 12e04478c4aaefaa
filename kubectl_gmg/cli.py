"""The program: its commands, and the only place that turns errors into exit codes (`spec/cli.md` 3)."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.exceptions import Abort, Exit, TyperException

from kubectl_gmg import __version__
from kubectl_gmg.commands import building, options
from kubectl_gmg.errors import GmgError, Negative, UsageError

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session, Settings
    from kubectl_gmg.views import View

PROGRAM = "kubectl gmg"
BUG = 70
INTERRUPTED = 130
COMMANDS = {
    "routes": ("RouteList", "Show which requests go where: each host's routes, in order."),
    "tree": ("Forest", "Show how requests get from the gateway to each route."),
    "check": ("FindingList", "Find what is wrong with the configuration, and how to mend it."),
    "explain": ("Explanation", "Explain why a route, host, gateway or service is as it is."),
    "curl": ("Simulation", "Simulate a request: show which route takes it, and why."),
    "rules": ("RuleList", "List the problems that check finds, or tell all about one."),
    "snapshot": ("", "Save all that was read in one file, to be read again with -f."),
    "completion": ("", "Let the TAB key complete commands, hosts and routes for you."),
    "version": ("VersionInfo", "Show the version of this program, and what the cluster has."),
}
"""The commands: the view that each returns (none: it prints a stream), and the first sentence of its help."""
EXPORT = "Print the routes in a form that other programs read."
ENVOY = "Print the routes as a configuration for the Envoy proxy."
READS: dict[str, tuple[str, ...]] = {
    "rules": ("How to print",),
    "snapshot": ("What to read", "Which cluster, and how to reach it", "How to print"),
    "completion": (),
    "version": ("Which cluster, and how to reach it", "How to print"),
}
"""The headings of shared flags that mean something to a command, if not all do."""
WATCHED = ("routes", "tree", "check", "curl")
"""The commands that can run again whenever an object changes."""
SWITCHES = "AILRqsvwh"
"""The short flags without a value, which may stand together in one word."""
OUTPUT_WORD = re.compile(f"-[{SWITCHES}]*o(?P<short>.*)|--output(?:=(?P<long>.*))?", re.DOTALL)


def main() -> None:
    """Run the program and exit."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the shell closed it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for the whole run
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the program with these arguments; the exit code."""
    try:
        invoke(arguments)
    except BrokenPipeError:
        from kubectl_gmg.execution import forget_output  # noqa: PLC0415

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
        return report(arguments, UsageError.code, UsageError.kind, complaint(error), hint)
    except Exception as error:  # noqa: BLE001 - the last line of defence: our own bug
        return bug(arguments, error)
    return 0


def complaint(error: TyperException) -> str:
    """What Typer says of the words; where it knows names like an unknown one, the nearest of them."""
    near = getattr(error, "possibilities", None)
    return f"{error.message}. Did you mean {near[0]!r}?" if near else error.format_message()


def invoke(arguments: Sequence[str]) -> None:
    """Run the command that the arguments name. Whatever stops it is raised: Typer would answer some of it by itself."""
    words = list(arguments)
    if words[:1] == ["help"]:  # as kubectl has it: help COMMAND
        words = [*words[1:], "--help"]
    command = program()
    with command.make_context(PROGRAM, words) as caller:
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
    from kubectl_gmg.execution import print_error  # noqa: PLC0415
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
    return wanted.removeprefix("=") in ("json", "yaml")


@lru_cache(maxsize=1)
def program() -> Any:
    """All commands, each made when it is asked for; it is the same for every run of a process."""
    commands: dict[str, tuple[str, Callable[[], Any]]] = {
        name: (summary, partial(made, name, view)) for name, (view, summary) in COMMANDS.items()
    }
    commands["export"] = (EXPORT, exports)
    version_flag = options.flag("show_version", bool, False, "--version", text="Show the version of this program.")
    found = building.group(top, [version_flag, options.output_flag(())], commands)
    found.params += building.shared()
    return found


def exports() -> Any:
    """`export`, with the forms there are."""
    envoy = partial(made, "envoy", "Bootstrap", "export")
    return building.group(export, (), {"envoy": (ENVOY, envoy)})


def made(name: str, view: str, module: str = "") -> Any:
    """The command of this name: it stands in a module of `commands` as a function, and returns such a view."""
    from kubectl_gmg.render import outputs  # noqa: PLC0415 - only now are formats asked for

    function = getattr(import_module(f"kubectl_gmg.commands.{module or name}"), name)
    formats = tuple(output.value for output in outputs(view))
    reads = READS.get(name, options.SECTIONS)
    return building.command(function, formats, execute, reads=reads, watched=name in WATCHED)


def execute(make: Callable[[Session], View], settings: Settings, known: tuple[str, ...]) -> None:
    """Run a command; what that needs is imported only now."""
    from kubectl_gmg import execution  # noqa: PLC0415

    execution.execute(make, settings, known)


def top(caller: typer.Context, show_version: bool = False, **values: Any) -> None:
    """Show where a Gloo Mesh Gateway sends requests, and why. Only reads; nothing is ever changed or sent.

    More on a command, and the flags that all share: kubectl gmg routes --help. Shared flags may also stand before the
    command.

    \b
    Examples:
      kubectl gmg routes --demo
      kubectl gmg check -f routes/
      kubectl gmg curl http://www.example.com/reviews/v1
    """
    if show_version:
        typer.echo(f"{PROGRAM} {__version__}")
        raise Exit(0)
    caller.obj = options.given(caller, values)
    if caller.invoked_subcommand is None:
        typer.echo(caller.get_help())
        raise Exit(0)


def export(caller: typer.Context) -> None:
    """Print the routes in a form that other programs read.

    \b
    Examples:
      kubectl gmg export envoy > envoy.yaml
      kubectl gmg export envoy -f routes/ -o json
    """
    caller.obj = caller.parent.obj if caller.parent else None
    if caller.invoked_subcommand is None:
        typer.echo(caller.get_help())
        raise Exit(0)

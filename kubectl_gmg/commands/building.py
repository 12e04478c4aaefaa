"""What turns functions into commands of Typer; each is made when it is asked for, since that takes time.

Only this file and `options` build signatures.
"""

from __future__ import annotations

import inspect
from collections import UserDict
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from kubectl_gmg.commands.options import SECTIONS, SHARED, WATCH, Flag, given, output_flag, settings_of

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session, Settings
    from kubectl_gmg.views import View

OWN = "Options"
"""The heading of the flags that are not shared."""
HEADINGS = {flag.name: heading for heading, flags in SECTIONS.items() for flag in flags}
HELP = ["-h", "--help"]
WIDEST = 100
"""Lines of help are not longer, however wide the terminal is."""
NARROW = 70
"""Terminals below this width have short columns of flags."""

Runner = Callable[[Callable[["Session"], "View"], "Settings", tuple[str, ...]], None]


class Command(TyperCommand):
    """A command whose help shows its own flags first, then the shared ones by what they are for."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands in the usage line; what must be given stands bare, as kubectl writes it."""
        return [each.strip("{}") for each in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write all flags."""
        write_sections(sections(self.get_params(ctx), ctx), formatter)


class Group(TyperGroup):
    """Commands that are made when they are asked for; help tells of them without making any."""

    summaries: Mapping[str, str] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer gives it
        """The names, in order."""
        return list(self.commands)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, and the flags that no command shares: a command's own help shows the others."""
        own = [each for each in self.get_params(ctx) if each.name not in HEADINGS and each.name != "output"]
        write_sections({"Commands": list(self.summaries.items()), **sections(own, ctx)}, formatter)


class Commands(UserDict[str, Any]):
    """Commands by name; what makes one is replaced by what it makes."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, TyperCommand | TyperGroup):
            return found
        self.data[name] = found()
        return self.data[name]


def sections(params: Iterable[Any], caller: Any) -> dict[str, list[tuple[str, str]]]:
    """What help says of each flag, by heading."""
    found: dict[str, list[tuple[str, str]]] = {OWN: []}
    for each in params:
        record = each.get_help_record(caller)
        if record is not None:
            found.setdefault(HEADINGS.get(each.name, OWN), []).append(record)
    return found


def write_sections(found: Mapping[str, list[tuple[str, str]]], formatter: Any) -> None:
    """Write rows below headings; all have the same columns."""
    most = 22 if formatter.width < NARROW else 30
    column = min(most, max(len(name) for rows in found.values() for name, _ in rows))
    for heading, rows in found.items():
        with formatter.section(heading):
            formatter.write_dl([(name.ljust(column), text) for name, text in rows], col_max=column)


def typed(function: Callable[..., None], flags: Iterable[Flag]) -> Callable[..., None]:
    """A function, as if its flags were its parameters: that is how Typer is told of them."""
    caller = Flag("caller", Flag.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    function.__dict__["__signature__"] = inspect.Signature([caller, *flags])
    return function


def application() -> typer.Typer:
    """A program for Typer, which prints plain help."""
    settings = {"help_option_names": HELP, "max_content_width": WIDEST}
    return typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=settings)


@lru_cache(maxsize=1)
def shared() -> tuple[Any, ...]:
    """The shared flags as Typer parses them, which are the same for all commands."""
    app = application()
    app.command()(typed(lambda *_, **__: None, SHARED))
    return tuple(get_command(app).params)


def group(
    function: Callable[..., None], flags: Iterable[Flag], commands: Mapping[str, tuple[str, Callable[[], Any]]]
) -> Any:
    """Commands, each with its first sentence and what makes it. `function` runs before any of them."""
    app = application()
    app.callback(cls=Group, invoke_without_command=True)(typed(function, flags))
    made: Any = get_command(app)
    made.commands = Commands({name: make for name, (_, make) in commands.items()})
    made.summaries = {name: summary for name, (summary, _) in commands.items()}
    return made


def command(
    function: Callable[..., View], formats: tuple[str, ...], run: Runner, *, reads: Collection[str], watched: bool
) -> Any:
    """A function of a session, and of flags of its own, as a command that prints what it returns.

    A command without formats prints a stream that has just one form. One that is `watched` can run again and again.
    `reads` are the headings of shared flags that mean something to it: the others are accepted, but help is silent.
    """
    # A flag's annotation is the name of an alias in its module; the view it returns is not imported yet.
    own = [
        each.replace(annotation=function.__globals__[each.annotation], kind=Flag.KEYWORD_ONLY)
        for each in inspect.signature(function).parameters.values()
        if each.name != "session"
    ]

    def called(caller: typer.Context, **values: Any) -> None:
        flags = {**(caller.obj or {}), **given(caller, values)}
        arguments = {each.name: values[each.name] for each in own}
        run(lambda session: function(session, **arguments), settings_of(flags), formats)

    called.__doc__ = function.__doc__
    more = (*([WATCH] if watched else ()), *([output_flag(formats)] if formats else ()))
    app = application()
    app.command(cls=Command)(typed(called, [*own, *more]))
    made = get_command(app)
    taken = {each.name for each in own}
    made.params += [shown(each, reads) for each in shared() if each.name not in taken]
    return made


def shown(flag: Any, reads: Collection[str]) -> Any:
    """A shared flag, hidden unless its heading is one of these."""
    if HEADINGS[flag.name] in reads:
        return flag
    hidden = copy(flag)
    hidden.hidden = True
    return hidden

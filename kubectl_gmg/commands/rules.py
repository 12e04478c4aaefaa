"""`kubectl gmg rules`: the catalogue of findings, offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import About, RuleInfo, RuleList

# Hidden, since Typer would print a Python type beside it: the text of the command says what it may be.
CodeArgument = Annotated[str | None, typer.Argument(metavar="CODE", hidden=True)]


def rules(session: Session, code: CodeArgument = None) -> RuleList:
    """List the problems that check finds, or tell all about one.

    Each has a code, and a severity for each generation of the API: error, warning or info. Reads nothing. With the
    CODE of one it also says how to find and how to mend it, with an example.

    \b
    Examples:
      kubectl gmg rules
      kubectl gmg rules GMG301
    """
    from kubectl_gmg.checks import catalogue  # noqa: PLC0415
    from kubectl_gmg.views import RuleList  # noqa: PLC0415

    if code is not None:
        return RuleList(about_nothing(session), (entry(code),), whole=True)
    return RuleList(about_nothing(session), tuple(each.info for each in catalogue.rules()))


def entry(code: str) -> RuleInfo:
    """The entry of a rule. Raises `NotFoundError` for a code that no rule has."""
    from kubectl_gmg.checks import catalogue  # noqa: PLC0415

    wanted = code.upper()
    for rule in catalogue.rules():
        if rule.info.code == wanted:
            return rule.info
    from kubectl_gmg.commands.findings import no_such_code  # noqa: PLC0415 - it takes what reads files along

    raise no_such_code(wanted)


def about_nothing(session: Session) -> About:
    """What an answer says of itself that comes from no source."""
    from kubectl_gmg.model.source import SourceType  # noqa: PLC0415
    from kubectl_gmg.views import About, Source  # noqa: PLC0415

    return About(Source(SourceType.LIVE, session.settings.context, (), None, ()))

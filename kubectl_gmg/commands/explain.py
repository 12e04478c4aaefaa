"""`kubectl gmg explain`: why something is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import Explanation, RuleEntry

# Hidden, since Typer would print a Python type beside it: the text of the command says what it may be.
TargetArgument = Annotated[str, typer.Argument(metavar="TARGET", hidden=True)]
VersusOption = Annotated[
    str | None, typer.Option("--versus", help="Why a route stands before or after this one.", metavar="TARGET")
]
WhatIfOption = Annotated[
    list[str],
    typer.Option(
        "--what-if",
        help="What another weight, sortMethod or position (from 1) would change.",
        metavar="FIELD=VALUE",
    ),
]


def explain(
    session: Session,
    target: TargetArgument,
    versus: VersusOption = None,
    what_if: WhatIfOption = [],  # noqa: B006 - typer copies it
) -> Explanation | RuleEntry:
    """Explain why a route, host, gateway or service is as it is.

    Every step names the object and the field that say so. TARGET is a URL, vg/NAME, vh/NAME, rt/NAME, service/NAME.NS,
    virtualdestination/NAME, externalservice/NAME, policy/NAME (or KIND/NS/NAME), HOST#INDEX, an id or its end, or a
    domain; or the code of a finding. A route that no request gets to comes with the smallest changes that would let
    some through.

    \b
    Examples:
      kubectl gmg explain v1-version --demo
      kubectl gmg explain v1-version --demo --versus v1
      kubectl gmg explain v1-version --demo --what-if sortMethod=ROUTE_SPECIFICITY
      kubectl gmg explain service/ratings.bookinfo --demo
      kubectl gmg explain http://www.example.com/reviews/v1/version --demo
    """
    from kubectl_gmg.errors import UsageError  # noqa: PLC0415

    if versus is not None and what_if:
        raise UsageError("--versus and --what-if answer different questions", "give one of them")
    if is_code(target) and versus is None and not what_if:
        from kubectl_gmg.commands.rules import about_nothing, entry  # noqa: PLC0415
        from kubectl_gmg.views import RuleEntry  # noqa: PLC0415

        return RuleEntry(about_nothing(session), (entry(target),), whole=True)
    from kubectl_gmg.commands.explained import compared, explained, tried  # noqa: PLC0415
    from kubectl_gmg.views import Explanation  # noqa: PLC0415

    if versus is not None:
        return Explanation(session.about, compared(target, versus, session))
    if what_if:
        return Explanation(session.about, tried(target, tuple(what_if), session))
    return Explanation(session.about, explained(target, session))


def is_code(target: str) -> bool:
    """Whether a TARGET is the code of a finding (`spec/cli.md` 4.1)."""
    return len(target) == 6 and target[:3].upper() == "GMG" and target[3:].isascii() and target[3:].isdigit()

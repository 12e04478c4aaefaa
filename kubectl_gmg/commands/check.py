"""`kubectl gmg check`: what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg.pipeline import Session

if TYPE_CHECKING:
    from kubectl_gmg.views import FindingList

# Hidden, since Typer would print a Python type beside it: the text of the command says what it may be.
TargetsArgument = Annotated[list[str] | None, typer.Argument(metavar="[TARGET]...", hidden=True)]
SelectOption = Annotated[
    list[str],
    typer.Option("--select", help="Only these rules: codes, or families such as GMG3.", metavar="CODE,..."),
]
FailOnOption = Annotated[
    str,
    typer.Option("--fail-on", help="From which severity on to exit 1, or never.", metavar="SEVERITY"),
]


def check(
    session: Session,
    targets: TargetsArgument = None,
    select: SelectOption = [],  # noqa: B006 - typer copies it
    fail_on: FailOnOption = "error",
) -> FindingList:
    """Find what is wrong: what the product or the proxy rejects, what never matches, what was probably not meant.

    Every finding names the field, proves itself and says what to do; what was not read is never called missing.

    \b
    Examples:
      kubectl gmg check
      kubectl gmg check -f routes/ --fail-on warning -o github
    """
    from kubectl_gmg.commands.findings import findings_of  # noqa: PLC0415

    return findings_of(session, tuple(targets or ()), tuple(select), fail_on)

"""`kubectl gmg check`: what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import FindingList

# Hidden, since Typer would print a Python type beside it: the text of the command says what it may be.
TargetsArgument = Annotated[list[str] | None, typer.Argument(metavar="[TARGET]...", hidden=True)]
SelectOption = Annotated[
    list[str],
    typer.Option("--select", help="Only these rules: codes, or families such as GMG3.", metavar="CODE,..."),
]
IgnoreOption = Annotated[
    list[str],
    typer.Option("--ignore", help="Suppress the findings of a rule, or those at one object.", metavar="CODE[=OBJECT]"),
]
BaselineOption = Annotated[
    str,
    typer.Option("--baseline", help="Suppress the findings that this file lists.", metavar="FILE", show_default=False),
]
WriteOption = Annotated[
    str, typer.Option("--write-baseline", help="Write all findings to this file.", metavar="FILE", show_default=False)
]
FailOnOption = Annotated[
    str, typer.Option("--fail-on", help="From which severity on to exit 1, or never.", metavar="SEVERITY")
]


def check(
    session: Session,
    targets: TargetsArgument = None,
    select: SelectOption = [],  # noqa: B006 - typer copies it
    ignore: IgnoreOption = [],  # noqa: B006 - typer copies it
    baseline: BaselineOption = "",
    write_baseline: WriteOption = "",
    fail_on: FailOnOption = "error",
) -> FindingList:
    """Find what is wrong with the configuration, and how to mend it.

    That is what the product rejects, what no request ever gets to, and what was probably not meant. Every finding
    names the field, proves itself and says what to do; what was not read is never called missing.

    With TARGETs only what concerns them, what leads to them included: vg/NAME, vh/NAME, rt/NAME (or KIND/NS/NAME), a
    domain, a URL, an id or its end.

    A finding is suppressed by --ignore GMG301=rt/NS/NAME, by an annotation gmg/ignore: "GMG301: reason", by a comment
    on its line, # gmg: ignore GMG301 until=2027-03-31: reason, or by a baseline.

    \b
    Examples:
      kubectl gmg check
      kubectl gmg check rt/gloo-mesh/demo-routetable2
      kubectl gmg check -f routes/ --fail-on warning -o github
      kubectl gmg check -f routes/ --baseline known.json
    """
    from kubectl_gmg.commands.findings import Asked, findings_of  # noqa: PLC0415

    asked = Asked(tuple(targets or ()), tuple(select), tuple(ignore), baseline, write_baseline, fail_on)
    return findings_of(session, asked)

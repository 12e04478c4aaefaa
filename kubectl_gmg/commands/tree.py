"""`kubectl gmg tree`: who delegates to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg.commands.options import at_least

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import Forest

# Hidden, since Typer would print a Python type beside it: the text of the command says what it may be.
TargetArgument = Annotated[str | None, typer.Argument(metavar="TARGET", hidden=True)]
DepthOption = Annotated[
    int | None, typer.Option("--depth", help="Levels shown below each root.", metavar="N", parser=at_least(0))
]


def tree(session: Session, target: TargetArgument = None, depth: DepthOption = None) -> Forest:
    """Show how requests get from the gateway to each route.

    A gateway serves hosts; a host may hand requests over to route tables of other teams, and those to more tables.
    What is handed over to nobody is shown in its place, then hosts and tables that nothing leads to.

    With a TARGET only what leads to it, and what hangs below: a URL, vg/NAME, vh/NAME, rt/NAME, service/NAME.NS,
    policy/NAME (or KIND/NS/NAME), HOST#INDEX, an id or its end, a domain.

    \b
    Examples:
      kubectl gmg tree
      kubectl gmg tree --depth 2 -n gloo-mesh
      kubectl gmg tree rt/gloo-mesh/demo-routetable -f routes/
    """
    from kubectl_gmg.commands.forest import Planter, cut, narrowed, scoped  # noqa: PLC0415
    from kubectl_gmg.commands.target import meant  # noqa: PLC0415
    from kubectl_gmg.resolve.scope import scope_of  # noqa: PLC0415
    from kubectl_gmg.views import Forest  # noqa: PLC0415

    roots = Planter(session.resolved, session.declared).roots()
    if session.settings.gateway is not None:
        roots = tuple(root for root in roots if root.type == "gateway")
    scope = scope_of(session.about.namespaces[0] if session.about.namespaces else None, session.settings.selector)
    roots = scoped(roots, scope)
    if target is not None:
        roots = narrowed(roots, meant(target, session))
    return Forest(session.about, tuple(cut(root, depth) for root in roots))

"""`kubectl gmg tree`: who delegates to whom."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_gmg.pipeline import Session
from kubectl_gmg.views import Forest

TargetArgument = Annotated[
    str | None,
    typer.Argument(
        help="Only what concerns this host, table, gateway or route: vh/NAME, rt/NS/NAME, vg/NAME, a domain, an id.",
        metavar="[TARGET]",
    ),
]
DepthOption = Annotated[int | None, typer.Option("--depth", help="Levels shown below each root.", metavar="N", min=0)]


def tree(session: Session, target: TargetArgument = None, depth: DepthOption = None) -> Forest:
    """Show who delegates to whom, from the gateway down to each route, with every delegate that reaches nothing.

    \b
    Examples:
      kubectl gmg tree
      kubectl gmg tree rt/team-a/checkout -f routes/
    """
    from kubectl_gmg.commands.forest import Planter, cut, narrowed, scoped  # noqa: PLC0415
    from kubectl_gmg.resolve.scope import scope_of  # noqa: PLC0415
    from kubectl_gmg.resolve.target import find  # noqa: PLC0415

    roots = Planter(session.resolved, session.inventory).roots()
    scope = scope_of(session.about.namespaces[0] if session.about.namespaces else None, session.settings.selector)
    roots = scoped(roots, scope)
    if target is not None:
        roots = narrowed(roots, find(target, session.resolved, session.inventory))
    return Forest(session.about, tuple(cut(root, depth) for root in roots))

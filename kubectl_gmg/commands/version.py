"""`kubectl gmg version`: the client, the generations it knows, and what the cluster serves."""

from __future__ import annotations

import platform
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg import __version__

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import VersionInfo

ClientOption = Annotated[bool, typer.Option("--client", help="Do not ask the cluster.", show_default=False)]


def version(session: Session, client: ClientOption = False) -> VersionInfo:
    """Show the version of this program, and what the cluster has.

    Of the cluster it tells which kinds of Gloo objects are installed, and which release of the product they belong to.
    It never fails because something is unreachable: what could not be asked says why.

    \b
    Examples:
      kubectl gmg version
      kubectl gmg version --client -o json
    """
    from kubectl_gmg.model.source import SourceType  # noqa: PLC0415
    from kubectl_gmg.pipeline import GENERATIONS  # noqa: PLC0415
    from kubectl_gmg.views import About, Source, VersionInfo  # noqa: PLC0415

    offline = client or session.settings.filename or session.settings.demo
    server = None if offline else session.server
    source = Source(SourceType.LIVE, server.context if server else session.settings.context, (), None, ())
    return VersionInfo(About(source), __version__, platform.python_version(), library(), GENERATIONS[1:], server)


def library() -> str | None:
    """The version of the Kubernetes client library, read off the folder beside it: importing it takes 200 ms.

    `importlib.metadata` would tell it as well, but takes as long as everything else that `version --client` does.
    """
    found = find_spec("kubernetes")
    if found is None or found.origin is None:
        return None
    installed = Path(found.origin).parents[1].glob("kubernetes-*.dist-info")
    return next((each.name.removeprefix("kubernetes-").removesuffix(".dist-info") for each in installed), None)

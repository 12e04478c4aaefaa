"""`kubectl gmg version`: the client, the generations it knows, and what the cluster serves."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg import __version__
from kubectl_gmg.pipeline import GENERATIONS, Session

if TYPE_CHECKING:
    from kubectl_gmg.views import VersionInfo

ClientOption = Annotated[bool, typer.Option("--client", help="Do not ask the cluster.", show_default=False)]


def version(session: Session, client: ClientOption = False) -> VersionInfo:
    """Show the version of this program, the generations it knows, and what the cluster serves.

    Never fails because something is unreachable: what could not be asked says why.

    \b
    Examples:
      kubectl gmg version
      kubectl gmg version --client -o json
    """
    from kubectl_gmg.model.snapshot import SourceType  # noqa: PLC0415
    from kubectl_gmg.views import About, Source, VersionInfo  # noqa: PLC0415

    offline = client or session.settings.filename or session.settings.demo
    server = None if offline else session.server
    source = Source(SourceType.LIVE, server.context if server else session.settings.context, (), None, ())
    return VersionInfo(About(source), __version__, platform.python_version(), library(), GENERATIONS[1:], server)


def library() -> str | None:
    """The version of the Kubernetes client library, read without importing it."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("kubernetes")
    except PackageNotFoundError:
        return None

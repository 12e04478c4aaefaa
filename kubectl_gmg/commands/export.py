"""`kubectl gmg export envoy`: the resolved routing as a bootstrap that Envoy accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg.errors import UsageError

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import Bootstrap

UpstreamOption = Annotated[
    list[str],
    typer.Option(
        "--upstream", help="The address of one cluster; others are looked up by DNS.", metavar="NAME=HOST:PORT"
    ),
]


def envoy(session: Session, upstream: UpstreamOption = []) -> Bootstrap:  # noqa: B006 - typer copies it
    """Print the routes as a configuration for the Envoy proxy.

    It is a complete bootstrap, to try the routes out or to compare them with what a running gateway has.

    \b
    Examples:
      kubectl gmg export envoy > envoy.yaml
      kubectl gmg export envoy -f routes/ -o json > envoy.json
    """
    from kubectl_gmg.export.envoy import bootstrap  # noqa: PLC0415
    from kubectl_gmg.resolve.rows import Rows, terminal_id  # noqa: PLC0415
    from kubectl_gmg.views import Bootstrap  # noqa: PLC0415

    rows = Rows(session.resolved)
    made = bootstrap(
        session.resolved,
        rows.destinations,
        lambda gateway, _host, route: terminal_id(route.root, gateway.ref, route.terminal),
        dict(map(address, upstream)),
    )
    if session.resolved.mesh:
        session.settings.say("what workloads get within the mesh is not exported: kubectl gmg routes shows it")
    for note in made.notes:
        session.settings.say(note)
    return Bootstrap(session.about, made.config)


def address(text: str) -> tuple[str, tuple[str, int]]:
    """`NAME=HOST:PORT`; the name may hold `=` itself. Raises `UsageError` for anything else."""
    name, _, place = text.rpartition("=")
    host, _, port = place.rpartition(":")
    if not (name and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"--upstream {text} is no address of a cluster", "write it like NAME=HOST:PORT")
    return name, (host.removeprefix("[").removesuffix("]"), int(port))

"""`kubectl gmg snapshot`: everything that was read, to be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg.errors import UsageError
from kubectl_gmg.pipeline import Session

if TYPE_CHECKING:
    from kubectl_gmg.views import Stream

PARTS = ("names", "hosts", "paths")

RedactOption = Annotated[
    str,
    typer.Option(
        "--redact",
        help="Replace names, hosts or paths consistently, so that the graph survives.",
        metavar="PART,...",
        show_default=False,
    ),
]


def snapshot(session: Session, redact: RedactOption = "") -> Stream:
    """Save all that was read in one file, to be read again with -f.

    It is YAML, and always everything: -n, -l and --gateway narrow reports, not a snapshot. Secret-looking values,
    managed fields and annotations of others are left out; --redact names,hosts,paths replaces more, for a snapshot
    to give away.

    \b
    Examples:
      kubectl gmg snapshot > cluster.yaml
      kubectl gmg snapshot --redact names,hosts,paths > for-support.yaml
      kubectl gmg routes -f cluster.yaml
    """
    from kubectl_gmg.export.snapshot import written  # noqa: PLC0415
    from kubectl_gmg.views import Stream  # noqa: PLC0415

    parts = parts_of(redact)
    session.wants_pods = True
    made = written(session.snapshot, parts)
    if made.masked:
        values = "1 secret-looking value is" if made.masked == 1 else f"{made.masked} secret-looking values are"
        session.settings.say(f"{values} masked in the snapshot")
    for note in made.notes:
        session.settings.say(note)
    return Stream(session.about, made.pieces())


def parts_of(text: str) -> tuple[str, ...]:
    """The parts to replace, from `names,paths`. Raises `UsageError` for an unknown one."""
    wanted = {word.strip() for word in text.removeprefix("=").split(",")} - {""}
    if unknown := sorted(wanted.difference(PARTS)):
        raise UsageError(f"--redact {unknown[0]} is not known", f"name some of {','.join(PARTS)}")
    return tuple(part for part in PARTS if part in wanted)

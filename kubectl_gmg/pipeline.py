"""The stages of one run; each is made on first use and kept. Nothing is read before somebody asks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from kubectl_gmg.errors import GmgError, NotFoundError, SourceError, UsageError

if TYPE_CHECKING:
    from kubectl_gmg.model.declared import Declared, Inventory
    from kubectl_gmg.model.origin import ObjectRef
    from kubectl_gmg.model.resolved import Gateway, Resolved
    from kubectl_gmg.model.snapshot import Snapshot
    from kubectl_gmg.views import About

GENERATIONS = ("auto", "v1beta1")


def read_stdin() -> bytes:
    """All of stdin."""
    return sys.stdin.buffer.read()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shared flags say (`spec/cli.md` 2.1); times are in seconds."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    all_namespaces: bool = False
    selector: str | None = None
    filename: tuple[str, ...] = ()
    recursive: bool = False
    demo: bool = False
    generation: str = "auto"
    gateway: str | None = None
    request_timeout: float = 10.0
    deadline: float = 60.0
    chunk_size: int = 500
    require_complete: bool = False
    output: str | None = None
    no_headers: bool = False
    color: str = "auto"
    ascii: bool = False
    width: int | None = None
    quiet: bool = False
    verbose: int = 0
    stdin: Callable[[], bytes] = field(default=read_stdin, compare=False)
    say: Callable[[str], None] = field(default=lambda _: None, compare=False)


class Session:
    """Source, snapshot, declared, resolved."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def snapshot(self) -> Snapshot:
        """All objects that were read. Raises `SourceError` if there are none of our kinds."""
        found = self._read()
        for note in found.notes:
            self.settings.say(note)
        if found.skipped:
            self.settings.say(f"{found.skipped} objects of other kinds were skipped")
        if not found.objects:
            raise nothing_found(found)
        return found

    def _read(self) -> Snapshot:
        from kubectl_gmg.api import KINDS  # noqa: PLC0415 - nothing is imported before it is needed

        settings = self.settings
        if settings.demo:
            from kubectl_gmg.sources import demo  # noqa: PLC0415

            return demo.read(KINDS)
        if settings.filename:
            from kubectl_gmg.sources import files  # noqa: PLC0415

            return files.read(
                settings.filename,
                recursive=settings.recursive,
                namespace=settings.namespace,
                kinds=KINDS,
                stdin=settings.stdin,
            )
        from kubectl_gmg.sources import live  # noqa: PLC0415

        limits = (settings.request_timeout, settings.chunk_size)
        connection = live.Connection(settings.kubeconfig, settings.context, *limits)
        note = settings.say if settings.verbose else None
        return live.read(connection, KINDS, deadline=settings.deadline or None, note=note)

    @cached_property
    def declared(self) -> Declared:
        """What the objects say."""
        from kubectl_gmg.api import lower  # noqa: PLC0415

        return lower(self.snapshot)

    @property
    def inventory(self) -> Inventory:
        """What destinations are compared with."""
        return self.declared.inventory

    @cached_property
    def everything(self) -> Resolved:
        """What all gateways serve."""
        from kubectl_gmg.resolve import resolve  # noqa: PLC0415

        return resolve(self.declared)

    @cached_property
    def resolved(self) -> Resolved:
        """What the gateways serve that the user asked about. Raises `NotFoundError` for an unknown `--gateway`."""
        wanted = self.settings.gateway
        if wanted is None:
            return self.everything
        return replace(self.everything, gateways=named_gateways(self.everything.gateways, wanted))

    @cached_property
    def about(self) -> About:
        """Where answers come from, and what they lack."""
        from kubectl_gmg.views import About, Source  # noqa: PLC0415

        snapshot = self.snapshot
        generations = sorted({raw.ref.generation for raw in snapshot.objects})
        source = Source(snapshot.type, snapshot.context, snapshot.files, snapshot.namespace, tuple(generations))
        spaces = () if self.settings.all_namespaces or not self.settings.namespace else (self.settings.namespace,)
        return About(source, (*snapshot.gaps, *self.everything.gaps), spaces)


def nothing_found(snapshot: Snapshot) -> GmgError:
    """There is nothing to report on."""
    where = f"in context {snapshot.context}" if snapshot.context else "in the input"
    skipped = f" ({snapshot.skipped} objects of other kinds were skipped)" if snapshot.skipped else ""
    return SourceError(
        f"there are no Gloo Mesh Gateway objects {where}{skipped}",
        "name files with -f, another cluster with --context, or try --demo",
    )


def named_gateways(gateways: tuple[Gateway, ...], wanted: str) -> tuple[Gateway, ...]:
    """The gateways that `[NS/]NAME` names. Raises `NotFoundError` for none, or for two of one name."""
    namespace, _, name = wanted.rpartition("/")
    found = tuple(each for each in gateways if each.ref.name == name and namespace in ("", each.ref.namespace))
    known = tuple(path_of(each.ref) for each in gateways)
    if not found:
        raise NotFoundError(f"no gateway is called {wanted}", "use one of the candidates", candidates=known)
    if len({each.ref.namespace for each in found}) > 1:
        several = tuple(path_of(each.ref) for each in found)
        raise NotFoundError(f"several gateways are called {wanted}", "give the namespace too", candidates=several)
    return found


def path_of(ref: ObjectRef) -> str:
    """An object as people name it."""
    return f"{ref.namespace}/{ref.name}"


def positive_seconds(text: str) -> float:
    """A duration as kubectl writes it: `10s`, `1m30s`, `500ms`, a bare number, `0` for none.

    Raises `UsageError` for anything else.
    """
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    rest, total = text.strip(), 0.0
    if rest.isascii() and rest.replace(".", "", 1).isdigit():
        return float(rest)
    while rest:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789."))]
        unit = rest[len(digits) :][: 2 if rest[len(digits) :].startswith("ms") else 1]
        if unit not in units or not digits.replace(".", "", 1).isdigit():
            raise UsageError(f"{text} is not a duration", "write it like 10s, 1m30s or 500ms")
        total += float(digits) * units[unit]
        rest = rest[len(digits) + len(unit) :]
    return total

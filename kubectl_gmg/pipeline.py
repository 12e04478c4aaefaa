"""The stages of one run; each is made on first use and kept. Nothing is read before somebody asks."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from kubectl_gmg.errors import GmgError, NotFoundError, SourceError
from kubectl_gmg.reading import Wanted, ask_server
from kubectl_gmg.settings import GENERATIONS, Settings

if TYPE_CHECKING:
    from kubectl_gmg.model.declared import Declared
    from kubectl_gmg.model.origin import ObjectRef
    from kubectl_gmg.model.release import Release
    from kubectl_gmg.model.resolved import Gateway, Resolved
    from kubectl_gmg.model.server import Server
    from kubectl_gmg.model.snapshot import Snapshot
    from kubectl_gmg.sources.watching import Watch
    from kubectl_gmg.views import About

__all__ = ["GENERATIONS", "Session", "Settings", "watch_of"]


class Session:
    """Source, snapshot, declared, resolved."""

    def __init__(self, settings: Settings, given: Snapshot | None = None) -> None:
        """`given` is what was read already; without it the source is read on first use."""
        self.settings = settings
        self._given = given
        self.wants_pods = False
        """Whether the labels of Pods are needed too; to be said before anything is read."""

    @cached_property
    def snapshot(self) -> Snapshot:
        """All objects that were read. Raises `SourceError` if there are none of our kinds."""
        found = without_strangers(self._given or Wanted(self.settings, self.wants_pods).read())
        for note in found.notes:
            self.settings.say(note)
        if found.skipped:
            self.settings.say(f"{found.skipped} objects of other kinds were skipped")
        if not found.objects:
            raise nothing_found(found)
        return found

    @cached_property
    def server(self) -> Server:
        """What the cluster serves, and which release decides; reads no object."""
        from kubectl_gmg.api import RELEASED  # noqa: PLC0415 - nothing is imported before it is needed

        flag, found = self.settings.product_version, ask_server(self.settings)
        if not (flag or RELEASED.generation in dict(found.served or ())):
            return found
        decided = release_of(flag, found.product_version, None)
        return replace(found, product_version=decided.text, decided_by=decided.decided_by)

    @cached_property
    def declared(self) -> Declared:
        """What the objects say."""
        from kubectl_gmg.api import lower  # noqa: PLC0415

        return lower(self.snapshot, self.release)

    @cached_property
    def release(self) -> Release:
        """Which release of the product decides where releases differ; with `-v` it is said, and why."""
        from kubectl_gmg.api import RELEASED  # noqa: PLC0415

        found = release_of(self.settings.product_version, self.snapshot.release, self.snapshot.release_why)
        concerned = RELEASED.generation in generations_of(self.snapshot)
        if concerned and self.settings.verbose:
            self.settings.say(f"product version {found.text}: {found.why}")
        return found

    @cached_property
    def everything(self) -> Resolved:
        """What is served; it is said what the product passes over, where all workspaces were given, and what we do."""
        from kubectl_gmg.resolve import resolve  # noqa: PLC0415
        from kubectl_gmg.resolve.membership import in_no_workspace  # noqa: PLC0415
        from kubectl_gmg.resolve.mesh import connections_not_resolved  # noqa: PLC0415

        if not self.snapshot.gaps:
            for note in in_no_workspace(self.declared):
                self.settings.say(note)
        if note := connections_not_resolved(self.declared):
            self.settings.say(note)
        return resolve(self.declared)

    @cached_property
    def resolved(self) -> Resolved:
        """What is served that the user asked about: with `--gateway` by that one, without the mesh.

        Raises `NotFoundError` for an unknown `--gateway`.
        """
        wanted = self.settings.gateway
        if wanted is None:
            return self.everything
        from kubectl_gmg.resolve.unread import routing_not_read  # noqa: PLC0415

        lacks = routing_not_read(self.declared, ("VirtualGateway",), wanted.rpartition("/")[0])
        return replace(self.everything, gateways=named_gateways(self.everything.gateways, wanted, lacks), mesh=())

    @cached_property
    def about(self) -> About:
        """Where answers come from, and what they lack."""
        from kubectl_gmg.api import RELEASED  # noqa: PLC0415
        from kubectl_gmg.views import About, Source  # noqa: PLC0415

        snapshot = self.snapshot
        generations = sorted(generations_of(snapshot))
        version = self.release.text if RELEASED.generation in generations else None
        where = (snapshot.type, snapshot.context, snapshot.files, snapshot.namespace)
        source = Source(*where, tuple(generations), version)
        spaces = () if self.settings.all_namespaces or not self.settings.namespace else (self.settings.namespace,)
        return About(source, (*snapshot.gaps, *self.everything.gaps), spaces)


def watch_of(settings: Settings, *, wants_pods: bool = False) -> Watch:
    """What reads the source, and then again whenever it changes; `wants_pods` is as with `Session`.

    Raises `UsageError` for what never changes.
    """
    return Wanted(settings, wants_pods).watch()


def release_of(flag: str | None, told: str | None, why_not: str | None) -> Release:
    """The release of the flag, else that which the cluster told, else the newest."""
    from kubectl_gmg.model.release import DecidedBy, Release, number_of  # noqa: PLC0415

    if flag is not None and (number := number_of(flag)):
        return Release(number, DecidedBy.FLAG, "asked for with --product-version")
    if told is not None and (number := number_of(told)):
        return Release(number, DecidedBy.CRDS, "read off the installed CRDs")
    newest = Release()
    return replace(newest, why=f"{newest.why}; {why_not}") if why_not else newest


def generations_of(snapshot: Snapshot) -> set[str]:
    """The generations that objects of the product belong to; those of Kubernetes itself are no sign of any."""
    from kubectl_gmg.api import SERVICES  # noqa: PLC0415

    names = {(raw.ref.generation, raw.ref.kind) for raw in snapshot.objects}
    return {generation for generation, _ in names - SERVICES}


def without_strangers(snapshot: Snapshot) -> Snapshot:
    """The snapshot without objects of Kubernetes itself where there are no others: nobody asked for them."""
    if not snapshot.objects or generations_of(snapshot):
        return snapshot
    return replace(snapshot, objects=(), skipped=snapshot.skipped + len(snapshot.objects))


def nothing_found(snapshot: Snapshot) -> GmgError:
    """There is nothing to report on."""
    where = f"in context {snapshot.context}" if snapshot.context else "in the input"
    if snapshot.gaps:
        others = f" (and {len(snapshot.gaps) - 1} more)" if len(snapshot.gaps) > 1 else ""
        where += f" among what could be read; {snapshot.gaps[0].message}{others}"
    skipped = f" ({snapshot.skipped} objects of other kinds were skipped)" if snapshot.skipped else ""
    return SourceError(
        f"there are no Gloo Mesh Gateway objects {where}{skipped}",
        "name files with -f, another cluster with --context, or try --demo",
    )


def named_gateways(gateways: tuple[Gateway, ...], wanted: str, lacks: tuple[str, ...] = ()) -> tuple[Gateway, ...]:
    """The gateways that `[NS/]NAME` names; `lacks` says what was not read.

    Raises `NotFoundError` for none, or for two of one name.
    """
    from kubectl_gmg.resolve.unread import nothing_called  # noqa: PLC0415

    namespace, _, name = wanted.rpartition("/")
    found = tuple(each for each in gateways if each.ref.name == name and namespace in ("", each.ref.namespace))
    known = tuple(path_of(each.ref) for each in gateways)
    if not found:
        raise nothing_called(f"no gateway is called {wanted}", "use one of the candidates", lacks, known)
    if len({each.ref.namespace for each in found}) > 1:
        several = tuple(path_of(each.ref) for each in found)
        raise NotFoundError(f"several gateways are called {wanted}", "give the namespace too", candidates=several)
    return found


def path_of(ref: ObjectRef) -> str:
    """An object as people name it."""
    return f"{ref.namespace}/{ref.name}"

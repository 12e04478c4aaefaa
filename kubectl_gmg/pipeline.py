"""The stages of one run; each is made on first use and kept. Nothing is read before somebody asks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

from kubectl_gmg.errors import GmgError, NotFoundError, SourceError, UsageError

if TYPE_CHECKING:
    from kubectl_gmg.model.declared import Declared
    from kubectl_gmg.model.origin import ObjectRef
    from kubectl_gmg.model.release import Release
    from kubectl_gmg.model.resolved import Gateway, Resolved
    from kubectl_gmg.model.server import Server
    from kubectl_gmg.model.snapshot import Kind, Snapshot
    from kubectl_gmg.sources.cluster_contexts import Contexts
    from kubectl_gmg.sources.live import Connection, Reporting
    from kubectl_gmg.sources.watching import Watch
    from kubectl_gmg.sources.workloads import Limits
    from kubectl_gmg.views import About

GENERATIONS = ("auto", "v1beta1", "v2")


def read_stdin() -> bytes:
    """All of stdin."""
    return sys.stdin.buffer.read()


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shared flags say (`spec/cli.md` 2.1); times are in seconds."""

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    user: str | None = None
    server: str | None = None
    token: str | None = field(default=None, repr=False)
    certificate_authority: str | None = None
    tls_server_name: str | None = None
    insecure: bool = False
    as_user: str | None = None
    as_group: tuple[str, ...] = ()
    as_uid: str | None = None
    read_namespaces: tuple[str, ...] = ()
    namespace: str | None = None
    all_namespaces: bool = False
    selector: str | None = None
    filename: tuple[str, ...] = ()
    recursive: bool = False
    overlay: bool = False
    demo: bool = False
    workload_context: tuple[tuple[str, str], ...] = ()
    no_workload_contexts: bool = False
    generation: str = "auto"
    product_version: str | None = None
    gateway: str | None = None
    request_timeout: float = 10.0
    deadline: float = 60.0
    chunk_size: int = 500
    stream: bool = False
    require_complete: bool = False
    watch: bool = False
    output: str | None = None
    no_headers: bool = False
    color: str = "auto"
    ascii: bool = False
    width: int | None = None
    quiet: bool = False
    verbose: int = 0
    stdin: Callable[[], bytes] = field(default=read_stdin, compare=False)
    say: Callable[[str], None] = field(default=silent, compare=False)
    waiting: Callable[[str], None] = field(default=silent, compare=False)


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
        found = without_strangers(self._given or self._read())
        for note in found.notes:
            self.settings.say(note)
        if found.skipped:
            self.settings.say(f"{found.skipped} objects of other kinds were skipped")
        if not found.objects:
            raise nothing_found(found)
        return found

    def _read(self) -> Snapshot:
        from kubectl_gmg.api import KINDS, WORKLOADS  # noqa: PLC0415 - nothing is imported before it is needed

        settings = self.settings
        kinds = tuple(each for each in KINDS if settings.generation in ("auto", each.generation))
        if settings.demo:
            from kubectl_gmg.sources import demo  # noqa: PLC0415

            return demo.read(kinds, settings.generation)
        if not settings.filename:
            return self._clusters(kinds)
        given = tuple(dict.fromkeys((*kinds, *WORKLOADS)))
        if not settings.overlay:
            return self._files(given, settings.namespace)
        from kubectl_gmg.sources import overlay  # noqa: PLC0415

        live = self._clusters(kinds)
        return overlay.replaced(live, self._files(kinds, settings.namespace or live.namespace))

    def _files(self, kinds: tuple[Kind, ...], namespace: str | None) -> Snapshot:
        from kubectl_gmg.sources import files  # noqa: PLC0415

        settings = self.settings
        return files.read(
            settings.filename, recursive=settings.recursive, namespace=namespace, kinds=kinds, stdin=settings.stdin
        )

    def _clusters(self, kinds: tuple[Kind, ...]) -> Snapshot:
        """The cluster of the context, beside it those of `--workload-context`, then those whose contexts are found."""
        settings, report = self.settings, report_of(self.settings)
        if not settings.workload_context:
            found = self._live(kinds, report)
        else:
            from kubectl_gmg.sources import workloads  # noqa: PLC0415

            shared = workloads.one_at_a_time(report)
            clusters = {name: connection_to(context, settings) for name, context in settings.workload_context}
            found = workloads.beside(lambda: self._live(kinds, shared), clusters, self._workload_limits(shared))
        contexts = self._found(found)
        if not (contexts.named or contexts.asking):
            return found
        from kubectl_gmg.sources import workloads  # noqa: PLC0415

        return workloads.after(found, contexts, self._workload_limits(report))

    def _workload_limits(self, report: Reporting) -> Limits:
        from kubectl_gmg.api import WORKLOADS  # noqa: PLC0415
        from kubectl_gmg.sources.workloads import Limits  # noqa: PLC0415

        wanted = tuple(kind for kind in WORKLOADS if self.wants_pods or not kind.labels_only)
        return Limits(wanted, self.settings.deadline or None, self.settings.read_namespaces, report)

    def _live(self, kinds: tuple[Kind, ...], report: Reporting) -> Snapshot:
        from kubectl_gmg.api import RELEASED  # noqa: PLC0415
        from kubectl_gmg.sources import live  # noqa: PLC0415

        settings = self.settings
        return live.read(
            connection_of(settings),
            kinds,
            deadline=settings.deadline or None,
            namespaces=settings.read_namespaces,
            report=report,
            released=RELEASED if RELEASED in kinds else None,
        )

    def watch(self) -> Watch:
        """What reads all this, and then again whenever it changes; see `watch_of`."""
        from kubectl_gmg.api import KINDS, RELEASED, WORKLOADS  # noqa: PLC0415
        from kubectl_gmg.sources import watched, workloads  # noqa: PLC0415

        settings = self.settings
        kinds = tuple(each for each in KINDS if settings.generation in ("auto", each.generation))
        given = kinds if settings.overlay else tuple(dict.fromkeys((*kinds, *WORKLOADS)))
        files = watched.Files(settings.filename, settings.recursive, lambda space: self._files(given, space))
        if settings.filename and not settings.overlay:
            return watched.files(files, settings.namespace)
        limits = self._workload_limits(workloads.one_at_a_time(report_of(settings)))
        reading = watched.Reading(connection_of(settings), limits.deadline, limits.namespaces, limits.report)
        named = {name: connection_to(context, settings) for name, context in settings.workload_context}
        clusters = watched.Clusters(
            watched.WatchedCluster(reading, kinds, RELEASED if RELEASED in kinds else None),
            watched.fleet(named, reading, limits),
            watched.FoundFleet(lambda: self._found(clusters.named_state), reading, limits),
        )
        return watched.clusters(clusters, files if settings.overlay else None, settings.namespace)

    def _found(self, snapshot: Snapshot) -> Contexts:
        """The contexts of registered clusters, and said which."""
        contexts = contexts_for(snapshot, self.settings)
        if contexts.said:
            self.settings.say(contexts.said)
        return contexts

    @cached_property
    def server(self) -> Server:
        """What the cluster serves, and which release decides; reads no object."""
        from kubectl_gmg.api import KINDS, RELEASED  # noqa: PLC0415
        from kubectl_gmg.sources import server  # noqa: PLC0415

        settings = self.settings
        kinds = (RELEASED, *(kind for kind in KINDS if kind.group))
        deadline = settings.deadline or None
        found = server.ask(connection_of(settings), kinds, deadline=deadline, report=report_of(settings))
        concerned = settings.product_version or RELEASED.generation in dict(found.served or ())
        if not concerned:
            return found
        decided = release_of(settings.product_version, found.product_version, None)
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
        """What all gateways serve."""
        from kubectl_gmg.resolve import resolve  # noqa: PLC0415

        return resolve(self.declared)

    @cached_property
    def resolved(self) -> Resolved:
        """What the gateways serve that the user asked about. Raises `NotFoundError` for an unknown `--gateway`."""
        wanted = self.settings.gateway
        if wanted is None:
            return self.everything
        from kubectl_gmg.resolve.unread import routing_not_read  # noqa: PLC0415

        lacks = routing_not_read(self.declared, ("VirtualGateway",), wanted.rpartition("/")[0])
        return replace(self.everything, gateways=named_gateways(self.everything.gateways, wanted, lacks))

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
    if settings.demo:
        raise UsageError("the built-in example never changes, so it cannot be watched", "leave out --watch")
    if "-" in settings.filename:
        raise UsageError("stdin is read once, so it cannot be watched", "name files with -f, or leave out --watch")
    session = Session(settings)
    session.wants_pods = wants_pods
    return session.watch()


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


def connection_of(settings: Settings) -> Connection:
    """Which cluster to read, as whom, and with what patience."""
    from kubectl_gmg.sources.live import Connection  # noqa: PLC0415

    told = {each.name for each in fields(Settings)}
    return Connection(**{each.name: getattr(settings, each.name) for each in fields(Connection) if each.name in told})


def connection_to(context: str, settings: Settings) -> Connection:
    """How to read the cluster of another context: as it logs in, since the flags' own login is for one cluster only."""
    from kubectl_gmg.sources import cluster_contexts  # noqa: PLC0415

    return cluster_contexts.connection_to(context, connection_of(settings))


def contexts_for(snapshot: Snapshot, settings: Settings) -> Contexts:
    """The contexts that obviously belong to registered clusters of what was read, unless that is turned off."""
    from kubectl_gmg.api.registered import registered  # noqa: PLC0415
    from kubectl_gmg.sources.cluster_contexts import NO_CONTEXTS, contexts_of  # noqa: PLC0415

    names = () if settings.no_workload_contexts else registered(snapshot)
    return contexts_of(names, connection_of(settings), dict(settings.workload_context)) if names else NO_CONTEXTS


def report_of(settings: Settings) -> Reporting:
    """Whom to tell about requests: with `-v` each is a remark."""
    from kubectl_gmg.sources.live import Reporting  # noqa: PLC0415

    return Reporting(settings.say if settings.verbose else silent, settings.waiting)


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

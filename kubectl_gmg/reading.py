"""Which sources the shared flags mean, and how they come together (`spec/cli.md` 2.1).

What to read is decided here; how it is done stands in `sources`. Nothing of that is imported before it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from kubectl_gmg.errors import UsageError
from kubectl_gmg.settings import Settings, silent

if TYPE_CHECKING:
    from kubectl_gmg.model.server import Server
    from kubectl_gmg.model.snapshot import Kind, Snapshot
    from kubectl_gmg.sources.cluster_contexts import Contexts
    from kubectl_gmg.sources.live import Connection, Reporting
    from kubectl_gmg.sources.watching import Watch
    from kubectl_gmg.sources.workloads import Limits


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that a command is to read: what the flags say, and the labels of Pods only where it wants them."""

    settings: Settings
    pods: bool = False

    def read(self) -> Snapshot:
        """The objects as they are now. Raises `SourceError` where a source cannot be read at all."""
        settings = self.settings
        kinds = kinds_of(settings)
        if settings.demo:
            from kubectl_gmg.sources import demo  # noqa: PLC0415

            return demo.read(kinds, settings.generation)
        if not settings.filename:
            return self._clusters(kinds)
        if not settings.overlay:
            return read_files(settings, with_workloads(kinds), settings.namespace)
        from kubectl_gmg.sources import overlay  # noqa: PLC0415

        live = self._clusters(kinds)
        return overlay.replaced(live, read_files(settings, kinds, settings.namespace or live.namespace))

    def _clusters(self, kinds: tuple[Kind, ...]) -> Snapshot:
        """The cluster of the context, beside it those of `--workload-context`, then those whose contexts are found."""
        settings, report = self.settings, report_of(self.settings)
        if not settings.workload_context:
            found = read_cluster(settings, kinds, report)
        else:
            from kubectl_gmg.sources import workloads  # noqa: PLC0415

            shared = workloads.one_at_a_time(report)
            limits = self._workload_limits(shared)
            found = workloads.beside(lambda: read_cluster(settings, kinds, shared), named_clusters(settings), limits)
        contexts = contexts_for(found, settings)
        if not (contexts.named or contexts.asking):
            return found
        from kubectl_gmg.sources import workloads  # noqa: PLC0415

        return workloads.after(found, contexts, self._workload_limits(report))

    def _workload_limits(self, report: Reporting) -> Limits:
        from kubectl_gmg.api import NAMESPACE, WORKLOADS  # noqa: PLC0415
        from kubectl_gmg.sources.workloads import Limits  # noqa: PLC0415

        kinds = tuple(kind for kind in WORKLOADS if self.pods or not kind.labels_only)
        settings = self.settings
        return Limits(kinds, settings.deadline or None, settings.read_namespaces, report, if_needed=(NAMESPACE,))

    def watch(self) -> Watch:
        """What reads all this, and then again whenever it changes. Raises `UsageError` for what never changes."""
        settings = self.settings
        require_changing(settings)
        from kubectl_gmg.sources import watched, workloads  # noqa: PLC0415

        kinds = kinds_of(settings)
        given = kinds if settings.overlay else with_workloads(kinds)
        files = watched.Files(settings.filename, settings.recursive, lambda space: read_files(settings, given, space))
        if settings.filename and not settings.overlay:
            return watched.files(files, settings.namespace)
        limits = self._workload_limits(workloads.one_at_a_time(report_of(settings)))
        reading = watched.Reading(connection_of(settings), limits.deadline, limits.namespaces, limits.report)
        clusters = watched.Clusters(
            watched.WatchedCluster(reading, kinds, released_in(kinds)),
            watched.fleet(named_clusters(settings), reading, limits),
            watched.FoundFleet(lambda: contexts_for(clusters.named_state, settings), reading, limits),
            limits,
        )
        return watched.clusters(clusters, files if settings.overlay else None, settings.namespace)


def require_changing(settings: Settings) -> None:
    """Raises `UsageError` for what never changes."""
    if settings.demo:
        raise UsageError("the built-in example never changes, so it cannot be watched", "leave out --watch")
    if "-" in settings.filename:
        raise UsageError("stdin is read once, so it cannot be watched", "name files with -f, or leave out --watch")


def kinds_of(settings: Settings) -> tuple[Kind, ...]:
    """The kinds of the generation that was asked for."""
    from kubectl_gmg.api import KINDS  # noqa: PLC0415

    return tuple(each for each in KINDS if settings.generation in ("auto", each.generation))


def with_workloads(kinds: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """The same with those of Kubernetes that belong to managed clusters: files may hold objects of any cluster."""
    from kubectl_gmg.api import WORKLOADS  # noqa: PLC0415

    return tuple(dict.fromkeys((*kinds, *WORKLOADS)))


def released_in(kinds: tuple[Kind, ...]) -> Kind | None:
    """The kind whose definition tells the release of the product, if that is among what is read."""
    from kubectl_gmg.api import RELEASED  # noqa: PLC0415

    return RELEASED if RELEASED in kinds else None


def read_files(settings: Settings, kinds: tuple[Kind, ...], namespace: str | None) -> Snapshot:
    """The objects of `-f`; those without a namespace belong to the one given."""
    from kubectl_gmg.sources import files  # noqa: PLC0415

    return files.read(
        settings.filename, recursive=settings.recursive, namespace=namespace, kinds=kinds, stdin=settings.stdin
    )


def read_cluster(settings: Settings, kinds: tuple[Kind, ...], report: Reporting) -> Snapshot:
    """The objects of the cluster of the context."""
    from kubectl_gmg.sources import live  # noqa: PLC0415

    return live.read(
        connection_of(settings),
        kinds,
        deadline=settings.deadline or None,
        namespaces=settings.read_namespaces,
        report=report,
        released=released_in(kinds),
    )


def ask_server(settings: Settings) -> Server:
    """What the cluster serves; reads no object."""
    from kubectl_gmg.api import KINDS, RELEASED  # noqa: PLC0415
    from kubectl_gmg.sources import server  # noqa: PLC0415

    kinds = (RELEASED, *(kind for kind in KINDS if kind.group))
    return server.ask(connection_of(settings), kinds, deadline=settings.deadline or None, report=report_of(settings))


def connection_of(settings: Settings) -> Connection:
    """Which cluster to read, as whom, and with what patience."""
    from kubectl_gmg.sources.live import Connection  # noqa: PLC0415

    told = {each.name for each in fields(Settings)}
    return Connection(**{each.name: getattr(settings, each.name) for each in fields(Connection) if each.name in told})


def named_clusters(settings: Settings) -> dict[str, Connection]:
    """How to read the clusters of `--workload-context`."""
    from kubectl_gmg.sources.cluster_contexts import connection_to  # noqa: PLC0415

    connection = connection_of(settings)
    return {name: connection_to(context, connection) for name, context in settings.workload_context}


def contexts_for(snapshot: Snapshot, settings: Settings) -> Contexts:
    """The contexts that obviously belong to registered clusters of what was read, and said which; or turned off."""
    from kubectl_gmg.api.registered import registered  # noqa: PLC0415
    from kubectl_gmg.sources.cluster_contexts import NO_CONTEXTS, contexts_of  # noqa: PLC0415

    names = () if settings.no_workload_contexts else registered(snapshot)
    if not names:
        return NO_CONTEXTS
    found = contexts_of(names, connection_of(settings), dict(settings.workload_context))
    if found.said:
        settings.say(found.said)
    return found


def report_of(settings: Settings) -> Reporting:
    """Whom to tell about requests: with `-v` each is a remark."""
    from kubectl_gmg.sources.live import Reporting  # noqa: PLC0415

    return Reporting(settings.say if settings.verbose else silent, settings.waiting)

"""Services and Pods of clusters besides that of the context (`--workload-context`, `spec/cli.md` 2.1).

Such a cluster adds to what destinations are compared with, and never stops a run: one that cannot be read is a gap.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from kubectl_gmg import kube
from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube import Connection, Reporting
from kubectl_gmg.kube.kubeconfig import choose
from kubectl_gmg.model.snapshot import Extent, Gap, GapReason, Kind, RawObject, Snapshot
from kubectl_gmg.sources.live import KindList, Reader
from kubectl_gmg.sources.parallel import collector_off, in_parallel

CLUSTERS = 8
"""Clusters that are read at once, that of the context included."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for each cluster: which kinds, how long (seconds), where if not everywhere, and whom to tell."""

    kinds: tuple[Kind, ...]
    deadline: float | None = None
    namespaces: tuple[str, ...] = ()
    report: Reporting = field(default_factory=Reporting)


@dataclass(frozen=True, slots=True)
class Workloads:
    """What one cluster brought: objects that say they are its own, where it was read completely, and what was not."""

    cluster: str
    objects: tuple[RawObject, ...] = ()
    read: Mapping[str, Extent] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()


def beside(main: Callable[[], Snapshot], clusters: Mapping[str, Connection], limits: Limits) -> Snapshot:
    """What `main` reads, and beside it the Services and Pods of `clusters`, all at once.

    Raises what `main` raises, and `SourceError` or `UsageError` where a kubeconfig has no such context; this before
    anything is read.
    """
    for connection in clusters.values():
        choose(connection)
    snapshots: list[Snapshot] = []
    found: dict[str, Workloads] = {}

    def run(cluster: str | None) -> None:
        if cluster is None:
            snapshots.append(main())
        else:
            found[cluster] = read(cluster, clusters[cluster], limits)

    with collector_off():
        in_parallel(run, (None, *clusters), CLUSTERS)
    return joined(snapshots[0], [found[cluster] for cluster in clusters])


def joined(snapshot: Snapshot, workloads: Sequence[Workloads]) -> Snapshot:
    """All of it; an object of the context's own cluster that was read under a name as well counts once."""
    own = {identity(each) for each in snapshot.objects}
    more = (each for part in workloads for each in part.objects if identity(each) not in own)
    return replace(
        snapshot,
        objects=(*snapshot.objects, *more),
        gaps=(*snapshot.gaps, *(gap for part in workloads for gap in part.gaps)),
        elsewhere={part.cluster: part.read for part in workloads},
    )


def identity(raw: RawObject) -> tuple[object, ...]:
    """What an object is in whatever cluster it is read; without a `uid` it is only where it was read."""
    uid = raw.body["metadata"].get("uid")
    ref = raw.ref if not isinstance(uid, str) else replace(raw.ref, cluster="")
    return ref, uid if isinstance(uid, str) else None


def read(cluster: str, connection: Connection, limits: Limits) -> Workloads:
    """The objects of one cluster; whatever goes wrong is a gap."""
    until = None if limits.deadline is None else time.monotonic() + limits.deadline
    try:
        with kube.connect(connection, limits.report) as client:
            reader = Reader(client, until, limits.namespaces or (client.access.namespace,))
            return found_in(cluster, in_parallel(reader.read, limits.kinds, len(limits.kinds)))
    except SourceError as error:
        said = f"cluster {cluster}: {limits.kinds[0].name}: {error.message}; {error.hint}"
        return Workloads(cluster, gaps=(gap(limits.kinds[0], cluster, GapReason.UNAUTHORIZED, said),))


def found_in(cluster: str, lists: Sequence[KindList]) -> Workloads:
    """What the lists of a cluster hold; a cause that holds for several kinds is told once."""
    told: dict[GapReason, Gap] = {}
    for each in lists:
        for one in each.gaps:
            told.setdefault(one.reason, replace(one, cluster=cluster, message=f"cluster {cluster}: {one.message}"))
        if not each.installed:
            said = f"cluster {cluster}: {each.kind.name}: the server knows no such kind; is it an API server?"
            told.setdefault(GapReason.MALFORMED, gap(each.kind, cluster, GapReason.MALFORMED, said))
    return Workloads(
        cluster,
        tuple(replace(raw, ref=replace(raw.ref, cluster=cluster)) for each in lists for raw in each.objects),
        {each.kind.resource: each.extent for each in lists if each.installed},
        tuple(told.values()),
    )


def gap(kind: Kind, cluster: str, reason: GapReason, said: str) -> Gap:
    """A kind that could not be read in a cluster."""
    return Gap(reason, said, kind.affects, kind=kind.name, cluster=cluster)


def one_at_a_time(report: Reporting) -> Reporting:
    """The same, for several clusters: each of them takes turns only with itself."""
    lock = Lock()

    def turn(tell: Callable[[str], None]) -> Callable[[str], None]:
        def told(text: str) -> None:
            with lock:
                tell(text)

        return told

    return Reporting(turn(report.trace), turn(report.waiting))

"""Services, Pods and Namespaces of clusters besides that of the context (`spec/cli.md` 2.1).

They are those of `--workload-context`, read beside it, and those whose contexts `cluster_contexts` found, read `after`
it, since it names them. Such a cluster adds to what destinations are compared with, and never stops a run: one that
cannot be read is a gap.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Event, Lock, Thread

from kubectl_gmg import kube
from kubectl_gmg.errors import GmgError
from kubectl_gmg.kube import Connection, Reporting
from kubectl_gmg.kube.kubeconfig import choose
from kubectl_gmg.model.snapshot import Extent, Gap, GapReason, Kind, RawObject, Snapshot
from kubectl_gmg.sources.cluster_contexts import Contexts
from kubectl_gmg.sources.live import KindList, Reader
from kubectl_gmg.sources.parallel import collector_off, in_parallel

CLUSTERS = 8
"""Clusters that are read at once, that of the context included."""
PATIENCE = 3.0
"""Seconds for all clusters together that nobody named: one that is gone must not slow every run down."""
GRACE = 0.5
"""Seconds more, in which a cluster that is too slow may say itself what it is slow at."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for each cluster: which kinds, how long (seconds), where if not everywhere, and whom to tell.

    `if_needed` are kinds that are read only where objects of the context's cluster need them.
    """

    kinds: tuple[Kind, ...]
    deadline: float | None = None
    namespaces: tuple[str, ...] = ()
    report: Reporting = field(default_factory=Reporting)
    if_needed: tuple[Kind, ...] = ()

    def more(self, snapshot: Snapshot) -> tuple[Kind, ...]:
        """The kinds that turn out to be needed."""
        return tuple(kind for kind in self.if_needed if kind.is_needed(snapshot.objects))


@dataclass(frozen=True, slots=True)
class Workloads:
    """What one cluster brought: objects that say they are its own, where it was read completely, and what was not."""

    cluster: str
    objects: tuple[RawObject, ...] = ()
    read: Mapping[str, Extent] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()


def beside(main: Callable[[], Snapshot], clusters: Mapping[str, Connection], limits: Limits) -> Snapshot:
    """What `main` reads, and beside it the Services and Pods of `clusters`, all at once; then what is needed besides.

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
        more = replace(limits, kinds=limits.more(snapshots[0]))
        answered = [cluster for cluster in clusters if more.kinds and answers(found[cluster])]
        further = in_parallel(lambda cluster: read(cluster, clusters[cluster], more), answered, CLUSTERS)
    return joined(snapshots[0], [*(found[cluster] for cluster in clusters), *further])


def answers(part: Workloads) -> bool:
    """Whether a cluster can be asked for more; a right that is lacking may be lacking for one kind alone."""
    return all(each.reason is GapReason.FORBIDDEN for each in part.gaps)


def after(snapshot: Snapshot, contexts: Contexts, limits: Limits) -> Snapshot:
    """The snapshot with what clusters hold whose contexts were found, all read at once and within `PATIENCE`.

    What was read of the context's own cluster is known under its registered names too, and not read again.
    """
    limits = replace(limits, kinds=(*limits.kinds, *limits.more(snapshot)))
    wanted = {kind.resource for kind in limits.kinds}
    seen = {name: extent for name, extent in snapshot.read.items() if name in wanted}
    own = [Workloads(cluster, read=seen) for cluster in contexts.own if seen]
    asking = [Workloads(cluster, gaps=(unasked(cluster, name, limits),)) for cluster, name in contexts.asking.items()]
    with collector_off():
        return joined(snapshot, [*own, *in_time(contexts.others, limits), *asking])


def unasked(cluster: str, context: str, limits: Limits) -> Gap:
    """That a cluster was not read, since its login has to ask a person something."""
    kind = limits.kinds[0]
    said = f"cluster {cluster}: {kind.name}: not read, since the login of context {context} wants to ask you something"
    hint = f"read it with --workload-context {cluster}={context}"
    return gap(kind, cluster, GapReason.NOT_READ, f"{said}; {hint}")


def in_time(clusters: Mapping[str, Connection], limits: Limits) -> list[Workloads]:
    """What each cluster brings; one that is not done in time, whatever holds it up, is a gap."""
    seconds = min(PATIENCE, limits.deadline or PATIENCE)
    over = Event()
    hasty = replace(limits, deadline=seconds, report=until(over, one_at_a_time(limits.report)))
    found: SimpleQueue[Workloads | BaseException] = SimpleQueue()
    room = BoundedSemaphore(CLUSTERS)

    def run(cluster: str) -> None:
        try:
            with room:
                found.put(read(cluster, impatient(clusters[cluster], seconds), hasty))
        except BaseException as error:  # noqa: BLE001 - it is raised where the results are waited for
            found.put(error)

    for cluster in clusters:
        Thread(target=run, args=(cluster,), name=f"read-{cluster}", daemon=True).start()
    done = {each.cluster: each for each in arriving(found, len(clusters), seconds + GRACE)}
    over.set()
    empty = {cluster: Workloads(cluster, gaps=(late(cluster, limits.kinds[0]),)) for cluster in clusters.keys() - done}
    return [advised({**done, **empty}[name], clusters[name].context, seconds) for name in clusters]


def arriving(found: SimpleQueue[Workloads | BaseException], count: int, seconds: float) -> Iterator[Workloads]:
    """What comes within so many seconds, `count` at most. Raises what any reading raised."""
    end = time.monotonic() + seconds
    for _ in range(count):
        try:
            each = found.get(timeout=max(end - time.monotonic(), 0))
        except Empty:
            return
        if isinstance(each, BaseException):
            raise each
        yield each


def impatient(connection: Connection, seconds: float) -> Connection:
    """The same, with no request longer than so many seconds."""
    return replace(connection, request_timeout=min(connection.request_timeout or seconds, seconds))


def late(cluster: str, kind: Kind) -> Gap:
    """That a cluster did not even fail in time."""
    return gap(kind, cluster, GapReason.TIMEOUT, "")


def advised(part: Workloads, context: str | None, seconds: float) -> Workloads:
    """The same, but where time was too short it says what gives more: the limit is ours, not that of a flag."""
    said = f"not read within {seconds:g} s; --workload-context {part.cluster}={context} waits for longer"
    gaps = [
        replace(each, message=f"cluster {part.cluster}: {each.kind}: {said}")
        if each.reason is GapReason.TIMEOUT
        else each
        for each in part.gaps
    ]
    return replace(part, gaps=tuple(gaps))


def until(over: Event, report: Reporting) -> Reporting:
    """The same, until nobody waits any more."""

    def unless_over(tell: Callable[[str], None]) -> Callable[[str], None]:
        return lambda text: None if over.is_set() else tell(text)

    return Reporting(unless_over(report.trace), unless_over(report.waiting))


def joined(snapshot: Snapshot, workloads: Sequence[Workloads]) -> Snapshot:
    """All of it; an object of the context's own cluster that was read under a name as well counts once."""
    own = {identity(each) for each in snapshot.objects}
    more = (each for part in workloads for each in part.objects if identity(each) not in own)
    elsewhere = dict(snapshot.elsewhere)
    for part in workloads:
        elsewhere[part.cluster] = {**elsewhere.get(part.cluster, {}), **part.read}
    return replace(
        snapshot,
        objects=(*snapshot.objects, *more),
        gaps=(*snapshot.gaps, *(gap for part in workloads for gap in part.gaps)),
        elsewhere=elsewhere,
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
    except GmgError as error:
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

"""Services, Pods and Namespaces of other clusters that are watched beside that of the context.

Such a cluster never stops a watch: one that cannot be read is a gap, and is looked for again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Event as Flag
from threading import Thread

from kubectl_gmg import kube
from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube.kubeconfig import choose
from kubectl_gmg.model.snapshot import GapReason, Kind, Snapshot
from kubectl_gmg.sources import workloads
from kubectl_gmg.sources.cluster_contexts import NO_CONTEXTS, Contexts
from kubectl_gmg.sources.parallel import in_parallel
from kubectl_gmg.sources.watched_cluster import Kinds, Reading, reader_of
from kubectl_gmg.sources.watching import Part
from kubectl_gmg.sources.workloads import Limits, Workloads


class Member:
    """One other cluster. `ready` is set once it was read, or could not be."""

    def __init__(self, cluster: str, reading: Reading, kinds: Sequence[Kind]) -> None:
        self.ready = Flag()
        self.kinds: Kinds | None = None
        self._cluster = cluster
        self._reading = reading
        self._wanted = kinds
        self._closed = Flag()
        self._refused = "no answer yet; it is waited for"
        self._reason = GapReason.TIMEOUT

    def run(self, tell: Callable[[], None]) -> None:
        """Read it, and watch it from then on; a login that does not work is tried again. For a thread of its own."""
        try:
            while not self._begin(tell):
                self.ready.set()
                if self._reading.pace.wait(self._closed, self._reading.pace.polled):
                    return
            if self.ready.is_set():
                tell()
        finally:
            self.ready.set()

    def _begin(self, tell: Callable[[], None]) -> bool:
        try:
            client = kube.connect(self._reading.connection, self._reading.report)
        except SourceError as error:
            self._refused, self._reason = f"{error.message}; {error.hint}", GapReason.UNAUTHORIZED
            return False
        kinds = Kinds(self._reading, client, tell)
        kinds.add(in_parallel(reader_of(self._reading, client).read, self._wanted, len(self._wanted)))
        client.hush()
        self.kinds = kinds
        if self._closed.is_set():
            kinds.stop()
        return True

    def stop(self) -> None:
        """End all threads and connections."""
        self._closed.set()
        if self.kinds is not None:
            self.kinds.stop()

    def watch_also(self, more: Iterable[Kind]) -> None:
        """Read and watch these kinds too, if it can be read."""
        if self.kinds is not None:
            reader = self.kinds.reader()
            self.kinds.add([reader.read(kind) for kind in more if not self.kinds.known(kind)])

    @property
    def trouble(self) -> str:
        """What is wrong now."""
        said = self.kinds.trouble if self.kinds else ""
        return f"cluster {self._cluster}: {said}" if said else ""

    @property
    def state(self) -> Workloads:
        """What `workloads.read` would bring now."""
        if self.kinds is not None:
            return workloads.found_in(self._cluster, self.kinds.state())
        first = self._wanted[0]
        said = f"cluster {self._cluster}: {first.name}: {self._refused}"
        return Workloads(self._cluster, gaps=(workloads.gap(first, self._cluster, self._reason, said),))


class WatchedFleet(Part):
    """Some clusters, read all at once; what is not there within `patience` seconds comes as a change later."""

    def __init__(self, clusters: Mapping[str, Reading], kinds: Sequence[Kind], patience: float | None = None) -> None:
        self._clusters = clusters
        self._kinds = kinds
        self._patience = patience
        self._members: list[Member] = []
        self._ends: float | None = None

    def start(self, tell: Callable[[], None]) -> None:
        """Begin to read them, which `state` waits for.

        Raises `SourceError` or `UsageError` where a kubeconfig has no such context.
        """
        for reading in self._clusters.values():
            choose(reading.connection)
        self._ends = None if self._patience is None else time.monotonic() + self._patience
        self._members = [Member(name, reading, self._kinds) for name, reading in self._clusters.items()]
        for number, each in enumerate(self._members):
            Thread(target=each.run, args=(tell,), name=f"cluster-{number}", daemon=True).start()

    def watch_also(self, more: Sequence[Kind]) -> None:
        """Read and watch these kinds too, which objects of the context's cluster have come to need."""
        if more:
            self._await()
            for each in self._members:
                each.watch_also(more)

    def stop(self) -> None:
        """End all threads and connections."""
        for each in self._members:
            each.stop()

    @property
    def trouble(self) -> str:
        """What is wrong now."""
        return "; ".join(filter(None, (each.trouble for each in self._members)))

    @property
    def state(self) -> list[Workloads]:
        """What was read of each, or why it was not."""
        self._await()
        return [each.state for each in self._members]

    def _await(self) -> None:
        for each in self._members:
            each.ready.wait(None if self._ends is None else max(0.0, self._ends - time.monotonic()))


class FoundFleet(Part):
    """The clusters whose contexts are found once the cluster of the context was read; later ones are not looked for."""

    def __init__(self, find: Callable[[], Contexts], reading: Reading, limits: Limits) -> None:
        """`reading` says how each is read, but for its connection."""
        self._find = find
        self._reading = reading
        self._limits = limits
        self._contexts = NO_CONTEXTS
        self._fleet = WatchedFleet({}, ())

    def start(self, tell: Callable[[], None]) -> None:
        """Find them, and read them with the patience that clusters get which nobody named."""
        self._contexts = self._find()
        seconds = min(workloads.PATIENCE, self._limits.deadline or workloads.PATIENCE)
        hasty = {
            name: replace(self._reading, connection=workloads.impatient(connection, seconds), deadline=seconds)
            for name, connection in self._contexts.others.items()
        }
        self._fleet = WatchedFleet(hasty, self._limits.kinds, seconds + workloads.GRACE)
        self._fleet.start(tell)

    def stop(self) -> None:
        """End all threads and connections."""
        self._fleet.stop()

    @property
    def trouble(self) -> str:
        """What is wrong now."""
        return self._fleet.trouble

    def beside(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what these clusters hold, as `workloads.after` would bring it."""
        self._fleet.watch_also(self._limits.more(snapshot))
        found = workloads.joined(snapshot, self._fleet.state)
        return workloads.after(found, replace(self._contexts, others={}), self._limits)

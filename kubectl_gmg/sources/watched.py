"""What a watch consists of: files, a cluster with others beside it, or files laid over a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from kubectl_gmg.kube import Connection
from kubectl_gmg.model.snapshot import Snapshot, SourceType
from kubectl_gmg.sources import overlay, workloads
from kubectl_gmg.sources.watched_cluster import Reading, WatchedCluster
from kubectl_gmg.sources.watched_files import WatchedFiles
from kubectl_gmg.sources.watched_fleet import FoundFleet, WatchedFleet
from kubectl_gmg.sources.watching import Watch
from kubectl_gmg.sources.workloads import Limits

__all__ = ["Clusters", "Files", "FoundFleet", "Reading", "WatchedCluster", "clusters", "files", "fleet"]


@dataclass(frozen=True, slots=True)
class Files:
    """Which files, and how to read them where objects without a namespace belong to a given one."""

    paths: Sequence[str]
    recursive: bool
    read: Callable[[str | None], Snapshot]


@dataclass(frozen=True, slots=True)
class Clusters:
    """The cluster of the context, those that the user named, and those whose contexts are found, within `limits`."""

    main: WatchedCluster
    named: WatchedFleet
    found: FoundFleet
    limits: Limits

    @property
    def named_state(self) -> Snapshot:
        """What was read without those that are found."""
        own = self.main.state
        self.named.watch_also(self.limits.more(own))
        fleet_state = self.named.state
        return workloads.joined(own, fleet_state) if fleet_state else own

    @property
    def state(self) -> Snapshot:
        """What was read of all."""
        return self.found.beside(self.named_state)


def fleet(named: Mapping[str, Connection], reading: Reading, limits: Limits) -> WatchedFleet:
    """The clusters that the user named."""
    return WatchedFleet({name: replace(reading, connection=each) for name, each in named.items()}, limits.kinds)


def files(given: Files, namespace: str | None) -> Watch:
    """A watch of files alone."""
    part = WatchedFiles(given.paths, lambda: given.read(namespace), recursive=given.recursive)
    return Watch((part,), lambda: part.state)


def clusters(given: Clusters, laid_over: Files | None, namespace: str | None) -> Watch:
    """A watch of clusters, with files laid over them if there are any."""
    parts = (given.named, given.main, given.found)
    if laid_over is None:
        return Watch(parts, lambda: given.state)

    def usable() -> Snapshot:
        found = laid_over.read(namespace or given.main.state.namespace)
        overlay.replaced(Snapshot(SourceType.LIVE, ()), found)  # raises what laying them over a cluster will raise
        return found

    part = WatchedFiles(laid_over.paths, usable, recursive=laid_over.recursive)
    return Watch((*parts, part), lambda: overlay.replaced(given.state, part.state))

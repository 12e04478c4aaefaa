"""Objects on their way into the model: one reader for each, closed when it has been read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from operator import attrgetter
from typing import TypeVar

from kubectl_gmg.api.field import Field, Reader
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import EVERYWHERE, Extent, Kind, RawObject, Snapshot

T = TypeVar("T")

BY_REF = attrgetter("ref.namespace", "ref.name", "ref.kind", "ref.generation", "ref.cluster")
"""The order of references; comparing tuples is far cheaper than asking the references themselves."""


class Reading:
    """One object: its name, and cursors at its top, metadata, spec and status."""

    __slots__ = ("metadata", "reader", "ref", "root", "spec", "status")

    def __init__(self, raw: RawObject) -> None:
        self.ref: ObjectRef = raw.ref
        self.reader = Reader(raw.ref)
        self.root = self.reader.root(raw.body)
        self.root.named("apiVersion", "kind")
        self.metadata: Field = self.root["metadata"]
        self.spec: Field = self.root["spec"]
        self.status: Field = self.root["status"]


class Readings:
    """The objects of one generation, and all that was noted while they were read."""

    def __init__(self, snapshot: Snapshot, generation: str) -> None:
        self.problems: list[Problem] = []
        self._objects: defaultdict[str, list[RawObject]] = defaultdict(list)
        for raw in snapshot.objects:
            if raw.ref.generation == generation:
                self._objects[raw.ref.kind].append(raw)

    def of(self, kind: Kind, lower: Callable[[Reading], T | None]) -> tuple[T, ...]:
        """Every object of `kind`, lowered; those that `lower` passes over are left out."""
        found: list[T] = []
        for raw in sorted(self._objects[kind.name], key=BY_REF):
            reading = Reading(raw)
            lowered = lower(reading)
            if lowered is not None:
                found.append(lowered)
            self.problems.extend(reading.reader.close(except_below=("metadata", "status")))
        return tuple(found)


def extent(snapshot: Snapshot, kind: Kind) -> Extent:
    """Where a kind of routing was read completely.

    One that is not installed, or not among the files, has no objects, unless a gap may hide some.
    """
    hidden = any(gap.kind in (None, kind.name) for gap in snapshot.gaps)
    return snapshot.extent(kind) if hidden or kind.resource in snapshot.read else EVERYWHERE

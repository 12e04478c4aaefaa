"""What was read: raw objects, and what could not be read (`spec/cli.md` 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.source import SourceType as SourceType  # noqa: PLC0414 - most know it from here


class GapReason(StrEnum):
    """Why something is not in the snapshot."""

    FORBIDDEN = "forbidden"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    MALFORMED = "malformed"
    NOT_PROVIDED = "notProvided"
    NOT_READ = "notRead"


class Affects(StrEnum):
    """What may be wrong or missing in an answer because of a gap."""

    ROUTES = "routes"
    DELEGATION = "delegation"
    ATTACHMENT = "attachment"
    DESTINATIONS = "destinations"
    POLICIES = "policies"
    WORKSPACES = "workspaces"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read or was not given; never the same as "not there"."""

    reason: GapReason
    message: str
    affects: tuple[Affects, ...]
    kind: str | None = None
    cluster: str | None = None
    namespace: str | None = None
    file: str | None = None


class Place(Protocol):
    """Where in a file an object stands; asked for lines only when something is printed."""

    @property
    def file(self) -> str:
        """The name of the file as the user gave it."""

    def line(self, path: tuple[str | int, ...]) -> int | None:
        """The line, from 1, of the value that `path` leads to, or of the nearest value above it."""


@dataclass(frozen=True, slots=True, eq=False)
class RawObject:
    """One object as it was read; `body` is never edited."""

    ref: ObjectRef
    body: Mapping[str, Any]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that some generation claims, always addressed as `plural.group` (`spec/v1beta1.md` 1).

    `affects` says what an answer lacks when this kind cannot be read. Of a kind that is `labels_only` nothing but names
    and labels is kept. Objects of a kind that is not `namespaced` are in no namespace. `needed_by` says whether it is
    to be read at all beside other objects; nobody pays for a request that tells nothing.
    """

    group: str
    version: str
    name: str
    plural: str
    generation: str
    affects: tuple[Affects, ...]
    labels_only: bool = False
    namespaced: bool = True
    needed_by: Callable[[Iterable[RawObject]], bool] | None = field(default=None, compare=False, repr=False)

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}".lstrip("/")

    @property
    def resource(self) -> str:
        """The unambiguous name of the kind on an API server."""
        return f"{self.plural}.{self.group}".rstrip(".")

    def is_needed(self, objects: Iterable[RawObject]) -> bool:
        """Whether it is to be read beside these objects."""
        return self.needed_by is None or self.needed_by(objects)


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a kind was read completely: in these namespaces, or with None in all of them.

    Only there may an object of that kind be called missing (`spec/v1beta1.md` D-27).
    """

    namespaces: frozenset[str] | None = frozenset()

    @property
    def complete(self) -> bool:
        """Whether everything was read, so that anything not seen is not there."""
        return self.namespaces is None

    def covers(self, namespace: str) -> bool:
        """Whether everything in `namespace` was read."""
        return self.namespaces is None or namespace in self.namespaces


EVERYWHERE = Extent(None)
NOWHERE = Extent()


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All that was read; every `ObjectRef` once.

    `read` says by resource name (`Kind.resource`) where a kind was read completely; a kind that is not in it was not.
    `elsewhere` says the same of each cluster that was read besides that of the context.
    `skipped` counts objects of kinds that no generation claims. `notes` are remarks for stderr. `release` is what the
    cluster says of the product's release (`2.4`), None if it does not tell, and `release_why` says why. `texts` holds
    the files by their names. `made_from` is what a snapshot was made from (None for any other source), and `redacted`
    what was replaced in it.
    """

    type: SourceType
    objects: tuple[RawObject, ...]
    gaps: tuple[Gap, ...] = ()
    read: Mapping[str, Extent] = field(default_factory=dict)
    context: str | None = None
    files: tuple[str, ...] = ()
    namespace: str | None = None
    skipped: int = 0
    notes: tuple[str, ...] = ()
    release: str | None = None
    release_why: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    elsewhere: Mapping[str, Mapping[str, Extent]] = field(default_factory=dict)
    made_from: SourceType | None = None
    redacted: tuple[str, ...] = ()
    _lines: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False)
    _by_ref: dict[ObjectRef, RawObject] = field(default_factory=dict, init=False, repr=False)

    @property
    def origin(self) -> SourceType:
        """Where the objects came from in the first place: a snapshot means what its source meant."""
        return self.made_from or self.type

    def extent(self, kind: Kind) -> Extent:
        """Where `kind` was read completely."""
        return self.read.get(kind.resource, NOWHERE)

    def find(self, ref: ObjectRef) -> RawObject | None:
        """The object that `ref` names."""
        if not self._by_ref and self.objects:
            self._by_ref.update({each.ref: each for each in self.objects})
        return self._by_ref.get(ref)

    def lines_of(self, file: str) -> list[str]:
        """The lines of a file; none of one whose text is not known."""
        if file not in self._lines:
            self._lines[file] = self.texts.get(file, "").split("\n")
        return self._lines[file]

    def excerpt(self, file: str, line: int | None) -> str | None:
        """A line of a file, counted from 1; None where there is none."""
        lines = self.lines_of(file)
        return lines[line - 1].rstrip("\r") if line is not None and 0 < line <= len(lines) else None

    def locate(self, origin: Origin) -> tuple[str | None, int | None]:
        """The file and line of a field; both None for live objects."""
        found = self.find(origin.ref)
        if found is None or found.place is None:
            return None, None
        return found.place.file, found.place.line(origin.path)

"""What one kind of a cluster brought: its objects, in which order, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_gmg.kube import ForbiddenError, Page, RequestError
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import EVERYWHERE, Extent, Gap, GapReason, Kind, RawObject
from kubectl_gmg.sources.trimmed import trimmed

ADVICE = {
    GapReason.FORBIDDEN: "ask for the rights that the README lists",
    GapReason.UNAUTHORIZED: "log in again",
    GapReason.TIMEOUT: "try a longer --request-timeout or --deadline, or a smaller --chunk-size",
    GapReason.UNREACHABLE: "try again",
    GapReason.MALFORMED: "kubectl get --raw shows the answer",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A list that was not read, or not to its end; `namespace` is None for the list of all namespaces."""

    error: RequestError
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class KindList:
    """What one kind brought.

    `namespaces` are those read one by one, since listing all of them is forbidden; None where that was not needed.
    `nameless` counts items that are no object with a name; `mixed` says that the list changed while it was read.
    `versions` are those that a watch goes on from, by namespace, None for the list of all; a list without one has none.
    `stale` says that all this may be out of date.
    """

    kind: Kind
    objects: tuple[RawObject, ...] = ()
    nameless: int = 0
    installed: bool = True
    mixed: bool = False
    namespaces: tuple[str, ...] | None = None
    failures: tuple[Failure, ...] = ()
    versions: Mapping[str | None, str] = field(default_factory=dict)
    stale: Gap | None = None

    @property
    def extent(self) -> Extent:
        """Where the kind was read completely; a nameless item may belong anywhere."""
        if self.nameless:
            return Extent()
        if self.namespaces is None:
            return Extent() if self.failures else EVERYWHERE
        return Extent(frozenset(self.namespaces) - {each.namespace for each in self.failures if each.namespace})

    @property
    def answered(self) -> bool:
        """Whether any list of the kind was read to its end."""
        return self.extent != Extent() or bool(self.objects or self.nameless)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read of the kind, and what to do about it."""
        seen = self.extent.namespaces
        found = [
            self._gap(each.error.reason, self._said(each), each.namespace)
            for each in self.failures
            if seen or each.namespace is None or not isinstance(each.error, ForbiddenError)
        ]
        if self.nameless:
            found.append(
                self._gap(GapReason.MALFORMED, f"{self.nameless} items in its list are no objects with a name")
            )
        return (*found, self.stale) if self.stale else tuple(found)

    def _said(self, failure: Failure) -> str:
        if not isinstance(failure.error, ForbiddenError):
            return f"not read completely: {failure.error}"
        if failure.namespace is not None:
            return f"listing it in namespace {failure.namespace} is forbidden"
        if not self.kind.namespaced:
            return "listing it is forbidden"
        if seen := sorted(self.extent.namespaces or ()):
            return f"listing it in all namespaces is forbidden; only {', '.join(seen)} was read"
        return f"listing it is forbidden, in all namespaces and in {', '.join(self.namespaces or ())}"

    def _gap(self, reason: GapReason, said: str, namespace: str | None = None) -> Gap:
        message = f"{self.kind.name}: {said}; {ADVICE[reason]}"
        return Gap(reason, message, self.kind.affects, kind=self.kind.name, namespace=namespace)


class Listing:
    """The pages of one list as they come.

    The version is that of the first page: parts of a list that changed meanwhile may be as old as that.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.objects: dict[ObjectRef, RawObject] = {}
        self.nameless = 0
        self.mixed = False
        self._version = ""

    def add(self, page: Page) -> None:
        """Add a page, or start again with it."""
        if page.fresh:
            self.objects.clear()
            self.nameless = 0
            self._version = ""
        self.mixed |= page.mixed
        self._version = self._version or page.version
        for item in page.items:
            raw = raw_of(item, self.kind)
            if raw is None:
                self.nameless += 1
            else:
                self.objects[raw.ref] = raw

    def result(self, failures: tuple[Failure, ...]) -> KindList:
        """All that came, in the order of the store, which a watch keeps too."""
        return KindList(
            self.kind,
            tuple(sorted(self.objects.values(), key=place_of)),
            self.nameless,
            mixed=self.mixed,
            failures=failures,
            versions={None: self._version} if self._version and not failures else {},
        )


def place_of(raw: RawObject) -> str:
    """Where in the order of the store an object stands among those of its kind."""
    return f"{raw.ref.namespace}/{raw.ref.name}"


def raw_of(item: Any, kind: Kind) -> RawObject | None:
    """An item of a list, or the object of an event; None if it has no name.

    `managedFields`, a fifth of everything, are dropped at once. Lists of Kubernetes' own kinds leave out what kind
    their items are, which events of the same objects tell.
    """
    ref = ref_of(item, kind)
    if ref is None:
        return None
    item["metadata"].pop("managedFields", None)
    if "kind" not in item or "apiVersion" not in item:
        item = {"apiVersion": kind.api_version, "kind": kind.name, **item}
    return RawObject(ref, trimmed(item, kind))


def ref_of(item: Any, kind: Kind) -> ObjectRef | None:
    """The name of an object; None if it has none."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict):
        return None
    name, namespace = metadata.get("name"), metadata.get("namespace", "")
    if not isinstance(name, str) or not name or not isinstance(namespace, str):
        return None
    return ObjectRef(namespace, name, kind.name, kind.generation)

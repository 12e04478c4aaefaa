"""Snapshots that `kubectl gmg snapshot` wrote, read again (`spec/cli.md` 5.5).

The first document says what surrounded the objects, the last one that nothing was cut off. All of it may have been
edited, so that nothing is believed before its type was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, NoReturn, TypeVar

from kubectl_gmg.errors import SourceError, UsageError
from kubectl_gmg.model.snapshot import (
    EVERYWHERE,
    NOWHERE,
    Affects,
    Extent,
    Gap,
    GapReason,
    Kind,
    RawObject,
    Snapshot,
    SourceType,
)
from kubectl_gmg.sources.nodes import shown
from kubectl_gmg.sources.objects import READ_IN, TAKEN_IN, collect, refuse_twice
from kubectl_gmg.sources.text import Document, fault

GROUP = "gmg/"
API_VERSION = f"{GROUP}v1"
KIND = "Snapshot"
END = "SnapshotEnd"
ALL = "all"
"""What stands for all namespaces."""

SOURCES = (SourceType.LIVE, SourceType.FILES, SourceType.OVERLAY, SourceType.DEMO)
AGAIN = "make the snapshot again with: kubectl gmg snapshot"

E = TypeVar("E", bound=Enum)
Path = tuple[str | int, ...]


def is_snapshot(documents: Sequence[Document]) -> bool:
    """Whether any of these documents is the beginning of a snapshot, of whatever version."""
    return any(_is(each, KIND) for each in documents)


def refuse_company(documents: Sequence[Document], file: str) -> None:
    """Raise `UsageError` if a snapshot is among what is read together with other files."""
    if is_snapshot(documents):
        hint = "give it as the only -f; to compare, run the command once for each source"
        raise UsageError(f"{file} is a snapshot, which is read alone: it says what was read and what was not", hint)


def restored(documents: Sequence[Document], file: str, text: str, kinds: Sequence[Kind]) -> Snapshot:
    """The snapshot in these documents as it was when it was written, as far as `kinds` are concerned.

    Raises `SourceError` for one that is cut off, that was made by a newer program, or whose first document is broken.
    """
    header = Header(documents[0])
    header.require_known()
    objects = _objects_between(documents, header)
    found = collect(((each.content, each) for each in objects), kinds, restored=True)
    raws = tuple(map(_without_marks, found.objects))
    refuse_twice(raws)
    resources = {each.resource for each in kinds}
    read = _only(header.extents(("read",)), resources)
    return Snapshot(
        type=SourceType.SNAPSHOT,
        objects=raws,
        gaps=tuple(each for each in header.gaps() if _concerns(each, kinds, read)),
        read=read,
        context=header.optional("context"),
        files=(file,),
        namespace=header.optional("namespace"),
        notes=header.texts(("notes",)),
        release=header.optional("productVersion"),
        release_why=header.optional("productVersionReason"),
        texts={file: text},
        elsewhere={
            name: _only(header.extents(("elsewhere", name)), resources) for name in header.mapping(("elsewhere",))
        },
        made_from=header.choice(("source",), SOURCES),
        redacted=header.texts(("redacted",)),
    )


class Header:
    """The first document, asked for one value after the other; each question raises `SourceError` for a wrong type."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._content: Any = document.content

    def require_known(self) -> None:
        """Raise unless this is the beginning of a snapshot that this program knows how to read."""
        if not _is(self._document, KIND):
            problem = "a snapshot begins with its document of kind Snapshot, which stands further down here"
            raise fault(self._document.file, self._document.line(()), problem, AGAIN)
        version = self._content["apiVersion"]
        if version != API_VERSION:
            problem = f"this snapshot is of version {shown(version)}; this program reads {API_VERSION}"
            raise fault(self._document.file, self._document.line(("apiVersion",)), problem, "use a newer kubectl gmg")

    def value(self, path: Path) -> Any:
        """What stands at a path of the document; None if there is nothing."""
        found = self._content
        for step in path:
            found = found.get(step) if isinstance(found, dict) else found[step]
        return found

    def optional(self, name: str) -> str | None:
        """A text, or None."""
        return None if self.value((name,)) is None else self.text((name,))

    def text(self, path: Path) -> str:
        """A text."""
        found = self.value(path)
        return found if isinstance(found, str) else self._wrong(path, "a text")

    def texts(self, path: Path) -> tuple[str, ...]:
        """A list of texts; none if there is nothing."""
        return tuple(self.text((*path, place)) for place in range(len(self.items(path))))

    def items(self, path: Path) -> list[Any]:
        """A list; an empty one if there is nothing."""
        found = self.value(path)
        if found is None:
            return []
        return found if isinstance(found, list) else self._wrong(path, "a list")

    def mapping(self, path: Path) -> Mapping[str, Any]:
        """A mapping; an empty one if there is nothing."""
        found = self.value(path)
        if found is None:
            return {}
        return found if isinstance(found, dict) else self._wrong(path, "a mapping")

    def count(self, name: str) -> int:
        """A number of things."""
        found = self.value((name,))
        if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
            return found
        return self._wrong((name,), "a number of objects")

    def choice(self, path: Path, known: Sequence[E]) -> E:
        """One of several words."""
        word = self.text(path)
        found = next((each for each in known if each.value == word), None)
        return found or self._wrong(path, f"one of {', '.join(str(each.value) for each in known)}")

    def extents(self, path: Path) -> dict[str, Extent]:
        """Where kinds were read completely: in `all` namespaces, or in a list of them."""
        return {
            name: EVERYWHERE if written == ALL else Extent(frozenset(self.texts((*path, name))))
            for name, written in self.mapping(path).items()
        }

    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read."""
        return tuple(self._gap(("gaps", place)) for place in range(len(self.items(("gaps",)))))

    def _gap(self, path: Path) -> Gap:
        written = self.mapping(path)
        named = {
            name: None if written.get(name) is None else self.text((*path, name))
            for name in ("kind", "cluster", "namespace", "file")
        }
        affects = tuple(
            self.choice((*path, "affects", place), tuple(Affects))
            for place in range(len(self.items((*path, "affects"))))
        )
        reason = self.choice((*path, "reason"), tuple(GapReason))
        return Gap(reason, self.text((*path, "message")), affects, **named)

    def _wrong(self, path: Path, wanted: str) -> NoReturn:
        name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
        problem = f"{shown(name)[1:-1]} of the snapshot must be {wanted}, not {shown(self.value(path))}"
        raise fault(self._document.file, self._document.line(path), problem, AGAIN)


def _is(document: Document, kind: str) -> bool:
    content = document.content
    if not isinstance(content, dict) or content.get("kind") != kind:
        return False
    version = content.get("apiVersion")
    return isinstance(version, str) and version.startswith(GROUP)


def _objects_between(documents: Sequence[Document], header: Header) -> Sequence[Document]:
    """The documents of objects. Raises `SourceError` unless there are as many as there were, and the end is there."""
    objects = documents[1:-1]
    last, promised = documents[-1], header.count("objects")
    if any(_is(each, KIND) or _is(each, END) for each in objects):
        hint = "give one snapshot, or run the command once for each"
        raise SourceError(f"{last.file}: this is more than one snapshot in one stream", hint, at=last.file)
    if len(documents) > 1 and _is(last, END) and len(objects) == promised:
        return objects
    there = len(objects) if _is(last, END) else len(documents) - 1
    what = "its end is missing" if there == promised else f"it held {promised} objects, and {there} are here"
    problem = f"the snapshot is cut off: {what}"
    raise fault(last.file, last.line(()), problem, "copy the whole file; nothing of it was used")


def _concerns(gap: Gap, kinds: Sequence[Kind], read: Mapping[str, Extent]) -> bool:
    """Whether a gap is about one of `kinds`; of two of one name it is that which was not read completely."""
    alike = [each.resource for each in kinds if each.name == gap.kind]
    return gap.kind is None or any(gap.cluster or not read.get(each, NOWHERE).complete for each in alike)


def _without_marks(raw: RawObject) -> RawObject:
    """The object without the annotations that only snapshots have."""
    metadata = raw.body["metadata"]
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict) or annotations.keys().isdisjoint((READ_IN, TAKEN_IN)):
        return raw
    kept = {name: value for name, value in annotations.items() if name not in (READ_IN, TAKEN_IN)}
    rest = {name: value for name, value in metadata.items() if name != "annotations"}
    return replace(raw, body={**raw.body, "metadata": {**rest, "annotations": kept} if kept else rest})


def _only(extents: Mapping[str, Extent], resources: set[str]) -> dict[str, Extent]:
    return {name: extent for name, extent in extents.items() if name in resources}

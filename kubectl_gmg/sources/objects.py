"""Documents as objects of our kinds, the same for every source: lists are opened, foreign kinds are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_gmg.errors import SourceError
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import Kind, Place, RawObject
from kubectl_gmg.sources.nodes import shown
from kubectl_gmg.sources.text import printable
from kubectl_gmg.sources.trimmed import trimmed

CLUSTER = "cluster.solo.io/cluster"
READ_IN = "gmg/cluster"
"""The annotation that tells in a snapshot which cluster an object was read in, if not that of the context."""
TAKEN_IN = "gmg/namespace"
"""The annotation that tells in a snapshot which namespace an object is in that says none."""
DEFAULT_NAMESPACE = "default"
MAX_LISTS = 20

Path = tuple[str | int, ...]
Written = tuple[Any, Place | None]


@dataclass(frozen=True, slots=True)
class Collected:
    """Objects of our kinds in the order read, how many others there were, and remarks for stderr."""

    objects: tuple[RawObject, ...] = ()
    skipped: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemPlace:
    """The place of an object inside of a list."""

    whole: Place
    prefix: Path

    @property
    def file(self) -> str:
        """The file of the list."""
        return self.whole.file

    def line(self, path: Path) -> int | None:
        """The line of `path` inside of the object."""
        return self.whole.line((*self.prefix, *path))


@dataclass(frozen=True, slots=True)
class _Typed:
    """A value that says, or whose list says for it, what it is."""

    body: Mapping[str, Any]
    place: Place | None
    api_version: str
    kind: str


def collect(
    written: Iterable[Written], kinds: Sequence[Kind], default_namespace: str | None = None, *, restored: bool = False
) -> Collected:
    """Turn values with their places into objects.

    The kind decides by group, version and name; an object of a known group and name in another version is left out
    with a note. Objects without a namespace get `default_namespace`, else `default` (`spec/cli.md` 2.1). The cluster
    is that of the annotation or label `cluster.solo.io/cluster` (`spec/v2.md` DEC-25), but objects that are `restored`
    from a snapshot say both by annotations of ours. Raises `SourceError` for what is no object, and for one of our
    kinds without a usable name.
    """
    known = {(each.group, each.version, each.name): each for each in kinds}
    versions = {(each.group, each.name): each.version for each in kinds}
    namespace = default_namespace or DEFAULT_NAMESPACE
    objects: list[RawObject] = []
    notes: dict[str, None] = {}
    skipped = 0
    for typed in _opened(written, known):
        group, _, version = typed.api_version.rpartition("/")
        kind = known.get((group, version, typed.kind))
        if kind is None:
            skipped += 1
            if (group, typed.kind) in versions:
                notes[_other_version(typed, versions[group, typed.kind])] = None
            continue
        ref = _ref(typed, kind, namespace, restored=restored)
        if kind.namespaced and not typed.body["metadata"].get("namespace"):
            notes[f"objects without a namespace are taken to be in {printable(namespace)}"] = None
        objects.append(RawObject(ref, trimmed(typed.body, kind), typed.place))
    return Collected(tuple(objects), skipped, tuple(notes))


def joined(parts: Sequence[Collected]) -> Collected:
    """All parts as one; raises `SourceError` if an object is given twice."""
    objects = last_of_each(tuple(each for part in parts for each in part.objects))
    refuse_twice(objects)
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    return Collected(objects, sum(part.skipped for part in parts), tuple(notes))


def last_of_each(objects: Sequence[RawObject]) -> tuple[RawObject, ...]:
    """The objects, of those in no namespace only the last of a name: many manifests bring the Namespace they need."""
    last = {each.ref: each for each in objects if not each.ref.namespace}
    return tuple(each for each in objects if last.get(each.ref, each) is each)


def refuse_twice(objects: Iterable[RawObject]) -> None:
    """Raise `SourceError` if two objects are the same by kind, generation, namespace, name and cluster."""
    first: dict[ObjectRef, RawObject] = {}
    for each in objects:
        other = first.setdefault(each.ref, each)
        if other is not each:
            before = _at(other.place)
            problem = f"{_name(each.ref)} is given twice" + (f", first at {before}" if before else "")
            raise _fault(each.place, (), problem, "give one of the two, or select fewer files")


def _name(ref: ObjectRef) -> str:
    cluster = f" of cluster {printable(ref.cluster)}" if ref.cluster else ""
    return printable(f"{ref.kind} {ref.namespace}/{ref.name}") + cluster


def _at(place: Place | None, path: Path = ()) -> str:
    return "" if place is None else f"{place.file}:{place.line(path) or 1}"


def _fault(place: Place | None, path: Path, problem: str, hint: str) -> SourceError:
    at = _at(place, path)
    return SourceError(f"{at}: {problem}" if at else problem, hint, at=at)


def _opened(written: Iterable[Written], known: Mapping[tuple[str, str, str], Kind]) -> Iterator[_Typed]:
    """Every value with its type, those in lists instead of the lists."""
    for body, place in written:
        yield from _unfolded(_typed(body, place, ("", "")), known, MAX_LISTS)


def _unfolded(typed: _Typed, known: Mapping[tuple[str, str, str], Kind], levels: int) -> Iterator[_Typed]:
    group, _, version = typed.api_version.rpartition("/")
    if not _is_list(typed) or (group, version, typed.kind) in known:
        yield typed
        return
    if not levels:
        raise _fault(typed.place, (), f"more than {MAX_LISTS} lists inside of each other", "is this the right file?")
    items = typed.body.get("items") or []
    if not isinstance(items, list):
        raise _fault(typed.place, ("items",), "the items of a List are no list", "correct the file there")
    kind = typed.kind.removesuffix("List")
    default = (typed.api_version, kind) if kind else ("", "")
    for index, item in enumerate(items):
        place = None if typed.place is None else ItemPlace(typed.place, ("items", index))
        yield from _unfolded(_typed(item, place, default), known, levels - 1)


def _is_list(typed: _Typed) -> bool:
    """Whether this holds other objects: `List`, or a kind called so that has items (and no spec of its own)."""
    return typed.kind == "List" or (typed.kind.endswith("List") and "items" in typed.body and "spec" not in typed.body)


def _typed(body: Any, place: Place | None, default: tuple[str, str]) -> _Typed:
    """`body` with its type; `default` is the one that its list gives to items without any, as API servers do."""
    if not isinstance(body, dict):
        hint = "a manifest holds objects with apiVersion, kind and metadata; several stand in documents or in a List"
        raise _fault(place, (), f"an object was expected here, not {_kind_of(body)}", hint)
    if "kind" not in body and "apiVersion" not in body and default[1]:
        return _Typed(body, place, *default)
    return _Typed(body, place, _type_field(body, "apiVersion", place), _type_field(body, "kind", place))


def _kind_of(body: Any) -> str:
    if isinstance(body, list):
        return "a list"
    return f"the text {shown(body)}" if isinstance(body, str) else f"the value {shown(body)}"


def _type_field(body: Mapping[str, Any], name: str, place: Place | None) -> str:
    found = body.get(name)
    if isinstance(found, str) and found:
        return found
    problem = f"{name} is no text but {shown(found)}" if name in body else f"{name} is missing"
    raise _fault(place, (name,), problem, "every object needs apiVersion and kind; leave files of other kinds out")


def _ref(typed: _Typed, kind: Kind, default_namespace: str, *, restored: bool) -> ObjectRef:
    metadata = typed.body.get("metadata")
    if not isinstance(metadata, dict):
        wrong = "metadata is no mapping" if "metadata" in typed.body else "metadata is missing"
        raise _fault(typed.place, ("metadata",), f"{kind.name}: {wrong}", "an object needs metadata with a name")
    name = _metadata_text(typed, metadata, ("name",))
    if not name:
        raise _fault(typed.place, ("metadata",), f"{kind.name}: metadata.name is missing", "give the object a name")
    unsaid = _metadata_text(typed, metadata, ("annotations", TAKEN_IN)) if restored else default_namespace
    namespace = (_metadata_text(typed, metadata, ("namespace",)) or unsaid) if kind.namespaced else ""
    places = (("annotations", READ_IN),) if restored else (("annotations", CLUSTER), ("labels", CLUSTER))
    cluster = next((found for path in places if (found := _metadata_text(typed, metadata, path))), "")
    return ObjectRef(namespace, name, kind.name, kind.generation, cluster)


def _metadata_text(typed: _Typed, metadata: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """The text that `path` leads to, empty if there is none."""
    found: Any = metadata
    for step in path:
        if not isinstance(found, dict):
            return ""  # labels of a wrong type say no cluster; lowering reports them
        found = found.get(step)
    if found is None or isinstance(found, str):
        return found or ""
    where = ".".join(("metadata", *path))
    raise _fault(typed.place, ("metadata", *path), f"{where} is no text but {shown(found)}", "put it in quotes")


def _other_version(typed: _Typed, known: str) -> str:
    at = _at(typed.place)
    since = f" (first: {at})" if at else ""
    what = printable(f"{typed.kind} of {typed.api_version}")
    return f"{what} is not read, only version {known} of it is{since}"

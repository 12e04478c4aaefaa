"""Everything that was read as a YAML stream that every command can read again (`spec/cli.md` 5.5).

`sources/snapshot_file.py` reads it. Nothing in it depends on the time, so that equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_gmg.api import KINDS, WORKLOADS
from kubectl_gmg.api.status import BY_KIND, COUNTS, LISTS, OWNERS, STATES
from kubectl_gmg.export.redaction import Redaction, redaction_of
from kubectl_gmg.export.secrets import Masks, taken_in, texts_in
from kubectl_gmg.export.yaml_stream import MARK, document
from kubectl_gmg.model.snapshot import Extent, Gap, RawObject, Snapshot
from kubectl_gmg.sources.objects import READ_IN, TAKEN_IN
from kubectl_gmg.sources.snapshot_file import ALL, API_VERSION, END, KIND

Json = dict[str, Any]

API_VERSIONS = {(each.generation, each.name): each.api_version for each in (*KINDS, *WORKLOADS)}

COMMENT = """\
# Everything that kubectl gmg read. To read it again: kubectl gmg routes -f FILE
# Look through it before you give it away; --redact names,hosts,paths replaces more.
"""
"""What the stream says to people."""

TOP = ("apiVersion", "kind", "metadata", "spec", "status")
"""The fields that objects have; what else stands there is nothing that a command interprets."""

METADATA = ("name", "namespace", "generation", "creationTimestamp", "labels")
"""The metadata that some answer depends on, apart from annotations."""

ANNOTATIONS = ("gmg/", "cluster.solo.io/")
"""What the annotations that some answer depends on begin with."""

STATUS = frozenset(
    (
        *(*LISTS, *COUNTS, *BY_KIND, *OWNERS, *STATES),
        *("common", "approval", "errors", "warnings", "observedGeneration"),
        *("appliedFederation", "selectedDestinations", "appliedVirtualMesh"),
        *("appliedIngressGateways", "loadBalancer"),
    )
)
"""What a status says that some answer depends on; a `message` is needed only where there is a state to explain."""

UNREMARKABLE = ("", "ACCEPTED")
"""States that need no explanation."""


@dataclass(frozen=True, slots=True)
class Written:
    """A snapshot to be written: its first document and its objects, free of secrets; `masked` says how many.

    `notes` say what it cannot hold.
    """

    header: Json
    objects: tuple[Json, ...]
    masked: int
    notes: tuple[str, ...] = ()

    def pieces(self) -> Iterator[str]:
        """The text of the stream, one document after the other. Raises `SourceError` for what cannot be read again."""
        yield COMMENT + document(self.header)
        for each in self.objects:
            yield document(each)
        yield document({"apiVersion": API_VERSION, "kind": END}).removesuffix("\n")  # who prints it ends the last line


def written(snapshot: Snapshot, redact: Sequence[str] = ()) -> Written:
    """All that was read, with secrets masked, and with `redact` (of `names`, `hosts`, `paths`) replaced."""
    kept, header = tuple(map(kept_of, snapshot.objects)), header_of(snapshot)
    masks = Masks(taken_in(texts_in([*kept, header])))
    bodies = tuple(masked(each, masks) for each in kept)
    redaction = redaction_of(redact, (header, {"clusters": list(snapshot.elsewhere)}, *bodies))
    if redaction is None:
        header = masked_header(header, masks)
        return Written({**header, "masked": masks.count}, bodies, masks.count, lost(snapshot))
    objects = tuple(map(redaction.document, bodies))  # first, since it tells what could not be replaced
    notes = (*lost(snapshot), *redaction.notes)
    return Written({**redacted_header(snapshot, redaction), "masked": masks.count}, objects, masks.count, notes)


def header_of(snapshot: Snapshot) -> Json:
    """The first document, but for the number of masked values."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "source": snapshot.origin.value,
        "complete": not snapshot.gaps,
        "objects": len(snapshot.objects),
        "context": snapshot.context,
        "namespace": snapshot.namespace,
        "productVersion": snapshot.release,
        "productVersionReason": snapshot.release_why,
        "redacted": list(snapshot.redacted),
        "notes": [*snapshot.notes, *lost(snapshot)],
        "gaps": list(map(gap, snapshot.gaps)),
        "read": extents(snapshot.read),
        "elsewhere": {name: extents(read) for name, read in snapshot.elsewhere.items()},
    }


def masked_header(header: Json, masks: Masks) -> Json:
    """The first document without what looks like a secret in what a server or a file was said to be wrong with."""
    return header | {
        "productVersionReason": masks.inside(header["productVersionReason"]),
        "notes": masks.inside(header["notes"]),
        "gaps": [each | {"message": masks.inside(each["message"])} for each in header["gaps"]],
    }


def redacted_header(snapshot: Snapshot, redaction: Redaction) -> Json:
    """The first document without what was asked to be replaced, and without texts that may name it."""
    header = redaction.document(header_of(snapshot))
    order = ("names", "hosts", "paths")
    done = {*snapshot.redacted, *redaction.parts}
    return header | {
        "productVersionReason": None if snapshot.release else snapshot.release_why and "the cluster did not say it",
        "redacted": [each for each in order if each in done],
        "notes": [*lost(snapshot), *redaction.notes],
        "read": extents(snapshot.read, redaction.name),
        "elsewhere": {redaction.name(name): extents(read, redaction.name) for name, read in snapshot.elsewhere.items()},
        "gaps": [
            each | {"message": f"{each['kind'] or 'a file'}: not read ({each['reason']})"} for each in header["gaps"]
        ],
    }


def lost(snapshot: Snapshot) -> tuple[str, ...]:
    """What the snapshot cannot hold."""
    if snapshot.origin is not snapshot.type or not any(MARK in text for text in snapshot.texts.values()):
        return ()
    return (f"comments that suppress findings (# {MARK}) are not in the snapshot: write annotations instead",)


def gap(lack: Gap) -> Json:
    """What could not be read."""
    named = {"kind": lack.kind, "cluster": lack.cluster, "namespace": lack.namespace, "file": lack.file}
    return {
        "reason": lack.reason.value,
        **named,
        "affects": [each.value for each in lack.affects],
        "message": lack.message,
    }


def extents(read: Mapping[str, Extent], called: Callable[[str], str] = str) -> Json:
    """Where kinds were read completely, with the namespaces as they are `called` in the snapshot."""
    return {
        name: ALL if extent.namespaces is None else sorted(map(called, extent.namespaces))
        for name, extent in sorted(read.items())
    }


def kept_of(raw: RawObject) -> Json:
    """An object as far as some answer depends on it."""
    body = raw.body
    found: Json = {"apiVersion": API_VERSIONS[raw.ref.generation, raw.ref.kind], "kind": raw.ref.kind}
    found["metadata"] = metadata_of(raw)
    for name in (each for each in body if each not in found):
        found[name] = status_of(body[name]) if name == "status" else body[name]
    return found


def metadata_of(raw: RawObject) -> Json:
    """The metadata that is kept, and in annotations where the object is as far as it does not say so itself."""
    written = raw.body["metadata"]
    found = {name: written[name] for name in METADATA if name in written}
    annotations = annotations_of(written.get("annotations"))
    if raw.ref.namespace and not written.get("namespace"):
        annotations[TAKEN_IN] = raw.ref.namespace
    if raw.ref.cluster:
        annotations[READ_IN] = raw.ref.cluster
    return found | ({"annotations": annotations} if annotations else {})


def annotations_of(written: Any) -> Json:
    """The annotations that are kept."""
    if not isinstance(written, dict):
        return {}
    kept = (name for name in written if name.startswith(ANNOTATIONS) and name not in (READ_IN, TAKEN_IN))
    return {name: written[name] for name in kept}


def status_of(status: Any) -> Any:
    """What is kept of a status; the blocks in it that say the state are statuses themselves."""
    if not isinstance(status, dict):
        return status
    states = [status.get(name) for name in ("state", "approval")]
    explained = any(isinstance(state, str) and state not in UNREMARKABLE for state in states)
    return {
        name: status_of(value) if name == "common" or (name in STATES and isinstance(value, dict)) else value
        for name, value in status.items()
        if name in STATUS or (name == "message" and explained)
    }


def masked(body: Json, masks: Masks) -> Json:
    """An object without what looks like a secret; of fields that objects do not have, only the name is kept."""
    found = {}
    for name, value in body.items():
        found[name] = masks.inside(value, name) if name in TOP else masks.whole(value)
    return found

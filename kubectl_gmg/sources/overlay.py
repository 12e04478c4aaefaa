"""`--overlay`: the objects of a cluster as they would be once those of some files were applied (`spec/cli.md` 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kubectl_gmg.errors import SourceError, UsageError
from kubectl_gmg.model.snapshot import RawObject, Snapshot, SourceType
from kubectl_gmg.sources.objects import last_of_each, refuse_twice


def replaced(live: Snapshot, files: Snapshot) -> Snapshot:
    """The live objects, those of the same identity replaced by the ones from files, new ones behind them.

    What replaces an object keeps the live `creationTimestamp` and `status`: applying a manifest changes neither. Its
    origins have a file and a line, which those of live objects have not. Whatever cluster a file names, its objects
    are applied to that of the context. Raises `SourceError` if they give nothing to use, or one object twice.
    """
    if files.type is SourceType.SNAPSHOT:
        hint = "leave --overlay out to read the snapshot alone, or give -f manifests to lay over the cluster"
        raise UsageError("a snapshot is a whole cluster by itself, so it cannot be laid over another one", hint)
    if not files.objects:
        raise SourceError("the files of --overlay hold no Gloo Mesh Gateway objects", "are these the right files?")
    own = tuple(RawObject(replace(each.ref, cluster=""), each.body, each.place) for each in files.objects)
    written = last_of_each(own)
    refuse_twice(written)
    given = {each.ref: each for each in written}
    known = {each.ref for each in live.objects}
    old = tuple(as_applied(given[each.ref], each) if each.ref in given else each for each in live.objects)
    new = tuple(each for each in written if each.ref not in known)
    return replace(
        live,
        type=SourceType.OVERLAY,
        objects=(*old, *new),
        gaps=(*live.gaps, *files.gaps),
        # An object of any kind may stand in a broken file: then nothing is known completely.
        read={} if files.gaps else live.read,
        files=files.files,
        texts=files.texts,
        skipped=files.skipped,
        notes=(*live.notes, *files.notes, said(len(written) - len(new), len(new))),
    )


def as_applied(written: RawObject, live: RawObject) -> RawObject:
    """The object of a file as the server would have it."""
    body = {name: value for name, value in written.body.items() if name != "status"}
    if "status" in live.body:
        body["status"] = live.body["status"]
    metadata: dict[str, Any] = dict(written.body["metadata"])
    metadata.pop("creationTimestamp", None)
    created = created_of(live.body)
    if created is not None:
        metadata["creationTimestamp"] = created
    return RawObject(written.ref, {**body, "metadata": metadata}, written.place)


def created_of(body: Mapping[str, Any]) -> Any:
    """When the server says that it was created."""
    return body["metadata"].get("creationTimestamp")


def said(changed: int, added: int) -> str:
    """What the files did, for stderr."""
    return f"the files replace {changed} live objects and add {added}"

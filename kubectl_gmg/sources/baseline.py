"""Baselines: files that list findings which are known and do not count (`spec/cli.md` 8.2)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kubectl_gmg.errors import SourceError
from kubectl_gmg.model.finding import Accepted
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.sources.text import decoded, documents, printable

MAX_BYTES = 64 * 1024**2
HINT = "write one with --write-baseline"
REFS = ("kind", "generation", "cluster", "namespace", "name")


def read(path: str) -> tuple[Accepted, ...]:
    """The entries of a baseline. Raises `SourceError` if the file cannot be read or is no baseline."""
    file = printable(path)
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{file}: {error.strerror or error}", HINT, at=file) from None
    if len(data) > MAX_BYTES:
        raise SourceError(f"{file}: larger than {MAX_BYTES // 1024**2} MiB", HINT, at=file)
    found = documents(decoded(data, file), file)
    content = found[0].content if len(found) == 1 else None
    if not isinstance(content, dict) or content.get("kind") != "Baseline":
        raise SourceError(f"{file}: this is no baseline", HINT, at=file)
    if content.get("apiVersion") != "gmg/v1" or not isinstance(content.get("items"), list):
        raise SourceError(f"{file}: this is no baseline of gmg/v1 with a list of items", HINT, at=file)
    return tuple(entry(item, f"{file}: items[{number}]") for number, item in enumerate(content["items"]))


def entry(item: Any, where: str) -> Accepted:
    """One entry. Raises `SourceError` if it is none."""
    ref = item.get("ref") if isinstance(item, dict) else None
    if not isinstance(ref, dict):
        raise SourceError(f"{where} names no object", HINT)
    code, field, fingerprint = (text_of(item, name, where) for name in ("code", "field", "fingerprint"))
    parts = {name: text_of(ref, name, where) for name in REFS}
    if not code or not fingerprint:
        raise SourceError(f"{where} has no {'fingerprint' if code else 'code'}", HINT)
    until = text_of(item, "until", where) or None
    return Accepted(code, ObjectRef(**parts), field, fingerprint, text_of(item, "reason", where), until)


def text_of(values: Any, name: str, where: str) -> str:
    """A text of an entry; empty if there is none. Raises `SourceError` for anything else."""
    found = values.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise SourceError(f"{where}: {name} is no text", HINT)
    return found


def write(path: str, accepted: Iterable[Accepted]) -> None:
    """Write a baseline. Raises `SourceError` if that fails."""
    items = [
        {
            "code": each.code,
            "ref": {name: getattr(each.ref, name) for name in REFS},
            "field": each.field,
            "fingerprint": each.fingerprint,
            "reason": each.reason,
            "until": each.until,
        }
        for each in accepted
    ]
    document = {"apiVersion": "gmg/v1", "kind": "Baseline", "items": items}
    try:
        Path(path).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        message = f"{printable(path)} cannot be written: {error.strerror or error}"
        raise SourceError(message, "name another file with --write-baseline") from None

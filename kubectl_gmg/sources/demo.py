"""The built-in example: the product guide's bookinfo routing before its last step (`spec/cli.md` 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files as resources

from kubectl_gmg.model.snapshot import EVERYWHERE, Kind, Snapshot, SourceType
from kubectl_gmg.sources.objects import collect
from kubectl_gmg.sources.text import decoded, documents


def read(kinds: Sequence[Kind]) -> Snapshot:
    """The example's objects. Its places name no file, as those of live objects do."""
    text = decoded(resources("kubectl_gmg.sources").joinpath("demo.yaml").read_bytes(), "demo.yaml")
    found = collect(((each.content, each) for each in documents(text, "demo.yaml")), kinds)
    present = {(raw.ref.generation, raw.ref.kind) for raw in found.objects}
    return Snapshot(
        type=SourceType.DEMO,
        objects=tuple(replace(raw, place=None) for raw in found.objects),
        read={kind.resource: EVERYWHERE for kind in kinds if (kind.generation, kind.name) in present},
    )

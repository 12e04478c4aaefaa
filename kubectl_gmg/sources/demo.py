"""The built-in examples (`spec/cli.md` 2.1).

That of the first generation is the product guide's bookinfo routing before its last step; that of the second has two
teams in workspaces of their own behind one gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files as resources

from kubectl_gmg.model.snapshot import EVERYWHERE, Kind, Snapshot, SourceType
from kubectl_gmg.sources.objects import collect
from kubectl_gmg.sources.text import decoded, documents

EXAMPLES = {"v2": "demo-v2.yaml"}
FIRST = "demo.yaml"


def read(kinds: Sequence[Kind], generation: str) -> Snapshot:
    """The example's objects. Its places name no file, as those of live objects do."""
    name = EXAMPLES.get(generation, FIRST)
    text = decoded(resources("kubectl_gmg.sources").joinpath(name).read_bytes(), name)
    found = collect(((each.content, each) for each in documents(text, name)), kinds)
    present = {(raw.ref.generation, raw.ref.kind) for raw in found.objects}
    return Snapshot(
        type=SourceType.DEMO,
        objects=tuple(replace(raw, place=None) for raw in found.objects),
        read={kind.resource: EVERYWHERE for kind in kinds if (kind.generation, kind.name) in present},
    )

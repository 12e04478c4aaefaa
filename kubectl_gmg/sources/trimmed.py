"""What is kept of objects that there are very many of: what their name and labels are, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_gmg.model.snapshot import Kind

KEPT = ("name", "namespace", "labels")
"""The metadata that is kept."""


def trimmed(body: Mapping[str, Any], kind: Kind) -> Mapping[str, Any]:
    """What is kept of an object with metadata, which is all of it unless its kind is `labels_only`."""
    if not kind.labels_only:
        return body
    metadata = {name: body["metadata"][name] for name in KEPT if name in body["metadata"]}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}

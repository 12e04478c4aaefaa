"""Where the generations live: each module claims kinds and lowers its objects into the one model."""

from __future__ import annotations

from kubectl_gmg.api import v1beta1
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.snapshot import Kind, Snapshot

KINDS: tuple[Kind, ...] = v1beta1.KINDS
"""Every kind that some generation claims."""


def lower(snapshot: Snapshot) -> Declared:
    """What the objects say, whatever generation they belong to."""
    return v1beta1.lower(snapshot)

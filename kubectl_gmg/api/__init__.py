"""Where the generations live: each module claims kinds and lowers its objects into the one model."""

from __future__ import annotations

from functools import reduce

from kubectl_gmg.api import kubernetes, v1beta1, v2
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.release import NEWEST_RELEASE, Release
from kubectl_gmg.model.snapshot import Kind, Snapshot

KINDS: tuple[Kind, ...] = (*v1beta1.KINDS, *v2.KINDS, *v2.SERVICES)
"""Every kind that some generation claims in the cluster of the context."""

NAMESPACE: Kind = v2.NAMESPACE
"""What has labels by which workspaces select, in every cluster."""

WORKLOADS: tuple[Kind, ...] = kubernetes.KINDS
"""Services and Pods: in files those that are given, and in other clusters what is asked for."""

RELEASED: Kind = v2.TABLE
"""The kind whose definition tells the release of the product, of the generation whose releases differ."""

LOWER = {v1beta1.GENERATION: v1beta1.lower, v2.GENERATION: v2.lower}
SERVICES = frozenset((kind.generation, kind.name) for kind in (*WORKLOADS, *v2.SERVICES))
"""What is no sign of a generation."""


def lower(snapshot: Snapshot, release: Release = NEWEST_RELEASE) -> Declared:
    """What the objects say, whatever generation they belong to.

    A generation of which nothing was read says nothing, but the first speaks where none does. Services, Pods and
    Namespaces of Kubernetes alone are no sign of a generation.
    """
    kinds = {(raw.ref.generation, raw.ref.kind) for raw in snapshot.objects} - SERVICES
    present = {generation for generation, _ in kinds} or {v1beta1.GENERATION}
    said = [read(snapshot, release) for generation, read in LOWER.items() if generation in present]
    return reduce(Declared.beside, said)

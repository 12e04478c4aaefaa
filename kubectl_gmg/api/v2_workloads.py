"""Which workloads within the mesh get the routes of a table (`spec/v2.md` 2.6, 4.4)."""

from __future__ import annotations

import json

from kubectl_gmg.api.field import Field
from kubectl_gmg.api.v2_selectors import object_selector, port_selector
from kubectl_gmg.model.declared import Labels

KUBE = "KUBE"
KINDS = (KUBE, "VM")
NOT_FOR_WORKLOADS = ("name", "namespace", "cluster", "workspace")
"""What a selector of workloads must leave empty: selecting by it is not supported, only labels count."""
Workloads = tuple[Labels, ...]
"""The labels that each entry wants; any of them is enough."""
ALL: Workloads = ((),)
NONE: Workloads = ()


def selected_workloads(spec: Field) -> Workloads | None:
    """The labels of every entry that selects anything; None where nothing is written, or an empty list."""
    entries = spec["workloadSelectors"]
    if not entries.value:
        return None
    return tuple(dict.fromkeys(labels for entry in entries if (labels := workload_labels(entry)) is not None))


def workload_labels(entry: Field) -> Labels | None:
    """The labels that one entry wants; None for one of a kind that may not stand here, and selects nothing (RT-07).

    What else is wanted of a workload has no effect: published tables have it, and mean that their labels count.
    """
    selector = entry["selector"]
    object_selector(selector)
    port_selector(entry["port"])
    for name in NOT_FOR_WORKLOADS:
        if selector.text_of(name):
            said = f"{name} is {selector.text_of(name)}, but a table selects workloads by their labels only"
            selector[name].problem("GMG129", f"{said}: this narrows nothing")
    return selector.pairs_of("labels") if is_allowed(entry["kind"]) else None


def is_allowed(kind: Field) -> bool:
    """Whether workloads of a kind may be selected: only pods may."""
    written = kind.text(KUBE)
    if written not in KINDS:
        kind.problem("GMG003", f"kind is {json.dumps(written)}; known are {', '.join(KINDS)}")
    elif written != KUBE:
        kind.problem("GMG129", f"kind is {written}, but a table can select workloads of kind {KUBE} only")
    return written == KUBE


def chosen_by_root(selected: Workloads | None, *, names_gateways: bool) -> Workloads:
    """The workloads that a table with hosts is for, by the table of 4.4; `()` among them means all."""
    if selected is not None:
        return selected
    return NONE if names_gateways else ALL


def narrowed_by_child(selected: Workloads | None) -> Workloads:
    """The workloads that the rules of a table are narrowed to; none at all where they are not."""
    return NONE if selected is None or () in selected else selected

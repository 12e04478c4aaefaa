"""Workloads within the mesh by their labels, and what people call them (`spec/v2.md` 4.4)."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.model.declared import Labels
from kubectl_gmg.model.resolved import Gateway

Workloads = tuple[Labels, ...]
"""The labels that workloads have, one entry for each alternative; `()` among them means all."""
MOST_ALTERNATIVES = 5
"""So many alternatives are written out for people; machine output has all of them."""
MOST_NAMED = 3
"""From so many importing workspaces on they are counted, not named."""


def covers(wide: Workloads, narrow: Workloads) -> bool:
    """Whether all workloads with the labels of the narrower selection have those of the wider one too.

    Without any labels on the narrower side, as at gateways, nothing is narrow.
    """
    if wide is narrow or () in wide:
        return True
    by_first: dict[tuple[str, str], list[Labels]] = {}
    for wanted in wide:
        by_first.setdefault(wanted[0], []).append(wanted)
    return all(selects((each for pair in labels for each in by_first.get(pair, ())), labels) for labels in narrow)


def selects(wanted: Iterable[Labels], labels: Labels) -> bool:
    """Whether a workload of these labels is selected."""
    has = set(labels)
    return any(has.issuperset(each) for each in wanted)


def called(gateway: Gateway) -> str:
    """What people call that which requests come in by: a gateway, or workloads."""
    if gateway.sidecars is None:
        return f"gateway {gateway.ref.namespace}/{gateway.ref.name}"
    of = f"workloads of {workspaces_words(gateway)}" if gateway.workspace else "workloads of the mesh"
    return of if () in gateway.sidecars else f"{of} with {labels_words(gateway.sidecars)}"


def workspaces_words(gateway: Gateway) -> str:
    """The workspaces whose workloads a gateway without an object stands for; only a few of them are named."""
    if not gateway.importing:
        return f"workspace {gateway.workspace}"
    if len(gateway.importing) >= MOST_NAMED:
        return f"workspace {gateway.workspace} and {len(gateway.importing)} that import from it"
    *others, last = (str(gateway.workspace), *gateway.importing)
    return f"workspaces {', '.join(others)} and {last}"


def labels_words(workloads: Iterable[Labels]) -> str:
    """Alternatives of labels, the first of them: `app=a,version=v1 or app=b`."""
    every = tuple(workloads)
    said = " or ".join(",".join(f"{key}={value}" for key, value in labels) for labels in every[:MOST_ALTERNATIVES])
    return f"{said} or {len(every) - MOST_ALTERNATIVES} more" if len(every) > MOST_ALTERNATIVES else said

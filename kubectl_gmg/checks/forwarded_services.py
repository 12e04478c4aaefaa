"""The Services that rules forward to, with what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.faulty_destinations import forwarding
from kubectl_gmg.model.action import Destination, DestinationKind
from kubectl_gmg.model.inventory import Inventory, Service
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.destination import service_of

Path = tuple[str, ...]
CLUSTER: tuple[Path, ...] = (("kubeService", "clusterName"), ("ref", "cluster"))
SUBSET: tuple[Path, ...] = (("kubeService", "subset"), ("subset",))
"""Where destinations have these fields."""


def forwarded(context: CheckContext) -> Iterator[tuple[Destination, Inventory]]:
    """Every Service that some rule names, without those of objects that no workspace reads.

    A destination that several rules have by default comes once for each of them.
    """
    for judge, rule, action in forwarding(context):
        ref = rule.origin.ref
        if context.tenancy(ref).owner(ref) is None:
            continue
        for each in action.destinations:
            if each.kind is DestinationKind.SERVICE and each.name:
                yield each, judge.inventory


def seen_service(context: CheckContext, destination: Destination, inventory: Inventory) -> Service | None:
    """The Service that a destination names, if it exists and the workspace of the rule's object sees it."""
    service = service_of(destination, inventory)
    if service is None:
        return None
    ref = destination.origin.ref
    tenancy = context.tenancy(ref)
    sees = tenancy.sees(tenancy.owner(ref), service.ref, service.labels, Shared.SERVICE)
    return service if sees else None


def field_of(context: CheckContext, destination: Destination, paths: tuple[Path, ...]) -> Origin:
    """The first of some fields that is written in a destination, else the destination."""
    for path in paths:
        origin = destination.origin
        for step in path:
            origin /= step
        if context.written(origin) is not None:
            return origin
    return destination.origin

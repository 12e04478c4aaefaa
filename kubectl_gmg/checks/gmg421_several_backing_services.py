"""A VirtualDestination that selects several Services of one cluster.

A VirtualDestination stands for one Service in each cluster. Where its selectors find more, the oldest one is used and
the others get no traffic, without any error in the routes: which one that is changes when the oldest is created anew.

Example:
    services: [{labels: {app: web}}]   # the Services web and web-canary both carry app: web

Fix:
    Make the selector find one Service in each cluster, by name or by a label that only it has.

Source:
    `spec/v2.md` 14.1 (rule 3) and 15.2 (SEM-20).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.inventory import VirtualDestination
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve.backing import Chosen, by_cluster, is_one_cluster, selected_services

MOST_NOTED = 5
"""Services that one finding names as places."""

TENANTS = ("Workspace", "WorkspaceSettings")
"""The kinds that say who sees a Service."""


@check("GMG421", v2=WARNING, rows=("SEM-20",), needs=("Service", *TENANTS))
def several_backing_services(context: CheckContext) -> Iterator[Problem]:
    """VirtualDestinations with more than one Service in a cluster, where it is known which of them they see."""
    if not context.lacking.isdisjoint(TENANTS):
        return
    for _, realm in context.declared.realms:
        for virtual in realm.inventory.virtual_destinations:
            chosen = selected_services(virtual, realm.inventory, context.tenancy(virtual.ref))
            for cluster, pairs in by_cluster(chosen).items():
                if len(pairs) > 1 and is_one_cluster(cluster, realm.inventory):
                    yield problem(virtual, cluster, pairs)


def problem(virtual: VirtualDestination, cluster: str, pairs: Sequence[Chosen]) -> Problem:
    """What is said of one cluster, at the selector that finds the first of those that are not used."""
    services = [service for service, _ in pairs]
    names = tuple(f"{each.namespace}/{each.name}" for each in services)
    place = f" of cluster {cluster}" if cluster else ""
    aged = services[0].created is not None
    use = f"the oldest, {names[0]}, is used alone" if aged else "only the oldest of them is used"
    message = f"{virtual.ref} finds {len(names)} Services{place}, {several(names)}: {use}"
    words = ["is the oldest, and used" if aged else "is found", *["is found too"] * (MOST_NOTED - 1)]
    notes = tuple(Note(text, Origin(each.ref)) for text, each in zip(words, services, strict=False))
    return Problem("GMG421", message, pairs[1][1].origin, related=notes)

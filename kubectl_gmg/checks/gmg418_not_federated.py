"""A destination in another mesh or cluster that is not federated.

A gateway reaches the Services of its own mesh or cluster. One of another mesh has to be federated: in the first
generation both meshes belong to one VirtualMesh, which has federation enabled, and the Service is federated to the
gateway's mesh. In the second the workspace that owns the Service, or the one whose rule goes there, enables federation
for it and for the port; settings for all workspaces override theirs. Without that the gateway knows no such Service: in
the first generation the requests fail, in the second the rule answers 500 or freezes its tree.

Example:
    destinations: [{kubeService: {name: web, namespace: apps, clusterName: c2}}]   # the gateway is in c1, alone

Fix:
    Federate the Service (federation.selectors of the VirtualMesh, options.federation of the WorkspaceSettings), or
    forward to a VirtualDestination.

Source:
    `spec/v1beta1.md` 11.3, 11.4 and D-24; `spec/v2.md` 8.7 and 12.4 (rule 3).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext, Served
from kubectl_gmg.checks.federation import Federation, NotReached
from kubectl_gmg.checks.forwarded_services import CLUSTER, field_of
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Status
from kubectl_gmg.resolve.federation import NOT_FEDERATED

NEEDS = ("Mesh", "VirtualMesh", "WorkspaceSettings")


@check(NOT_FEDERATED, v1beta1=ERROR, v2=ERROR, rows=("DEST-NOT-FEDERATED", "v2 12.4"), needs=NEEDS)
def not_federated(context: CheckContext) -> Iterator[Problem]:
    """Destinations that some gateway which serves the rule does not reach; one finding for all gateways."""
    judges: dict[str, Federation] = {}
    told: dict[Origin, tuple[Destination, list[tuple[Served, NotReached]]]] = {}
    reached: set[tuple[object, ...]] = set()  # many routes go to one Service
    for served, destination in destinations(context):
        wanted = (destination.namespace, destination.name, destination.cluster)
        key = (id(served.listener), *wanted, destination.port, destination.port_name, destination.origin.ref)
        if key in reached:
            continue
        ref = served.gateway.ref
        if ref.generation not in judges:
            judges[ref.generation] = Federation(context.realm(ref), context.tenancy(ref))
        refused = judges[ref.generation].refusals(served.gateway, served.listener.declared, destination)
        for each in refused:
            told.setdefault(destination.origin, (destination, []))[1].append((served, each))
        if not refused:
            reached.add(key)
    for destination, reasons in told.values():
        yield problem(context, destination, reasons)


def carried(context: CheckContext) -> Iterator[Served]:
    """All that gateways have routes of; workloads within the mesh are in clusters that nobody knows."""
    for gateway in context.resolved.gateways:
        for listener in gateway.listeners:
            for host in listener.entries:
                yield Served(gateway, listener, host)


def destinations(context: CheckContext) -> Iterator[tuple[Served, Destination]]:
    """Every Service that a usable route of a host goes to, once for each gateway and listener."""
    for served in carried(context):
        seen: set[int] = set()
        for row in served.host.rows:
            action = row.terminal.rules[-1].action
            usable = row.status is Status.OK or NOT_FEDERATED in row.terminal.because
            if not usable or not isinstance(action, ForwardTo):
                continue
            for each in action.destinations:
                if each.kind is DestinationKind.SERVICE and id(each) not in seen:
                    seen.add(id(each))
                    yield served, each


def problem(context: CheckContext, destination: Destination, reasons: list[tuple[Served, NotReached]]) -> Problem:
    """What is said of one destination: the first reason, and all gateways that it concerns."""
    _, first = reasons[0]
    gateways = dict.fromkeys(served.gateway.ref for served, _ in reasons)
    notes = [Note("serves the rule", Origin(ref)) for ref in gateways]
    at = field_of(context, destination, CLUSTER)
    return Problem(NOT_FEDERATED, first.message, at, related=(*([first.note] if first.note else ()), *notes))

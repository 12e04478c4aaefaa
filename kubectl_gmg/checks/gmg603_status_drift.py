"""What a status says of related objects differs from what is resolved here.

The controller publishes which hosts a gateway serves, which tables are delegated to, and by whom. Where that is about
the very objects that were read and still differs from what is resolved here, one side sees objects that the other does
not: they were changed a moment ago, come from another cluster, or the product behaves in a way not known here. Do not
trust the routes of such an object before you know why.

Example:
    kind: VirtualGateway
    status:
      state: ACCEPTED
      selectedVirtualHosts: [{name: shop, namespace: apps}]    # no host of that name carries the selected labels

Fix:
    Read again; if it stays, compare the named objects with those in the cluster, and look at the controller's logs.

Source:
    `spec/v1beta1.md` 2.2, 3.2, 4.2 (STATUS-DRIFT); `spec/v2.md` 13 (SEM-19): the counts are cross-checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.api.status import Published, Related, Relation
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.controller_status import statuses
from kubectl_gmg.checks.object_graph import ObjectGraph
from kubectl_gmg.checks.rule import INFO, WARNING, check
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef, Origin

NEEDS = ("VirtualGateway", "VirtualHost", "RouteTable")
TENANTS = frozenset({"Workspace", "Namespace"})
NONE: AbstractSet[Related] = frozenset()


@check("GMG603", v1beta1=INFO, v2=WARNING, rows=("STATUS-DRIFT", "SEM-19"), needs=NEEDS)
def status_drift(context: CheckContext) -> Iterable[Problem]:
    """Only where the controller has accepted what was read, and all that routing consists of was read."""
    settled = {each.at.ref: each for each in context.once(statuses) if each.settled}
    yield from (problem for each in settled.values() for problem in drift_of_owner(each, context))
    if not any(each.named or each.counted for each in settled.values()) or not context.lacking.isdisjoint(NEEDS):
        return
    graph = ObjectGraph(context)
    orphans = {related(each.ref) for each in context.resolved.orphans}
    for status in settled.values() if graph.complete else ():
        for relation, at, named in status.named:
            if (
                relation is Relation.PARENTS or related(at.ref) not in orphans
            ):  # nobody resolved what lies below an orphan
                ignored = orphans if relation is Relation.PARENTS else NONE
                yield from drift_of_list(relation, at, named, graph, settled.keys(), ignored)
        for relation, at, count in status.counted:
            yield from drift_of_count(relation, at, count, graph, settled.keys())


def drift_of_list(
    relation: Relation,
    at: Origin,
    named: tuple[Related, ...],
    graph: ObjectGraph,
    settled: AbstractSet[ObjectRef],
    ignored: AbstractSet[Related],
) -> Iterator[Problem]:
    """What only one of both sides has; an object that the controller has not accepted itself explains its absence."""
    place = (at.ref, relation)
    theirs = sorted(set(named) - {related(each) for each in graph.possible[place]} - ignored)
    ours = sorted({related(each) for each in graph.sure[place] & settled} - set(named))
    said = []
    if theirs:
        said.append(f"{listed(theirs)} only in the status")
    if ours:
        said.append(f"{listed(ours)} only in what is resolved here")
    if said:
        yield Problem("GMG603", f"the {relation.value} of {at.ref} differ: {', '.join(said)}", at)


def drift_of_count(
    relation: Relation, at: Origin, count: int, graph: ObjectGraph, settled: AbstractSet[ObjectRef]
) -> Iterator[Problem]:
    """A count that no reading of the specification explains: below what is sure, or above what is possible."""
    place = (at.ref, relation)
    if place not in graph.possible and relation is Relation.GATEWAYS:
        return  # of a table that is no host, the specification does not say what is counted
    sure = {related(each) for each in graph.sure[place] & settled}
    possible = {related(each) for each in graph.possible[place]}
    most = len(possible) * graph.listeners.get(at.ref, 1)
    if len(sure) <= count <= most:
        return
    found = sorted(sure if count < len(sure) else possible)
    message = f"the status counts {count} {relation.value}, but here are {listed(found) if found else 'none'}"
    yield Problem("GMG603", message, at)


def drift_of_owner(status: Published, context: CheckContext) -> Iterator[Problem]:
    """The workspace that owns an object, where all of them and their namespaces are known by name."""
    if status.owner is None or not context.realm(status.at.ref).workspaces or not context.lacking.isdisjoint(TENANTS):
        return
    at, theirs = status.owner
    ours = context.tenancy(status.at.ref).owner(status.at.ref)
    if ours != theirs:
        mine = f"workspace {ours}" if ours else "no workspace"
        yield Problem("GMG603", f"the status says that workspace {theirs} owns this, but here it is of {mine}", at)


def related(ref: ObjectRef) -> Related:
    """An object as statuses name it."""
    return Related(ref.kind, ref.namespace, ref.name)


def listed(objects: list[Related]) -> str:
    """Objects by name, only the first few."""
    return several(map(str, objects))

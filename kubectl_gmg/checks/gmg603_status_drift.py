"""What a status says of related objects differs from what is resolved here.

The controller publishes which hosts a gateway serves, which tables are delegated to, and by whom, in the second
generation only how many of them, of workloads, policies, routes, and of what stands behind a destination. Where that is
about the very objects that were read and still differs from what is resolved here, one side sees objects that the other
does not: they were changed a moment ago, come from another cluster, or the product behaves in a way not known here. Do
not trust the routes of such an object before you know why.

What exactly is counted is not always documented: a number is told only if no reading gives it.

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

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.api.status import Published, Related, Relation
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.count_bounds import Bounds, settled
from kubectl_gmg.checks.object_graph import ObjectGraph
from kubectl_gmg.checks.policy_counts import applied_policies
from kubectl_gmg.checks.rule import INFO, WARNING, check
from kubectl_gmg.checks.status_counts import COUNTED, TENANTS, bounds_of
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef, Origin

NEEDS = ("VirtualGateway", "VirtualHost", "RouteTable")
LETTERS = re.compile(r"[^A-Za-z]+")
"""What stands between the parts of a key."""
NONE: AbstractSet[Related] = frozenset()


@check("GMG603", v1beta1=INFO, v2=WARNING, rows=("STATUS-DRIFT", "SEM-19"), needs=NEEDS)
def status_drift(context: CheckContext) -> Iterable[Problem]:
    """Only where the controller has accepted what was read, and all that decides was read."""
    accepted = context.once(settled)
    for each in accepted.values():
        yield from drift_of_owner(each, context)
        yield from drift_of_bounds(each, context, COUNTED.keys() - {Relation.ROUTES})
    written = any(each.named or each.counted or each.by_kind for each in accepted.values())
    if not written or not context.lacking.isdisjoint(NEEDS):
        return
    graph = ObjectGraph(context)
    orphans = {related(each.ref) for each in context.resolved.orphans}
    for status in accepted.values() if graph.complete else ():
        for relation, at, named in status.named:
            if (
                relation is Relation.PARENTS or related(at.ref) not in orphans
            ):  # nobody resolved what lies below an orphan
                ignored = orphans if relation is Relation.PARENTS else NONE
                yield from drift_of_list(relation, at, named, graph, accepted.keys(), ignored)
        for relation, at, count in status.counted:
            if relation not in COUNTED:
                yield from drift_of_count(relation, at, count, graph, accepted.keys())
        yield from drift_of_bounds(status, context, {Relation.ROUTES})
        yield from drift_of_policies(status, context)


def drift_of_bounds(status: Published, context: CheckContext, wanted: AbstractSet[Relation]) -> Iterator[Problem]:
    """Counts that are less than any reading of the specification gives, or more."""
    for relation, at, count in status.counted:
        bounds = bounds_of(context, relation, at.ref) if relation in wanted else None
        if bounds is not None and not bounds.admit(count):
            yield Problem("GMG603", miscounted(count, relation.value, bounds), at)
    for relation, at, counts in status.by_kind:
        bounds = bounds_of(context, relation, at.ref) if relation in wanted else None
        if bounds is not None and not bounds.admit(total := sum(count for _, count in counts)):
            yield Problem("GMG603", miscounted(total, relation.value, bounds), at)


def drift_of_policies(status: Published, context: CheckContext) -> Iterator[Problem]:
    """The policies on the routes of a table, kind by kind; a kind that the status does not name counts as none."""
    for relation, at, counts in status.by_kind:
        if relation is Relation.ROUTE_POLICIES:
            for kind, count in kinds_of(counts, context):
                bounds = applied_policies(context, at.ref, kind)
                if not bounds.admit(count):
                    yield Problem("GMG603", miscounted(count, f"policies of kind {kind}", bounds), at)


def kinds_of(counts: Iterable[tuple[str, int]], context: CheckContext) -> Iterator[tuple[str, int]]:
    """The kinds of policies that were read, each with its count; keys hold the kind beside its group and version.

    One that is not named counts as none, but only if it is clear what all others are.
    """
    said = [(set(LETTERS.split(key)), count) for key, count in counts]
    kinds = context.once(kinds_of_policies)
    clear = all(parts.intersection(kinds) for parts, _ in said)
    for kind in kinds:
        named = [count for parts, count in said if kind in parts]
        if named or clear:
            yield kind, sum(named)


def kinds_of_policies(context: CheckContext) -> Sequence[str]:
    """The kinds of the policies that were read, by name."""
    return sorted({each.ref.kind for each in context.declared.policies})


def miscounted(count: int, what: str, bounds: Bounds) -> str:
    """What is said of a count that cannot be."""
    low = count < bounds.least
    limit = f"at least {bounds.least}" if low else f"at most {bounds.most}"
    here = f"{limit}: {several(bounds.found)}" if bounds.found else "none"
    return f"the status counts {count} {what}, but here are {here}"


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

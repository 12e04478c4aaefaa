"""How many policies a route table or a destination may have, and how many routes a policy (`spec/v2.md` 11, 13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.count_bounds import Bounds, all_given, names, settled
from kubectl_gmg.model.action import Delegate, Destination, DestinationKind
from kubectl_gmg.model.declared import Policy
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, Status
from kubectl_gmg.resolve.destination_selection import DestinationSelection
from kubectl_gmg.resolve.policy_index import Asked, destination_facts, wanted_of_destination
from kubectl_gmg.views import RouteRow

POLICY = "Policy"
NAMED = ("VirtualDestination", "ExternalService")
"""The destinations that have statuses."""


@dataclass(frozen=True, slots=True)
class Aimed:
    """The policies of one workspace that choose destinations; `vague` says that of some it cannot be told which."""

    chosen: Asked[Policy]
    vague: bool
    number: int


NO_POLICIES = Aimed(Asked[Policy](()), vague=False, number=0)


def destination_policies(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The policies that choose a destination: of each kind at least one applies, and all of them may count.

    Whether those of other workspaces count depends on how the product is installed (11.2 rule 3).
    """
    if ref.kind not in NAMED:
        return None
    wanted = Destination(Origin(ref), DestinationKind(ref.kind), ref.name, ref.namespace, ref.cluster)
    choice = DestinationSelection(context.realm(ref).inventory, context.tenancy(ref))
    aimed, number = context.once(aimed_policies).get(ref.generation, ({}, 0))
    own = aimed.get(context.tenancy(ref).owner(ref), NO_POLICIES)
    facts, unknown = destination_facts(ref, choice.labels(wanted))
    candidates = own.chosen.by(facts, *unknown)
    chosen = {each.ref: fits for each in candidates if (fits := chooses(each, wanted, choice)) is not False}
    accepted = context.once(settled)
    kinds = {each.kind for each, fits in chosen.items() if fits and each in accepted}
    open_end = not context.once(every_policy_given) or own.vague or None in chosen.values()
    return Bounds(len(kinds), None if open_end else len(chosen) + number - own.number, names(chosen))


def aimed_policies(context: CheckContext) -> Mapping[str, tuple[Mapping[str | None, Aimed], int]]:
    """The policies that choose destinations, by generation and workspace, and how many a generation has."""
    found: defaultdict[str, defaultdict[str | None, list[Policy]]] = defaultdict(lambda: defaultdict(list))
    for each in context.declared.policies:
        if each.targets or each.on_routes:
            found[each.ref.generation][context.tenancy(each.ref).owner(each.ref)].append(each)
    return {
        generation: ({owner: aimed_by(each) for owner, each in owners.items()}, sum(map(len, owners.values())))
        for generation, owners in found.items()
    }


def aimed_by(policies: Sequence[Policy]) -> Aimed:
    """The policies of one workspace, by what they ask for."""
    clear = [each for each in policies if each.stated and not each.on_routes]
    chosen = Asked([(each, wanted_of_destination(wanted)) for each in clear for wanted in each.targets])
    return Aimed(chosen, len(clear) < len(policies), len(policies))


def chooses(policy: Policy, wanted: Destination, choice: DestinationSelection) -> bool | None:
    """Whether a policy chooses a destination at all of its ports; None where that cannot be told."""
    anywhere = [each for each in policy.targets if each.port is None and each.port_name is None]
    found = choice.any_of(anywhere, wanted)
    return None if found is False and len(anywhere) < len(policy.targets) else found


def every_policy_given(context: CheckContext) -> bool:
    """Whether the policies of all kinds were read; files that hold some are taken to hold all."""
    if any(kind.endswith(POLICY) for kind in context.lacking):
        return False
    partial = any(realm.inventory.partial for _, realm in context.declared.realms)
    return not partial or any(each.ref.kind.endswith(POLICY) for each in context.snapshot.objects)


def selected_routes(context: CheckContext, ref: ObjectRef) -> Bounds | None:
    """The routes that a policy reaches: rules count once, or their matches do, on each listener and each way down."""
    accepted = context.once(settled)
    reached = context.once(rows_by_policy).get(ref, {})
    sure = {
        row.route.terminal.rules[-1].origin
        for row, use in reached.items()
        if acts_on_route(use) and all(rule.origin.ref in accepted for rule in row.route.terminal.rules)
    }
    most = None if reached or chooses_others(context, ref) else 0
    return Bounds(len(sure), most, tuple(dict.fromkeys(f"route {row.id}" for row in reached)))


def acts_on_route(use: PolicyUse) -> bool:
    """Whether a policy acts on a route as a whole, not only on a destination of it: that may not count as a route."""
    whole = [each.state for each in use.scopes if each.destination is None] if use.scopes else [use.state]
    return PolicyState.APPLIED in whole


def rows_by_policy(context: CheckContext) -> Mapping[ObjectRef, dict[RouteRow, PolicyUse]]:
    """The routes that each policy reaches, with what became of it there."""
    found: defaultdict[ObjectRef, dict[RouteRow, PolicyUse]] = defaultdict(dict)
    for row in context.rows:
        for use in row.route.terminal.policies:
            found[use.ref][row] = use
    return found


def chooses_others(context: CheckContext, ref: ObjectRef) -> bool:
    """Whether a policy may choose rules that are not served, or that delegate: whether these count is not known."""
    policy = context.once(policies).get(ref)
    if policy is None or policy.leading_to or policy.targets or policy.on_routes:
        return True
    return any(context.once(labels_in_use).issuperset(each.labels) for each in policy.rules)


def policies(context: CheckContext) -> Mapping[ObjectRef, Policy]:
    """The policies, by reference."""
    return {each.ref: each for each in context.declared.policies}


def labels_in_use(context: CheckContext) -> frozenset[tuple[str, str]]:
    """All labels that any route may have."""
    of_tables = (pair for table in context.declared.tables for pair in table.labels)
    return frozenset((*of_tables, *(pair for rule in context.rules for pair in rule.labels)))


def applied_policies(context: CheckContext, table: ObjectRef, kind: str) -> Bounds:
    """The policies of a kind on the routes of a table: each once, or once for every route.

    Whether what lies below a delegating rule counts, or the rule itself, is not known: then there is no most.
    """
    accepted = context.once(settled)
    rows = context.once(rows_by_table).get(table, [])
    uses = [(row, use) for row in rows for use in row.route.terminal.policies if use.ref.kind == kind]
    sure = {
        use.ref
        for row, use in uses
        if use.state is PolicyState.APPLIED
        and row.route.terminal.rules[-1].origin.ref == table
        and use.ref in context.once(choosing_routes)
        and use.ref in accepted
        and all(rule.origin.ref in accepted for rule in row.route.terminal.rules)
    }
    served = bool(rows) and all(row.route.index is not None and row.route.status is Status.OK for row in rows)
    served = served and all_given(context, kind) and table not in context.once(delegating)
    return Bounds(len(sure), len(uses) if served else None, names({use.ref for _, use in uses}))


def delegating(context: CheckContext) -> frozenset[ObjectRef]:
    """The tables with a rule that delegates."""
    return frozenset(rule.origin.ref for rule in context.rules if isinstance(rule.action, Delegate))


def choosing_routes(context: CheckContext) -> frozenset[ObjectRef]:
    """The policies that choose nothing but routes."""
    return frozenset(
        each.ref for each in context.declared.policies if each.rules and not each.targets and not each.on_routes
    )


def rows_by_table(context: CheckContext) -> dict[ObjectRef, list[RouteRow]]:
    """The routes that come from a table, or go through it."""
    found: dict[ObjectRef, list[RouteRow]] = {}
    for row in context.rows:
        for ref in dict.fromkeys(rule.origin.ref for rule in row.route.terminal.rules):
            found.setdefault(ref, []).append(row)
    return found

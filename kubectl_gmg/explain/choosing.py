"""Why a policy reaches a route: by its labels, by where it leads, or since it means all (`spec/v2.md` 9, 11.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.explain.selection import selector_words
from kubectl_gmg.explain.words import is_below, quoted
from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo, Selector
from kubectl_gmg.model.conventions import PolicyConflict
from kubectl_gmg.model.declared import Declared, Labels, Policy, RuleSelector, ServiceSelector
from kubectl_gmg.model.origin import ObjectRef, Origin, Sourced
from kubectl_gmg.model.policy import By, DestinationSelector, ListenerSelector
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, Terminal
from kubectl_gmg.resolve.destination_selection import DestinationSelection
from kubectl_gmg.resolve.route_policies import RoutePolicies, owners_of, selects_route
from kubectl_gmg.resolve.tenancy import Tenancy
from kubectl_gmg.views import RouteRow


class Choosing:
    """What the policies of one generation choose, seen from their side."""

    def __init__(self, ref: ObjectRef, declared: Declared) -> None:
        realm = declared.realm(ref)
        self.by_labels = realm.conventions.policy_conflict is PolicyConflict.BY_KIND
        self.policies = {each.ref: each for each in declared.policies if each.ref.generation == ref.generation}
        self.tenancy = Tenancy(realm)
        self.selection = DestinationSelection(realm.inventory, self.tenancy)
        self._inventory = realm.inventory

    @cached_property
    def of_routes(self) -> RoutePolicies:
        """The policies as they meet any route."""
        return RoutePolicies(self.policies.values(), self.tenancy, self._inventory)

    def reason(self, use: PolicyUse, row: RouteRow) -> tuple[str, Origin | None]:
        """What a policy chose a route by, with the label that says so; empty where that is not known."""
        policy = self.policies.get(use.ref)
        if policy is None or not self.by_labels:
            return "", None
        if use in row.listener.policies:
            return f"it acts on all that {entrance_words(policy, row)}", None
        by_labels = use.by is not By.DESTINATIONS and self.tenancy.owner(policy.ref) in self.owners(row)
        entry = self.entry(policy, row) if by_labels else None
        if entry is not None:
            why, at = self.by_entry(policy, entry, row)
            single = any(entry is each for each, _ in policy.on_routes)
            return (f"{why}; there {self.by_destinations(use, policy, row)}", at) if single else (why, at)
        leads = [each for each in destinations_of(row) if self.selection.any_of(policy.leading_to, each)]
        if leads and means_route(use):
            return f"it leads to {several(map(destination_name, leads))}", None
        return self.by_destinations(use, policy, row), None

    def entry(self, policy: Policy, row: RouteRow) -> RuleSelector | None:
        """The entry of a policy that means a route, one with labels before others."""
        leaf = row.route.terminal
        labels, holder = plain(leaf), leaf.rules[-1].origin.ref
        entries = (*policy.rules, *(entry for entry, _ in policy.on_routes))
        found = [each for each in entries if selects_route(each, labels, holder, self.tenancy)]
        return max(found, key=lambda each: len(each.labels), default=None)

    def by_entry(self, policy: Policy, entry: RuleSelector, row: RouteRow) -> tuple[str, Origin | None]:
        """The labels of a route that a policy wants, and where each comes from."""
        leaf = row.route.terminal
        own = dict(leaf.labels)
        said = [f"label {key}={value} {self.whence(own[key], leaf)}" for key, value in entry.labels]
        at = own[entry.labels[0][0]].origin if entry.labels else None
        holder = leaf.rules[-1].origin.ref
        tables = [each for each in entry.tables if isinstance(each, Selector)]
        said += [f"{holder} is in {selector_words(each)}" for each in tables]
        owner = self.tenancy.owner(policy.ref)
        if not said:
            said = [f"it means every route of workspace {owner}" if owner else "it means every route"]
        if owner != self.tenancy.owner(holder) and not any(at_workspace(owner) in each for each in said):
            above = self.above(owner, row)
            said.append(f"{above}{at_workspace(owner)} is above it, and its policies reach what it delegates to")
        return "; ".join(said), at

    def imported(self, use: PolicyUse, row: RouteRow) -> bool:
        """Whether a policy reaches a route only since its workspace delegates to the table (`spec/v2.md` DEC-19)."""
        owner = self.tenancy.owner(use.ref)
        by_route = self.by_labels and use not in row.listener.policies and owner in self.owners(row)
        return by_route and not use.scopes and owner != self.tenancy.owner(row.rule.origin.ref)

    def above(self, owner: str | None, row: RouteRow) -> ObjectRef:
        """The nearest table above a route that belongs to a workspace."""
        tables = [each.table.ref for each in reversed(row.route.terminal.tables)]
        return next((each for each in tables if self.tenancy.owner(each) == owner), row.route.root.ref)

    def whence(self, label: Sourced[str], leaf: Terminal) -> str:
        """Where an effective label comes from, across tables and workspaces (`spec/v2.md` 9)."""
        rule, origin = leaf.rules[-1], label.origin
        if is_below(origin, rule):
            return "of its own"
        if origin.ref == rule.origin.ref:
            return f"of its table {origin.ref}"
        writer = next((f"{quoted(each)} of " for each in leaf.rules if is_below(origin, each)), "")
        owner = self.tenancy.owner(origin.ref)
        foreign = at_workspace(owner) if owner and owner != self.tenancy.owner(rule.origin.ref) else ""
        return f"inherited from {writer}{origin.ref}{foreign}"

    def by_destinations(self, use: PolicyUse, policy: Policy, row: RouteRow) -> str:
        """The destinations of a route that a policy acts on."""
        found = destinations_of(row)
        told = [
            destination_name(found[each.destination])
            for each in use.scopes
            if each.destination is not None and each.state is use.state
        ]
        if not told:
            return "it means routes by where they lead"
        of = self.tenancy.owner(policy.ref)
        every = f", as on all destinations of workspace {of}" if of and policy.targets and use.by is By.ALL else ""
        acts = "acts on" if use.state is PolicyState.APPLIED else "means"
        return f"it {acts} {several(told)}{every}"

    def unknown(self, use: PolicyUse, row: RouteRow) -> str:
        """Why nobody knows whether a policy acts on a route (`spec/v2.md` DEC-27)."""
        policy = self.policies.get(use.ref)
        if policy is None or not self.by_labels:
            return "not everything was read"
        if use in row.listener.policies:
            if row.gateway.sidecars is not None:
                return "it chooses only some of these workloads, by more than the labels of the tables tell"
            return "the Services of its gateway were not read, or its port is not known"
        if not policy.stated:
            return f"no source says what a {use.ref.kind} means that names nothing"
        unread = self.unread(use, policy, destinations_of(row))
        if unread:
            were, their = ("was", "its") if len(unread) == 1 else ("were", "their")
            return f"{several(unread)} {were} not read, so {their} labels and ports are not known"
        return "an older policy of its kind may act there, which is not known either"

    def unread(self, use: PolicyUse, policy: Policy, found: tuple[Destination, ...]) -> list[str]:
        """The destinations of a route of which nobody knows whether a policy means them."""
        open_ones = {each.destination for each in use.scopes if each.state is PolicyState.UNKNOWN}
        wanted = (*policy.leading_to, *policy.targets, *(each for _, on in policy.on_routes for each in on))
        return [
            destination_name(each)
            for number, each in enumerate(found)
            if (number in open_ones or not use.scopes) and self.selection.any_of(wanted, each) is None
        ]

    def owners(self, row: RouteRow) -> frozenset[str]:
        """The workspaces whose policies reach a route."""
        return owners_of(row.route.terminal, row.route.root, self.tenancy)


IMPORTED = (
    "older texts of the product say that policies of an importing workspace do not apply to the tables that it "
    "imports; newer ones, which count here, say that they do"
)
"""What is said beside policies that reach a table of another workspace (`spec/v2.md` DEC-19)."""


def at_workspace(owner: str | None) -> str:
    """The workspace of a table that stands before it, in brackets."""
    return f" (workspace {owner})"


def plain(leaf: Terminal) -> Labels:
    """The effective labels of a route without their origins."""
    return tuple([(key, value.value) for key, value in leaf.labels])


def destinations_of(row: RouteRow) -> tuple[Destination, ...]:
    """Where a route leads, as written."""
    action = row.route.terminal.rules[-1].action
    return action.destinations if isinstance(action, ForwardTo) else ()


def destination_name(destination: Destination) -> str:
    """A destination by its kind, namespace, name and port."""
    port = destination.port or destination.port_name
    name = f"{destination.kind.value} {destination.namespace}/{destination.name}" + (f":{port}" if port else "")
    return f"{name} in cluster {destination.cluster}" if destination.cluster else name


def means_route(use: PolicyUse) -> bool:
    """Whether what became of a policy is so of the route as a whole, not only of a destination of it."""
    return not use.scopes or any(each.destination is None and each.state is use.state for each in use.scopes)


def narrow(targets: Iterable[DestinationSelector]) -> bool:
    """Whether a policy names the destinations that it acts on; an empty selector names none."""
    named = [each.selector for each in targets if each.selector is not None]
    return any(
        each.namespaces is not None or each.requirements or each.name or each.cluster or each.workspace
        for each in named
    )


def lost_destinations(use: PolicyUse, row: RouteRow) -> Iterator[tuple[str, ObjectRef]]:
    """The destinations of a route for which a policy loses, though it acts on others."""
    found = destinations_of(row)
    for each in use.scopes if use.state is PolicyState.APPLIED else ():
        if each.state is PolicyState.LOST and each.lost_to is not None:
            yield (
                "the route itself" if each.destination is None else destination_name(found[each.destination]),
                each.lost_to,
            )


# ---- what a policy chooses, in words


def chosen_words(policy: Policy, owner: str | None) -> Iterator[tuple[str, str]]:
    """Everything that a policy names, with the field that does, empty for none (`spec/v2.md` 2.7, 11.1)."""
    of = f" of workspace {owner}" if owner else ""
    for entry in policy.rules:
        if entry.labels or entry.tables:
            yield f"routes{of} {entry_words(entry)}", "applyToRoutes"
        else:
            yield f"every route{of}", ""
    for wanted in policy.leading_to:
        yield f"routes{of} that lead to {destination_words_of(wanted)}", "applyToRoutes"
    for wanted in policy.targets:
        named = wanted.selector or wanted.port or wanted.port_name
        words = f"{'' if named else 'all '}{destination_words_of(wanted)}{of}"
        yield words, "applyToDestinations" if named else ""
    for entry, targets in policy.on_routes:
        routes = entry_words(entry) or "with any labels"
        words = f"on routes{of} {routes}: {several(map(destination_words_of, targets))}"
        yield words, "applyToRouteDestinations"
    for listener in policy.listeners:
        yield f"listeners{of} {gateway_words(listener)}", "applyToListeners"
    for workload in policy.workloads:
        words = workload_words(workload)
        yield (f"the workloads{of}{words}", "applyToWorkloads") if words else (f"all workloads{of}", "")


def entry_words(entry: RuleSelector) -> str:
    """Which routes an entry means."""
    labels = [f"label {key}={value}" for key, value in entry.labels]
    parts = [f"with {' and '.join(labels)}"] if labels else []
    tables = [each for each in entry.tables if isinstance(each, Selector)]
    return " ".join([*parts, *(f"of tables in {selector_words(each)}" for each in tables)])


def destination_words_of(wanted: DestinationSelector) -> str:
    """Which destinations a selector means."""
    kinds = " and ".join(f"{kind.value}s" for kind in DestinationKind if kind in wanted.kinds)
    chosen = f" in {selector_words(wanted.selector)}" if wanted.selector else ""
    port = f", port {wanted.port or wanted.port_name}" if wanted.port or wanted.port_name else ""
    return f"{kinds or 'destinations that it cannot act on'}{chosen}{port}"


def gateway_words(wanted: ListenerSelector) -> str:
    """Which listeners a selector means."""
    gateway = f"of gateways in {selector_words(wanted.gateway)}" if wanted.gateway else "of every gateway"
    port = wanted.port or wanted.port_name
    return f"{gateway}, port {port}" if port else gateway


def workload_words(wanted: ServiceSelector) -> str:
    """Which workloads a selector means."""
    matcher = wanted.matcher
    if matcher is None:
        return " on virtual machines"
    parts = [f"label {key}={value}" for key, value in (*matcher.labels, *matcher.pod_labels)]
    parts += [f"namespace {', '.join(sorted(matcher.namespaces))}"] if matcher.namespaces else []
    parts += [f"name {matcher.name}"] if matcher.name else []
    parts += [f"workspace {matcher.workspace}"] if matcher.workspace else []
    return f" with {' and '.join(parts)}" if parts else ""


def entrance_words(policy: Policy, row: RouteRow) -> str:
    """What a policy means that reaches a route by where requests come in."""
    if row.gateway.sidecars is not None:
        return "its workloads send"
    return "its listener serves" if policy.listeners else "the workloads of its gateway serve"

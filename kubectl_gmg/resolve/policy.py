"""Policies that give options to the routes they select (`spec/v1beta1.md` D-32).

A policy selects rules, leaf or delegating; every leaf below a selected rule gets it. Whatever is written in line wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from kubectl_gmg.model.action import ForwardTo, Options, Selector, TableRef
from kubectl_gmg.model.declared import Policy, RouteRule, RouteTable, RuleSelector, VirtualHost
from kubectl_gmg.model.inventory import Inventory, Service, Workload
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, Terminal
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.destination import service_of
from kubectl_gmg.resolve.index import Index, Labelled
from kubectl_gmg.resolve.inherit import yield_to
from kubectl_gmg.resolve.services import selected_by

T = TypeVar("T", bound=Labelled)
Entry = tuple[int, RuleSelector]


class Policies:
    """The policies of one generation, the oldest first, as they meet the routes of one gateway.

    What a policy selects is looked up once, from the policy's side: routes must not be compared with every policy.
    """

    def __init__(
        self, policies: Iterable[Policy], hosts: Index[VirtualHost], tables: Index[RouteTable], inventory: Inventory
    ) -> None:
        able = (policy for policy in policies if policy.rules)
        self._policies = sorted(able, key=lambda policy: by_age(policy.created, policy.ref))
        self._inventory = inventory
        self._anywhere: defaultdict[tuple[str, str] | None, list[Entry]] = defaultdict(list)
        self._held: defaultdict[int, list[Entry]] = defaultdict(list)
        self._selecting: dict[int, frozenset[int]] = {}
        self._sources: dict[tuple[int, int], tuple[object, bool]] = {}
        for place, policy in enumerate(self._policies):
            for entry in policy.rules:
                if not entry.hosts and not entry.tables:
                    self._anywhere[entry.labels[0] if entry.labels else None].append((place, entry))
                for holder in (*selected(entry.hosts, hosts), *selected(entry.tables, tables)):
                    self._held[id(holder)].append((place, entry))

    def __bool__(self) -> bool:
        return bool(self._policies)

    def join(self, leaf: Terminal, host: VirtualHost, services: tuple[Service, ...] | None) -> Terminal:
        """The leaf with the options of the policies that reach it; `services` are the gateway's, None if not known."""
        reaching = self._reaching(leaf, host)
        if not reaching:
            return leaf
        decided = [(policy, self._narrowed(policy, leaf, services)) for policy in reaching]
        applied = [policy for policy, fits in decided if fits]
        options = yield_to(leaf.options, (policy.options for policy in applied))
        uses = (policy_use(policy, fits, options) for policy, fits in decided if fits is not False)
        ordered = sorted(uses, key=lambda use: list(PolicyState).index(use.state))
        return replace(leaf, options=options, policies=tuple(ordered))

    def _reaching(self, leaf: Terminal, host: VirtualHost) -> list[Policy]:
        """The policies that select a rule on the way down to the leaf, the oldest first."""
        holders: tuple[VirtualHost | RouteTable, ...] = (host, *(inclusion.table for inclusion in leaf.tables))
        places: set[int] = set()
        for rule, holder in zip(leaf.rules, holders, strict=True):
            if id(rule) not in self._selecting:
                self._selecting[id(rule)] = frozenset(self._places(rule, holder))
            places |= self._selecting[id(rule)]
        return [self._policies[place] for place in sorted(places)]

    def _places(self, rule: RouteRule, holder: VirtualHost | RouteTable) -> Iterator[int]:
        """The policies that select one rule, by their place."""
        labels = set(rule.labels)
        entries = [entry for pair in (None, *rule.labels) for entry in self._anywhere.get(pair, ())]
        for place, entry in (*entries, *self._held.get(id(holder), ())):
            if labels.issuperset(entry.labels):
                yield place

    def _narrowed(self, policy: Policy, leaf: Terminal, services: tuple[Service, ...] | None) -> bool | None:
        """Whether sources and destinations let the policy through; None if that cannot be decided (7.1 rule 4)."""
        answers = [self._from_workload(policy, services), self._to_destination(policy, leaf)]
        if False in answers:
            return False
        return None if None in answers else True

    def _from_workload(self, policy: Policy, services: tuple[Service, ...] | None) -> bool | None:
        if not policy.sources:
            return True
        if services is None:
            return None
        key = (id(policy), id(services))
        if key not in self._sources:
            self._sources[key] = services, self._stands_there(policy, services)  # kept, so that its id stays its own
        return self._sources[key][1] or (False if self._inventory.workloads_read else None)

    def _stands_there(self, policy: Policy, services: tuple[Service, ...]) -> bool:
        """Whether a workload behind the gateway's Services is among the policy's sources."""
        behind = (load for load in self._inventory.workloads if any(stands_behind(load, each) for each in services))
        return any(
            set(matcher.labels) <= set(load.labels)
            and (not matcher.namespaces or load.namespace in matcher.namespaces)
            and (not matcher.clusters or load.cluster in matcher.clusters)
            for load in behind
            for matcher in policy.sources
        )

    def _to_destination(self, policy: Policy, leaf: Terminal) -> bool | None:
        if not policy.destinations:
            return True
        action = leaf.rules[-1].action
        if not isinstance(action, ForwardTo):
            return False
        targets = [(each, service_of(each, self._inventory)) for each in action.destinations]
        if any(selected_by(target, policy.destinations) for _, target in targets if target is not None):
            return True
        places = [(each.cluster, each.namespace) for each, target in targets if target is None]
        known = all(self._inventory.has_services_in(*place) for place in places)
        return False if known and self._inventory.services_read else None


def policy_use(policy: Policy, fits: bool | None, options: Options) -> PolicyUse:
    """What became of a policy: applied if any of its fields is in force."""
    if fits is None:
        return PolicyUse(policy.ref, PolicyState.UNKNOWN)
    in_force = dict(options.fields)
    winners = [in_force[name].origin.ref for name, _ in policy.options.fields]
    if policy.ref in winners or not winners:
        return PolicyUse(policy.ref, PolicyState.APPLIED)
    return PolicyUse(policy.ref, PolicyState.LOST, winners[0])


def stands_behind(load: Workload, service: Service) -> bool:
    """Whether a workload's pods are those of a Service."""
    if (load.namespace, load.cluster) != (service.namespace, service.cluster) or not service.pod_selector:
        return False
    return set(service.pod_selector) <= set(load.labels)


def selected(wanted: Iterable[TableRef | Selector], objects: Index[T]) -> Iterator[T]:
    """The objects that references and selectors mean. An inline host is none of them: it has no name (D-32)."""
    for each in wanted:
        if isinstance(each, Selector):
            yield from objects.select(each)
        elif (found := objects.named(each.namespace, each.name)) is not None:
            yield found

"""Policies that give options to the routes they select (`spec/v1beta1.md` D-32).

A policy selects rules, leaf or delegating; every leaf below a selected rule gets it. Whatever is written in line wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kubectl_gmg.model.action import ForwardTo, Options, Selector
from kubectl_gmg.model.declared import Inventory, Policy, RouteRule, RuleSelector, Service, VirtualHost, Workload
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, Terminal
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.destination import service_of
from kubectl_gmg.resolve.index import selects
from kubectl_gmg.resolve.inherit import yield_to
from kubectl_gmg.resolve.services import selected_by


class Policies:
    """The policies of one generation, the oldest first, as they meet the routes of one gateway."""

    def __init__(self, policies: Iterable[Policy], inventory: Inventory) -> None:
        able = (policy for policy in policies if policy.rules)
        self._policies = sorted(able, key=lambda policy: by_age(policy.created, policy.ref))
        self._inventory = inventory
        self._selected: dict[tuple[int, int], bool] = {}

    def __bool__(self) -> bool:
        return bool(self._policies)

    def join(self, leaf: Terminal, host: VirtualHost, services: tuple[Service, ...] | None) -> Terminal:
        """The leaf with the options of the policies that reach it; `services` are the gateway's, None if not known."""
        reaching = [policy for policy in self._policies if self._reaches(policy, leaf, host)]
        if not reaching:
            return leaf
        decided = [(policy, self._narrowed(policy, leaf, services)) for policy in reaching]
        applied = [policy for policy, fits in decided if fits]
        options = yield_to(leaf.options, (policy.options for policy in applied))
        uses = (policy_use(policy, fits, options) for policy, fits in decided if fits is not False)
        ordered = sorted(uses, key=lambda use: list(PolicyState).index(use.state))
        return replace(leaf, options=options, policies=tuple(ordered))

    def _reaches(self, policy: Policy, leaf: Terminal, host: VirtualHost) -> bool:
        """Whether the policy selects a rule on the way down to the leaf."""
        holders = (None, *(inclusion.table for inclusion in leaf.tables))
        for rule, table in zip(leaf.rules, holders, strict=True):
            key = (id(policy), id(rule))
            if key not in self._selected:
                labels = dict(table.labels if table else host.labels)
                self._selected[key] = any(
                    selects_rule(entry, rule, labels, is_host=table is None, inline=table is None and host.inline)
                    for entry in policy.rules
                )
            if self._selected[key]:
                return True
        return False

    def _narrowed(self, policy: Policy, leaf: Terminal, services: tuple[Service, ...] | None) -> bool | None:
        """Whether sources and destinations let the policy through; None if that cannot be decided (7.1 rule 4)."""
        answers = [self._from_workload(policy, services), self._to_destination(policy, leaf)]
        if False in answers:
            return False
        return None if None in answers else True

    def _from_workload(self, policy: Policy, services: tuple[Service, ...] | None) -> bool | None:
        if not policy.sources:
            return True
        if services is None or not self._inventory.workloads_read:
            return None
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
        if not self._inventory.services_read:
            return None
        targets = (service_of(each, self._inventory) for each in action.destinations)
        return any(selected_by(target, policy.destinations) for target in targets if target is not None)


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


def selects_rule(entry: RuleSelector, rule: RouteRule, labels: dict[str, str], *, is_host: bool, inline: bool) -> bool:
    """Whether an entry of a policy selects a rule; `labels` are those of the object that holds it."""
    if not set(entry.labels) <= set(rule.labels):
        return False
    if not entry.hosts and not entry.tables:
        return True
    if inline:
        return False
    return any(names(each, rule.origin.ref, labels) for each in (entry.hosts if is_host else entry.tables))


def names(each: object, holder: ObjectRef, labels: dict[str, str]) -> bool:
    """Whether a reference or a selector means the object."""
    if isinstance(each, Selector):
        return selects(each, holder.namespace, labels)
    return getattr(each, "namespace", None) == holder.namespace and getattr(each, "name", None) == holder.name

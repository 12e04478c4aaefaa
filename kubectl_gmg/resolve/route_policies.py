"""Policies that select routes by their effective labels, the oldest of a kind wholly (`spec/v2.md` 11.2, DEC-19)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubectl_gmg.model.action import ForwardTo, Selector
from kubectl_gmg.model.declared import Policy, RuleSelector, VirtualHost
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, Terminal
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.index import named_by, selects
from kubectl_gmg.resolve.inherit import yield_to
from kubectl_gmg.resolve.tenancy import IMPLICIT, Tenancy

Pair = tuple[str, str]
Entry = tuple[int, RuleSelector]
Fitting = tuple[tuple[Policy, bool | None], ...]
"""The policies that select a route, the oldest first; None where that depends on where it leads to."""


class RoutePolicies:
    """The policies of one generation, as they meet its routes; what a set of labels is selected by is asked once."""

    def __init__(self, policies: Iterable[Policy], tenancy: Tenancy) -> None:
        self._policies = sorted(policies, key=lambda policy: by_age(policy.created, policy.ref))
        self._tenancy = tenancy
        self._entries: defaultdict[Pair | None, list[Entry]] = defaultdict(list)
        self._by_destination = [place for place, policy in enumerate(self._policies) if policy.destinations]
        self._known: dict[tuple[object, ...], Fitting] = {}
        for place, policy in enumerate(self._policies):
            for entry in policy.rules:
                self._entries[entry.labels[0] if entry.labels else None].append((place, entry))

    def __bool__(self) -> bool:
        return bool(self._policies)

    def join(self, leaf: Terminal, host: VirtualHost, _services: tuple[Service, ...] | None) -> Terminal:
        """The leaf with what the policies that reach it give."""
        uses = uses_of(self._fitting(leaf, host))
        if not uses:
            return leaf
        applied = (policy.options for policy, use in uses if use.state is PolicyState.APPLIED)
        ordered = sorted((use for _, use in uses), key=lambda use: list(PolicyState).index(use.state))
        return replace(leaf, options=yield_to(leaf.options, applied), policies=tuple(ordered))

    def _fitting(self, leaf: Terminal, host: VirtualHost) -> Fitting:
        labels = tuple([(key, value.value) for key, value in leaf.labels])
        holder = leaf.rules[-1].origin.ref
        above = {host.ref, *(inclusion.table.ref for inclusion in leaf.tables)}
        owners = frozenset(owner for each in above if (owner := self._tenancy.owner(each)) is not None)
        forwards = isinstance(leaf.rules[-1].action, ForwardTo)
        key = (labels, holder, owners, forwards)
        if key not in self._known:
            self._known[key] = tuple(self._search(labels, holder, owners, forwards=forwards))
        return self._known[key]

    def _search(
        self, labels: tuple[Pair, ...], holder: ObjectRef, owners: frozenset[str], *, forwards: bool
    ) -> Iterator[tuple[Policy, bool | None]]:
        """The policies of these workspaces that select a route of these labels in this table (DEC-19)."""
        own = set(labels)
        entries = (each for pair in (None, *labels) for each in self._entries.get(pair, ()))
        hit = {place for place, entry in entries if own.issuperset(entry.labels) and self._holds(entry, holder)}
        asked = hit.union(self._by_destination if forwards else ())
        for place in sorted(asked):
            policy = self._policies[place]
            if self._tenancy.owner(policy.ref) in owners:
                yield policy, True if place in hit else None

    def _holds(self, entry: RuleSelector, holder: ObjectRef) -> bool:
        """Whether an entry means the routes of a table."""
        wanted = [each for each in entry.tables if isinstance(each, Selector)]
        return not wanted or any(
            named_by(each, holder) and selects(each, holder.namespace, {}) and self._of_workspace(each, holder)
            for each in wanted
        )

    def _of_workspace(self, wanted: Selector, holder: ObjectRef) -> bool:
        """Without workspaces nobody knows whose a table is."""
        return not wanted.workspace or self._tenancy.owner(holder) in (IMPLICIT, wanted.workspace)


def uses_of(fitting: Fitting) -> list[tuple[Policy, PolicyUse]]:
    """What becomes of each policy: the oldest of a kind applies, the others lose to it (11.2 rule 6)."""
    winners: dict[str, ObjectRef | None] = {}
    found: list[tuple[Policy, PolicyUse]] = []
    for policy, fits in fitting:
        kind, use = policy.ref.kind, PolicyUse(policy.ref, PolicyState.UNKNOWN)
        if kind not in winners and fits:
            use = PolicyUse(policy.ref, PolicyState.APPLIED)
        elif (winner := winners.get(kind)) is not None and fits:
            use = PolicyUse(policy.ref, PolicyState.LOST, winner)
        winners.setdefault(kind, policy.ref if fits else None)
        found.append((policy, use))
    return found

"""Policies that choose routes by their effective labels, or by where they lead (`spec/v2.md` 11.2, DEC-19)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kubectl_gmg.model.action import Destination, ForwardTo, Selector
from kubectl_gmg.model.declared import Policy, RuleSelector, VirtualHost
from kubectl_gmg.model.inventory import Inventory, Service
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.policy import By, DestinationSelector
from kubectl_gmg.model.resolved import Terminal
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.clashes import WHOLE, Hit, options_of, uses_of
from kubectl_gmg.resolve.destination_selection import DestinationSelection, Key, key_of
from kubectl_gmg.resolve.index import named_by, selects
from kubectl_gmg.resolve.inherit import yield_to
from kubectl_gmg.resolve.policy_index import DestinationIndex
from kubectl_gmg.resolve.tenancy import IMPLICIT, Tenancy

Pair = tuple[str, str]
Targets = tuple[DestinationSelector, ...]


class RoutePolicies:
    """The policies of one generation, as they meet its routes; what chooses some labels is asked once.

    A policy acts on what its workspace owns: on routes of a table of it, or below one (DEC-19), and on destinations.
    """

    def __init__(self, policies: Iterable[Policy], tenancy: Tenancy, inventory: Inventory) -> None:
        self._policies = sorted(policies, key=lambda policy: by_age(policy.created, policy.ref))
        self._tenancy = tenancy
        self._selection = DestinationSelection(inventory, tenancy)
        self._entries: defaultdict[Pair | None, list[tuple[int, RuleSelector]]] = defaultdict(list)
        for place, policy in enumerate(self._policies):
            for entry in policy.rules:
                self._entries[entry.labels[0] if entry.labels else None].append((place, entry))
        self._on_routes: defaultdict[Pair | None, list[tuple[int, RuleSelector, Targets]]] = defaultdict(list)
        for place, policy in enumerate(self._policies):
            for entry, wanted in policy.on_routes:
                self._on_routes[entry.labels[0] if entry.labels else None].append((place, entry, wanted))
        self._aimed = DestinationIndex([each for each in self._policies if each.leading_to or each.targets])
        self._labelled: dict[tuple[object, ...], tuple[Hit, ...]] = {}
        self._reached: dict[Key, tuple[tuple[Policy, bool | None, bool | None], ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._policies)

    def join(self, leaf: Terminal, host: VirtualHost, _services: tuple[Service, ...] | None) -> Terminal:
        """The leaf with what the policies that reach it give."""
        holder = leaf.rules[-1].origin.ref
        labels = tuple([(key, value.value) for key, value in leaf.labels])
        owners = self._owners(leaf, host)
        hits = [*self._by_labels(labels, holder, owners)]
        action = leaf.rules[-1].action
        if isinstance(action, ForwardTo):
            hits += self._by_destinations(action.destinations, owners)
            hits += self._at_destinations(action.destinations, labels, holder, owners)
        if not hits:
            return leaf
        uses = uses_of(hits)
        return replace(leaf, options=yield_to(leaf.options, options_of(hits)), policies=uses)

    def _owners(self, leaf: Terminal, host: VirtualHost) -> frozenset[str]:
        """The workspaces of the tables on the way down."""
        above = {host.ref, *(inclusion.table.ref for inclusion in leaf.tables)}
        return frozenset(owner for each in above if (owner := self._tenancy.owner(each)) is not None)

    def _by_labels(self, labels: tuple[Pair, ...], holder: ObjectRef, owners: frozenset[str]) -> tuple[Hit, ...]:
        key = (labels, holder, owners)
        if key not in self._labelled:
            self._labelled[key] = tuple(self._search(labels, holder, owners))
        return self._labelled[key]

    def _search(self, labels: tuple[Pair, ...], holder: ObjectRef, owners: frozenset[str]) -> Iterator[Hit]:
        """The policies of these workspaces that select a route of these labels in this table (DEC-19)."""
        entries = (each for pair in (None, *labels) for each in self._entries.get(pair, ()))
        chosen: dict[int, By] = {}
        for place, entry in entries:
            if self._selects(entry, labels, holder):
                by = By.LABELS if entry.labels or entry.tables else By.ALL
                chosen[place] = by if chosen.get(place) is not By.LABELS else By.LABELS
        for place, by in sorted(chosen.items()):
            policy = self._policies[place]
            if self._tenancy.owner(policy.ref) in owners:
                yield Hit(policy, by, True if policy.stated else None)

    def _selects(self, entry: RuleSelector, labels: Sequence[Pair], holder: ObjectRef) -> bool:
        """Whether an entry means the routes of a table that have these labels."""
        if not set(labels).issuperset(entry.labels):
            return False
        wanted = [each for each in entry.tables if isinstance(each, Selector)]
        return not wanted or any(
            named_by(each, holder) and selects(each, holder.namespace, {}) and self._of_workspace(each, holder)
            for each in wanted
        )

    def _of_workspace(self, wanted: Selector, holder: ObjectRef) -> bool:
        """Without workspaces nobody knows whose a table is."""
        return not wanted.workspace or self._tenancy.owner(holder) in (IMPLICIT, wanted.workspace)

    def _by_destinations(self, destinations: Sequence[Destination], owners: frozenset[str]) -> Iterator[Hit]:
        """The policies that mean a route by where it leads, and those that mean one of its destinations."""
        for place, destination in enumerate(destinations):
            for policy, leads, target in self._reaching(destination):
                if leads is not False and self._tenancy.owner(policy.ref) in owners:
                    yield Hit(policy, By.DESTINATIONS, leads, WHOLE)
                if target is not False:
                    by = By.DESTINATIONS if any(each.selector for each in policy.targets) else By.ALL
                    yield Hit(policy, by, target if policy.stated else None, place)

    def _reaching(self, destination: Destination) -> tuple[tuple[Policy, bool | None, bool | None], ...]:
        """The policies that a destination has to do with: whether its routes are meant, and whether it is itself."""
        key = key_of(destination)
        if key not in self._reached:
            owner, choose = self._selection.owner(destination), self._selection.any_of
            found = []
            for policy in self._aimed.candidates(destination.name, self._selection.labels(destination)):
                leads = choose(policy.leading_to, destination)
                own = owner is not None and self._tenancy.owner(policy.ref) == owner
                target = choose(policy.targets, destination) if own else False
                if leads is not False or target is not False:
                    found.append((policy, leads, target))
            self._reached[key] = tuple(found)
        return self._reached[key]

    def _at_destinations(
        self, destinations: Sequence[Destination], labels: Sequence[Pair], holder: ObjectRef, owners: frozenset[str]
    ) -> Iterator[Hit]:
        """The policies that mean some destinations of some routes."""
        for place, targets in sorted(self._chosen_targets(labels, holder).items()):
            policy = self._policies[place]
            if self._tenancy.owner(policy.ref) in owners:
                for number, destination in enumerate(destinations):
                    fits = self._selection.any_of(targets, destination)
                    if fits is not False:
                        yield Hit(policy, By.LABELS, fits, number)

    def _chosen_targets(self, labels: Sequence[Pair], holder: ObjectRef) -> dict[int, list[DestinationSelector]]:
        """The destinations that each policy means on a route of these labels in this table."""
        found: dict[int, list[DestinationSelector]] = {}
        for pair in (None, *labels):
            for place, entry, wanted in self._on_routes.get(pair, ()):
                if self._selects(entry, labels, holder):
                    found.setdefault(place, []).extend(wanted)
        return found

"""Policies that choose routes by their effective labels, or by where they lead (`spec/v2.md` 11.2, DEC-19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kubectl_gmg.model.action import Delegate, Destination, ForwardTo, Selector
from kubectl_gmg.model.declared import Policy, RuleSelector, VirtualHost
from kubectl_gmg.model.inventory import Inventory, Service
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.policy import By, DestinationSelector
from kubectl_gmg.model.resolved import Status, Terminal
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.clashes import WHOLE, Hit, options_of, uses_of
from kubectl_gmg.resolve.destination_selection import DestinationSelection, Key, key_of, ref_of
from kubectl_gmg.resolve.index import named_by, selects
from kubectl_gmg.resolve.inherit import yield_to
from kubectl_gmg.resolve.policy_index import (
    OWNER,
    VIEWER,
    Asked,
    Fact,
    destination_facts,
    route_facts,
    wanted_of_destination,
    wanted_of_route,
)
from kubectl_gmg.resolve.tenancy import Tenancy, is_of

Pair = tuple[str, str]
Owners = frozenset[str]
Meant = tuple[Policy, By, bool | None]
"""A policy that means a destination, what it chose it by, and whether it does for sure."""


class RoutePolicies:
    """The policies of one generation, as they meet its routes; what chooses some labels is asked once.

    A policy acts on what its workspace owns: on routes of a table of it, or below one (DEC-19), and on destinations.
    One that no workspace owns is not read (12.2 rule 3).
    """

    def __init__(self, policies: Iterable[Policy], tenancy: Tenancy, inventory: Inventory) -> None:
        ordered = sorted(policies, key=lambda policy: by_age(policy.created, policy.ref))
        owned = [(each, owner) for each in ordered if (owner := tenancy.owner(each.ref)) is not None]
        self._policies, self._tenancy = ordered, tenancy
        self._selection = DestinationSelection(inventory, tenancy)
        self._of_routes = Asked(
            [
                ((policy, entry), [*wanted_of_route(entry), (VIEWER, owner)])
                for policy, owner in owned
                for entry in policy.rules
            ]
        )
        self._leading = Asked(
            [
                ((policy, wanted), [*wanted_of_destination(wanted), (VIEWER, owner)])
                for policy, owner in owned
                for wanted in policy.leading_to
            ]
        )
        self._targets = Asked(
            [
                ((policy, wanted), [*wanted_of_destination(wanted), (OWNER, owner)])
                for policy, owner in owned
                for wanted in policy.targets
            ]
        )
        self._on_routes = Asked(
            [
                ((policy, entry, wanted), [*wanted_of_route(entry), *wanted_of_destination(wanted), (VIEWER, owner)])
                for policy, owner in owned
                for entry, destinations in policy.on_routes
                for wanted in destinations
            ]
        )
        self._labelled: dict[tuple[object, ...], tuple[Hit, ...]] = {}
        self._leads: dict[tuple[Key, Owners], tuple[Hit, ...]] = {}
        self._acting: dict[Key, tuple[Meant, ...]] = {}
        self._facts: dict[Key, tuple[list[Fact], list[str]]] = {}

    def __bool__(self) -> bool:
        return bool(self._policies)

    def join(self, leaf: Terminal, host: VirtualHost, _services: tuple[Service, ...] | None) -> Terminal:
        """The leaf with what the policies that reach it give; a delegating rule in error has none (rule 8)."""
        if isinstance(leaf.rules[-1].action, Delegate):
            return leaf
        hits = self._on_connections(leaf) if leaf.rules[-1].connections else self._on_requests(leaf, host)
        if leaf.status in (Status.REPLACED, Status.INVALID):  # nothing is sent on to a destination
            hits = [hit for hit in hits if hit.scope == WHOLE]
        if not hits:
            return leaf
        uses = uses_of(hits)
        return replace(leaf, options=yield_to(leaf.options, options_of(hits)), policies=uses)

    def _on_connections(self, leaf: Terminal) -> list[Hit]:
        """The policies of a route for connections; what acts on requests has nothing to do with those."""
        return [hit for hit in self._by_targets(destinations_of(leaf)) if not hit.policy.of_requests]

    def _on_requests(self, leaf: Terminal, host: VirtualHost) -> list[Hit]:
        """The policies of a route for requests."""
        holder, destinations = leaf.rules[-1].origin.ref, destinations_of(leaf)
        labels = tuple([(key, value.value) for key, value in leaf.labels])
        owners = owners_of(leaf, host, self._tenancy)
        hits = [*self._by_labels(labels, holder, owners), *self._by_targets(destinations)]
        for each in destinations:
            hits += self._by_lead(each, owners)
        return [*hits, *self._at_destinations(destinations, labels, holder, owners)]

    def _by_labels(self, labels: tuple[Pair, ...], holder: ObjectRef, owners: Owners) -> tuple[Hit, ...]:
        key = (labels, holder, owners)
        if key not in self._labelled:
            self._labelled[key] = tuple(self._search(labels, holder, owners))
        return self._labelled[key]

    def _search(self, labels: tuple[Pair, ...], holder: ObjectRef, owners: Owners) -> Iterator[Hit]:
        """The policies of these workspaces that select a route of these labels in this table (DEC-19)."""
        for policy, entry in self._of_routes.by(route_facts(labels, holder, owners)):
            if self._tenancy.owner(policy.ref) in owners and selects_route(entry, labels, holder, self._tenancy):
                yield Hit(policy, by_entry(entry), True if policy.stated else None)

    def _by_lead(self, destination: Destination, owners: Owners) -> tuple[Hit, ...]:
        """The policies that mean a route by where it leads."""
        key = (key_of(destination), owners)
        if key not in self._leads:
            facts, unknown = self._facts_of(destination)
            found = self._leading.by([*facts, *((VIEWER, each) for each in owners)], *unknown)
            self._leads[key] = tuple(
                Hit(policy, By.DESTINATIONS, leads)
                for policy, wanted in found
                if (viewer := self._tenancy.owner(policy.ref)) in owners
                and (leads := self._selection.available((wanted,), destination, viewer)) is not False
            )
        return self._leads[key]

    def _by_targets(self, destinations: Sequence[Destination]) -> Iterator[Hit]:
        """The policies that mean one of the destinations of a route."""
        for place, destination in enumerate(destinations):
            key = key_of(destination)
            if key not in self._acting:
                self._acting[key] = tuple(self._aimed_at(destination))
            for policy, by, fits in self._acting[key]:
                yield Hit(policy, by, fits, place)

    def _aimed_at(self, destination: Destination) -> Iterator[Meant]:
        """The policies that act on a destination; they are of its own workspace."""
        owner, (facts, unknown) = self._selection.owner(destination), self._facts_of(destination)
        for policy, wanted in self._targets.by(facts if owner is None else [*facts, (OWNER, owner)], *unknown):
            fits = self._selection.fits(wanted, destination)
            if fits is not False and self._tenancy.owner(policy.ref) == owner:
                yield policy, by_target(wanted), fits if policy.stated else None

    def _at_destinations(
        self, destinations: Sequence[Destination], labels: Sequence[Pair], holder: ObjectRef, owners: Owners
    ) -> Iterator[Hit]:
        """The policies that mean some destinations of some routes."""
        of_route = route_facts(labels, holder, owners)
        for number, destination in enumerate(destinations):
            facts, unknown = self._facts_of(destination)
            for policy, entry, wanted in self._on_routes.by([*of_route, *facts], *unknown):
                viewer = self._tenancy.owner(policy.ref)
                if viewer in owners and selects_route(entry, labels, holder, self._tenancy):
                    fits = self._selection.available((wanted,), destination, viewer)
                    if fits is not False:
                        by = by_entry(entry) if entry.labels or entry.tables else by_target(wanted)
                        yield Hit(policy, by, fits, number)

    def _facts_of(self, destination: Destination) -> tuple[list[Fact], list[str]]:
        """What is known of a destination, and of what sort nothing is."""
        key = key_of(destination)
        if key not in self._facts:
            self._facts[key] = destination_facts(ref_of(destination), self._selection.labels(destination))
        return self._facts[key]


def by_entry(entry: RuleSelector) -> By:
    """What an entry chooses routes by."""
    return By.LABELS if entry.labels or entry.tables else By.ALL


def by_target(wanted: DestinationSelector) -> By:
    """What a selector chooses destinations by; one that is empty means all."""
    chosen, port = wanted.selector, wanted.port or wanted.port_name
    narrow = chosen is not None and (wanted_of_destination(wanted) or chosen.cluster or chosen.workspace)
    return By.DESTINATIONS if narrow or port else By.ALL


def destinations_of(leaf: Terminal) -> tuple[Destination, ...]:
    """Where a route leads, as written."""
    action = leaf.rules[-1].action
    return action.destinations if isinstance(action, ForwardTo) else ()


def owners_of(leaf: Terminal, host: VirtualHost, tenancy: Tenancy) -> frozenset[str]:
    """The workspaces of the tables on the way down to a route, whose policies reach it (`spec/v2.md` DEC-19)."""
    above = {host.ref, *(inclusion.table.ref for inclusion in leaf.tables)}
    return frozenset(owner for each in above if (owner := tenancy.owner(each)) is not None)


def selects_route(entry: RuleSelector, labels: Sequence[Pair], holder: ObjectRef, tenancy: Tenancy) -> bool:
    """Whether an entry means the routes of a table that have these labels, whoever they belong to."""
    if not set(labels).issuperset(entry.labels):
        return False
    wanted = [each for each in entry.tables if isinstance(each, Selector)]
    return not wanted or any(
        named_by(each, holder) and selects(each, holder.namespace, {}) and is_of(each.workspace, tenancy.owner(holder))
        for each in wanted
    )

"""Faults put into attaching policies, one at a time: the judges must notice every one.

The judges are the two transcripts of `spec/v2.md` 9, 11 and 12 on generated worlds. A fault that nobody notices is a
missing test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from kubectl_gmg.api import v2_policies
from kubectl_gmg.model.declared import Policy, RuleSelector, ServiceMatcher, VirtualHost
from kubectl_gmg.model.policy import Clash, DestinationSelector
from kubectl_gmg.model.resolved import PolicyState, PolicyUse, Terminal
from kubectl_gmg.resolve import clashes, destination_selection, listener_policies, route_policies, tenancy
from kubectl_gmg.resolve.clashes import Hit
from kubectl_gmg.resolve.destination_selection import DestinationSelection
from kubectl_gmg.resolve.listener_policies import ListenerPolicies
from kubectl_gmg.resolve.services import selects_service
from kubectl_gmg.resolve.tenancy import Tenancy
from tests.oracle import test_policy_rules, test_policy_tenants
from tests.oracle.policy_estates import Estate, subsets
from tests.oracle.policy_rules import GROUP, State, World, expected

Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}
WORLDS, ESTATES = 20, 80
"""How many of the generated worlds the judges look at; enough that every fault below shows."""


def fault(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[function.__name__.replace("_", " ")] = function
    return function


def lowered_as(patch: Patch, change: Callable[[Policy], Policy]) -> None:
    """Policies are read as somebody changed them."""
    real = v2_policies.lowered
    patch.setattr(v2_policies, "lowered", lambda reading, of: change(real(reading, of)))


def table_as(patch: Patch, **columns: Any) -> None:
    """The table of 11.1 has other columns."""
    patch.setattr(v2_policies, "POLICIES", tuple([replace(each, **columns) for each in v2_policies.POLICIES]))


@fault
def one_of_the_labels_is_enough(patch: Patch) -> None:
    real = route_policies.selects_route

    def selects(entry: RuleSelector, labels: Any, *rest: Any) -> bool:
        return real(replace(entry, labels=tuple(set(entry.labels) & set(labels)) or entry.labels), labels, *rest)

    patch.setattr(route_policies, "selects_route", selects)


@fault
def place_of_the_table_ignored(patch: Patch) -> None:
    lowered_as(patch, lambda policy: replace(policy, rules=tuple([replace(each, tables=()) for each in policy.rules])))


def owners_as(patch: Patch, owners: Callable[[Terminal, VirtualHost, Tenancy], Iterable[str | None]]) -> None:
    """The policies of some tenants act on a route."""
    patch.setattr(route_policies, "owners_of", lambda *given: frozenset(owners(*given)))


@fault
def policies_of_all_tenants_act(patch: Patch) -> None:
    owners_as(patch, lambda leaf, host, tenants: ("", "edge", "red", "blue", "all"))


@fault
def tenants_above_do_not_count(patch: Patch) -> None:
    owners_as(patch, lambda leaf, host, tenants: [tenants.owner(leaf.rules[-1].origin.ref)])


@fault
def tenant_of_the_child_does_not_count(patch: Patch) -> None:
    owners_as(patch, lambda leaf, host, tenants: [tenants.owner(host.ref)])


@fault
def destinations_of_others_are_acted_on(patch: Patch) -> None:
    class Anybody(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            return True

    patch.setattr(DestinationSelection, "owner", lambda self, destination: Anybody())


@fault
def hidden_destinations_are_selected(patch: Patch) -> None:
    patch.setattr(DestinationSelection, "_sees", lambda self, viewer, destination: True)


@fault
def kinds_of_destinations_ignored(patch: Patch) -> None:
    real = DestinationSelection.fits

    def fits(self: Any, wanted: Any, destination: Any) -> bool | None:
        return real(self, replace(wanted, kinds=v2_policies.ANYWHERE), destination)

    patch.setattr(DestinationSelection, "fits", fits)


@fault
def every_kind_acts_on_all_destinations(patch: Patch) -> None:
    table_as(patch, to=v2_policies.ANYWHERE)


@fault
def ports_of_destinations_ignored(patch: Patch) -> None:
    patch.setattr(DestinationSelection, "_at_port", lambda self, wanted, destination: True)


@fault
def tenants_of_destinations_ignored(patch: Patch) -> None:
    patch.setattr(destination_selection, "is_of", lambda wanted, owner: True)


@fault
def newest_wins(patch: Patch) -> None:
    turned_round(patch, clashes)


@fault
def younger_workspace_owns(patch: Patch) -> None:
    turned_round(patch, tenancy)


def turned_round(patch: Patch, module: Any) -> None:
    """What is older comes last."""
    real = module.by_age

    class Backwards(tuple[Any, ...]):
        __slots__ = ()

        def __lt__(self, other: tuple[Any, ...]) -> bool:
            return tuple(self) > tuple(other)

    patch.setattr(module, "by_age", lambda *age: Backwards(real(*age)))


def decided_as(patch: Patch, change: Callable[[Hit], Hit]) -> None:
    """Hits are decided as somebody changed them."""
    real = clashes.decided

    def decided(hits: Iterable[Hit]) -> Iterator[tuple[Hit, PolicyState, Any]]:
        yield from real(map(change, hits))

    patch.setattr(clashes, "decided", decided)


@fault
def one_destination_clashes_with_another(patch: Patch) -> None:
    decided_as(patch, lambda hit: replace(hit, scope=0))


@fault
def all_kinds_clash(patch: Patch) -> None:
    decided_as(patch, lambda hit: replace(hit, policy=replace(hit.policy, clash=Clash.OLDEST)))


@fault
def no_kind_clashes(patch: Patch) -> None:
    decided_as(patch, lambda hit: replace(hit, policy=replace(hit.policy, clash=Clash.EACH)))


@fault
def unknown_taken_for_certain(patch: Patch) -> None:
    decided_as(patch, lambda hit: replace(hit, fits=True))


def effect_as(patch: Patch, change: Callable[[Policy], Policy]) -> None:
    real = clashes.effect
    patch.setattr(clashes, "effect", lambda use, policy: real(use, change(policy)))


@fault
def stages_ignored(patch: Patch) -> None:
    patch.setattr(clashes, "STAGES", dict.fromkeys(clashes.STAGES, 0))


@fault
def priorities_ignored(patch: Patch) -> None:
    effect_as(patch, lambda policy: replace(policy, phase=policy.phase and replace(policy.phase, priority=0)))


@fault
def firewalls_only_by_age(patch: Patch) -> None:
    effect_as(patch, lambda policy: replace(policy, rank=None))


@fault
def losers_among_winners(patch: Patch) -> None:
    real = clashes.effect

    def effect(use: PolicyUse, policy: Policy) -> tuple[object, ...]:
        return real(replace(use, state=PolicyState.APPLIED), policy)

    patch.setattr(clashes, "effect", effect)


@fault
def stages_of_a_kind_forgotten(patch: Patch) -> None:
    table_as(patch, stage=v2_policies.POST)


@fault
def workloads_of_others_are_meant(patch: Patch) -> None:
    def before(self: Any, wanted: Any, services: Any, owner: str) -> bool | None:
        return any(selects_service(each, one) for each in wanted for one in services or ())

    patch.setattr(ListenerPolicies, "_before", before)


@fault
def tenants_of_listeners_ignored(patch: Patch) -> None:
    patch.setattr(listener_policies, "is_of", lambda wanted, owner: True)


@fault
def gateways_of_listeners_ignored(patch: Patch) -> None:
    patch.setattr(listener_policies, "selected", lambda selectors, ref, labels: True)


@fault
def ports_of_listeners_ignored(patch: Patch) -> None:
    lowered_as(
        patch,
        lambda policy: replace(
            policy, listeners=tuple([replace(each, port=None, port_name=None) for each in policy.listeners])
        ),
    )


@fault
def only_written_names_of_ports_count(patch: Patch) -> None:
    patch.setattr(listener_policies, "has_port_name", lambda name, listener, services: listener.name == name)


@fault
def workloads_that_say_nothing_are_none(patch: Patch) -> None:
    def change(policy: Policy) -> Policy:
        return replace(policy, workloads=tuple([each for each in policy.workloads if each.matcher != ServiceMatcher()]))

    lowered_as(patch, change)


@fault
def nothing_said_means_nothing(patch: Patch) -> None:
    table_as(patch, unsaid=None)


@fault
def nothing_said_means_all_routes(patch: Patch) -> None:
    table_as(patch, unsaid=v2_policies.Names.ROUTES)


@fault
def every_kind_states_what_nothing_means(patch: Patch) -> None:
    table_as(patch, stated=True)


@fault
def destinations_beside_workloads_count(patch: Patch) -> None:
    real = v2_policies.lowered

    def lowered(reading: Any, of: Any) -> Policy:
        entries = reading.spec.items_of("applyToDestinations") if of.name == "AccessPolicy" else ()
        found = real(reading, of)
        return replace(found, targets=v2_policies.chosen_destinations(entries, of, everywhere=False) or found.targets)

    patch.setattr(v2_policies, "lowered", lowered)


@fault
def routes_by_where_they_lead_forgotten(patch: Patch) -> None:
    lowered_as(patch, lambda policy: replace(policy, leading_to=()))


@fault
def destinations_of_routes_taken_for_all(patch: Patch) -> None:
    everywhere = (DestinationSelector(v2_policies.ANYWHERE),)

    def change(policy: Policy) -> Policy:
        return replace(policy, on_routes=tuple([(route, everywhere) for route, _ in policy.on_routes]))

    lowered_as(patch, change)


@fault
def delegating_rules_in_error_are_reached(patch: Patch) -> None:
    patch.setattr(route_policies, "Delegate", type("Nothing", (), {}))


@fault
def nobody_owns_without_workspaces(patch: Patch) -> None:
    real = Tenancy.owner
    patch.setattr(Tenancy, "owner", lambda self, ref: real(self, ref) if self._workspaces else None)


@fault
def global_object_forgotten(patch: Patch) -> None:
    real = Tenancy.__init__

    def made(self: Any, realm: Any) -> None:
        real(self, realm)
        self._everywhere = []

    patch.setattr(Tenancy, "__init__", made)


@cache
def worlds() -> tuple[tuple[World, Any], ...]:
    """Worlds with what the transcript says of them, as far as it is compared."""
    return tuple((world, compared(world)) for world in map(World, range(WORLDS)))


def compared(world: World) -> dict[str, dict[str, State]]:
    """What the transcript says of a world; workloads are compared in estates."""
    with_workloads = test_policy_rules.WITH_WORKLOADS
    return {
        route: {name: state for name, state in each.items() if not name.startswith(with_workloads)}
        for route, each in expected(world).items()
    }


@cache
def estates() -> tuple[Estate, ...]:
    """Estates of tenants, and for each kind one with all that it may name."""
    named = [Estate(sum(map(ord, kind)), "one") for kind in sorted(GROUP)]
    for kind, estate in zip(sorted(GROUP), named, strict=True):
        estate.policies = [estate.policy(kind, f"{n}", fields) for n, fields in enumerate(subsets(kind))]
    return (*map(Estate, range(ESTATES)), *named)


def judge() -> str:
    """The first complaint."""
    for estate in estates():
        if found := test_policy_tenants.complaint(estate):
            return found
    return next((str(wanted) for world, wanted in worlds() if test_policy_rules.told(world) != wanted), "")


def test_the_judge_is_content() -> None:
    """Without a fault nobody complains; else the tests below would show nothing."""
    assert judge() == ""


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_judge_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    assert judge() != "", f"nobody noticed: {name}"

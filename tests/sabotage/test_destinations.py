"""Faults put into what is made of destinations, one at a time: the judge must notice every one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kubectl_gmg.model.action import FunctionFilter
from kubectl_gmg.model.declared import FailureMode, Realm
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.model.workspace import Federation
from kubectl_gmg.resolve import backing, functions, withheld
from kubectl_gmg.resolve.federation import FederatedServices
from kubectl_gmg.resolve.functions import FunctionFilters
from kubectl_gmg.resolve.tenancy import Tenancy
from tests.oracle import test_backing as behind
from tests.oracle import test_function_filters as filters
from tests.oracle.test_federation import World, expected, session_of, told

Patch = pytest.MonkeyPatch
WORLDS = [World(seed) for seed in range(40)]


def reading(change: Callable[[Federation], Federation]) -> Callable[[Patch], None]:
    """Settings are taken to say something else."""

    def sabotage(patch: Patch) -> None:
        lack = FederatedServices._lack
        patch.setattr(FederatedServices, "_lack", lambda self, own, *rest: lack(self, own and change(own), *rest))

    return sabotage


def everything_is_reached(patch: Patch) -> None:
    patch.setattr(FederatedServices, "judged", lambda _, gateway: gateway)


def gateways_run_in_one_cluster(patch: Patch) -> None:
    def judged(self: FederatedServices, gateway: Gateway) -> Gateway:
        return original(self, replace(gateway, clusters=frozenset(sorted(gateway.clusters)[:1])))

    original = FederatedServices.judged
    patch.setattr(FederatedServices, "judged", judged)


def settings_for_all_are_left_out(patch: Patch) -> None:
    start = FederatedServices.__init__

    def without(self: FederatedServices, realm: Realm, tenancy: Tenancy) -> None:
        start(self, realm, tenancy)
        self._everywhere = []

    patch.setattr(FederatedServices, "__init__", without)


def nothing_freezes(patch: Patch) -> None:
    row = withheld.broken_row
    patch.setattr(withheld, "broken_row", lambda route, refused, _, code: row(route, refused, set(), code))


def a_frozen_host_is_replaced(patch: Patch) -> None:
    patch.setattr(withheld, "FailureMode", type("Modes", (), {"FREEZE_CONFIG": FailureMode.ROUTE_REPLACEMENT}))


FAULTS: dict[str, Callable[[Patch], None]] = {
    "everything is reached": everything_is_reached,
    "a gateway of two clusters runs in one": gateways_run_in_one_cluster,
    "settings for all workspaces are left out": settings_for_all_are_left_out,
    "nothing freezes": nothing_freezes,
    "the wrong roots freeze": a_frozen_host_is_replaced,
    "federation is always enabled": reading(lambda own: replace(own, enabled=True)),
    "serviceSelector is ignored": reading(lambda own: replace(own, services=())),
    "ports are ignored": reading(lambda own: replace(own, ports=())),
    "only the first selector counts": reading(lambda own: replace(own, services=own.services[:1])),
}


def agrees() -> bool:
    return all(told(session_of(world)) == expected(world) for world in WORLDS)


def test_without_a_fault_the_judge_agrees() -> None:
    assert agrees()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_judge_notices(fault: Callable[[Patch], None], monkeypatch: Patch) -> None:
    fault(monkeypatch)
    assert not agrees()


CALLING = [filters.World(seed) for seed in range(40)]
"""Worlds with routes that call functions."""


def filtering(**nothing: tuple[str, ...]) -> Callable[[Patch], None]:
    """Some lists of filters are taken to be empty."""

    def sabotage(patch: Patch) -> None:
        fits = functions.fits
        patch.setattr(functions, "fits", lambda wanted, *rest: fits(replace(wanted, **nothing), *rest))

    return sabotage


def listeners_let_everything(patch: Patch) -> None:
    patch.setattr(FunctionFilters, "_entries_for", lambda *_: [])


def every_entry_of_a_listener_must_let(patch: Patch) -> None:
    patch.setattr(functions, "any", all, raising=False)


def no_filters_let_nothing(patch: Patch) -> None:
    lets = functions.lets
    patch.setattr(functions, "lets", lambda own, *rest: lets(own or (FunctionFilter(functions=("none",)),), *rest))


def delegates_let_everything(patch: Patch) -> None:
    patch.setattr(functions, "Delegate", type("Other", (), {}))


def one_way_for_all(patch: Patch) -> None:
    patch.setattr(functions, "way", lambda leaf: (id(leaf.rules[-1]),))


def patterns_are_literal(patch: Patch) -> None:
    patch.setattr(functions, "fits_any", functions.one_of)


FILTER_FAULTS: dict[str, Callable[[Patch], None]] = {
    "accounts are ignored": filtering(accounts=()),
    "regions are ignored": filtering(regions=()),
    "roles are ignored": filtering(roles=()),
    "functions are ignored": filtering(functions=()),
    "listeners let everything": listeners_let_everything,
    "every entry of a listener must let": every_entry_of_a_listener_must_let,
    "no filters let nothing": no_filters_let_nothing,
    "delegates let everything": delegates_let_everything,
    "a rule is left out on every way": one_way_for_all,
    "patterns are literal": patterns_are_literal,
}


def filters_agree() -> bool:
    return all(filters.told(world) == filters.expected(world) for world in CALLING)


def test_without_a_fault_the_judge_of_filters_agrees() -> None:
    assert filters_agree()


@pytest.mark.parametrize("fault", FILTER_FAULTS.values(), ids=FILTER_FAULTS)
def test_the_judge_of_filters_notices(fault: Callable[[Patch], None], monkeypatch: Patch) -> None:
    fault(monkeypatch)
    assert not filters_agree()


BACKED = [behind.World(seed) for seed in range(40)]


def everything_is_seen(patch: Patch) -> None:
    patch.setattr(Tenancy, "sees", lambda *_: True)


def nothing_of_others_is_seen(patch: Patch) -> None:
    patch.setattr(Tenancy, "sees", lambda self, viewer, ref, *_: self.owner(ref) == viewer)


def workspaces_of_selectors_are_ignored(patch: Patch) -> None:
    patch.setattr(backing, "is_of", lambda wanted, owner: True)


def the_newest_is_used(patch: Patch) -> None:
    by_cluster = backing.by_cluster
    patch.setattr(
        backing, "by_cluster", lambda chosen: {name: found[::-1] for name, found in by_cluster(chosen).items()}
    )


def all_of_a_cluster_are_used(patch: Patch) -> None:
    patch.setattr(backing, "is_one_cluster", lambda *_: False)


def clusters_come_in_reverse(patch: Patch) -> None:
    by_cluster = backing.by_cluster
    patch.setattr(backing, "by_cluster", lambda chosen: dict(reversed(by_cluster(chosen).items())))


BACKING_FAULTS: dict[str, Callable[[Patch], None]] = {
    "everything is seen": everything_is_seen,
    "nothing of others is seen": nothing_of_others_is_seen,
    "workspaces of selectors are ignored": workspaces_of_selectors_are_ignored,
    "the newest is used": the_newest_is_used,
    "all of a cluster are used": all_of_a_cluster_are_used,
    "clusters come in reverse": clusters_come_in_reverse,
}


def backing_agrees() -> bool:
    return all(behind.told(world) == behind.expected(world) for world in BACKED)


def test_without_a_fault_the_judge_of_backing_agrees() -> None:
    assert backing_agrees()


@pytest.mark.parametrize("fault", BACKING_FAULTS.values(), ids=BACKING_FAULTS)
def test_the_judge_of_backing_notices(fault: Callable[[Patch], None], monkeypatch: Patch) -> None:
    fault(monkeypatch)
    assert not backing_agrees()

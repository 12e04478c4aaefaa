"""Policies of tenants that share some things only: what they name, and the order in which they act."""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest

from kubectl_gmg.model.action import Delegate
from kubectl_gmg.model.resolved import Status
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.resolve.target import all_rows
from kubectl_gmg.views import RouteRow
from tests.oracle.policy_estates import TENANTS, Estate, subsets
from tests.oracle.policy_rules import FIELDS, GROUP, State
from tests.oracle.policy_tenants import Rules, misordered

ESTATES = int(os.environ.get("GMG_ESTATES", "120"))
Told = dict[tuple[int, str], list[tuple[str, State]]]


def resolved(estate: Estate) -> list[RouteRow]:
    """The routes of an estate, for gateways and within the mesh."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": estate.objects}).encode()
    return list(all_rows(Session(Settings(filename=("-",), stdin=lambda: text)).resolved))


def told(rows: list[RouteRow]) -> Told:
    """By listener and route, as far as it is served as written: the policies in order, with what became of them.

    Workloads within the mesh are listener 0.
    """
    return {
        (0 if within_mesh(row) else row.listener.index, row.rule.name): [
            (use.ref.name, (use.state.value, use.lost_to.name if use.lost_to else None)) for use in row.policies
        ]
        for row in rows
        if row.route.status is Status.OK
    }


def within_mesh(row: RouteRow) -> bool:
    """Whether a route is for workloads, not for a gateway."""
    return row.gateway.sidecars is not None


def complaint(estate: Estate) -> str:
    """The first difference between the product and the transcript; empty if there is none."""
    rows = resolved(estate)
    found, wanted = told(rows), Rules(estate).expected()
    if any(isinstance(row.rule.action, Delegate) and row.route.terminal.policies for row in rows):
        return "a policy acts on a delegating rule (11.2 rule 8)"
    if found.keys() != wanted.keys():
        return f"served: {sorted(found.keys() ^ wanted.keys())}"
    for place, uses in found.items():
        said = dict(uses)
        if said.keys() != wanted[place].keys() or any(said[name] not in each for name, each in wanted[place].items()):
            return f"{place}: {uses} is not {wanted[place]}"
        own = [(name, state) for name, (state, _) in uses if not is_of_listener(estate, name)]
        if wrong := misordered(estate, own):
            return f"{place}: {wrong}"
    return ""


def is_of_listener(estate: Estate, name: str) -> bool:
    """Whether a policy may reach a route by its listener: those stand behind the route's own."""
    (kind,) = {each["kind"] for each in estate.policies if each["metadata"]["name"] == name}
    return bool({"applyToListeners", "applyToWorkloads"} & set(FIELDS[kind]))


@pytest.mark.parametrize("seed", range(ESTATES))
def test_tenants(seed: int) -> None:
    assert complaint(Estate(seed)) == ""


@pytest.mark.parametrize("kind", sorted(GROUP))
def test_all_that_a_kind_may_name(kind: str) -> None:
    """Naming nothing, one thing or several, by a workspace that owns all: what 11.1 says of it."""
    estate = Estate(sum(map(ord, kind)), "one")
    estate.policies = [estate.policy(kind, f"{n}", fields) for n, fields in enumerate(subsets(kind))]
    assert complaint(estate) == ""


def test_the_estates_are_rich_enough() -> None:
    """Every kind, every state and every way to be served occurs, and not just once."""
    states: Counter[str] = Counter()
    routes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for seed in range(ESTATES):
        estate = Estate(seed)
        rules = Rules(estate)
        kinds.update(each["kind"] for each in estate.policies)
        found = rules.expected()
        routes.update({estate.tenants: len(found)})
        states.update(state for each in found.values() for some in each.values() for state, _ in some)
    assert set(kinds) == set(GROUP)
    assert min(routes[each] for each in TENANTS) > ESTATES
    assert min(states[each] for each in ("applied", "lost", "unknown")) > ESTATES / 10

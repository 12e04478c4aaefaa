"""The attached policies before and since release 2.5, and what an explanation tells of it (`spec/v2.md` 9, DEC-17)."""

from __future__ import annotations

import json
from functools import cache

import pytest

from kubectl_gmg.explain.choosing import Choosing
from kubectl_gmg.explain.label_reading import reading_steps
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.resolve.target import all_rows
from tests.oracle.policy_rules import FIELDS, WORKLOADS, World, expected

WORLDS = range(60)
RELEASES = {"2.4": False, "2.5": True}
"""Whether labels of tables that are delegated to count."""
WITH_WORKLOADS = tuple(kind.lower() for kind, fields in FIELDS.items() if WORKLOADS in fields)

States = dict[str, dict[str, str]]


@cache
def judged(seed: int, release: str) -> States:
    """By route the state of every policy, from the page; workloads are another judge's."""
    found = expected(World(seed), of_children=RELEASES[release])
    return {
        route: {name: state for name, (state, _) in each.items() if not name.startswith(WITH_WORKLOADS)}
        for route, each in found.items()
    }


@cache
def session(seed: int, release: str) -> Session:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": World(seed).objects}).encode()
    return Session(Settings(filename=("-",), stdin=lambda: text, product_version=release))


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("seed", WORLDS)
def test_the_policies_of_a_release(seed: int, release: str) -> None:
    found = {
        row.rule.name: {use.ref.name: use.state.value for use in row.policies if WORKLOADS not in FIELDS[use.ref.kind]}
        for row in all_rows(session(seed, release).resolved)
    }
    assert found == judged(seed, release)


@pytest.mark.parametrize("release,other", [("2.4", "2.5"), ("2.5", "2.4")])
@pytest.mark.parametrize("seed", WORLDS)
def test_an_explanation_names_the_policies_that_the_other_reading_changes(seed: int, release: str, other: str) -> None:
    run = session(seed, release)
    for row in all_rows(run.resolved):
        here, there = judged(seed, release)[row.rule.name], judged(seed, other)[row.rule.name]
        changed = {name for name in {*here, *there} if here.get(name) != there.get(name)}
        _, *steps = (*reading_steps(row, Choosing(row.rule.origin.ref, run.declared)),) or (None,)
        assert {step.at.ref.name for step in steps if step is not None and step.at is not None} == changed


def test_the_readings_differ_often_enough() -> None:
    pairs = [(judged(seed, "2.4"), judged(seed, "2.5")) for seed in WORLDS]
    differing = sum(old[route] != new[route] for old, new in pairs for route in new)
    assert differing > len(WORLDS) / 4

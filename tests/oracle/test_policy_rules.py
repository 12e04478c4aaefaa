"""The attached policies are those of an independent computation (`spec/v2.md` 9, 11)."""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest

from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.resolve.target import all_rows
from tests.oracle.policy_rules import FIELDS, GROUP, WORKLOADS, World, expected

WORLDS = int(os.environ.get("GMG_POLICIES", "150"))
WITH_WORKLOADS = tuple(kind.lower() for kind, fields in FIELDS.items() if WORKLOADS in fields)


def told(world: World) -> dict[str, dict[str, tuple[str, str | None]]]:
    """By route name: what the product says of each policy; workloads are another judge's."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": world.objects}).encode()
    session = Session(Settings(filename=("-",), stdin=lambda: text))
    return {
        row.rule.name: {
            use.ref.name: (use.state.value, use.lost_to.name if use.lost_to else None)
            for use in row.policies
            if WORKLOADS not in FIELDS[use.ref.kind]
        }
        for row in all_rows(session.resolved)
    }


@pytest.mark.parametrize("seed", range(WORLDS))
def test_the_attached_policies(seed: int) -> None:
    world = World(seed)
    wanted = {
        route: {name: state for name, state in each.items() if not name.startswith(WITH_WORKLOADS)}
        for route, each in expected(world).items()
    }
    assert told(world) == wanted


def test_the_worlds_are_rich_enough() -> None:
    states: Counter[str] = Counter()
    kinds: set[str] = set()
    for seed in range(WORLDS):
        world = World(seed)
        kinds |= {each["kind"] for each in world.policies}
        states.update(state for each in expected(world).values() for state, _ in each.values())
    assert kinds == set(GROUP)
    assert min(states[each] for each in ("applied", "lost", "unknown")) > WORLDS / 10

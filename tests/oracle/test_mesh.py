"""What workloads within the mesh get is what an independent computation says (`spec/v2.md` 4.3, 4.4, 8.7)."""

from __future__ import annotations

import json
import os
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.model.request import Request
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.resolve.target import all_rows
from kubectl_gmg.simulate.mesh import MeshSimulator
from kubectl_gmg.views import Simulated
from tests.oracle.mesh_rules import ASKED, PATHS, WORKLOADS, World, chosen_domain, expected, listed
from tests.run import gmg, manifests_text

Json = dict[str, Any]
Told = dict[tuple[int, str, str], dict[str, str]]
WORLDS = int(os.environ.get("GMG_MESHES", "120"))


def session_of(world: World) -> Session:
    """The objects of a world, read."""
    text = manifests_text(world.objects).encode()
    return Session(Settings(filename=("-",), stdin=lambda: text))


def naming(world: World, host: str) -> list[Json]:
    """The tables with hosts that name one."""
    return [each for each in world.roots if chosen_domain(host, {name.lower() for name in each["spec"]["hosts"]})]


def word(item: Simulated) -> str:
    """What an answer is in the words of the transcript."""
    assert item.response is not None
    return item.response.body or str(item.response.status)


def told(world: World) -> Told:
    """By workload, host and path: what the product says of each workspace."""
    session = session_of(world)
    simulator = MeshSimulator(session.resolved, session.declared)
    found: Told = {}
    for (number, workload), host, path in product(enumerate(WORKLOADS), ASKED, PATHS):
        items = simulator.sent(Request(path, host), tuple(sorted(workload.items())), candidates=False)
        answers = (item for item in items if item.outcome != "notRouted")
        found[number, host, path] = {
            name: word(item)
            for item in answers
            for name in ((item.gateway.workspace or "", *item.gateway.importing) if item.gateway else "?")
        }
    return found


def wanted(world: World) -> Told:
    """The same by the transcript."""
    return {
        (number, host, path): expected(world, workload, host, path)
        for (number, workload), host, path in product(enumerate(WORKLOADS), ASKED, PATHS)
    }


def routes_told(world: World) -> set[tuple[str, str, str, frozenset[frozenset[tuple[str, str]]]]]:
    """Every route within the mesh that the product lists, by domain."""
    return {
        (domain, row.route.root.ref.name, row.route.match.path.value, frozenset(map(frozenset, row.route.workloads)))
        if row.route.match.path
        else (domain, row.route.root.ref.name, "/", frozenset(map(frozenset, row.route.workloads)))
        for row in all_rows(session_of(world).resolved)
        if row.gateway.sidecars is not None
        for domain in row.host.domains
    }


@pytest.mark.parametrize("seed", range(WORLDS))
def test_what_workloads_get(seed: int) -> None:
    world = World(seed)
    assert told(world) == wanted(world)


@pytest.mark.parametrize("seed", range(0, WORLDS, 4))
def test_which_routes_are_listed(seed: int) -> None:
    world = World(seed)
    assert routes_told(world) == listed(world)


def test_the_worlds_are_rich_enough() -> None:
    seen: Counter[str] = Counter()
    for seed in range(WORLDS):
        world = World(seed)
        answers = [each for found in wanted(world).values() for each in (found.values() or ("nobody",))]
        seen.update({each if each in ("404", "500", "nobody") else each[:4] for each in answers})
        seen["several workspaces"] += any(len(each) > 1 for each in wanted(world).values())
        seen["imports"] += any(
            len(own) < len(found)
            for key, found in wanted(world).items()
            for own in [{space for space in found if any(world.owner(each) == space for each in naming(world, key[1]))}]
        )
        seen["contradictions"] += any(leaf.combined()[1] for root in world.roots for leaf in world.leaves(root))
    assert set(seen) == {"404", "500", "nobody", "root", "chil", "several workspaces", "contradictions", "imports"}
    assert min(seen.values()) > WORLDS / 20


@pytest.mark.parametrize("seed", range(3))
def test_the_command_line_says_the_same(seed: int, tmp_path: Path) -> None:
    world, manifests, requests = World(seed), tmp_path / "m.json", tmp_path / "requests"
    manifests.write_text(manifests_text(world.objects))
    requests.write_text("".join(f"http://{host}{path}\n" for host, path in product(ASKED, PATHS)))
    source = ["-f", str(manifests), "-o", "json"]
    for workload in WORKLOADS[:2]:
        labels = ",".join(f"{key}={value}" for key, value in workload.items())
        ran = gmg("curl", "--requests", str(requests), "--from", f"workload:{labels}", *source)
        found: dict[int, Counter[str]] = {}
        for item in ran.json["items"]:
            assert (item["gateway"], item["listener"]) == (None, None)
            answer = (
                item["response"]["body"] or str(item["response"]["status"]) if item["response"] else item["outcome"]
            )
            found.setdefault(item["request"]["input"]["line"], Counter())[answer] += 1
        for line, (host, path) in enumerate(product(ASKED, PATHS), 1):
            answers = expected(world, workload, host, path).values()
            assert set(found[line]) == set(answers or ["notRouted"]), (host, path)
    rows = json.loads(gmg("routes", *source).out)["items"]
    within = [row for row in rows if row["key"].startswith("mesh/-/")]
    assert all(row["gateway"] is None and row["listener"] is None for row in within)
    assert all(row["workloads"] == [] for row in rows if row not in within)
    got = {
        (
            domain,
            row["roots"][0]["name"],
            row["match"]["path"]["value"],
            frozenset(frozenset(m.items()) for m in row["workloads"]),
        )
        for row in within
        for domain in row["domains"]
        if len(row["roots"]) == 1
    }
    assert got <= listed(world)

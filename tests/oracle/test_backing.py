"""What stands behind a VirtualDestination, against an independent computation (`spec/v2.md` 2.2, 12.2, 12.4, 14.1)."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.resolve.target import all_rows
from tests.oracle.manifests import manifest

Json = dict[str, Any]
WORLDS = 80
TEAMS, CLUSTERS, APPS = ("red", "blue"), ("c1", "c2"), ("a", "b")
NETWORKING, ADMIN = "networking.gloo.solo.io/v2", "admin.gloo.solo.io/v2"
KINDS = ("ALL", "SERVICE", "VIRTUAL_DESTINATION", "EXTERNAL_SERVICE")


class World:
    """Services of two teams in two clusters, and a VirtualDestination of the red team."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.services: list[Json] = [
            {"name": f"s{n}", "namespace": team, "cluster": cluster, "app": random.choice(APPS), "day": 0}
            for team in TEAMS
            for cluster in CLUSTERS
            for n in range(2)
        ]
        for day, each in enumerate(random.sample(self.services, len(self.services)), 1):
            each["day"] = day
        self.imports = [self.entry() for _ in range(random.randint(0, 2))]
        self.exports = [self.entry() for _ in range(random.randint(0, 2))]
        self.selectors = [self.selector() for _ in range(random.randint(1, 2))]

    def entry(self) -> Json:
        """What is shared with all workspaces, or what a team takes from all of them."""
        kinds = self.random.sample(KINDS, self.random.randint(0, 2))
        resources: list[Json] = [{"kind": kind} for kind in kinds]
        for each in resources:
            if self.random.random() < 0.4:
                each["labels"] = {"app": self.random.choice(APPS)}
            if self.random.random() < 0.2:
                each["cluster"] = self.random.choice(CLUSTERS)
        return {"workspaces": [{"name": "*"}], "resources": resources}

    def selector(self) -> Json:
        choices: Json = {
            "labels": {"app": self.random.choice(APPS)},
            "name": self.random.choice(("s0", "s1")),
            "namespace": self.random.choice(TEAMS),
            "cluster": self.random.choice(CLUSTERS),
            "workspace": self.random.choice(TEAMS),
        }
        return {key: choices[key] for key in self.random.sample(sorted(choices), self.random.randint(0, 2))}

    def objects(self) -> list[Json]:
        listener = {"http": {}, "port": {"number": 80}}
        ports = [{"number": 80, "protocol": "HTTP"}]
        forward = {"destinations": [{"ref": {"name": "vd"}, "kind": "VIRTUAL_DESTINATION"}]}
        table = {"hosts": ["a.test"], "virtualGateways": [{"name": "edge"}], "http": [{"forwardTo": forward}]}
        shared: Json = {"red": {"importFrom": self.imports}, "blue": {"exportTo": self.exports}}
        vd = {"hosts": ["vd.mesh"], "services": self.selectors, "ports": ports}
        return [
            manifest(NETWORKING, "VirtualGateway", "edge", "red", {"listeners": [listener]}),
            manifest(NETWORKING, "RouteTable", "root", "red", table),
            manifest(NETWORKING, "VirtualDestination", "vd", "red", vd),
            *(manifest(ADMIN, "WorkspaceSettings", "own", team, shared[team]) for team in TEAMS),
            *(
                manifest(ADMIN, "Workspace", team, "mgmt", {"workloadClusters": [{"namespaces": [{"name": team}]}]})
                for team in TEAMS
            ),
            *map(placed, self.random.sample(self.services, len(self.services))),
        ]


def placed(service: Json) -> Json:
    spec = {"ports": [{"name": "http", "port": 80}]}
    return manifest(
        "v1",
        "Service",
        service["name"],
        service["namespace"],
        spec,
        labels={"app": service["app"]},
        annotations={"cluster.solo.io/cluster": service["cluster"]},
        creationTimestamp=f"2024-01-{service['day']:02}T00:00:00Z",
    )


def expected(world: World) -> list[tuple[str, str, str]]:
    """The oldest Service of each cluster among those that the red team owns or imports, and that are selected."""
    found: dict[str, Json] = {}
    for each in sorted(world.services, key=lambda service: service["day"]):
        if seen(world, each) and any(selected(each, wanted) for wanted in world.selectors):
            found.setdefault(each["cluster"], each)
    return sorted((each["cluster"], each["namespace"], each["name"]) for each in found.values())


def seen(world: World, service: Json) -> bool:
    return service["namespace"] == "red" or (shares(world.exports, service) and shares(world.imports, service))


def shares(entries: list[Json], service: Json) -> bool:
    return any(not each["resources"] or any(about(one, service) for one in each["resources"]) for each in entries)


def about(resource: Json, service: Json) -> bool:
    return (
        resource["kind"] in ("ALL", "SERVICE")
        and resource.get("labels", {"app": service["app"]}) == {"app": service["app"]}
        and resource.get("cluster", service["cluster"]) == service["cluster"]
    )


def selected(service: Json, wanted: Json) -> bool:
    facts = {**service, "labels": {"app": service["app"]}, "workspace": service["namespace"]}
    return all(facts[key] == value for key, value in wanted.items())


def told(world: World) -> list[tuple[str, str, str]]:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": world.objects()}).encode()
    (row,) = all_rows(Session(Settings(filename=("-",), stdin=lambda: text)).resolved)
    (destination,) = row.destinations
    return [(each.cluster, each.namespace, each.name) for each in destination.backing]


@pytest.mark.parametrize("seed", range(WORLDS))
def test_what_stands_behind(seed: int) -> None:
    world = World(seed)
    assert told(world) == expected(world)


def test_the_worlds_are_rich_enough() -> None:
    found = [expected(World(seed)) for seed in range(WORLDS)]
    assert {len(each) for each in found} == {0, 1, 2}
    assert sum(namespace == "blue" for each in found for _, namespace, _ in each) > WORLDS / 10

"""Which routes break for want of federation, against an independent computation (`spec/v2.md` 8.7, 10, 12.4 rule 3).

Worlds are made of a seed: Services of two teams in two clusters, gateways in one of them, in both or nobody knows
where, and settings that federate nothing, all, or what a selector or a list of ports says.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from random import Random
from typing import Any

import pytest

from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.resolve.target import all_rows
from tests.oracle.manifests import manifest

Json = dict[str, Any]
WORLDS = int(os.environ.get("GMG_FEDERATION", "120"))
TEAMS = ("red", "blue")
CLUSTERS = ("c1", "c2")
GATEWAYS = {"one": {"c1"}, "two": {"c2"}, "both": {"c1", "c2"}, "nowhere": set[str]()}
"""The clusters that each gateway runs in, as far as its workloads tell."""
PORTS = [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]


class World:
    """Manifests, and what is needed to judge them."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.services = [self.service(team, cluster, n) for team in TEAMS for cluster in CLUSTERS for n in range(2)]
        self.settings = {team: self.options() for team in TEAMS}
        self.everywhere = self.options() if random.random() < 0.3 else None
        self.freezes = random.random() < 0.3
        self.routes = {f"r{n}": (random.choice(self.services), random.choice(TEAMS), self.port()) for n in range(6)}
        self.objects = [
            *(self.placed(each) for each in self.services),
            *(self.gateway(name, clusters) for name, clusters in GATEWAYS.items()),
            *map(workspace, TEAMS),
            *(settings(team, self.settings[team]) for team in TEAMS),
            *self.tables(),
        ]
        if self.everywhere is not None:
            self.objects.append(
                manifest("admin.gloo.solo.io/v2", "WorkspaceSettings", "global", "mgmt", {"options": self.everywhere})
            )

    def service(self, team: str, cluster: str, number: int) -> Json:
        labels = {"app": self.random.choice("xy")}
        return {"name": f"s{number}", "team": team, "cluster": cluster, "labels": labels}

    def placed(self, service: Json) -> Json:
        place = {"annotations": {"cluster.solo.io/cluster": service["cluster"]}, "labels": service["labels"]}
        return manifest("v1", "Service", service["name"], service["team"], {"ports": PORTS}, **place)

    def port(self) -> Json:
        return self.random.choice([{"number": 80}, {"number": 81}, {"name": "http"}])

    def options(self) -> Json:
        """Options of a workspace: three in four write of federation."""
        if self.random.random() < 0.25:
            return {}
        federation: Json = {"enabled": self.random.random() < 0.8, "hostSuffix": "mesh"}
        if self.random.random() < 0.5:
            federation["serviceSelector"] = [self.selector() for _ in range(self.random.randint(0, 2))]
        if self.random.random() < 0.3:
            federation["ports"] = [self.port() for _ in range(self.random.randint(0, 2))]
        return {"federation": federation}

    def selector(self) -> Json:
        choices: Json = {
            "labels": {"app": self.random.choice("xy")},
            "name": self.random.choice(("s0", "s1")),
            "namespace": self.random.choice(TEAMS),
            "cluster": self.random.choice(CLUSTERS),
            "workspace": self.random.choice(TEAMS),
        }
        return {key: choices[key] for key in self.random.sample(sorted(choices), self.random.randint(0, 2))}

    def gateway(self, name: str, clusters: set[str]) -> Json:
        where = [{"selector": {"labels": {"gw": name}, "cluster": each}} for each in sorted(clusters)]
        listeners = [{"http": {}, "port": {"number": 80}}]
        spec = {"workloads": where or [{"selector": {"labels": {"gw": name}}}], "listeners": listeners}
        return manifest("networking.gloo.solo.io/v2", "VirtualGateway", name, "red", spec)

    def tables(self) -> list[Json]:
        """A root of the red team, and tables of both that it delegates to."""
        root: Json = {
            "hosts": ["shop.example"],
            "virtualGateways": [{"name": each, "namespace": "red"} for each in GATEWAYS],
            "http": [
                {"name": team, "matchers": [{"uri": {"prefix": f"/{team}"}}], "delegate": to(team)} for team in TEAMS
            ],
        }
        if self.freezes:
            root["failureMode"] = "FREEZE_CONFIG"
        found = [manifest("networking.gloo.solo.io/v2", "RouteTable", "root", "red", root)]
        for team in TEAMS:
            http = [self.rule(name) for name, (_, own, _) in self.routes.items() if own == team]
            spec = {"http": [*http, {"name": f"gone-{team}", "directResponse": {"status": 410}}]}
            found.append(manifest("networking.gloo.solo.io/v2", "RouteTable", f"child-{team}", team, spec))
        return found

    def rule(self, name: str) -> Json:
        service, _, port = self.routes[name]
        ref = {"name": service["name"], "namespace": service["team"], "cluster": service["cluster"]}
        forward = {"destinations": [{"ref": ref, "port": port}]}
        return {"name": name, "matchers": [{"uri": {"prefix": f"/{name}"}}], "forwardTo": forward}


def to(team: str) -> Json:
    return {"routeTables": [{"name": f"child-{team}", "namespace": team}]}


def workspace(team: str) -> Json:
    spec = {"workloadClusters": [{"name": "*", "namespaces": [{"name": team}]}]}
    return manifest("admin.gloo.solo.io/v2", "Workspace", team, "mgmt", spec)


def settings(team: str, options: Json) -> Json:
    shared = [{"workspaces": [{"name": "*"}]}]
    spec = {"importFrom": shared, "exportTo": shared, "options": options}
    return manifest("admin.gloo.solo.io/v2", "WorkspaceSettings", team, team, spec)


def refused(world: World, gateway: str) -> set[str]:
    """The routes that a gateway does not reach the Service of."""
    clusters = GATEWAYS[gateway]
    return {
        name
        for name, (service, team, port) in world.routes.items()
        if clusters and service["cluster"] not in clusters and not federated(world, service, team, port)
    }


def federated(world: World, service: Json, team: str, port: Json) -> bool:
    """Whether the workspace of the Service or that of the rule federates it; `global` overrides both."""
    everywhere = (world.everywhere or {}).get("federation")
    if everywhere is not None:
        return covers(everywhere, service, port)
    own = (world.settings[each].get("federation", {}) for each in (service["team"], team))
    return any(covers(each, service, port) for each in own)


def covers(federation: Json, service: Json, port: Json) -> bool:
    if not federation.get("enabled"):
        return False
    facts = {
        "labels": service["labels"],
        "name": service["name"],
        "namespace": service["team"],
        "cluster": service["cluster"],
        "workspace": service["team"],
    }
    chosen = federation.get("serviceSelector") or [{}]
    if not any(all(facts[key] == value for key, value in entry.items()) for entry in chosen):
        return False
    meant = next(each for each in PORTS if port in ({"number": each["port"]}, {"name": each["name"]}))
    named = ({"number": meant["port"]}, {"name": meant["name"]})
    return not federation.get("ports") or any(each in named for each in federation["ports"])


def expected(world: World) -> dict[tuple[str, str], str]:
    """By gateway and route: its status."""
    found: dict[tuple[str, str], str] = {}
    for gateway in GATEWAYS:
        lost = refused(world, gateway)
        for name in (*world.routes, *(f"gone-{team}" for team in TEAMS)):
            replaced = "replaced" if name in lost else "ok"
            found[gateway, name] = "frozen" if lost and world.freezes else replaced
    return found


def session_of(world: World) -> Session:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": world.objects}).encode()
    return Session(Settings(filename=("-",), stdin=lambda: text))


def found_by(session: Session) -> set[str]:
    """The rules that the finding names."""
    rule = next(each for each in rules() if each.info.code == "GMG418")
    context = CheckContext(session.snapshot, session.declared, session.resolved)
    return {context.names.name(each.at) for each in rule.find(context)}


def told(session: Session) -> dict[tuple[str, str], str]:
    """By gateway and route: the status that the product tells."""
    rows = all_rows(session.resolved)
    return {(row.gateway.ref.name, row.rule.name): row.route.status.value for row in rows}


@pytest.mark.parametrize("seed", range(WORLDS))
def test_what_is_not_federated_breaks(seed: int) -> None:
    world = World(seed)
    session = session_of(world)
    assert told(session) == expected(world)
    for row in all_rows(session.resolved):
        assert row.route.terminal.because == (("GMG418",) if row.route.status.value != "ok" else ())
        assert row.route.index is not None
    assert found_by(session) == set().union(*(refused(world, gateway) for gateway in GATEWAYS))


def test_the_worlds_are_rich_enough() -> None:
    statuses: Counter[str] = Counter()
    for seed in range(WORLDS):
        statuses.update(expected(World(seed)).values())
    assert min(statuses[each] for each in ("ok", "replaced", "frozen")) > WORLDS / 2

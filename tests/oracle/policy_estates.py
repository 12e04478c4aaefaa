"""Manifests of tenants that share some things only, with policies of every kind that name anything they may.

All is made of a seed: tenants that overlap, that export some kinds only, or none at all; namespaces of nobody;
listeners with numbered and with named ports in front of Services. What must come out is said in `policy_tenants`.
"""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import Any

from tests.oracle.policy_rules import (
    BY_LABELS_ONLY,
    EXTERNAL,
    FIELDS,
    GROUP,
    LISTENERS,
    PAIRS,
    PLACES,
    ROUTES,
    SERVICE,
    TO,
    VIRTUAL,
    manifest,
)

Json = dict[str, Any]
NAMESPACES = ("edge", "red", "blue", "lost")
TENANTS = ("none", "apart", "overlap", "one")
KINDS = ("ALL", "ROUTE_TABLE", "SERVICE", "VIRTUAL_DESTINATION", "EXTERNAL_SERVICE")
MOVES = {"Service": "SERVICE", "VirtualDestination": "VIRTUAL_DESTINATION", "ExternalService": "EXTERNAL_SERVICE"}
PORTS = {80: "http", 8080: "alt"}
"""The ports of the gateway's Services; the first listener gives its port by number, the second by name."""
PHASED = ("JWTPolicy", "LuaPolicy", "RateLimitPolicy", "TransformationPolicy")
FIRST = ("JWTPolicy", "LuaPolicy")
"""Of the phased kinds those that act before authorization unless they say so (11.2 rule 7)."""
PODS = ({"istio": "gateway", "tier": "front"}, {"istio": "gateway", "tier": "back"})
"""What the Services in front of the gateway select pods by."""


class Estate:
    """Manifests made of a seed.

    `everything` says that a global object shares all (12.2 rule 4), `within` that all workloads of the root's tenant
    get the routes too (4.4).
    """

    def __init__(self, seed: int, tenants: str = "") -> None:
        self.random = Random(seed)
        self.tenants = tenants or self.random.choice(TENANTS)
        self.workspaces = self.all_workspaces()
        self.settings = [self.sharing(each) for each in self.workspaces]
        self.everything = bool(self.workspaces) and self.random.random() < 0.15
        self.gateway = self.front_gateway()
        fronts = [front(number, pods) for number, pods in enumerate(PODS)]
        self.things = [self.thing(kind, place) for kind in PLACES for place in NAMESPACES for _ in range(2)]
        self.children = [self.table(f"child{n}", self.random.choice(NAMESPACES)) for n in range(3)]
        self.root = self.table("root", "edge", hosts=["shop.example"], virtualGateways=[{"name": "public"}])
        self.root["spec"]["http"] += [self.delegating(child) for child in self.children]
        self.within = self.random.random() < 0.4
        if self.within:
            self.root["spec"]["workloadSelectors"] = [{}]
        kinds = [self.random.choice(sorted(GROUP)) for _ in range(3)] + [*self.random.sample(PHASED, 2), "WAFPolicy"]
        kinds.append(self.random.choice(("AccessLogPolicy", "AccessPolicy", "ListenerConnectionPolicy")))
        self.policies = [self.policy(kind, f"{n}-{m}") for n, kind in enumerate(kinds) for m in range(2)]
        self.rest = [*self.workspaces, *self.settings, self.gateway, *fronts, *self.things, self.root, *self.children]
        if self.everything:
            everyone = [{"workspaces": [{"name": "*"}]}]
            spec = {"exportTo": everyone, "importFrom": everyone}
            self.rest.append(manifest("admin.gloo.solo.io/v2", "WorkspaceSettings", "global", "mgmt", spec))

    @property
    def objects(self) -> list[Json]:
        return [*self.rest, *self.policies]

    def all_workspaces(self) -> list[Json]:
        held = {
            "none": {},
            "apart": {"edge": ["edge"], "red": ["red"], "blue": ["blue"]},
            "overlap": {"edge": ["edge"], "red": ["red", "blue"], "blue": ["blue", "lost"]},
            "one": {"all": ["*"]},
        }[self.tenants]
        ages = self.random.sample(range(1, 10), len(held))
        return [workspace(name, places, age) for (name, places), age in zip(held.items(), ages, strict=True)]

    def sharing(self, held: Json) -> Json:
        """What a tenant exports and imports, in a namespace that is its own only."""
        name = held["metadata"]["name"]
        place = {"all": "edge", "blue": "lost" if self.tenants == "overlap" else "blue"}.get(name, name)
        spec = {side: self.shares() for side in ("exportTo", "importFrom")}
        return manifest("admin.gloo.solo.io/v2", "WorkspaceSettings", "own", place, spec)

    def shares(self) -> list[Json]:
        if self.random.random() < 0.6:
            return [{"workspaces": [{"name": "*"}]}]
        other = self.random.choice(("*", "edge", "red", "blue"))
        kinds = self.random.sample(KINDS, self.random.randint(1, 3))
        return [{"workspaces": [{"name": other}], "resources": [{"kind": kind} for kind in kinds]}]

    def labels(self) -> Json:
        return {key: self.random.choice("ab") for key in ("app", "tier") if self.random.random() < 0.5}

    def front_gateway(self) -> Json:
        listeners = [{"http": {}, "port": {"number": 80}}, {"http": {}, "port": {"name": "alt"}}]
        spec = {"listeners": listeners, "workloads": [{"selector": {"labels": {"istio": "gateway"}}}]}
        found = manifest("networking.gloo.solo.io/v2", "VirtualGateway", "public", "edge", spec)
        found["metadata"]["labels"] = self.labels()
        return found

    def thing(self, kind: str, place: str) -> Json:
        name = f"{kind[0].lower()}{self.random.randint(0, 10**9)}"
        ports = [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]
        if kind != SERVICE:
            ports = [{"number": 80, "protocol": "HTTP"} | ({"name": "http"} if kind == EXTERNAL else {})]
        hosts = {} if kind == SERVICE else {"hosts": [f"{name}.{place}.mesh"]}
        group = "v1" if kind == SERVICE else "networking.gloo.solo.io/v2"
        found = manifest(group, PLACES[kind], name, place, {"ports": ports, **hosts})
        found["metadata"]["labels"] = self.labels()
        if kind == VIRTUAL:
            found["spec"]["services"] = [{"labels": {"app": "a"}}]
        return found

    def table(self, name: str, place: str, **spec: Any) -> Json:
        rules = [self.rule(f"{name}-{n}", place) for n in range(2)]
        found = manifest("networking.gloo.solo.io/v2", "RouteTable", name, place, {**spec, "http": rules})
        found["metadata"]["labels"] = self.labels()
        return found

    def delegating(self, child: Json) -> Json:
        meta = child["metadata"]
        to = {"routeTables": [{"name": meta["name"], "namespace": meta["namespace"]}]}
        return {"name": f"to-{meta['name']}", "labels": self.labels(), "delegate": to}

    def rule(self, name: str, place: str) -> Json:
        near = [each for each in self.things if each["metadata"]["namespace"] == place]
        to = self.random.sample(near if self.random.random() < 0.5 else self.things, self.random.randint(1, 2))
        matchers = [{"uri": {"prefix": f"/{name}"}}]
        return {
            "name": name,
            "labels": self.labels(),
            "matchers": matchers,
            "forwardTo": {"destinations": [led_to(each, self.random.choice((80, 80, 81))) for each in to]},
        }

    def policy(self, kind: str, name: str, fields: tuple[str, ...] | None = None) -> Json:
        """A policy that names what `fields` say; without them, what the seed says."""
        if fields is None:
            fields = tuple(field for field in FIELDS[kind] if self.random.random() < 0.7)
        spec: Json = {field: [self.entry(kind, field) for _ in range(self.random.randint(1, 2))] for field in fields}
        for field in FIELDS[kind]:
            if field not in fields and self.random.random() < 0.2:
                spec[field] = []
        spec["config"] = self.config(kind)
        place = self.random.choice((*NAMESPACES, "edge", "edge"))
        found = manifest(f"{GROUP[kind]}.policy.gloo.solo.io/v2", kind, f"{kind.lower()}{name}", place, spec)
        if self.random.random() < 0.9:
            found["metadata"]["creationTimestamp"] = f"2024-0{self.random.randint(1, 9)}-01T00:00:00Z"
        return found

    def config(self, kind: str) -> Json:
        if kind == "WAFPolicy" and self.random.random() < 0.5:
            return {"priority": self.random.randint(0, 3)}
        if kind in PHASED and self.random.random() < 0.7:
            stage = self.random.choice(("preAuthz", "postAuthz"))
            return {"phase": {stage: self.random.choice(({}, {"priority": self.random.randint(-2, 2)}))}}
        return {"enabled": True}

    def entry(self, kind: str, field: str) -> Json:
        if field == ROUTES and kind not in BY_LABELS_ONLY and self.random.random() < 0.4:
            return {"withDestinations": self.choice()}
        if field in (ROUTES, PAIRS):
            route = {"labels": self.labels(), **self.place("namespace"), **self.place("workspace")}
            return {"route": route, **({"onDestinations": [self.choice()]} if field == PAIRS else {})}
        if field == TO:
            return self.choice()
        if field == LISTENERS:
            gateway = {"labels": self.labels(), **self.place("workspace")}
            whole: Json = self.random.choice(({}, {"virtualGateway": {}}, {"virtualGateway": gateway}))
            ports: tuple[Json, ...] = ({}, {"number": 80}, {"number": 8080}, {"name": "http"}, {"name": "alt"})
            port = self.random.choice(ports)
            return {**whole, **({"port": port} if port else {})}
        pods = self.random.choice(({"istio": "gateway"}, {"istio": "other"}, {"tier": "back"}, {}))
        selector = {**({"labels": pods} if pods else {}), **self.place("namespace"), **self.place("workspace")}
        return self.random.choice(({}, {"selector": {}}, {"selector": selector}, {"selector": {"name": "front1"}}))

    def place(self, field: str) -> Json:
        """A namespace or a tenant that is wanted, sometimes; without tenants nobody knows whose a thing is."""
        if self.random.random() < 0.7 or (field == "workspace" and self.tenants == "none"):
            return {}
        return {field: self.random.choice(("edge", "red", "blue"))}

    def choice(self) -> Json:
        selector = {"labels": self.labels(), **self.place("namespace"), **self.place("workspace")}
        found: Json = self.random.choice(({}, {"selector": {}}, {"selector": selector}, {"selector": selector}))
        ports: tuple[Json, ...] = ({"number": 80}, {"number": 81}, {"name": "http"})
        port = {"port": self.random.choice(ports)} if self.random.random() < 0.3 else {}
        return {**found, **port, "kind": self.random.choice((SERVICE, *PLACES))}


def workspace(name: str, places: list[str], age: int) -> Json:
    spec = {"workloadClusters": [{"name": "*", "namespaces": [{"name": place} for place in places]}]}
    found = manifest("admin.gloo.solo.io/v2", "Workspace", name, "mgmt", spec)
    found["metadata"]["creationTimestamp"] = f"2023-0{age}-01T00:00:00Z"
    return found


def front(number: int, pods: Json) -> Json:
    ports = [{"name": name, "port": port} for port, name in PORTS.items()]
    return manifest("v1", "Service", f"front{number}", "edge", {"selector": pods, "ports": ports})


def led_to(thing: Json, port: int) -> Json:
    kind = next(kind for kind, name in PLACES.items() if name == thing["kind"])
    ref = {part: thing["metadata"][part] for part in ("name", "namespace")}
    return {"ref": ref, "kind": kind, "port": {"number": port if kind == SERVICE else 80}}


def age(policy: Json) -> tuple[str, ...]:
    """What has no time is newest."""
    meta = policy["metadata"]
    return meta.get("creationTimestamp", "newest"), meta["namespace"], meta["name"], policy["kind"]


def subsets(kind: str) -> list[tuple[str, ...]]:
    """Every choice of what a policy of a kind may name, naming nothing included."""
    return [some for size in range(len(FIELDS[kind]) + 1) for some in combinations(FIELDS[kind], size)]

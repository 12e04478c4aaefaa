"""An independent transcript of `spec/v2.md` 9, 11 and 12.2 for policies: who is attached to which route, and who loses.

It reads manifests as dicts and knows nothing of the product's code. Worlds are small: one gateway, a root table, child
tables in several workspaces, Services with labels, and policies of every kind with any selectors.
"""

from __future__ import annotations

from random import Random
from typing import Any

Json = dict[str, Any]
State = tuple[str, str | None]
"""What became of a policy, and who beat it."""


def kinds(names: str) -> tuple[str, ...]:
    """Kinds that are written as words."""
    return tuple(names.split())


ROUTES, TO, LISTENERS, WORKLOADS = "applyToRoutes", "applyToDestinations", "applyToListeners", "applyToWorkloads"
PAIRS = "applyToRouteDestinations"
GROUPS = {
    "resilience": (
        "RetryTimeoutPolicy FaultInjectionPolicy OutlierDetectionPolicy FailoverPolicy ConnectionPolicy "
        "ActiveHealthCheckPolicy AdaptiveRequestConcurrencyPolicy ListenerConnectionPolicy TrimProxyConfigPolicy "
        "GraphQLPersistedQueryCachePolicy"
    ),
    "trafficcontrol": (
        "HeaderManipulationPolicy TransformationPolicy MirrorPolicy RateLimitPolicy LoadBalancerPolicy "
        "HTTPBufferPolicy ProxyProtocolPolicy"
    ),
    "security": (
        "CORSPolicy CSRFPolicy DLPPolicy WAFPolicy ExtAuthPolicy JWTPolicy AccessPolicy ClientTLSPolicy "
        "GraphQLAllowedQueryPolicy"
    ),
    "extensions": "LuaPolicy WasmDeploymentPolicy",
    "observability": "AccessLogPolicy",
}
"""The kinds of 11.1 by their group."""
GROUP = {kind: group for group, names in GROUPS.items() for kind in kinds(names)}

FIELDS = {
    **dict.fromkeys(GROUP, (ROUTES,)),
    **dict.fromkeys(
        kinds(
            "OutlierDetectionPolicy FailoverPolicy ConnectionPolicy ActiveHealthCheckPolicy "
            "AdaptiveRequestConcurrencyPolicy LoadBalancerPolicy ClientTLSPolicy"
        ),
        (TO,),
    ),
    **dict.fromkeys(kinds("ListenerConnectionPolicy ProxyProtocolPolicy"), (LISTENERS,)),
    **dict.fromkeys(kinds("TrimProxyConfigPolicy WasmDeploymentPolicy AccessLogPolicy"), (WORKLOADS,)),
    **dict.fromkeys(kinds("RateLimitPolicy ExtAuthPolicy JWTPolicy LuaPolicy"), (ROUTES, TO)),
    "HeaderManipulationPolicy": (ROUTES, PAIRS),
    "AccessPolicy": (TO, WORKLOADS),
}
"""What a policy of each kind may name."""

UNSAID: dict[str, str | None] = {
    **{kind: fields[0] for kind, fields in FIELDS.items()},
    **dict.fromkeys(
        kinds(
            "ActiveHealthCheckPolicy ListenerConnectionPolicy ProxyProtocolPolicy GraphQLPersistedQueryCachePolicy "
            "GraphQLAllowedQueryPolicy"
        )
    ),
    **dict.fromkeys(kinds("RateLimitPolicy ExtAuthPolicy"), TO),
}
"""What a policy means that names nothing at all."""

NOT_STATED = ("HTTPBufferPolicy", "ClientTLSPolicy")
"""Of these nobody tells what naming nothing means."""

SERVICE, VIRTUAL, EXTERNAL = "SERVICE", "VIRTUAL_DESTINATION", "EXTERNAL_SERVICE"
ACTS_ON = {
    **dict.fromkeys(GROUP, frozenset({SERVICE, VIRTUAL, EXTERNAL})),
    **dict.fromkeys(kinds("RateLimitPolicy ExtAuthPolicy JWTPolicy LuaPolicy"), frozenset({SERVICE})),
    "OutlierDetectionPolicy": frozenset({VIRTUAL, EXTERNAL}),
    "FailoverPolicy": frozenset({SERVICE, VIRTUAL}),
    "AdaptiveRequestConcurrencyPolicy": frozenset({SERVICE, VIRTUAL}),
}
OLDEST = set(
    kinds(
        "RetryTimeoutPolicy FaultInjectionPolicy GraphQLPersistedQueryCachePolicy HeaderManipulationPolicy "
        "LoadBalancerPolicy ExtAuthPolicy JWTPolicy GraphQLAllowedQueryPolicy"
    )
)
"""Of these only the oldest acts."""
BY_LABELS_ONLY = ("GraphQLPersistedQueryCachePolicy", "GraphQLAllowedQueryPolicy")

TEAMS = ("edge", "red", "blue")
KEYS = ("app", "tier")
VALUES = ("a", "b")
PLACES = {SERVICE: "Service", VIRTUAL: "VirtualDestination", EXTERNAL: "ExternalService"}


class World:
    """Manifests made of a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.objects: list[Json] = [self.workspace(team) for team in TEAMS]
        self.objects += [sharing(team) for team in TEAMS]
        self.objects.append(gateway())
        self.things = [self.thing(kind, team, n) for kind in PLACES for team in TEAMS for n in range(2)]
        self.objects += self.things
        self.children = [self.child(n) for n in range(3)]
        self.root = self.table("root", "edge", hosts=["shop.example"], virtualGateways=[{"name": "public"}])
        self.root["spec"]["http"] += [self.delegating(child) for child in self.children]
        self.objects += [self.root, *self.children]
        sampled = self.random.sample(sorted(GROUP), 6)
        self.policies = [self.policy(kind, n) for kind in sampled for n in range(self.random.randint(1, 3))]
        self.objects += self.policies

    def workspace(self, team: str) -> Json:
        spec = {"workloadClusters": [{"name": "*", "namespaces": [{"name": team}]}]}
        return manifest("admin.gloo.solo.io/v2", "Workspace", team, "mgmt", spec)

    def labels(self) -> Json:
        return {key: self.random.choice(VALUES) for key in KEYS if self.random.random() < 0.6}

    def thing(self, kind: str, team: str, number: int) -> Json:
        name = f"{kind[0].lower()}{number}"
        specs: dict[str, Json] = {
            SERVICE: {"ports": [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]},
            VIRTUAL: {"hosts": [f"{name}.{team}.mesh"], "ports": [{"number": 80, "protocol": "HTTP"}]},
            EXTERNAL: {"hosts": [f"{name}.{team}.ext"], "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}]},
        }
        group = "v1" if kind == SERVICE else "networking.gloo.solo.io/v2"
        found = manifest(group, PLACES[kind], name, team, specs[kind])
        found["metadata"]["labels"] = self.labels()
        if kind == VIRTUAL:
            found["spec"]["services"] = [{"labels": {"app": "a"}}]
        return found

    def table(self, name: str, team: str, **spec: Any) -> Json:
        rules = [self.rule(f"{name}-{n}") for n in range(self.random.randint(1, 3))]
        found = manifest("networking.gloo.solo.io/v2", "RouteTable", name, team, {**spec, "http": rules})
        found["metadata"]["labels"] = self.labels()
        return found

    def child(self, number: int) -> Json:
        return self.table(f"child{number}", self.random.choice(TEAMS))

    def delegating(self, child: Json) -> Json:
        meta = child["metadata"]
        to = {"routeTables": [{"name": meta["name"], "namespace": meta["namespace"]}]}
        return {"name": f"to-{meta['name']}", "labels": self.labels(), "delegate": to}

    def rule(self, name: str) -> Json:
        found: Json = {"name": name, "labels": self.labels(), "matchers": [{"uri": {"prefix": f"/{name}"}}]}
        if self.random.random() < 0.2:
            return {**found, "directResponse": {"status": 204}}
        chosen = self.random.sample(self.things, self.random.randint(1, 2))
        return {**found, "forwardTo": {"destinations": [self.destination(each) for each in chosen]}}

    def destination(self, thing: Json) -> Json:
        kind = next(kind for kind, name in PLACES.items() if name == thing["kind"])
        meta = thing["metadata"]
        ref = {"name": meta["name"], "namespace": meta["namespace"]}
        return {
            "ref": ref,
            "kind": kind,
            "port": {"number": self.random.choice((80, 80, 81)) if kind == SERVICE else 80},
        }

    def policy(self, kind: str, number: int) -> Json:
        spec: Json = {"config": {"enabled": True}}
        for field in FIELDS[kind]:
            if self.random.random() < 0.6:
                spec[field] = [self.entry(kind, field) for _ in range(self.random.randint(1, 2))]
        found = manifest(f"{GROUP[kind]}.policy.gloo.solo.io/v2", kind, f"p{number}", self.random.choice(TEAMS), spec)
        found["metadata"]["name"] = f"{kind.lower()}{number}"
        found["metadata"]["creationTimestamp"] = f"2024-0{self.random.randint(1, 9)}-01T00:00:00Z"
        return found

    def entry(self, kind: str, field: str) -> Json:
        if field == ROUTES:
            if kind not in BY_LABELS_ONLY and self.random.random() < 0.3:
                return {"withDestinations": self.choice()}
            return {"route": self.route()} if self.random.random() < 0.9 else {}
        if field == PAIRS:
            return {
                "route": self.route(),
                **({"onDestinations": [self.choice()]} if self.random.random() < 0.7 else {}),
            }
        if field == TO:
            return self.choice()
        if field == LISTENERS:
            port = {"port": {"number": self.random.choice((80, 81))}} if self.random.random() < 0.5 else {}
            return {"virtualGateway": {"name": self.random.choice(("public", "other"))}, **port}
        return {"selector": {"labels": {"istio": self.random.choice(("gateway", "other"))}}}

    def route(self) -> Json:
        place = {"namespace": self.random.choice(TEAMS)} if self.random.random() < 0.2 else {}
        owner = {"workspace": self.random.choice(TEAMS)} if self.random.random() < 0.1 else {}
        return {"labels": self.labels(), **place, **owner}

    def choice(self) -> Json:
        namespace = self.random.choice(TEAMS)
        selector: Json = {"namespace": namespace} if self.random.random() < 0.3 else {}
        if self.random.random() < 0.7:
            selector["labels"] = self.labels()
        found: Json = {"selector": selector} if selector or self.random.random() < 0.5 else {}
        if self.random.random() < 0.6:
            found["kind"] = self.random.choice((SERVICE, VIRTUAL, EXTERNAL))
        if self.random.random() < 0.2:
            found["port"] = self.random.choice(({"number": 80}, {"number": 81}, {"name": "http"}))
        return found


def manifest(group: str, kind: str, name: str, namespace: str, spec: Json) -> Json:
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def sharing(team: str) -> Json:
    everyone = [{"workspaces": [{"name": "*"}]}]
    return manifest(
        "admin.gloo.solo.io/v2", "WorkspaceSettings", "own", team, {"exportTo": everyone, "importFrom": everyone}
    )


def gateway() -> Json:
    listeners = [{"http": {}, "port": {"number": 80}}]
    return manifest("networking.gloo.solo.io/v2", "VirtualGateway", "public", "edge", {"listeners": listeners})


# ---- the rules


def expected(world: World, *, of_children: bool = True) -> dict[str, dict[str, State]]:
    """By route name: what became of each policy that has anything to do with it.

    Before release 2.5 the labels `of_children`, tables that are delegated to, do not count (9 rule 5).
    """
    found = {}
    for rule, table, above in ways(world):
        labels: Json = {}
        for each in above:
            labels |= each
        if of_children or table is world.root:
            labels |= table["metadata"].get("labels", {})
        labels |= rule.get("labels", {})
        owners = {table["metadata"]["namespace"], world.root["metadata"]["namespace"]}
        found[rule["name"]] = outcome(world, rule, labels, table["metadata"]["namespace"], owners)
    return found


def ways(world: World) -> list[tuple[Json, Json, list[Json]]]:
    """Every leaf with its table, and the labels met above it, the farthest first."""
    found: list[tuple[Json, Json, list[Json]]] = []
    for rule in world.root["spec"]["http"]:
        if "delegate" not in rule:
            found.append((rule, world.root, []))
            continue
        name = rule["delegate"]["routeTables"][0]["name"]
        child = next(each for each in world.children if each["metadata"]["name"] == name)
        above = [world.root["metadata"].get("labels", {}), rule.get("labels", {})]
        found += [(each, child, above) for each in child["spec"]["http"]]
    return found


def outcome(world: World, rule: Json, labels: Json, place: str, owners: set[str]) -> dict[str, State]:
    states: dict[str, list[State]] = {}
    destinations = rule.get("forwardTo", {}).get("destinations", [])
    winners: dict[tuple[str, object], str | None] = {}
    for policy in sorted(world.policies, key=age):
        kind, name = policy["kind"], policy["metadata"]["name"]
        for scope, certain in scopes(world, policy, destinations, labels, place, owners):
            states.setdefault(name, []).append(judged(kind, name, scope, certain, winners))
    return {name: best(each) for name, each in states.items()}


def judged(kind: str, name: str, scope: object, certain: bool, winners: dict[tuple[str, object], str | None]) -> State:
    """The oldest of a kind wins in each scope; behind one that may be meant nothing is certain."""
    first = winners.setdefault((kind, scope), name if certain else None)
    if not certain or (kind in OLDEST and first is None):
        return "unknown", None
    if kind in OLDEST and first != name:
        return "lost", first
    return "applied", None


def best(states: list[State]) -> State:
    return min(states, key=lambda each: ("applied", "lost", "unknown").index(each[0]))


def age(policy: Json) -> tuple[str, str, str, str]:
    meta = policy["metadata"]
    return meta["creationTimestamp"], meta["namespace"], meta["name"], policy["kind"]


def scopes(
    world: World, policy: Json, destinations: list[Json], labels: Json, place: str, owners: set[str]
) -> list[tuple[object, bool]]:
    """Where a policy acts on a route: as a whole, on one of its destinations, or on its listener."""
    kind, spec, owner = policy["kind"], policy["spec"], policy["metadata"]["namespace"]
    named = [field for field in FIELDS[kind] if spec.get(field)]
    certain = bool(named) or kind not in NOT_STATED
    fields = named or [each for each in (UNSAID[kind],) if each]
    if kind == "AccessPolicy" and WORKLOADS in named:
        fields = [WORKLOADS]
    found: list[tuple[object, bool]] = []
    if ROUTES in fields and owner in owners:
        entries = spec.get(ROUTES) or [{}]
        if any(route_chosen(world, each, destinations, labels, place) for each in entries):
            found.append(("route", certain))
    for number, each in enumerate(destinations):
        thing = world_thing(world, each)
        if TO in fields and thing["metadata"]["namespace"] == owner:
            entries = spec.get(TO)
            if (
                (each["kind"] in ACTS_ON[kind])
                if not entries
                else any(chosen(thing, each, one, kind) for one in entries)
            ):
                found.append((number, certain))
        if PAIRS in fields and owner in owners:
            for entry in spec.get(PAIRS, ()):
                on = entry.get("onDestinations")
                if fits_route(entry["route"], labels, place) and (
                    not on or any(chosen(thing, each, one, kind) for one in on)
                ):
                    found.append((number, certain))
                    break
    if LISTENERS in fields and owner == "edge":
        for entry in spec.get(LISTENERS, ()):
            if entry["virtualGateway"]["name"] == "public" and entry.get("port", {"number": 80})["number"] == 80:
                found.append(("listener", certain))
                break
    return found


def route_chosen(world: World, entry: Json, destinations: list[Json], labels: Json, place: str) -> bool:
    """Routes may be chosen by where they lead, whatever destinations the policy itself can act on (2.7, 11.1)."""
    if "withDestinations" in entry:
        wanted = entry["withDestinations"]
        return any(chosen(world_thing(world, each), each, wanted) for each in destinations)
    return fits_route(entry.get("route", {}), labels, place)


def fits_route(route: Json, labels: Json, place: str) -> bool:
    here = route.get("namespace", place) == place and route.get("workspace", place) == place
    return here and all(labels.get(key) == value for key, value in route.get("labels", {}).items())


def world_thing(world: World, destination: Json) -> Json:
    ref = destination["ref"]
    return next(
        each
        for each in world.things
        if each["kind"] == PLACES[destination["kind"]]
        and (each["metadata"]["name"], each["metadata"]["namespace"]) == (ref["name"], ref["namespace"])
    )


def chosen(thing: Json, destination: Json, wanted: Json, kind: str = "") -> bool:
    """Whether a DestinationSelector (2.7) means a destination, for a policy of a `kind` to act on."""
    if wanted.get("kind", SERVICE) != destination["kind"] or destination["kind"] not in ACTS_ON.get(kind, PLACES):
        return False
    selector, meta = wanted.get("selector", {}), thing["metadata"]
    port = wanted.get("port")
    if port and "number" in port and port["number"] != destination["port"]["number"]:
        return False
    if port and "name" in port:
        names = {each.get("port", each.get("number")): each.get("name") for each in thing["spec"]["ports"]}
        if names.get(destination["port"]["number"]) != port["name"]:
            return False
    if selector.get("namespace", meta["namespace"]) != meta["namespace"]:
        return False
    return all(meta.get("labels", {}).get(key) == value for key, value in selector.get("labels", {}).items())

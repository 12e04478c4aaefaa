"""Object graphs of the second generation that are rich in interactions and shrink to tiny ones.

The first entry of every choice is the plainest: that is what hypothesis shrinks to. Left out is what the specification
leaves open: a `global` WorkspaceSettings, two settings of one workspace, selectors by workspace where there is none,
weights that do not divide evenly, two regexes on one header that exclude each other, empty paths, listeners without a
port number.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.oracle.dice import Dice, choose, rarely, some, some_dice
from tests.oracle.generate_objects import MOMENTS, Identity
from tests.oracle.v2_transcript import TranscriptV2

Json = dict[str, Any]
NETWORKING = "networking.gloo.solo.io/v2"
ADMIN = "admin.gloo.solo.io/v2"
BUDGET = 1500
"""Effective matchers in a whole graph."""

NAMESPACES = ("gm", "a", "b", "shared", "out", "mute")
"""`shared` may have two owners, `out` has none, in `mute` no configuration is read."""
OWNED = ("gm", "a", "a", "b", "b", "shared", "out", "mute")
TABLES = [(space, name) for name in ("t0", "t1", "t2", "t3") for space in ("gm", "a", "b", "shared")] + [
    ("out", "t0"),
    ("mute", "t0"),
]
HOSTS = ("a.test", "*-b.test", "*.test", "A.Test", "*", "x-b.test", "b.test", "*-b.test")
ALLOWED = ("*", "*.test", "x-b.test", "a.test", "*/*.test", "./*", "a/*", "gm/a.test", "*/x-b.test")
PATHS = ("/a", "/", "/b", "/a/", "/a/b", "b", "/A", "/a.b", "//")
REGEXES = ("/v.*", "^/b", "/a|/b", ".*", "/[a-c]+", r"\.js")
BAD_REGEXES = ("/bad(", "(?!a).*", "[z-a]")
BAD_BELOW = ("^*a", r"/v\Q")
"""Sound as written, but not once they stand in a group behind a prefix."""
PORT = {"port": {"number": 8080}}


def ref(name: str, namespace: str | None = None, **fields: Any) -> Json:
    found = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {"ref": found, **fields}


ACTIONS: tuple[Json, ...] = (
    {"directResponse": {"status": 200, "body": "x"}},
    {"forwardTo": {"destinations": [ref("web", "a", **PORT)]}},
    {"forwardTo": {"destinations": [ref("web", "b")]}},
    {"forwardTo": {"destinations": [ref("web")]}},
    {"forwardTo": {"destinations": [ref("web", "shared"), ref("web", "a")]}},
    {"forwardTo": {"destinations": [ref("many", "gm", port={"name": "grpc"})], "pathRewrite": "/r"}},
    {"forwardTo": {"destinations": [ref("web", "a", weight=50), ref("web", "b"), ref("web", "gm", weight=0)]}},
    {"forwardTo": {"destinations": [ref("web", "a", weight=20), ref("web", "a", subset={"v": "2"}, weight=30)]}},
    {"forwardTo": {"destinations": [ref("vd", "a", kind="VIRTUAL_DESTINATION", port={"number": 80})]}},
    {"forwardTo": {"destinations": [ref("es", "b", kind="EXTERNAL_SERVICE")]}},
    {"forwardTo": {"destinations": [ref("vd", "a", kind="VIRTUAL_DESTINATION"), ref("web")]}},
    {"forwardTo": {"destinations": [ref("web", "mute")]}},
    {"forwardTo": {"regexRewrite": {"pattern": {"regex": "^/a"}, "substitution": "/z"}}},
    {"forwardTo": {"destinations": [ref("web", "gm")], "pathRewrite": "/", "hostRewrite": "up.test"}},
    {"redirect": {"hostRedirect": "other.test", "responseCode": "FOUND"}},
    {"redirect": {"pathRedirect": "/there"}},
)
BROKEN: tuple[Json, ...] = (
    {"forwardTo": {"destinations": [ref("gone", "a")]}},
    {"forwardTo": {"destinations": [ref("web", "out")]}},
    {"forwardTo": {"destinations": [ref("many", "gm")]}},
    {"forwardTo": {"destinations": [ref("web", "gm", port={"number": 1})]}},
    {"forwardTo": {"destinations": [ref("vd", "b", kind="VIRTUAL_DESTINATION")]}},
    {"forwardTo": {"destinations": [ref("vd", "gm", kind="VIRTUAL_DESTINATION")]}},
    {"forwardTo": {"destinations": [ref("vd", "a", kind="VIRTUAL_DESTINATION", port={"number": 8080})]}},
    {"forwardTo": {"destinations": [ref("web", "gm", weight=60), ref("web", "a", weight=60)]}},
    {"forwardTo": {"destinations": [ref("web", "gm", weight=100), ref("web", "a")]}},
    {"forwardTo": {"destinations": [ref("web", "gm", weight=99), ref("web", "a"), ref("web", "b")]}},
    {"forwardTo": {"destinations": [ref("web", "gm")], "regexRewrite": {"pattern": {"regex": "("}}}},
    {
        "forwardTo": {
            "destinations": [ref("web", "gm")],
            "pathRewrite": "/r",
            "regexRewrite": {"pattern": {"regex": "a"}, "substitution": "b"},
        }
    },
    {"forwardTo": {}},
    {},
    {"directResponse": {"status": 200}, "redirect": {}},
    {"directResponse": {"status": 199}},
    {"directResponse": {"status": 600}},
    {"redirect": {"responseCode": "GONE"}},
)
LABELS: dict[str, list[Any]] = {"team": ["x", "y"], "tier": ["1", "2"]}


def metadata(dice: Dice, namespace: str, name: str) -> Json:
    """Labels and age of an object."""
    found: Json = {"name": name, "namespace": namespace, "labels": some(dice, LABELS)}
    moment = choose(dice, *MOMENTS)
    return found if moment is None else {**found, "creationTimestamp": moment}


def made(kind: str, where: Json, spec: Json, version: str = NETWORKING) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": where, "spec": spec}


def tenants(dice: Dice) -> list[Json]:
    """Up to four workspaces with what they share; none at all means one for everything."""
    count = choose(dice, 2, 3, 0, 3, 4, 3, 1, 3)
    if count == 1:
        return [workspace(dice, "all", ["*"])]
    if not count:
        return []
    spaces: dict[str, list[str]] = {"ops": ["gm"], "team-a": ["a"], "team-b": ["b"], "other": ["out"]}
    for name in choose(dice, ["team-a"], ["team-a", "team-b"], ["team-b"], ["ops", "team-a"]):
        spaces[name].append(choose(dice, "shared", "sh*"))
    names = list(spaces)[:count]
    if choose(dice, True, False):
        spaces[names[-1]].append("mute")
    generous = choose(dice, True, True, False)
    found = [workspace(dice, name, spaces[name]) for name in names]
    return found + [settings(dice, spaces[name][0], names, generous=generous) for name in names]


def workspace(dice: Dice, name: str, spaces: list[str]) -> Json:
    namespaces = [{"name": each} | ({"configEnabled": each != "mute"} if "mute" in spaces else {}) for each in spaces]
    where = metadata(dice, "gloo-mesh", name)
    return made("Workspace", where, {"workloadClusters": [{"name": "*", "namespaces": namespaces}]}, ADMIN)


def settings(dice: Dice, namespace: str, names: list[str], *, generous: bool) -> Json:
    """What one workspace imports and exports; generous ones share most things with most others."""
    spec: Json = {}
    for field in ("importFrom", "exportTo"):
        entries = []
        for _ in range(choose(dice, 1, 2) if generous else choose(dice, 1, 0, 2)):
            whom = [{"name": "*"}, {"name": choose(dice, *names)}, {"name": "team-*"}, {"selector": {"tier": "1"}}]
            with_ = whom[0] if generous and choose(dice, True, True, False) else choose(dice, *whom)
            entry: Json = {"workspaces": [with_, *choose(dice, [], [], [{"name": "ops", "selector": {"team": "x"}}])]}
            if resources := resource_patterns(dice, generous=generous):
                entry["resources"] = resources
            entries.append(entry)
        if entries:
            spec[field] = entries
    return made("WorkspaceSettings", {"name": "settings", "namespace": namespace}, spec, ADMIN)


def resource_patterns(dice: Dice, *, generous: bool) -> list[Json]:
    found: list[Json] = choose(
        dice,
        *([[]] * (8 if generous else 1)),
        [{"kind": "ROUTE_TABLE"}],
        [{"kind": "SERVICE"}, {"kind": "ROUTE_TABLE", "labels": {"team": "x"}}],
        [{"kind": "ALL", "namespace": "a"}, {"kind": "VIRTUAL_DESTINATION"}],
        [{"labels": {"team": "x"}}, {"kind": "SERVICE"}],
        [{"kind": "ROUTE_TABLE", "name": "t0"}, {"kind": "EXTERNAL_SERVICE"}, {"kind": "SERVICE", "name": "web"}],
        [{"kind": "API_DOC"}],
    )
    return found


def uri(dice: Dice, parent: bool) -> Json:
    """A path condition; those of delegating rules are mostly prefixes."""
    if parent:
        kind = rarely(dice, "prefix", "prefix", "exact", "regex", "suffix")
    else:
        kind = choose(dice, "prefix", "exact", "prefix", "regex", "prefix", "exact", "regex", "suffix")
    if kind == "regex":
        value = choose(dice, *REGEXES, *BAD_BELOW * 2, choose(dice, *BAD_REGEXES))
    else:
        value = ".js" if kind == "suffix" else choose(dice, *PATHS)
    return {kind: value, "ignoreCase": True} if choose(dice, False, False, True) else {kind: value}


def condition(dice: Dice, name: str) -> Json:
    """A test; the regexes of one name are all the same, so that whether two tests can hold together is plain."""
    pattern = {"x-b": "[0-9]*", "r": "[0-9]*"}.get(name.lower(), "[0-9]+")
    found = {"name": name} | choose(dice, {"value": "1"}, {}, {"value": pattern, "regex": True}, {"value": "2"})
    test: Json = rarely(dice, found, found, found, {"name": name, "value": "(", "regex": True})
    return test


def matcher(dice: Dice, parent: bool) -> Json:
    """An HTTPRequestMatcher."""
    found: Json = {"uri": rarely(dice, uri(dice, parent), {})} if rarely(dice, True, False) else {}
    if choose(dice, False, False, False, True):
        found["method"] = choose(dice, "GET", "GET", "POST")
    if choose(dice, False, False, True):
        tests = [condition(dice, choose(dice, "x-a", "x-b", "X-A")) for _ in range(choose(dice, 1, 1, 2))]
        found["headers"] = [{**each, **choose(dice, {}, {}, {"invertMatch": True})} for each in tests]
    if choose(dice, False, False, False, False, True):
        found["queryParameters"] = [condition(dice, choose(dice, "q", "r", "Q"))]
    if rarely(dice, False, False, True):
        found["port"] = choose(dice, 80, 8080)
    return found


def object_selector(dice: Dice, tables: list[Identity], tenanted: bool) -> Json:
    """An entry of `routeTables`: by name, by label, by namespace, by workspace, by several, by nothing."""
    namespace, name = choose(dice, *tables * 2, ("gm", "gone"), ("gm", "r0"), ("gm", "r0"))
    by_workspace = {"workspace": choose(dice, "team-a", "team-b", "ops", "nobody")}
    found: Json = choose(
        dice,
        {"name": name, "namespace": namespace},
        {"labels": choose(dice, {"team": "x"}, {"team": "y"}, {"tier": "1"}, {"team": "x", "tier": "2"})},
        {"name": name},
        {"namespace": namespace},
        by_workspace if tenanted else {"labels": {"tier": "2"}},
        {"labels": {"team": "x"}, **(by_workspace if tenanted else {"namespace": namespace})},
        {"name": name, "namespace": namespace, "labels": {"tier": "1"}},
        rarely(dice, {"labels": {"team": "x"}}, {}),
    )
    return found


def delegate_action(dice: Dice, tables: list[Identity], tenanted: bool) -> Json:
    count = rarely(dice, choose(dice, 1, 2, 3), 0)
    found: Json = {"routeTables": [object_selector(dice, tables, tenanted) for _ in range(count)]}
    method = choose(dice, None, "ROUTE_SPECIFICITY", rarely(dice, "TABLE_WEIGHT", "BY_AGE"), "ROUTE_SPECIFICITY")
    return {"delegate": found if method is None else {**found, "sortMethod": method}}


def rule(dice: Dice, tables: list[Identity], tenanted: bool, delegating: tuple[bool, ...]) -> Json:
    """A route of a root or a table."""
    parent = choose(dice, *delegating)
    found: Json = {"name": choose(dice, "r", "s")}
    if count := choose(dice, 1, 1, 1, 0, 2) if parent else choose(dice, 1, 1, 0, 2, 3):
        found["matchers"] = [matcher(dice, parent) for _ in range(count)]
        found["matchers"] += choose(dice, [], [], [], [{**found["matchers"][0], "uri": {"prefix": "/"}}])
    if parent:
        found |= delegate_action(dice, tables, tenanted)
    else:
        found |= choose(dice, *BROKEN) if rarely(dice, False, False, True) else choose(dice, *ACTIONS)
    if labels := choose(dice, {}, {}, {"team": "z"}, {"tier": "9"}, {"team": "w", "own": "1"}):
        found["labels"] = labels
    return found


def table_spec(dice: Dice, rules: list[Json]) -> Json:
    found: Json = {"http": rules}
    if default := choose(dice, None, None, ref("web", "gm"), ref("web"), ref("gone", "b")):
        found["defaultDestination"] = default
    if weight := choose(dice, 0, 1, -1, 0, 10):
        found["weight"] = weight
    return found


def root(dice: Dice, name: str, tables: list[Identity], tenanted: bool) -> Json:
    """A table with hosts."""
    namespace = rarely(dice, choose(dice, "gm", "gm", "gm", "a", "b", "shared"), "out", "mute")
    delegating = choose(dice, (True, True, True, False), (True, True, False), (True, False), (False,))
    count = choose(dice, 1, 2, 3, 2, 3, 3, 3, 0)
    spec = table_spec(dice, [rule(dice, tables, tenanted, delegating) for _ in range(count)])
    hosts = [choose(dice, "a.test", *HOSTS) for _ in range(choose(dice, 1, 2, 3))]
    spec["hosts"] = list({host.lower(): host for host in hosts}.values())
    edge = {"name": "edge", "namespace": "gm"}
    listed = [[edge], [edge, {"name": "west", "namespace": "a"}], [{"name": "edge"}], [{"name": "gone"}], []]
    spec["virtualGateways"] = rarely(dice, listed[0], *listed[1:])
    if mode := choose(dice, None, None, "FREEZE_CONFIG", "ROUTE_REPLACEMENT"):
        spec["failureMode"] = mode
    return made("RouteTable", metadata(dice, namespace, name), spec)


def table(dice: Dice, identity: Identity, tables: list[Identity], tenanted: bool) -> Json:
    """A table without hosts; `tables` are those that may be named in it, itself included."""
    count = choose(dice, 1, 2, 3, 3, 2, 3, 3, 3, 3, 0)
    spec = table_spec(dice, [rule(dice, tables, tenanted, (False, True)) for _ in range(count)])
    return made("RouteTable", metadata(dice, *identity), spec)


def gateway(dice: Dice, namespace: str, name: str, tenanted: bool) -> Json:
    """A gateway with one listener for everything, and more narrow ones."""
    listeners: list[Json] = [{"port": {"number": 80}, "http": {}}]
    for _ in range(choose(dice, 0, 1, 2, 1)):
        allowed = []
        for _ in range(choose(dice, 1, 2)):
            entry: Json = {"host": choose(dice, *ALLOWED)}
            selector = choose(dice, None, None, {"labels": {"team": "x"}}, {}, {"namespace": "a"}, {"name": "r0"})
            if tenanted and choose(dice, False, False, True):
                selector = {"workspace": choose(dice, "team-a", "ops")}
            allowed.append(entry if selector is None else {**entry, "selector": selector})
        listeners.append({"port": {"number": choose(dice, 8080, 80)}, "http": {}, "allowedRouteTables": allowed})
    if rarely(dice, False, True):
        listeners.insert(0, {"port": {"number": 9000}, "tcp": {}})
    return made("VirtualGateway", metadata(dice, namespace, name), {"listeners": listeners})


def destinations(dice: Dice) -> list[Json]:
    """What may be forwarded to; without any Service none can be called missing."""
    found: list[Json] = [
        made("VirtualDestination", metadata(dice, "a", "vd"), {"hosts": ["vd.test"], "ports": [http_port(80)]}),
        made("ExternalService", metadata(dice, "b", "es"), {"hosts": ["es.test"], "ports": [http_port(443)]}),
    ]
    if choose(dice, *[True] * 8, False):
        one = [{"name": "http", "port": 8080}]
        found += [made("Service", metadata(dice, space, "web"), {"ports": one}, "v1") for space in NAMESPACES]
        many = [*one, {"name": "grpc", "port": 9090}]
        found.append(made("Service", metadata(dice, "gm", "many"), {"ports": many}, "v1"))
    return found


def http_port(number: int) -> Json:
    return {"number": number, "protocol": "HTTP"}


@st.composite
def graphs_v2(draw: st.DrawFn) -> list[Json]:
    """A graph whose expansion stays within the budget: too large ones lose their last tables."""
    blocks = some_dice(draw, 1 + 1 + 7 + 4 + 2 + 1)
    dice = next(blocks)
    identities = dice.shuffled(TABLES)[: choose(dice, 0, 3, 5, 5, 6, 7, 7, 7)]
    count, west = choose(dice, 1, 2, 3, 4, 3, 2), choose(dice, False, False, True)
    workspaces = tenants(next(blocks))
    tenanted = len(workspaces) > 1
    tables = [table(next(blocks), identity, identities, tenanted) for identity in identities]
    roots = [root(next(blocks), f"r{index}", identities, tenanted) for index in range(count)]
    gateways = [gateway(next(blocks), "gm", "edge", tenanted)]
    if west:
        gateways.append(gateway(next(blocks), "a", "west", tenanted))
    rest = [*workspaces, *destinations(next(blocks)), *gateways]
    while not affordable([*rest, *roots, *tables]):
        (tables or roots).pop()
    return [*rest, *roots, *tables]


class TooManyError(Exception):
    """The graph expands beyond the budget."""


class Budgeted(TranscriptV2):
    """Gives up where the budget of effective matchers ends."""

    left = BUDGET

    def follow(self, rule: Json, table: Json, here: Json, *, usable: bool) -> list[Json]:
        self.left -= len(here["matches"])
        if self.left < 0:
            raise TooManyError
        return super().follow(rule, table, here, usable=usable)


def affordable(manifests: list[Json]) -> bool:
    """Whether the graph expands to less than the budget."""
    try:
        Budgeted(manifests)
    except TooManyError:
        return False
    return True

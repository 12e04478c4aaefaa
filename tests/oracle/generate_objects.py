"""Object graphs of the first generation that are rich in interactions and shrink to tiny ones.

The first entry of every choice is the plainest: that is what hypothesis shrinks to. Every object has an identity of its
own. Left out is what the specification leaves open: empty paths, regexes and option values, two forms in one `uri`,
`ignoreCase` without a path, one domain twice in one host, several connection handlers, destinations of no type.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.oracle.dice import Dice, choose, rarely, some, some_dice
from tests.oracle.transcript import Transcript

Json = dict[str, Any]
Identity = tuple[str, str]
ENTERPRISE = "networking.enterprise.mesh.gloo.solo.io/v1beta1"
POLICY = "networking.mesh.gloo.solo.io/v1"
BUDGET = 2000
"""Effective matchers in a whole graph."""

NAMESPACES = ("gm", "apps", "ext")
TABLES = [(namespace, name) for name in ("t0", "t1", "t2", "t3") for namespace in NAMESPACES]
RULES = ("a", None, "b", "", "c", "x y", "p/q", "50%", "r~2", "[0]", "n:s", "#1", "größe")
MOMENTS = ("2024-01-01T00:00:00Z", None, "2024-01-02T00:00:00Z", "2023-12-31T23:59:59Z", "2024-01-02T01:00:00+02:00")
DOMAINS = ("a.test", "b.test", "A.Test", "*.test", "*", "*.TEST", "a.*", "b.test:8080", "B.test")
PATHS = ("/a", "/", "/b", "/a/", "/a/b", "b", "/A", "/a.b", "a", "/b/", "//", "/a+b/")
REGEXES = ("/v.*", "^/b", "/a|/b", ".*", "/[a-c]+", "^/a/b$", r"\.js")
BAD_REGEXES = ("/bad(", "(?!a).*", "/a**", "[z-a]")
BAD_BELOW = ("^*a", "^+", r"\Qa.b", r"/v\Q")
"""Sound as written, but not once they stand in a group behind a prefix."""

OPTIONS: dict[str, list[Any]] = {
    "requestTimeout": ["1s", "2s", "3s"],
    "retries": [{"attempts": 1}, {"attempts": 2, "perTryTimeout": "1s"}],
    "corsPolicy": [{"maxAge": "1h"}, {"allowMethods": ["GET"], "allowCredentials": True}],
    "headerManipulation": [{"removeRequestHeaders": ["x-debug"]}, {"appendResponseHeaders": {"x-a": "1"}}],
    "faultInjection": [{"abort": {"httpStatus": 503}}, {"fixedDelay": "1s", "percentage": 50.0}],
}
SERVICE = {"kubeService": {"name": "reviews", "namespace": "apps", "clusterName": "c1"}}
ACTIONS: tuple[Json, ...] = (
    {"directResponseAction": {"status": 200, "body": "x"}},
    {"routeAction": {"destinations": [SERVICE]}},
    {"routeAction": {"destinations": [SERVICE, {**SERVICE, "weight": 3}], "pathRewrite": "/r"}},
    {"redirectAction": {"hostRedirect": "other.test", "responseCode": "FOUND"}},
    {"redirectAction": {}},
)
BROKEN: tuple[Json, ...] = (
    {},
    {"directResponseAction": {"status": 200}, "redirectAction": {}},
    {"directResponseAction": {"status": 199}},
    {"directResponseAction": {}},
    {"directResponseAction": {"status": 600}},
    {"redirectAction": {"responseCode": "GONE"}},
    {"routeAction": {"destinations": []}},
    {"routeAction": {}},
)
NO_ROUTE_OPTIONS: dict[str, list[Any]] = {
    "outlierDetection": [{"consecutiveErrors": 3}],
    "mtls": [{"istio": {"tlsMode": "SIMPLE"}}],
}


OPERATORS = ("Equals", "NotEquals", "In", "NotIn", "Exists", "DoesNotExist", *("GreaterThan", "LessThan") * 2)
MALFORMED = (
    {"key": "none", "operator": "DoesNotExist", "values": ["x"]},
    {"key": "app", "operator": "Exists", "values": ["x"]},
    {"key": "none", "operator": "NotIn", "values": []},
    {"key": "none", "operator": "NotEquals", "values": ["x", "y"]},
    {"key": "app", "operator": "Equals", "values": ["x", "y"]},
    {"key": "app", "operator": "In"},
    {"key": "tier", "operator": "GreaterThan", "values": ["0", "1"]},
    {"key": "tier", "operator": "LessThan", "values": []},
    {"key": "tier", "operator": "LessThan", "values": ["many"]},
    {"key": "app", "operator": "Like", "values": ["x"]},
    {"key": "none", "operator": "notin", "values": ["x"]},
    {"key": "none", "operator": "NotEquals"},
    {"key": "tier", "operator": "GreaterThan", "values": ["-1"]},
    {"key": "tier", "operator": "LessThan", "values": ["9223372036854775808"]},
    {"key": "app/", "operator": "DoesNotExist"},
    {"key": "No.Host/app", "operator": "DoesNotExist"},
    {"key": "-app", "operator": "DoesNotExist"},
    {"key": "n" * 64, "operator": "DoesNotExist"},
    {"key": "app", "operator": "NotEquals", "values": ["v" * 64]},
    {"key": "app", "operator": "NotIn", "values": ["y", "a b"]},
    {"key": "app", "operator": "NotEquals", "values": ["y_"]},
)
"""Each breaks one rule; read leniently, most would select something."""


def metadata(dice: Dice, namespace: str, name: str) -> Json:
    """Labels and age of an object."""
    labels = some(dice, {"app": ["x", "y"], "tier": ["1", "3", "10", "low"]})
    found: Json = {"name": name, "namespace": namespace, "labels": labels}
    moment = choose(dice, *MOMENTS)
    return found if moment is None else {**found, "creationTimestamp": moment}


def expression(dice: Dice) -> Json:
    """A label requirement; some are malformed."""
    if choose(dice, False, False, False, True):
        malformed: Json = choose(dice, *MALFORMED)
        return malformed
    operator = choose(dice, *OPERATORS)
    key = "tier" if operator in ("GreaterThan", "LessThan") else choose(dice, "app", "tier", "none", "a.b/c_D")
    found: Json = {"key": key, "operator": operator}
    if operator in ("In", "NotIn"):
        found["values"] = choose(dice, ["x"], ["x", "y"], ["2", "10"])
    elif operator not in ("Exists", "DoesNotExist"):
        found["values"] = [choose(dice, "2", "5", "0")] if key == "tier" else [choose(dice, "x", "y")]
    if operator == "Equals":
        found |= choose(dice, {}, {"operator": "DoubleEquals"})
    if operator == "Equals" and choose(dice, False, True):
        del found["operator"]
    return found


def selector(dice: Dice) -> Json:
    """An ObjectSelector in any form."""
    namespaces = choose(dice, ["*"], None, ["gm"], ["apps", "gm"], ["ext"], [], ["apps", "*"])
    found: Json = {} if namespaces is None else {"namespaces": namespaces}
    form = choose(dice, "all", "all", "labels", "labels", "expressions", "expressions", "both")
    if form in ("labels", "both"):
        found["labels"] = choose(dice, {"app": "x"}, {"app": "y"}, {"tier": "2"}, {"app": "x", "tier": "1"})
    if form == "both" and choose(dice, True, False):
        found["expressions"] = [{"key": "none", "operator": "DoesNotExist"}]
    elif form in ("expressions", "both"):
        found["expressions"] = [expression(dice) for _ in range(choose(dice, 1, 2))]
    return found


def reference(dice: Dice, identities: list[Identity]) -> Json:
    """A reference: mostly to something that exists; some to nothing, some without a namespace."""
    namespace, name = choose(dice, *identities * 3, ("gm", "gone"))
    found: Json = rarely(dice, {"name": name, "namespace": namespace}, {"name": name})
    return found


def uri(dice: Dice, parent: bool) -> Json:
    """A path condition; those of delegating rules are mostly prefixes."""
    if parent:
        kind = rarely(dice, "prefix", "prefix", "prefix", "prefix", "exact", "regex", "suffix")
    else:
        kind = choose(dice, "prefix", "exact", "prefix", "regex", "prefix", "exact", "regex", "suffix")
    if kind == "regex":
        value = rarely(dice, choose(dice, *REGEXES), choose(dice, *BAD_BELOW), choose(dice, *BAD_REGEXES))
    else:
        value = ".js" if kind == "suffix" else choose(dice, *PATHS)
    return {kind: value, "ignoreCase": True} if choose(dice, False, False, True) else {kind: value}


def condition(dice: Dice, *names: str) -> Json:
    """A test of a header or query parameter."""
    found: Json = {"name": choose(dice, *names)}
    found |= choose(dice, {"value": "1"}, {}, {"value": "[0-9]+", "regex": True}, {"value": "", "regex": True})
    found |= rarely(dice, {}, {}, {}, {}, {"value": "(", "regex": True})
    return found


def matcher(dice: Dice, parent: bool) -> Json:
    """An HttpMatcher."""
    found: Json = {"uri": rarely(dice, uri(dice, parent), {})} if rarely(dice, True, False) else {}
    if choose(dice, False, False, True):
        found["method"] = choose(dice, "GET", "POST", "GET")
    if choose(dice, False, False, True):
        tests = [condition(dice, "x-a", "x-b", "X-A") for _ in range(choose(dice, 1, 2, 3))]
        found["headers"] = [{**each, **choose(dice, {}, {}, {"invertMatch": True})} for each in tests]
    if choose(dice, False, False, False, True):
        tests = [condition(dice, "q", "r", "Q") for _ in range(choose(dice, 1, 2))]
        found["queryParameters"] = tests + choose(dice, [], tests)
    return found


def twin(dice: Dice, other: Json) -> Json:
    """A matcher that differs little or not at all, so that effective ones may collapse."""
    prefix = other.get("uri", {}).get("prefix", "/")
    slash = prefix.rstrip("/") if prefix.endswith("/") else f"{prefix}/"
    found = choose(dice, {}, {"uri": {"prefix": "/"}}, {"uri": {}}, {"uri": {"prefix": slash or "/"}})
    return {**other, **found}


def options(dice: Dice) -> Json:
    return some(dice, OPTIONS) if choose(dice, False, True) else {}


def final_action(dice: Dice) -> Json:
    """An action that is no delegate; some are broken."""
    found: Json = choose(dice, *BROKEN) if rarely(dice, False, False, False, True) else choose(dice, *ACTIONS)
    return found


def delegate_action(dice: Dice, tables: list[Identity]) -> Json:
    """A delegate by references, by a selector, by both, by nothing."""
    found: Json = {}
    form = rarely(dice, choose(dice, "refs", "selector", "both"), "nothing")
    if form in ("refs", "both"):
        found["refs"] = [reference(dice, tables) for _ in range(choose(dice, 1, 2, 3, 4))]
    if form in ("selector", "both"):
        found["selector"] = selector(dice) if choose(dice, False, True) else choose(dice, {"namespaces": ["*"]}, {})
    method = choose(dice, None, "ROUTE_SPECIFICITY", rarely(dice, "TABLE_WEIGHT", "BY_AGE"), "ROUTE_SPECIFICITY")
    return {"delegateAction": found if method is None else {**found, "sortMethod": method}}


def rule(dice: Dice, tables: list[Identity], delegating: tuple[bool, ...]) -> Json:
    """A route of a host or table."""
    name, parent = choose(dice, *RULES[:3] * 4, *RULES), choose(dice, *delegating)
    found: Json = {} if name is None else {"name": name}
    if count := choose(dice, 1, 1, 1, 0, 2) if parent else choose(dice, 1, 1, 0, 2, 3):
        found["matchers"] = [matcher(dice, parent) for _ in range(count)]
        found["matchers"] += choose(dice, [], [], [], [twin(dice, found["matchers"][0])])
    found |= delegate_action(dice, tables) if parent else final_action(dice)
    if inline := options(dice):
        found["options"] = inline
    if labels := choose(dice, {}, {}, {"class": "slow"}, {"class": "fast"}, {"class": "fast", "team": "a"}):
        found["labels"] = labels
    return found


def rule_count(dice: Dice) -> int:
    count: int = choose(dice, 1, 2, 3, 3, 2, 3, 3, 0)
    return count


def host_spec(dice: Dice, tables: list[Identity]) -> Json:
    """The spec of a host."""
    domains = {domain.lower(): domain for domain in [choose(dice, *DOMAINS) for _ in range(choose(dice, 1, 2, 3))]}
    found: Json = {"domains": rarely(dice, list(domains.values()), [])}
    found["routes"] = [rule(dice, tables, (True, True, True, False)) for _ in range(rule_count(dice))]
    if inline := options(dice):
        found["options"] = {"trafficPolicy": inline}
    return found


def host(dice: Dice, name: str, tables: list[Identity]) -> Json:
    where = metadata(dice, choose(dice, "gm", "apps"), name)
    return {"apiVersion": ENTERPRISE, "kind": "VirtualHost", "metadata": where, "spec": host_spec(dice, tables)}


def table(dice: Dice, identity: Identity, tables: list[Identity]) -> Json:
    """A route table; `tables` are those that may be named in it, itself included."""
    spec: Json = {"routes": [rule(dice, tables, (False, False, True)) for _ in range(rule_count(dice))]}
    if weight := choose(dice, 0, 1, -1, 0, 10):
        spec["weight"] = weight
    return {"apiVersion": ENTERPRISE, "kind": "RouteTable", "metadata": metadata(dice, *identity), "spec": spec}


def gateway(dice: Dice, name: str, tables: list[Identity]) -> Json:
    """A gateway of one plain listener; at most two of the entries of its `routeConfig` are narrow or inline."""
    entries = [{"virtualHostSelector": rarely(dice, {"namespaces": ["*"]}, selector(dice))}]
    for _ in range(choose(dice, 0, 1, 2)):
        inline = choose(dice, False, True)
        more = {"virtualHost": host_spec(dice, tables)} if inline else {"virtualHostSelector": selector(dice)}
        entries.insert(choose(dice, 1, 0), more)
    spec = {
        "ingressGatewaySelectors": [{"portName": "http2"}],
        "connectionHandlers": [{"http": {"routeConfig": entries}}],
    }
    where = metadata(dice, "gm" if name == "edge" else "apps", name)
    return {"apiVersion": ENTERPRISE, "kind": "VirtualGateway", "metadata": where, "spec": spec}


def traffic_policy(dice: Dice, name: str, tables: list[Identity]) -> Json:
    """A TrafficPolicy with a `routeSelector` in any form, or none."""
    entries = []
    for _ in range(choose(dice, 1, 2, 0)):
        entry = some(dice, {"routeLabelMatcher": [{"class": "slow"}, {"class": "fast"}, {"team": "a"}]})
        match choose(dice, "none", "none", "none", "none", "host refs", "hosts", "table refs", "tables", "all"):
            case "host refs":
                entry["virtualHostRefs"] = [reference(dice, [("gm", "h0"), ("apps", "h0"), ("gm", "t0")])]
            case "hosts":
                entry["virtualHostSelector"] = selector(dice)
            case "table refs":
                entry["routeTableRefs"] = [reference(dice, tables) for _ in range(choose(dice, 1, 2))]
            case "tables":
                entry["routeTableSelector"] = selector(dice)
            case "all":
                entry["virtualHostSelector"] = selector(dice)
                entry["routeTableRefs"] = [reference(dice, tables)]
                entry["routeTableSelector"] = selector(dice)
        entries.append(entry)
    spec: Json = {"policy": some(dice, {**OPTIONS, **NO_ROUTE_OPTIONS})}
    if entries:
        spec["routeSelector"] = entries
    if rarely(dice, False, True):
        spec["sourceSelector"] = [{"kubeWorkloadMatcher": {"labels": {"app": "x"}}}]
    if rarely(dice, False, False, True):
        spec["destinationSelector"] = [{"kubeServiceMatcher": {"labels": {"app": "x"}}}]
    where = metadata(dice, choose(dice, "gm", "apps"), name)
    return {"apiVersion": POLICY, "kind": "TrafficPolicy", "metadata": where, "spec": spec}


@st.composite
def graphs(draw: st.DrawFn) -> list[Json]:
    """A graph whose expansion stays within the budget: too large ones lose their last tables."""
    blocks = some_dice(draw, 1 + 8 + 4 + 2 + 4)
    dice = next(blocks)
    identities = dice.shuffled(TABLES)[: choose(dice, 0, 4, 5, 6, 6, 7, 7, 8)]
    counts = [choose(dice, 1, 2, 3, 4), choose(dice, 0, 2, 3, 4)]
    names = choose(dice, ["edge"], ["edge"], ["edge", "west"])
    tables = [table(next(blocks), identity, identities) for identity in identities]
    hosts = [host(next(blocks), f"h{index}", identities) for index in range(counts[0])]
    gateways = [gateway(next(blocks), name, identities) for name in names]
    policies = [traffic_policy(next(blocks), f"p{index}", identities) for index in range(counts[1])]
    while not affordable([*gateways, *hosts, *tables]):
        (tables or hosts).pop()
    return [*gateways, *hosts, *tables, *policies]


class TooManyError(Exception):
    """The graph expands beyond the budget."""


class Budgeted(Transcript):
    """Gives up where the budget of effective matchers ends."""

    def __init__(self, manifests: list[Json], budget: int) -> None:
        self.left = budget
        super().__init__(manifests)

    def combine(self, inherited: list[Json] | None, rule: Json) -> list[Json]:
        found = super().combine(inherited, rule)
        self.left -= len(found)
        if self.left < 0:
            raise TooManyError
        return found


def affordable(manifests: list[Json]) -> bool:
    """Whether the graph expands to less than the budget."""
    try:
        Budgeted(manifests, BUDGET)
    except TooManyError:
        return False
    return True

"""Object graphs of the first generation that are rich in interactions and shrink to tiny ones.

The first entry of every choice is the plainest: that is what hypothesis shrinks to. Every object has an identity of its
own. Left out is what the specification leaves open: empty paths, regexes and option values, two forms in one `uri`,
`ignoreCase` without a path, one domain twice in one host, several connection handlers, destinations of no type.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

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


def choose(draw: st.DrawFn, *choices: Any) -> Any:
    """One of the choices. Cheaper than a strategy for each: a graph takes hundreds of them."""
    return choices[draw(index_below(len(choices)))]


@cache
def index_below(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


def rarely(draw: st.DrawFn, common: Any, *rare: Any) -> Any:
    """Mostly `common`."""
    return choose(draw, *(common,) * (5 * len(rare)), *rare)


def some(draw: st.DrawFn, fields: dict[str, list[Any]]) -> Json:
    """Some of the fields, each with one of its values."""
    return {name: choose(draw, *values) for name, values in fields.items() if choose(draw, False, True)}


def metadata(draw: st.DrawFn, namespace: str, name: str) -> Json:
    """Labels and age of an object."""
    labels = some(draw, {"app": ["x", "y"], "tier": ["1", "3", "10", "low"]})
    found: Json = {"name": name, "namespace": namespace, "labels": labels}
    moment = choose(draw, *MOMENTS)
    return found if moment is None else {**found, "creationTimestamp": moment}


def expression(draw: st.DrawFn) -> Json:
    """A label requirement; some are malformed."""
    if choose(draw, False, False, False, True):
        malformed: Json = choose(draw, *MALFORMED)
        return malformed
    operator = choose(draw, *OPERATORS)
    key = "tier" if operator in ("GreaterThan", "LessThan") else choose(draw, "app", "tier", "none", "a.b/c_D")
    found: Json = {"key": key, "operator": operator}
    if operator in ("In", "NotIn"):
        found["values"] = choose(draw, ["x"], ["x", "y"], ["2", "10"])
    elif operator not in ("Exists", "DoesNotExist"):
        found["values"] = [choose(draw, "2", "5", "0")] if key == "tier" else [choose(draw, "x", "y")]
    if operator == "Equals":
        found |= choose(draw, {}, {"operator": "DoubleEquals"})
    if operator == "Equals" and choose(draw, False, True):
        del found["operator"]
    return found


def selector(draw: st.DrawFn) -> Json:
    """An ObjectSelector in any form."""
    namespaces = choose(draw, ["*"], None, ["gm"], ["apps", "gm"], ["ext"], [], ["apps", "*"])
    found: Json = {} if namespaces is None else {"namespaces": namespaces}
    form = choose(draw, "all", "all", "labels", "labels", "expressions", "expressions", "both")
    if form in ("labels", "both"):
        found["labels"] = choose(draw, {"app": "x"}, {"app": "y"}, {"tier": "2"}, {"app": "x", "tier": "1"})
    if form == "both" and choose(draw, True, False):
        found["expressions"] = [{"key": "none", "operator": "DoesNotExist"}]
    elif form in ("expressions", "both"):
        found["expressions"] = [expression(draw) for _ in range(choose(draw, 1, 2))]
    return found


def reference(draw: st.DrawFn, identities: list[Identity]) -> Json:
    """A reference: mostly to something that exists; some to nothing, some without a namespace."""
    namespace, name = choose(draw, *identities * 3, ("gm", "gone"))
    found: Json = rarely(draw, {"name": name, "namespace": namespace}, {"name": name})
    return found


def uri(draw: st.DrawFn, parent: bool) -> Json:
    """A path condition; those of delegating rules are mostly prefixes."""
    if parent:
        kind = rarely(draw, "prefix", "prefix", "prefix", "prefix", "exact", "regex", "suffix")
    else:
        kind = choose(draw, "prefix", "exact", "prefix", "regex", "prefix", "exact", "regex", "suffix")
    if kind == "regex":
        value = rarely(draw, choose(draw, *REGEXES), choose(draw, *BAD_BELOW), choose(draw, *BAD_REGEXES))
    else:
        value = ".js" if kind == "suffix" else choose(draw, *PATHS)
    return {kind: value, "ignoreCase": True} if choose(draw, False, False, True) else {kind: value}


def condition(draw: st.DrawFn, *names: str) -> Json:
    """A test of a header or query parameter."""
    found: Json = {"name": choose(draw, *names)}
    found |= choose(draw, {"value": "1"}, {}, {"value": "[0-9]+", "regex": True}, {"value": "", "regex": True})
    found |= rarely(draw, {}, {}, {}, {}, {"value": "(", "regex": True})
    return found


@st.composite
def matcher(draw: st.DrawFn, parent: bool) -> Json:
    """An HttpMatcher."""
    found: Json = {"uri": rarely(draw, uri(draw, parent), {})} if rarely(draw, True, False) else {}
    if choose(draw, False, False, True):
        found["method"] = choose(draw, "GET", "POST", "GET")
    if choose(draw, False, False, True):
        tests = [condition(draw, "x-a", "x-b", "X-A") for _ in range(choose(draw, 1, 2, 3))]
        found["headers"] = [{**each, **choose(draw, {}, {}, {"invertMatch": True})} for each in tests]
    if choose(draw, False, False, False, True):
        tests = [condition(draw, "q", "r", "Q") for _ in range(choose(draw, 1, 2))]
        found["queryParameters"] = tests + choose(draw, [], tests)
    return found


def twin(draw: st.DrawFn, other: Json) -> Json:
    """A matcher that differs little or not at all, so that effective ones may collapse."""
    prefix = other.get("uri", {}).get("prefix", "/")
    slash = prefix.rstrip("/") if prefix.endswith("/") else f"{prefix}/"
    found = choose(draw, {}, {"uri": {"prefix": "/"}}, {"uri": {}}, {"uri": {"prefix": slash or "/"}})
    return {**other, **found}


def options(draw: st.DrawFn) -> Json:
    return some(draw, OPTIONS) if choose(draw, False, True) else {}


def final_action(draw: st.DrawFn) -> Json:
    """An action that is no delegate; some are broken."""
    found: Json = choose(draw, *BROKEN) if rarely(draw, False, False, False, True) else choose(draw, *ACTIONS)
    return found


def delegate_action(draw: st.DrawFn, tables: list[Identity]) -> Json:
    """A delegate by references, by a selector, by both, by nothing."""
    found: Json = {}
    form = rarely(draw, choose(draw, "refs", "selector", "both"), "nothing")
    if form in ("refs", "both"):
        found["refs"] = [reference(draw, tables) for _ in range(choose(draw, 1, 2, 3, 4))]
    if form in ("selector", "both"):
        found["selector"] = selector(draw) if choose(draw, False, True) else choose(draw, {"namespaces": ["*"]}, {})
    method = choose(draw, None, "ROUTE_SPECIFICITY", rarely(draw, "TABLE_WEIGHT", "BY_AGE"), "ROUTE_SPECIFICITY")
    return {"delegateAction": found if method is None else {**found, "sortMethod": method}}


@st.composite
def rule(draw: st.DrawFn, tables: list[Identity], delegating: tuple[bool, ...]) -> Json:
    """A route of a host or table."""
    name, parent = choose(draw, *RULES[:3] * 4, *RULES), choose(draw, *delegating)
    found: Json = {} if name is None else {"name": name}
    if count := choose(draw, 1, 1, 1, 0, 2) if parent else choose(draw, 1, 1, 0, 2, 3):
        found["matchers"] = [draw(matcher(parent)) for _ in range(count)]
        found["matchers"] += choose(draw, [], [], [], [twin(draw, found["matchers"][0])])
    found |= delegate_action(draw, tables) if parent else final_action(draw)
    if inline := options(draw):
        found["options"] = inline
    if labels := choose(draw, {}, {}, {"class": "slow"}, {"class": "fast"}, {"class": "fast", "team": "a"}):
        found["labels"] = labels
    return found


def host_spec(draw: st.DrawFn, tables: list[Identity]) -> Json:
    """The spec of a host."""
    domains = {domain.lower(): domain for domain in [choose(draw, *DOMAINS) for _ in range(choose(draw, 1, 2, 3))]}
    found: Json = {"domains": rarely(draw, list(domains.values()), [])}
    rules = st.lists(rule(tables, (True, True, True, False)), min_size=choose(draw, 1, 2, 3, 3, 2, 0), max_size=3)
    found["routes"] = draw(rules)
    if inline := options(draw):
        found["options"] = {"trafficPolicy": inline}
    return found


@st.composite
def host(draw: st.DrawFn, name: str, tables: list[Identity]) -> Json:
    where = metadata(draw, choose(draw, "gm", "apps"), name)
    return {"apiVersion": ENTERPRISE, "kind": "VirtualHost", "metadata": where, "spec": host_spec(draw, tables)}


@st.composite
def table(draw: st.DrawFn, identity: Identity, tables: list[Identity]) -> Json:
    """A route table; `tables` are those that may be named in it, itself included."""
    rules = st.lists(rule(tables, (False, False, True)), min_size=choose(draw, 1, 2, 3, 3, 2, 0), max_size=3)
    spec: Json = {"routes": draw(rules)}
    if weight := choose(draw, 0, 1, -1, 0, 10):
        spec["weight"] = weight
    return {"apiVersion": ENTERPRISE, "kind": "RouteTable", "metadata": metadata(draw, *identity), "spec": spec}


@st.composite
def gateway(draw: st.DrawFn, name: str, tables: list[Identity]) -> Json:
    """A gateway of one plain listener; at most two of the entries of its `routeConfig` are narrow or inline."""
    entries = [{"virtualHostSelector": rarely(draw, {"namespaces": ["*"]}, selector(draw))}]
    for _ in range(choose(draw, 0, 1, 2)):
        inline = choose(draw, False, True)
        more = {"virtualHost": host_spec(draw, tables)} if inline else {"virtualHostSelector": selector(draw)}
        entries.insert(choose(draw, 1, 0), more)
    spec = {
        "ingressGatewaySelectors": [{"portName": "http2"}],
        "connectionHandlers": [{"http": {"routeConfig": entries}}],
    }
    where = metadata(draw, "gm" if name == "edge" else "apps", name)
    return {"apiVersion": ENTERPRISE, "kind": "VirtualGateway", "metadata": where, "spec": spec}


@st.composite
def traffic_policy(draw: st.DrawFn, name: str, tables: list[Identity]) -> Json:
    """A TrafficPolicy with a `routeSelector` in any form, or none."""
    entries = []
    for _ in range(choose(draw, 1, 2, 0)):
        entry = some(draw, {"routeLabelMatcher": [{"class": "slow"}, {"class": "fast"}, {"team": "a"}]})
        match choose(draw, "none", "none", "none", "none", "host refs", "hosts", "table refs", "tables", "all"):
            case "host refs":
                entry["virtualHostRefs"] = [reference(draw, [("gm", "h0"), ("apps", "h0"), ("gm", "t0")])]
            case "hosts":
                entry["virtualHostSelector"] = selector(draw)
            case "table refs":
                entry["routeTableRefs"] = [reference(draw, tables) for _ in range(choose(draw, 1, 2))]
            case "tables":
                entry["routeTableSelector"] = selector(draw)
            case "all":
                entry["virtualHostSelector"] = selector(draw)
                entry["routeTableRefs"] = [reference(draw, tables)]
                entry["routeTableSelector"] = selector(draw)
        entries.append(entry)
    spec: Json = {"policy": some(draw, {**OPTIONS, **NO_ROUTE_OPTIONS})}
    if entries:
        spec["routeSelector"] = entries
    if rarely(draw, False, True):
        spec["sourceSelector"] = [{"kubeWorkloadMatcher": {"labels": {"app": "x"}}}]
    if rarely(draw, False, False, True):
        spec["destinationSelector"] = [{"kubeServiceMatcher": {"labels": {"app": "x"}}}]
    where = metadata(draw, choose(draw, "gm", "apps"), name)
    return {"apiVersion": POLICY, "kind": "TrafficPolicy", "metadata": where, "spec": spec}


@st.composite
def graphs(draw: st.DrawFn) -> list[Json]:
    """A graph whose expansion stays within the budget: too large ones lose their last tables."""
    least = choose(draw, 0, 2, 4, 5, 6, 7)
    identities = draw(st.lists(st.sampled_from(TABLES), min_size=least, max_size=8, unique=True))
    tables = [draw(table(identity, identities)) for identity in identities]
    hosts = [draw(host(f"h{index}", identities)) for index in range(choose(draw, 1, 2, 3, 4))]
    gateways = [draw(gateway(name, identities)) for name in choose(draw, ["edge"], ["edge"], ["edge", "west"])]
    policies = [draw(traffic_policy(f"p{index}", identities)) for index in range(choose(draw, 0, 2, 3, 4))]
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

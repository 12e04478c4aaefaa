"""The second judge of the resolver: it reproduces the examples, and the product agrees with it on generated graphs."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import EXPECTED, FOLDER, identifiers, load
from tests.oracle.generate_objects import ENTERPRISE, graphs
from tests.oracle.transcript import Transcript, compiles, weight

Json = dict[str, Any]
GRAPHS = int(os.environ.get("GMG_GRAPHS", "200"))


def generated(share: float = 1.0) -> settings:
    return settings(
        max_examples=max(1, int(GRAPHS * share)),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Watched(Transcript):
    """Counts the rules that a graph really touches, so that the generator can be judged."""

    def __init__(self, manifests: list[Json]) -> None:
        self.seen: set[str] = set()
        self.rehearsing = False
        super().__init__(manifests)

    def note(self, event: str, happened: object) -> None:
        if happened:
            self.seen.add(event)

    def serve(self, gateway: Json) -> list[Json]:
        attached, hosts = self.attach(gateway), super().serve(gateway)
        self.note("inline host", any(host["field"] != "spec" and host["routes"] for host in hosts))
        self.note("host without routes", any(not host["spec"].get("routes") for host in attached))
        self.note("domain conflict", any(host["domains"] != host["spec"]["domains"] for host in hosts))
        served = {(host["rank"], host["segment"]) for host in hosts}
        lost = [h for h in attached if (h["rank"], h["segment"]) not in served and h["spec"].get("routes")]
        self.note("host without domains", any(not host["spec"]["domains"] for host in lost))
        self.note("host that lost its domains", any(host["spec"]["domains"] for host in lost))
        rows = [row for host in hosts for row in host["routes"]]
        self.note("other namespace in id", any(":" in row["id"] for row in rows))
        self.note("repeated name", any("~2" in row["id"] for row in rows))
        self.note("escaped name", any("%" in row["id"] for row in rows))
        self.note("unnamed rule", any("[" in row["id"] for row in rows))
        self.note("several matches", any(row["matchCount"] > 1 for row in rows))
        for row in rows:
            self.note(f"depth {len(row['hops'])}", True)
            for field in row["options"].values():
                kinds = [each["origin"].split()[0] for each in [field, *field["displaced"]]]
                self.note("displaced option", len(kinds) > 1)
                self.note("chain of three", len(kinds) > 2)
                self.note("policy gives an option", kinds[0] == "TrafficPolicy")
                self.note("policy displaces a policy", kinds[:2] == ["TrafficPolicy"] * 2)
                self.note("policy is displaced", "TrafficPolicy" in kinds[1:] and kinds[0] != "TrafficPolicy")
        return hosts

    def delegate(self, delegate: Json, owner: Json, matches: list[Json], way: Json) -> list[Json]:
        keys = self.candidates(delegate, owner["namespace"])
        named = [(ref.get("namespace"), ref["name"]) for ref in delegate.get("refs") or []]
        tables = [self.tables[each] for each in dict.fromkeys(keys) if each not in way["path"]]
        weights = [weight(table) for table in tables]
        ranked = delegate.get("sortMethod") == "ROUTE_SPECIFICITY"
        block = [leaf for leaf in super().delegate(delegate, owner, matches, way) if leaf["matches"]]
        if self.rehearsing:
            return block
        self.note("missing ref", any(name not in self.tables and name[0] for name in named))
        self.note("ref without namespace", any(name[0] is None for name in named))
        self.note("cycle by ref", any(name in way["path"] for name in named))
        self.note("cycle by selector", any(each in way["path"] and each not in named for each in keys))
        if block:
            self.note("duplicate table", len(set(keys)) < len(keys))
            self.note("refs and selector", named and set(keys) - set(named))
            self.note("equal weights", len(set(weights)) < len(weights))
            self.note("weights reorder", weights != sorted(weights, reverse=True))
            self.note("negative weight", min(weights) < 0 < len(weights) - 1)
        if ranked and len(block) > 1:
            self.rehearsing = True
            plain = super().delegate({**delegate, "sortMethod": "TABLE_WEIGHT"}, owner, matches, way)
            self.rehearsing = False
            self.note("specificity of two tables", len({leaf["path"][len(way["path"])] for leaf in block}) > 1)
            self.note("specificity reorders", block != [leaf for leaf in plain if leaf["matches"]])
            self.note("specificity above a delegate", any(len(leaf["path"]) > len(way["path"]) + 1 for leaf in block))
            self.note("specificity of a rule with several matches", any(len(leaf["matches"]) > 1 for leaf in block))
        return block

    def combine(self, inherited: list[Json] | None, rule: Json) -> list[Json]:
        found = super().combine(inherited, rule)
        matchers = rule.get("matchers") or [{}]
        count = len(matchers)
        self.note("cross product", len(inherited or []) > 1 and count > 1)
        self.note("never matches", inherited and not found)
        suffix = any("suffix" in (each.get("uri") or {}) for each in matchers)
        self.note("suffix among others", found and suffix)
        self.note("pairs collapse", inherited and len(found) < len(inherited) * count)
        return found

    def pair(self, parent: Json, child: Json) -> Json | None:
        found = super().pair(parent, child)
        self.note("method conflict", found is None)
        for kind in ("headers", "query"):
            self.note(f"{kind} of both", found and parent[kind] and child[kind])
            self.note(f"same {kind} test", found and len(found[kind]) < len(parent[kind]) + len(child[kind]))
        return found

    def join(self, above: Json | None, below: Json | None) -> Json | None:
        found = super().join(above, below)
        if found and above and below and above["value"] != "/":
            self.note("case differs", above["ignoreCase"] != below["ignoreCase"])
            regex = below["type"] == "regex"
            self.note("regex child", regex)
            self.note("regex child of a loose parent", regex and above["ignoreCase"])
            self.note("regex refused below", regex and compiles(below["value"]) and not compiles(found["value"]))
            self.note("slash inserted", not regex and not below["value"].startswith("/"))
            self.note("slash dropped", above["value"].endswith("/") and below["value"] != "/")
            self.note("child is /", below["value"] == "/")
        self.note("child without path", above and not below)
        self.note("path below no path", below and not above)
        return found


PLENTY = ("several matches", "specificity reorders", "specificity of two tables", "equal weights", "displaced option")
ENOUGH = (
    *("depth 4", "cycle by ref", "cycle by selector", "duplicate table", "refs and selector", "negative weight"),
    *("weights reorder", "specificity above a delegate", "specificity of a rule with several matches", "cross product"),
    *("missing ref", "ref without namespace", "method conflict", "never matches", "pairs collapse", "depth 5"),
    *("headers of both", "query of both", "same headers test", "same query test", "case differs", "regex child"),
    *("regex child of a loose parent", "slash inserted", "slash dropped", "child is /", "child without path"),
    *("path below no path", "domain conflict", "host without domains", "host that lost its domains", "inline host"),
    *("host without routes", "other namespace in id", "repeated name", "escaped name", "unnamed rule"),
    *("chain of three", "policy gives an option", "policy is displaced", "policy displaces a policy"),
    *("suffix among others", "regex refused below"),
)


def written(row: Json) -> Json:
    """A row in the words of the examples (`tests/scenarios/v1beta1/README.md`)."""
    path, match = row["match"]["path"], row["match"]
    signs = {"exact": "={value}", "regex": "~{value}", "present": ""}
    headers, query = (
        ["!" * each.get("invert", False) + each["name"] + signs[each["type"]].format(**each) for each in match[kind]]
        for kind in ("headers", "queryParameters")
    )
    uri = {path["type"]: path["value"], **({"ignoreCase": True} if path["ignoreCase"] else {})}
    found = {"id": row["id"], "route": row["id"].rsplit("/")[-1], "uri": uri, "options": row["options"]}
    return {**found, "method": "".join(match["methods"]), "headers": headers, "query": query}


def expected_row(expected: Json, row: Json) -> Json:
    """The row that an example wants; an id or options that it does not mention are free, conditions are absent."""
    wanted = {"id": row["id"], "method": "", "headers": [], "query": [], "options": row["options"], **expected}
    if "options" in expected:
        chains = {
            field: [{"value": each["value"], "origin": each["from"]} for each in [option, *option["displaced"]]]
            for field, option in expected["options"].items()
        }
        wanted["options"] = {field: {**chain[0], "displaced": chain[1:]} for field, chain in chains.items()}
    return wanted


def listings(expected: Json, gateways: dict[tuple[str, str], list[Json]]) -> list[tuple[list[Json], list[Json]]]:
    """What an example expects, each time with the transcript's rows."""
    found = []
    for part in expected.get("gateways", [expected]):
        hosts = gateways[part["gateway"].split("/")[0], part["gateway"].split("/")[1]]
        if "effectiveRoutes" in part:
            found.append((part["effectiveRoutes"], [row for host in hosts for row in host["routes"]]))
        for each in part.get("hosts", []):
            wanted = [domain.lower() for domain in each["domains"]]
            rows = [h["routes"] for h in hosts if [domain.lower() for domain in h["domains"]] == wanted]
            assert len(rows) == 1, wanted
            found.append((each["effectiveRoutes"], rows[0]))
    return found


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_the_transcript_reproduces_the_example(path: Any) -> None:
    expected = load(path)
    files = [FOLDER / expected["environment"], FOLDER / expected["input"]]
    manifests = [each for file in files for each in yaml.safe_load_all(file.read_text()) if each]
    for wanted, rows in listings(expected, Transcript(manifests).gateways):
        assert len(wanted) == len(rows)
        assert [written(row) for row in rows] == [expected_row(*pair) for pair in zip(wanted, rows, strict=True)]


Listing = dict[str, list[tuple[list[str], list[Json]]]]
"""Gateway to its hosts in order: domains and rows; hosts without rows are left out."""


def told(transcript: Transcript) -> Listing:
    """What the transcript says."""
    found: Listing = {}
    for gateway, hosts in transcript.gateways.items():
        listed = [(host["domains"], [pick(row) for row in host["routes"]]) for host in hosts if host["routes"]]
        found |= {"/".join(gateway): listed} if listed else {}
    return found


def pick(row: Json) -> Json:
    return {field: row[field] for field in ("id", "matchIndex", "matchCount", "match", "hops", "options")}


def answered(answer: Json) -> Listing:
    """The same from the product's answer."""
    found: Listing = {}
    last = None
    for row in [row for row in answer["items"] if row["index"] is not None]:
        hosts = found.setdefault(f"{row['gateway']['namespace']}/{row['gateway']['name']}", [])
        if last != (host := (row["gateway"], row["host"], row["hostField"])):
            hosts.append((row["domains"], []))
        last = host
        assert row["domains"] == hosts[-1][0]
        hosts[-1][1].append(shown(row))
        assert row["index"] == len(hosts[-1][1])
    return found


def shown(row: Json) -> Json:
    """A row of the product in the transcript's shape."""
    options = {
        field: {**sourced(option), "displaced": [sourced(each) for each in option["displaced"]]}
        for field, option in row["options"].items()
    }
    match = {field: row["match"][field] for field in ("path", "methods", "headers", "queryParameters")}
    return pick({**row, "match": match, "hops": [place(hop) for hop in row["hops"]], "options": options})


def sourced(option: Json) -> Json:
    return {"value": option["value"], "origin": place(option["origin"])}


def place(origin: Json) -> str:
    ref = origin["ref"]
    return f"{ref['kind']} {ref['namespace']}/{ref['name']} {origin['field']}"


def ask(manifests: list[Json]) -> Json:
    from tests.run import resolved_items  # noqa: PLC0415 - part 1 needs no product

    return {"items": resolved_items(manifests)}


def test_the_product_agrees_with_the_transcript_on_graphs_that_touch_every_rule() -> None:
    found: Counter[str] = Counter()

    @generated()
    @given(graphs())
    def agree(manifests: list[Json]) -> None:
        transcript, answer = Watched(manifests), ask(manifests)
        found.update(transcript.seen)
        assert answered(answer) == told(transcript)
        objects = {place_of(each["kind"], each["metadata"]): each for each in manifests}
        for row in answer["items"]:
            assert_origins(objects, row)

    agree()
    assert {event: found[event] for event in PLENTY if found[event] <= GRAPHS * 0.3} == {}
    assert {event: found[event] for event in ENOUGH if found[event] <= GRAPHS * 0.02} == {}


Place = tuple[str, str, str]


def place_of(kind: str, metadata: Json) -> Place:
    return kind, metadata["namespace"], metadata["name"]


def assert_origins(objects: dict[Place, Json], row: Json) -> None:
    """Every origin of a row leads to what it says."""
    leaf = value_at(objects, row["hops"][-1])
    assert row["hops"][-1]["name"] == (leaf.get("name") or None)
    assert leaf.get("delegateAction") is None or row["status"] == "invalid"
    for field, option in row["options"].items():
        for each in [option, *option["displaced"]]:
            assert each["origin"]["field"].endswith(f".{field}")
            assert value_at(objects, each["origin"]) == each["value"]


def value_at(objects: dict[Place, Json], origin: Json) -> Any:
    """What stands in the manifests at an origin."""
    found: Any = objects[place_of(origin["ref"]["kind"], origin["ref"])]
    for step in origin["field"].replace("[", ".[").split("."):
        found = found[int(step[1:-1])] if step.startswith("[") else found[step]
    return found


@generated(0.15)
@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(manifests: list[Json], chance: Random) -> None:
    assert ask(chance.sample(manifests, len(manifests))) == ask(manifests)


def test_an_inline_host_of_equal_age_goes_by_its_own_name() -> None:
    rules = [{"name": "r", "directResponseAction": {"status": 200}}]
    spec = {"domains": ["a.test"], "routes": rules}
    entries = [{"virtualHostSelector": {}}, {"virtualHost": spec}]
    gateway = {
        "apiVersion": ENTERPRISE,
        "kind": "VirtualGateway",
        "metadata": {"name": "edge", "namespace": "gm"},
        "spec": {
            "ingressGatewaySelectors": [{"portName": "http2"}],
            "connectionHandlers": [{"http": {"routeConfig": entries}}],
        },
    }
    host = {"apiVersion": ENTERPRISE, "kind": "VirtualHost", "metadata": {"name": "edge-x", "namespace": "gm"}}
    assert answered(ask([gateway, {**host, "spec": spec}])) == told(Transcript([gateway, {**host, "spec": spec}]))

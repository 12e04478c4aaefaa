"""Verdicts as `routes` and `curl` tell them: for the hosts and listeners that routes are served by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands.make import delegates, gateway, host, rule, run, says, table
from tests.run import gmg, routes_json

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def items(path: str, *arguments: str) -> list[dict[str, Any]]:
    """The routes of a scenario."""
    ran = gmg("routes", "-f", str(SCENARIOS / path), "-o", "json", *arguments)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.json["items"]
    return found


def test_every_verdict_of_the_scenarios_is_what_curl_says() -> None:
    """A witness gets to its route, and a request that reads as if it were for a dead route to one that is blamed."""
    seen = {"witness": 0, "unreachable": 0, "shadow": 0}
    for path in (*sorted(SCENARIOS.glob("v1beta1/*.yaml")), *sorted(SCENARIOS.glob("v2/*.yaml"))):
        if path.name.endswith(".expect.yaml"):
            continue
        ran = gmg("routes", "-f", str(path), "-o", "json")
        if ran.code:
            continue
        for item in ran.json["items"]:
            if item["witness"]:
                assert hit(path, item, item["witness"]) == (item["index"], item["id"])
                seen["witness"] += 1
            if item["unreachable"] and item["unreachable"]["request"]:
                assert hit(path, item, item["unreachable"]["request"])[1] in item["unreachable"]["by"]
                seen["unreachable"] += 1
            for shadow in item["shadowedBy"]:
                assert hit(path, item, shadow["request"]) == (shadow["index"], shadow["id"])
                seen["shadow"] += 1
            assert item["decided"]
    assert seen["witness"] > 100
    assert seen["unreachable"] > 5
    assert seen["shadow"] > 30


def hit(path: Path, item: dict[str, Any], request: dict[str, Any]) -> tuple[int, str]:
    """The route that a request takes by the listener of a route."""
    headers = [word for each in request["headers"] for word in ("-H", f"{each['name']}: {each['value']}")]
    url = f"{request['scheme']}://{request['host']}:{request['port']}{request['path']}"
    sender = item["workloads"] and ",".join(f"{key}={value}" for key, value in item["workloads"][0].items())
    source = () if item["gateway"] else ("--from", f"workload:{sender or 'any=one'}")
    ran = gmg("curl", url, "-X", request["method"], *headers, *source, "-f", str(path), "-o", "json")
    wanted = (item["gateway"], item["listener"] and item["listener"]["index"])
    for each in ran.json["items"]:
        if (each["gateway"], each["listener"] and each["listener"]["index"]) == wanted and each["route"]:
            return each["route"]["index"], each["route"]["id"]
    raise AssertionError((path, url, ran.out))


def only(manifests: list[dict[str, Any]], name: str, *arguments: str) -> dict[str, Any]:
    """The one route of that name."""
    found: list[dict[str, Any]] = [
        item for item in routes_json(manifests, *arguments)["items"] if item["id"].endswith(f"/{name}")
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("domains", "asked"),
    [
        (["h.example"], "h.example"),
        (["*.example"], "www.example"),
        (["shop.*"], "shop.com"),
        (["*"], "www.example.com"),
        (["a.*.b"], "a.*.b"),
    ],
)
def test_a_witness_names_a_host_that_leads_there(domains: list[str], asked: str) -> None:
    found = only([gateway(), host(rule("r", "/a"), domains=domains)], "r")
    assert found["witness"]["host"] == asked


def test_a_witness_avoids_names_that_other_hosts_take() -> None:
    others = [host(rule("o"), name=name, domains=[f"{name}.example"]) for name in ("www", "api", "shop")]
    found = only([gateway(), host(rule("r", "/a"), domains=["*.example"]), *others], "r")
    assert found["witness"]["host"] == "a.example"


SERVED_BY_TLS = [
    (["a.example", "b.example"], ["b.example"], "b.example", None),
    (["*.example"], ["shop.example"], "shop.example", None),
    (["*.example"], ["*.shop.example"], "www.shop.example", None),
    (["*"], ["*.org"], "www.org", None),
    (["h.example"], ["*.org"], "h.example", "www.org"),
]
"""Domains, the names of the TLS chain, and the host and server name of a request that gets through both."""


@pytest.mark.parametrize(("domains", "names", "asked", "sni"), SERVED_BY_TLS)
def test_a_witness_has_a_server_name_that_the_listener_knows(
    domains: list[str], names: list[str], asked: str, sni: str | None
) -> None:
    """Without one the connection is closed (`spec/envoy.md` 67)."""
    tls = {"sslConfig": {"secretName": "s", "tlsMode": "SIMPLE"}}
    edge = gateway(ports=("https",), connectionMatch={"serverNames": names}, connectionOptions=tls)
    objects = [edge, host(rule("r", "/a"), rule("dead", "/a/b"), domains=domains)]
    requests = only(objects, "r")["witness"], only(objects, "dead")["unreachable"]["request"]
    for request in requests:
        assert (request["scheme"], request["host"], request["sni"]) == ("https", asked, sni)
        named = ("--sni", sni) if sni else ()
        ran = run("curl", f"https://{asked}{request['path']}", *named, "-o", "json", objects=objects)
        assert [item["route"]["id"] for item in ran.json["items"]] == ["vh/r"]


@pytest.mark.parametrize("domain", ["h.example:8080", "{{host}}", "h/x"])
def test_a_host_that_no_name_leads_to_has_no_route_that_is_reached(domain: str) -> None:
    """A domain with a port never matches (`spec/envoy.md` 6), nor one that no Host header can be."""
    found = only([gateway(), host(rule("r", "/a"), domains=[domain])], "r")
    assert found["unreachable"] == {"by": [], "proof": "disabled", "request": None}
    assert found["witness"] is None


def test_a_table_below_a_catch_all_in_front_is_dead() -> None:
    """Weight puts the catch-all first: everything of the lighter table is lost, in one table as in the next."""
    below = rule("tables", "/", delegates("ns/light", "ns/heavy"))
    light = table(rule("one", "/one"), rule("two", "/two"), name="light")
    heavy = table(rule("all", "/", says(404)), name="heavy", weight=9)
    found = {
        item["id"].rpartition("/")[2]: item for item in routes_json([gateway(), host(below), light, heavy])["items"]
    }
    for name in ("one", "two"):
        assert found[name]["unreachable"]["by"] == ["vh/tables/heavy/all"]
        assert found[name]["unreachable"]["proof"] == "prefix"
        assert found[name]["shadowedBy"] == []
    assert found["all"]["unreachable"] is None


def test_a_listener_that_sends_everything_to_https_has_no_witness_and_no_dead_route() -> None:
    found = {item["listener"]["port"]: item for item in items("v2/https-redirect.yaml")}
    assert (found[80]["witness"], found[80]["unreachable"], found[80]["decided"]) == (None, None, True)
    assert found[443]["witness"]["scheme"] == "https"


def test_no_request_shows_what_a_listener_that_sends_everything_to_https_would_do() -> None:
    plain = gateway(connectionOptions={"httpsRedirect": True})
    found = only([plain, host(rule("wide", "/a"), rule("dead", "/a/b"))], "dead")
    assert found["unreachable"] == {"by": ["vh/wide"], "proof": "prefix", "request": None}


V2 = "networking.gloo.solo.io/v2"


def test_what_stands_behind_a_catch_all_of_its_own_root_is_dropped_by_it() -> None:
    """`spec/envoy.md` 70: the product leaves it out, so it stands in no list."""
    listener = {"http": {}, "port": {"number": 80}}
    rules = [{"name": name, **more, "directResponse": {"status": 200}} for name, more in BEHIND.items()]
    spec = {"hosts": ["h.example"], "virtualGateways": [{"name": "gw", "namespace": "ns"}], "http": rules}
    manifests = [
        {"apiVersion": V2, "kind": kind, "metadata": {"name": name, "namespace": "ns"}, "spec": each}
        for kind, name, each in (("VirtualGateway", "gw", {"listeners": [listener]}), ("RouteTable", "root", spec))
    ]
    found = only(manifests, "lost", "--all-routes")
    assert found["unreachable"] == {"by": ["root/all"], "proof": "dropped", "request": None}
    assert (found["index"], found["witness"], found["status"]) == (None, None, "ok")


BEHIND: dict[str, dict[str, Any]] = {
    "first": {"matchers": [{"uri": {"prefix": "/a"}}]},
    "all": {},
    "lost": {"matchers": [{"uri": {"prefix": "/b"}}]},
}


SHADOWED = {"ROUTE-SHADOWED", "SEM-10"}
UNLISTED = {
    "admission-violations": {("apps", "rt06", "r"), ("apps", "rt09", "r")},
    "delegation-nested-and-cycle": {("apps", "l2", "z")},
    "sort-route-specificity": {("apps", "alpha", "alpha1"), ("apps", "beta", "beta1")},
    "sort-table-order-by-name": {("apps", "first", "first0")},
}
"""Dead rules that the findings leave out, though the requests or the order of the same file show that they are.

In the first file three tables without a gateway have one host within the mesh: the catch-all of the first takes it.
"""


def expected_dead(path: Path) -> set[tuple[str, str, str]]:
    """The rules that the expectations of a scenario call shadowed: object and name of each."""
    findings = yaml.safe_load(path.with_suffix(".expect.yaml").read_text()).get("findings") or []
    found = set()
    for each in findings:
        if each.get("code", each.get("id")) in SHADOWED:
            kind, place, *rest = each["object"].split()
            assert kind in ("VirtualHost", "RouteTable")
            namespace, name = place.split("/")
            found.add((namespace, name, each.get("route") or rest[-1]))
    return found


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(SCENARIOS.glob("v*/*.yaml")) if path.with_suffix(".expect.yaml").exists()],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_just_those_rules_are_dead_that_the_examples_call_shadowed(path: Path) -> None:
    """A rule is dead if none of its matches is reached; the examples name such rules, and no others."""
    ran = gmg("routes", "-f", str(path), "-o", "json")
    reached: dict[tuple[str, str, str], bool] = {}
    for item in ran.json["items"]:
        last = item["hops"][-1]
        key = (last["ref"]["namespace"], last["ref"]["name"], last["name"] or "")
        reached[key] = reached.get(key, False) or item["unreachable"] is None
        proof = (item["unreachable"] or {}).get("proof")
        assert proof in (None, "exact", "prefix", "regex", "joint", "contradiction", "disabled")
        if proof in ("contradiction", "disabled"):
            reached[key] = True  # dead by itself: another finding
    assert {key for key, alive in reached.items() if not alive} == expected_dead(path) | UNLISTED.get(path.stem, set())


def test_the_examples_have_shadowed_rules() -> None:
    paths = (path for path in SCENARIOS.glob("v*/*.yaml") if path.with_suffix(".expect.yaml").exists())
    assert sum(len(expected_dead(path)) for path in paths) >= 12

"""Why things are what they are (`spec/cli.md` 4.1, 6.6; `spec/v1beta1.md` 8; `spec/v2.md` 8)."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_mock import MockerFixture

from kubectl_gmg.model.snapshot import NOWHERE, Extent
from tests.commands.make import (
    delegates,
    gateway,
    goes,
    host,
    ingress,
    items,
    made,
    redirects,
    rule,
    run,
    says,
    table,
    traffic_policy,
)
from tests.commands.test_unread import Cluster
from tests.examples import EXPECTED, identifiers, load, sources
from tests.render import contract
from tests.run import Ran, gmg

Json = dict[str, Any]
V2 = Path(__file__).parents[1] / "scenarios" / "v2"
ONE, TWO = rule("a", "/a"), rule("b", "/b")
SECOND = ("--demo", "--generation", "v2")
KINDS = (
    *("written", "joined", "inherited", "displaced", "rank"),
    *("tie", "neighbour", "rewritten", "applied", "lost"),
)

step = contract.shape_of(
    kind=contract.one_of(*KINDS),
    text=contract.text,
    at=contract.optional(contract.origin),
    value=contract.optional(contract.text),
    **{"with": contract.optional(contract.text)},
)
steps = contract.list_of(step)
place = contract.text
effect = contract.shape_of(id=contract.text, matchIndex=contract.position, key=contract.text, before=place, after=place)
edit = contract.shape_of(at=contract.origin, **{"from": contract.optional(contract.text), "to": contract.text})
alternative = contract.shape_of(
    edits=contract.list_of(edit),
    effect=contract.list_of(effect),
    verified=contract.one_of(True),
    wins=contract.optional(contract.text),
)
explained = contract.shape_of(
    target=contract.text,
    targetType=contract.one_of("route", "table", "host", "gateway", "destination", "policy", "url"),
    key=contract.optional(contract.text),
    routes=contract.list_of(contract.shape_of(key=contract.text, id=contract.text)),
    sections=contract.shape_of(match=steps, order=steps, options=steps, action=steps, policies=steps),
    versus=contract.optional(contract.shape_of(**{"with": contract.text, "first": contract.text, "because": steps})),
    whatIf=contract.optional(alternative),
    alternatives=contract.list_of(alternative),
    notSimulated=contract.list_of(contract.one_of(*contract.NOT_SIMULATED)),
    title=contract.list_of(contract.text),
)
explanation = contract.envelope("Explanation", contract.shape_of(), explained)


@cache
def answer(*arguments: str) -> list[Json]:
    """The items of an answer about the built-in example; nobody changes them."""
    demo = () if "--demo" in arguments else ("--demo",)
    ran = gmg("explain", *arguments, *demo, "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    explanation(ran.json)
    found: list[Json] = ran.json["items"]
    return found


def only(*arguments: str) -> Json:
    (item,) = answer(*arguments)
    return item


def of(item: Json, section: str, kind: str = "") -> list[Json]:
    """The steps of a section, or those of one kind."""
    return [each for each in item["sections"][section] if kind in ("", each["kind"])]


def where(found: Json) -> str:
    """The object and field of a step, as people write it."""
    at = found["at"]
    return f"{at['ref']['kind']} {at['ref']['namespace']}/{at['ref']['name']} {at['field']}".rstrip()


def texts(found: list[Json]) -> str:
    return "\n".join(each["text"] for each in found)


# --- a route, section by section


def test_how_the_path_was_composed() -> None:
    written = of(only("v1-version"), "match", "written")
    assert [(each["value"], where(each)) for each in written] == [
        ("/reviews", "VirtualHost gloo-mesh/demo-virtualhost spec.routes[1].matchers[0].uri"),
        ("/v1/version", "RouteTable gloo-mesh/demo-routetable2 spec.routes[0].matchers[0].uri"),
    ]
    (joined,) = of(only("v1-version"), "match", "joined")
    assert joined["value"] == "/reviews/v1/version"
    assert joined["text"].startswith("/reviews + /v1/version")


def test_the_place_and_the_rule_with_its_direction() -> None:
    first, tables, *_ = of(only("v1-version"), "order")
    assert (first["kind"], first["value"]) == ("rank", "4")
    assert tables["text"].startswith('the tables below "reviews" are ordered by weight, higher first:')
    assert "demo-routetable 10, demo-routetable2 0 (this one)" in tables["text"]
    assert (tables["value"], where(tables)) == ("0", "RouteTable gloo-mesh/demo-routetable2 spec.weight")


def test_the_neighbours_with_both_values() -> None:
    before, after = of(only("v1-version"), "order", "neighbour")
    assert before["with"].endswith("demo-routetable/v2")
    assert "higher first: 10 before 0" in before["text"]
    assert "gloo-mesh/demo-routetable and gloo-mesh/demo-routetable2" in before["text"]
    assert after["with"].endswith("demo-routetable2/v2-version")
    assert "spec.routes[0]" in after["text"]
    assert "spec.routes[1]" in after["text"]


def test_the_first_and_the_last_route_have_one_neighbour() -> None:
    assert [each["with"].rsplit("/", 1)[-1] for each in of(only("ratings"), "order", "neighbour")] == ["v1"]
    assert [each["with"].rsplit("/", 1)[-1] for each in of(only("not-found"), "order", "neighbour")] == ["v2-version"]


def test_who_takes_the_requests_of_an_unreachable_route() -> None:
    item = only("v1-version")
    (never,) = of(item, "order", "lost")
    assert never["value"] == "prefix"
    assert "GET http://www.example.com/reviews/v1/version" in never["text"]
    taker = next(each for each in of(item, "order", "written") if each["with"])
    assert taker["with"] == "demo-virtualhost/reviews/demo-routetable/v1"
    simulated = gmg("curl", "http://www.example.com/reviews/v1/version", "--demo", "-o", "json").json["items"][0]
    assert simulated["route"]["id"] == taker["with"]
    weights = [each for each in of(item, "order", "written") if each["at"]["field"] == "spec.weight"]
    assert [(each["at"]["ref"]["name"], each["value"]) for each in weights] == [
        ("demo-routetable", "10"),
        ("demo-routetable2", "0"),
    ]


NEVER = [
    (rule("q", "/a?b"), "disabled", "as the proxy reads them, no request can meet its conditions"),
    (
        rule("q", "/a", queryParameters=[{"name": "x", "value": "1"}, {"name": "x", "value": "2"}]),
        "contradiction",
        "its own conditions exclude each other",
    ),
]


@pytest.mark.parametrize("never,proof,said", NEVER)
def test_why_a_route_can_never_match_by_itself(never: Json, proof: str, said: str) -> None:
    (item,) = items("explain", "vh/q", objects=[gateway(), host(never, rule("rest"))])
    (lost,) = of(item, "order", "lost")
    assert (lost["value"], lost["with"]) == (proof, None)
    assert said in lost["text"]
    out = run("explain", "vh/q", objects=[gateway(), host(never, rule("rest"))]).out
    assert "It can never match: no request meets its conditions." in out
    assert "why no request gets here" in out


def test_several_routes_together_take_every_request() -> None:
    test = {"name": "x", "value": "1"}
    objects = [
        gateway(),
        host(
            rule("with", "/a", headers=[test]),
            rule("without", "/a", headers=[{**test, "invertMatch": True}]),
            rule("left", "/a/b"),
        ),
    ]
    (item,) = items("explain", "left", objects=objects)
    (lost,) = of(item, "order", "lost")
    assert lost["value"] == "joint"
    assert "#1 with and #2 without together take every request" in lost["text"]
    takers = [each for each in of(item, "order", "written") if each["with"]]
    assert [(each["with"], each["value"]) for each in takers] == [
        ("vh/with", "prefix /a, header x = 1"),
        ("vh/without", "prefix /a, no header x = 1"),
    ]


def test_what_the_product_drops_behind_a_catch_all() -> None:
    root = {
        "apiVersion": "networking.gloo.solo.io/v2",
        "kind": "RouteTable",
        "metadata": {"name": "root", "namespace": "ns"},
        "spec": {
            "hosts": ["h.example"],
            "virtualGateways": [{"name": "gw", "namespace": "ns"}],
            "http": [
                {"name": "all", "directResponse": {"status": 200}},
                {"name": "behind", "matchers": [{"uri": {"prefix": "/b"}}], "directResponse": {"status": 200}},
            ],
        },
    }
    edge = {
        "apiVersion": "networking.gloo.solo.io/v2",
        "kind": "VirtualGateway",
        "metadata": {"name": "gw", "namespace": "ns"},
        "spec": {"listeners": [{"http": {}, "port": {"number": 80}}]},
    }
    (item,) = items("explain", "behind", objects=[root, edge])
    assert "the product drops it behind a route that fits every request" in item["title"][0]
    assert {each["value"] for each in of(item, "order", "lost")} == {None, "dropped"}


def test_who_takes_some_requests() -> None:
    lost = of(only("not-found"), "order", "lost")
    assert {each["with"].rsplit("/", 1)[-1] for each in lost} == {"v1", "v2", "v1-version", "v2-version"} - {
        # nothing is left for these two to take first: they never match
        "v1-version",
        "v2-version",
    }
    for each in lost:
        url = each["text"].rpartition("GET ")[2]
        answered = gmg("curl", url, "--demo", "-o", "json").json["items"][0]
        assert answered["route"]["id"] == each["with"]


def test_the_rewrite_on_an_example_as_curl_sends_it() -> None:
    (rewritten,) = of(only("v1"), "action", "rewritten")
    came, sent = rewritten["with"], rewritten["value"]
    upstream = gmg("curl", f"http://www.example.com{came}", "--demo", "-o", "json").json["items"][0]["upstream"]
    assert (came, sent) == ("/reviews/v1/1", upstream["path"])
    assert where(rewritten) == "RouteTable gloo-mesh/demo-routetable spec.routes[0].routeAction.pathRewrite"


def test_a_url_shows_its_own_path() -> None:
    (rewritten,) = of(only("http://www.example.com/reviews/v2/7?a=b"), "action", "rewritten")
    assert (rewritten["with"], rewritten["value"]) == ("/reviews/v2/7?a=b", "/reviews/7?a=b")


def test_a_route_of_several_matches_and_listeners_has_an_item_for_each() -> None:
    objects = [
        gateway(ports=("http", "http2")),
        host({"name": "two", "matchers": [{"uri": {"prefix": "/a"}}, {"uri": {"exact": "/b"}}], **says(200)}),
    ]
    found = items("explain", "vh/two", objects=objects)
    assert [each["key"] for each in found] == [
        "ns/gw/1/h.example/vh/two@1",
        "ns/gw/1/h.example/vh/two@2",
        "ns/gw/2/h.example/vh/two@1",
        "ns/gw/2/h.example/vh/two@2",
    ]
    assert where(found[1]["sections"]["match"][0]).endswith("spec.routes[0].matchers[1].uri")
    text = run("explain", "vh/two", objects=objects).out
    assert text.count("what it matches") == 2
    assert ":http :http2" in text
    assert "its matches" not in text
    assert "both are matches of one rule" in " ".join(text.split())


def test_listeners_that_serve_a_host_alike_are_told_together() -> None:
    ports = ingress(http=80, other=8080)
    selected = [
        {"portName": name, "destinationSelectors": [{"kubeServiceMatcher": {"labels": {"istio": "ingressgateway"}}}]}
        for name in ("http", "other")
    ]
    both = gateway()
    both["spec"]["ingressGatewaySelectors"] = selected
    objects = [both, host(ONE), ports]
    assert [each["key"][:8] for each in items("explain", "vh/a", objects=objects)] == ["ns/gw/1/", "ns/gw/2/"]
    text = run("explain", "vh/a", objects=objects).out
    assert text.count("what it matches") == 1
    assert ":http(80) :other(8080)" in text


# --- matches


COMPOSED: list[tuple[Json, Json, str, str]] = [
    ({"prefix": "/p"}, {"prefix": "/"}, "/p", "the child's / means the parent's path itself: /p"),
    ({"prefix": "/p"}, {"prefix": "c"}, "/p/c", "does not begin with /, so one is put in front of it"),
    ({"prefix": "/p/"}, {"prefix": "/c"}, "/p/c", "one is dropped"),
    ({"prefix": "/p"}, {"regex": "/[0-9]+"}, "/p(?:/[0-9]+)", "taken literally"),
    ({"prefix": "/p", "ignoreCase": True}, {"prefix": "/c"}, "/p/c", "only the parent ignores case"),
    ({"prefix": "/p"}, {"prefix": "/c", "ignoreCase": True}, "/p/c", "only the child ignores case"),
]


@pytest.mark.parametrize("parent,child,value,said", COMPOSED)
def test_what_joining_did(parent: Json, child: Json, value: str, said: str) -> None:
    objects = [
        gateway(),
        host({"name": "top", "matchers": [{"uri": parent}], **delegates("ns/rt")}),
        table({"name": "leaf", "matchers": [{"uri": child}], **says(200)}),
    ]
    (item,) = items("explain", "leaf", objects=objects)
    joined = of(item, "match", "joined")
    assert joined[0]["value"] == value
    assert said in texts(joined)


def test_a_root_below_a_prefix_means_less_in_the_second_generation() -> None:
    ran = gmg("explain", "slash", "-f", str(V2 / "matcher-path-join.yaml"), "-o", "json")
    composed, meant = of(ran.json["items"][0], "match", "joined")
    assert composed["value"] == "/two/"
    assert meant["text"] == "the child's / means /two/, which a bare /two does not match"


def test_a_regular_expression_below_the_root_stays_as_it_is() -> None:
    ran = gmg("explain", "rx", "-f", str(V2 / "matcher-path-join.yaml"), "-o", "json")
    (composed,) = of(ran.json["items"][0], "match", "joined")
    assert composed["value"] == "/item/[0-9]+"


def test_who_asks_for_methods_headers_and_parameters_the_parent_first() -> None:
    parent = {"headers": [{"name": "x-p", "value": "1"}], "queryParameters": [{"name": "q"}]}
    objects = [
        gateway(),
        host(rule("top", "/p", delegates("ns/rt"), **parent)),
        table(rule("leaf", "/c", method="POST", headers=[{"name": "x-c", "value": "a+", "regex": True}])),
    ]
    (item,) = items("explain", "leaf", objects=objects)
    assert [(each["text"], where(each).split()[0]) for each in of(item, "match", "written")[2:]] == [
        ("method POST", "RouteTable"),
        ("header x-p = 1", "VirtualHost"),
        ("header x-c matches a+", "RouteTable"),
        ("query parameter q is there", "VirtualHost"),
    ]


def test_matchers_keep_their_places_when_one_is_dropped() -> None:
    dropped = {"name": "half", "matchers": [{"uri": {"suffix": ".png"}}, {"uri": {"prefix": "/a"}}], **says(200)}
    (item,) = items("explain", "half", objects=[gateway(), host(dropped)])
    assert where(item["sections"]["match"][0]).endswith("spec.routes[0].matchers[1].uri")


def test_nobody_says_anything_of_the_path() -> None:
    (item,) = items("explain", "vh/all", objects=[gateway(), host({"name": "all", **says(200)})])
    (said,) = of(item, "match")
    assert said["value"] == "/"
    assert "every path" in said["text"]


# --- why one stands before another


def pair(first: Json, second: Json, sort: str = "", refs: tuple[str, ...] = ()) -> list[Json]:
    """A host that hands over to two tables with a rule each, `a` and `b`."""
    selected = () if refs == ("ns/t1", "ns/t2") or refs == ("ns/t2", "ns/t1") else ("ns",)
    return [gateway(), host(rule("top", "/", delegates(*refs, sort=sort, namespaces=selected))), first, second]


AGED = ({"creationTimestamp": "2024-01-01T00:00:00Z"}, {"creationTimestamp": "2023-01-01T00:00:00Z"})
COMPARED = [
    (pair(table(ONE, name="t1", weight=1), table(TWO, name="t2", weight=5)), "b", "higher first: 5 before 1"),
    (pair(table(ONE, name="t1"), table(TWO, name="t2"), refs=("ns/t2",)), "b", "referred to come before selected ones"),
    (
        pair(table(ONE, name="t1"), table(TWO, name="t2"), refs=("ns/t2", "ns/t1")),
        "b",
        "RouteTable ns/t2 is listed before RouteTable ns/t1",
    ),
    (pair(table(ONE, name="t1"), table(TWO, name="t2")), "a", "by namespace and then name: ns/t1 before ns/t2"),
    ([gateway(), host(ONE, TWO)], "a", "a (spec.routes[0]) before b (spec.routes[1])"),
    (
        pair(
            table(rule("a", "/a"), name="t1", weight=9), table(rule("b", "/b/longer"), name="t2"), "ROUTE_SPECIFICITY"
        ),
        "b",
        "the longer path comes first: 9 (b) before 2 (a)",
    ),
    (
        pair(table(rule("a", "/a"), name="t1"), table(rule("b", "/b"), name="t2", weight=3), "ROUTE_SPECIFICITY"),
        "b",
        "in the heavier table comes first: 3 (ns/t2) before 0 (ns/t1)",
    ),
    (
        pair(
            table(rule("a", "/a"), name="t1"),
            table(rule("b", "/b", headers=[{"name": "x"}]), name="t2"),
            "ROUTE_SPECIFICITY",
        ),
        "b",
        "more header tests comes first: 1 (b) before 0 (a)",
    ),
    (
        pair(
            table(rule("a", "/a"), name="t1"),
            table({"name": "b", "matchers": [{"uri": {"exact": "/b"}}], **says(200)}, name="t2"),
            "ROUTE_SPECIFICITY",
        ),
        "b",
        "exact paths come before regular expressions, and these before prefixes: exact (b) before prefix (a)",
    ),
]


@pytest.mark.parametrize("objects,first,said", COMPARED, ids=range(len(COMPARED)))
def test_which_rule_decides(objects: list[Json], first: str, said: str) -> None:
    (item,) = items("explain", "a", "--versus", "b", objects=objects)
    versus = item["versus"]
    assert versus["first"].endswith(f"/{first}@1")
    assert versus["with"].endswith("/b@1")
    assert said in texts(versus["because"])
    listed = [each["id"].rsplit("/", 1)[-1] for each in items("routes", objects=objects)]
    assert listed.index(first) == 0


def test_a_tie_is_called_a_tie() -> None:
    objects = pair(table(ONE, name="t1", weight=4), table(TWO, name="t2", weight=4))
    (item,) = items("explain", "a", "--versus", "b", objects=objects)
    (tie,) = [each for each in item["versus"]["because"] if each["kind"] == "tie"]
    assert "ns/t1 and ns/t2 both weigh 4" in tie["text"]


def test_an_outer_order_by_specificity_overrides_what_is_below() -> None:
    objects = [
        gateway(),
        host(rule("top", "/", delegates("ns/mid", sort="ROUTE_SPECIFICITY"))),
        table(rule("in", "/", delegates("ns/t1", "ns/t2", sort="TABLE_WEIGHT")), name="mid"),
        table(rule("a", "/a"), name="t1", weight=50),
        table(rule("b", "/b/longer"), name="t2"),
    ]
    (item,) = items("explain", "a", objects=objects)
    (void,) = of(item, "order", "displaced")
    assert where(void) == "RouteTable ns/mid spec.routes[0].delegateAction.sortMethod"
    (versus,) = [each["versus"] for each in items("explain", "a", "--versus", "b", objects=objects)]
    assert versus["first"].endswith("/b@1")
    assert "the outer ROUTE_SPECIFICITY overrides that" in texts(versus["because"])


def test_roots_are_merged_by_age_and_catch_alls_come_last() -> None:
    before, after = of(next(each for each in answer("alive", *SECOND) if "shop" in each["key"]), "order", "neighbour")
    assert "RouteTable gateways/shop (created 2026-02-01T00:00:00Z)" in before["text"]
    assert "before RouteTable gateways/status (created 2026-03-01T00:00:00Z)" in before["text"]
    assert "catch-alls come last" in after["text"]


def test_versus_needs_two_routes_of_one_host() -> None:
    other = host(rule("else", "/"), name="other", domains=["o.example"])
    objects = [gateway(), host(ONE), other]
    assert run("explain", "a", "--versus", "else", objects=objects).code == 4
    assert run("explain", "a", "--versus", "a", objects=objects).code == 2
    assert run("explain", "a", "--versus", "vh/ns/vh", objects=objects).code == 2
    assert gmg("explain", "v1", "--versus", "demo-virtualhost/reviews", "--demo").code == 2
    assert run("explain", "a", "--versus", "b", "--what-if", "weight=1", objects=objects).code == 2


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_every_pair_of_neighbours_is_explained(path: Path) -> None:
    """The list of routes is the judge: whoever is listed first stands first."""
    files = sources(load(path))
    listed = gmg("routes", *files, "-o", "json").json["items"]
    for first, second in list(pairwise(listed))[:6]:
        if first["key"].rsplit("/", 1)[0] == second["key"].rsplit("/", 1)[0] and first["id"] != second["id"]:
            ran = gmg("explain", second["id"], "--versus", first["id"], *files, "-o", "json")
            assert ran.code == 0, ran.err
            explanation(ran.json)
            versus = next(each["versus"] for each in ran.json["items"] if each["key"] == second["key"])
            assert versus["first"].rpartition("@")[0] == first["key"].rpartition("@")[0]
            assert any(each["kind"] == "rank" and each["at"] for each in versus["because"][1:])


# --- options and policies


@pytest.mark.parametrize("name", ["20-options-inheritance", "33-traffic-policy"])
def test_every_option_and_what_it_displaced(name: str) -> None:
    expected = load(next(path for path in EXPECTED if path.name.startswith(name)))
    files = sources(expected)
    ids = {each["id"].rsplit("/", 1)[-1]: each["id"] for each in gmg("routes", *files, "-o", "json").json["items"]}
    checked = 0
    for route in expected["effectiveRoutes"]:
        (item,) = gmg("explain", ids[route["route"]], *files, "-o", "json").json["items"]
        told = [(each["text"].split(" = ")[0], json.loads(each["value"]), where(each)) for each in of(item, "options")]
        wanted = [
            (field, each["value"], each["from"])
            for field, option in route.get("options", {}).items()
            for each in (option, *option.get("displaced", []))
        ]
        assert sorted(told, key=str) == sorted(wanted, key=str)
        checked += len(wanted)
    assert checked > 3


def test_kinds_of_options_and_their_rules() -> None:
    labels = {"app": "x"}
    leaf = {**rule("leaf", "/c"), "labels": labels, "options": {"retries": {"attempts": 1}}}
    top = {**rule("top", "/p", delegates("ns/rt")), "options": {"retries": {"attempts": 2}, "requestTimeout": "2s"}}
    objects = [gateway(), host(top), table(leaf), traffic_policy("tp", "ns", labels, requestTimeout="9s", csrf={})]
    (item,) = items("explain", "leaf", objects=objects)
    found = [(each["text"].split(" = ")[0], each["kind"]) for each in of(item, "options")]
    assert sorted(found) == [
        ("csrf", "applied"),
        ("requestTimeout", "displaced"),
        ("requestTimeout", "inherited"),
        ("retries", "displaced"),
        ("retries", "written"),
    ]
    said = {each["value"]: each["text"] for each in of(item, "options", "displaced")}
    assert "what is nearest to the route wins" in said['{"attempts": 2}']
    assert "wins over policies" in said['"9s"']
    (use,) = of(item, "policies")
    assert "applies: csrf" in use["text"]
    assert "its requestTimeout loses to VirtualHost ns/vh" in use["text"]
    assert {"retries", "timeouts", "csrf"} <= set(item["notSimulated"])


# --- actions


def test_shares_redirects_and_direct_responses() -> None:
    forward = goes("web.apps.c")
    forward["routeAction"]["destinations"][0]["weight"] = 1
    forward["routeAction"]["destinations"].append(
        {"kubeService": {"name": "beta", "namespace": "apps", "clusterName": "c"}, "weight": 3}
    )
    away = redirects(hostRedirect="new.example", responseCode="FOUND")
    objects = [gateway(), host(rule("f", "/f", forward), rule("r", "/r", away), rule("d", "/d", says(418, "tea")))]
    (item,) = items("explain", "f", objects=objects)
    assert [(each["value"], each["with"]) for each in of(item, "action", "applied")[:2]] == [
        ("0.25", "apps/web"),
        ("0.75", "apps/beta"),
    ]
    (item,) = items("explain", "r", objects=objects)
    (led,) = of(item, "action", "rewritten")
    answered = items("curl", f"http://h.example{led['with']}", objects=objects)[0]["response"]
    assert led["value"] == {each["name"]: each["value"] for each in answered["headers"]}["location"]
    (item,) = items("explain", "d", objects=objects)
    assert of(item, "action")[0]["value"] == "418"
    assert "418 tea" in of(item, "action")[0]["text"]


def test_a_rule_that_is_left_out_says_why() -> None:
    broken = {"name": "b", "matchers": [{"uri": {"prefix": "/b"}}], "routeAction": {"destinations": []}}
    (item,) = items("explain", "vh/b", objects=[gateway(), host(broken, rule("rest"))])
    (lost,) = of(item, "order")
    assert (lost["kind"], lost["value"]) == ("lost", "GMG410")
    assert "names no destination" in texts(of(item, "action", "lost"))


def test_a_broken_delegate_says_what_it_misses() -> None:
    ran = gmg("explain", "root/t1", "-f", str(V2 / "workspace-missing-import.yaml"), "-o", "json")
    (item,) = ran.json["items"]
    said = texts(of(item, "action", "lost"))
    assert "GMG203" in said
    assert "RouteTable team1/routes: workspace ops does not import it from team1" in said


def test_what_freezes_a_host_is_named_at_each_of_its_routes() -> None:
    (item,) = gmg("explain", "root/b", "-f", str(V2 / "failure-freeze-config.yaml"), "-o", "json").json["items"]
    assert "frozen" in item["title"][0]
    lost = of(item, "action", "lost")
    assert [where(each) for each in lost] == [
        "RouteTable gateways/root spec.http[1]",
        "RouteTable gateways/root spec.http[0]",
        "RouteTable gateways/root spec.http[0].forwardTo.destinations[0]",
    ]
    assert "the destination is Service apps/missing" in texts(lost)
    (mode,) = of(item, "action", "written")
    assert (mode["value"], where(mode)) == ("FREEZE_CONFIG", "RouteTable gateways/root spec.failureMode")


def test_a_destination_that_does_not_exist_is_named() -> None:
    (item,) = gmg("explain", "root/a", "-f", str(V2 / "failure-route-replacement.yaml"), "-o", "json").json["items"]
    assert "the destination is Service apps/missing" in texts(of(item, "action", "lost"))
    assert of(item, "action", "written")[0]["value"] == "ROUTE_REPLACEMENT"


# --- tables, hosts, gateways, destinations, policies


def test_a_table_with_what_includes_it_and_its_routes() -> None:
    item = only("rt/demo-routetable2")
    assert item["targetType"] == "table"
    assert [each["id"].rsplit("/", 1)[-1] for each in item["routes"]] == ["v1-version", "v2-version", "not-found"]
    (included,) = of(item, "match")
    assert (included["kind"], included["value"]) == ("applied", "selector")
    assert where(included) == "VirtualHost gloo-mesh/demo-virtualhost spec.routes[1].delegateAction.selector"
    assert "2 of which can never match" in "\n".join(item["title"])


UNUSED = [
    (delegates(namespaces=["other"]), {}, "it looks in namespace other"),
    (delegates(namespaces=["ns"], labels={"k": "v"}), {"k": "w"}, "it wants label k=v"),
    (delegates(namespaces=["ns"], labels={"k": "v"}), {"other": "w"}, "it wants label k=v"),
    (delegates("ns/another"), {}, "names another table: ns/another"),
]


@pytest.mark.parametrize("action,labels,said", UNUSED)
def test_why_no_rule_includes_a_table(action: Json, labels: Json, said: str) -> None:
    objects = [gateway(), host(rule("top", "/", action)), table(ONE, labels=labels)]
    (item,) = items("explain", "rt/rt", objects=objects)
    assert item["routes"] == []
    (lost,) = of(item, "match", "lost")
    assert said in lost["text"]
    assert where(lost).startswith("VirtualHost ns/vh spec.routes[0].delegateAction")
    assert "why no rule includes it" in run("explain", "rt/rt", objects=objects).out


def test_a_table_that_is_not_exported_nor_asked_for() -> None:
    said = texts(of(only("rt/cart/internal", *SECOND), "match", "lost"))
    assert "workspace cart does not export it to edge" in said
    assert "it wants label part=catalog" in said


def test_both_sides_of_a_selector_are_named() -> None:
    objects = [
        gateway(),
        host(rule("top", "/", delegates(namespaces=["ns"], labels={"k": "v"}))),
        table(ONE, labels={"k": "w"}),
    ]
    (item,) = items("explain", "rt/rt", objects=objects)
    assert [where(each) for each in of(item, "match")] == [
        "VirtualHost ns/vh spec.routes[0].delegateAction.selector.labels",
        "RouteTable ns/rt metadata.labels",
    ]


def test_both_sides_of_the_sharing_are_named() -> None:
    (item,) = answer("rt/cart/internal", *SECOND)
    places = [where(each) for each in of(item, "match") if each["at"]]
    assert "WorkspaceSettings cart/cart spec.exportTo[0]" in places
    assert "RouteTable cart/internal metadata.labels" in places
    assert "WorkspaceSettings gateways/edge spec.importFrom[0]" in places
    assert "exports only RouteTables with label public=yes and Services to edge" in texts(of(item, "match"))


def test_a_table_below_a_table_that_nothing_leads_to() -> None:
    objects = [gateway(), host(ONE), table(rule("m", "/", delegates("ns/low")), name="mid"), table(TWO, name="low")]
    (item,) = items("explain", "rt/low", objects=objects)
    assert "nothing leads to RouteTable ns/mid itself" in texts(of(item, "match", "lost"))


def test_a_rule_that_hands_over_is_told_by_its_id() -> None:
    for target in ("demo-virtualhost/reviews", "reviews"):
        item = only(target)
        assert item["targetType"] == "table"
        assert len(item["routes"]) == 5
        assert "higher first: demo-routetable 10, demo-routetable2 0" in texts(of(item, "order"))


def test_a_rule_that_hands_over_to_nothing() -> None:
    objects = [gateway(), host(ONE, rule("gone", "/g", delegates("ns/none")))]
    item = items("explain", "gone", objects=objects)[0]
    (lost,) = of(item, "action")
    assert (lost["kind"], lost["value"], lost["with"]) == ("lost", "missing", "RouteTable ns/none")
    assert "there is no such table" in lost["text"]
    assert "It leads to no route at all." in item["title"]


@pytest.mark.parametrize(
    "kind,target,known,unknown",
    [
        ("RouteTable", "rt/alone", "No rule leads to it, so none", "No rule among those read leads to it: "),
        ("VirtualGateway", "vh/vh", "No gateway serves it.", "No gateway among those read serves it: "),
    ],
)
def test_what_was_not_read_is_not_called_missing(
    mocker: MockerFixture, kind: str, target: str, known: str, unknown: str
) -> None:
    objects = [gateway(namespace="far"), host(ONE), table(TWO, name="alone")]
    cluster = Cluster(mocker)
    assert known in cluster.run("explain", target, objects=objects).out
    assert unknown in " ".join(cluster.run("explain", target, objects=objects, **{kind: NOWHERE}).out.split())


def test_a_host_with_domains_that_it_has_and_has_not() -> None:
    older = host(ONE, name="old", domains=["x.example"], creationTimestamp="2020-01-01T00:00:00Z")
    younger = host(TWO, name="new", domains=["X.example", "y.example"], creationTimestamp="2021-01-01T00:00:00Z")
    (item,) = items("explain", "vh/new", objects=[gateway(), older, younger])
    assert [(each["kind"], each["value"]) for each in of(item, "match")] == [
        ("lost", "X.example"),
        ("written", "y.example"),
    ]
    assert of(item, "match")[0]["with"] == "VirtualHost ns/old"
    (served,) = of(item, "order")
    assert (served["kind"], served["with"]) == ("applied", "VirtualGateway ns/gw")
    assert [each["id"] for each in item["routes"]] == ["new/b"]


def test_why_a_gateway_does_not_select_a_host() -> None:
    objects = [gateway(), host(ONE, namespace="far")]
    (item,) = items("explain", "vh/vh", objects=objects)
    (lost,) = of(item, "order", "lost")
    assert "VirtualGateway ns/gw does not select it: it looks in namespace ns" in lost["text"]
    assert (
        where(lost)
        == "VirtualGateway ns/gw spec.connectionHandlers[0].http.routeConfig[0].virtualHostSelector.namespaces"
    )
    assert "why no gateway serves it" in run("explain", "vh/vh", objects=objects).out


def test_why_a_gateway_does_not_serve_a_root() -> None:
    ran = gmg("explain", "rt/lost", "-f", str(V2 / "gateway-not-selected.yaml"), "-o", "json")
    (item,) = ran.json["items"]
    said = texts(of(item, "order", "lost"))
    assert "it names the gateway apps/edge, which does not exist" in said
    assert "it does not name VirtualGateway gateways/edge" in said


def test_a_gateway_with_its_listeners_and_hosts() -> None:
    item = only("vg/demo-gateway")
    assert item["targetType"] == "gateway"
    assert of(item, "match")[0]["value"] == "80"
    assert [each["value"] for each in of(item, "order")] == ["www.example.com"]
    assert len(item["routes"]) == 6


@pytest.mark.parametrize("name", ["service/reviews.bookinfo", "service/bookinfo/reviews", "service/reviews"])
def test_who_sends_traffic_to_a_service(name: str) -> None:
    item = only(name)
    assert item["targetType"] == "destination"
    assert [(each["value"], each["with"].rsplit("/", 1)[-1]) for each in of(item, "action")] == [
        ("1", "v1"),
        ("1", "v2"),
    ]
    assert [each["id"].rsplit("/", 1)[-1] for each in item["routes"]] == ["v1", "v2"]


def test_a_policy_with_the_routes_it_touches_or_without() -> None:
    objects = [
        gateway(),
        host({**ONE, "labels": {"app": "x"}}, TWO),
        traffic_policy("tp", "ns", {"app": "x"}, csrf={}),
        traffic_policy("idle", "ns", {"app": "none"}, csrf={}),
    ]
    (item,) = items("explain", "policy/tp", objects=objects)
    assert (item["targetType"], [each["id"] for each in item["routes"]]) == ("policy", ["vh/a"])
    assert [each["kind"] for each in of(item, "policies")] == ["applied"]
    (item,) = items("explain", "policy/ns/idle", objects=objects)
    assert item["routes"] == []
    assert "It touches no route of a gateway." in item["title"]


# --- URLs


def test_a_url_tells_the_winner_and_who_comes_too_late() -> None:
    item = only("http://www.example.com/reviews/v1/version")
    assert item["targetType"] == "url"
    assert item["key"].endswith("demo-routetable/v1@1")
    late = [each["with"].rsplit("/", 1)[-1] for each in of(item, "order", "lost")]
    assert late == ["v1-version", "not-found"]
    assert "path /reviews/version" in item["title"][1]


def test_a_url_that_no_route_answers_tells_the_closest() -> None:
    item = only("www.example.com/nothing")
    assert (item["key"], item["targetType"]) == (None, "url")
    assert "404" in item["title"][1]
    for each in of(item, "order", "lost"):
        url = each["text"].partition("GET ")[2].partition(" ")[0]
        assert gmg("curl", url, "--demo", "-o", "json").json["items"][0]["route"]["id"] == each["with"]
    assert [each["with"].rsplit("/", 1)[-1] for each in of(item, "order", "lost")] == [
        "ratings",
        "v1",
        "v2",
        "not-found",
    ]


def test_a_url_whose_answer_depends_on_what_was_not_read(mocker: MockerFixture) -> None:
    """A table of a namespace that was not read may stand before the winner."""
    below = rule("d", "/", delegates(namespaces=["ns", "far"]))
    objects = [gateway(), host(below), table(rule("last", "/"), weight=-1)]
    asked = ("explain", "h.example/x", "-o", "json")
    (read,) = Cluster(mocker).run(*asked, objects=objects).json["items"]
    (partly,) = Cluster(mocker).run(*asked, objects=objects, RouteTable=Extent(frozenset({"ns"}))).json["items"]
    assert [each for each in read["title"] if "otherwise" in each] == []
    (said,) = [each for each in partly["title"] if "otherwise" in each]
    assert said.startswith("It may be answered otherwise: below vh/d: ")


def test_a_url_that_nobody_serves() -> None:
    assert "No host serves this name" in only("http://nowhere.example/")["title"][1]


# --- what would change it


def test_what_if_as_in_the_sketch() -> None:
    ran = gmg("explain", "v1-version", "--demo", "--what-if", "sortMethod=ROUTE_SPECIFICITY")
    lines = ran.out.splitlines()
    assert lines[0] == "what if  sortMethod of demo-virtualhost/reviews were ROUTE_SPECIFICITY"
    told = {" ".join(line.split()) for line in lines[1:-1]}
    assert told == {"v1-version unreachable → #2", "v1 #2 → #4", "v2-version unreachable → #3", "v2 #3 → #5"}
    assert lines[-1] == "resolved again; nothing else changes"


def test_what_if_in_json_and_alternatives() -> None:
    changed = only("v1-version", "--what-if", "sortMethod=ROUTE_SPECIFICITY")["whatIf"]
    assert [(each["from"], each["to"]) for each in changed["edits"]] == [("TABLE_WEIGHT", "ROUTE_SPECIFICITY")]
    offered = only("v1-version")["alternatives"]
    assert any(each["edits"] == changed["edits"] and each["effect"] == changed["effect"] for each in offered)
    assert only("v1")["alternatives"] == []


def test_offers_tell_what_changes_on_other_gateways_too() -> None:
    """`--gateway` says what is asked about; a table that several serve changes for all of them."""
    below = rule("d", "/", delegates(namespaces=["ns"]))
    tables = [table(rule("wide", "/a"), name="heavy", weight=5), table(rule("dead", "/a/b"), name="light")]
    objects = [gateway("one"), gateway("two"), host(below), *tables]
    (item,) = items("explain", "dead", "--gateway", "one", objects=objects)
    assert item["key"].startswith("ns/one/")
    assert len(item["alternatives"]) == 3
    for offer in item["alternatives"]:
        assert {each["key"].split("/")[1] for each in offer["effect"]} == {"one", "two"}


# --- all targets, for people and machines


TARGETS = [
    *("v1-version", "v1", "demo-virtualhost/reviews", "rt/demo-routetable", "www.example.com", "vg/demo-gateway"),
    *("service/ratings.bookinfo", "http://www.example.com/reviews/v1/version", "www.example.com/none"),
    "www.example.com#6",
]


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_wider_than_eighty_columns(target: str) -> None:
    ran = gmg("explain", target, "--demo")
    assert (ran.code, ran.err) == (0, "")
    assert [line for line in ran.out.splitlines() if len(line) > 80] == []
    assert gmg("explain", target, "--demo", "--ascii").out.isascii()


@pytest.mark.parametrize("target", TARGETS)
def test_yaml_is_the_same_document(target: str) -> None:
    ran = gmg("explain", target, "--demo", "-o", "yaml")
    assert yaml.safe_load(ran.out)["items"] == answer(target)


@pytest.mark.parametrize(
    "target", ["nothing", "GMG999", "rt/none", "service/none.ns", "policy/none", "www.example.com#9"]
)
def test_what_names_nothing(target: str) -> None:
    ran = gmg("explain", target, "--demo", "-o", "json")
    assert (ran.code, ran.out) == (4, "")
    assert json.loads(ran.err)["error"]["kind"] == "notFound"


def all_targets(files: list[str]) -> set[str]:
    """A target of every form for the objects of some files."""
    listed = gmg("routes", "--all-routes", *files, "-o", "json").json["items"]
    found = {each["id"] for each in listed} | {domain for each in listed for domain in each["domains"]}
    found |= {f"vg/{each['gateway']['namespace']}/{each['gateway']['name']}" for each in listed if each["gateway"]}
    found |= {f"rt/{t['ref']['namespace']}/{t['ref']['name']}" for each in listed for t in each["tables"]}
    found |= {"/".join(each["id"].split("/")[:2]) for each in listed}
    forms = {"VirtualHost": "vh", "RouteTable": "rt", "VirtualGateway": "vg"}
    roots = [each["ref"] for each in gmg("tree", *files, "-o", "json").json["items"]]
    return found | {f"{forms[each['kind']]}/{each['namespace']}/{each['name']}" for each in roots}


def explained_all(files: list[str]) -> int:
    """Explain a few targets of some files, the same ones each time; how many there are."""
    chosen = sorted(all_targets(files))[::3]
    for target in chosen:
        ran = gmg("explain", target, *files, "-o", "json")
        assert ran.code == 0, f"{target}: {ran.err}"
        explanation(ran.json)
        for item in ran.json["items"]:
            for section in item["sections"].values():
                for each in section:
                    assert each["at"] is None or each["at"]["line"] is not None
    return len(chosen)


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_every_field_of_the_first_generation(path: Path) -> None:
    assert explained_all(sources(load(path))) > 0


@pytest.mark.parametrize(
    "path", [each for each in sorted(V2.glob("*.yaml")) if ".expect" not in each.name], ids=lambda path: path.stem
)
def test_every_field_of_the_second_generation(path: Path) -> None:
    files = ["-f", str(path), "-q"]
    if gmg("routes", *files, "-o", "name").out:
        assert explained_all(files) > 0


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "routes.json"
    objects = [gateway(), host(rule("top", "/p", delegates("ns/rt"))), table(rule("leaf", "/c"))]
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=1))
    (item,) = gmg("explain", "leaf", "-f", str(file), "-o", "json").json["items"]
    lines = file.read_text().splitlines()
    uris = [each["at"] for each in of(item, "match", "written")]
    assert ['"/p"' in " ".join(lines[each["line"] - 1 : each["line"] + 2]) for each in uris] == [True, False]
    assert ['"/c"' in " ".join(lines[each["line"] - 1 : each["line"] + 2]) for each in uris] == [False, True]
    assert f"(routes.json:{uris[0]['line']})" in gmg("explain", "leaf", "-f", str(file)).out.replace(
        str(tmp_path) + "/", ""
    )


def test_what_objects_hold_is_printed_and_never_obeyed() -> None:
    evil = rule("a\x1b[31m\nb", "/\x07[bold]x")
    ran: Ran = run("explain", "h.example", objects=[gateway(), host(evil)])
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert "\x07" not in ran.out
    assert "[bold]x" in ran.out


def test_a_made_kind_is_not_a_policy() -> None:
    objects = [gateway(), host(ONE), made("RouteTable", "policy", "ns", {"routes": [TWO]})]
    assert run("explain", "policy/policy", objects=objects).code == 4

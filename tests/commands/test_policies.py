"""Policies as people see them: listed, explained, and in what they do to requests (`spec/v2.md` 9, 11)."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands.make import gateway, goes, host, rule
from tests.commands.make import run as first_generation
from tests.complete.asking import Told, ask, names_in
from tests.oracle.policy_rules import FIELDS, GROUP, LISTENERS, WORKLOADS, World, expected, manifest
from tests.oracle.policy_rules import gateway as the_gateway
from tests.run import Ran, gmg, manifests_text

Json = dict[str, Any]
FILE = Path(__file__).with_name("policies.yaml")
OBJECTS: list[Json] = list(yaml.safe_load_all(FILE.read_text(encoding="utf-8")))
ALL, ONE = "root/to-cart/shop:cart/all", "root/to-cart/shop:cart/one"
PAY, OLD = "root/to-bank/bank:pay/pay", "root/old"


@cache
def asked(*words: str) -> Ran:
    return gmg(*words, "-f", str(FILE), "-q")


@cache
def explained(name: str) -> Json:
    (item,) = asked("explain", f"policy/{name}", "-o", "json").json["items"]
    assert item["targetType"] == "policy"
    found: Json = item
    return found


def said(item: Json, section: str, kind: str = "") -> list[str]:
    return [each["text"] for each in item["sections"][section] if kind in ("", each["kind"])]


def on(objects: list[Json], *words: str) -> Ran:
    return gmg(*words, "-f", "-", "-q", stdin=manifests_text(objects))


# ---- lists


def test_wide_tells_what_becomes_of_each_policy_within_80_columns() -> None:
    lines = asked("routes", "-o", "wide").out.splitlines()
    told = lines[lines.index("policies") + 1 : -2]
    assert told == [
        "  JWTPolicy shop/foreign (preAuthz 3): acts on #1",
        "  RetryTimeoutPolicy edge/front: acts on #1-#2 #4",
        "  ExtAuthPolicy shop/older: acts on #1-#2",
        "  ExtAuthPolicy shop/later: acts on #1-#2",
        "    ✗ lost to shop/older for a destination of #1-#2",
        "  FaultInjectionPolicy shop/chaos: acts on #1-#2",
        "  MirrorPolicy shop/chaos: acts on #1-#2",
        "  RetryTimeoutPolicy shop/api: ✗ lost at #1 to edge/front",
        "  HTTPBufferPolicy edge/buffer: ? may act on all 4 routes, which is not known",
        "  ListenerConnectionPolicy edge/conn: acts on the listener",
        "  AccessLogPolicy edge/log: acts on the listener",
    ]
    assert max(map(len, told)) <= 80
    assert "x lost at #1 to edge/front" in asked("routes", "-o", "wide", "--ascii").out
    (row,) = [line for line in lines if "shop:cart/all" in line]
    assert "8 applied, 1 lost, 1 unknown" in row


def test_long_lists_of_routes_stay_short() -> None:
    names = [f"r{number}" for number in range(40)]
    rules = [
        {
            "name": name,
            "labels": {"odd": str(number % 2), "all": "1"},
            "matchers": [{"uri": {"prefix": f"/{name}"}}],
            "directResponse": {"status": 200},
        }
        for number, name in enumerate(names)
    ]
    spec = {"hosts": ["h.example"], "virtualGateways": [{"name": "public"}], "http": rules}
    table = manifest("networking.gloo.solo.io/v2", "RouteTable", "t", "edge", spec)
    policies = [
        manifest("security.policy.gloo.solo.io/v2", "CORSPolicy", name, "edge", {"applyToRoutes": [{"route": route}]})
        for name, route in (("odd", {"labels": {"odd": "1"}}), ("all", {"labels": {"all": "1"}}))
    ]
    lines = on([the_gateway(), table, *policies], "routes", "-o", "wide").out.splitlines()
    assert "  CORSPolicy edge/all: acts on all 40 routes" in lines
    (odd,) = [line for line in lines if "edge/odd" in line]
    assert odd.endswith("acts on #2 #4 #6 #8 #10 #12 #14 #16 and 12 more")
    assert len(odd) <= 80


def test_csv_and_markdown_name_the_policies() -> None:
    rows = {row["id"]: row["policies"] for row in csv.DictReader(io.StringIO(asked("routes", "-o", "csv").out))}
    assert rows[PAY] == (
        "HTTPBufferPolicy edge/buffer (unknown), ListenerConnectionPolicy edge/conn, AccessLogPolicy edge/log"
    )
    assert "RetryTimeoutPolicy shop/api (lost)" in rows[ALL]
    markdown = asked("routes", "-o", "markdown").out
    assert "| Policies" in markdown.splitlines()[2]
    assert rows[PAY] in markdown


@pytest.mark.parametrize("seed", range(6))
def test_the_flag_keeps_the_routes_of_any_policy(seed: int) -> None:
    """The judge of who is attached says which routes these are; workloads are told by other tests."""
    world = World(seed)
    wanted = expected(world)
    for policy in world.policies:
        if WORKLOADS in FIELDS[policy["kind"]]:
            continue
        name = policy["metadata"]["name"]
        ran = on(world.objects, "routes", "--policy", f"{policy['metadata']['namespace']}/{name}", "-o", "name")
        assert {each.rpartition("/")[2] for each in ran.out.split()} == {
            route for route, found in wanted.items() if name in found
        }


@pytest.mark.parametrize(
    ("policy", "routes"),
    [
        ("edge/conn", [ALL, ONE, PAY, OLD]),
        ("edge/log", [ALL, ONE, PAY, OLD]),
        ("shop/chaos", [ALL, ONE]),
        ("edge/front", [ALL, ONE, OLD]),
        ("shop/typo", []),
    ],
)
def test_the_flag_with_policies_of_listeners_workloads_and_two_kinds(policy: str, routes: list[str]) -> None:
    assert asked("routes", "--policy", policy, "-o", "name").out.split() == routes


# ---- explain policy/…


@pytest.mark.parametrize("seed", range(6))
def test_what_is_explained_is_what_the_judge_says(seed: int) -> None:
    world = World(seed)
    wanted = expected(world)
    text = manifests_text(world.objects)
    for policy in world.policies:
        if {WORKLOADS, LISTENERS} & set(FIELDS[policy["kind"]]):
            continue
        name = policy["metadata"]["name"]
        (item,) = gmg("explain", f"policy/{name}", "-f", "-", "-o", "json", "-q", stdin=text).json["items"]
        states = {route: found[name] for route, found in wanted.items() if name in found}
        assert {each["id"].rpartition("/")[2] for each in item["routes"]} == states.keys()
        told: dict[str, list[Json]] = {}
        for step in item["sections"]["policies"]:
            if step["value"]:
                told.setdefault(step["value"].rpartition("/")[2], []).append(step)
        assert told.keys() == states.keys()
        for route, (state, winner) in states.items():
            first = told[route][0]
            assert first["kind"] == ("lost" if state == "lost" else "applied")
            assert ("is not known" in first["text"]) is (state == "unknown")
            if state == "lost":
                assert first["with"].rpartition("/")[2] == winner


def test_each_label_with_where_it_comes_from() -> None:
    front = explained("front")
    assert [each["id"] for each in front["routes"]] == [ALL, ONE, OLD]
    all_, one, old = [each for each in said(front, "policies") if each.startswith("#")]
    above = 'label team=cart inherited from "to-cart" of RouteTable edge/root (workspace edge)'
    assert above in all_
    assert "label tier=front inherited from RouteTable edge/root (workspace edge)" in one
    assert old == (
        "#4 old: it applies: label team=cart of its own; label tier=front of its table RouteTable edge/root; "
        "it sets requestTimeout, retries"
    )
    places = [each["at"]["field"] for each in front["sections"]["policies"] if each["at"]]
    assert places == ["spec.http[0].labels.team", "spec.http[0].labels.team", "spec.http[2].labels.team"]
    assert any("older texts of the product" in each for each in said(front, "policies", "written"))  # DEC-19
    assert not any("older texts of the product" in each for each in said(explained("foreign"), "policies"))


def test_what_it_chooses_with_the_field_that_says_so() -> None:
    later, log = explained("later"), explained("log")
    assert said(later, "match") == [
        "it chooses routes of workspace shop with label team=cart",
        "it chooses Services in any namespace of workspace shop",
    ]
    assert [each["at"]["field"] for each in later["sections"]["match"]] == [
        "spec.applyToRoutes",
        "spec.applyToDestinations",
    ]
    assert said(explained("conn"), "match") == [
        "it chooses listeners of workspace edge of gateways in any namespace; name public"
    ]
    assert said(log, "match") == ["it chooses all workloads of workspace edge"]
    assert log["sections"]["match"][0]["at"]["field"] == ""


def test_where_it_lost_and_what_other_workspaces_keep() -> None:
    api = explained("api")
    assert api["title"] == ["RetryTimeoutPolicy shop/api", "It loses at 1 route."]
    (lost,) = said(api, "policies", "lost")
    assert lost == (
        "#1 all: it selects the route (label kind=api of its own), but loses to RetryTimeoutPolicy edge/front: of two "
        "policies the older wins: front (created 2024-01-01T00:00:00Z) before api (created 2024-03-01T00:00:00Z)"
    )
    foreign = "#3 pay is chosen, but its tables are of workspaces bank and edge; the policy acts on those of shop only"
    assert said(api, "order") == [foreign]
    assert said(explained("foreign"), "order") == [foreign]
    text = asked("explain", "policy/api").out
    assert text.index("its routes") < text.index("what it does not reach") < text.index("gateway edge/public")


def test_destinations_are_named_with_who_wins_there() -> None:
    later = explained("later")
    assert later["title"][1:] == ["It applies to 2 routes.", "For Service shop/cart:80 it loses."]
    (lost,) = later["sections"]["action"]
    assert (lost["kind"], lost["value"], lost["with"]) == ("lost", "Service shop/cart:80", "ExtAuthPolicy shop/older")
    assert "older (created 2024-01-01T00:00:00Z) before later" in lost["text"]
    older = explained("older")
    assert said(older, "action") == ["it acts on Service shop/cart:80 (2 routes, such as #1 all)"]
    assert said(older, "policies")[0] == "#1 all: it applies: it acts on Service shop/cart:80"
    only = "Service bank/pay:80 is chosen, but it is of workspace bank; the policy acts on those of shop only"
    assert said(explained("tcp"), "order") == [only]


def test_what_loses_the_route_may_keep_a_destination_of_it() -> None:
    """A route and its destinations are judged each by themselves (11.1)."""
    group = {"apiVersion": "security.policy.gloo.solo.io/v2", "kind": "ExtAuthPolicy"}
    route = {"applyToRoutes": [{"route": {"labels": {"kind": "api"}}}]}
    both = route | {"applyToDestinations": [{"selector": {"name": "cart"}}]}
    policies = [
        {"metadata": {"name": name, "namespace": "shop", "creationTimestamp": f"{day}T00:00:00Z"}, "spec": spec}
        for name, day, spec in (("first", "2024-01-01", route), ("second", "2024-02-01", both))
    ]
    base = [each for each in OBJECTS if "policy" not in each["apiVersion"]]
    (item,) = on([*base, *(group | each for each in policies)], "explain", "all", "-o", "json").json["items"]
    _, applied, lost, *_ = said(item, "policies")
    assert applied == "ExtAuthPolicy shop/second applies: it acts on Service shop/cart:80"
    assert lost.startswith("ExtAuthPolicy shop/second loses to ExtAuthPolicy shop/first for the route itself: ")


def beside(*policies: Json) -> list[Json]:
    """The objects of the file with other policies."""
    return [*(each for each in OBJECTS if "policy" not in each["apiVersion"]), *policies]


def made(kind: str, name: str, spec: Json, created: str | None = None) -> Json:
    found = manifest(f"{GROUP[kind]}.policy.gloo.solo.io/v2", kind, name, "shop", spec | {"config": {}})
    if created:
        found["metadata"]["creationTimestamp"] = created
    return found


def test_where_it_acts_on_one_destination_and_loses_another() -> None:
    wide = made("ExtAuthPolicy", "wide", {"applyToDestinations": [{}]}, "2024-02-01T00:00:00Z")
    first = made("ExtAuthPolicy", "first", {"applyToDestinations": [{"selector": {"name": "cart"}}]}, "2024-01-01")
    objects = json.loads(json.dumps(beside(wide, first)))
    table = next(each for each in objects if each["metadata"]["name"] == "cart" and each["kind"] == "RouteTable")
    table["spec"]["http"][0]["forwardTo"]["destinations"] = [
        {"ref": {"name": name}, "port": {"number": 80}, "weight": 50} for name in ("cart", "more")
    ]
    service = next(each for each in objects if each["metadata"]["name"] == "cart" and each["kind"] == "Service")
    objects.append(service | {"metadata": service["metadata"] | {"name": "more"}})
    (item,) = on(objects, "explain", "policy/wide", "-o", "json").json["items"]
    rule = "of two policies the older wins: first (created 2024-01-01) before wide (created 2024-02-01T00:00:00Z)"
    assert [each for each in said(item, "policies") if each.startswith("#1 all: ")] == [
        "#1 all: it applies: it acts on Service shop/more:80, as on all destinations of workspace shop",
        f"#1 all: for Service shop/cart:80 it loses to ExtAuthPolicy shop/first: {rule}",
    ]


@pytest.mark.parametrize(
    ("created", "alike"),
    [("2024-01-01T00:00:00Z", "both were created 2024-01-01T00:00:00Z"), (None, "neither has a creationTimestamp")],
)
def test_names_decide_between_policies_of_one_age(created: str | None, alike: str) -> None:
    pair = [made("RetryTimeoutPolicy", name, {"applyToRoutes": [{}]}, created) for name in ("two", "one")]
    wins = f"of two policies of one age the first by namespace and name wins: shop/one before shop/two ({alike})"
    for target in ("policy/two", "all"):
        (item,) = on(beside(*pair), "explain", target, "-o", "json").json["items"]
        assert said(item, "policies", "lost")[0].endswith(wins)


def test_a_destination_of_routes_is_named_with_its_routes() -> None:
    cart = {"onDestinations": [{"selector": {"name": "cart"}}]}
    labelled = made(
        "HeaderManipulationPolicy", "p", {"applyToRouteDestinations": [{"route": {"labels": {"kind": "api"}}, **cart}]}
    )
    any_route = made("HeaderManipulationPolicy", "q", {"applyToRouteDestinations": [{"route": {}, **cart}]})
    (item,) = on(beside(labelled), "explain", "policy/p", "-o", "json").json["items"]
    place = "Services in any namespace; name cart"
    assert said(item, "match") == [f"it chooses on routes of workspace shop with label kind=api: {place}"]
    acts = "it acts on Service shop/cart:80"
    assert said(item, "policies")[0] == f"#1 all: it applies: label kind=api of its own; there {acts}"
    (item,) = on(beside(any_route), "explain", "policy/q", "-o", "json").json["items"]
    assert said(item, "policies")[0] == f"#1 all: it applies: {acts}"


def test_delegating_rules_in_error_are_nothing_that_a_policy_could_reach() -> None:
    objects = json.loads(
        json.dumps(beside(made("CORSPolicy", "p", {"applyToRoutes": [{"route": {"labels": {"x": "y"}}}]})))
    )
    root = next(each for each in objects if each["metadata"]["name"] == "root")
    root["spec"]["http"].append(
        {
            "name": "astray",
            "labels": {"x": "y"},
            "matchers": [{"uri": {"prefix": "/astray"}}],
            "delegate": {"routeTables": [{"name": "gone"}]},
        }
    )
    (item,) = on(objects, "explain", "policy/p", "-o", "json").json["items"]
    assert not any("astray" in each for each in said(item, "order"))  # spec/v2.md 11.2 rule 8


def test_policies_of_one_name_are_told_apart_by_their_cluster() -> None:
    pair = [made("CORSPolicy", "p", {"applyToRoutes": [{}]}) for _ in range(2)]
    for each, cluster in zip(pair, ("east", "west"), strict=True):
        each["metadata"]["annotations"] = {"cluster.solo.io/cluster": cluster}
    lines = on(beside(*pair), "routes", "-o", "wide").out.splitlines()
    assert [each for each in lines if "shop/p" in each] == [
        "  CORSPolicy shop/p @east: acts on #1-#2",
        "  CORSPolicy shop/p @west: acts on #1-#2",
    ]
    items = on(beside(*pair), "explain", "policy/p", "-o", "json").json["items"]
    assert [each["title"][0] for each in items] == ["CORSPolicy shop/p @east", "CORSPolicy shop/p @west"]


def test_virtual_machines_are_told() -> None:
    machines = {"applyToWorkloads": [{"kind": "VM", "selector": {"labels": {"istio": "gateway"}}}]}
    (item,) = on(beside(made("AccessLogPolicy", "p", machines)), "explain", "policy/p", "-o", "json").json["items"]
    assert said(item, "match") == ["it chooses the workloads of workspace shop on virtual machines"]
    assert item["routes"] == []


def test_listeners_and_workloads_are_named_instead_of_routes() -> None:
    for name in ("conn", "log"):
        found = explained(name)
        assert said(found, "action") == ["it acts on listener 1 (port 80) of gateway edge/public, with 4 routes"]
        assert (said(found, "policies"), len(found["routes"])) == ([], 4)


NOTHING = {
    "typo": "no route has label kind=apis; 2 routes with label kind have api",
    "both": "#1 all has the labels, but its table RouteTable shop/cart is not in namespace elsewhere",
    "conn-far": "gateway edge/public is of workspace edge, and the policy of shop",
    "conn-port": "gateway edge/public has no listener at port 443: listener 1 (port 80)",
}


@pytest.mark.parametrize(("name", "why"), NOTHING.items(), ids=NOTHING)
def test_a_policy_that_reaches_nothing_says_what_comes_nearest(name: str, why: str) -> None:
    found = explained(name)
    assert found["title"][1] == "It touches no route of a gateway."
    assert found["routes"] == []
    assert said(found, "order", "lost")[-1] == why


MORE = {
    "a label that no route has a key for": ({"route": {"labels": {"colour": "red"}}}, "no route has label colour; "),
    "labels that no route has together": (
        {"route": {"labels": {"area": "shop", "kind": "api", "team": "none"}}},
        "no route has label team=none; 3 routes with label team have cart",
    ),
    "labels of two routes": (
        {"route": {"labels": {"area": "shop", "kind": "api", "mark": "y"}}},
        "no route has area=shop and kind=api and mark=y together; #1 all comes nearest, it lacks mark=y",
    ),
    "a destination that nobody leads to": (
        {"withDestinations": {"selector": {"name": "gone"}}},
        "no route leads to Services in any namespace; name gone",
    ),
    "another port": (
        {"withDestinations": {"selector": {"name": "cart"}, "port": {"number": 81}}},
        "#1 all leads to such a destination, but to another port than it chooses",
    ),
}


@pytest.mark.parametrize(("entry", "why"), MORE.values(), ids=MORE)
def test_more_near_misses(entry: Json, why: str) -> None:
    objects = [each for each in OBJECTS if "policy" not in each["apiVersion"]]
    marked = json.loads(json.dumps(objects))
    root = next(each for each in marked if each["metadata"]["name"] == "root")
    root["spec"]["http"][2]["labels"]["mark"] = "y"
    policy = {
        "apiVersion": "security.policy.gloo.solo.io/v2",
        "kind": "CORSPolicy",
        "metadata": {"name": "idle", "namespace": "shop"},
        "spec": {"applyToRoutes": [entry], "config": {}},
    }
    (item,) = on([*marked, policy], "explain", "policy/idle", "-o", "json").json["items"]
    assert why in said(item, "order", "lost")[-1]


def test_a_policy_of_no_workspace_is_not_read_by_the_product() -> None:
    (lost,) = said(explained("lost"), "match", "lost")  # 12.2 rule 3
    assert lost == "namespace nowhere belongs to no workspace, so the product does not read the policy"


def test_what_is_not_known_says_why() -> None:
    (first, *_) = said(explained("buffer"), "policies")
    why = "no source says what a HTTPBufferPolicy means that names nothing"
    assert first == f"#1 all: whether it applies is not known: {why}"
    unread = [each for each in OBJECTS if each["kind"] != "Service"]
    (item,) = on(unread, "explain", "policy/older", "-o", "json").json["items"]
    assert item["title"][1] == "It may apply to 2 routes, which is not known."
    assert "Service shop/cart:80 was not read, so its labels and ports are not known" in said(item, "policies")[0]
    (item,) = on(unread, "explain", "policy/later", "-o", "json").json["items"]
    assert said(item, "action")[0].startswith("whether it acts on Service shop/cart:80 is not known")


def test_a_name_of_two_kinds_is_told_apart_by_the_kind() -> None:
    ran = asked("explain", "policy/chaos")
    assert ran.code == 4
    candidates = [line.strip() for line in ran.err.splitlines() if line.startswith("  ")]
    assert candidates == ["faultinjectionpolicy/shop/chaos", "mirrorpolicy/shop/chaos"]
    for each in candidates:
        (item,) = asked("explain", each, "-o", "json").json["items"]
        assert item["title"][0].lower() == each.replace("/", " ", 1)
        assert asked("tree", each).code == 0
    assert asked("tree", "policy/chaos").code == 4
    assert "policy/chaos says" not in asked("tree", "policy/chaos").err


def test_a_policy_that_reaches_nothing_is_explained_and_nothing_else() -> None:
    assert asked("explain", "policy/typo").code == 0
    ran = asked("tree", "policy/typo")
    assert ran.code == 4
    assert "kubectl gmg explain policy/typo says why" in ran.err


def test_two_namespaces_are_told_apart() -> None:
    second = {**OBJECTS[-1], "metadata": {"name": "both", "namespace": "bank"}}
    ran = on([*OBJECTS, second], "explain", "policy/both")
    assert ran.code == 4
    assert "policy/bank/both" in ran.err
    assert "policy/shop/both" in ran.err


# ---- explain ROUTE


def test_the_policies_of_a_route_in_order_of_effect_with_their_reasons() -> None:
    (item,) = asked("explain", "all", "-o", "json").json["items"]
    steps = said(item, "policies")
    assert [each.partition(" applies")[0] for each in steps if " applies" in each and "whether" not in each] == [
        *("JWTPolicy shop/foreign", "RetryTimeoutPolicy edge/front", "ExtAuthPolicy shop/older"),
        *("ExtAuthPolicy shop/later", "FaultInjectionPolicy shop/chaos", "MirrorPolicy shop/chaos"),
        *("ListenerConnectionPolicy edge/conn", "AccessLogPolicy edge/log"),
    ]
    assert steps[0].startswith("JWTPolicy shop/foreign applies in preAuthz, priority 3: label kind=api of its own")
    lost = said(item, "policies", "lost")
    assert lost[0].startswith("ExtAuthPolicy shop/later loses to ExtAuthPolicy shop/older for Service shop/cart:80: ")
    assert lost[1].startswith("RetryTimeoutPolicy shop/api selects the route (label kind=api of its own), but loses")


def test_a_route_that_is_meant_by_where_it_leads_or_as_all_are() -> None:
    base = [each for each in OBJECTS if "policy" not in each["apiVersion"]]
    aimed = {"applyToRoutes": [{"withDestinations": {"selector": {"name": "cart"}}}], "config": {}}
    policies = [
        {"kind": "CORSPolicy", "metadata": {"name": "aimed", "namespace": "shop"}, "spec": aimed},
        {"kind": "CSRFPolicy", "metadata": {"name": "every", "namespace": "shop"}, "spec": {"config": {}}},
    ]
    group = {"apiVersion": "security.policy.gloo.solo.io/v2"}
    (item,) = on([*base, *(group | each for each in policies)], "explain", "one", "-o", "json").json["items"]
    assert said(item, "policies")[:2] == [
        "CORSPolicy shop/aimed applies: it leads to Service shop/cart:80; it sets corsPolicy",
        "CSRFPolicy shop/every applies: it means every route of workspace shop; it sets csrf",
    ]


# ---- curl


def test_curl_tells_what_the_winners_do_to_the_request() -> None:
    out = asked("curl", "http://shop.example/cart/cart/all").out
    assert "timeout 5s · 3 retries on 5xx · aborts 10% with 503 · mirrors 5% to pay.bank:80" in out
    assert "not simulated: authentication, faults, retries, timeouts, mirroring" in out
    assert "besides" not in asked("curl", "http://shop.example/pay/pay/x").out
    assert "timeout 5s" not in asked("curl", "http://shop.example/old").out  # a redirect waits for nobody


FIRST: dict[str, tuple[Json, str]] = {
    "timeout": ({"requestTimeout": "2s"}, "timeout 2s"),
    "retries": ({"retries": {"attempts": 2, "perTryTimeout": "1s"}}, "2 retries, 1s for each try"),
    "one": ({"retries": {"attempts": 1}}, "1 retry"),
    "delay": ({"faultInjection": {"fixedDelay": "5s", "percentage": 25}}, "delays 25% by 5s"),
    "abort": ({"faultInjection": {"abort": {"httpStatus": 404}}}, "aborts every request with 404"),
    "mirror": (
        {"mirror": {"kubeService": {"name": "b", "namespace": "n", "clusterName": "c"}, "percentage": 5, "port": 81}},
        "mirrors 5% to b.n:81 @c",
    ),
    "headers": (
        {
            "headerManipulation": {
                "appendRequestHeaders": {"x-a": "1"},
                "removeRequestHeaders": ["x-b"],
                "appendResponseHeaders": {"x-c": "2"},
                "removeResponseHeaders": ["x-d"],
            }
        },
        (
            "adds request header x-a: 1 · removes request header x-b · "
            "adds response header x-c: 2 · removes response header x-d"
        ),
    ),
}


@pytest.mark.parametrize(("options", "words"), FIRST.values(), ids=FIRST)
def test_options_of_the_first_generation_in_words(options: Json, words: str) -> None:
    written = {**rule("a", "/a", goes("s.ns.c")), "options": options}
    ran = first_generation("curl", "http://h.example/a", objects=[gateway(), host(written)])
    assert f"  besides {words}\n" in ran.out


@pytest.mark.parametrize("value", [5, "x", [1], {"attempts": [1]}, {"abort": 1, "delay": "x"}, None, True])
def test_options_of_any_type_are_harmless(value: Any) -> None:
    names = ("requestTimeout", "retries", "faultInjection", "mirror", "headerManipulation")
    written = {**rule("a", "/a", goes("s.ns.c")), "options": dict.fromkeys(names, value)}
    assert first_generation("curl", "http://h.example/a", objects=[gateway(), host(written)]).code == 0


# ---- completion


def test_policies_of_listeners_and_workloads_are_completed() -> None:
    known = Told(names_in(("filename", (str(FILE),))))
    offered = ask("explain", "policy/", known=known).values
    assert {"policy/edge/conn", "policy/edge/log", "policy/shop/later", "policy/shop/api"} <= set(offered)
    for each in offered:
        assert asked("explain", each).code == (4 if each == "policy/shop/chaos" else 0)  # two kinds of one name

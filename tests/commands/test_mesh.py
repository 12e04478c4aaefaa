"""Traffic within the mesh at the command line (`spec/cli.md` 2.2, 4.2, 5.2, 6.2, 6.3, `spec/v2.md` 4.4, 12, 14)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg.api import KINDS
from kubectl_gmg.model.snapshot import EVERYWHERE, NOWHERE, Extent, Snapshot, SourceType
from kubectl_gmg.reading import Wanted
from kubectl_gmg.sources.objects import collect
from tests.run import gmg, manifests_text

Json = dict[str, Any]
FILE = Path(__file__).with_name("mesh.yaml")
SOURCE = ("-f", str(FILE), "-q")
RATINGS = "ratings.shop.svc.cluster.local"


def asked(url: str, *labels: str, code: int = 0, flags: tuple[str, ...] = ()) -> list[Json]:
    """The answers to a request of a workload of these labels."""
    ran = gmg("curl", url, "--from", f"workload:{','.join(labels)}", *flags, *SOURCE, "-o", "json")
    assert ran.code == code, ran.out + ran.err
    items: list[Json] = ran.json["items"]
    return items


def listed(*flags: str) -> list[Json]:
    """All routes within the mesh."""
    items: list[Json] = gmg("routes", *flags, *SOURCE, "-o", "json").json["items"]
    return [each for each in items if each["gateway"] is None]


@pytest.mark.parametrize(
    "path,labels,answer",
    [
        ("/v/1", ("app=web", "version=v1"), "one"),
        ("/v/3", ("app=web",), ""),
        ("/old", ("app=batch",), ""),
    ],
)
def test_what_a_workload_gets(path: str, labels: tuple[str, ...], answer: str) -> None:
    (item,) = asked(f"http://ratings.shop{path}", *labels)
    assert (item["gateway"], item["listener"], item["domain"]) == (None, None, RATINGS)
    assert item["workloads"] == [{"app": "batch"}, {"app": "web"}]
    assert item["request"]["host"] == "ratings.shop"
    assert item["response"]["body"] == answer


def test_what_a_child_narrows_is_tried_by_its_workloads_only() -> None:
    (narrow,) = asked("http://ratings.shop/v/1", "app=web", "version=v2")
    assert narrow["route"]["id"].endswith("/first/canary")
    assert narrow["route"]["workloads"] == [{"app": "web", "version": "v2"}]
    (wide,) = asked("http://ratings.shop/v/1", "app=batch", "version=v2")
    assert not any(each["id"].endswith("canary") for each in wide["candidates"])


def test_contradicting_selectors_break_the_child_within_the_mesh() -> None:
    (item,) = asked("http://ratings.shop/v/3", "app=web")
    assert (item["outcome"], item["response"]["status"]) == ("directResponse", 500)
    assert (item["route"]["status"], item["route"]["because"]) == ("replaced", ["GMG303"])
    assert item["route"]["written"]["body"] == "lost"
    found = gmg("check", *SOURCE, "--select", "GMG303", "-o", "json").json["items"]
    assert [(each["at"]["ref"]["name"], each["at"]["field"]) for each in found] == [("third", "spec.workloadSelectors")]


def test_a_broken_child_freezes_its_tree() -> None:
    objects = [each for each in yaml.safe_load_all(FILE.read_text()) if each]
    root = next(each for each in objects if each["metadata"]["name"] == "ratings" and each["kind"] == "RouteTable")
    root["spec"]["failureMode"] = "FREEZE_CONFIG"
    flags = ("-f", "-", "-q", "-o", "json")
    ran = gmg("curl", "http://ratings.shop/", "--from", "workload:app=web", *flags, stdin=manifests_text(objects))
    (item,) = ran.json["items"]
    assert (item["outcome"], item["onceFixed"]["outcome"]) == ("frozen", "forward")
    listed_as = gmg("routes", "-f", "-", "-q", stdin=manifests_text(objects)).out
    assert "ratings.shop:9080 (frozen: GMG303; only for app=web,version=v2)" in listed_as


@pytest.mark.parametrize(
    "host,labels,why",
    [
        ("outside.test", "app=web", "RouteTable shop/outside names it for gateways only"),
        ("ratings.shop", "app=other", "only for workloads of workspace shop with app=batch or app=web"),
        ("nobody.test", "app=web", "no route table names nobody.test for workloads"),
    ],
)
def test_why_a_request_is_not_routed(host: str, labels: str, why: str) -> None:
    (item,) = asked(f"http://{host}/", labels, code=1)
    assert (item["outcome"], item["workloads"], item["route"]) == ("notRouted", [], None)
    text = " ".join(gmg("curl", f"http://{host}/", "--from", f"workload:{labels}", *SOURCE).out.split())
    assert why in text
    assert "Kubernetes" in text


def test_destinations_are_reached_by_their_own_names() -> None:
    (virtual,) = asked("http://ratings.global/x?y=1", "app=any")
    assert (virtual["outcome"], virtual["route"], virtual["upstream"]["path"]) == ("forward", None, "/x?y=1")
    (destination,) = virtual["upstream"]["destinations"]
    assert (destination["kind"], destination["backing"][0]["port"]) == ("VirtualDestination", 9080)
    (item,) = asked("http://ratings.global:81/", "app=any", code=1)
    assert item["outcome"] == "notRouted"


def test_traffic_leaves_by_the_egress_gateway_at_its_port() -> None:
    (item,) = asked("http://bank.example.com/", "app=any")
    (destination,) = item["upstream"]["destinations"]
    assert (destination["kind"], destination["port"]) == ("ExternalService", 443)
    by = "traffic leaves by gateway edge/in"
    assert by in " ".join(gmg("curl", "http://bank.example.com/", "--from", "workload:a=b", *SOURCE).out.split())
    assert by not in " ".join(
        gmg("curl", "http://bank.example.com:443/", "--from", "workload:a=b", *SOURCE).out.split()
    )


@pytest.mark.parametrize(
    "entry,refused",
    [
        ({"host": "*.example.com"}, False),
        ({"host": "*.example.com", "selector": {"labels": {"kind": "bank"}}}, True),
        ({"host": "other.test"}, True),
    ],
)
def test_an_egress_gateway_may_refuse_a_host(entry: Json, refused: bool) -> None:
    objects = [each for each in yaml.safe_load_all(FILE.read_text()) if each]
    gateway = next(each for each in objects if each["kind"] == "VirtualGateway")
    gateway["spec"]["listeners"][0]["exposedExternalServices"] = [entry]
    flags = ("--from", "workload:app=web", "-f", "-", "-q")
    text = gmg("curl", "http://bank.example.com/", *flags, stdin=manifests_text(objects)).out
    assert ("refuses it" in text) is refused
    assert "edge/in" in text


def test_a_workspace_that_does_not_see_a_destination_is_not_sent_there() -> None:
    objects = [each for each in yaml.safe_load_all(FILE.read_text()) if each]
    virtual = next(each for each in objects if each["kind"] == "VirtualDestination")
    virtual["metadata"]["namespace"] = "in-no-workspace"
    flags = ("-f", "-", "-q", "-o", "json")
    ran = gmg("curl", "http://ratings.global/", "--from", "workload:app=web", *flags, stdin=manifests_text(objects))
    assert [each["outcome"] for each in ran.json["items"]] == ["notRouted"]


def test_redirects_are_followed_within_the_mesh() -> None:
    (item,) = asked("http://ratings.shop/old", "app=web", flags=("-L",))
    assert (item["response"]["body"], item["workloads"]) == ("all", [{}])
    assert [each["key"].split("/")[0] for each in item["redirects"]] == ["mesh"]


def test_expectations_hold_for_workloads_too() -> None:
    asked("http://all.test/", "app=web", flags=("--expect", "status=200", "--expect", "host=shop/everybody"))
    (item,) = asked("http://all.test/", "app=web", code=1, flags=("--expect", "gateway=in"))
    assert item["expectations"][0]["got"] == ""


def test_what_a_workload_encrypts_is_not_looked_into() -> None:
    (item,) = asked("https://all.test/", "app=web")
    assert item["outcome"] == "notSimulated"
    assert "encrypts" in gmg("curl", "https://all.test/", "--from", "workload:app=web", *SOURCE).out


@pytest.mark.parametrize(
    "flags",
    [
        ("--from", "nowhere"),
        ("--from", "gateway:"),
        ("--from", "workload:"),
        ("--from", "workload:app"),
        ("--from", "workload:app=a,app=b"),
        ("--from", "workload:app=a", "--gateway", "edge/in"),
        ("--from", "workload:app=a", "--listener", "80"),
        ("--from", "workload:app=a", "--sni", "all.test"),
        ("--from", "gateway:edge/in", "--gateway", "edge/out"),
    ],
)
def test_entrances_that_cannot_be(flags: tuple[str, ...]) -> None:
    ran = gmg("curl", "http://all.test/", *flags, *SOURCE)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: --")
    assert "hint: " in ran.err


def test_a_gateway_by_from_is_that_of_the_flag() -> None:
    by_flag = gmg("curl", "http://both.test/", "--gateway", "edge/in", *SOURCE, "-o", "json")
    by_from = gmg("curl", "http://both.test/", "--from", "gateway:edge/in", *SOURCE, "-o", "json")
    assert by_from.out == by_flag.out
    assert by_from.json["items"][0]["gateway"]["name"] == "in"


@pytest.mark.parametrize("read,doubtful", [(NOWHERE, True), (EVERYWHERE, False)])
def test_an_answer_may_differ_where_tables_were_not_read(
    read: Extent, doubtful: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = [(each, None) for each in yaml.safe_load_all(FILE.read_text())]
    extents = {kind.resource: read if kind.name == "RouteTable" else EVERYWHERE for kind in KINDS}
    snapshot = Snapshot(SourceType.LIVE, collect(objects, KINDS).objects, (), extents, context="test")
    monkeypatch.setattr(Wanted, "read", lambda _wanted: snapshot)
    for host in ("nobody.test", "all.test"):
        ran = gmg("curl", f"http://{host}/", "--from", "workload:app=web", "-q", "-o", "json")
        assert [bool(each["mayDiffer"]) for each in ran.json["items"]] == [doubtful]


def test_how_routes_within_the_mesh_are_listed() -> None:
    rows = listed()
    keys = [each["key"] for each in rows]
    assert keys[0] == "mesh/-/1/all.test/shop:everybody/all@1"
    assert sorted(keys, key=lambda key: key.split("/")[:3]) == keys
    assert {each["key"].split("/")[2] for each in rows} == {"1", "2", "3"}
    every = gmg("routes", *SOURCE, "-o", "json").json
    assert every["summary"]["gateways"] == 1
    assert every["items"][-len(rows) :] == rows
    assert all(each["workloads"] == [] for each in every["items"][: -len(rows)])


def test_what_is_reached_is_told_for_each_workload() -> None:
    """`canary` takes everything below `/v` from some workloads only, `one` all of `hidden` from everybody."""
    reach = {each["id"].rpartition("/")[2]: each for each in listed()}
    assert reach["one"]["unreachable"] is None
    assert reach["hidden"]["unreachable"]["by"] == [reach["one"]["id"]]
    assert [each["id"] for each in reach["rest"]["shadowedBy"]][-1] == reach["old"]["id"]
    assert {each["id"]: each["index"] for each in reach["rest"]["shadowedBy"]} == {
        reach[name]["id"]: reach[name]["index"] for name in ("one", "lost", "old")
    }


def test_filters_reach_the_mesh() -> None:
    assert {each["domains"][0] for each in listed("--host", "all.test")} == {"all.test"}
    assert {each["domains"][0] for each in listed("--host", "ratings.shop")} == {RATINGS}  # as curl means it
    assert [each["id"].rpartition("/")[2] for each in listed("--policy", "shop/patient")] == ["rest"]
    assert listed("--gateway", "edge/in") == []
    assert {each["host"]["name"] for each in listed("-n", "edge")} == {"both"}


def test_policies_reach_routes_and_workloads() -> None:
    rows = {(each["host"]["name"], each["id"].rpartition("/")[2]): each for each in listed()}
    assert rows["ratings", "rest"]["options"]["requestTimeout"]["value"] == "9s"
    states = {name: {use["ref"]["name"]: use["state"] for use in row["policies"]} for name, row in rows.items()}
    assert states["ratings", "rest"] == {"patient": "applied", "logged": "unknown"}
    assert states["both", "shared"] == {"logged": "applied"}
    assert states["everybody", "all"] == {"logged": "unknown"}


@pytest.mark.parametrize("output", ["table", "wide", "csv", "markdown"])
def test_every_format_says_for_whom_a_route_is(output: str) -> None:
    text = gmg("routes", *SOURCE, "-o", output, "--width", "200").out.replace("`", "").replace("*", "")
    assert "workloads of workspace shop with app=batch or app=web" in text.replace("Workloads", "workloads")
    assert "only for app=web,version=v2" in text or output == "csv"


def test_the_tree_and_explanations_say_it() -> None:
    tree = gmg("tree", *SOURCE, "--width", "200").out
    assert "RouteTable shop/everybody all.test  for workloads of workspace shop\n" in tree
    assert "RouteTable edge/both both.test  also for workloads of workspace shop with app=web\n" in tree
    host = " ".join(gmg("explain", "rt/everybody", *SOURCE).out.split())
    assert "For workloads of workspace shop: 1 route." in host
    assert "why no gateway serves it" not in host
    both = " ".join(gmg("explain", "rt/both", *SOURCE).out.split())
    assert "Served by gateway edge/in, and for workloads of workspace shop with app=web" in both
    route = " ".join(gmg("explain", "canary", *SOURCE).out.split())
    assert "workloads of workspace shop with app=batch or app=web · host" in route


def test_a_rule_has_one_short_name_on_gateways_and_in_the_mesh() -> None:
    """The gateway stands in the namespace of the table, so that the ids differ."""
    items = gmg("explain", "shared", *SOURCE, "-o", "json").json["items"]
    assert {each["key"].split("/")[0] for each in items} == {"edge", "mesh"}


def test_tables_for_the_mesh_only_are_no_problem() -> None:
    found = gmg("check", *SOURCE, "-o", "json").json
    assert {each["code"] for each in found["items"]} & {"GMG106", "GMG110", "GMG117"} == set()
    dead = [each for each in found["items"] if each["code"] == "GMG301"]
    assert [each["at"]["name"] for each in dead] == ["hidden"]


def test_only_gateways_are_exported() -> None:
    ran = gmg("export", "envoy", "-f", str(FILE))
    assert "within the mesh is not exported" in ran.err
    assert "both.test" in ran.out
    assert "all.test" not in ran.out


def test_why_a_policy_for_workloads_may_act_on_some_of_them_only() -> None:
    text = " ".join(gmg("explain", "all", *SOURCE).out.split())
    assert "it chooses only some of these workloads" in text
    assert "Services" not in text


SHARING = """
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: back, namespace: gloo-mesh}
spec: {workloadClusters: [{name: "*", namespaces: [{name: back}]}]}
---
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: web, namespace: gloo-mesh}
spec: {workloadClusters: [{name: "*", namespaces: [{name: web}]}]}
---
apiVersion: admin.gloo.solo.io/v2
kind: WorkspaceSettings
metadata: {name: back, namespace: back}
spec: {exportTo: [{workspaces: [{name: web}]}]}
---
apiVersion: admin.gloo.solo.io/v2
kind: WorkspaceSettings
metadata: {name: web, namespace: web}
spec: {importFrom: [{workspaces: [{name: back}]}]}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: pay, namespace: back}
spec:
  hosts: [pay.test, both.test]
  workloadSelectors: [{selector: {labels: {app: web}, workspace: web}}]
  http:
  - {name: at-8080, matchers: [{port: 8080}], directResponse: {status: 201}}
  - {name: kids, matchers: [{uri: {prefix: /k}}], delegate: {routeTables: [{labels: {part: kid}}]}}
  - {name: rest, matchers: [{uri: {exact: /k/loop}}], redirect: {pathRedirect: /k/loop}}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: kid, namespace: back, labels: {part: kid}}
spec:
  workloadSelectors: [{selector: {labels: {version: v2}}}]
  http: [{name: kid, directResponse: {status: 200, body: kid}}]
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: own, namespace: web}
spec:
  hosts: [both.test]
  http: [{name: own, matchers: [{uri: {prefix: /own}}], directResponse: {status: 200, body: own}}]
---
apiVersion: networking.gloo.solo.io/v2
kind: ExternalService
metadata: {name: far, namespace: back}
spec: {addresses: [192.0.2.0/24, 198.51.100.7], ports: [{number: 80, protocol: HTTP}]}
"""


def shared(*arguments: str) -> Any:
    """What a command says of two workspaces, one of which imports a table from the other."""
    return gmg(*arguments, "-f", "-", "-q", stdin=SHARING)


def sent(url: str, labels: str) -> list[Json]:
    """The answers to a request of a workload there."""
    items: list[Json] = shared("curl", url, "--from", f"workload:{labels}", "-o", "json").json["items"]
    return items


def test_workspaces_that_import_a_table_get_it_too() -> None:
    """`spec/v2.md` 4.4 by its source: the workloads of every workspace where the table is deployed or imported."""
    assert len(sent("http://pay.test/k", "app=web,version=v2")) == 1
    assert "workloads of workspaces back and web with app=web" in shared("routes").out
    told = [
        each["outcome"] if each["route"] is None else each["route"]["id"]
        for each in sent("http://both.test/own", "app=web")
    ]
    assert sorted(told) == ["noRoute", "web:own/own"]
    (item,) = sent("http://both.test/own", "app=other")
    assert item["route"]["id"] == "web:own/own"


def test_a_catch_all_for_one_port_ends_nothing_at_others() -> None:
    """`spec/envoy.md` 72 and 76: a match for another port is not there."""
    assert [each["response"]["status"] for each in sent("http://pay.test:8080/k", "app=web,version=v2")] == [201]
    assert [each["response"]["body"] for each in sent("http://pay.test/k", "app=web,version=v2")] == ["kid"]
    listed_as = shared("routes").out
    assert "dropped" not in listed_as
    assert "/* port 8080" in listed_as


def test_what_a_workload_cannot_reach_does_not_hide_a_loop() -> None:
    """Only v2 gets `kid`, which hides the redirect from it: the others run in circles (GMG405)."""
    (found,) = shared("check", "--select", "GMG405", "-o", "json").json["items"]
    assert found["at"]["field"] == "spec.http[2].redirect"


@pytest.mark.parametrize("address,there", [("192.0.2.9", True), ("198.51.100.7", True), ("198.51.100.8", False)])
def test_addresses_outside_of_the_mesh(address: str, there: bool) -> None:
    assert [each["outcome"] for each in sent(f"http://{address}/", "a=b")] == ["forward" if there else "notRouted"]


def test_selectors_that_multiply_are_told_and_answered_for() -> None:
    """40 by 40 alternatives are more than are listed; whoever is not among them gets the route all the same."""
    table = {"apiVersion": "networking.gloo.solo.io/v2", "kind": "RouteTable"}
    entries = {name: [{"selector": {"labels": {name + str(each): "x"}}} for each in range(40)] for name in "ab"}
    kids = {"name": "d", "delegate": {"routeTables": [{"labels": {"part": "kid"}}]}}
    root = {"hosts": ["h.test"], "workloadSelectors": entries["a"], "http": [kids]}
    kid = {"workloadSelectors": entries["b"], "http": [{"name": "kid", "directResponse": {"status": 200}}]}
    objects = [
        {**table, "metadata": {"name": "root", "namespace": "shop"}, "spec": root},
        {**table, "metadata": {"name": "kid", "namespace": "shop", "labels": {"part": "kid"}}, "spec": kid},
    ]
    text = manifests_text(objects)
    checked = gmg("check", "--select", "GMG212", "-f", "-", "-q", "-o", "json", stdin=text)
    assert [(each["at"]["ref"]["name"], each["at"]["field"]) for each in checked.json["items"]] == [
        ("kid", "spec.workloadSelectors")
    ]
    for labels, outcome in (("a39=x,b39=x", "directResponse"), ("a39=x,b39=y", "noRoute")):
        ran = gmg("curl", "http://h.test/", "--from", f"workload:{labels}", "-f", "-", "-q", "-o", "json", stdin=text)
        assert [each["outcome"] for each in ran.json["items"]] == [outcome]


def test_connections_within_the_mesh_are_not_resolved_and_that_is_said() -> None:
    """4.6 beside 4.4: what is left out is named, and no gateway is blamed."""
    to = {"forwardTo": {"destinations": [{"ref": {"name": "db"}, "port": {"number": 5432}}]}}
    table: Json = {
        "apiVersion": "networking.gloo.solo.io/v2",
        "kind": "RouteTable",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"hosts": ["db.test"], "tcp": [{"matchers": [{"port": 5432}], **to}]},
    }
    ran = gmg("tree", "-f", "-", stdin=manifests_text([table]))
    assert "TLS and TCP routes are resolved at gateways only" in ran.err
    assert "RouteTable shop/db" in ran.err
    assert "for workloads within the mesh, where TLS and TCP routes are not resolved" in ran.out
    table["spec"] |= {"virtualGateways": [{"name": "edge"}]}
    ran = gmg("tree", "-f", "-", stdin=manifests_text([table]))
    assert "within the mesh" not in ran.err + ran.out

"""Contexts that obviously belong to registered clusters, over HTTPS (`spec/cli.md` 2.1; `spec/v2.md` DEC-25, 27)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pexpect
import pytest

from kubectl_gmg.kube import Connection
from kubectl_gmg.sources.cluster_contexts import Contexts, contexts_of
from tests.commands.make import gateway, goes, host, ingress, rule
from tests.live.fleet import Fleet, Json, core, forbidden, late, management, pod, registered, resolved, second, web
from tests.run import Ran

ASKED = ["/api/v1/services"]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(tmp_path, stack)


def paths(server: Any) -> list[str]:
    return [call.path for call in server.calls]


def notes(ran: Ran) -> list[str]:
    return [line for line in ran.err.splitlines() if "registered clusters" in line]


def change(fleet: Fleet, section: str, name: str, **values: Any) -> None:
    """Change an entry of the kubeconfig."""
    entry = next(each for each in fleet.config[section] if each["name"] == name)
    entry[section.removesuffix("s")] |= values
    fleet.file.write_text(json.dumps(fleet.config))


def test_it_is_mapped_and_said(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west", "south")])
    east, west = fleet.add("kind-east", [web()]), fleet.add("west")
    other = fleet.add("somewhere-else")
    ran = fleet.run("routes", "-o", "json")
    assert (ran.code, resolved(ran), ran.json["gaps"]) == (0, ["found"], [])
    assert (paths(east), paths(west), paths(other)) == (ASKED, ASKED, [])
    (note,) = notes(ran)
    assert ": east=kind-east, west=west (--no-workload-contexts turns" in note
    assert notes(fleet.run("routes", "-q")) == []


def ingress_service(address: str) -> Json:
    labels = {"istio": "ingressgateway"}
    spec = {"type": "LoadBalancer", "selector": labels, "ports": [{"name": "http2", "port": 80}]}
    return {**core("Service", "gw", labels, **spec), "status": {"loadBalancer": {"ingress": [{"ip": address}]}}}


def test_gateways_of_all_clusters_tell_their_addresses(fleet: Fleet) -> None:
    """In the order of the clusters, that of the context first."""
    management(fleet, [*second("east"), *registered("east", "west"), ingress_service("203.0.113.1")])
    fleet.add("kind-west", [ingress_service("203.0.113.3")])
    fleet.add("kind-east", [web(), ingress_service("203.0.113.2")])
    (item,) = fleet.run("routes", "-o", "json").json["items"]
    assert [(each["service"]["cluster"], each["address"]) for each in item["listener"]["addresses"]] == [
        ("", "203.0.113.1"),
        ("east", "203.0.113.2"),
        ("west", "203.0.113.3"),
    ]
    (item,) = fleet.run("routes", "-o", "json", "--no-workload-contexts").json["items"]
    assert [each["address"] for each in item["listener"]["addresses"]] == ["203.0.113.1"]


def test_it_says_what_is_missing_there(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    fleet.add("k3d-east", [web("other")])
    assert resolved(fleet.run("routes", "-o", "json")) == ["missing"]


def test_it_can_be_turned_off(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    east = fleet.add("east", [web()])
    ran = fleet.run("routes", "-o", "json", "--no-workload-contexts")
    assert (resolved(ran), paths(east), notes(ran)) == (["unknown"], [], [])
    assert [(gap["kind"], gap["cluster"]) for gap in ran.json["gaps"]] == [("Service", "east")]


def test_a_given_context_wins_for_its_cluster(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    named, given, west = fleet.add("east", [web()]), fleet.add("given", [web("other")]), fleet.add("kind-west")
    ran = fleet.run("routes", "-o", "json", "--workload-context", "east=given")
    assert resolved(ran) == ["missing"]
    assert (paths(named), paths(given), paths(west)) == ([], ASKED, ASKED)
    assert ": west=kind-west (" in notes(ran)[0]


def test_check_reads_pods_there_too(fleet: Fleet) -> None:
    management(fleet, [*second("east", subset={"version": "v2"}), *registered("east", "west")])
    east = fleet.add("kind-east", [web(), pod("v1")])
    ran = fleet.run("check", "--select", "GMG419", "-o", "json")
    assert [item["code"] for item in ran.json["items"]] == ["GMG419"]
    assert sorted(paths(east)) == ["/api/v1/pods", "/api/v1/services"]


def test_the_requests_are_shown(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    fleet.add("kind-east", [web()])
    assert fleet.run("routes", "-v").err.count("GET /api/v1/services") == 2


def test_no_login_crosses_over(fleet: Fleet) -> None:
    """Every cluster sees its own canary only; whom to act as holds for all of them."""
    main = management(fleet, [*second("east"), *registered("east", "west")])
    servers = {"mgmt": main, "kind-east": fleet.add("kind-east", [web()]), "west": fleet.add("west")}
    assert fleet.run("routes", "-v", "--as", "ana").code == 0
    for name, server in servers.items():
        assert {call.headers["authorization"] for call in server.calls} == {f"Bearer token-of-{name}"}
        assert {call.headers["impersonate-user"] for call in server.calls} == {"ana"}


@pytest.mark.parametrize("flag", ["--token", "--server"])
def test_a_login_of_flags_is_for_what_they_name_alone(fleet: Fleet, flag: str) -> None:
    main = management(fleet, [*second("east"), *registered("east", "west")])
    east = fleet.add("east", [web()])
    server = next(each for each in fleet.config["clusters"] if each["name"] == "mgmt")["cluster"]["server"]
    main.token = "token-of-mgmt" if flag == "--server" else "canary-of-the-flag"
    value = server if flag == "--server" else main.token
    ran = fleet.run("routes", "-o", "json", flag, value)
    assert (ran.code, resolved(ran), paths(east)) == (0, ["unknown"], [])


def test_files_and_the_demo_read_no_cluster(fleet: Fleet, tmp_path: Path) -> None:
    management(fleet, [])
    east = fleet.add("east", [web()])
    file = tmp_path / "objects.json"
    objects = [*second("east"), *registered("east", "west")]
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    for source in (("-f", str(file)), ("--demo",)):
        ran = fleet.run("routes", *source)
        assert (ran.code, notes(ran)) == (0, [])
    assert paths(east) == []


def test_a_cluster_that_is_gone_is_a_gap_and_quick(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    with ExitStack() as gone:
        fleet.stack, kept = gone, fleet.stack
        fleet.add("kind-east")
        fleet.stack = kept
    fleet.add("west", [], faults={"services": forbidden})
    started = time.monotonic()
    ran = fleet.run("routes", "-o", "json")
    assert time.monotonic() - started < 2.5
    assert (ran.code, resolved(ran)) == (0, ["unknown"])
    assert {(gap["kind"], gap["cluster"], gap["reason"]) for gap in ran.json["gaps"]} == {
        ("Service", "east", "unreachable"),
        ("Service", "west", "forbidden"),
    }


def test_a_cluster_that_never_answers_costs_the_limit_and_no_more(fleet: Fleet) -> None:
    """The limit is that of all of them together; shortened here, since it is a limit and not a pause."""
    management(fleet, [*second("east"), *registered("east", "west")])
    names = ("kind-east", "kind-west")
    for name in names:
        fleet.add(name, [], faults={"services": late})
    started = time.monotonic()
    ran = fleet.run("routes", "-o", "json", "--deadline", "700ms")
    assert time.monotonic() - started < 2.5  # each of them would take three seconds
    assert ran.code == 0, ran.err
    assert {(gap["cluster"], gap["reason"]) for gap in ran.json["gaps"]} == {("east", "timeout"), ("west", "timeout")}
    said = "cluster east: Service: not read within 0.7 s; --workload-context east=kind-east waits for longer"
    assert said in [gap["message"] for gap in ran.json["gaps"]]


def helper(folder: Path, mode: str | None, seconds: float = 0) -> Json:
    """A credential helper that leaves a trace when it is run, and then takes its time."""
    script = folder / "helper.sh"
    status = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}
    told = f'echo "$KUBERNETES_EXEC_INFO" > {folder}/ran; test -t 0 && echo a terminal >> {folder}/ran'
    script.write_text(f"#!/bin/sh\n{told}\nsleep {seconds}\necho '{json.dumps(status)}'\n")
    script.chmod(0o755)
    asks = {"interactiveMode": mode} if mode else {}
    return {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), **asks}


def test_nobody_is_asked_for_a_login(fleet: Fleet, tmp_path: Path) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    east = fleet.add("east", [web()])
    change(fleet, "users", "east", exec=helper(tmp_path, "Always"), token=None)
    ran = fleet.run("routes", "-o", "json")
    assert (resolved(ran), paths(east), (tmp_path / "ran").exists()) == (["unknown"], [], False)
    (gap,) = ran.json["gaps"]
    assert (gap["cluster"], gap["reason"]) == ("east", "notRead")
    assert "wants to ask you something" in gap["message"]
    assert "--workload-context east=east" in gap["message"]


@pytest.mark.parametrize("mode", ["Never", "IfAvailable", None])
def test_a_helper_that_can_do_without_asking_is_run(fleet: Fleet, tmp_path: Path, mode: str | None) -> None:
    """Also in a terminal it is told not to ask, and could not; those of large providers say nothing or IfAvailable."""
    management(fleet, [*second("east"), *registered("east", "west")])
    fleet.add("east", [web()]).token = "t"
    change(fleet, "users", "east", exec=helper(tmp_path, mode), token=None)
    words = ["-m", "kubectl_gmg", "routes", "-o", "wide", "--kubeconfig", str(fleet.file)]
    child = pexpect.spawn(sys.executable, words, dimensions=(40, 200), timeout=30, encoding="utf-8")
    child.expect(pexpect.EOF)
    assert "web.shop" in child.before
    told, *more = (tmp_path / "ran").read_text().splitlines()
    assert (json.loads(told)["spec"]["interactive"], more) == (False, [])
    assert resolved(fleet.run("routes", "-o", "json")) == ["found"]


def test_a_helper_that_takes_too_long_is_not_waited_for(fleet: Fleet, tmp_path: Path) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    fleet.add("east", [web()])
    change(fleet, "users", "east", exec=helper(tmp_path, "Never", 3), token=None)
    started = time.monotonic()
    ran = fleet.run("routes", "-o", "json", "--deadline", "500ms")
    assert time.monotonic() - started < 2.5
    (gap,) = ran.json["gaps"]
    assert (ran.code, gap["cluster"], gap["reason"]) == (0, "east", "timeout")
    assert "--workload-context east=east waits for longer" in gap["message"]


def test_the_cluster_itself_is_not_read_twice(fleet: Fleet) -> None:
    """What was read is its own, so a Service that is not among it is missing there."""
    main = management(fleet, [*second("here"), web("other"), *registered("here", "east")])
    change(fleet, "contexts", "mgmt", cluster="mgmt")
    fleet.config["clusters"].append({**fleet.config["clusters"][0], "name": "kind-here"})
    fleet.config["contexts"].append({"name": "kind-here", "context": {"cluster": "kind-here", "user": "mgmt"}})
    change(fleet, "contexts", "kind-here")
    ran = fleet.run("routes", "-o", "json")
    assert resolved(ran) == ["missing"]
    assert paths(main).count("/api/v1/services") == 1
    assert ": here=kind-here (" in notes(ran)[0]
    assert resolved(fleet.run("routes", "-o", "json", "--no-workload-contexts")) == ["unknown"]


def test_a_single_registered_cluster_is_any(fleet: Fleet) -> None:
    """DEC-25: its own context changes nothing."""
    management(fleet, [*second("other-name"), web(), *registered("mgmt")])
    ran = fleet.run("routes", "-o", "json")
    assert (resolved(ran), notes(ran)) == (["found"], [])


def test_the_first_generation_asks_only_where_nothing_was_discovered(fleet: Fleet) -> None:
    """All Services were discovered into the management cluster (`spec/v1beta1.md` 11.1)."""
    cluster = {
        "apiVersion": "multicluster.solo.io/v1alpha1",
        "kind": "KubernetesCluster",
        "metadata": {"name": "east", "namespace": "gloo-mesh"},
        "spec": {},
    }
    objects = [gateway(), ingress(http2=80), host(rule("r", "/r", goes("web.shop.east"))), cluster]
    main = management(fleet, objects)
    east = fleet.add("kind-east", [web()])
    ran = fleet.run("routes", "-o", "json")
    assert (resolved(ran), paths(east), notes(ran)) == (["missing"], [], [])
    main.faults["destinations.discovery.mesh.gloo.solo.io"] = forbidden
    assert resolved(fleet.run("routes", "-o", "json")) == ["found"]
    assert paths(east) == ASKED


def test_beside_an_overlay(fleet: Fleet, tmp_path: Path) -> None:
    management(fleet, [*second("west"), *registered("east", "west")])
    fleet.add("east", [web()])
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(second("east")[1]))
    assert resolved(fleet.run("routes", "-o", "json", "--overlay", "-f", str(changed))) == ["found"]


def kubeconfig(folder: Path, *contexts: str) -> Connection:
    """`CONTEXT CLUSTER SERVER` each; the first is the one that is read."""
    found: Json = {"clusters": [], "contexts": [], "users": [], "current-context": contexts[0].split()[0]}
    for each in contexts:
        context, cluster, server = each.split()
        found["contexts"].append({"name": context, "context": {"cluster": cluster}})
        found["clusters"].append({"name": cluster, "cluster": {"server": server}})
    file = folder / "config"
    file.write_text(json.dumps(found))
    return Connection(kubeconfig=str(file))


HERE = "mgmt mgmt https://mgmt:6443"
MAPPED = {
    "as it is": ("east", ["east entry https://a"], "east"),
    "by the cluster entry": ("east", ["admin east https://a"], "admin"),
    "kind": ("east", ["kind-east kind-east https://a"], "kind-east"),
    "k3d": ("east", ["k3d-east k3d-east https://a"], "k3d-east"),
    "GKE": ("east", ["gke_proj_europe-west1-b_east gke_proj_europe-west1-b_east https://a"], None),
    "EKS": ("east", ["mine arn:aws:eks:eu-west-1:123456789012:cluster/east https://a"], "mine"),
    "EKS elsewhere": ("east", ["mine arn:aws-cn:eks:cn-north-1:123456789012:cluster/east https://a"], "mine"),
    "eksctl": ("east", ["ana@east.eu-west-1.eksctl.io east.eu-west-1.eksctl.io https://a"], None),
    "AKS for administrators": ("east", ["east-admin east https://a"], "east-admin"),
    "its own name of two for one server": ("east", ["east e https://a", "ana@east east https://a"], "east"),
}
NOT_MAPPED = {
    "another name": ("east", ["eastern eastern https://a"]),
    "another case": ("east", ["East East https://a"]),
    "a prefix that nobody knows": ("east", ["prod-east prod-east https://a"]),
    "no GKE": ("east", ["gke_east gke_east https://a"]),
    "no cluster of EKS": ("east", ["x arn:aws:ecs:eu-west-1:1:cluster/east https://a"]),
    "two servers": ("east", ["east e https://a", "kind-east kind-east https://b"]),
    "two paths of one server": ("east", ["east e https://a/k8s/1", "kind-east kind-east https://a/k8s/2"]),
    "two logins": ("east", ["ana@east east https://a", "bob@east east https://a"]),
    "no server": ("east", ["east east x"]),
    "a bad server": ("east", ["east east https://[a"]),
}


@pytest.mark.parametrize(("name", "contexts", "wanted"), MAPPED.values(), ids=MAPPED)
def test_what_is_obvious(tmp_path: Path, name: str, contexts: list[str], wanted: str | None) -> None:
    found = contexts_of([name, "other"], kubeconfig(tmp_path, HERE, *contexts), {})
    assert found.named == {name: wanted or contexts[0].split()[0]}
    assert found.others[name].context == found.named[name]


@pytest.mark.parametrize(("name", "contexts"), NOT_MAPPED.values(), ids=NOT_MAPPED)
def test_what_is_not(tmp_path: Path, name: str, contexts: list[str]) -> None:
    assert contexts_of([name, "other"], kubeconfig(tmp_path, HERE, *contexts), {}) == Contexts()


def test_a_server_stands_for_one_cluster_only(tmp_path: Path) -> None:
    """`kind-east` may be the cluster `east`, or the one that is called `kind-east`; here both are registered."""
    connection = kubeconfig(tmp_path, HERE, "kind-east kind-east https://a")
    assert contexts_of(["east", "kind-east"], connection, {}) == Contexts()
    assert contexts_of(["east"], connection, {"x": "kind-east"}) == Contexts()
    assert contexts_of(["east"], connection, {"east": "mgmt"}) == Contexts()


def test_the_same_server_however_it_is_written(tmp_path: Path) -> None:
    connection = kubeconfig(tmp_path, "x x https://MGMT:443/", "mgmt mgmt https://mgmt", "east east https://a")
    found = contexts_of(["mgmt", "east"], connection, {})
    assert (list(found.own), dict(found.named)) == (["mgmt"], {"east": "east", "mgmt": "mgmt"})
    assert list(found.others) == ["east"]

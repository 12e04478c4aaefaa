"""`--workload-context`: Services and Pods of other clusters, over HTTPS (`spec/cli.md` 2.1, `spec/v2.md` DEC-27)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.commands.make import gateway, goes, host, ingress, rule, service
from tests.live.fleet import (
    V2_GROUP,
    Fleet,
    forbidden,
    late,
    management,
    pod,
    registered,
    resolved,
    second,
    web,
)
from tests.oracle.https import Answer, Call


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(tmp_path, stack)


FLAGS = ("--workload-context", "east=ctx-east", "--workload-context", "west=ctx-west")


@pytest.mark.parametrize(
    ("cluster", "name", "wanted"),
    [("east", "web", "found"), ("west", "web", "missing"), ("west", "other", "found"), ("south", "web", "unknown")],
)
def test_a_service_is_looked_for_in_its_cluster(fleet: Fleet, cluster: str, name: str, wanted: str) -> None:
    """DEC-27: what was reached may lack it, the cluster that nobody named may not."""
    management(fleet, [*second(cluster, name), *registered("east", "west", "south")])
    fleet.add("ctx-east", [web()])
    fleet.add("ctx-west", [web("other")])
    ran = fleet.run("routes", "-o", "json", *FLAGS)
    assert ran.code == 0, ran.err
    assert resolved(ran) == [wanted]
    assert [(gap["kind"], gap["cluster"]) for gap in ran.json["gaps"]] == (
        [("Service", "south")] if wanted == "unknown" else []
    )


def test_without_the_flag_it_is_unknown(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    server = fleet.add("ctx-east", [web()])
    assert resolved(fleet.run("routes", "-o", "json")) == ["unknown"]
    assert not server.calls


def test_each_cluster_is_asked_for_services_only(fleet: Fleet) -> None:
    management(fleet, second("east"))
    servers = [fleet.add("ctx-east", [web(), pod("v1")]), fleet.add("ctx-west", [])]
    for command in (("routes",), ("tree",), ("curl", "http://a.example/")):
        fleet.run(*command, *FLAGS)
    for server in servers:
        assert [call.path for call in server.calls] == ["/api/v1/services"] * 3


def test_check_reads_pods_of_these_clusters_and_never_of_the_management_cluster(fleet: Fleet) -> None:
    main = management(fleet, [*second("east", subset={"version": "v2"}), *registered("east", "west"), pod("v2")])
    east = fleet.add("ctx-east", [web(), pod("v1")])
    fleet.add("ctx-west")
    ran = fleet.run("check", "--select", "GMG419", "-o", "json", *FLAGS)
    (item,) = ran.json["items"]
    assert item["message"].startswith("no pod of Service shop/web of cluster east carries version=v2")
    assert ran.json["summary"]["notChecked"] == []
    assert sorted(call.path for call in east.calls) == ["/api/v1/pods", "/api/v1/services"]
    assert not [call for call in main.calls if call.path.endswith("/pods")]


def test_a_pod_with_the_labels_is_enough(fleet: Fleet) -> None:
    management(fleet, [*second("east", subset={"version": "v1"}), *registered("east", "west")])
    fleet.add("ctx-east", [web(), pod("v1")])
    fleet.add("ctx-west")
    assert fleet.run("check", "--select", "GMG419", "-o", "json", *FLAGS).json["items"] == []


def test_pods_are_not_read_for_rules_that_do_not_need_them(fleet: Fleet) -> None:
    management(fleet, second("east"))
    east = fleet.add("ctx-east", [web()])
    fleet.add("ctx-west")
    fleet.run("check", "--select", "GMG411", *FLAGS)
    assert [call.path for call in east.calls] == ["/api/v1/services"]


def test_without_pods_it_is_said_that_subsets_are_not_checked(fleet: Fleet) -> None:
    main = management(fleet, [*second("", subset={"version": "v2"}), web()])
    ran = fleet.run("check", "--select", "GMG419", "-o", "json")
    assert ran.json["items"] == []
    assert ran.json["summary"]["notChecked"] == [{"code": "GMG419", "missing": ["Pod"]}]
    assert not [call for call in main.calls if call.path.endswith("/pods")]


def broken(call: Call, real: Answer) -> Answer:
    return Answer.text(200, "<html>")


FAULTS: dict[str, tuple[Callable[[Call, Answer], Answer], str]] = {
    "forbidden": (forbidden, "forbidden"),
    "malformed": (broken, "malformed"),
    "timeout": (late, "timeout"),
}


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_cluster_that_cannot_be_read_is_a_gap(fleet: Fleet, fault: Any, reason: str) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    fleet.add("ctx-east", [web()], faults={"services": fault})
    fleet.add("ctx-west", [])
    ran = fleet.run("routes", "-o", "json", "--request-timeout", "500ms", *FLAGS)
    assert ran.code == 0, ran.err
    assert resolved(ran) == ["unknown"]
    (gap,) = {(gap["kind"], gap["cluster"], gap["reason"]) for gap in ran.json["gaps"]}
    assert gap == ("Service", "east", reason)
    assert fleet.run("routes", "--require-complete", "--request-timeout", "500ms", *FLAGS).code == 5


def test_a_cluster_that_is_gone_is_one_gap(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    with ExitStack() as gone:
        fleet.stack, kept = gone, fleet.stack
        fleet.add("ctx-east")
        fleet.stack = kept
    fleet.add("ctx-west")
    ran = fleet.run("check", "--select", "GMG411,GMG419", "-o", "json", *FLAGS)
    assert (ran.code, ran.json["items"]) == (0, [])
    (gap,) = ran.json["gaps"]
    assert (gap["kind"], gap["cluster"], gap["reason"]) == ("Service", "east", "unreachable")
    assert gap["message"].startswith("cluster east: Service: ")


def test_nobody_can_log_in_there(fleet: Fleet) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    fleet.add("ctx-east", [web()])
    fleet.add("ctx-west")
    user = next(each for each in fleet.config["users"] if each["name"] == "ctx-east")
    user["user"] = {"tokenFile": str(fleet.file.parent / "no-such-token")}
    fleet.file.write_text(json.dumps(fleet.config))
    ran = fleet.run("routes", "-o", "json", *FLAGS)
    assert ran.code == 0, ran.err
    assert [(gap["cluster"], gap["reason"]) for gap in ran.json["gaps"]] == [("east", "unauthorized")]


def test_slow_clusters_are_read_at_once(fleet: Fleet) -> None:
    def slow(call: Call, real: Answer) -> Answer:
        return replace(real, delay=1.0)

    management(fleet, second("east"))
    names = [f"c{number}" for number in range(5)]
    for name in names:
        fleet.add(name, [], faults={"services": slow})
    flags = [word for name in names for word in ("--workload-context", f"{name}={name}")]
    started = time.monotonic()
    assert fleet.run("routes", *flags).code == 0
    assert time.monotonic() - started < 4.0  # one after the other would take five


def test_pages_and_the_deadline_hold_there_too(fleet: Fleet) -> None:
    management(fleet, second("east"))
    many = [web(f"web-{number}") for number in range(7)]
    east = fleet.add("ctx-east", many)
    fleet.add("ctx-west", faults={"services": late})
    ran = fleet.run("routes", "-o", "json", "--chunk-size", "3", "--deadline", "1s", *FLAGS)
    assert len(east.calls) == 3
    assert [(gap["cluster"], gap["reason"]) for gap in ran.json["gaps"]] == [("west", "timeout")]


def test_the_login_of_the_flags_goes_nowhere_else(fleet: Fleet) -> None:
    """A token is for one cluster; whom to act as holds for all of them."""
    main = management(fleet, second("east"))
    east = fleet.add("ctx-east", [web()])
    fleet.add("ctx-west")
    main.token = "canary-of-the-flag"
    assert fleet.run("routes", "--token", main.token, "--as", "ana", *FLAGS).code == 0
    assert {call.headers["authorization"] for call in main.calls} == {"Bearer canary-of-the-flag"}
    assert {call.headers["authorization"] for call in east.calls} == {"Bearer token-of-ctx-east"}
    assert {call.headers["impersonate-user"] for call in (*main.calls, *east.calls)} == {"ana"}


def test_the_first_generation_is_compared_with_them_where_nothing_was_discovered(fleet: Fleet) -> None:
    objects = [gateway(), ingress(http2=80), host(rule("r", "/r", goes("web.shop.east")))]
    destinations = {"destinations.discovery.mesh.gloo.solo.io": forbidden}
    management(fleet, objects, faults=destinations)
    fleet.add("ctx-east", [web()])
    fleet.add("ctx-west")
    assert resolved(fleet.run("routes", "-o", "json", *FLAGS)) == ["found"]
    assert resolved(fleet.run("routes", "-o", "json", "--workload-context", "west=ctx-west")) == ["unknown"]


def test_a_discovered_service_counts_before_the_one_that_is_read(fleet: Fleet) -> None:
    """Its ports are those that the product knows."""
    discovered = service("web", "shop", "east", http=81)
    management(fleet, [gateway(), ingress(http2=80), discovered, host(rule("r", "/r", goes("web.shop.east")))])
    fleet.add("ctx-east", [web()])
    fleet.add("ctx-west")
    ran = fleet.run("explain", "service/web.shop.east", "-o", "json", *FLAGS)
    assert ran.code == 0, ran.err
    assert resolved(fleet.run("routes", "-o", "json", *FLAGS)) == ["found"]


def test_the_contexts_own_cluster_under_its_name(fleet: Fleet) -> None:
    """The same Service seen twice, by its uid, stands behind a VirtualDestination once."""
    virtual = {
        "apiVersion": V2_GROUP,
        "kind": "VirtualDestination",
        "metadata": {"name": "vd", "namespace": "n"},
        "spec": {
            "hosts": ["v.example"],
            "services": [{"labels": {"app": "web"}}],
            "ports": [{"number": 80, "protocol": "HTTP"}],
        },
    }
    objects = second("", "vd", kind="VIRTUAL_DESTINATION")
    objects[1]["spec"]["http"][0]["forwardTo"]["destinations"][0]["ref"]["namespace"] = "n"
    management(fleet, [*objects, virtual, web()])
    ran = fleet.run("routes", "-o", "json", "--workload-context", "here=mgmt")
    (item,) = ran.json["items"]
    (destination,) = item["action"]["destinations"]
    assert [(each["name"], each["cluster"]) for each in destination["backing"]] == [("web", "")]


def test_progress_and_requests_of_all_clusters_are_told(fleet: Fleet) -> None:
    management(fleet, second("east"))
    fleet.add("ctx-east", [web()])
    fleet.add("ctx-west")
    assert fleet.run("routes", "-v", *FLAGS).err.count("GET /api/v1/services") == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--workload-context", "east"), 2, "east is not a cluster with its context"),
        (("--workload-context", "=ctx"), 2, "not a cluster with its context"),
        (("--workload-context", "a=x", "--workload-context", "a=y"), 2, "names cluster a twice"),
        (("--workload-context", "a=x", "--demo"), 2, "--demo is offline"),
        (("--workload-context", "a=x", "-f", "-"), 2, "-f alone is offline"),
        (("--workload-context", "a=no-such-context"), 3, "no context is called no-such-context"),
    ],
)
def test_what_the_flag_may_not_say(fleet: Fleet, arguments: tuple[str, ...], code: int, said: str) -> None:
    main = management(fleet, second("east"))
    ran = fleet.run("routes", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert not main.calls


def test_beside_an_overlay(fleet: Fleet, tmp_path: Path) -> None:
    management(fleet, [*second("east"), *registered("east", "west")])
    fleet.add("ctx-east", [web()])
    fleet.add("ctx-west")
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(second("west")[1]))
    ran = fleet.run("routes", "-o", "json", "--overlay", "-f", str(changed), *FLAGS)
    assert resolved(ran) == ["missing"]


def test_nothing_of_a_pod_is_kept_but_its_labels(fleet: Fleet) -> None:
    from kubectl_gmg.pipeline import Session, Settings  # noqa: PLC0415

    management(fleet, second("east"))
    fleet.add("ctx-east", [web(), pod("v1")])
    session = Session(Settings(kubeconfig=str(fleet.file), workload_context=(("east", "ctx-east"),)))
    session.wants_pods = True
    (found,) = [raw for raw in session.snapshot.objects if raw.ref.kind == "Pod"]
    assert found.ref.cluster == "east"
    assert set(found.body["metadata"]) == {"name", "namespace", "labels"}
    assert "canary" not in json.dumps(found.body)

"""Policies are asked for only where anything else of their generation is installed, and never too seldom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kubectl_gmg.api import KINDS
from kubectl_gmg.kube import Connection
from kubectl_gmg.model.snapshot import GapReason, Snapshot
from kubectl_gmg.sources import live
from tests.live.objects import MIXED
from tests.oracle.apiserver import V1BETA1, V2, ApiServer, Resource
from tests.oracle.https import Answer, Call

RETRIES = {
    "apiVersion": "resilience.policy.gloo.solo.io/v2",
    "kind": "RetryTimeoutPolicy",
    "metadata": {"name": "slow", "namespace": "web"},
    "spec": {"config": {"requestTimeout": "5s"}},
}
POLICIES = {f"/apis/{each.group}/v2/{each.plural}" for each in V2 if each.group.endswith(".policy.gloo.solo.io")}
OTHERS = tuple(each for each in V2 if not each.group.endswith(".policy.gloo.solo.io"))


def read(server: ApiServer, folder: Path, timeout: float = 20.0) -> Snapshot:
    config = server.write_kubeconfig(folder / "kubeconfig")
    return live.read(Connection(str(config), None, request_timeout=timeout), KINDS)


def asked(server: ApiServer) -> set[str]:
    """The lists of policies that the server was asked for."""
    return {call.path for call in server.calls} & POLICIES


def test_a_cluster_of_the_first_generation_is_asked_for_none(tmp_path: Path) -> None:
    with ApiServer(MIXED, resources=V1BETA1) as server:
        assert not read(server, tmp_path).gaps
    assert asked(server) == set()
    assert "/apis/networking.mesh.gloo.solo.io/v1/trafficpolicies" in {call.path for call in server.calls}


def test_an_empty_cluster_of_the_second_is_asked_for_all(tmp_path: Path) -> None:
    """It may hold nothing but policies."""
    with ApiServer([RETRIES], resources=V2) as server:
        (found,) = read(server, tmp_path).objects
    assert found.ref.name == "slow"
    assert asked(server) == POLICIES


def one_kind(resource: Resource) -> tuple[Resource, ...]:
    return (resource, *(each for each in V2 if each not in OTHERS))


def test_one_kind_is_enough(tmp_path: Path) -> None:
    for resource in OTHERS:
        if resource.group.startswith("networking."):
            with ApiServer([RETRIES], resources=one_kind(resource)) as server:
                assert [each.ref.name for each in read(server, tmp_path).objects] == ["slow"], resource
            assert asked(server) == POLICIES


def test_what_may_not_be_listed_is_installed(tmp_path: Path) -> None:
    """Everything but policies is forbidden: what these do is not known then, but they are there."""
    forbidden = {each.name for each in OTHERS}
    with ApiServer([RETRIES], resources=V2, allowed=lambda name, _: name not in forbidden) as server:
        found = read(server, tmp_path)
    assert [each.ref.name for each in found.objects] == ["slow"]
    assert {gap.reason for gap in found.gaps} == {GapReason.FORBIDDEN}
    assert asked(server) == POLICIES


def test_a_kind_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    """All kinds of the generation but one answer; the policies are there when that one is given up."""

    def never(_: Call, real: Answer) -> Answer:
        return replace(real, delay=60)

    with ApiServer([RETRIES], resources=V2, faults={"routetables.networking.gloo.solo.io": never}) as server:
        found = read(server, tmp_path, timeout=1.0)
    assert [each.ref.name for each in found.objects] == ["slow"]
    assert [(gap.kind, gap.reason) for gap in found.gaps] == [("RouteTable", GapReason.TIMEOUT)]
    assert asked(server) == POLICIES

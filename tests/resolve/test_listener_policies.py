"""Policies that choose listeners and workloads, where something was not read (`spec/v2.md` 2.6, 2.7, 11.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run import routes_json

Json = dict[str, Any]


def manifest(kind: str, name: str, namespace: str, spec: Json, group: str = "networking.gloo.solo.io") -> Json:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{group}/v2", "kind": kind, "metadata": meta, "spec": spec}


def tenant(name: str) -> Json:
    clusters = [{"name": "*", "namespaces": [{"name": name}]}]
    return manifest("Workspace", name, "mgmt", {"workloadClusters": clusters}, "admin.gloo.solo.io")


GATEWAY = {
    "listeners": [{"http": {}, "port": {"number": 80}}],
    "workloads": [{"selector": {"labels": {"istio": "gw"}}}],
}
TABLE = {
    "hosts": ["shop.example"],
    "virtualGateways": [{"name": "public"}],
    "http": [{"name": "only", "directResponse": {"status": 204}}],
}
ROUTING = [
    *map(tenant, ("edge", "other")),
    manifest("VirtualGateway", "public", "edge", GATEWAY),
    manifest("RouteTable", "shop", "edge", TABLE),
]
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "front", "namespace": "edge"},
    "spec": {"selector": {"istio": "gw"}, "ports": [{"name": "http2", "port": 80}]},
}


def state(policy: Json, *beside: Json) -> str | None:
    """What becomes of a policy on the only route."""
    (row,) = routes_json([*ROUTING, policy, *beside])["items"]
    return next((each["state"] for each in row["policies"]), None)


def listener_policy(port: Json) -> Json:
    spec = {"applyToListeners": [{"virtualGateway": {"name": "public"}, "port": port}], "config": {}}
    return manifest("ProxyProtocolPolicy", "each", "edge", spec, "trafficcontrol.policy.gloo.solo.io")


def workload_policy(namespace: str, *entries: Json) -> Json:
    spec = {"applyToWorkloads": list(entries), "config": {}}
    return manifest("AccessLogPolicy", "each", namespace, spec, "observability.policy.gloo.solo.io")


@pytest.mark.parametrize(
    ("port", "without", "read"),
    [
        ({"number": 80}, "applied", "applied"),
        ({"number": 81}, None, None),
        ({"name": "http2"}, "unknown", "applied"),
        ({"name": "https"}, "unknown", None),
    ],
)
def test_a_port_is_the_same_by_name_and_by_number(port: Json, without: str | None, read: str | None) -> None:
    """The Services know what a port is called; a listener need not say it."""
    assert state(listener_policy(port)) == without
    assert state(listener_policy(port), SERVICE) == read


@pytest.mark.parametrize("entry", [{}, {"selector": {}}, {"selector": {"workspace": "edge"}}])
def test_workloads_are_not_narrowed_by_what_is_not_said(entry: Json) -> None:
    """An empty entry means all that the workspace has (11.2 rule 2)."""
    assert state(workload_policy("edge", entry)) == "unknown"
    assert state(workload_policy("edge", entry), SERVICE) == "applied"


@pytest.mark.parametrize(
    "policy", [workload_policy("other", {}), workload_policy("edge", {"selector": {"workspace": "other"}})]
)
def test_workloads_of_another_workspace_are_never_meant(policy: Json) -> None:
    """Nor may they be (11.2 rule 5), be the Services read or not."""
    assert state(policy) is None
    assert state(policy, SERVICE) is None


@pytest.mark.parametrize("beside", [(), (SERVICE,)], ids=["unread", "read"])
def test_virtual_machines_are_no_workloads_of_a_gateway(beside: tuple[Json, ...]) -> None:
    pods = {"selector": {"labels": {"istio": "gw"}}}
    assert state(workload_policy("edge", {"kind": "VM", **pods}), *beside) is None  # 2.6
    both = workload_policy("edge", {"kind": "VM", **pods}, {"kind": "KUBE", **pods})
    assert state(both, *beside) == ("applied" if beside else "unknown")

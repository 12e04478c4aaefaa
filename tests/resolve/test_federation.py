"""What requests get where a Service is in another cluster (`spec/v2.md` 8.7, 10, 12.4 rule 3, DEC-27)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run import gmg, manifests_text

Json = dict[str, Any]
NETWORKING, ADMIN = "networking.gloo.solo.io/v2", "admin.gloo.solo.io/v2"


def manifest(group: str, kind: str, path: str, spec: Json, cluster: str = "") -> Json:
    namespace, name = path.split("/")
    metadata: Json = {"name": name, "namespace": namespace}
    if cluster:
        metadata["annotations"] = {"cluster.solo.io/cluster": cluster}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}


def world(options: Json | None, *, mode: str = "ROUTE_REPLACEMENT", given: bool = True) -> list[Json]:
    """A gateway in c1 with routes to a Service there, to one in c2, and a TCP route to the latter."""
    http, tcp = {"http": {}, "port": {"number": 80}}, {"tcp": {}, "port": {"number": 9000}}
    gateway = {"workloads": [{"selector": {"cluster": "c1"}}], "listeners": [http, tcp]}
    near = {"ref": {"name": "near", "cluster": "c1"}}
    far = {"ref": {"name": "far", "cluster": "c2"}}
    table = {
        "hosts": ["shop.example"],
        "virtualGateways": [{"name": "edge"}],
        "failureMode": mode,
        "http": [
            {"name": "near", "matchers": [{"uri": {"prefix": "/near"}}], "forwardTo": {"destinations": [near]}},
            {"name": "far", "matchers": [{"uri": {"prefix": "/far"}}], "forwardTo": {"destinations": [far]}},
        ],
        "tcp": [{"forwardTo": {"destinations": [far]}}],
    }
    spec = {"workloadClusters": [{"name": "*", "namespaces": [{"name": "*"}]}]}
    ports = {"ports": [{"name": "http", "port": 80}]}
    settings = [] if options is None else [manifest(ADMIN, "WorkspaceSettings", "apps/own", {"options": options})]
    services = [manifest("v1", "Service", "apps/near", ports, "c1")]
    services += [manifest("v1", "Service", "apps/far", ports, "c2")] if given else []
    return [
        manifest(NETWORKING, "VirtualGateway", "apps/edge", gateway),
        manifest(NETWORKING, "RouteTable", "apps/root", table),
        manifest(ADMIN, "Workspace", "mgmt/all", spec),
        *(manifest(ADMIN, "KubernetesCluster", f"mgmt/{name}", {}) for name in ("c1", "c2")),
        *services,
        *settings,
    ]


FEDERATED: Json = {"federation": {"enabled": True}}
ALONE: Json = {"federation": {"enabled": False}}


def answer(path: str, manifests: list[Json]) -> Json:
    ran = gmg("curl", f"http://shop.example{path}", "-f", "-", "-o", "json", stdin=manifests_text(manifests))
    (item,) = ran.json["items"]
    found: Json = item
    return found


@pytest.mark.parametrize(
    ("manifests", "path", "outcome", "status"),
    [
        (world(ALONE), "/far", "directResponse", 500),
        (world(ALONE), "/near", "forward", None),
        (world({}), "/far", "directResponse", 500),
        (world(FEDERATED), "/far", "forward", None),
        (world(None), "/far", "forward", None),
        (world(ALONE, given=False), "/far", "forward", None),
    ],
    ids=[
        "not enabled",
        "in the cluster of the gateway",
        "nothing is written of it",
        "enabled",
        "no settings in the input",
        "no Service of that cluster in the input",
    ],
)
def test_requests(manifests: list[Json], path: str, outcome: str, status: int | None) -> None:
    found = answer(path, manifests)
    assert (found["outcome"], (found["response"] or {}).get("status")) == (outcome, status)


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ({"federation": {"enabled": True, "hostSuffix": "mesh.test"}}, "far.apps.c2.mesh.test"),
        (FEDERATED, None),
    ],
)
def test_the_name_in_other_clusters(options: Json, address: str | None) -> None:
    """12.1: known where a suffix is written."""
    found = answer("/far", world(options))
    assert [each["address"] for each in found["upstream"]["destinations"]] == [address]


def test_a_root_that_freezes() -> None:
    """10: all of its routes keep what was accepted last, with what made it so."""
    for path in ("/near", "/far"):
        found = answer(path, world(ALONE, mode="FREEZE_CONFIG"))
        assert found["outcome"] == "frozen"
        assert found["route"]["status"] == "frozen"
        assert found["route"]["because"] == ["GMG418"]


def test_a_connection_that_freezes() -> None:
    """10: any bad route freezes the whole tree, so one for connections does that to the others."""
    manifests = world(ALONE, mode="FREEZE_CONFIG")
    manifests[1]["spec"]["http"].pop()
    assert answer("/near", manifests)["outcome"] == "frozen"


@pytest.mark.parametrize(("options", "served"), [(ALONE, False), (FEDERATED, True)])
def test_connections(options: Json, *, served: bool) -> None:
    """There is nothing to answer a connection with, so its route is left out."""
    ran = gmg("routes", "-f", "-", "-o", "json", "--all-routes", stdin=manifests_text(world(options)))
    (found,) = [each for each in ran.json["items"] if each["protocol"] == "tcp"]
    assert (found["index"] is not None, found["status"] == "ok") == (served, served)


def test_the_tree_of_a_root_that_freezes() -> None:
    """10: nothing of it is answered with an error, neither what is broken nor what is not."""
    said = gmg("tree", "-f", "-", stdin=manifests_text(world(ALONE, mode="FREEZE_CONFIG"))).out
    assert said.count("frozen as it was accepted last: GMG418") == 2
    assert "500" not in said


def test_routes_to_two_ports_by_name_look_different() -> None:
    manifests = world(FEDERATED)
    for rule, port in zip(manifests[1]["spec"]["http"], ("http", "grpc"), strict=True):
        rule["forwardTo"]["destinations"] = [{"ref": {"name": "unseen", "namespace": "other"}, "port": {"name": port}}]
    said = gmg("routes", "-f", "-", stdin=manifests_text(manifests)).out
    assert "unseen.other:http" in said
    assert "unseen.other:grpc" in said

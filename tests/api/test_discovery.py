"""What destinations of the first generation are compared with (`spec/v1beta1.md` 10, 11, D-27)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kubectl_gmg import api
from kubectl_gmg.api.exposure import node_port
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.inventory import Inventory
from kubectl_gmg.model.snapshot import EVERYWHERE, Extent, Snapshot, SourceType
from kubectl_gmg.sources import files
from tests.commands.make import gateway, goes, host, ingress, items, rule, run, service
from tests.run import manifests_text

Json = dict[str, Any]
DISCOVERY = "discovery.mesh.gloo.solo.io/v1"
NETWORKING = "networking.mesh.gloo.solo.io/v1"


def made(api_version: str, kind: str, name: str, spec: Json, **more: Any) -> Json:
    metadata = {"name": name, "namespace": more.pop("namespace", "gm"), **more.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, **more}


def snapshot(*objects: Json) -> Snapshot:
    kinds = (*api.KINDS, *api.WORKLOADS)
    text = manifests_text([gateway(), *objects]).encode()
    return files.read(("-",), recursive=False, namespace=None, kinds=tuple(dict.fromkeys(kinds)), stdin=lambda: text)


def lower(*objects: Json) -> Declared:
    return api.lower(snapshot(*objects))


def inventory(*objects: Json) -> Inventory:
    declared = lower(*objects)
    assert declared.problems == ()
    return dict(declared.realms)["v1beta1"].inventory


def raw(name: str, namespace: str = "shop", cluster: str = "", **ports: int) -> Json:
    annotations = {"annotations": {"cluster.solo.io/cluster": cluster}} if cluster else {}
    listed = [{"name": each, "port": number} for each, number in ports.items()]
    spec = {"selector": {"app": name}, "ports": listed}
    return made("v1", "Service", name, spec, namespace=namespace, metadata=annotations)


MESH: Json = {
    "istio": {
        "installation": {
            "cluster": "c1",
            "namespace": "istio-system",
            "version": "1.11",
            "podLabels": {"app": "istiod"},
        },
        "trustDomain": "cluster.local",
    },
    "agentInfo": {"agentNamespace": "gm"},
}
JOINED = {"appliedVirtualMesh": {"ref": {"name": "vm", "namespace": "gm"}, "observedGeneration": 1}}


def test_a_mesh_knows_its_cluster_and_its_virtual_mesh() -> None:
    found = inventory(made(DISCOVERY, "Mesh", "one", MESH, status=JOINED), made(DISCOVERY, "Mesh", "two", {"osm": {}}))
    assert [(each.name, each.cluster, each.virtual_mesh) for each in found.meshes] == [
        (("gm", "one"), "c1", ("gm", "vm")),
        (("gm", "two"), "", None),
    ]
    assert found.meshes_read
    assert not found.virtual_meshes_read
    assert found.mesh(("gm", "two")) is found.meshes[1]


@pytest.mark.parametrize(
    ("federation", "federates"),
    [
        (None, False),
        ({}, False),
        ({"selectors": []}, False),
        ({"selectors": [{}]}, True),
        ({"selectors": [{"meshes": [{"name": "one", "namespace": "gm"}]}], "hostnameSuffix": "global"}, True),
        ({"permissive": {}}, True),
        ({"selectors": [], "permissive": {}}, True),
    ],
)
def test_federation_is_on_with_a_selector_or_permissive(federation: Json | None, federates: bool) -> None:
    """11.3."""
    meshes = [{"name": "one", "namespace": "gm"}, {"name": "two", "namespace": "gm"}]
    spec = {"meshes": meshes, "mtlsConfig": {"autoRestartPods": True}, "globalAccessPolicy": "DISABLED"}
    written = made(NETWORKING, "VirtualMesh", "vm", spec | ({} if federation is None else {"federation": federation}))
    (found,) = inventory(written).virtual_meshes
    assert (found.meshes, found.federates) == ((("gm", "one"), ("gm", "two")), federates)


def test_typos_in_meshes_are_found() -> None:
    declared = lower(made(NETWORKING, "VirtualMesh", "vm", {"mesh": []}), made(DISCOVERY, "Mesh", "m", {"istoi": {}}))
    assert sorted((each.code, each.at.field) for each in declared.problems) == [
        ("GMG001", "spec.istoi"),
        ("GMG001", "spec.mesh"),
    ]


def test_what_a_destination_says_of_mesh_pods_and_federation() -> None:
    """11.1."""
    written = service("web", "shop", "c1", http=80)
    written["spec"]["mesh"] = {"name": "one", "namespace": "gm"}
    endpoints = [
        {"ipAddress": "10.0.0.1", "labels": {"v": "1"}, "subLocality": {"zone": "z"}},
        {"ipAddress": "10.0.0.2"},
    ]
    written["spec"]["kubeService"] |= {
        "subsets": {"version": {"values": ["v1", "v2"]}},
        "endpointSubsets": [{"endpoints": endpoints, "ports": [{"port": 80}]}],
    }
    (silent,) = inventory(written).services
    assert (silent.mesh, silent.subsets) == (("gm", "one"), (("version", ("v1", "v2")),))
    assert silent.endpoint_labels == ((("v", "1"),), ())
    assert silent.federated_to is None
    written["status"] = {"localFqdn": "x"}
    assert inventory(written).services[0].federated_to == ()
    written["status"] = {"appliedFederation": {"federatedToMeshes": [{"name": "two", "namespace": "gm"}]}}
    assert inventory(written).services[0].federated_to == (("gm", "two"),)


VIRTUAL = "networking.enterprise.mesh.gloo.solo.io/v1beta1"


def kube(name: str, cluster: str) -> Json:
    return {"kubeService": {"name": name, "namespace": "shop", "clusterName": cluster}}


def test_a_static_list_is_the_failover_order() -> None:
    """Section 10: decreasing priority, whatever order the status has; without a list the status tells."""
    spec = {
        "hostname": "web.global",
        "port": {"number": 80},
        "static": {"destinations": [kube("b", "c2"), kube("a", "c1")]},
    }
    status = {"selectedDestinations": [{"destination": kube("a", "c1")}, {"destination": kube("b", "c2")}]}
    (ordered,) = inventory(made(VIRTUAL, "VirtualDestination", "vd", spec, status=status)).virtual_destinations
    assert [(each.name, each.cluster) for each in ordered.backing] == [("b", "c2"), ("a", "c1")]
    del spec["static"]
    (told,) = inventory(made(VIRTUAL, "VirtualDestination", "vd", spec, status=status)).virtual_destinations
    assert [(each.name, each.cluster) for each in told.backing] == [("a", "c1"), ("b", "c2")]


def test_backing_is_shown() -> None:
    spec = {
        "hostname": "web.global",
        "port": {"number": 80},
        "static": {"destinations": [kube("b", "c2"), kube("a", "c1")]},
    }
    to = {"routeAction": {"destinations": [{"virtualDestination": {"name": "vd", "namespace": "gm"}}]}}
    objects = [
        gateway(),
        ingress(http2=80),
        host(rule("r", "/r", to)),
        made(VIRTUAL, "VirtualDestination", "vd", spec),
    ]
    (item,) = items("curl", "http://h.example/r", objects=objects)
    (destination,) = item["upstream"]["destinations"]
    assert [(each["name"], each["cluster"]) for each in destination["backing"]] == [("b", "c2"), ("a", "c1")]
    said = run("explain", "virtualdestination/gm/vd", objects=objects).out
    assert said.index("Service b.shop, in cluster c2") < said.index("Service a.shop, in cluster c1")


# ---- Services and Pods as they are written


def test_written_services_count_beside_those_that_were_discovered() -> None:
    """One of the same name and cluster is the same; without a cluster it is one of that name anywhere."""
    found = inventory(
        service("web", "shop", "c1", http=80),
        raw("web", cluster="c1", http=81),
        raw("web", http=82, namespace="shop"),
        raw("web", cluster="c2", http=83),
        raw("other", http=84),
    )
    assert [(each.name, each.cluster, each.ports[0].number) for each in found.services] == [
        ("web", "c1", 80),
        ("other", "", 84),
        ("web", "c2", 83),
    ]


def test_services_that_do_not_say_where_they_are_are_found_for_any_cluster() -> None:
    """`spec/v2.md` DEC-25."""
    found = inventory(raw("web", http=80))
    near = found.service_near("shop", "web", "c9")
    assert near is not None
    assert near.ref.kind == "Service"


def places(found: Inventory) -> list[bool]:
    wanted = (("c1", "shop"), ("c1", "other"), ("c2", "shop"), ("", "shop"))
    return [found.has_services_in(*each) for each in wanted]


def test_in_files_only_a_namespace_with_a_service_is_known() -> None:
    assert places(inventory(service("web", "shop", "c1"))) == [True, False, False, False]
    assert places(inventory(raw("web", cluster="c1"))) == [True, False, False, False]
    assert places(inventory(raw("web"))) == [False, False, False, True]
    assert places(inventory()) == [False] * 4


@pytest.mark.parametrize(
    ("extent", "known"), [(EVERYWHERE, True), (Extent(frozenset({"shop"})), False), (Extent(), False)]
)
def test_live_discovery_is_known_only_as_a_whole(extent: Extent, known: bool) -> None:
    """A Destination stands in the namespace of the product, not in that of its Service."""
    seen = snapshot(service("web", "shop", "c1"))
    live = Snapshot(SourceType.LIVE, seen.objects, read={"destinations.discovery.mesh.gloo.solo.io": extent})
    assert places(dict(api.lower(live).realms)["v1beta1"].inventory) == [known] * 4


@pytest.mark.parametrize(
    ("to", "resolved", "gap"),
    [
        ("web.shop.c1", "found", None),
        ("gone.shop.c1", "missing", None),
        ("gone.other.c1", "unknown", ("c1", "other", "no Service of namespace other of c1 in the input")),
        ("gone.shop.c2", "unknown", ("c2", None, "no Service of c2 in the input")),
    ],
)
def test_what_may_be_called_missing_in_files(to: str, resolved: str, gap: tuple[str, str | None, str] | None) -> None:
    """D-27: an unrelated Service does not make the others missing."""
    objects = [gateway(), ingress("c1", http2=80), service("web", "shop", "c1"), host(rule("r", "/r", goes(to)))]
    answer = run("routes", "-o", "json", objects=objects).json
    (item,) = answer["items"]
    assert [each["resolved"] for each in item["action"]["destinations"]] == [resolved]
    assert [(each["cluster"], each["namespace"], each["message"]) for each in answer["gaps"]] == ([gap] if gap else [])
    found = run("check", "--select", "GMG411", "-o", "json", objects=objects).json
    assert [each["code"] for each in found["items"]] == (["GMG411"] if resolved == "missing" else [])
    assert [each["code"] for each in found["summary"]["notChecked"]] == (["GMG411"] if gap else [])


def test_services_alone_are_no_objects_of_the_product() -> None:
    ran = run("routes", objects=[raw("web")])
    assert (ran.code, ran.out) == (3, "")
    assert "1 objects of other kinds were skipped" in ran.err


def test_services_of_one_generation_do_not_make_the_other() -> None:
    objects = [gateway(), ingress(http2=80), host(rule("r", "/r", goes("web.shop.c"))), raw("web")]
    for generation in ("auto", "v1beta1"):
        answer = run("routes", "-o", "json", "--generation", generation, objects=objects).json
        assert answer["source"]["generations"] == ["v1beta1"]
        assert [each["resolved"] for each in answer["items"][0]["action"]["destinations"]] == ["found"]


def test_of_pods_only_the_labels_are_kept() -> None:
    env = [{"name": "PASSWORD", "value": "canary"}]
    pod = made(
        "v1",
        "Pod",
        "web-1",
        {"containers": [{"name": "c", "env": env}]},
        metadata={"labels": {"app": "web"}, "annotations": {"note": "canary", "cluster.solo.io/cluster": "c1"}},
        status={"podIP": "10.0.0.1"},
    )
    read = snapshot(pod)
    (kept,) = [each for each in read.objects if each.ref.kind == "Pod"]
    assert kept.body == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "gm", "labels": {"app": "web"}},
    }
    (found,) = inventory(pod).pods
    assert (found.ref.cluster, found.labels) == ("c1", (("app", "web"),))


def test_a_gateway_may_stand_on_a_written_service() -> None:
    """D-3: its pods are those of an ingress gateway."""
    front = raw("edge", "istio-system", http2=8080)
    front["spec"]["selector"] = {"istio": "ingressgateway"}
    objects = [gateway(), front, host(rule("r", "/r", goes("web.shop.c")))]
    (item,) = run("routes", "-o", "json", objects=objects).json["items"]
    assert item["listener"]["port"] == 8080


@pytest.mark.parametrize("given", [[raw("web", http=80)], [raw("web", http=80, cluster="c1")], []])
def test_written_services_of_others_do_not_take_a_gateway_its_own(given: list[Json]) -> None:
    objects = [gateway(), *given, host(rule("r", "/r", goes("web.shop.c1")))]
    assert run("check", "--select", "GMG104", "-o", "json", objects=objects).json["items"] == []


def test_a_port_that_is_not_written_costs_nothing() -> None:
    """A range compares whatever is no number with each of its own: 6 ms for each port of each Service."""
    began = time.process_time()
    assert {node_port({}) for _ in range(1000)} == {None}
    assert time.process_time() - began < 0.5

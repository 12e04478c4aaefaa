"""What stands behind VirtualDestinations and ExternalServices (`spec/v2.md` 2.2, 12.2, 12.4 and 14)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run import gmg, manifests_text, routes_json

Json = dict[str, Any]

NETWORKING = "networking.gloo.solo.io/v2"
ADMIN = "admin.gloo.solo.io/v2"
VIRTUAL, EXTERNAL = "VIRTUAL_DESTINATION", "EXTERNAL_SERVICE"
HTTP = {"number": 80, "name": "http", "protocol": "HTTP"}
OLD, NEW = "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"


def manifest(group: str, kind: str, path: str, spec: Json, **metadata: Any) -> Json:
    namespace, name = path.split("/")
    return {
        "apiVersion": group,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
    }


def service(path: str, cluster: str = "", created: str = OLD, app: str = "web", ports: Any = None) -> Json:
    place = {"annotations": {"cluster.solo.io/cluster": cluster}} if cluster else {}
    labels = {"labels": {"app": app}, "creationTimestamp": created, **place}
    return manifest("v1", "Service", path, {"ports": ports or [{"name": "http", "port": 8080}]}, **labels)


def virtual(**spec: Any) -> Json:
    ports = [{"number": 80, "protocol": "HTTP", "targetPort": {"number": 8080}}]
    return manifest(NETWORKING, "VirtualDestination", "red/vd", {"hosts": ["vd.mesh"], "ports": ports, **spec})


def external(path: str = "red/es", labels: Json | None = None, **spec: Any) -> Json:
    return manifest(NETWORKING, "ExternalService", path, {"ports": [HTTP], **spec}, labels=labels or {})


def endpoint(path: str, address: str = "192.0.2.1", labels: Json | None = None, ports: Any = None) -> Json:
    spec = {"address": address, "ports": ports or [{"name": "http", "number": 8000}]}
    return manifest(NETWORKING, "ExternalEndpoint", path, spec, labels=labels or {"vm": "a"})


def workspace(name: str, imports: Any = (), exports: Any = ()) -> tuple[Json, Json]:
    """A workspace that is a namespace, and its settings."""
    spec = {"workloadClusters": [{"name": "*", "namespaces": [{"name": name}]}]}
    shared = {"importFrom": list(imports), "exportTo": list(exports)}
    return (
        manifest(ADMIN, "Workspace", f"mgmt/{name}", spec),
        manifest(ADMIN, "WorkspaceSettings", f"{name}/own", shared),
    )


def share(name: str, *kinds: str) -> Json:
    return {"workspaces": [{"name": name}], "resources": [{"kind": kind} for kind in kinds]}


def reached(kind: str, *objects: Json, port: Json | None = None) -> Json:
    """The destination of a rule of the red team, in JSON."""
    ref = {"name": "vd" if kind == VIRTUAL else "es", "namespace": "red"}
    destination = {"ref": ref, "kind": kind, **({"port": port} if port else {})}
    gateway = {"workloads": [{"selector": {}}], "listeners": [{"http": {}, "port": {"number": 80}}]}
    table = {
        "hosts": ["shop.example"],
        "virtualGateways": [{"name": "edge"}],
        "http": [{"name": "all", "forwardTo": {"destinations": [destination]}}],
    }
    manifests = [
        *objects,
        manifest(NETWORKING, "VirtualGateway", "red/edge", gateway),
        manifest(NETWORKING, "RouteTable", "red/root", table),
    ]
    (item,) = routes_json(manifests)["items"]
    found: Json = item["action"]["destinations"][0]
    return found


def names(destination: Json) -> list[str]:
    return [f"{each['namespace']}/{each['name']}" for each in destination["backing"]]


SHARED = {
    "neither": ((), (), []),
    "only exported": ((), [share("red", "SERVICE")], []),
    "only imported": ([share("blue", "SERVICE")], (), []),
    "both": ([share("blue", "SERVICE")], [share("red", "SERVICE")], ["blue/web"]),
    "of another kind": ([share("blue", "SERVICE")], [share("red", "EXTERNAL_SERVICE")], []),
}


@pytest.mark.parametrize(("imports", "exports", "wanted"), SHARED.values(), ids=SHARED)
def test_services_that_the_workspace_sees(imports: Any, exports: Any, wanted: list[str]) -> None:
    """2.2: selectors choose within what the workspace of their object owns or imports; the older one is of another."""
    teams = (*workspace("red", imports=imports), *workspace("blue", exports=exports))
    both = (service("blue/web", "c1", OLD), service("red/web", "c2", NEW))
    found = reached(VIRTUAL, virtual(services=[{"labels": {"app": "web"}}]), *teams, *both)
    assert names(found) == [*wanted, "red/web"]


@pytest.mark.parametrize("exported", [True, False])
def test_external_services_that_the_workspace_sees(exported: bool) -> None:
    exports = [share("red", "EXTERNAL_SERVICE")] if exported else []
    teams = (*workspace("red", imports=[share("blue")]), *workspace("blue", exports=exports))
    outside = external("blue/es", {"out": "yes"}, hosts=["api.partner.test"], ports=[{**HTTP, "number": 8080}])
    found = reached(VIRTUAL, virtual(externalServices=[{"labels": {"out": "yes"}}]), *teams, outside)
    assert names(found) == (["blue/es"] if exported else [])


def test_one_service_for_each_cluster_the_oldest() -> None:
    """14.1 rule 3."""
    found = reached(
        VIRTUAL,
        virtual(services=[{"labels": {"app": "web"}}]),
        service("red/new", "c2", NEW),
        service("red/old", "c2", OLD),
        service("red/other", "c1", NEW),
        service("red/api", "c1", OLD, app="api"),
    )
    assert [(each["name"], each["cluster"], each["port"]) for each in found["backing"]] == [
        ("other", "c1", 8080),
        ("old", "c2", 8080),
    ]
    assert found["address"] == "vd.mesh"


def test_a_selector_may_name_a_workspace() -> None:
    both = [share("blue")], [share("red")]
    teams = (*workspace("red", imports=both[0]), *workspace("blue", exports=both[1]))
    services = service("red/web", "c1"), service("blue/web", "c2")
    found = reached(VIRTUAL, virtual(services=[{"workspace": "blue", "labels": {"app": "web"}}]), *teams, *services)
    assert names(found) == ["blue/web"]


def test_target_ports_by_name() -> None:
    ports = [{"number": 80, "protocol": "HTTP", "targetPort": {"name": "web"}}]
    own = service("red/web", "c1", ports=[{"name": "admin", "port": 9000}, {"name": "web", "port": 8081}])
    found = reached(VIRTUAL, virtual(services=[{"name": "web"}], ports=ports), own)
    assert [each["port"] for each in found["backing"]] == [8081]


def test_the_target_port_is_that_of_the_external_service() -> None:
    """14.1: the port of the ExternalService is found by the target, and leads where its own target says."""
    es = external(
        hosts=["api.partner.test"],
        labels={"out": "yes"},
        ports=[HTTP, {**HTTP, "number": 8080, "name": "alt", "targetPort": {"number": 443}, "clientsideTls": {}}],
    )
    found = reached(VIRTUAL, virtual(externalServices=[{"labels": {"out": "yes"}}]), es)
    assert [(each["port"], each["tls"]) for each in found["backing"]] == [(443, True)]


@pytest.mark.parametrize(
    ("tls", "encrypted"),
    [
        ({}, True),
        ({"mode": "SIMPLE"}, True),
        ({"mode": "MUTUAL", "clientCertificate": "/c", "privateKey": "/k"}, True),
        ({"mode": "ISTIO_MUTUAL"}, True),
        ({"mode": "DISABLE", "sni": "x"}, False),
        (None, False),
    ],
)
def test_tls_to_an_external_service(tls: Json | None, encrypted: bool) -> None:
    """14.2: SIMPLE unless another mode is written."""
    port = HTTP if tls is None else {**HTTP, "clientsideTls": tls}
    found = reached(EXTERNAL, external(hosts=["api.partner.test"], ports=[port], subjectAltNames=["api"]))
    assert [each["tls"] for each in found["backing"]] == [encrypted]


def test_a_host_with_a_star_has_no_address() -> None:
    """14.2: hosts may be a wildcard prefix, and nobody can dial that."""
    found = reached(EXTERNAL, external(hosts=["*.partner.test"]))
    assert (found["resolved"], found["address"]) == ("found", None)
    assert [each["address"] for each in found["backing"]] == [None]


def test_addresses_in_place_of_hosts() -> None:
    found = reached(EXTERNAL, external(addresses=["198.51.100.7", "198.51.100.8"]))
    assert [(each["address"], each["port"]) for each in found["backing"]] == [
        ("198.51.100.7", 80),
        ("198.51.100.8", 80),
    ]
    assert found["address"] is None


def test_endpoints_of_the_own_workspace() -> None:
    """12.2 rule 7: endpoints do not move, whatever is exported."""
    teams = (*workspace("red", imports=[share("blue")]), *workspace("blue", exports=[share("red")]))
    found = reached(
        EXTERNAL,
        external(hosts=["legacy.test"], selector={"vm": "a"}),
        *teams,
        endpoint("red/vm", "192.0.2.1"),
        endpoint("blue/vm", "192.0.2.2"),
    )
    assert [(each["kind"], each["namespace"], each["address"], each["port"]) for each in found["backing"]] == [
        ("ExternalEndpoint", "red", "192.0.2.1", 8000)
    ]


def test_a_selector_that_finds_no_endpoint() -> None:
    """14.2: then the hosts are looked up by DNS."""
    es = external(hosts=["legacy.test"], selector={"vm": "gone"})
    found = reached(EXTERNAL, es, endpoint("red/vm"))
    assert [(each["kind"], each["address"], each["port"]) for each in found["backing"]] == [
        ("ExternalService", "legacy.test", 80)
    ]


def test_endpoints_that_nobody_gave_are_unknown() -> None:
    """DEC-27: without any endpoint in the input nobody knows what the selector finds."""
    assert reached(EXTERNAL, external(hosts=["legacy.test"], selector={"vm": "a"}))["backing"] == []


def test_ports_of_endpoints() -> None:
    """14.2 and 14.3: by the name of the target, the only one whatever it is called; a socket has none."""
    two = [{"name": "web", "number": 8001}, {"name": "http", "number": 8002}]
    es = external(selector={"vm": "a"}, hosts=["x.test"], ports=[{**HTTP, "targetPort": {"name": "web"}}])
    found = reached(
        EXTERNAL,
        es,
        endpoint("red/one"),
        endpoint("red/socket", "unix:///run/web.sock"),
        endpoint("red/two", "192.0.2.2", ports=two),
    )
    assert {each["name"]: each["port"] for each in found["backing"]} == {"one": 8000, "socket": None, "two": 8001}


def test_a_port_by_name() -> None:
    """2.5: the port is required where there are several, by number or by name."""
    ports = [{**HTTP, "targetPort": {"number": 8080}}, {**HTTP, "number": 443, "name": "https"}]
    es = external(hosts=["api.partner.test"], ports=ports)
    assert [each["port"] for each in reached(EXTERNAL, es, port={"name": "http"})["backing"]] == [8080]
    assert [each["port"] for each in reached(EXTERNAL, es, port={"number": 443})["backing"]] == [443]


@pytest.mark.parametrize(("port", "code"), [({"name": "grpc"}, "GMG412"), ({"number": 81}, "GMG412"), (None, "GMG413")])
def test_a_port_that_is_not_there(port: Json | None, code: str) -> None:
    es = external(hosts=["api.partner.test"], ports=[HTTP, {**HTTP, "number": 443, "name": "https"}])
    destination = {"ref": {"name": "es"}, "kind": EXTERNAL, **({"port": port} if port else {})}
    table = {"hosts": ["a.test"], "http": [{"name": "all", "forwardTo": {"destinations": [destination]}}]}
    ran = gmg(
        "check",
        "-f",
        "-",
        "-o",
        "json",
        stdin=manifests_text([es, manifest(NETWORKING, "RouteTable", "red/root", table)]),
    )
    assert code in [each["code"] for each in ran.json["items"]]

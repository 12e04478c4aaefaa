"""Policies on routes that lead nowhere, on connections, and chosen in several ways at once (`spec/v2.md` 8.7, 11)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run import routes_json

Json = dict[str, Any]


def manifest(group: str, kind: str, name: str, spec: Json, **metadata: Any) -> Json:
    return {
        "apiVersion": "v1" if kind == "Service" else f"{group}.solo.io/v2",
        "kind": kind,
        "metadata": {"name": name, "namespace": "edge", **metadata},
        "spec": spec,
    }


def policy(kind: str, name: str, age: int = 1, config: Json | None = None, **spec: Any) -> Json:
    group = {"Connection": "resilience", "HeaderManipulation": "trafficcontrol", "Transformation": "trafficcontrol"}
    of = group.get(kind.removesuffix("Policy"), "security")
    spec["config"] = config or {}
    return manifest(f"{of}.policy.gloo", kind, name, spec, creationTimestamp=f"2024-01-0{age}T00:00:00Z")


def service(name: str, **labels: str) -> Json:
    return manifest("", "Service", name, {"ports": [{"port": 80}]}, labels=labels)


def to(*names: str) -> Json:
    return {"forwardTo": {"destinations": [{"ref": {"name": name}, "port": {"number": 80}} for name in names]}}


GATEWAY = manifest(
    "networking.gloo",
    "VirtualGateway",
    "public",
    {"listeners": [{"http": {}, "port": {"number": 80}}, {"tls": {"mode": "PASSTHROUGH"}, "port": {"number": 443}}]},
)


def table(**spec: Any) -> Json:
    return manifest(
        "networking.gloo", "RouteTable", "t", {"hosts": ["a.example"], "virtualGateways": [{"name": "public"}], **spec}
    )


def rule(name: str, action: Json, **labels: str) -> Json:
    return {"name": name, "labels": labels, "matchers": [{"uri": {"prefix": f"/{name}"}}], **action}


def uses(*objects: Json) -> dict[str, dict[str, Json]]:
    """The policies of every route, by their names."""
    items = routes_json([GATEWAY, *objects])["items"]
    return {item["id"].rpartition("/")[2]: {each["ref"]["name"]: each for each in item["policies"]} for item in items}


def on_cart(kind: str, name: str) -> Json:
    return policy(kind, name, applyToDestinations=[{"selector": {"name": "cart"}}])


def test_nothing_acts_on_a_destination_of_a_route_that_is_replaced() -> None:
    """Requests get a 500 and go nowhere (8.7); what acts on the route as a whole may still do so."""
    http = [rule("sound", to("cart")), rule("broken", to("cart", "gone"))]
    found = uses(
        service("cart"),
        table(http=http),
        on_cart("ConnectionPolicy", "there"),
        policy("CORSPolicy", "all"),
    )
    assert {name: set(each) for name, each in found.items()} == {"sound": {"there", "all"}, "broken": {"all"}}


def test_nor_of_one_that_only_some_gateways_may_not_serve() -> None:
    """The Service is in a cluster that the gateway does not run in, and is not federated (12.4 rule 3)."""
    clusters = [{"name": "*", "namespaces": [{"name": "*"}]}]
    tenant = manifest("admin.gloo", "Workspace", "all", {"workloadClusters": clusters})
    front = manifest("", "Service", "front", {"selector": {"istio": "ingressgateway"}, "ports": [{"port": 80}]})
    cart = service("cart")
    for each, cluster in ((front, "near"), (cart, "far")):
        each["metadata"]["annotations"] = {"cluster.solo.io/cluster": cluster}
    known = [manifest("admin.gloo", "KubernetesCluster", name, {}) for name in ("near", "far")]
    settings = manifest("admin.gloo", "WorkspaceSettings", "own", {})
    far = {"forwardTo": {"destinations": [{"ref": {"name": "cart", "cluster": "far"}, "port": {"number": 80}}]}}
    both = policy("ExtAuthPolicy", "both", applyToRoutes=[{}], applyToDestinations=[{"selector": {"name": "cart"}}])
    objects = [GATEWAY, tenant, settings, *known, front, cart, table(http=[rule("far", far)]), both]
    objects.append(on_cart("ConnectionPolicy", "there"))
    (item,) = routes_json(objects)["items"]
    assert (item["status"], item["because"]) == ("replaced", ["GMG418"])
    assert [(each["ref"]["name"], each["state"]) for each in item["policies"]] == [("both", "applied")]


def test_what_acts_on_requests_has_nothing_to_do_with_connections() -> None:
    tls = [{"matchers": [{"sniHosts": ["a.example"]}], **to("cart")}]
    found = uses(
        service("cart"),
        table(tls=tls, http=[rule("web", to("cart"))]),
        *(on_cart(kind, kind) for kind in ("ConnectionPolicy", "ExtAuthPolicy", "JWTPolicy")),
    )
    assert set(found["web"]) == {"ConnectionPolicy", "ExtAuthPolicy", "JWTPolicy"}
    assert set(found["tls[0]"]) == {"ConnectionPolicy"}


WAYS: dict[str, tuple[str, Json, str]] = {
    "labels": ("CORSPolicy", {"applyToRoutes": [{"route": {"labels": {"a": "b"}}}]}, "labels"),
    "the table": ("CORSPolicy", {"applyToRoutes": [{"route": {"namespace": "edge"}}]}, "labels"),
    "labels before all": ("CORSPolicy", {"applyToRoutes": [{}, {"route": {"labels": {"a": "b"}}}]}, "labels"),
    "an empty entry": ("CORSPolicy", {"applyToRoutes": [{}]}, "all"),
    "nothing": ("CORSPolicy", {}, "all"),
    "where it leads": (
        "CORSPolicy",
        {"applyToRoutes": [{"withDestinations": {"port": {"number": 80}}}]},
        "destinations",
    ),
    "a destination": ("ConnectionPolicy", {"applyToDestinations": [{"selector": {"name": "cart"}}]}, "destinations"),
    "a port": ("ConnectionPolicy", {"applyToDestinations": [{"port": {"number": 80}}]}, "destinations"),
    "all destinations": ("ConnectionPolicy", {"applyToDestinations": [{"selector": {}}]}, "all"),
    "a destination of any route": (
        "HeaderManipulationPolicy",
        {"applyToRouteDestinations": [{"route": {}, "onDestinations": [{"selector": {"name": "cart"}}]}]},
        "destinations",
    ),
    "a destination of labelled routes": (
        "HeaderManipulationPolicy",
        {"applyToRouteDestinations": [{"route": {"labels": {"a": "b"}}, "onDestinations": [{}]}]},
        "labels",
    ),
}


@pytest.mark.parametrize(("kind", "spec", "by"), WAYS.values(), ids=WAYS)
def test_what_a_route_was_chosen_by(kind: str, spec: Json, by: str) -> None:
    found = uses(service("cart"), table(http=[rule("one", to("cart"), a="b")]), policy(kind, "p", **spec))
    assert found["one"]["p"]["by"] == by  # spec/cli.md 6.8


def test_what_one_way_makes_certain_is_not_left_open_by_another() -> None:
    """The Services of one cluster were not read, so labels there are not known; the other destination is meant."""
    known = [manifest("admin.gloo", "KubernetesCluster", name, {}) for name in ("here", "there")]
    cart = service("cart", app="cart")
    cart["metadata"]["annotations"] = {"cluster.solo.io/cluster": "here"}
    to_there, to_here = (
        {"ref": {"name": "cart", "cluster": cluster}, "port": {"number": 80}, "weight": 50}
        for cluster in ("there", "here")
    )
    leads = [{"withDestinations": {"selector": {"labels": {"app": "cart"}}}}]
    policies = [
        policy("ExtAuthPolicy", "older", applyToRoutes=leads),
        policy("ExtAuthPolicy", "later", 2, applyToRoutes=[{}]),
    ]
    http = [
        rule("both", {"forwardTo": {"destinations": [to_there, to_here]}}),
        rule("open", {"forwardTo": {"destinations": [to_there]}}),
    ]
    found = uses(*known, cart, table(http=http), *policies)
    states = {route: [each[name]["state"] for name in ("older", "later")] for route, each in found.items()}
    assert states == {"both": ["applied", "lost"], "open": ["unknown", "unknown"]}


def test_the_first_to_act_stands_for_all_of_its_kind_among_the_options() -> None:
    phases = ({"postAuthz": {"priority": 1}}, {"preAuthz": {"priority": 7}}, {"preAuthz": {"priority": 3}})
    several = [policy("TransformationPolicy", f"p{n}", n + 1, {"phase": each}) for n, each in enumerate(phases)]
    walls = [policy("WAFPolicy", f"w{n}", n + 1, each) for n, each in enumerate(({}, {"priority": 2}, {"priority": 1}))]
    answer = table(http=[rule("one", {"directResponse": {"status": 200}})])
    (item,) = routes_json([GATEWAY, answer, *several, *walls])["items"]
    kinds = {"transformationPolicy": "TransformationPolicy", "wafPolicy": "WAFPolicy"}
    for option, first in (("transformationPolicy", "p2"), ("wafPolicy", "w2")):
        assert item["options"][option]["origin"]["ref"]["name"] == first
        acting = (each["ref"] for each in item["policies"] if each["ref"]["kind"] == kinds[option])
        assert next(acting)["name"] == first

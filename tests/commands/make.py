"""Manifests for tests of the command line, and runs on them."""

from __future__ import annotations

from typing import Any

from tests.run import Ran, gmg, manifests_text

Json = dict[str, Any]
GROUP = "networking.enterprise.mesh.gloo.solo.io/v1beta1"


def made(kind: str, name: str, namespace: str, spec: Json, **metadata: Any) -> Json:
    """An object of the first generation."""
    return {
        "apiVersion": GROUP,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
    }


def gateway(
    name: str = "gw", namespace: str = "ns", *, ports: tuple[str, ...] = ("http2",), inline: Any = None, **more: Any
) -> Json:
    """A gateway that selects every host of its namespace, or has an inline one; `more` belongs to its handler."""
    selects: Json = {"virtualHost": inline} if inline else {"virtualHostSelector": {"namespaces": [namespace]}}
    handler = {"http": {"routeConfig": [selects]}, **more}
    spec = {"ingressGatewaySelectors": [{"portName": port} for port in ports], "connectionHandlers": [handler]}
    return made("VirtualGateway", name, namespace, spec)


def host(
    *routes: Json, name: str = "vh", namespace: str = "ns", domains: Any = ("h.example",), **metadata: Any
) -> Json:
    """A host."""
    return made("VirtualHost", name, namespace, {"domains": list(domains), "routes": list(routes)}, **metadata)


def table(*routes: Json, name: str = "rt", namespace: str = "ns", weight: int = 0, **metadata: Any) -> Json:
    """A route table."""
    return made("RouteTable", name, namespace, {"weight": weight, "routes": list(routes)}, **metadata)


def rule(name: str = "", prefix: str = "/", action: Json | None = None, **matcher: Any) -> Json:
    """A rule that answers by itself unless it is given something else to do."""
    matchers = {"matchers": [{"uri": {"prefix": prefix}, **matcher}]}
    named = {"name": name} if name else {}
    return {**named, **matchers, **(action or says(200, name))}


def says(status: int, body: str = "") -> Json:
    """A direct response."""
    return {"directResponseAction": {"status": status, "body": body}}


def goes(service: str, *, subset: Json | None = None, **action: Any) -> Json:
    """Forwards to `NAME.NS.CLUSTER`."""
    name, namespace, cluster = service.split(".")
    found: Json = {"name": name, "namespace": namespace, "clusterName": cluster}
    if subset:
        found["subset"] = subset
    return {"routeAction": {"destinations": [{"kubeService": found}], **action}}


def redirects(**to: Any) -> Json:
    """A redirect."""
    return {"redirectAction": to}


def delegates(*refs: str, sort: str = "", namespaces: Any = (), labels: Json | None = None) -> Json:
    """Hands over to `NS/NAME` tables, or to those of some namespaces."""
    action: Json = (
        {"refs": [{"namespace": ref.split("/")[0], "name": ref.split("/")[1]} for ref in refs]} if refs else {}
    )
    if namespaces or labels:
        action["selector"] = {"namespaces": list(namespaces), **({"labels": labels} if labels else {})}
    return {"delegateAction": {**action, **({"sortMethod": sort} if sort else {})}}


def traffic_policy(name: str, namespace: str, labels: Json, **policy: Any) -> Json:
    """A policy for the rules with these labels."""
    spec = {"routeSelector": [{"routeLabelMatcher": labels}], "policy": policy}
    return {**made("TrafficPolicy", name, namespace, spec), "apiVersion": "networking.mesh.gloo.solo.io/v1"}


def service(name: str, namespace: str, cluster: str, labels: Json | None = None, **ports: int) -> Json:
    """A discovered Service."""
    ref = {"name": name, "namespace": namespace, "clusterName": cluster}
    listed = [{"name": each, "port": number, "protocol": "TCP"} for each, number in ports.items()]
    kube = {"ref": ref, "labels": labels or {}, "ports": listed}
    return {
        "apiVersion": "discovery.mesh.gloo.solo.io/v1",
        "kind": "Destination",
        "metadata": {"name": f"{name}-{namespace}-{cluster}", "namespace": "gloo-mesh"},
        "spec": {"kubeService": kube},
    }


def ingress(cluster: str = "c", **ports: int) -> Json:
    """The Service of the ingress gateways."""
    found = service("istio-ingressgateway", "istio-system", cluster, {"istio": "ingressgateway"}, **ports)
    found["spec"]["kubeService"]["serviceType"] = "LOAD_BALANCER"
    return found


def run(*arguments: str, objects: list[Json]) -> Ran:
    """A command on these objects."""
    return gmg(*arguments, "-f", "-", stdin=manifests_text(objects))


def items(*arguments: str, objects: list[Json]) -> list[Json]:
    """The items of an answer as JSON."""
    found: list[Json] = run(*arguments, "-o", "json", objects=objects).json["items"]
    return found


def simulated(*arguments: str, objects: list[Json]) -> Json:
    """The only answer to a request."""
    (item,) = items("curl", *arguments, objects=objects)
    return item

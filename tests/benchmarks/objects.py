"""Generated inputs: one gateway, its hosts, and route tables below them. Equal arguments give equal objects."""

from __future__ import annotations

from typing import Any

ENTERPRISE = "networking.enterprise.mesh.gloo.solo.io/v1beta1"
CREATED = "2026-01-01T00:00:00Z"

Manifest = dict[str, Any]


def mesh(tables: int, routes: int, hosts: int) -> list[Manifest]:
    """One gateway that selects every host, the hosts, and the tables, which are spread over the hosts evenly."""
    return [gateway(), *(host(number) for number in range(hosts)), *spread(tables, routes, hosts)]


def spread(tables: int, routes: int, hosts: int) -> list[Manifest]:
    """The tables, the first below the first host, the second below the second, and round again."""
    return [table(number, number % hosts, routes) for number in range(tables)]


def host_of_routes(routes: int) -> list[Manifest]:
    """One host whose routes stand in tables of a hundred."""
    return mesh(routes // 100, 100, 1)


def manifest(kind: str, namespace: str, name: str, spec: Manifest, labels: dict[str, str]) -> Manifest:
    """An object as a server stores it."""
    tracked = {"argocd.argoproj.io/tracking-id": f"gateway:{ENTERPRISE.partition('/')[0]}/{kind}:{namespace}/{name}"}
    metadata: Manifest = {"creationTimestamp": CREATED, "name": name, "namespace": namespace}
    metadata |= {"labels": labels, "annotations": tracked}
    return {"apiVersion": ENTERPRISE, "kind": kind, "metadata": metadata, "spec": spec}


def gateway() -> Manifest:
    """A plain-text gateway for all hosts."""
    selector = {"namespaces": ["*"], "labels": {"gateway": "main"}}
    handler = {"http": {"routeConfig": [{"virtualHostSelector": selector}]}}
    spec = {"ingressGatewaySelectors": [{"portName": "http2"}], "connectionHandlers": [handler]}
    return manifest("VirtualGateway", "gateways", "main", spec, {})


def host(number: int) -> Manifest:
    """A host that hands over to the tables with its label; every other one ranks routes by specificity."""
    delegate: Manifest = {"selector": {"namespaces": ["*"], "labels": {"host": f"host-{number}"}}}
    if number % 2:
        delegate["sortMethod"] = "ROUTE_SPECIFICITY"
    rule = {"name": "tables", "matchers": [{"uri": {"prefix": "/"}}], "delegateAction": delegate}
    spec = {"domains": [f"host-{number}.example.com"], "routes": [rule]}
    return manifest("VirtualHost", "gateways", f"host-{number}", spec, {"gateway": "main"})


def table(number: int, host_number: int, routes: int) -> Manifest:
    """A table of one team."""
    spec = {"weight": number % 7, "routes": [route(number, place) for place in range(routes)]}
    labels = {"app.kubernetes.io/managed-by": "argocd", "host": f"host-{host_number}", "team": f"team-{number % 50}"}
    return manifest("RouteTable", f"team-{number % 50}", f"table-{number:05d}", spec, labels)


def route(number: int, place: int) -> Manifest:
    """One forwarding rule, with about as many bytes as those that people publish.

    Of twenty, two test a header, one is a regular expression, one an exact path, six have options, ten a rewrite.
    """
    path, kind = f"/service-{number}/v{place}", number * 7 + place
    uri = {"regex": f"{path}/[0-9]+"} if kind % 20 == 3 else {"exact" if kind % 20 == 5 else "prefix": path}
    matcher: Manifest = {"uri": uri}
    if kind % 10 == 7:
        matcher["headers"] = [{"name": "x-version", "value": f"v{place}"}]
    service = {"clusterName": "cluster-1", "name": f"service-{number % 500}", "namespace": f"team-{number % 50}"}
    destination = {"kubeService": {**service, "port": 8080, "subset": {"version": f"v{place % 3}"}}}
    action: Manifest = {"destinations": [destination]}
    if kind % 2:
        action["pathRewrite"] = f"/internal/v{place}"
    written: Manifest = {"name": f"route-{place}", "matchers": [matcher], "routeAction": action}
    written["labels"] = {"tier": "backend"}
    if kind % 10 in (1, 4, 8):
        written["options"] = {"requestTimeout": "5s", "retries": {"attempts": 3, "perTryTimeout": "2s"}}
    return written


def surroundings(tables: int) -> list[Manifest]:
    """What the tables of a mesh need in order to be sound: the cluster, and its Services as they were discovered."""
    registered = manifest("KubernetesCluster", "gateways", "cluster-1", {"clusterDomain": "cluster.local"}, {})
    services = [service(f"team-{number % 50}", f"service-{number}", {}) for number in range(min(tables, 500))]
    ingress = service("istio-ingress", "ingressgateway", {"istio": "ingressgateway"})
    return [{**registered, "apiVersion": "multicluster.solo.io/v1alpha1"}, ingress, *services]


def service(namespace: str, name: str, labels: dict[str, str]) -> Manifest:
    """A discovered Service of the only cluster, with pods of three versions."""
    ref = {"name": name, "namespace": namespace, "clusterName": "cluster-1"}
    ports = [{"port": 8080, "name": "http2", "protocol": "TCP"}]
    subsets = {"version": {"values": ["v0", "v1", "v2"]}}
    found = {"ref": ref, "labels": labels, "workloadSelectorLabels": {"app": name}, "ports": ports, "subsets": subsets}
    made = manifest("Destination", "gateways", f"{name}-{namespace}-cluster-1", {"kubeService": found}, {})
    return {**made, "apiVersion": "discovery.mesh.gloo.solo.io/v1"}

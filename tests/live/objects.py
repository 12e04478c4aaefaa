"""Manifests for a stand-in, and the kinds to read from it."""

from __future__ import annotations

from typing import Any

from kubectl_gmg.model.snapshot import Affects, Kind
from tests.oracle.apiserver import DISCOVERY, ENTERPRISE, NETWORKING, V1BETA1

AFFECTS = {ENTERPRISE: Affects.ROUTES, NETWORKING: Affects.POLICIES, DISCOVERY: Affects.DESTINATIONS}
KINDS = tuple(
    Kind(each.group, each.version, each.kind, each.plural, "v1beta1", (AFFECTS.get(each.group, Affects.ATTACHMENT),))
    for each in V1BETA1
    if each.group
)
BY_NAME = {each.name: each for each in KINDS}
ROUTE_TABLES = BY_NAME["RouteTable"]
POLICIES = BY_NAME["TrafficPolicy"]


def manifest(kind: str, namespace: str, name: str, **spec: Any) -> dict[str, Any]:
    """An object as a user applies it."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": BY_NAME[kind].api_version, "kind": kind, "metadata": metadata, "spec": spec}


def tables(count: int) -> list[dict[str, Any]]:
    """So many route tables in three namespaces, each with something of its own."""
    return [
        manifest("RouteTable", f"team-{number % 3}", f"table-{number:03d}", weight=number, routes=[{"name": "größe"}])
        for number in range(count)
    ]


MIXED = [
    *tables(10),
    *(manifest("VirtualHost", "web", f"host-{number}", domains=["*"]) for number in range(7)),
    manifest("VirtualGateway", "web", "gateway"),
    manifest("TrafficPolicy", "web", "retries"),
]

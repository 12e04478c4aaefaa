"""What is only too long: bodies and lists at their limits (`spec/v2.md` RT-08 and RT-09, `spec/envoy.md` 90)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.run import gmg, manifests_text

BASE = Path(__file__).parent / "base"
LIMIT = 1_048_576
HOSTS: dict[str, dict[str, Any]] = {
    "v1beta1": {
        "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
        "kind": "VirtualHost",
        "metadata": {"name": "shop", "namespace": "apps", "labels": {"gateway": "public"}},
        "spec": {"domains": ["shop.example.com"]},
    },
    "v2": {
        "apiVersion": "networking.gloo.solo.io/v2",
        "kind": "RouteTable",
        "metadata": {"name": "shop", "namespace": "apps"},
        "spec": {"hosts": ["shop.example.com"], "virtualGateways": [{"name": "public", "namespace": "gateways"}]},
    },
}
FIELDS = {"v1beta1": ("routes", "directResponseAction"), "v2": ("http", "directResponse")}


def found(generation: str, rules: list[dict[str, Any]], code: str) -> list[str]:
    """The fields where a code is found."""
    host = HOSTS[generation]
    host = {**host, "spec": {**host["spec"], FIELDS[generation][0]: rules}}
    base = list(yaml.safe_load_all((BASE / f"{generation}.yaml").read_text()))
    ran = gmg("check", "-f", "-", "-o", "json", "--select", code, stdin=manifests_text([*base, host]))
    return [item["at"]["field"] for item in ran.json["items"]]


@pytest.mark.parametrize("generation", FIELDS)
@pytest.mark.parametrize(("body", "refused"), [("x" * LIMIT, False), ("x" * (LIMIT + 1), True), ("é" * LIMIT, True)])
def test_bodies_are_counted_in_bytes(generation: str, body: str, *, refused: bool) -> None:
    """Envoy 1.40 refuses `direct-response-too-long`: 1048577 bytes."""
    routes, action = FIELDS[generation]
    rule = {"name": "web", "matchers": [{"uri": {"prefix": "/web"}}], action: {"status": 200, "body": body}}
    assert found(generation, [rule], "GMG402") == ([f"spec.{routes}[0].{action}.body"] if refused else [])


@pytest.mark.parametrize(("count", "refused"), [(10_000, False), (10_001, True)])
def test_routes_of_a_table(count: int, *, refused: bool) -> None:
    rules = [
        {"name": f"r{number}", "matchers": [{"uri": {"exact": f"/{number}"}}], "directResponse": {"status": 200}}
        for number in range(count)
    ]
    assert found("v2", rules, "GMG424") == (["spec.http"] if refused else [])


@pytest.mark.parametrize("field", ["tcp", "tls", "workloadSelectors", "applyToDestinations"])
def test_other_lists_of_a_table(field: str) -> None:
    """10000 routes or selectors (RT-08)."""
    for count, refused in ((10_000, False), (10_001, True)):
        table = {**HOSTS["v2"], "spec": {**HOSTS["v2"]["spec"], field: [{}] * count}}
        ran = gmg("check", "-f", "-", "-o", "json", "--select", "GMG424", stdin=manifests_text([table]))
        assert [item["at"]["field"] for item in ran.json["items"]] == ([f"spec.{field}"] if refused else [])

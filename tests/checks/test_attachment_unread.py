"""What was not read is not missing: the rules about gateways and hosts stay silent, and say that they could not judge.

`spec/v1beta1.md` D-27, `spec/cli.md` 5.3. Each case fires where everything was read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.run import gmg

LOST = """
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: VirtualGateway
metadata: {name: edge, namespace: gloo-mesh}
spec:
  ingressGatewaySelectors:
  - portName: http
    destinationSelectors: [{kubeServiceMatcher: {labels: {istio: ingressgateway}, clusters: [c1]}}]
  - portName: https
    destinationSelectors: [{kubeServiceMatcher: {labels: {istio: ingressgateway}, clusters: [c2]}}]
  connectionHandlers:
  - http: {routeConfig: [{virtualHostSelector: {labels: {gateway: public}}}]}
---
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: VirtualHost
metadata: {name: shop, namespace: gloo-mesh}
spec:
  domains: [shop.example.com]
  routes: [{name: web, directResponseAction: {status: 200}}]
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: ingress, namespace: gloo-mesh}
spec:
  kubeService:
    ref: {name: ingress, namespace: istio-system, clusterName: c1}
    labels: {istio: ingressgateway}
    ports: [{port: 80, name: http2}]
"""
FOUND = {"GMG104", "GMG105", "GMG106", "GMG110"}

IDLE = """
apiVersion: networking.gloo.solo.io/v2
kind: VirtualGateway
metadata: {name: edge, namespace: gateways}
spec:
  listeners: [{http: {}, port: {number: 80}}]
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: mesh, namespace: apps}
spec:
  hosts: [web.apps.svc.cluster.local]
  http: [{name: web, matchers: [{uri: {prefix: /}}], directResponse: {status: 200}}]
"""


def report(folder: Path, text: str, *, broken: bool) -> dict[str, Any]:
    """The report on a file, with or without one beside it that cannot be read."""
    (folder / "sound.yaml").write_text(text)
    if broken:
        (folder / "broken.yaml").write_text("spec: {\n")
    said: dict[str, Any] = gmg("check", "-f", str(folder), "-o", "json").json
    return said


def codes(said: dict[str, Any]) -> set[str]:
    return {item["code"] for item in said["items"]} & FOUND


@pytest.mark.parametrize(("text", "found"), [(LOST, FOUND), (IDLE, {"GMG106"})], ids=["v1beta1", "v2"])
def test_fires_where_all_was_read(tmp_path: Path, text: str, found: set[str]) -> None:
    assert codes(report(tmp_path, text, broken=False)) == found


@pytest.mark.parametrize(("text", "found"), [(LOST, FOUND), (IDLE, {"GMG106"})], ids=["v1beta1", "v2"])
def test_silent_beside_what_could_not_be_read(tmp_path: Path, text: str, found: set[str]) -> None:
    said = report(tmp_path, text, broken=True)
    assert codes(said) == set()
    assert found <= {each["code"] for each in said["summary"]["notChecked"]}

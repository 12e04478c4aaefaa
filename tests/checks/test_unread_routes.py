"""What a rule says of requests may depend on what was not read: then nothing is said (`spec/v1beta1.md` D-27)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.run import gmg

BASE = Path(__file__).parent / "base" / "v1beta1.yaml"
HOST = """
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: VirtualHost
metadata: {name: shop, namespace: apps, labels: {gateway: public}}
spec:
  domains: [shop.example.com]
  routes:
  - name: others
    matchers: [{uri: {prefix: /a}}]
    delegateAction: {selector: {namespaces: ["*"]}}
  - name: rewritten
    matchers: [{uri: {prefix: /app}}]
    routeAction: {pathRewrite: /, destinations: [{kubeService: {name: web, namespace: apps, clusterName: c1}}]}
  - name: redirected
    matchers: [{uri: {prefix: /away}}]
    redirectAction: {pathRedirect: /away}
"""
BROKEN = "kind: RouteTable\nspec: {"


@pytest.mark.parametrize(("files", "found"), [((HOST,), ["GMG404", "GMG405"]), ((HOST, BROKEN), [])])
def test_a_table_that_was_not_read_may_answer_first(files: tuple[str, ...], found: list[str], tmp_path: Path) -> None:
    given = [BASE]
    for number, text in enumerate(files):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        given.append(path)
    ran = gmg(
        "check", "-o", "json", "--select", "GMG404,GMG405", *(word for each in given for word in ("-f", str(each)))
    )
    assert [item["code"] for item in ran.json["items"]] == found

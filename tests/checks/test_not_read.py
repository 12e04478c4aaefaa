"""Rules about policies and statuses say nothing that depends on what was not read (`spec/v1beta1.md` D-27, DEC-27)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.report import findings, not_checked
from kubectl_gmg.model.snapshot import EVERYWHERE, Affects, Gap, GapReason, Snapshot, SourceType
from kubectl_gmg.resolve import resolve
from kubectl_gmg.sources.objects import collect

CASES = Path(__file__).parent / "rules"


def context_of(text: str, missing: str = "") -> CheckContext:
    """Objects as a cluster would give them, which does not tell about one kind."""
    found = collect(((each, None) for each in yaml.safe_load_all(text) if each), KINDS)
    message = f"{missing}: forbidden"
    gaps = (Gap(GapReason.FORBIDDEN, message, (Affects.ROUTES,), kind=missing),) if missing else ()
    read = {kind.resource: EVERYWHERE for kind in KINDS if kind.name != missing}
    snapshot = Snapshot(SourceType.LIVE, found.objects, gaps, read)
    declared = lower(snapshot)
    return CheckContext(snapshot, declared, resolve(declared))


def said(code: str, context: CheckContext) -> tuple[int, bool]:
    """How often a rule fires, and whether it says that it could not be judged everywhere."""
    chosen = [each for each in rules() if each.info.code == code]
    return len(findings(context, chosen)), bool(list(not_checked(context, chosen)))


DRIFT = yaml.safe_load((CASES / "gmg603.yaml").read_text())[0]["objects"]
DEMAND = """
apiVersion: networking.gloo.solo.io/v2
kind: VirtualGateway
metadata: {name: public, namespace: apps}
spec: {workloads: [{selector: {labels: {istio: ingressgateway}}}], listeners: [{http: {}, port: {number: 80}}]}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: shop, namespace: apps, labels: {gateway.gloo.solo.io/require_auth: "true"}}
spec:
  hosts: [shop.example.com]
  virtualGateways: [{name: public, namespace: apps}]
  http: [{name: web, directResponse: {status: 200}}]
"""


@pytest.mark.parametrize("missing", ["VirtualHost", "RouteTable"])
def test_drift(missing: str) -> None:
    assert said("GMG603", context_of(DRIFT)) == (1, False)
    assert said("GMG603", context_of(DRIFT, missing)) == (0, True)


@pytest.mark.parametrize("missing", ["ExtAuthPolicy", "JWTPolicy"])
def test_authentication(missing: str) -> None:
    """A cluster without any such policy has none; one that does not tell may have one."""
    assert said("GMG512", context_of(DEMAND)) == (1, False)
    assert said("GMG512", context_of(DEMAND, missing)) == (0, True)

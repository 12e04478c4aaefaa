"""What was not read is not missing (`spec/v1beta1.md` D-27): the rules about delegation where something was not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import yaml

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import Extent, Gap, GapReason, RawObject, Snapshot, SourceType
from kubectl_gmg.resolve import resolve

GENERATIONS = {(kind.api_version, kind.name): kind.generation for kind in KINDS}

V1BETA1 = """
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: VirtualHost
metadata: {name: shop, namespace: apps}
spec:
  domains: [shop.example.com]
  routes:
  - {name: named, matchers: [{uri: {prefix: /n}}], delegateAction: {refs: [{name: gone, namespace: other}]}}
  - name: selected
    matchers: [{uri: {prefix: /s}}]
    delegateAction: {selector: {namespaces: [other], labels: {team: a}}}
  - name: sorted
    matchers: [{uri: {prefix: /w}}]
    delegateAction: {refs: [{name: mid, namespace: apps}], sortMethod: ROUTE_SPECIFICITY}
---
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: RouteTable
metadata: {name: mid, namespace: apps}
spec:
  weight: 5
  routes: [{name: on, delegateAction: {refs: [{name: leaf, namespace: apps}], sortMethod: TABLE_WEIGHT}}]
---
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: RouteTable
metadata: {name: leaf, namespace: apps}
spec: {routes: [{name: r, directResponseAction: {status: 200}}]}
---
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: RouteTable
metadata: {name: lost, namespace: apps}
spec: {routes: [{name: r, directResponseAction: {status: 200}}]}
"""

V2 = """
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: ops, namespace: gloo-mesh}
spec: {workloadClusters: [{name: "*", namespaces: [{name: apps}]}]}
---
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: team, namespace: gloo-mesh}
spec: {workloadClusters: [{name: "*", namespaces: [{name: team}]}]}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: shop, namespace: apps}
spec:
  hosts: [shop.example.com]
  http:
  - {name: none, matchers: [{uri: {prefix: /n}}], delegate: {routeTables: [{labels: {team: a}}]}}
  - {name: hidden, matchers: [{uri: {prefix: /h}}], delegate: {routeTables: [{labels: {team: b}}]}}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: unshared, namespace: team, labels: {team: b}}
spec: {http: [{name: r, directResponse: {status: 200}}]}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: lost, namespace: apps}
spec: {http: [{name: r, directResponse: {status: 200}}]}
"""

TABLES = {"v1beta1": "routetables.networking.enterprise.mesh.gloo.solo.io", "v2": "routetables.networking.gloo.solo.io"}
HOSTS = "virtualhosts.networking.enterprise.mesh.gloo.solo.io"
GATEWAYS = "virtualgateways.networking.enterprise.mesh.gloo.solo.io"


def found(text: str, unread: Iterable[str] = (), gaps: tuple[Gap, ...] = ()) -> set[str]:
    """The codes that are found where all kinds were read, but of those `unread` only the namespace apps."""
    objects = []
    for body in yaml.safe_load_all(text):
        metadata, generation = body["metadata"], GENERATIONS[body["apiVersion"], body["kind"]]
        objects.append(RawObject(ObjectRef(metadata["namespace"], metadata["name"], body["kind"], generation), body))
    read = {kind.resource: Extent(None) for kind in KINDS} | {name: Extent(frozenset({"apps"})) for name in unread}
    snapshot = Snapshot(SourceType.LIVE, tuple(objects), gaps=gaps, read=read)
    declared = lower(snapshot)
    context = CheckContext(snapshot, declared, resolve(declared))
    delegation = (rule for rule in rules() if rule.info.code.startswith("GMG2"))
    return {
        problem.code
        for rule in delegation
        for problem in rule.find(context)
        if rule.severity(problem.at.ref.generation)
    }


def test_all_is_read() -> None:
    assert found(V1BETA1) == {"GMG201", "GMG203", "GMG206", "GMG215", "GMG216"}
    assert found(V2) == {"GMG203", "GMG206"}


def test_tables_of_another_namespace_may_be_there() -> None:
    assert found(V1BETA1, [TABLES["v1beta1"]]) == set()
    assert found(V2, [TABLES["v2"]]) == set()


@pytest.mark.parametrize("unread", [HOSTS, GATEWAYS])
def test_hosts_may_lead_to_tables_on_other_ways(unread: str) -> None:
    """An inline host stands in a gateway; what is written of references and selectors is known nevertheless."""
    assert found(V1BETA1, [unread]) == {"GMG201", "GMG203"}


def test_a_workspace_may_share() -> None:
    """Without all settings nobody knows that a table is not shared, nor therefore that nothing leads to one."""
    gap = Gap(GapReason.FORBIDDEN, "WorkspaceSettings: forbidden", (), kind="WorkspaceSettings")
    assert found(V2, gaps=(gap,)) == {"GMG203"}
    hidden = V2.replace("- {name: none", "# - {name: none")
    assert found(hidden) == {"GMG203", "GMG206"}
    assert found(hidden, gaps=(gap,)) == set()

"""Which workloads a table is for: the table of `spec/v2.md` 4.4, row by row, and what selects nothing."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_gmg.model.declared import Declared
from kubectl_gmg.pipeline import Session, Settings
from tests.run import manifests_text

Json = dict[str, Any]
GATEWAY = [{"name": "in", "namespace": "edge"}]
EMPTY: list[Json] = []
ALL: tuple[Any, ...] = ((),)
APP = (("app", "web"),)
WEB: Json = {"selector": {"labels": {"app": "web"}}}


def declared(**spec: Any) -> Declared:
    """What a table says."""
    table = {
        "apiVersion": "networking.gloo.solo.io/v2",
        "kind": "RouteTable",
        "metadata": {"name": "t", "namespace": "apps"},
        "spec": {"http": [{"name": "r", "directResponse": {"status": 200}}], **spec},
    }
    text = manifests_text([table]).encode()
    return Session(Settings(filename=("-",), stdin=lambda: text)).declared


@pytest.mark.parametrize(
    "fields,wanted",
    [
        ({}, ALL),
        ({"workloadSelectors": EMPTY}, ALL),
        ({"workloadSelectors": [WEB]}, (APP,)),
        ({"virtualGateways": GATEWAY}, ()),
        ({"virtualGateways": GATEWAY, "workloadSelectors": EMPTY}, ()),
        ({"virtualGateways": GATEWAY, "workloadSelectors": [{}]}, ALL),
        ({"virtualGateways": GATEWAY, "workloadSelectors": [{"selector": {}}]}, ALL),
        ({"virtualGateways": GATEWAY, "workloadSelectors": [WEB]}, (APP,)),
        ({"virtualGateways": EMPTY, "workloadSelectors": [WEB, WEB, {"kind": "KUBE", **WEB}]}, (APP,)),
        ({"workloadSelectors": [{"kind": "VM", **WEB}]}, ()),
        ({"workloadSelectors": [{"selector": {"labels": {"app": "web"}, "namespace": "apps"}}]}, (APP,)),
        ({"workloadSelectors": [{"selector": {"workspace": "apps"}}]}, ALL),
        ({"workloadSelectors": [{"kind": "VM", "selector": {"workspace": "apps"}}, WEB]}, (APP,)),
    ],
)
def test_a_table_with_hosts(fields: Json, wanted: tuple[Any, ...]) -> None:
    (host,) = declared(hosts=["h.test"], **fields).hosts
    assert host.sidecars == wanted


@pytest.mark.parametrize(
    "selectors,wanted",
    [(None, ()), ([], ()), ([{}], ()), ([WEB, {"selector": {}}], ()), ([WEB], (APP,))],
)
def test_a_table_without_hosts(selectors: list[Json] | None, wanted: tuple[Any, ...]) -> None:
    (table,) = declared(workloadSelectors=selectors).tables
    assert table.sidecars == wanted


@pytest.mark.parametrize(
    "selectors", [7, "web", {"selector": {}}, [7], [{"selector": 7}], [{"selector": {"labels": 7}}]]
)
def test_what_has_the_wrong_type_is_noted_once(selectors: object) -> None:
    found = declared(hosts=["h.test"], virtualGateways=GATEWAY, workloadSelectors=selectors)
    assert [problem.code for problem in found.problems] == ["GMG002"]

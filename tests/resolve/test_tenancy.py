"""Names with stars, and workspaces that nobody gave (`spec/v2.md` 12.1, DEC-24)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_gmg.resolve.tenancy import fits
from tests.run import routes_json

LETTERS = st.text("ab*", max_size=8)


@given(name=st.text("ab", max_size=8), pattern=LETTERS)
def test_a_star_stands_for_any_letters(name: str, pattern: str) -> None:
    assert fits(name, pattern) == fnmatchcase(name, pattern)


@pytest.mark.parametrize("pattern", ["team?", "team[ab]", "team-.", "TEAM-A"])
def test_nothing_but_a_star_means_anything(pattern: str) -> None:
    assert not fits("team-a", pattern)
    assert not fits("teama", pattern)
    assert fits(pattern, pattern)


def test_a_hostile_pattern_costs_little() -> None:
    assert not fits("a" * 100_000, "*a" * 2_000 + "b")


def objects(namespaces: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """A root that delegates to workspace `team`, which has these namespaces; None for no workspace at all."""
    api = "networking.gloo.solo.io/v2"
    found: list[dict[str, Any]] = [
        {"apiVersion": api, "kind": "VirtualGateway", "metadata": {"name": "edge", "namespace": "n"}},
        {"apiVersion": api, "kind": "RouteTable", "metadata": {"name": "root", "namespace": "n"}},
        {"apiVersion": api, "kind": "RouteTable", "metadata": {"name": "child", "namespace": "n"}},
    ]
    found[0]["spec"] = {"listeners": [{"http": {}, "port": {"number": 80}}]}
    rule = {"name": "r", "delegate": {"routeTables": [{"workspace": "team"}]}}
    found[1]["spec"] = {"hosts": ["a.example"], "virtualGateways": [{"name": "edge"}], "http": [rule]}
    found[2]["spec"] = {"http": [{"name": "c", "directResponse": {"status": 200}}]}
    if namespaces is not None:
        workspace = {"apiVersion": "admin.gloo.solo.io/v2", "kind": "Workspace"}
        spec = {"workloadClusters": [{"name": "*", "namespaces": namespaces}]}
        found.append(workspace | {"metadata": {"name": "team", "namespace": "gloo-mesh"}, "spec": spec})
    return found


def test_without_workspaces_a_workspace_may_be_any() -> None:
    (item,) = routes_json(objects(None))["items"]
    assert (item["id"], item["status"]) == ("root/r/child/c", "ok")


OPEN, CLOSED = [{"workspaces": [{"name": "*"}]}], [{"workspaces": [{"name": "nobody"}]}]


def shared(own: dict[str, Any], everywhere: dict[str, Any] | None) -> str:
    """What becomes of a rule that delegates from workspace `top` to `team`; both have the same settings."""
    api = "admin.gloo.solo.io/v2"
    given = objects(None)
    given[2]["metadata"]["namespace"] = "team"
    for name, namespace in (("top", "n"), ("team", "team")):
        spec = {"workloadClusters": [{"name": "*", "namespaces": [{"name": namespace}]}]}
        given.append({"apiVersion": api, "kind": "Workspace", "metadata": {"name": name, "namespace": "gloo-mesh"}})
        given[-1]["spec"] = spec
        given.append({"apiVersion": api, "kind": "WorkspaceSettings", "spec": own})
        given[-1]["metadata"] = {"name": name, "namespace": namespace}
    if everywhere is not None:
        given.append({"apiVersion": api, "kind": "WorkspaceSettings", "spec": everywhere})
        given[-1]["metadata"] = {"name": "global", "namespace": "gloo-mesh"}
    (item,) = routes_json(given)["items"]
    status: str = item["status"]
    return status


@pytest.mark.parametrize(
    "own,everywhere,status",
    [
        ({"importFrom": OPEN, "exportTo": OPEN}, None, "ok"),
        ({"importFrom": OPEN, "exportTo": CLOSED}, None, "replaced"),
        ({"importFrom": CLOSED, "exportTo": CLOSED}, {"importFrom": OPEN, "exportTo": OPEN}, "ok"),
        ({"importFrom": OPEN, "exportTo": OPEN}, {"importFrom": CLOSED}, "replaced"),
        ({"importFrom": OPEN, "exportTo": OPEN}, {"exportTo": CLOSED}, "replaced"),
        ({"importFrom": OPEN, "exportTo": OPEN}, {"options": {"federation": {"enabled": True}}}, "ok"),
        ({"importFrom": OPEN}, {"exportTo": OPEN}, "ok"),
        ({}, {"importFrom": OPEN, "exportTo": OPEN}, "ok"),
    ],
    ids=["own", "own does not", "opened", "imports nothing", "exports nothing", "says nothing", "one each", "alone"],
)
def test_global_settings_override_those_of_every_workspace(
    own: dict[str, Any], everywhere: dict[str, Any] | None, status: str
) -> None:
    """12.2 rule 4: as far as they say anything; what they leave open each workspace says for itself."""
    assert shared(own, everywhere) == status

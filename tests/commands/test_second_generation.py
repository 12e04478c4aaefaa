"""The commands on the example of the second generation (`spec/v2.md` 4.3, 8, 9, 12; `spec/cli.md` 2.1, 4.1, 6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run import gmg, routes_json

DEMO = ("--demo", "--generation", "v2")
ORDER = ["beta", "items", "checkout", "cart", "alive", "home"]
"""Catalog's tables by weight, then cart's table as written; of two roots the older first, its catch-all last."""


def answer(*arguments: str) -> dict[str, Any]:
    ran = gmg(*arguments, *DEMO, "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = ran.json
    return found


def names(items: list[dict[str, Any]]) -> list[str]:
    return [each["id"].rsplit("/", 1)[-1] for each in items]


def test_two_roots_are_merged_by_host() -> None:
    items = answer("routes", "--host", "shop.example.com")["items"]
    assert names(items) == ORDER
    assert [each["index"] for each in items] == [1, 2, 3, 4, 5, 6]
    assert {tuple(root["name"] for root in each["roots"]) for each in items} == {("shop", "status")}
    assert {each["host"]["name"] for each in items} == {"shop"}
    assert items[4]["id"] == "status/alive"
    assert items[0]["id"] == "shop/catalog/catalog-beta:beta/beta"


def test_labels_are_inherited_with_their_origins() -> None:
    (items,) = [each for each in answer("routes")["items"] if each["id"].endswith("items")]
    assert items["labels"] == {"env": "prod", "team": "catalog", "part": "catalog"}
    origins = items["labelOrigins"]
    assert (origins["env"]["ref"]["name"], origins["env"]["field"]) == ("shop", "metadata.labels.env")
    assert (origins["team"]["ref"]["name"], origins["team"]["field"]) == ("shop", "spec.http[0].labels.team")
    assert (origins["part"]["ref"]["namespace"], origins["part"]["ref"]["name"]) == ("catalog", "items")


def test_workspaces_are_crossed() -> None:
    items = answer("routes", "--host", "shop.example.com")["items"]
    crossed = {
        each["id"].rsplit("/", 1)[-1]: [(t["workspace"], t["imported"]) for t in each["tables"]] for each in items
    }
    assert crossed["items"] == crossed["beta"] == [("catalog", True)]
    assert crossed["cart"] == [("cart", True)]
    assert crossed["home"] == crossed["alive"] == []


def test_effective_weights_beside_written_ones() -> None:
    (items,) = [each for each in answer("routes")["items"] if each["id"].endswith("items")]
    assert [(each["weight"], each["share"]) for each in items["action"]["destinations"]] == [(90, 0.9), (10, 0.1)]


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        (("-n", "cart"), ["checkout", "cart", "quote"]),
        (("-l", "part=catalog"), ["beta", "items"]),
        (("-l", "env=prod"), ["beta", "items", "checkout", "cart", "home"]),
    ],
    ids=str,
)
def test_narrowing_goes_by_the_objects_on_the_way(flags: tuple[str, ...], kept: list[str]) -> None:
    assert names(answer("routes", *flags)["items"]) == kept


def test_a_younger_root_is_a_target() -> None:
    (gateway,) = answer("tree", "rt/gateways/status")["items"]
    assert [host["domains"] for host in gateway["children"]] == [["shop.example.com"], ["status.example.com"]]


def test_a_table_that_is_not_exported_hangs_nowhere() -> None:
    *_, last = answer("tree")["items"]
    assert (last["type"], last["ref"]["name"]) == ("table", "internal")


def test_why_a_route_of_another_root_comes_too_late() -> None:
    said = gmg("curl", "http://shop.example.com/healthz", *DEMO).out
    assert "ranked after 5: a catch-all stands behind the other routes of the host" in said


def test_the_wide_table_names_workspaces_labels_and_roots() -> None:
    said = gmg("routes", *DEMO, "-o", "wide").out
    assert "RouteTable gateways/shop + RouteTable gateways/status" in said
    assert "catalog/items(0) from catalog" in said
    assert "env=prod,part=catalog,team=catalog" in said


def test_the_tree_says_why_a_table_is_not_visible() -> None:
    said = gmg("tree", "-f", "tests/scenarios/v2/workspace-missing-import.yaml").out
    assert "✗ not visible from here (workspace ops does not import it from team1)" in said
    assert "answered with 500: GMG203" in said


@pytest.mark.parametrize("generation", ["auto", "v1beta1"])
def test_the_example_is_that_of_the_first_generation_otherwise(generation: str) -> None:
    ran = gmg("routes", "--demo", "--generation", generation, "-o", "json")
    assert ran.json["source"]["generations"] == ["v1beta1"]


def test_without_any_workspace_everything_sees_everything_and_that_is_said() -> None:
    """DEC-24."""
    table = {"apiVersion": "networking.gloo.solo.io/v2", "kind": "RouteTable"}
    parent = {"hosts": ["a.example"], "virtualGateways": [{"name": "edge"}]}
    rule = {"name": "r", "delegate": {"routeTables": [{"namespace": "elsewhere"}]}}
    gateway = {"listeners": [{"http": {}, "port": {"number": 80}}]}
    objects: list[dict[str, Any]] = [
        table | {"kind": "VirtualGateway", "metadata": {"name": "edge", "namespace": "n"}, "spec": gateway},
        table | {"metadata": {"name": "root", "namespace": "n"}, "spec": parent | {"http": [rule]}},
        table
        | {
            "metadata": {"name": "child", "namespace": "elsewhere"},
            "spec": {"http": [{"name": "c", "directResponse": {"status": 200}}]},
        },
    ]
    found = routes_json(objects)
    assert [each["id"] for each in found["items"]] == ["root/r/elsewhere:child/c"]
    (gap,) = found["gaps"]
    assert (gap["kind"], gap["reason"], gap["affects"]) == ("Workspace", "notProvided", ["workspaces"])

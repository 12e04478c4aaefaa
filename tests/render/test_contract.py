"""Every field of every machine answer, over all examples (`spec/cli.md` 5 and 6)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.examples import EXPECTED, identifiers, load, sources
from tests.render import contract
from tests.run import gmg

Json = dict[str, Any]
CURL = ("curl", "http://www.example.com/reviews/v1/1?full=1", "-H", "x-user: ana", "--expect", "outcome=forward")


@cache
def documents(path: Path) -> dict[str, Json]:
    """The answers of all commands on an example; nobody changes them."""
    files = sources(load(path))
    answers = {}
    for command in (("routes", "--all-routes"), ("tree",), CURL):
        ran = gmg(*command, *files, "-o", "json")
        assert ran.code in (0, 1), ran.err
        answers[command[0]] = ran.json
    return answers


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_every_field(path: Path) -> None:
    answers = documents(path)
    contract.route_list(answers["routes"])
    contract.forest(answers["tree"])
    contract.simulation(answers["curl"])
    for row in answers["routes"]["items"]:
        check_route(row)
    for answer in answers.values():
        assert answer["complete"] is (answer["gaps"] == [])
    check_summaries(answers)


def check_route(row: Json) -> None:
    """What the fields of a route say about each other."""
    assert row["host"] == (row["roots"][0])
    assert row["hops"][0]["ref"] == row["host"]
    assert len(row["hops"]) == len(row["tables"]) + 1
    assert [hop["ref"] for hop in row["hops"][1:]] == [each["ref"] for each in row["tables"]]
    assert row["matchIndex"] <= row["matchCount"]
    assert row["key"].endswith(f"/{row['id']}@{row['matchIndex']}")
    assert row["key"].startswith(
        f"{row['gateway']['namespace']}/{row['gateway']['name']}/{row['listener']['index']}/{row['domains'][0]}/"
    )
    assert (row["status"] == "invalid") is (row["index"] is None) is (row["because"] != [])
    assert row["hostField"] is None or row["hostField"].endswith(".virtualHost")
    if row["action"] and row["action"]["type"] == "forward" and row["action"]["destinations"]:
        assert sum(each["share"] for each in row["action"]["destinations"]) == pytest.approx(1, abs=1e-5)
    for name, option in row["options"].items():
        assert option["origin"]["field"].endswith(name)
    for test in (*row["match"]["headers"], *row["match"]["queryParameters"]):
        assert (test["value"] is None) is (test["type"] == "present")


def check_summaries(answers: dict[str, Json]) -> None:
    """The counts agree with the items."""
    rows, counted = answers["routes"]["items"], answers["routes"]["summary"]
    assert counted["routes"] == len(rows)
    assert counted["undecided"] == sum(not row["decided"] for row in rows if row["index"])
    assert counted["gateways"] == len({str(row["gateway"]) for row in rows})
    nodes = [node for root in answers["tree"]["items"] for node in walked(root)]
    counted = answers["tree"]["summary"]
    assert counted["gateways"] == sum(node["type"] == "gateway" for node in nodes)
    assert counted["deadEnds"] == sum(node["type"] == "deadEnd" for node in nodes)
    assert counted["tables"] == len({str(node["ref"]) for node in nodes if node["type"] == "table"})
    items, counted = answers["curl"]["items"], answers["curl"]["summary"]
    assert (counted["requests"], counted["items"]) == (1, len(items))


def walked(node: Json) -> list[Json]:
    """A node and all below it."""
    return [node, *(below for child in node["children"] for below in walked(child))]


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_routes_and_tree_agree(path: Path) -> None:
    """The routes of the tree are those of the list, with the same actions."""
    answers = documents(path)
    listed = {(row["id"], row["matchIndex"]): row for row in answers["routes"]["items"]}
    nodes = [node for root in answers["tree"]["items"] for node in walked(root) if node["type"] == "route"]
    # A delegating rule that may not delegate is a dead end there, since it has no route of its own.
    assert {node["id"] for node in nodes} == {
        name for (name, _), row in listed.items() if "GMG207" not in row["because"]
    }
    for node in nodes:
        same = [row for (name, _), row in listed.items() if name == node["id"] and row["match"] == node["matches"][0]]
        assert any(row["index"] == node["index"] and row["action"] == node["action"] for row in same)


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_winners_of_curl_are_routes_of_the_list(path: Path) -> None:
    answers = documents(path)
    listed = {row["key"]: row for row in answers["routes"]["items"]}
    for item in answers["curl"]["items"]:
        won = [each for each in item["candidates"] if each["verdict"] == "match"]
        assert bool(won) is (item["route"] is not None)
        if item["route"]:
            assert item["route"] == listed[item["route"]["key"]]
            assert (won[0]["id"], won[0]["index"]) == (item["route"]["id"], item["route"]["index"])
        indices = [each["index"] for each in item["candidates"]]
        assert indices == sorted(indices)


def test_keys_are_unique_over_all_examples() -> None:
    total = 0
    for path in EXPECTED:
        keys = [row["key"] for row in documents(path)["routes"]["items"]]
        assert len(set(keys)) == len(keys)
        total += len(keys)
    assert total > 100


@pytest.mark.parametrize("command", [("routes",), ("tree",), CURL, ("version",)], ids=lambda command: command[0])
def test_yaml_equals_json(command: tuple[str, ...]) -> None:
    for source in (("--demo",), tuple(sources(load(EXPECTED[0])))):
        as_json = gmg(*command, *source, "-o", "json")
        as_yaml = gmg(*command, *source, "-o", "yaml")
        assert yaml.load(as_yaml.out, yaml.CSafeLoader) == as_json.json
        assert list(yaml.load(as_yaml.out, yaml.CSafeLoader)) == list(as_json.json)


@pytest.mark.parametrize(
    "command",
    [
        *(("routes", "-o", output) for output in ("table", "wide", "json", "yaml", "name", "csv", "markdown")),
        *(("tree", "-o", output) for output in ("tree", "json", "yaml", "dot", "mermaid")),
        *((*CURL, "-o", output) for output in ("text", "json", "yaml")),
        ("export", "envoy"),
    ],
    ids=" ".join,
)
def test_equal_input_gives_equal_bytes(command: tuple[str, ...]) -> None:
    assert gmg(*command, "--demo").out == gmg(*command, "--demo").out != ""


def test_json_is_written_with_two_blanks_and_ends_with_a_line_break() -> None:
    ran = gmg("routes", "--demo", "-o", "json")
    assert ran.out == json.dumps(ran.json, indent=2, ensure_ascii=False) + "\n"


def test_origins_lead_to_files_and_lines(tmp_path: Path) -> None:
    """The line is that of the rule; it is counted from 1."""
    file = tmp_path / "a.yaml"
    lines = (
        "apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1",
        "kind: VirtualGateway",
        "metadata: {name: gw, namespace: ns}",
        "spec: {ingressGatewaySelectors: [{portName: http2}],",
        "  connectionHandlers: [{http: {routeConfig: [{virtualHostSelector: {namespaces: [ns]}}]}}]}",
        "---",
        "apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1",
        "kind: VirtualHost",
        "metadata: {name: vh, namespace: ns}",
        "spec:",
        "  domains: [h.example]",
        "  routes:",
        "  - name: a",
        "    directResponseAction: {status: 200}",
        "  - name: b",
        "    matchers: [{uri: {prefix: /b}}]",
        "    directResponseAction: {status: 200}",
    )
    file.write_text("\n".join(lines))
    rows = gmg("routes", "-f", str(file), "-o", "json").json["items"]
    found = [(row["hops"][0]["file"], row["hops"][0]["line"], row["hops"][0]["field"]) for row in rows]
    assert found == [(str(file), 13, "spec.routes[0]"), (str(file), 15, "spec.routes[1]")]
    assert rows[0]["match"]["path"] == {"type": "prefix", "value": "/", "ignoreCase": False, "implicit": True}
    assert rows[1]["match"]["path"]["implicit"] is False

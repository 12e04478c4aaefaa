"""Every place that an answer names is there, in every example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Node, Target
from kubectl_gmg.model.snapshot import Snapshot
from kubectl_gmg.resolve import resolve
from kubectl_gmg.sources import files
from tests.examples import EXPECTED, FOLDER, identifiers, load, sources
from tests.run import gmg

Json = dict[str, Any]


def snapshot_of(expected: Json) -> Snapshot:
    """The objects of a scenario."""
    paths = [word for word in sources(expected) if word != "-f"]
    return files.read(paths, recursive=False, namespace=None, kinds=KINDS, stdin=lambda: b"")


def leads_somewhere(snapshot: Snapshot, origin: Origin) -> bool:
    """Whether an origin's path ends at a value of the raw object."""
    raw = snapshot.find(origin.ref)
    value: Any = raw.body if raw else None
    for step in origin.path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return value is not None


def dead_ends(node: Node) -> Iterator[DeadEnd]:
    """The dead ends below a node."""
    if isinstance(node, Delegation):
        for target in node.targets:
            if isinstance(target, Target):
                for below in target.nodes:
                    yield from dead_ends(below)
            else:
                yield target


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_every_origin_leads_to_a_value(path: Path) -> None:
    snapshot = snapshot_of(load(path))
    declared = lower(snapshot)
    resolved = resolve(declared)
    origins = [problem.at for problem in declared.problems]
    served = [host for gateway in resolved.gateways for host in gateway.listeners[0].hosts]
    for host in (*served, *resolved.unattached):
        origins += [rule.origin for rule in host.declared.rules]
        origins += [end.origin for node in host.tree for end in dead_ends(node)]
        for row in host.rows:
            origins += [rule.origin for rule in row.terminal.rules]
            origins += [value.origin for _, first in row.terminal.options.fields for value in first.chain()]
    assert origins
    assert [str(origin) for origin in origins if not leads_somewhere(snapshot, origin)] == []


def problems_of(name: str) -> set[tuple[str, str]]:
    """The codes that lowering notes in an example, each with the rule it stands in."""
    problems = lower(snapshot_of(load(FOLDER / f"{name}.expect.yaml"))).problems
    return {(problem.code, ".".join(map(str, problem.at.path[1:3]))) for problem in problems}


def test_lowering_notes_what_is_wrong() -> None:
    """Example 34 has one broken rule of each kind; the codes are those of cli.md section 8.1."""
    rows = yaml.safe_load((FOLDER / "34-routes-in-error.expect.yaml").read_text())["findings"]
    codes = {
        "ROUTE-NO-ACTION": "GMG401",
        "ROUTE-MANY-ACTIONS": "GMG004",
        "DEST-NONE": "GMG410",
        "ROUTE-ENUM": "GMG003",
        "ROUTE-STATUS": "GMG402",
        "ROUTE-REGEX": "GMG304",
        "ROUTE-URI-SUFFIX": "GMG307",
        "RT-PARENT-NOT-PREFIX": "GMG207",
    }
    assert len(rows) == 10
    rules = ["none", "both", "nodest", "code", "early", "broken", "look", "ends", "half", "exactly", "rest"]
    wanted = {(codes[row["code"]], f"routes.{rules.index(row['object'].split()[-1])}") for row in rows}
    assert problems_of("34-routes-in-error") == wanted


def test_lowering_notes_every_bad_selector_expression() -> None:
    """Example 36: the rules in error, and no other one (cli.md 8.1: SEL-EXPR is GMG209)."""
    rules = yaml.safe_load_all((FOLDER / "36-selector-expressions.yaml").read_text())
    names = [rule["name"] for rule in next(each for each in rules if each["kind"] == "VirtualHost")["spec"]["routes"]]
    expected = yaml.safe_load((FOLDER / "36-selector-expressions.expect.yaml").read_text())
    bad = {row["object"].split()[-1] for row in expected["findings"]}
    assert {f"routes.{names.index(name)}" for name in bad} == {
        rule for code, rule in problems_of("36-selector-expressions") if code == "GMG209"
    }


def test_sound_examples_have_no_problems() -> None:
    for path in EXPECTED:
        if load(path).get("findings") == []:
            assert problems_of(path.name.removesuffix(".expect.yaml")) == set(), path.name


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_lines_are_those_of_the_rules(path: Path) -> None:
    """The line of each hop is where the rule begins as a list item, with its name there or a little below."""
    expected = load(path)
    ran = gmg("routes", *sources(expected), "-o", "json")
    text = (FOLDER / expected["input"]).read_text().splitlines()
    for item in ran.json["items"]:
        for hop in item["hops"]:
            assert hop["file"].endswith(expected["input"])
            assert text[hop["line"] - 1].lstrip().startswith("-") or "routes: [{" in text[hop["line"] - 1]
            assert f"name: {hop['name']}" in " ".join(text[hop["line"] - 1 : hop["line"] + 4])

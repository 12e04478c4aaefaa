"""Resolving ends within its budget on any graph, and says what it left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_gmg.resolve import attach
from kubectl_gmg.resolve.delegate import HOST_BUDGET, MAX_DEPTH
from tests.run import gmg, manifests_text

Json = dict[str, Any]
GROUP = "networking.enterprise.mesh.gloo.solo.io/v1beta1"


def named(kind: str, name: str, spec: Json) -> Json:
    return {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name, "namespace": "gm"}, "spec": spec}


def to(*names: str) -> Json:
    return {"delegateAction": {"refs": [{"name": name, "namespace": "gm"} for name in names]}}


def graph(rules: list[Json], tables: dict[str, list[Json]]) -> list[Json]:
    """A gateway with one host, and tables."""
    selects: list[Json] = [{"virtualHostSelector": {}}]
    return [
        named("VirtualGateway", "edge", {"connectionHandlers": [{"http": {"routeConfig": selects}}]}),
        named("VirtualHost", "host", {"domains": ["a.test"], "routes": rules}),
        *(named("RouteTable", name, {"routes": routes}) for name, routes in tables.items()),
    ]


def dead_ends(manifests: list[Json]) -> list[str]:
    """The reasons of all dead ends."""
    ran = gmg("tree", "-f", "-", "-o", "json", stdin=manifests_text(manifests))
    assert ran.code == 0, ran.err

    def below(node: Json) -> list[str]:
        return [*([node["reason"]] if node["reason"] else []), *(r for child in node["children"] for r in below(child))]

    return [reason for item in ran.json["items"] for reason in below(item)]


def routes(manifests: list[Json]) -> list[str]:
    """The paths of all routes."""
    ran = gmg("routes", "-f", "-", "-o", "json", stdin=manifests_text(manifests))
    assert ran.code == 0, ran.err
    return [item["match"]["path"]["value"] for item in ran.json["items"]]


def test_a_diamond_that_doubles_at_every_level_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty levels of two ways each are a million million routes; the whole budget takes its time."""
    assert 1_000 < HOST_BUDGET <= 200_000
    budget = 10_000
    monkeypatch.setattr(attach, "HOST_BUDGET", budget)
    levels = 40
    tables = {
        f"t{level}": [{"matchers": [{"uri": {"prefix": f"/{way}"}}], **to(f"t{level + 1}")} for way in "ab"]
        for level in range(levels)
    }
    tables[f"t{levels}"] = [{"directResponseAction": {"status": 200}}]
    manifests = graph([to("t0")], tables)
    ran = gmg("routes", "-f", "-", "-o", "name", stdin=manifests_text(manifests))
    assert ran.code == 0
    assert budget / 10 < len(ran.out.splitlines()) <= budget


def test_matches_that_multiply_are_bounded_and_said() -> None:
    """Ten matches at each of eight levels are a hundred million."""
    many = {"matchers": [{"uri": {"prefix": f"/{n}"}} for n in range(10)]}
    tables = {f"t{level}": [{**many, **to(f"t{level + 1}")}] for level in range(7)}
    tables["t7"] = [{**many, "directResponseAction": {"status": 200}}]
    manifests = graph([{**many, **to("t0")}], tables)
    assert routes(manifests) == []
    assert dead_ends(manifests) == ["tooMany"]


@pytest.mark.parametrize("extra", [0, 1])
def test_depth_has_a_guard(extra: int) -> None:
    levels = MAX_DEPTH + extra
    tables = {f"t{level}": [to(f"t{level + 1}")] for level in range(levels - 1)}
    tables[f"t{levels - 1}"] = [{"directResponseAction": {"status": 200}}]
    manifests = graph([to("t0")], tables)
    assert len(routes(manifests)) == 1 - extra
    assert dead_ends(manifests) == ["tooDeep"] * extra


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(edges=st.lists(st.lists(st.integers(0, 5), min_size=0, max_size=3, unique=True), min_size=6, max_size=6))
def test_any_graph_of_references_ends(edges: list[list[int]]) -> None:
    """Cycles of every shape: no table stands twice on one way down, and what is served is what can be reached."""
    tables: dict[str, list[Json]] = {
        f"t{number}": [
            {"matchers": [{"uri": {"prefix": f"/{number}"}}], "directResponseAction": {"status": 200}},
            *({"matchers": [{"uri": {"prefix": f"/{number}"}}], **to(f"t{other}")} for other in others),
        ]
        for number, others in enumerate(edges)
    }

    def ways(number: int, passed: tuple[int, ...]) -> list[tuple[int, ...]]:
        here = (*passed, number)
        return [here, *(way for other in edges[number] if other not in here for way in ways(other, here))]

    wanted = sorted("/" + "/".join(map(str, way)) for way in ways(0, ()))
    assert sorted(routes(graph([to("t0")], tables))) == wanted

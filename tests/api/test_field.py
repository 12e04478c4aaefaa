"""What the cursor makes of values that are not what they should be."""

from __future__ import annotations

import json

import pytest

from kubectl_gmg.api.field import Reader
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.regex import fault
from tests.run import gmg, manifests_text

REF = ObjectRef("ns", "name", "RouteTable", "v1beta1")


def noted(reader: Reader) -> list[tuple[str, str]]:
    """Codes and fields of all that was noted."""
    return [(problem.code, problem.at.field) for problem in reader.close()]


def test_a_field_that_nobody_asked_for_is_unknown() -> None:
    """A typo is found without a schema, at its own place, and what stands below it is not listed again."""
    reader = Reader(REF)
    root = reader.root({"spec": {"routes": [{"name": "a", "matcher": {"uri": 1}}]}})
    for rule in root["spec"]["routes"]:
        assert rule["name"].text() == "a"
    assert noted(reader) == [("GMG001", "spec.routes[0].matcher")]


@pytest.mark.parametrize(
    "value,read", [(10, 10), ("10", 10), ("-3", -3), (10.0, 10), (None, None), ("ten", None), (True, None), ([1], None)]
)
def test_whole_numbers(value: object, read: int | None) -> None:
    """D-1: numbers may come as text; anything else is a wrong type, and the default is handed back."""
    reader = Reader(REF)
    assert reader.root({"weight": value})["weight"].integer() == read
    wrong = read is None and value is not None
    assert noted(reader) == ([("GMG002", "weight")] if wrong else [])


def test_text_that_is_a_number_is_read_as_written() -> None:
    reader = Reader(REF)
    assert reader.root({"value": 1})["value"].text() == "1"
    assert noted(reader) == [("GMG002", "value")]


def test_one_problem_is_noted_once() -> None:
    reader = Reader(REF)
    root = reader.root({"name": {}})
    root["name"].text()
    root["name"].text()
    assert noted(reader) == [("GMG002", "name")]


def test_a_field_that_is_asked_for_in_any_way_is_known() -> None:
    """Also one that holds null; what is asked for twice is one place, and its own fields are touched together."""
    reader = Reader(REF)
    root = reader.root({"a": None, "b": {"c": 1, "d": 2, "e": 3}, "f": {"k": 1}, "g": [{"h": 1}], "i": {"j": 1}})
    assert root.text_of("a", "default") == "default"
    root["b"].integer_of("c")
    root["b"].named("d", "x")
    assert root.pairs_of("f") == (("k", "1"),)
    root.items_of("g")[0].text_of("z")
    root["i"].opaque()
    assert noted(reader) == [
        ("GMG002", "f.k"),
        ("GMG001", "b.e"),
        ("GMG001", "g[0].h"),
    ]


def test_two_of_one() -> None:
    reader = Reader(REF)
    assert reader.root({"exact": "/a", "prefix": "/b"}).one_of("exact", "prefix") == "exact"
    assert noted(reader) == [("GMG004", "")]


@pytest.mark.parametrize(
    "body", ["text", 5, True, [], ["x"], {"routes": {}}, {"routes": ["x", 5, None]}, {"weight": {}}]
)
def test_a_spec_of_any_shape_is_read(body: object) -> None:
    """The API server would refuse these; a file may hold them, and nothing ends in a bug."""
    table = {
        "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
        "kind": "RouteTable",
        "metadata": {"name": "t", "namespace": "ns"},
        "spec": body,
    }
    ran = gmg("tree", "-f", "-", "-o", "json", stdin=manifests_text([table]))
    assert ran.code == 0, ran.err


def test_half_of_a_surrogate_pair_is_no_pattern() -> None:
    assert fault(json.loads('"\\ud800"'))


def test_problems_are_values() -> None:
    assert Problem("GMG001", "m", Reader(REF).root({}).origin) == Problem("GMG001", "m", Reader(REF).root({}).origin)

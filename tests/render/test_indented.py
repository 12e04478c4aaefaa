"""JSON text is that of the standard library, byte for byte."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kubectl_gmg.model.match import PathKind
from kubectl_gmg.render.indented import indented, pieces
from kubectl_gmg.render.machine import as_yaml

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=20)


@given(VALUES)
def test_it_is_what_the_standard_library_writes(value: Any) -> None:
    assert indented(value) == json.dumps(value, indent=2, ensure_ascii=False)


@given(st.lists(VALUES))
def test_an_iterator_is_written_as_a_list(values: list[Any]) -> None:
    assert indented({"items": iter(values)}) == json.dumps({"items": values}, indent=2, ensure_ascii=False)


def lazy(value: Any) -> Any:
    """The value with generators for the lists of objects, as far as objects stand directly in each other's lists."""
    if isinstance(value, dict):
        return {key: lazy(each) if isinstance(each, list) else each for key, each in value.items()}
    return (lazy(each) for each in value) if isinstance(value, list) else value


@given(st.dictionaries(st.text(), VALUES))
def test_pieces_together_are_the_whole(document: dict[str, Any]) -> None:
    assert "".join(pieces(lazy(document))) == json.dumps(document, indent=2, ensure_ascii=False)


def test_a_generator_is_asked_when_its_piece_is_wanted() -> None:
    asked: list[int] = []

    def items() -> Iterator[dict[str, int]]:
        for number in range(3):
            asked.append(number)
            yield {"n": number}

    found = pieces({"first": 1, "items": items()})
    assert next(found) == '{\n  "first": 1,\n  "items": '
    assert asked == []
    rest = "".join(found)
    assert asked == [0, 1, 2]
    assert rest.endswith("]\n}")


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")) | st.just(" "))
ENTRIES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda below: st.lists(below) | st.dictionaries(WORDS, below),
    max_leaves=10,
)


@given(st.lists(ENTRIES), WORDS)
def test_yaml_in_pieces_is_the_whole(values: list[Any], word: str) -> None:
    """Items written one by one are what they are in one list: the same text, and YAML for the same value."""
    document = {"kind": "RouteList", "summary": {word: word}}
    whole = "".join(as_yaml({**document, "items": values}))
    assert "".join(as_yaml({**document, "items": (each for each in values)})) == whole
    assert yaml.load(whole, yaml.CSafeLoader) == {**document, "items": values}


def test_a_member_of_an_enum_is_its_value() -> None:
    assert indented([PathKind.EXACT, (1, {})]) == json.dumps([PathKind.EXACT, (1, {})], indent=2)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_know_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        indented({"number": number})

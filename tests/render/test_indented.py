"""JSON text is that of the standard library, byte for byte."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_gmg.model.match import PathKind
from kubectl_gmg.render.indented import indented

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=20)


@given(VALUES)
def test_it_is_what_the_standard_library_writes(value: Any) -> None:
    assert indented(value) == json.dumps(value, indent=2, ensure_ascii=False)


@given(st.lists(VALUES))
def test_an_iterator_is_written_as_a_list(values: list[Any]) -> None:
    assert indented({"items": iter(values)}) == json.dumps({"items": values}, indent=2, ensure_ascii=False)


def test_a_member_of_an_enum_is_its_value() -> None:
    assert indented([PathKind.EXACT, (1, {})]) == json.dumps([PathKind.EXACT, (1, {})], indent=2)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_know_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        indented({"number": number})

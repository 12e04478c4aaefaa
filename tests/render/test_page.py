"""Tables of ASCII are aligned as tabulate aligns them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kubectl_gmg.render.page import Column, Span, Table, aligned, table_text, tabulated
from kubectl_gmg.views import Look

CELL = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12) | st.sampled_from(["", "-", "1.50"])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]], list[bool]]:
    """Heads, rows and which columns stand at the right."""
    width = draw(st.integers(1, 5))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8))
    heads = draw(st.just([]) | st.lists(st.sampled_from(["#", "MATCH", "GOES TO"]), min_size=width, max_size=width))
    return heads, rows, draw(st.lists(st.booleans(), min_size=width, max_size=width))


@given(tables())
def test_columns_are_those_of_tabulate(table: tuple[list[str], list[list[str]], list[bool]]) -> None:
    heads, rows, right = table
    ours = [line.rstrip() for line in aligned(heads, rows, right)]
    assert ours == [line.rstrip() for line in tabulated(heads, rows, right)]


def test_letters_that_are_twice_as_wide() -> None:
    """An East Asian letter fills two columns, so the cell beside it moves."""
    rows = tuple((Span(text), Span("|")) for text in ("ab", "日"))
    text = table_text(Table((Column("A"), Column("B")), rows), Look(headers=False))
    assert text in ("ab  |\n日  |", "ab  |\n日   |")  # the second where tabulate finds no library that knows

"""Sets of patterns find what each pattern finds alone; RE2 itself is the judge."""

from __future__ import annotations

import random

import re2
from hypothesis import given
from hypothesis import strategies as st

from kubectl_gmg.matching.regexes import ALONE_PROGRAM, SET_PROGRAM, RegexTable, chunks, compiled_set

pieces = st.sampled_from(["a", "b", "/", ".", "[^/]", "(a|bb)", "\\d", "(?i)A", "x{0,30}", "\\b", "$", "^"])
patterns = st.lists(st.builds(str.__add__, pieces, st.sampled_from(["", "*", "+", "?"])), min_size=1, max_size=5).map(
    "".join
)


def alone(pattern: str, text: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options).fullmatch(text) is not None
    except re2.error:
        return False


@given(st.lists(patterns, max_size=20), st.text("ab/A1x", max_size=12))
def test_set_agrees_with_each_pattern(written: list[str], text: str) -> None:
    table = RegexTable({pattern: pattern for pattern in written})

    assert sorted(table.find(text)) == sorted({pattern for pattern in written if alone(pattern, text)})


def test_many_hungry_patterns() -> None:
    """Patterns whose automata have very many states: where a set gives up it must not do so in silence."""
    chance = random.Random(7)

    def letter() -> str:
        return chance.choice("abc")

    written = [
        f".*{letter()}{letter()}.{{{number % 29},{number % 29 + number % 40}}}{letter()}" for number in range(600)
    ]
    table = RegexTable({pattern: pattern for pattern in written})

    for _ in range(5):
        text = "".join(chance.choices("abc/", k=300))
        assert sorted(table.find(text)) == sorted({pattern for pattern in written if alone(pattern, text)})


def test_large_pattern_is_found() -> None:
    large = "(/[a-z]{1,30}){1,30}"
    assert re2.compile(large).programsize > ALONE_PROGRAM

    assert list(RegexTable({large: 1, "/b": 2}).find("/a/bc")) == [1]


def test_faulty_pattern_matches_nothing_and_spoils_nothing() -> None:
    assert list(RegexTable({"/(": 1, "/a": 2, "": 3}).find("/a")) == [2]


def test_no_patterns() -> None:
    assert list(RegexTable({}).find("/a")) == []


def test_chunks_are_bounded() -> None:
    sizes = {f"p{number}": SET_PROGRAM // 3 for number in range(7)}

    got = list(chunks(sizes))

    assert [len(chunk) for chunk in got] == [3, 3, 1]
    assert [pattern for chunk in got for pattern in chunk] == list(sizes)


def test_too_large_a_set_is_not_made() -> None:
    assert compiled_set([f"(/[a-z]{{1,30}}){{1,30}}{number}" for number in range(500)]) is None

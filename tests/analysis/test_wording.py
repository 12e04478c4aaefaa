"""Words that `explain` and `check` share."""

from __future__ import annotations

import pytest

from kubectl_gmg.analysis.wording import counted, path_words, several
from kubectl_gmg.model.match import PathKind, PathMatch


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "nothing"),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "a", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b, c and d"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d and 2 more"),
    ],
)
def test_several(names: list[str], said: str) -> None:
    assert several(names) == said


def test_several_of_a_few() -> None:
    assert several("abc", 1) == "a and 2 more"


@pytest.mark.parametrize(("number", "said"), [(0, "0 routes"), (1, "1 route"), (2, "2 routes")])
def test_counted(number: int, said: str) -> None:
    assert counted(number, "route") == said


def test_paths() -> None:
    assert path_words(PathMatch(PathKind.EXACT, "/a")) == "exact /a"
    assert path_words(PathMatch(PathKind.PREFIX, "/a", ignore_case=True)) == "prefix /a in any case"

"""Unquoted words: kubectl itself says what they mean."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_gmg.sources.scalars import key_text, plain
from kubectl_gmg.sources.text import documents
from tests.sources.judge import as_kubectl_reads

HEAD = "apiVersion: example.com/v1\nkind: Example\nmetadata: {name: a}\n"


def listed(*rows: str) -> list[str]:
    return [word for row in rows for word in row.split()]


WORDS = listed(
    "010 0o10 08 0_8 1e3 1E3 1.0 1.50 1_000 0x1F 0X1F -0x1F 0b101 -0b11 0b2 0o8 +5 .5 5. 1:30 190:20:30",
    "2020-01-01 2020-01-01T00:00:00Z 2001-12-14t21:59:43.10-05:00 yes No NO on OFF Off true TRUE tRue",
    "~ null Null NULL nULL 18446744073709551615 18446744073709551616 9223372036854775807 9223372036854775808",
    "-9223372036854775808 -9223372036854775809 1e21 1e22 1.5e-7 0.1 = 1__0 _1 + . -.5 +.5 +1.5 0x 1e 12e03",
    "685.230_15e+03 -0.0 .5_0 0x_1 1_ 00 0 -0 1.e5 .e5 NaN nan inf Infinity 0777 0xffffffffffffffff",
    "0x1ffffffffffffffff 1e400 -1e400 1.7976931348623157e308 v1 1.2.3 10.0.0.1 5s 100m 1Gi /reviews",
    "*.example.com 1-2 --- -- .. 00000000000000000000000000000000001",
)


def number(value: object) -> object:
    """JSON does not tell 1e+20 from its digits; Python's reader does."""
    return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**63 else value


def both(tmp_path: Path, text: str) -> tuple[object, object]:
    manifest = tmp_path / "scalars.yaml"
    manifest.write_text(HEAD + text)
    judged, complaint = as_kubectl_reads(manifest)
    assert judged, complaint
    [ours] = documents(manifest.read_text(), "scalars.yaml")
    return ours.content["values"], judged[0]["values"]


def test_words_mean_what_kubectl_reads(tmp_path: Path) -> None:
    words = [word if word.strip("*") == word else f'"{word}"' for word in WORDS]
    ours, judged = both(tmp_path, "values:\n" + "".join(f"- {word}\n" for word in words))
    assert isinstance(ours, list)
    assert isinstance(judged, list)
    assert len(ours) == len(words)
    for word, mine, its in zip(words, ours, judged, strict=True):
        assert (mine, type(mine)) == (number(its), type(number(its))), word


digits = st.text("0123456789+-._eExXoObBaf", min_size=1, max_size=12).filter(lambda word: word != "-")
times = st.from_regex(r"[0-9]{1,4}[-:][0-9]{1,2}([-:][0-9]{1,2})?", fullmatch=True)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(digits | times, min_size=60, max_size=120))
def test_generated_words_mean_what_kubectl_reads(tmp_path: Path, words: list[str]) -> None:
    ours, judged = both(tmp_path, "values:\n" + "".join(f"- {word}\n" for word in words))
    assert isinstance(judged, list)
    assert ours == [number(its) for its in judged]


def test_keys_are_those_kubectl_reads(tmp_path: Path) -> None:
    text = "values: {1: a, true: b, 1.5: c, 0x10: e, 2020-01-01: f, 1:30: g, '': h, 'null': i, 10.0: j}\n"
    ours, judged = both(tmp_path, text)
    assert ours == judged
    assert isinstance(ours, dict)
    assert {"1", "true", "1.5", "16"} <= set(ours)


@pytest.mark.parametrize("mapping", ["{null: a}", "{~: a}", "{[1]: a}", "{{a: b}: c}"])
def test_keys_that_kubectl_refuses_are_refused(tmp_path: Path, mapping: str) -> None:
    manifest = tmp_path / "keys.yaml"
    manifest.write_text(f"{HEAD}values: {mapping}\n")
    judged, complaint = as_kubectl_reads(manifest)
    assert not judged
    assert "key" in complaint
    with pytest.raises(Exception, match=r"keys.yaml:4: this cannot be a key"):
        documents(manifest.read_text(), "keys.yaml")


def test_merge_keys_are_merged_as_kubectl_does(tmp_path: Path) -> None:
    text = """values:
  base: &base {p: 1, q: 2}
  before: {<<: *base, p: 9}
  after: {p: 9, <<: *base}
  several: {<<: [*base, {p: 6, r: 7}]}
  nested: {<<: {<<: *base, s: 1}, t: 2}
  quoted: {"<<": 1}
"""
    ours, judged = both(tmp_path, text)
    assert ours == judged
    assert isinstance(ours, dict)
    assert ours["before"] == {"p": 9, "q": 2}


def test_the_letters_y_and_n_stay_text(tmp_path: Path) -> None:
    """The one word that kubectl reads otherwise: the examples of the specification have routes of these names."""
    ours, judged = both(tmp_path, "values: [y, n, Y, N]\n")
    assert judged == [True, False, True, False]
    assert ours == ["y", "n", "Y", "N"]


def test_infinities_are_floats() -> None:
    assert plain(".inf") == math.inf
    assert plain("-.Inf") == -math.inf
    nan = plain(".nan")
    assert isinstance(nan, float)
    assert math.isnan(nan)
    assert key_text(math.inf) is None


def test_libyaml_is_there() -> None:
    """Without it reading takes seven times as long, and nothing would tell."""
    assert yaml.__with_libyaml__

"""Bytes to documents: what is read, and what is refused with file, line and hint."""

from __future__ import annotations

import gc
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_gmg.errors import SourceError
from kubectl_gmg.sources.text import decoded, documents, printable
from tests.sources.judge import as_kubectl_reads
from tests.sources.make import read, table


def contents(text: str) -> list[Any]:
    return [each.content for each in documents(text, "a.yaml")]


def refused(text: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        documents(text, "a.yaml")
    assert caught.value.hint
    assert caught.value.message.isprintable()
    return caught.value


def test_several_documents_without_the_empty_ones() -> None:
    text = "# only a comment\n---\na: 1\n---\n---\n# nothing\n---\nnull\n---\nb: 2\n...\n---\n"
    assert contents(text) == [{"a": 1}, {"b": 2}]
    assert contents("") == contents("# nothing\n") == contents("\n \n---\n") == []


@pytest.mark.parametrize(
    "data",
    [
        "näme: ☃".encode(),
        b"\xef\xbb\xbf" + "näme: ☃".encode(),
        b"\xff\xfe" + "näme: ☃".encode("utf-16-le"),
        b"\xfe\xff" + "näme: ☃".encode("utf-16-be"),
        "näme: ☃\r\n".encode(),
    ],
    ids=["utf-8", "bom", "utf-16-le", "utf-16-be", "crlf"],
)
def test_encodings(data: bytes) -> None:
    assert contents(decoded(data, "a.yaml")) == [{"näme": "☃"}]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: 1\nb: \xff\n", "a.yaml:2: not UTF-8 text"),
        (b"\xff\xfea\x00\n\x00\x00\xd8", "a.yaml:2: not UTF-16-LE text"),
        (b"\x7fELF\x02\x01\x00\x00", "a.yaml:1: binary data"),
        (b"a: 1\n\x1f\x8b\x08\x00", "a.yaml:2: not UTF-8 text"),
    ],
)
def test_what_is_no_text(data: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        decoded(data, "a.yaml")
    assert caught.value.message == message
    assert caught.value.hint


def test_a_control_character_is_named_with_its_line() -> None:
    assert refused("a: 1\nb: é\nc: '\x1b[31m'\n").message == "a.yaml:3: a character that YAML does not allow (U+001B)"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "flow sequence"),
        ("a: 1\n b: 2\n", 2, "mapping values are not allowed"),
        ("a: *nobody\n", 1, "undefined alias"),
        ("---\na: 'x\n", 3, "unexpected end of stream"),
        ("a: 1\n---\nb: {\n", 4, "flow node"),
    ],
)
def test_syntax_errors_name_the_line(text: str, line: int, words: str) -> None:
    error = refused(text)
    assert error.message.startswith(f"a.yaml:{line}: ")
    assert words in error.message
    assert error.at == f"a.yaml:{line}"


def test_tabs_and_templates_have_hints_of_their_own() -> None:
    assert "tabs" in refused("a:\n\tb: 1\n").hint
    assert "template" in refused("a: {{ .Values.x }}\n").hint
    assert "template" in refused("{{- if .Values.x }}\na: 1\n{{- end }}\n").hint


@pytest.mark.parametrize(
    "text",
    ["a:\n  x: 1\n  y: 2\n  x: 3\n", '{"a": {\n"x": 1,\n"y": 2,\n"x": 3}}', "a:\n  1: 1\n  b: 2\n  '1': 3\n"],
    ids=["yaml", "json", "after conversion"],
)
def test_duplicate_keys_name_both_lines(text: str) -> None:
    message = refused(text).message
    assert message.startswith("a.yaml:4: the key ")
    assert message.endswith("is given twice, first in line 2")


def test_duplicate_keys_in_json_that_is_no_yaml() -> None:
    key = "k" * 2000
    assert refused(f'\n{{"{key}": 1, "x": 1, "x": 2}}').message.startswith("a.yaml:2: ")


def test_duplicates_beside_a_merge_key() -> None:
    assert "given twice" in refused("a: &a {p: 1}\nb:\n  <<: *a\n  p: 2\n  p: 3\n").message
    assert contents("a: &a {p: 1}\nb:\n  <<: *a\n  p: 2\n")[0]["b"] == {"p": 2}


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("a: 1\nb: !!binary aGk=\n", "!!binary"),
        ("a: 1\nb: !!python/object/apply:os.system [true]\n", "!!python/object/apply:os.system"),
        ("a: 1\nb: !!python/name:os.system x\n", "!!python/name:os.system"),
        ("a: 1\nb: !Ref x\n", "!Ref"),
        ("a: 1\nb: !!set {x, y}\n", "!!set"),
        ("a: 1\nb: !custom [x]\n", "!custom"),
        ("a: 1\nb: {? !!str [x] : y}\n", "key"),
        ("a: 1\nb: {!Ref x: y}\n", "!Ref"),
    ],
)
def test_tags_are_refused(text: str, tag: str) -> None:
    message = refused(text).message
    assert message.startswith("a.yaml:2: ")
    assert tag in message


def test_standard_tags_convert_as_kubectl_does(tmp_path: Path) -> None:
    items = '!!str 5, !!int "5", !!float 5, !!bool "yes", !!timestamp 2020-01-01, !!null "", !!map {a: 1}, !!seq [1]'
    text = f"values: [{items}]"
    manifest = tmp_path / "a.yaml"
    manifest.write_text(f"apiVersion: example.com/v1\nkind: Example\nmetadata: {{name: a}}\n{text}\n")
    judged, complaint = as_kubectl_reads(manifest)
    assert judged, complaint
    assert contents(text)[0]["values"] == judged[0]["values"]
    assert "'x' is no int" in refused("a: !!int x\n").message


def test_not_a_number_is_a_float() -> None:
    first, second, third = contents("a: [.inf, -.inf, .nan]")[0]["a"]
    assert (first, second) == (math.inf, -math.inf)
    assert math.isnan(third)


BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + below] * 10)}]\n" for below, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_alias_explosion_is_refused() -> None:
    message = refused(BILLION_LAUGHS).message
    assert "aliases expand to more than 1,000,000 values" in message
    assert (
        "1,000,000"
        in refused(BILLION_LAUGHS.replace("[*", "{<<: [*").replace("]\n", "]}\n").replace("x]}", "x]")).message
    )


def test_alias_explosion_over_many_documents_is_refused() -> None:
    part = BILLION_LAUGHS.split("f: ", maxsplit=1)[0]
    assert contents(part)
    assert "1,000,000" in refused("---\n".join([part] * 20)).message


def test_honest_aliases_are_read() -> None:
    text = "a: &a {x: [1, 2]}\n" + "".join(f"b{at}: *a\n" for at in range(2000))
    [found] = contents(text)
    assert found["b1999"] == {"x": [1, 2]}


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "a: &a\n  b: [{c: *a}]\n", "a: &a {<<: *a}\n"])
def test_an_alias_that_contains_itself_is_refused(text: str) -> None:
    assert refused(text).message == "a.yaml:1: an alias contains itself"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "{a: " * 100_000,
        "? " * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a":[' * 300 + "]}" * 300,
        "x: " + "[" * 300 + "]" * 300,
        "".join(f"{' ' * at}a:\n" for at in range(300)),
        "a: 1\n---\n" * 50 + "[" * 5000,
    ],
    ids=["flow lists", "block lists", "flow mappings", "complex keys", "json", "json 600", "closed", "block", "late"],
)
def test_absurd_nesting_is_refused(text: str) -> None:
    assert "nested more than 200 levels deep" in refused(text).message


def test_aliases_that_nest_too_deeply_are_refused() -> None:
    opened, closed = "[" * 150, "]" * 150
    text = f"a: &a {opened}{closed}\n" + "".join(
        f"{new}: &{new} {opened}*{old}{closed}\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "nested more than 200 levels deep" in refused(text).message


def test_reasonable_nesting_is_read() -> None:
    [found] = contents("a: " + "[" * 150 + "]" * 150)
    for _ in range(150):
        found = next(iter(found.values())) if isinstance(found, dict) else found[0]
    assert found == []


def test_json_one_after_the_other() -> None:
    assert contents(' {"a": 1}{"b": 2}\n\n{"c": [1.5, 1e3]}\n') == [{"a": 1}, {"b": 2}, {"c": [1.5, 1000.0]}]


def test_text_that_only_begins_like_json() -> None:
    assert contents("{a: 1, b: [x]}\n---\nc: 2\n") == [{"a": 1, "b": ["x"]}, {"c": 2}]
    assert contents('{"a": 1}\n---\n{"b": 2}\n') == [{"a": 1}, {"b": 2}]


def test_broken_json_names_the_line() -> None:
    error = refused('{"a": 1,\n"b": [1, 2,\n"c" 3]}')
    assert error.message.startswith("a.yaml:3: ")
    assert refused('{"a": 1}\n{"b": ').message.startswith("a.yaml:2: ")
    assert refused('{"a": ' + "1" * 5000 + "}").message == "a.yaml:1: a number has too many digits"


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    values = r'["\ud800", "x\udc00y", "\ud83d\ude00", "\\ud800", "\ud800\ud83d\ude00"]'
    manifest = tmp_path / "a.json"
    manifest.write_text(
        f'{{"apiVersion": "example.com/v1", "kind": "Example", "metadata": {{"name": "a"}}, "values": {values}}}'
    )
    judged, complaint = as_kubectl_reads(manifest)
    assert judged, complaint
    assert contents(manifest.read_text())[0]["values"] == judged[0]["values"]


def test_quotations_are_escaped() -> None:
    message = refused('"\\e[31mred\\a": 1\n"\\e[31mred\\a": 2\n').message
    assert "\\x1b[31mred\\x07" in message
    assert len(refused(f"{'k' * 500}: 1\n{'k' * 500}: 2\n").message) < 200
    assert printable("a\x1b[0m\u202eb.yaml\udcff") == "a\\x1b[0m\\u202eb.yaml\\udcff"
    assert printable("naïve ☃.yaml") == "naïve ☃.yaml"


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e6, 1e6).map(lambda x: x + 0.5) | words
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4))


class Quoting(yaml.CSafeDumper):
    """Quotes every text: PyYAML itself leaves words bare that are no text for kubectl."""


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(words, values, min_size=1, max_size=4))
def test_yaml_and_json_of_one_value_read_alike(value: dict[str, Any]) -> None:
    from_json = contents(json.dumps(value))
    from_yaml = contents(yaml.dump(value, Dumper=Quoting, allow_unicode=False))
    assert from_json == [value]
    assert from_yaml == [value]


def complaint(data: bytes) -> str | None:
    """What is said about `data`, None if it is read; any other exception fails the test."""
    try:
        documents(decoded(data, "a.yaml"), "a.yaml")
    except SourceError as error:
        return error.message
    return None


def placed(message: str | None) -> bool:
    return message is None or (message.startswith("a.yaml:") and message[7].isdigit() and message.isprintable())


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(list("ab:-[]{}&*!|>'\"#%@?, \n\t<0123~.\\\x07é☃"))))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert placed(complaint(text.encode()))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    assert placed(complaint(data))


def test_damaged_manifests_are_read_or_refused() -> None:
    source = random.Random(7)
    for _ in range(300):
        letters = list(table("a", spec='{routes: [{name: "x", weight: 1}]}'))
        for _ in range(3):
            letters[source.randrange(len(letters))] = source.choice(":-[]{}&*!|>'\"\n\t \x85")
        assert placed(complaint("".join(letters).encode()))


def test_the_collector_runs_again_afterwards(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.yaml", tmp_path / "b.yaml"
    good.write_text(table("a"))
    bad.write_text("a: [")
    states: list[bool] = []

    def stdin() -> bytes:
        states.append(gc.isenabled())
        return b""

    [found] = read(good, "-", stdin=stdin).objects
    assert gc.isenabled()
    assert found.place is not None
    assert found.place.line(("spec",)) == 6
    assert gc.isenabled()
    with pytest.raises(SourceError):
        read(bad, "-", stdin=stdin)
    assert gc.isenabled()
    gc.disable()
    try:
        read(good)
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert states == [False, False]

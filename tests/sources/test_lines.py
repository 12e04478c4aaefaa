"""Lines: a text search for unique words must find the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_gmg.sources.text import documents

TEXT = """# a comment
---
# another one
apiVersion: example.com/v1
kind: Example
metadata:
  name: first

  labels: {a: b,
           c: d}
spec:
  routes:
  - name: one
    matchers:
    - prefix: /a
    -
      prefix: /b
  - &shared
    name: two
  - *shared
  body: |
    name: not a key
    more
  "quoted key":   1
  8080: port
--- {apiVersion: v1, kind: Inline,
  metadata: {name: second}}
---
defaults: &defaults
  timeout: 5s
  retries: 3
used:
  <<: *defaults
  retries: 4
"""


@pytest.mark.parametrize(
    ("document", "path", "line"),
    [
        (0, (), 4),
        (0, ("kind",), 5),
        (0, ("metadata", "labels", "a"), 9),
        (0, ("metadata", "labels", "c"), 10),
        (0, ("spec", "routes"), 12),
        (0, ("spec", "routes", 0), 13),
        (0, ("spec", "routes", 0, "name"), 13),
        (0, ("spec", "routes", 0, "matchers", 0, "prefix"), 15),
        (0, ("spec", "routes", 0, "matchers", 1, "prefix"), 17),
        (0, ("spec", "routes", 1, "name"), 19),
        (0, ("spec", "routes", 2, "name"), 19),
        (0, ("spec", "body"), 21),
        (0, ("spec", "quoted key"), 24),
        (0, ("spec", "8080"), 25),
        (0, ("spec", "routes", 0, "missing", "deeper"), 13),
        (0, ("spec", "routes", 7), 12),
        (0, ("spec", "body", "name"), 21),
        (0, ("nowhere",), 4),
        (1, (), 26),
        (1, ("kind",), 26),
        (1, ("metadata", "name"), 27),
        (2, ("defaults", "timeout"), 30),
        (2, ("used", "timeout"), 30),
        (2, ("used", "retries"), 34),
    ],
)
def test_line_of_a_path(document: int, path: tuple[str | int, ...], line: int) -> None:
    assert documents(TEXT, "a.yaml")[document].line(path) == line


def test_lines_of_entries_that_a_merge_brings_or_overrides() -> None:
    """What is merged has the lines of where it is written, and does not move the lines of what stands beside it."""
    rows = [
        "base: &base",
        "  a: {x: 1}",
        "  b:",
        "  - 1",
        "  - 2",
        "used:",
        "  before: [",
        "    0]",
        "  <<: *base",
        "  b: [",
        "    3, {y: 1}]",
        "  after: *base",
        "end: 1",
    ]
    [document] = documents("\n".join(rows), "a.yaml")
    assert document.content["used"]["b"] == [3, {"y": 1}]
    wanted: list[tuple[tuple[str | int, ...], int]] = [
        (("base", "b", 1), 5),
        (("used", "before", 0), 8),
        (("used", "a", "x"), 2),
        (("used", "b"), 10),
        (("used", "b", 1, "y"), 11),
        (("used", "after"), 12),
        (("used", "after", "b", 1), 5),
        (("end",), 13),
    ]
    for path, line in wanted:
        assert document.line(path) == line, path


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings(ending: str) -> None:
    found = documents(TEXT.replace("\n", ending), "a.yaml")
    assert found[0].line(("spec", "8080")) == 25
    assert found[2].line(("used", "retries")) == 34


def test_lines_of_json() -> None:
    value = {"a": [1, {"b": "\U0001f600"}], "c": "\\u0041 \ud83d\ude00 \u2028"}
    text = "\n" + json.dumps(value, indent="\t") + json.dumps({"second": {"x": 1}}, indent=1)
    first, second = documents(text, "a.json")
    rows = text.split("\n")
    for document, path, word in [
        (first, ("a", 1, "b"), '"b"'),
        (first, ("c",), '"c"'),
        (second, ("second", "x"), '"x"'),
    ]:
        assert word in rows[document.line(path) - 1]
    assert second.line(()) == 10


def test_json_that_is_no_yaml_has_the_line_of_its_start() -> None:
    key = "k" * 2000  # libyaml wants the colon within 1,024 letters
    [found] = documents(f'\n\n{{"{key}": {{\n"a": 1}}}}', "a.json")
    assert found.content == {key: {"a": 1}}
    assert found.line((key, "a")) == 3


@st.composite
def marked(draw: st.DrawFn) -> Any:
    """A value whose every scalar and key is a word of its own."""
    count = iter(range(10_000))
    shape = draw(
        st.recursive(st.none(), lambda inner: st.lists(inner, max_size=4) | inner.map(lambda x: {"": x}), max_leaves=25)
    )

    def name(part: Any) -> Any:
        if part is None:
            return f"mark{next(count)}."
        if isinstance(part, list) and len(part) % 2:
            return {f"mark{next(count)}.": name(each) for each in part}
        return [name(each) for each in part] if isinstance(part, list) else {f"mark{next(count)}.": name(part[""])}

    return {"root": name(shape)}


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str]]:
    """Every path with the word that stands in its line: a key, or a scalar that is an item."""
    steps: list[tuple[str | int, Any]] = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found: list[tuple[tuple[str | int, ...], str]] = []
    for step, held in steps:
        here = (*path, step)
        if isinstance(step, str):
            found.append((here, step))
        elif isinstance(held, str):
            found.append((here, held))
        if isinstance(held, (dict, list)):
            found += paths(held, here)
    return found


def as_yaml(value: Any, flow: bool | None) -> str:
    return yaml.safe_dump(value, default_flow_style=flow, width=40, indent=3)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(marked(), min_size=1, max_size=3),
    st.sampled_from([True, False, None]),
    st.sampled_from(["---\n", "--- # next\n\n"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_lines_agree_with_a_search(values: list[Any], flow: bool | None, rule: str, ending: str) -> None:
    parts = ["# head\n" + rule + as_yaml(value, flow) for value in values]
    text = "".join(parts).replace("\n", ending)
    first = 0
    for document, value, part in zip(documents(text, "a.yaml"), values, parts, strict=True):
        assert document.content == value
        rows = part.split("\n")
        for path, word in paths(value):
            wanted = [at for at, row in enumerate(rows, 1) if word in row.replace("? ", "")]
            assert document.line(path) == first + wanted[0], (path, text)
        first += part.count("\n")


@settings(max_examples=100, deadline=None)
@given(st.lists(marked(), min_size=1, max_size=3), st.sampled_from([None, 0, 2, "\t"]))
def test_lines_of_json_agree_with_a_search(values: list[Any], indent: int | str | None) -> None:
    text = "\n".join(json.dumps(value, indent=indent) for value in values)
    rows = text.split("\n")
    seen = 0
    for document, value in zip(documents(text, "a.json"), values, strict=True):
        start = document.line(())
        assert start == seen + 1
        for path, word in paths(value):
            wanted = next(at for at, row in enumerate(rows[seen:], seen + 1) if f'"{word}"' in row)
            assert document.line(path) == wanted
        seen += json.dumps(value, indent=indent).count("\n") + 1


def test_every_line_of_a_large_list() -> None:
    items = [{"name": f"n{at}", "spec": {"values": [f"v{at}", "x"]}} for at in range(3000)]
    text = yaml.dump({"kind": "List", "items": items}, Dumper=yaml.CSafeDumper)
    [document] = documents(text, "a.yaml")
    where = {row.strip("- "): at for at, row in enumerate(text.split("\n"), 1)}
    for at in range(3000):
        assert document.line(("items", at, "spec", "values", 0)) == where[f"v{at}"]

"""Large answers are written while they are made, and files are read once: counted, so that no clock is needed."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg import cli
from kubectl_gmg.render.machine import node_json
from kubectl_gmg.render.parts import route_json
from kubectl_gmg.sources import lines
from kubectl_gmg.sources.nodes import composed
from tests.benchmarks.objects import mesh
from tests.test_counts import calls, calls_of

ROUTES = 400


class Writes(io.StringIO):
    """A stdout that remembers how much each write brought; from write number `breaks` on, nobody reads."""

    def __init__(self, breaks: int | None = None) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self._breaks = breaks

    def write(self, text: str) -> int:
        if self._breaks is not None and len(self.sizes) >= self._breaks:
            raise BrokenPipeError
        self.sizes.append(len(text))
        return super().write(text)


def run(out: io.StringIO, *arguments: str) -> Callable[[], int]:
    """A run of the program that prints there."""

    def call() -> int:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            return cli.run([*arguments, "-q"])

    return call


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    return mesh(ROUTES // 5, 5, 2)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, manifests: list[dict[str, Any]]) -> str:
    path = tmp_path_factory.mktemp("streaming") / "objects.yaml"
    path.write_text(yaml.dump_all(manifests, Dumper=yaml.CSafeDumper, sort_keys=False))
    return str(path)


@pytest.mark.parametrize("command", ["routes", "tree"])
@pytest.mark.parametrize("output", ["json", "yaml"])
def test_no_write_is_larger_than_a_few_items(command: str, output: str, file: str) -> None:
    out = Writes()
    assert run(out, command, "-f", file, "-o", output)() == 0
    assert sum(out.sizes) > 300_000
    most = 20_000 if (command, output) != ("tree", "yaml") else sum(out.sizes)  # a tree is one item of YAML
    assert max(out.sizes) <= most
    read = json.loads(out.getvalue()) if output == "json" else yaml.load(out.getvalue(), yaml.CSafeLoader)
    assert len(read["items"]) == (ROUTES if command == "routes" else 1)


@pytest.mark.parametrize("command,made", [("routes", route_json), ("tree", node_json)])
def test_what_nobody_reads_is_not_made(command: str, made: Callable[..., Any], file: str) -> None:
    """`kubectl gmg routes -o json | head`: the run ends silently, and soon."""
    out = Writes(breaks=12)
    codes: list[int] = []
    call = run(out, command, "-f", file, "-o", "json")
    assert 0 < calls_of(made.__code__, lambda: codes.append(call())) <= 12
    assert codes == [0]


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_yaml_file_is_composed_once(output: str, file: str, manifests: list[dict[str, Any]]) -> None:
    """Lines are recorded while the file is read; a generator is entered once for each document, and at its end."""
    seen = calls(run(Writes(), "routes", "-f", file, "-o", output))
    assert seen[lines.recorded.__code__] == 0
    assert seen[composed.__code__] == len(manifests) + 1


def test_a_json_file_is_composed_for_its_lines_only(tmp_path: Path, manifests: list[dict[str, Any]]) -> None:
    path = tmp_path / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}, indent=1))
    counts = [
        calls_of(lines.recorded.__code__, run(Writes(), "routes", "-f", str(path), "-o", output))
        for output in ("table", "json")
    ]
    assert counts == [0, 1]


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_nothing_stands_on_stdout_where_an_error_comes_first(output: str, file: str) -> None:
    out = Writes()
    assert run(out, "routes", "-f", file, "--gateway", "nobody", "-o", output)() == 4
    assert out.getvalue() == ""

"""Findings on terminals and in pipes: hostile names, any width, ends in the middle (`spec/cli.md` 1, 2.1, 3)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.commands.make import delegates, gateway, host, rule, table
from tests.run import gmg, manifests_text
from tests.terminal.screen import in_shell, on_terminal, piped
from tests.test_counts import modules

ROOT = Path(__file__).parents[2]
FORMATS = ("text", "short", "json", "yaml", "sarif", "junit", "github")
EVIL = "\x1b]0;title\x07\x1b[2J\u202e::error file=x::\r\n%0A--> <script>&]]>\x9b31m"
"""Names that draw on terminals, end a line, or mean something in one of the formats."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file in which everything that people may choose is hostile, and everything is wrong."""
    objects = [
        gateway(),
        host(
            rule(EVIL, "/a"),
            rule(f"{EVIL}2", "/a/b"),
            rule("größe", "/c", delegates(f"ns/{EVIL}".replace("\r\n", ""))),
            rule("x", f"no-slash{EVIL}"),
        ),
        table(rule(EVIL, "/漢😀"), namespace="ns"),
    ]
    objects[-1]["status"] = {"observedGeneration": 1, "state": "INVALID", "errors": [EVIL]}
    objects[-1]["metadata"]["generation"] = 1
    file = tmp_path_factory.mktemp("hostile") / "o.json"
    file.write_text(manifests_text(objects))
    return str(file)


@pytest.mark.parametrize("output", FORMATS)
def test_nothing_hostile_gets_through(hostile: str, output: str) -> None:
    ran = gmg("check", "-f", hostile, "-o", output, "--fail-on", "never")
    assert ran.code == 0, ran.err
    assert len(re.findall("GMG301", ran.out)) >= 1
    assert not CONTROL.search(ran.out.replace("\n", ""))
    if output == "github":
        assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in ran.out.splitlines())
        told = gmg("check", "-f", hostile, "-o", "json", "--fail-on", "never").json["items"]
        assert len(ran.out.splitlines()) == len(told)
    if output == "short":
        assert len(ran.out.splitlines()) == len(
            gmg("check", "-f", hostile, "-o", "json", "--fail-on", "never").json["items"]
        )


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_nothing_runs_over_the_edge(hostile: str, columns: int) -> None:
    seen = on_terminal("check", "-f", hostile, "--fail-on", "never", "-q", columns=columns)
    raw = re.sub(rb"\x1b\[[0-9;]*m", b"", seen.data).decode().replace("\r", "")
    assert seen.code == 0
    assert not CONTROL.search(raw.replace("\n", ""))
    long_words = [line for line in raw.split("\n") if len(line) > columns and " " in line.strip()[: columns // 2]]
    assert [line for line in long_words if len(line.split()) > 3] == []


@pytest.mark.parametrize("command", [("check", "--demo"), ("rules",), ("rules", "GMG301")], ids=" ".join)
@pytest.mark.parametrize("given", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_without_colour(command: tuple[str, ...], given: dict[str, str]) -> None:
    assert b"\x1b" not in on_terminal(*command, given=given).data


@pytest.mark.parametrize("output", FORMATS)
def test_where_only_ascii_is_known(hostile: str, output: str) -> None:
    ran = piped("check", "-f", hostile, "-o", output, "--fail-on", "never", PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.isascii()
    if output in ("json", "sarif"):
        plain = gmg("check", "-f", hostile, "-o", output, "--fail-on", "never")
        assert json.loads(ran.stdout) == plain.json


@pytest.fixture(scope="module")
def long_list(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with more findings than fit into a pipe, in any format."""
    rules = [{**rule(f"r{number}", f"/{number}/"), "typo": number} for number in range(1500)]
    file = tmp_path_factory.mktemp("long") / "o.json"
    file.write_text(manifests_text([gateway(), host(*rules)]))
    return str(file)


@pytest.mark.parametrize("output", FORMATS)
def test_a_closed_pipe_ends_silently_with_0(long_list: str, output: str) -> None:
    ran = in_shell(f"gmg check -f {long_list} -q -o {output} --fail-on info | true; echo ${{PIPESTATUS[0]}}")
    assert (ran.stdout, ran.stderr) == (b"0\n", b"")


@pytest.mark.parametrize(
    "words", [("rules",), ("rules", "GMG301"), ("explain", "GMG301"), ("rules", "-o", "json")], ids=" ".join
)
def test_the_catalogue_reads_nothing(words: tuple[str, ...]) -> None:
    """No source, though one is named; and none of the libraries that sources and terminals take."""
    imported = modules(*words, "-f", "/nonexistent/nowhere.yaml")
    assert "kubectl_gmg.checks.gmg301_unreachable_route" in imported
    assert not imported & {"rich", "kubernetes", "yaml", "urllib3", "kubectl_gmg.sources.files"}

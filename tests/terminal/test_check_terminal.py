"""Findings on terminals and in pipes: hostile names, any width, ends in the middle (`spec/cli.md` 1, 2.1, 3)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.make import delegates, gateway, host, rule, table
from tests.run import gmg, manifests_text
from tests.terminal.screen import PROGRAM, environment, in_shell, on_terminal, piped
from tests.terminal.test_terminal import wait_until_reading

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


@pytest.mark.parametrize("output", FORMATS)
def test_a_closed_pipe_ends_silently_with_0(output: str) -> None:
    ran = in_shell(f"gmg check --demo -o {output} --fail-on info | true; echo ${{PIPESTATUS[0]}}")
    assert ran.stderr == b""
    assert ran.stdout in (b"0\n", b"1\n"), "the exit code is that of the answer where all of it fitted into the pipe"


def test_an_interrupt() -> None:
    with subprocess.Popen(
        (*PROGRAM, "check", "-f", "-"),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        wait_until_reading(child.pid)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    assert (child.returncode, out, err) == (130, b"", b"error: interrupted\n")


NOTHING = """
import sys
from kubectl_gmg import cli
code = cli.run(sys.argv[1:])
sys.stderr.write("\\nmodules " + " ".join(sys.modules))
sys.exit(code)
"""


@pytest.mark.parametrize(
    "words", [("rules",), ("rules", "GMG301"), ("explain", "GMG301"), ("rules", "-o", "json")], ids=" ".join
)
def test_the_catalogue_reads_nothing(words: tuple[str, ...]) -> None:
    """No source, though one is named; and none of the libraries that sources and terminals take."""
    ran = subprocess.run(
        [sys.executable, "-c", NOTHING, *words, "-f", "/nonexistent/nowhere.yaml"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "KUBECONFIG": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "GMG301" in ran.stdout
    imported = set(ran.stderr.rpartition("\nmodules ")[2].split())
    assert not imported & {"rich", "kubernetes", "yaml", "urllib3", "kubectl_gmg.sources.files"}

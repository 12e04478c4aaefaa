"""The README shows what the program prints, and speaks of every command."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.run import gmg

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"<!-- run: (?P<arguments>.+?) -->\n```\n(?P<output>.*?)```", re.DOTALL)
BLOCKS = [(found["arguments"], found["output"]) for found in BLOCK.finditer(README)]


def test_blocks_are_found() -> None:
    assert len(BLOCKS) == README.count("<!-- run:") == 14


@pytest.mark.parametrize("arguments,output", BLOCKS, ids=[arguments for arguments, _ in BLOCKS])
def test_the_readme_shows_the_real_output(arguments: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ran = gmg(*shlex.split(arguments))
    assert ran.err == ""
    assert ran.out == output
    assert all(len(line) <= 88 for line in output.splitlines())


def test_the_readme_lists_the_rules() -> None:
    listed = README.partition("<!-- rules -->\n")[2].partition("<!-- end of rules -->")[0]
    assert listed == gmg("rules", "-o", "markdown").out
    assert listed.count("GMG") > 100


def test_every_command_is_described() -> None:
    listed = gmg("--help").out.split("Commands:")[1]
    commands = [line.split()[0] for line in listed.splitlines() if re.match(r"  [a-z]", line)]
    assert len(commands) >= 5
    for command in commands:
        assert re.search(rf"^### {command}\b", README, re.MULTILINE), command


def test_make_demo_runs_what_the_readme_shows() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for arguments in (
        "routes --demo --host www.example.com",
        "tree --demo",
        "curl http://www.example.com/reviews/v1/version --demo",
        "explain v1-version --demo --what-if sortMethod=ROUTE_SPECIFICITY",
    ):
        assert f"$(GMG) {arguments}\n" in makefile
        assert f"<!-- run: {arguments} -->" in README

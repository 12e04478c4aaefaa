"""The generated words are those of the program, and what the specification wants of them (`spec/cli.md` 2, 8)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.complete import generate
from tests.complete.asking import ROOT, ask
from tests.run import gmg


def test_the_words_are_current() -> None:
    """Otherwise: python -m tests.complete.generate."""
    assert generate.WORDS.read_text(encoding="utf-8") == generate.text()


FORMATS = {  # `spec/cli.md` 2.3
    "routes": "table wide json yaml name csv markdown",
    "tree": "tree json yaml dot mermaid",
    "check": "text short json yaml sarif junit github",
    "explain": "text json yaml",
    "curl": "text json yaml",
    "version": "text json yaml",
    "rules": "table json yaml markdown",
    "export envoy": "yaml json",
}


@pytest.mark.parametrize("command", FORMATS)
def test_formats_of_each_command(command: str) -> None:
    assert set(ask(*command.split(), "-o", "").values) == set(FORMATS[command].split())


def test_commands_are_offered_with_the_first_line_of_their_help() -> None:
    offered = dict(ask("").lines)
    assert {
        "routes",
        "tree",
        "check",
        "explain",
        "curl",
        "export",
        "rules",
        "snapshot",
        "completion",
        "version",
    } <= set(offered)
    for name, text in offered.items():
        assert text
        assert text in " ".join(gmg(name, "--help").out.split())


OPTIONS = {  # `spec/cli.md` 2.1 and 2.2
    "routes": "--host --policy --shadowed --no-shadowed --all-routes --watch",
    "tree": "--depth --watch",
    "check": "--select --ignore --baseline --write-baseline --fail-on --watch",
    "explain": "--versus --what-if",
    "curl": "--request --header --head --query --cookie --data --silent --location --listener --sni --all --expect "
    "--requests --candidates --watch",
    "export envoy": "--upstream",
    "snapshot": "--redact",
}
SHARED = (
    "--kubeconfig --context --cluster --user --server --token --certificate-authority --tls-server-name "
    "--insecure-skip-tls-verify --as --as-group --as-uid --read-namespaces "
    "--filename --recursive --overlay --demo --workload-context --generation --product-version "
    "--request-timeout --deadline --chunk-size --require-complete --color --ascii --width --quiet "
    "--help"
)
REPORTS = ("--namespace", "--all-namespaces", "--selector", "--gateway", "--output", "--no-headers")


@pytest.mark.parametrize("command", OPTIONS)
def test_flags_of_each_command(command: str) -> None:
    offered = ask(*command.split(), "--")
    reports = () if command == "snapshot" else REPORTS  # it is always everything, in its only form
    assert set(offered.values) >= {*OPTIONS[command].split(), *SHARED.split(), *reports}
    assert [value for value, text in offered.lines if not text] == []


SECTION_8 = ("GMG001", "GMG101", "GMG206", "GMG301", "GMG425", "GMG502", "GMG604")


@pytest.mark.parametrize("words", [("rules",), ("explain", "--demo"), ("check", "--select"), ("check", "--ignore")])
def test_codes_with_titles(words: tuple[str, ...]) -> None:
    offered = ask(*words, "G")
    assert set(SECTION_8) <= set(offered.values)
    assert [value for value, text in offered.lines if not text] == []


def test_version_asks_a_server_only() -> None:
    offered = set(ask("version", "--").values)
    assert {"--client", "--context", "--kubeconfig", "--server", "--output"} <= offered


FORBIDDEN = ("typer", "rich", "kubernetes", "yaml", "dataclasses", "pathlib", "kubectl_gmg.cli", "kubectl_gmg.commands")
WITHOUT = f"""
import os, sys
def look(code):
    sys.stderr.write(" ".join(name for name in {FORBIDDEN!r} if name in sys.modules))
    sys.stderr.flush()
    sys.exit(code)
os._exit = look
from kubectl_gmg.complete import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize("words", [("",), ("curl", "--"), ("routes", "-o", ""), ("check", "--select", "GMG3")], ids=str)
def test_static_words_need_next_to_nothing(words: tuple[str, ...]) -> None:
    """A shell waits for every key (`performance.md`: importing for completion of static words is 0)."""
    ran = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT, *words], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(ran.stdout.splitlines()) > 3

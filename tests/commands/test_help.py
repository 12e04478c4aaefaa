"""Help: what a newcomer reads first, and examples that work as they stand (`spec/cli.md` 1, 2)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg import cli
from kubectl_gmg.commands import options
from kubectl_gmg.commands.building import HEADINGS
from tests.oracle.apiserver import ApiServer
from tests.run import gmg

DEMO = (Path(cli.__file__).parent / "sources" / "demo.yaml").read_text()
LOG = (
    '[2026-11-21T10:00:00.000Z] "GET /ratings/1 HTTP/1.1" 200 - via_upstream - "-" 0 8 1 - "10.0.0.1" "curl/8" '
    '"0e1b-4f" "www.example.com" "10.1.1.1:9080" outbound|9080||ratings.bookinfo.svc.cluster.local - - - - - -\n'
)
"""As the proxies of a mesh write it."""
FILES = {"access.log": LOG, "known.json": '{"apiVersion": "gmg/v1", "kind": "Baseline", "items": []}'}
"""What examples name besides objects."""
NEGATIVE = {
    "kubectl gmg check -f routes/ --fail-on warning -o github",
    "kubectl gmg curl http://ratings.bookinfo/1 --from workload:app=reviews",
}
"""Examples whose answer for the demo is negative: two routes of it are never reached, and none is for workloads."""
JARGON = re.compile("delegat|resolv|effective|shadow|upstream|bootstrap|target|CRD", re.IGNORECASE)
CALLED = re.compile(r"kubectl gmg (?P<words>[^>)|]+)")
"""What of an example is the program's own, apart from the shell's."""


def pages() -> Iterator[tuple[str, ...]]:
    """Everything that has help of its own."""
    yield ()
    for name, command in cli.program().commands.items():
        yield (name,)
        yield from ((name, inner) for inner in getattr(command, "commands", ()))


PAGES = tuple(pages())
COMMANDS = tuple(page for page in PAGES if page not in {(), ("export",)})
READING = tuple(page for page in COMMANDS if page[0] not in cli.READS)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: " ".join(page) or "alone")


def text_of(page: tuple[str, ...]) -> str:
    """The help of a command."""
    ran = gmg(*page, "--help")
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def sentences(page: tuple[str, ...]) -> list[str]:
    """The sentences before the flags."""
    return re.split(r"(?<=\.)\s+", " ".join(text_of(page).split("\n", 1)[1].split()))


def examples(page: tuple[str, ...]) -> list[str]:
    """The command lines that the help of a command shows."""
    shown = text_of(page).partition("Examples:\n")[2].partition("\n\n")[0]
    return [line.strip() for line in shown.splitlines()]


EXAMPLES = tuple(dict.fromkeys(line for page in PAGES for line in examples(page)))


def test_the_pages_are_those_of_the_specification() -> None:
    names = {" ".join(page) for page in PAGES}
    assert names >= {"", "routes", "tree", "check", "explain", "curl", "rules", "version", "export", "export envoy"}
    assert text_of(()).count("\n  ") > len(names)


@each_page
def test_the_first_sentence_needs_no_knowledge(page: tuple[str, ...]) -> None:
    first = sentences(page)[0]
    assert first[0].isupper()
    assert first.endswith(".")
    assert len(first) <= 64, "it stands on one line of the list of commands"
    assert not JARGON.search(first), first


@each_page
def test_a_list_of_commands_says_what_their_own_help_says(page: tuple[str, ...]) -> None:
    inner = [each for each in PAGES if each and each[:-1] == page]
    listed = text_of(page).partition("Commands:\n")[2].partition("\n\n")[0]
    found = dict(line.strip().split(maxsplit=1) for line in listed.splitlines())
    assert found == {each[-1]: sentences(each)[0] for each in inner}


@each_page
def test_two_examples_at_least(page: tuple[str, ...]) -> None:
    called = f"kubectl gmg {' '.join(page)}".strip()
    assert len({line for line in examples(page) if called in line}) >= 2


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A stand-in that has the objects of the demo; the path of its kubeconfig."""
    with ApiServer(list(yaml.safe_load_all(DEMO))) as server:
        yield server.write_kubeconfig(tmp_path_factory.mktemp("cluster") / "config")


def put(words: list[str]) -> None:
    """Write the files that a command line reads: the demo wherever objects are asked for."""
    for flag, name in pairwise(words):
        if flag in {"-f", "--filename"}:
            path = Path(name) / "demo.yaml" if name.endswith("/") else Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(DEMO)
    for name, text in FILES.items():
        Path(name).write_text(text)
    Path("bin").mkdir()
    Path("bin/kubectl-gmg").touch(0o755)


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_work_as_they_stand(line: str, cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(cluster))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    called = CALLED.search(line)
    assert called
    words = shlex.split(called["words"])
    put(words)
    ran = gmg(*words)
    assert ran.code == (1 if line in NEGATIVE else 0), ran.err
    assert ran.out.strip()
    assert "error" not in ran.err


@pytest.mark.parametrize("columns", [60, 80, 160])
@each_page
def test_help_fits_the_terminal(page: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    whole = text_of(page)
    monkeypatch.setenv("COLUMNS", str(columns))
    text = text_of(page)
    copied = {f"    {line}" for line in examples(page)}
    lines = [line for line in text.splitlines() if line not in copied]
    assert max(map(len, lines)) <= min(columns, 100)
    assert max(map(len, copied)) <= 80
    assert "".join(text.split()) == "".join(whole.split()), "nothing is left out"


@each_page
def test_help_names_the_program_as_kubectl_runs_it(page: tuple[str, ...]) -> None:
    text = text_of(page)
    assert text.startswith(f"Usage: kubectl gmg {' '.join(page)}".rstrip() + " [OPTIONS]")
    assert "kubectl-gmg" not in text or page == ("completion",)
    assert "{" not in text.splitlines()[0]


def flags_of(text: str) -> list[str]:
    """The flags that a page explains, in its order."""
    return re.findall(r"^  (?:-\w, |)(-[-\w]+)", text.partition("\nOptions:")[2], re.MULTILINE)


@pytest.mark.parametrize("page", READING, ids=" ".join)
def test_own_flags_come_first_and_shared_ones_under_their_headings(page: tuple[str, ...]) -> None:
    text = text_of(page)
    headings = ["Options", *options.SECTIONS]
    places = [text.index(f"\n{each}:\n") for each in headings]
    assert places == sorted(places)
    own, shared = flags_of(text[: places[1]]), flags_of(text)
    assert own[-1] == "--help"
    assert {"--demo", "--context", "--filename", "--namespace", "-v"} <= set(shared)
    assert not {"--demo", "--context", "--filename", "--namespace", "-v"} & set(own)


TOLD = {
    "rules": {"--no-headers"},
    "completion": set(),
    "version": {"--context", "--no-headers"},
    "snapshot": {"--demo", "--context", "--no-headers"},
}
"""Which of one flag of each heading means something to a command that has no use for all of them."""


@pytest.mark.parametrize("page", sorted(cli.READS))
def test_flags_that_mean_nothing_are_not_explained(page: str) -> None:
    asked = {"--demo", "--namespace", "--context", "--no-headers"}
    assert asked & set(flags_of(text_of((page,)))) == TOLD[page]
    assert asked <= set(flags_of(text_of(("routes",))))
    assert set(cli.READS[page]) <= set(options.SECTIONS)


def test_rules_accepts_what_every_command_accepts() -> None:
    alone = gmg("rules", "GMG301")
    assert alone.code == 0
    assert alone.out == gmg("rules", "GMG301", "--demo", "-n", "x").out == gmg("--context", "x", "rules", "GMG301").out


@pytest.mark.parametrize("page", READING, ids=" ".join)
def test_defaults_are_shown(page: tuple[str, ...]) -> None:
    text = " ".join(text_of(page).split())
    for default in ("auto", "10s", "60s", "500"):
        assert f"[default: {default}]" in text
    assert not re.search(r"x>=|\[default: (False|None|\[\]|0)\]|\[required\]", text)


@each_page
def test_help_can_be_asked_for_in_all_the_usual_ways(page: tuple[str, ...]) -> None:
    text = text_of(page)
    assert text == gmg(*page, "-h").out == gmg("help", *page).out
    assert text == gmg("--demo", *page, "-h").out


def test_help_of_what_does_not_exist() -> None:
    ran = gmg("help", "route")
    assert (ran.code, ran.out) == (2, "")
    assert "'routes'" in ran.err


NEAR: tuple[tuple[tuple[str, ...], str], ...] = (
    (("route",), "routes"),
    (("chek", "--demo"), "check"),
    (("export", "envy"), "envoy"),
    (("routes", "--hots", "x"), "--host"),
    (("curl", "--expct", "a=b", "x"), "--expect"),
    (("--kubecnfig", "x", "routes"), "--kubeconfig"),
)


@pytest.mark.parametrize("words,meant", NEAR, ids=[" ".join(words) for words, _ in NEAR])
def test_an_unknown_word_is_answered_with_the_nearest_one(words: tuple[str, ...], meant: str) -> None:
    ran = gmg(*words)
    assert (ran.code, ran.out) == (2, "")
    assert f"Did you mean '{meant}'" in ran.err
    found: dict[str, Any] = json.loads(gmg("-o", "json", *words).err)["error"]
    assert (found["kind"], f"'{meant}'" in found["message"]) == ("usage", True)


def test_every_shared_flag_has_a_heading() -> None:
    assert set(HEADINGS) == options.NAMES

"""How answers look on terminals and in pipes, and how runs end there (`spec/cli.md` 1, 2.1, 3)."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.make import delegates, gateway, goes, host, rule, table
from tests.run import gmg, manifests_text
from tests.terminal.screen import PROGRAM, environment, in_shell, on_terminal, piped

LONG = "a-rather-long-name-of-a-service-that-no-terminal-of-eighty-columns-holds"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with long names."""
    objects = [
        gateway(),
        host(
            rule("first", "/first", goes(f"{LONG}.{LONG}.{LONG}")),
            rule("second", f"/second/{LONG}", delegates("team/rt")),
        ),
        table(rule(LONG, "/x"), namespace="team"),
    ]
    file = tmp_path_factory.mktemp("world") / "w.json"
    file.write_text(manifests_text(objects))
    return str(file)


COMMANDS = [
    ("routes", "--demo"),
    ("tree", "--demo"),
    ("curl", "http://www.example.com/reviews/v1/version", "--demo"),
    ("explain", "v1-version", "--demo"),
    ("check", "--demo"),
    ("rules",),
    ("rules", "GMG301"),
    ("explain", "GMG301"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_terminal_shows_what_a_pipe_gets(command: tuple[str, ...]) -> None:
    """The demo fits 100 columns: then only the styles differ. Sentences are folded, as in a pipe of that width."""
    seen = on_terminal(*command, columns=100)
    assert seen.code == 0
    assert b"\x1b[" in seen.data
    width = ("--width", "100") if command[0] in ("check", "rules") else ()
    assert "\n".join(seen.lines) == gmg(*command, *width).out.rstrip("\n")


@pytest.mark.parametrize("given", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_without_colour(given: dict[str, str]) -> None:
    seen = on_terminal("routes", "--demo", given=given)
    assert b"\x1b" not in seen.data
    assert seen.lines[2].startswith("gateway gloo-mesh/demo-gateway")


@pytest.mark.parametrize(
    "flags,given,coloured",
    [
        (("--color", "never"), {}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "auto"), {}, True),
        (("--color", "auto"), {"NO_COLOR": ""}, True),
    ],
)
def test_colour_flag_on_a_terminal(flags: tuple[str, ...], given: dict[str, str], coloured: bool) -> None:
    seen = on_terminal("routes", "--demo", *flags, given=given)
    assert (re.search(rb"\x1b\[[0-9;]*3[0-9]m", seen.data) is not None) is coloured


@pytest.mark.parametrize("columns", [80, 160])
@pytest.mark.parametrize("command", ["routes", "tree", "curl"])
def test_nothing_runs_over_the_edge(world: str, command: str, columns: int) -> None:
    """Lines are folded with an indent, and the end of GOES TO is cut; columns stay columns."""
    url = ("h.example/none",) if command == "curl" else ()
    seen = on_terminal(command, *url, "-f", world, "-q", columns=columns)
    raw = re.sub(rb"\x1b\[[0-9;]*m", b"", seen.data).decode().replace("\r", "").rstrip("\n").split("\n")
    assert max(map(len, raw)) <= columns
    if command == "routes":
        head = next(line for line in seen.lines if "GOES TO" in line)
        first = next(line for line in seen.lines if "/first*" in line)
        assert first[head.index("GOES TO") :].startswith(LONG[:8])
        assert first.endswith("…")
        assert first[head.index("MATCH") :].startswith("/first*")


@pytest.mark.parametrize(
    "command", [*COMMANDS, ("routes", "--help"), ("--help",), ("version", "--client")], ids=" ".join
)
def test_a_narrow_terminal_folds_what_it_must(command: tuple[str, ...]) -> None:
    """At 60 columns no line is too long, and no word that a wider terminal shows is lost; GOES TO is cut, with a sign.

    A line that was folded goes on further in, unless it is prose: no line of a list looks like another entry.
    """
    seen = on_terminal(*command, columns=60, given={"NO_COLOR": "1"})
    raw = seen.data.decode().replace("\r", "").rstrip("\n").split("\n")
    assert max(map(len, raw)) <= 60
    if command[0] != "routes":
        wide = on_terminal(*command, columns=160, given={"NO_COLOR": "1"}).data.decode()
        letters = "".join("".join(raw).split())
        lost = [word for word in wide.split() if len(word) < 40 and word.isalnum() and word not in letters]
        assert lost == [] or command == ("rules",), "the slugs of rules need 100 columns"


def test_folded_lines_of_an_explanation_go_on_further_in() -> None:
    lines = on_terminal("explain", "v1-version", "--demo", columns=60).lines
    place = next(place for place, line in enumerate(lines) if line.endswith("· host"))
    assert lines[place + 1] == "    www.example.com"
    for section in ("why no request gets here", "what it matches", "what it does"):
        start = lines.index(section)
        ends = lines.index("", start) if "" in lines[start:] else len(lines)
        assert all(line.startswith("  ") for line in lines[start + 1 : ends]), section


def test_folded_lines_of_the_tree_keep_the_branches(world: str) -> None:
    lines = on_terminal("tree", "-f", world, "-q", columns=60).lines
    start = next(place for place, line in enumerate(lines) if line.startswith("gateway"))
    for line in lines[start + 1 : lines.index("", start)]:
        assert line.startswith(("└─ ", "   ")), line
    rule_line = next(place for place, line in enumerate(lines) if "├─ first" in line)
    route = next(place for place, line in enumerate(lines) if "└─ #1" in line)
    assert all(line.startswith("   │") for line in lines[rule_line + 1 : route + 2])


def test_wide_is_never_folded(world: str) -> None:
    """As with kubectl, whoever asks for wide gets whole lines: the same as in a pipe."""
    seen = on_terminal("routes", "-o", "wide", "-f", world, "-q", columns=80)
    raw = re.sub(rb"\x1b\[[0-9;]*m", b"", seen.data).decode().replace("\r", "")
    assert raw.rstrip("\n") == gmg("routes", "-o", "wide", "-f", world, "-q").out.rstrip("\n")


def test_width_is_for_pipes_too_if_it_is_given(world: str) -> None:
    out = gmg("routes", "-f", world, "--width", "60", "-q").out
    assert max(map(len, out.splitlines())) <= 60
    assert "\x1b" not in out


@pytest.mark.parametrize("flags", [(), ("--color", "always")], ids=str)
def test_a_pipe_never_cuts(world: str, flags: tuple[str, ...]) -> None:
    for command in (("routes",), ("tree",), ("curl", "h.example/first")):
        ran = piped(*command, "-f", world, "-q", *flags, COLUMNS="40")
        assert ran.returncode == 0
        assert (b"\x1b[" in ran.stdout) is bool(flags)
        plain = re.sub(rb"\x1b\[[0-9;]*m", b"", ran.stdout).decode()
        assert f"{LONG}.{LONG} @{LONG}" in plain
        assert plain == gmg(*command, "-f", world, "-q").out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    "given",
    [{"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}],
    ids=str,
)
def test_terminals_and_pipes_that_know_ascii_only(command: tuple[str, ...], given: dict[str, str]) -> None:
    ran = piped(*command, **given)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.isascii()
    assert ran.stdout.decode() == gmg(*command, "--ascii").out
    assert b"\\u" not in ran.stdout


@pytest.mark.parametrize("output", ["json", "yaml", "csv", "markdown", "name", "table"])
def test_other_letters_where_only_ascii_is_known(tmp_path: Path, output: str) -> None:
    file = tmp_path / "o.json"
    file.write_text(manifests_text([gateway(), host(rule("größe", "/漢😀"))]))
    ran = piped("routes", "-f", str(file), "-o", output, PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, b"")
    if output == "json":
        assert gmg("routes", "-f", str(file), "-o", "json").json == json.loads(ran.stdout)
    else:
        assert rb"gr\xf6" in ran.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_ascii_flag(command: tuple[str, ...]) -> None:
    for extra in ((), ("--color", "always"), ("--width", "50")):
        out = gmg(*command, "--ascii", *extra).out
        assert out.isascii()
        assert "\\u" not in out


@pytest.mark.parametrize("end", ["head -1", "true", "head -c 1"])
def test_a_closed_pipe_ends_silently_with_0(end: str) -> None:
    ran = in_shell(f"gmg routes --demo -o json | {end} >/dev/null; echo ${{PIPESTATUS[0]}}")
    assert (ran.stdout, ran.stderr) == (b"0\n", b"")


def test_help_into_a_closed_pipe() -> None:
    ran = in_shell("gmg --help | true; echo ${PIPESTATUS[0]}")
    assert (ran.stdout, ran.stderr) == (b"0\n", b"")


def test_closed_streams() -> None:
    assert in_shell("gmg routes --demo >&-; echo $? >&2").stderr == b"0\n"
    assert in_shell("gmg tree nosuch --demo 2>&-; echo $?").stdout == b"4\n"


def test_output_without_room_is_not_our_bug(tmp_path: Path) -> None:
    """A file that may not grow stands for a full disk."""
    ran = in_shell(f"(ulimit -f 0; gmg routes --demo >{tmp_path}/out); echo $? >&2")
    assert ran.stderr.splitlines()[0] == b"error: the output cannot be written: File too large"
    assert ran.stderr.splitlines()[-1] == b"3"


@pytest.mark.parametrize("command", ["routes", "check"])
def test_an_interrupt(command: str) -> None:
    """While it waits for stdin."""
    with subprocess.Popen(
        (*PROGRAM, command, "-f", "-"),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        wait_until_reading(child.pid)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    assert (child.returncode, out) == (130, b"")
    assert err == b"error: interrupted\n"


def wait_until_reading(pid: int) -> None:
    """Until the process sleeps in a read of a pipe, as the kernel tells; a second where it does not."""
    end = time.monotonic() + 10
    place = Path(f"/proc/{pid}/wchan")
    while time.monotonic() < end:
        if not place.exists():
            time.sleep(1)
            return
        if "pipe" in place.read_text() or re.search(r"read", place.read_text()):
            return
        time.sleep(0.02)


def test_run_by_other_names() -> None:
    ran = in_shell("gmg --nosuch")
    assert ran.returncode == 2
    assert b"kubectl gmg --help" in ran.stderr
    assert b"__main__" not in ran.stderr

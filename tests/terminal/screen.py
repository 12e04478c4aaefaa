"""The program on a real terminal, through a pipe, and with a shell around it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import pexpect
import pyte

PROGRAM = (sys.executable, "-m", "kubectl_gmg")
UNSET = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "LC_ALL", "LANG", "TERM", "PYTHONUTF8")


def environment(**given: str) -> dict[str, str]:
    """This process's environment without what decides how text looks, and with what is given."""
    plain = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {**plain, "LANG": "C.UTF-8", "TERM": "xterm-256color", **given}


@dataclass(frozen=True)
class Seen:
    """What a person sees, and the bytes that made it."""

    code: int | None
    lines: tuple[str, ...]
    data: bytes


def on_terminal(*arguments: str, columns: int = 80, given: dict[str, str] | None = None) -> Seen:
    """Run the program on a terminal of that width."""
    child = pexpect.spawn(
        PROGRAM[0], [*PROGRAM[1:], *arguments], env=environment(**(given or {})), dimensions=(200, columns), timeout=30
    )
    data = child.read()
    child.close()
    screen = pyte.Screen(columns, 200)
    pyte.ByteStream(screen).feed(data)
    return Seen(child.exitstatus, tuple("\n".join(line.rstrip() for line in screen.display).rstrip().split("\n")), data)


def piped(*arguments: str, **given: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program with pipes all around."""
    return subprocess.run(
        (*PROGRAM, *arguments), env=environment(**given), capture_output=True, timeout=30, check=False
    )


def in_shell(script: str, **given: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script in which `gmg` is the program."""
    full = f'gmg() {{ {" ".join(PROGRAM)} "$@"; }}\n{script}'
    return subprocess.run(
        ("bash", "-c", full),
        env=environment(**given),
        capture_output=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )

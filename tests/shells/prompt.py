"""Shells on terminals, with somebody who types: what stands behind the prompt, and what is listed below it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pyte
import pytest

from tests.shells import fetch

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "completions"
PROMPT = "gmg> "
PATIENCE = 20.0
"""Seconds after which nothing more is expected to appear."""
ROWS = 30
AGAIN = 4.0
"""Seconds after which somebody would press TAB again."""
SHELLS = ("bash", "bash+package", "zsh", "fish")
"""bash alone, and with the bash-completion package."""


def program(shell: str) -> Path:
    """The shell, or curl, to run; the test is skipped without it, or fails where they are required."""
    found = fetch.program(shell.partition("+")[0])
    if found is None or (shell == "bash+package" and fetch.bash_completion() is None):
        reason = f"{shell} is not here, and could not be had: python -m tests.shells.fetch says why"
        if os.environ.get("GMG_REQUIRE_SHELLS"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def unpacked_environment(path: Path) -> dict[str, str]:
    """What a shell needs that runs from where it was unpacked: the libraries that came with it."""
    if not path.is_relative_to(fetch.UNPACKED):
        return {}
    return {"LD_LIBRARY_PATH": os.pathsep.join(map(str, fetch.UNPACKED.glob("usr/lib/*-linux-*")))}


def settings_of(shell: str, path: Path, script: str) -> tuple[str, list[str], str]:
    """A shell's settings file and its text, and the arguments to start it with: nobody's settings but these."""
    if shell == "zsh":
        unpacked = fetch.UNPACKED / "usr"
        lines = ["unsetopt beep", "LISTMAX=1000"]
        if path.is_relative_to(fetch.UNPACKED):
            modules, functions = next(unpacked.glob("lib/*/zsh/*")), unpacked / "share/zsh/functions"
            lines = [f"module_path=({modules})", f"fpath=({functions} {functions}/**/*(/))", *lines]
        return (
            ".zshrc",
            ["-d", "-i"],
            "\n".join([*lines, "autoload -Uz compinit; compinit -u", script, f"PS1='{PROMPT}'"]),
        )
    if shell == "fish":
        lines = ["set -g fish_greeting", "set -g fish_autosuggestion_enabled 0"]
        greeting = [f"function fish_prompt; printf '{PROMPT}'; end", "function fish_right_prompt; end"]
        return ".config/fish/config.fish", ["-i"], "\n".join([*lines, *greeting, script])
    package = [f"source {fetch.bash_completion()}"] if shell == "bash+package" else []
    lines = ["bind 'set bell-style none'", "bind 'set completion-query-items 1000'", "bind 'set page-completions off'"]
    return ".bashrc", ["--noprofile", "-i"], "\n".join([*lines, *package, script, f"PS1='{PROMPT}'"])


@dataclass
class Prompt:
    """A shell that waits for keys."""

    child: pexpect.spawn[bytes]
    screen: pyte.Screen
    stream: pyte.ByteStream

    def read(self) -> None:
        """Show what the shell has written since; wait a moment if that is nothing."""
        with suppress(pexpect.TIMEOUT):
            self.stream.feed(self.child.read_nonblocking(65536, timeout=0.05))

    def until(self, holds: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait until the screen shows it."""
        end = time.monotonic() + patience
        while True:
            self.read()
            if holds():
                return
            assert time.monotonic() < end, f"{what} is not on the screen:\n" + "\n".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, line by line."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip().split("\n")

    @property
    def typed(self) -> str:
        """What stands between the last prompt and the cursor, also on several lines."""
        lines = self.screen.display
        start = max((at for at in range(self.screen.cursor.y + 1) if lines[at].startswith(PROMPT)), default=0)
        text = "".join(lines[start : self.screen.cursor.y]) + lines[self.screen.cursor.y][: self.screen.cursor.x]
        return text.removeprefix(PROMPT)

    def clear(self) -> None:
        """Begin with an empty line on an empty screen."""
        self.child.send(b"\x05\x15\x0c")
        self.until(lambda: self.typed == "" and len(self.lines) <= 1, "an empty prompt")

    def type(self, text: str) -> None:
        """Type on an empty line, and see it."""
        self.clear()
        self.child.send(text.encode())
        self.until(lambda: self.typed == text, text)

    def press(self, keys: str, then: str) -> None:
        """Press keys, and wait for what has to stand before the cursor then."""
        self.child.send(keys.encode())
        self.until(lambda: self.typed == then, repr(then))

    def tab(self, then: str) -> None:
        """Press TAB, and wait for what has to stand before the cursor then.

        Again after a while if nothing came: what a busy machine has not read in time comes with the next key.
        """
        before, end = self.typed, time.monotonic() + PATIENCE
        while self.typed == before and time.monotonic() < end:
            self.child.send(b"\t")
            with suppress(AssertionError):
                self.until(lambda: self.typed not in (before, ""), repr(then), AGAIN)
        self.until(lambda: self.typed == then, repr(then))

    def complete(self, text: str, then: str) -> None:
        """Type, press TAB, and wait for what has to stand before the cursor then."""
        self.type(text)
        self.tab(then)

    def list(self, *expected: str) -> list[str]:
        """Press TAB twice, and wait until all of this is listed; the lines below the prompt."""
        self.child.send(b"\t\t")
        self.until(lambda: all(each in "\n".join(self.lines) for each in expected), " and ".join(expected))
        return self.lines[1:]


@contextmanager
def opened(shell: str, home: Path, script: str, *, columns: int = 100, **given: str) -> Iterator[Prompt]:
    """A shell whose settings end with this script, in its home, with the programs in `home/bin` first."""
    path = program(shell)
    name, arguments, text = settings_of(shell, path, script)
    settings = home / name
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(text + "\n")
    environment = {
        "HOME": str(home),
        "PATH": os.pathsep.join((str(home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        **unpacked_environment(path),
        **given,
    }
    child = pexpect.spawn(str(path), arguments, env=environment, cwd=home, dimensions=(ROWS, columns), timeout=PATIENCE)
    screen = pyte.Screen(columns, ROWS)
    prompt = Prompt(child, screen, pyte.ByteStream(screen))
    try:
        prompt.until(lambda: screen.display[screen.cursor.y].startswith(PROMPT), "the first prompt")
        yield prompt
    finally:
        child.close(force=True)


def sourced(shell: str) -> str:
    """The line of the settings that reads our script for a shell."""
    return f"source {SCRIPTS / 'kubectl-gmg.'}{shell.partition('+')[0]}"

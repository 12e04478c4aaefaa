"""A shell for each kind of them, which all tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shells.prompt import SHELLS, Prompt, opened, sourced

STAND_IN = """#!/bin/sh
# Answers what a test wants, and writes down what it was asked.
if [ "$1" = __complete ]; then
    shift
    printf '%s\\0' "$@" > ~/asked
    cat ~/answer
    cat ~/failure >&2
else
    printf '%s\\0' "$@" > ~/ran
fi
"""


@dataclass(frozen=True)
class Stage:
    """A shell that has our completion, and a stand-in for the program: what it answers is up to the test."""

    shell: str
    home: Path
    prompt: Prompt

    def answers(self, *lines: str, failure: str = "") -> None:
        """What the program says to the next questions, and what it writes to stderr."""
        (self.home / "answer").write_text("".join(f"{line}\n" for line in lines))
        (self.home / "failure").write_text(failure)

    def asked(self) -> list[str]:
        """The words of the last question."""
        return (self.home / "asked").read_text().split("\0")[:-1]

    def ran(self) -> list[str]:
        """The arguments that the program gets when the line is run as it stands."""
        file = self.home / "ran"
        file.unlink(missing_ok=True)
        self.prompt.child.send(b"\r")
        self.prompt.until(file.exists, "a run of the program")
        self.prompt.until(lambda: self.prompt.typed == "", "the next prompt")
        return file.read_text().split("\0")[:-1]


@pytest.fixture(scope="module", params=SHELLS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Each shell with the stand-in, in a home with some files."""
    home = tmp_path_factory.mktemp("home")
    (home / "bin").mkdir()
    executable = home / "bin" / "kubectl-gmg"
    executable.write_text(STAND_IN)
    executable.chmod(0o755)
    (home / "manifests" / "inner").mkdir(parents=True)
    for name in ("routes.yaml", "rules.json", "readme.md", "manifests/hosts.yaml", "two words.yaml"):
        (home / name).touch()
    with opened(request.param, home, sourced(request.param)) as prompt:
        yield Stage(request.param, home, prompt)

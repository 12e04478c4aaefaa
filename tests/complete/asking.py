"""Asks for candidates as a shell does, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kubectl_gmg.complete.line import parsed
from kubectl_gmg.complete.names import Names
from kubectl_gmg.complete.refresh import names_of, settings_of
from kubectl_gmg.complete.values import Known, answer_to
from kubectl_gmg.pipeline import Session

ROOT = Path(__file__).parents[2]
NO_SPACE, NO_FILES, EXTENSIONS, KEEP_ORDER = 2, 4, 8, 32
PATIENCE = 30.0
"""Seconds after which names that are being read must be there, on a machine that does other things too."""


@dataclass(frozen=True)
class Answered:
    """Candidates with their descriptions, and the directive."""

    lines: tuple[tuple[str, str], ...]
    directive: int

    @property
    def values(self) -> list[str]:
        return [value for value, _ in self.lines]


def read(text: str) -> Answered:
    """An answer of the protocol, held to it: lines, each with one tab at most, then a number."""
    assert text.endswith("\n"), text
    *lines, last = text.removesuffix("\n").split("\n")
    assert last.startswith(":"), text
    pairs = [line.split("\t") for line in lines]
    assert all(len(pair) in (1, 2) and pair[0] for pair in pairs), text
    return Answered(tuple((pair[0], "".join(pair[1:])) for pair in pairs), int(last[1:]))


@dataclass(frozen=True)
class Told(Known):
    """Names that are known, without anything that reads them."""

    told: Names | None = None
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def names(self) -> Names | None:
        return self.told

    def entries(self, section: str) -> tuple[str, ...]:
        return self.sections.get(section, ())


@cache
def names_in(*settings: tuple[str, Any]) -> Names:
    """The names in a source, as they are read for the cache."""
    return names_of(Session(settings_of(dict(settings))))


def demo(generation: str = "v1beta1") -> Told:
    """What is known of the built-in example."""
    return Told(names_in(("demo", True), ("generation", generation)))


def ask(*words: str, known: Known | None = None) -> Answered:
    """The answer to `kubectl gmg WORDS<TAB>`, in process."""
    return read(answer_to(parsed(words), known or Told()).text())


@dataclass(frozen=True)
class Shell:
    """Where completion runs as a process of its own."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(self.folder / "home")}
        return kept | {"KUBECACHEDIR": str(self.cache.parent)} | dict(self.variables)

    @property
    def cache(self) -> Path:
        return self.folder / "cache" / "gmg"

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "kubectl_gmg", "__complete", *words],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words: str) -> Answered:
        """One answer; nothing may ever stand on stderr, and the exit code is always 0."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        return read(out)

    def ask_until(self, there: Callable[[Answered], object], *words: str) -> Answered:
        """Press TAB until the answer is there, as somebody would who knows that something is being read."""
        end = time.monotonic() + PATIENCE
        while not there(found := self.ask(*words)):
            assert time.monotonic() < end, found
        return found

    def files(self, suffix: str = "") -> list[Path]:
        return [each for each in self.cache.glob(f"*{suffix}") if each.is_file()] if self.cache.is_dir() else []

    def settle(self) -> None:
        """Wait until nobody reads any more."""
        end = time.monotonic() + PATIENCE
        while self.files(".lock"):
            assert time.monotonic() < end
            time.sleep(0.02)

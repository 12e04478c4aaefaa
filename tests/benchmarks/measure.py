"""Running programs: how long each takes, and how much memory it needs at most."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
COMPILED = Path(tempfile.gettempdir()) / "kubectl-gmg-benchmarks"
"""Where the compiled modules are kept: the first round, which does not count, makes them."""
GMG = (sys.executable, "-m", "kubectl_gmg")
INSTALLED = (str(Path(sysconfig.get_path("scripts")) / "kubectl-gmg"),)
"""The program as it is installed, which starts a little differently."""


@dataclass(frozen=True)
class Figures:
    """What some runs of one program took: medians of the seconds and of the peak memory in MiB."""

    seconds: float
    mebibytes: float = 0.0


@dataclass(frozen=True)
class Program:
    """A command line; `fine` are the exit codes that count as a run."""

    words: tuple[str, ...]
    fine: frozenset[int] = frozenset({0})


def environment(**more: str) -> dict[str, str]:
    """The environment of every program: this checkout, compiled as installed ones are, no colours, no proxy."""
    left_out = ("PYTHONDONTWRITEBYTECODE",)
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and name not in left_out}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(COMPILED), "NO_COLOR": "1", **more}


def once(program: Program, env: Mapping[str, str]) -> Figures:
    """One run, its output thrown away. Raises `RuntimeError` if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        program.words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    complaint = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in program.fine:
        raise RuntimeError(f"{' '.join(program.words)[:120]}: exit {process.returncode}: {complaint.decode()[-300:]}")
    return Figures(seconds, usage.ru_maxrss / 1024)


def alternating(programs: Sequence[Program], runs: int, env: Mapping[str, str] | None = None) -> tuple[Figures, ...]:
    """The medians of each program; they run in turns, after one round that does not count."""
    found: list[list[Figures]] = [[] for _ in programs]
    for counts in (False, *[True] * runs):
        for program, figures in zip(programs, found, strict=True):
            run = once(program, env or environment())
            if counts:
                figures.append(run)
    return tuple(Figures(median(run.seconds for run in each), median(run.mebibytes for run in each)) for each in found)


def inside(name: str) -> Any:
    """What a function of `tests.benchmarks.inside` measured in a process of its own."""
    words = (sys.executable, "-m", "tests.benchmarks.inside", name)
    ran = subprocess.run(words, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    if ran.returncode:
        raise RuntimeError(f"{name}: {ran.stderr[-300:]}")
    return json.loads(ran.stdout)

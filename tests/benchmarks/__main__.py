"""`make bench`: figures beside baselines and goals, as a Markdown table. Never fails."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import programs, shell, stages
from tests.benchmarks.report import Failed, Row, table

Rows = Callable[[int, Path], Iterator[Row] | Iterator[Row | Failed]]
GROUPS: dict[str, Rows] = {
    "start-up": programs.start_up,
    "completion": shell.completion,
    "bundle": shell.bundle,
    "watch": shell.watch,
    "manifests": programs.manifests,
    "resolving": stages.resolving,
    "cluster": programs.cluster,
    "simulating": stages.simulating,
    "requests": programs.requests,
    "regexes": stages.regexes,
    "reaching": stages.reaching,
}


def measured(name: str, runs: int) -> Iterator[Row | Failed]:
    """The rows of one group; what goes wrong is a row too."""
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield from GROUPS[name](runs, Path(folder))
    except Exception as error:  # noqa: BLE001 - a benchmark never fails
        yield Failed(name, f"{type(error).__name__}: {error}")
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how many runs give a median (default 3)")
    parser.add_argument("--only", action="append", choices=GROUPS, help="only this group of rows; may be repeated")
    chosen = parser.parse_args()
    rows = [row for name in chosen.only or GROUPS for row in measured(name, max(1, chosen.runs))]
    load = os.getloadavg()[0]
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load:.1f}, medians of {chosen.runs} runs\n"
    )
    print(table(rows))


if __name__ == "__main__":
    main()

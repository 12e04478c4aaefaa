"""Rows of parts of a run, each measured in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import inside
from tests.benchmarks.report import Row

FROZEN = "a frozen value costs some 1.5 us to make, and resolving a route makes several of them"


def resolving(_runs: int, _folder: Path) -> Iterator[Row]:
    """From objects to routes, without reading, beside parsing the same objects."""
    took = inside("resolving")
    parse, lower, resolve = took["parse"], took["lower"], took["resolve"]
    against = "json.loads, collector on"
    yield Row("resolve, 100,000 routes", resolve, "s", parse, against, ratio=1.0, cause=FROZEN)
    yield Row("lower, 100,000 routes", lower, "s", parse, against)
    yield Row("lower and resolve", lower + resolve, "s", parse, against)


def simulating(_runs: int, _folder: Path) -> Iterator[Row]:
    """Requests against one large host."""
    yield Row("simulate 10,000 requests, 10,000 routes", inside("simulating")["simulate"], "s", most=3.0)


def reaching(_runs: int, _folder: Path) -> Iterator[Row]:
    """Which routes of one large host can be reached, each with a witness or a proof."""
    took = inside("reaching")
    yield Row("unreachable routes, 10,000 in one host", took["10000"], "s", most=1.0)
    yield Row("growth 1,000 to 30,000 routes", took["30000"], "s", took["1000"], "1,000 routes", ratio=40.0)


def regexes(_runs: int, _folder: Path) -> Iterator[Row]:
    """Patterns of one large host."""
    took = inside("regexes")
    cause = "RE2 compiles each pattern, and once more in a set"
    yield Row("1,000 patterns, look-up made and 1,000 paths found", took["table"], "s", most=0.050, cause=cause)
    yield Row("1,000 requests against these routes", took["find"], "s")
    yield Row("(a+)+ on 5,000 letters", took["hopeless"], "s", most=0.050)

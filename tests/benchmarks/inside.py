"""What is measured within a process: `python -m tests.benchmarks.inside NAME` prints the figures as JSON, in seconds.

Every measurement has a process of its own, so that none finds the heap that another one left.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import TypeVar

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.matching.reach import HostTheory
from kubectl_gmg.matching.regexes import RegexTable
from kubectl_gmg.matching.space import Space
from kubectl_gmg.model.match import PathKind, PathMatch, RouteMatch
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.snapshot import EVERYWHERE, Snapshot, SourceType
from kubectl_gmg.regex import matches_whole
from kubectl_gmg.resolve import resolve
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.simulate.entry import Narrowing, entry_points
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.sources.objects import collect
from tests.benchmarks.objects import host_of_routes, mesh
from tests.benchmarks.route_lists import mixed

T = TypeVar("T")
ROUNDS = 3


def timed(function: Callable[[], T]) -> tuple[float, T]:
    """The seconds that a call takes, and its result."""
    gc.collect()
    started = time.perf_counter()
    result = function()
    return time.perf_counter() - started, result


def snapshot(text: str) -> Snapshot:
    """Objects in JSON as a source hands them over."""
    found = collect(((each, None) for each in json.loads(text)), KINDS)
    return Snapshot(SourceType.FILES, found.objects, read={kind.resource: EVERYWHERE for kind in KINDS})


def resolving() -> dict[str, float]:
    """100,000 routes below 100 hosts: parsing their JSON with the collector on, lowering, resolving."""
    text = json.dumps(mesh(10_000, 10, 100))
    parsing, lowering, resolved = [], [], []
    for _ in range(ROUNDS):
        gc.enable()
        seconds, _objects = timed(lambda: json.loads(text))
        parsing.append(seconds)
        del _objects
        gc.disable()  # as the program does
        read = snapshot(text)
        seconds, declared = timed(partial(lower, read))
        lowering.append(seconds)
        seconds, answer = timed(partial(resolve, declared))
        resolved.append(seconds)
        count = sum(len(host.routes) for gate in answer.gateways for each in gate.listeners for host in each.hosts)
        if count != 100_000:
            raise RuntimeError(f"{count} routes")
        del read, declared, answer
    return {"parse": median(parsing), "lower": median(lowering), "resolve": median(resolved)}


def simulating() -> dict[str, float]:
    """10,000 requests against a host of 10,000 routes, with and without what comes before them."""
    gc.disable()
    declared = lower(snapshot(json.dumps(host_of_routes(10_000))))
    resolved = resolve(declared)
    paths = (f"/service-{n % 110}/v{n // 110 % 100}/items?n={n}" for n in range(10_000))
    requests = [Request(path=path, host="host-0.example.com") for path in paths]

    def answers() -> int:
        simulator = Simulator(Rows(resolved))
        entries, _ = entry_points(resolved, "http", Narrowing())
        return sum(simulator.answer(each, entries, candidates=False)[0].row is not None for each in requests)

    seconds, found = timed(answers)
    if not 5_000 < found < 10_000:
        raise RuntimeError(f"{found} of the requests found a route")
    return {"simulate": seconds}


def regexes() -> dict[str, float]:
    """1,000 routes with a pattern each: their look-up is made, and asked for 1,000 paths; and a hopeless pattern."""
    patterns = {f"/service-{n}/v[0-9]+/(items|orders)/[a-z0-9-]+": n for n in range(1_000)}
    paths = [f"/service-{n}/v{n % 9}/orders/abc-{n}" for n in range(1_000)]

    def look_up() -> int:
        table = RegexTable(patterns)
        return sum(len(list(table.find(path))) for path in paths)

    seconds, found = timed(look_up)
    matches = [RouteMatch(PathMatch(PathKind.REGEX, pattern)) for pattern in patterns]
    finder = RouteFinder(matches)
    prepared = [each for path in paths if isinstance(each := prepare(Request(path=path)), Prepared)]
    asked, places = timed(lambda: [finder.find(each) for each in prepared])
    if found != 1_000 or places != list(range(1_000)):
        raise RuntimeError(f"{found} patterns matched")
    hopeless, _ = timed(lambda: matches_whole("(a+)+", "a" * 5_000 + "!"))
    return {"table": seconds, "find": asked, "hopeless": hopeless}


def reaching() -> dict[str, float]:
    """What can be reached of 10,000 and 30,000 routes of one host, the look-ups included."""
    gc.disable()
    figures = {}
    for size in (1_000, 10_000, 30_000):
        routes = mixed(size)

        def verdicts(routes: list[RouteMatch] = routes) -> int:
            theory = HostTheory(routes, Space())
            return sum(theory.verdict(place).proof is not None for place in range(len(routes)))

        seconds, dead = timed(verdicts)
        if not 0 < dead < size // 10:
            raise RuntimeError(f"{dead} routes are never reached")
        figures[str(size)] = seconds
    return figures


MEASURED: dict[str, Callable[[], dict[str, float]]] = {
    "resolving": resolving,
    "simulating": simulating,
    "regexes": regexes,
    "reaching": reaching,
}

if __name__ == "__main__":
    print(json.dumps(MEASURED[sys.argv[1]]()))

"""The real Envoy judges what is said of reachability.

300 generated hosts, or as many more as `GMG_REACH_HOSTS` says. Whatever a verdict tells is sent: every witness must get
to its route, and every shadow to the route that it names. No request at all may get to a route that is called
unreachable: those told, those made from the routes, and those in between. Table number n is always the same.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from random import Random

import pytest

from kubectl_gmg.export.envoy import connection_manager, listener_config, route_configuration
from kubectl_gmg.matching.path import OWN, REMOVED
from kubectl_gmg.matching.space import FRAMING
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, RouteMatch, ValueKind
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.verdict import Proof
from tests.oracle.envoy import LOOPBACK, Envoy, marked, server
from tests.oracle.generate_covers import host_of, some_covers
from tests.oracle.generate_tables import Table
from tests.oracle.proxy_model import envoy_hosts
from tests.oracle.reach_judge import (
    Claimed,
    Sample,
    against,
    badly_told,
    claimed,
    inconsistent,
    is_fragment,
    looked_up,
    nearby,
    told,
)

HOSTS = max(300, int(os.environ.get("GMG_REACH_HOSTS", "0")))
LISTENERS = 150
"""How many listeners one Envoy serves."""

TOLD = 20
"""How many complaints are printed."""

AIMED, AT_UNREACHABLE = 4, 8
"""Requests made from each route, and how many more from one that is called unreachable."""

MUST, OTHERS = "that must be decided", "beyond"

PROOFS_AT_LEAST = {
    Proof.EXACT: 20,
    Proof.PREFIX: 100,
    Proof.REGEX: 30,
    Proof.JOINT: 100,
    Proof.CONTRADICTION: 15,
    Proof.DISABLED: 30,
}
JOINT_AT_LEAST = {2: 60, 3: 15, 4: 5}
WITNESSES_AT_LEAST = {"header": 40, "repeated header": 1, "query": 40, "method": 30, "other case": 10, "shadow": 300}


def some_claims() -> Iterator[tuple[int, Claimed]]:
    """What is said of the tables, until there are enough hosts; every second one has no regular expressions."""
    hosts = 0
    for seed in count():
        claims = claimed(some_covers(Random(seed), regexes=seed % 2 == 1))
        hosts += len(claims.table.hosts)
        yield seed, claims
        if hosts >= HOSTS:
            return


def test_envoy_agrees_with_every_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    everything = some_claims()
    complaints: list[str] = []
    while batch := dict(islice(everything, LISTENERS)):
        folder = tmp_path / f"from-{min(batch)}"
        folder.mkdir()
        with Envoy(server([], [listener(seed, claims) for seed, claims in batch.items()], folder), folder) as envoy:
            for seed, claims in batch.items():
                complaints += (f"table {seed}: {each}" for each in judged(envoy, seed, claims, tally))

    with capsys.disabled():
        print("", tally.report(), sep="\n")
    assert not complaints, "\n".join([f"{len(complaints)} complaints", *complaints[:TOLD]])
    assert tally.hosts >= HOSTS
    assert tally.routes[f"undecided {MUST}"] == 0
    assert {proof: tally.proofs[proof] for proof, least in PROOFS_AT_LEAST.items() if tally.proofs[proof] < least} == {}
    assert {
        number: tally.joint[number] for number, least in JOINT_AT_LEAST.items() if tally.joint[number] < least
    } == {}
    assert {kind: tally.told[kind] for kind, least in WITNESSES_AT_LEAST.items() if tally.told[kind] < least} == {}


def listener(seed: int, claims: Claimed) -> dict[str, object]:
    called = f"table-{seed}"
    routes = route_configuration(called, [marked(host) for host in envoy_hosts(claims.table)])
    return listener_config(called, LOOPBACK, 0, connection_manager(called, {"route_config": routes}))


def judged(envoy: Envoy, seed: int, claims: Claimed, tally: Tally) -> Iterator[str]:
    """What Envoy, and the requests by themselves, say against the verdicts on a table."""

    def winner(request: Request) -> str | None:
        return envoy.send(f"table-{seed}", request).route

    samples = [*told(claims), *nearby(claims, Random(seed), AIMED, AT_UNREACHABLE)]
    tally.add(claims, samples)
    yield from against(claims, iter(samples), winner)
    yield from inconsistent(claims, [sample.request for sample in samples])


class Tally:
    """What was judged."""

    def __init__(self) -> None:
        self.hosts = 0
        self.requests = 0
        self.routes: Counter[str] = Counter()
        self.proofs: Counter[Proof] = Counter()
        self.joint: Counter[int] = Counter()
        self.told: Counter[str] = Counter()

    def add(self, claims: Claimed, samples: list[Sample]) -> None:
        self.hosts += len(claims.table.hosts)
        self.requests += len(samples)
        for called, reach in claims.reaches.items():
            where = MUST if is_fragment(claims, called) else OTHERS
            self.routes[where] += 1
            self.routes[f"undecided {where}"] += not reach.decided
            if reach.proof is not None:
                self.proofs[reach.proof] += 1
                self.joint.update([min(4, len(reach.by))] if reach.proof is Proof.JOINT else [])
            if reach.witness is not None:
                self.told.update(kinds(reach.witness, claims, called))
            self.told["shadow"] += len(reach.shadowed_by)

    def report(self) -> str:
        """The counts, and the share of what could not be told."""
        shares = [
            f"{self.routes[f'undecided {where}'] / all_of:.2%} of {all_of} routes {where}"
            for where, all_of in ((each, self.routes[each]) for each in (MUST, OTHERS))
        ]
        return "\n".join(
            [
                f"Envoy judged {self.requests} requests at {self.hosts} hosts; undecided {', '.join(shares)}",
                f"proofs: {listed(self.proofs)}; joint by {listed(self.joint)}; told: {listed(self.told)}",
            ]
        )


def listed(counter: Counter[Proof] | Counter[int] | Counter[str]) -> str:
    return ", ".join(f"{key} {number}" for key, number in sorted(counter.items()))


def kinds(witness: Request, claims: Claimed, called: str) -> Iterator[str]:
    """What is special about a witness."""
    names = [each.lower() for each, _ in witness.headers]
    match = claims.match(called)
    path = witness.path.partition("?")[0]
    yield from ["header"] if names else []
    yield from ["repeated header"] if len(names) > len(set(names)) else []
    yield from ["query"] if "?" in witness.path else []
    yield from ["method"] if witness.method != "GET" else []
    yield from ["other case"] if match.path and match.path.ignore_case and not path.startswith(match.path.value) else []


PROXY_HEADERS = (
    *sorted(OWN),
    *sorted(REMOVED),
    *sorted(FRAMING),
    *("x-forwarded-proto", "x-forwarded-host", "via", "x-envoy-attempt-count", "x-envoy-other", "expect", "date"),
)
"""Headers that the proxy may set or take off before it looks at routes, and some that it leaves alone."""


def owned_host(name: str) -> Table:
    """Every test of a header that there is, and its opposite; each on a path of its own, with a route for the rest."""
    tests = [HeaderMatch(name), *(HeaderMatch(name, ValueKind.EXACT, value) for value in ("abc", "http"))]
    routes: list[RouteMatch] = []
    for place, test in enumerate(tests):
        path = PathMatch(PathKind.PREFIX, f"/{place}")
        opposite = replace(test, invert=True, missing_as_empty=place > 0)
        routes += [RouteMatch(path, headers=(each,)) for each in (test, opposite)]
        routes += [RouteMatch(path), RouteMatch(PathMatch(PathKind.PREFIX, f"/1{place}"), headers=(opposite,))]
    return Table((host_of(["*"], routes),))


def test_headers_that_the_proxy_sees_to_itself(tmp_path: Path) -> None:
    batch = {place: claimed(owned_host(name)) for place, name in enumerate(PROXY_HEADERS)}
    complaints: list[str] = []
    with Envoy(server([], [listener(place, claims) for place, claims in batch.items()], tmp_path), tmp_path) as envoy:
        for place, claims in batch.items():
            name = PROXY_HEADERS[place]

            def winner(request: Request, seed: int = place) -> str | None:
                return envoy.send(f"table-{seed}", request).route

            sent = [() if value is None or name in FRAMING else ((name, value),) for value in (None, "abc", "http")]
            requests = [Request(path, "h.example", headers=each) for path in ("/0", "/1", "/2", "/12") for each in sent]
            samples = [*told(claims), *(Sample(request, None, name) for request in requests)]
            complaints += (f"{name}: {each}" for each in against(claims, iter(samples), winner))
            complaints += (f"{name}: {each}" for each in badly_told(claims))
            simulated = looked_up(claims.table)
            complaints += (f"simulated: {each}" for each in requests if simulated(each) != winner(each))

    assert not complaints, "\n".join([f"{len(complaints)} complaints", *complaints[:TOLD]])

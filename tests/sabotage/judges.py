"""The judges as sabotage asks them: what they complain about, the first complaint being enough."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from tests import test_scenarios
from tests.examples import EXPECTED
from tests.oracle.generate_objects import graphs
from tests.oracle.partial import Reading, answers_complaint, ends_complaint, readings
from tests.oracle.transcript import Transcript
from tests.run import resolved_items

Json = dict[str, Any]
Told = dict[tuple[str, str], list[Json]]
"""The hosts of each gateway as the transcript lists them."""
GRAPHS = 16
READINGS = 60
SLOW = list(HealthCheck)


def resolver_judges() -> list[str]:
    """The first complaint about the resolver; those judges are asked first that see most for their time."""
    for complaint in complaints():
        if complaint:
            return [complaint]
    return []


def complaints() -> Iterator[str]:
    """What each judge says: the transcript on graphs, on parts of them, an example, requests to parts of graphs."""
    yield from (transcript_complains(*each) for each in generated_graphs())
    yield from map(ends_complaint, generated_readings())
    yield from map(example_complains, EXPECTED)
    yield from map(answers_complaint, generated_readings())


def example_complains(path: Path) -> str:
    """What an example's expectation says against the product's answer."""
    try:
        test_scenarios.test_routes(path)
    except AssertionError as error:
        return f"{path.name}: {error}"
    return ""


@cache
def generated_graphs() -> tuple[tuple[list[Json], Told], ...]:
    """The same graphs every time, the richest, and what the transcript says of them: there the judges see most."""
    found: list[tuple[list[Json], Told]] = []

    @settings(max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW)
    @given(graphs())
    def collect(manifests: list[Json]) -> None:
        found.append((manifests, Transcript(manifests).gateways))

    collect()
    rich = sorted(found, key=lambda each: richness(each[1]), reverse=True)[:GRAPHS]
    random.Random(0).shuffle(rich)
    return tuple(rich)


@cache
def generated_readings() -> tuple[Reading, ...]:
    """The same partial readings every time."""
    found: list[Reading] = []

    @settings(max_examples=READINGS, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW)
    @given(readings())
    def collect(reading: Reading) -> None:
        found.append(reading)

    collect()
    return tuple(found)


def richness(told: Told) -> int:
    """How many routes a graph has after delegation."""
    hosts = (host for served in told.values() for host in served)
    return min(200, sum(len(row["hops"]) - 1 for host in hosts for row in host["routes"]))


def transcript_complains(manifests: list[Json], told: Told) -> str:
    """How the product's routes differ from the transcript's."""
    answer = resolved_items(manifests)
    for (namespace, name), hosts in told.items():
        wanted = [wanted_row(host, row) for host in hosts for row in host["routes"]]
        rows = (row for row in answer if (row["gateway"]["namespace"], row["gateway"]["name"]) == (namespace, name))
        got = [got_row(row) for row in rows if row["listener"]["index"] == 1]
        if wanted != got:
            return f"{namespace}/{name}: {wanted} is not {got}"
    return ""


def wanted_row(host: Json, row: Json) -> Json:
    """A row of the transcript, as far as it is compared."""
    return {"domains": host["domains"], "id": row["id"], "match": row["match"], "options": row["options"]}


def got_row(row: Json) -> Json:
    """A row of the product in the same terms."""
    match = {key: row["match"][key] for key in ("path", "methods", "headers", "queryParameters")}
    options = {
        name: {
            "value": value["value"],
            "origin": origin_text(value["origin"]),
            "displaced": [
                {"value": each["value"], "origin": origin_text(each["origin"])} for each in value["displaced"]
            ],
        }
        for name, value in row["options"].items()
    }
    return {"domains": row["domains"], "id": row["id"], "match": match, "options": options}


def origin_text(origin: Json) -> str:
    """An origin as the transcript writes it."""
    return f"{origin['ref']['kind']} {origin['ref']['namespace']}/{origin['ref']['name']} {origin['field']}"

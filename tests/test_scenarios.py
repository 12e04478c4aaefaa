"""Every example of the first generation, through the command line.

The expectations were written by hand from the specification and agree with a real proxy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.examples import EXPECTED, identifiers, load, sources
from tests.run import gmg

Json = dict[str, Any]


def listings(expected: Json) -> list[Json]:
    """Every list of routes that is expected, each with its gateway and, if given, its domains."""
    found = []
    for part in expected.get("gateways", [expected]):
        gateway = part.get("gateway")
        if "effectiveRoutes" in part:
            found.append({"gateway": gateway, "routes": part["effectiveRoutes"], "domains": None})
        found += [
            {"gateway": gateway, "routes": host["effectiveRoutes"], "domains": host["domains"]}
            for host in part.get("hosts", ())
        ]
    return found


def rows_of(answer: Json, gateway: str, domains: list[str] | None) -> list[Json]:
    """The rows that a listing is about."""
    wanted = None if domains is None else [domain.lower() for domain in domains]
    return [
        row
        for row in answer["items"]
        if f"{row['gateway']['namespace']}/{row['gateway']['name']}" == gateway
        and row["index"] is not None
        and (wanted is None or [domain.lower() for domain in row["domains"]] == wanted)
    ]


def short_test(test: Json) -> str:
    """A header or query test in the short form of the expectations."""
    operator = {"exact": "=", "regex": "~", "present": ""}[test["type"]]
    return f"{'!' if test.get('invert') else ''}{test['name']}{operator}{test['value'] or ''}"


def origin_text(origin: Json) -> str:
    """An origin as the expectations write it."""
    return f"{origin['ref']['kind']} {origin['ref']['namespace']}/{origin['ref']['name']} {origin['field']}"


def check_row(row: Json, wanted: Json) -> None:
    """Every field that the expectation names agrees."""
    assert row["id"].rsplit("/", 1)[-1].split(":")[-1] == wanted["route"]
    match = row["match"]
    uri = dict(wanted["uri"])
    assert match["path"]["ignoreCase"] is uri.pop("ignoreCase", False)
    ((kind, value),) = uri.items()
    assert match["path"]["type"] == kind
    # How the quoted part of a pattern is escaped is free.
    assert match["path"]["value"].replace("\\", "") == value.replace("\\", "")
    if "id" in wanted:
        assert row["id"] == wanted["id"]
    if "method" in wanted:
        assert match["methods"] == [wanted["method"]]
    if "headers" in wanted:
        assert [short_test(each) for each in match["headers"]] == wanted["headers"]
    if "query" in wanted:
        assert [short_test(each) for each in match["queryParameters"]] == wanted["query"]
    if "options" in wanted:
        check_options(row["options"], wanted["options"])


def check_options(options: Json, wanted: Json) -> None:
    """The options are exactly the wanted ones."""
    assert set(options) == set(wanted)
    for name, value in wanted.items():
        assert options[name]["value"] == value["value"], name
        assert origin_text(options[name]["origin"]) == value["from"]
        displaced = [
            {"value": each["value"], "from": origin_text(each["origin"])} for each in options[name]["displaced"]
        ]
        assert displaced == value["displaced"]


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_routes(path: Path) -> None:
    expected = load(path)
    ran = gmg("routes", *sources(expected), "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.json["complete"] is True
    for listing in listings(expected):
        rows = rows_of(ran.json, listing["gateway"], listing["domains"])
        names = [row["id"] for row in rows]
        assert len(rows) == len(listing["routes"]), names
        for row, wanted in zip(rows, listing["routes"], strict=True):
            check_row(row, wanted)
        indices = [row["index"] for row in rows]
        assert indices == list(range(1, len(indices) + 1))


REQUESTS = [(path, number) for path in EXPECTED for number in range(len(load(path).get("requests", ())))]


@pytest.mark.parametrize(
    "path,number", REQUESTS, ids=[f"{path.name.removesuffix('.expect.yaml')}-{number}" for path, number in REQUESTS]
)
def test_request(path: Path, number: int) -> None:
    expected = load(path)
    asked = expected["requests"][number]["request"]
    wanted = dict(expected["requests"][number]["expect"])
    headers = [word for name, value in asked["headers"].items() for word in ("-H", f"{name}: {value}")]
    gateway = ["--gateway", asked["gateway"]] if "gateway" in asked else []
    url = f"http://{asked['host']}{asked['path']}"
    ran = gmg("curl", url, "-X", asked["method"], *headers, *gateway, *sources(expected), "-o", "json")
    (item,) = ran.json["items"]
    assert_outcome(item, wanted)
    assert ran.code == (1 if item["outcome"] in ("noRoute", "noHost") else 0)


def assert_outcome(item: Json, wanted: Json) -> None:
    """Every field that the expectation names agrees."""
    for name, value in wanted.items():
        assert READ[name](item) == value, name


def destination(item: Json) -> Json:
    """The only destination, in the words of the expectations."""
    (only,) = item["upstream"]["destinations"]
    assert only["resolved"] == "found"
    found = {
        "kind": only["kind"].replace("Service", "kubeService"),
        "name": only["name"],
        "namespace": only["namespace"],
    }
    subset = {"subset": only["subset"]} if only["subset"] else {}
    return {**found, "clusterName": only["cluster"], **subset}


def shares(item: Json) -> dict[str, float]:
    """The shares of all destinations that get any."""
    found = {}
    for each in item["upstream"]["destinations"]:
        subset = ",".join(f"{key}={value}" for key, value in each["subset"].items())
        name = f"{each['name']}.{each['namespace']}.{each['cluster']}" + (f"{{{subset}}}" if subset else "")
        if each["share"] > 0:
            found[name] = each["share"]
    return found


def defined_in(item: Json) -> str:
    """The object that holds the winner's rule."""
    ref = item["route"]["hops"][-1]["ref"]
    return f"{ref['kind']} {ref['namespace']}/{ref['name']}"


READ: dict[str, Callable[[Json], Any]] = {
    "outcome": lambda item: item["outcome"],
    "route": lambda item: re.split("[/:]", item["route"]["id"])[-1],
    "definedIn": defined_in,
    "destination": destination,
    "shares": shares,
    "upstreamPath": lambda item: item["upstream"]["path"],
    "upstreamHost": lambda item: item["upstream"]["host"],
    "status": lambda item: item["response"]["status"],
    "body": lambda item: item["response"]["body"],
    "location": lambda item: next(each["value"] for each in item["response"]["headers"] if each["name"] == "location"),
}

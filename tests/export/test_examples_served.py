"""Every example is exported, accepted by the real Envoy as it is, and served as its expectations say.

The expectations were written by hand from the specification, so that here the export is judged, and not our reading of
what it serves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.model.request import Request
from tests.examples import EXPECTED, identifiers, load, sources
from tests.oracle.envoy import Envoy, Observed, on_loopback, validate
from tests.run import gmg

Json = dict[str, Any]

ANSWERS = {"noHost": 404, "noRoute": 404, "forward": 200}
"""The status of outcomes for which the expectation gives none; a destination answers 200."""

SHARE = re.compile(r"(?P<name>[^.]+)\.(?P<namespace>[^.]+)\.[^{]+(?:\{(?P<subset>.*)\})?")


@pytest.mark.parametrize("path", EXPECTED, ids=identifiers())
def test_example(path: Path, tmp_path: Path) -> None:
    expected = load(path)
    ran = gmg("export", "envoy", *sources(expected), "-o", "json")
    assert ran.code == 0, ran.err

    assert validate(ran.json, tmp_path) == (True, "")
    with Envoy(on_loopback(ran.json, tmp_path), tmp_path) as envoy:
        for item in expected.get("requests", ()):
            asked = item["request"]
            gateway = asked.get("gateway") or expected.get("gateway")
            seen = envoy.send(listener_of(envoy, gateway), request_of(asked))
            assert list(differences(seen, item["expect"])) == [], asked


def listener_of(envoy: Envoy, gateway: str | None) -> str:
    """The only listener of a gateway."""
    (name,) = (each for each in envoy.listeners if gateway is None or each.startswith(f"{gateway}/"))
    return name


def request_of(asked: Json) -> Request:
    return Request(
        path=asked["path"], host=asked["host"], method=asked["method"], headers=tuple(asked["headers"].items())
    )


def differences(seen: Observed, expect: Json) -> Iterator[str]:
    """Where the real proxy did something else than the specification says."""
    outcome = expect["outcome"]
    wanted: Json = {"status": expect.get("status", ANSWERS.get(outcome)), "location": expect.get("location")}
    if "body" in expect:
        wanted["body"] = expect["body"] or None
    if "upstreamPath" in expect:
        wanted["upstream_path"] = expect["upstreamPath"]
    if outcome == "forward":
        wanted["upstream_host"] = expect.get("upstreamHost", seen.upstream_host)
    for name, value in wanted.items():
        if getattr(seen, name) != value:
            yield f"{name}: {value!r}, but Envoy: {getattr(seen, name)!r}"
    if "route" in expect and re.split("[/:]", seen.route or "")[-1] != expect["route"]:
        yield f"route: {expect['route']}, but Envoy: {seen.route}"
    clusters = set(wanted_clusters(expect))
    if clusters and subset_and_service(seen.cluster) not in clusters:
        yield f"cluster: one of {clusters}, but Envoy: {seen.cluster}"


def wanted_clusters(expect: Json) -> Iterator[tuple[str, str]]:
    """Subset and Service of every cluster that may get the request."""
    for text in expect.get("shares", ()):
        share = SHARE.fullmatch(text)
        assert share is not None
        yield (share["subset"] or "").replace("=", "-"), f"{share['name']}.{share['namespace']}"
    if "destination" in expect:
        it = expect["destination"]
        subset = "-".join(f"{key}-{value}" for key, value in it.get("subset", {}).items())
        yield subset, f"{it['name']}.{it['namespace']}"


def subset_and_service(cluster: str | None) -> tuple[str, str]:
    """What the name of a cluster says beside the port, and beside where the Service is seen from."""
    _direction, _port, subset, host = (cluster or "|||").split("|")
    return subset, host.partition(".svc.")[0]

"""Generated object graphs of the second generation: the real Envoy takes the routes that `curl` says."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from kubectl_gmg.model.request import Request
from tests.oracle.envoy import Envoy, on_loopback
from tests.oracle.generate_v2 import graphs_v2
from tests.run import gmg, manifests_text

Json = dict[str, Any]
MOST = 40
"""Requests to one listener."""
SEEN = {"graphs": 0, "requests": 0, "routed": 0}


def asked(rows: list[Json]) -> Iterator[Json]:
    """A request for each row that is likely to reach it, as a line of `--requests`."""
    for row in rows:
        match, domain = row["match"], row["domains"][0].lower()
        path = "/other" if match["path"]["type"] == "regex" else match["path"]["value"]
        queries = "&".join(f"{each['name']}={each['value'] or ''}" for each in match["queryParameters"])
        yield {
            "scheme": "http",
            "host": domain.replace("*", "x") if "." in domain else "any.example",
            "path": (path if path.startswith("/") else f"/{path}") + (f"?{queries}" if queries else ""),
            "method": (match["methods"] or ["GET"])[0],
            "headers": {each["name"]: each["value"] or "1" for each in match["headers"] if not each["invert"]},
        }


@settings(
    max_examples=12, deadline=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)
@given(manifests=graphs_v2())
def test_envoy_agrees(manifests: list[Json]) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        file = folder / "objects.json"
        file.write_text(manifests_text(manifests))
        exported = gmg("export", "envoy", "-f", str(file), "-o", "json")
        if exported.code != 0 or not exported.json["static_resources"]["listeners"]:
            return
        rows = [each for each in gmg("routes", "-f", str(file), "-o", "json").json["items"] if each["index"]]
        SEEN["graphs"] += 1
        with Envoy(on_loopback(exported.json, folder), folder) as envoy:
            for name in (each["name"] for each in exported.json["static_resources"]["listeners"]):
                compare(envoy, name, rows, str(file))


def place(row: Json) -> tuple[str, int]:
    """The gateway of a route and the index of its listener."""
    return f"{row['gateway']['namespace']}/{row['gateway']['name']}", row["listener"]["index"]


def compare(envoy: Envoy, name: str, rows: list[Json], file: str) -> None:
    """Send what should reach each route of a listener, and hold the proxy's choice against ours."""
    gateway, _, index = name.rpartition("/")
    mine = [each for each in rows if place(each) == (gateway, int(index))][:MOST]
    if not mine:
        return
    lines = list(asked(mine))
    words = ("--gateway", gateway, "--listener", str(mine[0]["listener"]["port"]), "-f", file, "-o", "json")
    ran = gmg("curl", "--requests", "-", *words, stdin="\n".join(map(json.dumps, lines)))
    answers = [each for each in ran.json["items"] if each["listener"]["index"] == int(index)]
    for line, item in zip(lines, answers, strict=True):
        request = Request(
            path=line["path"], host=line["host"], method=line["method"], headers=tuple(line["headers"].items())
        )
        seen = envoy.send(name, request)
        SEEN["requests"] += 1
        SEEN["routed"] += item["route"] is not None
        wanted = item["route"]["id"] if item["route"] else None
        assert (seen.route or None) == wanted, (line, item["outcome"])
        if item["outcome"] in ("directResponse", "redirect", "noHost", "noRoute"):
            assert seen.status == item["response"]["status"], line


def test_that_was_worth_something() -> None:
    """Runs after the comparison, in the same process."""
    if not SEEN["graphs"]:
        test_envoy_agrees()
    assert SEEN["graphs"] >= 5
    assert SEEN["routed"] > SEEN["requests"] / 2 > 20

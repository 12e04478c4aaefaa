"""The real Envoy judges `matching` and `export`.

400 generated tables are compared, with 14 requests each, or as many more as `GMG_ENVOY_TABLES` says; a failing one is
shrunk and printed. Table number n is always the same.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kubectl_gmg.export.envoy import connection_manager, listener_config, route_configuration
from kubectl_gmg.model.match import PathKind
from kubectl_gmg.model.request import Request
from tests.oracle.deciding_rules import RULES, Classifier, changed, prefix_by_segments, with_paths
from tests.oracle.envoy import (
    LOOPBACK,
    Envoy,
    EnvoyError,
    Observed,
    RouteServer,
    marked,
    server,
    validate,
)
from tests.oracle.generate_requests import Trial, some_trial
from tests.oracle.generate_tables import CLUSTERS, Table
from tests.oracle.proxy_model import Proxy, envoy_hosts
from tests.oracle.shrink import shrunk

MEASURED = json.loads((Path(__file__).parents[1] / "matching" / "envoy-cases.json").read_text(encoding="utf-8"))
TABLES = max(400, int(os.environ.get("GMG_ENVOY_TABLES", "0")))
EACH_RULE_AT_LEAST = 20

NORMALIZATIONS: dict[str, dict[str, Any]] = {
    "NONE": {"normalize_path": False},
    "BASE": {},
    "MERGE_SLASHES": {"merge_slashes": True},
    "DECODE_AND_MERGE_SLASHES": {
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD",
    },
}
"""What the mesh setting `pathNormalization` adds to the gateway profile (`spec/envoy.md` 10)."""

# ---- the measured cases, on this very Envoy


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    """An Envoy with one listener for each table of the cases; the cluster `ws` upgrades connections."""
    folder = tmp_path_factory.mktemp("cases")
    tables = MEASURED["tables"]
    missing = {cluster for table in tables.values() for cluster in table["missing_clusters"]}
    clusters = sorted({name for table in tables.values() for name in clusters_of(table)} - missing)
    config = server(clusters, [table_listener(name, table) for name, table in tables.items()], folder)
    with socket.create_server((LOOPBACK, 0)) as upgrading:
        threading.Thread(target=upgrade_once, args=(upgrading,), daemon=True).start()
        lead_to(config, "ws", upgrading.getsockname()[1])
        with Envoy(config, folder) as envoy:
            yield envoy


def clusters_of(table: dict[str, Any]) -> Iterator[str]:
    for host in table["virtual_hosts"]:
        for route in host["routes"]:
            action = route.get("route", {})
            yield from [action["cluster"]] if "cluster" in action else []
            yield from (each["name"] for each in action.get("weighted_clusters", {}).get("clusters", ()))


def table_listener(name: str, table: dict[str, Any]) -> dict[str, Any]:
    routes = route_configuration(name, [marked(host) for host in table["virtual_hosts"]])
    manager = connection_manager(name, {"route_config": routes}) | NORMALIZATIONS[table["normalization"]]
    return listener_config(name, LOOPBACK, 0, manager)


def lead_to(config: dict[str, Any], cluster: str, port: int) -> None:
    """Let a cluster lead to a port of loopback."""
    for each in config["static_resources"]["clusters"]:
        if each["name"] == cluster:
            endpoint = each["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
            endpoint["address"] = {"socket_address": {"address": LOOPBACK, "port_value": port}}


def upgrade_once(listening: socket.socket) -> None:
    """Switch protocols for the first request that comes, and say what it was."""
    try:
        connection, _ = listening.accept()
    except OSError:
        return
    with connection, connection.makefile("rb") as file:
        path = file.readline().split()[1].decode()
        headers = dict(iter(lambda: file.readline().decode().rstrip("\r\n").partition(": ")[::2], ("", "")))
        lines = [
            "HTTP/1.1 101 Switching Protocols",
            *("connection: upgrade", "upgrade: websocket"),
            *(f"x-echo-path: {path}", f"x-echo-host: {headers['host']}"),
        ]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())


ASKED = ("status", "virtual_host", "route", "cluster", "upstream_path", "upstream_host", "location", "body")


@pytest.mark.parametrize("case", MEASURED["cases"], ids=lambda case: case["id"])
def test_measured_case(measured: Envoy, case: dict[str, Any]) -> None:
    written, expected = case["request"], case["expect"]
    request = Request(
        path=written["path"],
        host=written["host"],
        method=written["method"],
        headers=tuple((name, value) for name, value in written["headers"]),
    )

    seen = measured.send(case["table"], request)

    asked = [key for key in ASKED if not (key == "body" and seen.status == 400)]
    assert {key: getattr(seen, key) for key in asked} == {key: expected[key] for key in asked}
    assert dict(seen.upstream_headers) == expected.get("upstream_headers", {})


def test_measured_configurations(tmp_path: Path) -> None:
    def verdict(config: dict[str, Any]) -> str:
        folder = tmp_path / config["id"]
        folder.mkdir()
        accepted, message = validate(measured_configuration(config), folder)
        parts = re.split("<name>|(?<=validation failed): ", config["message"] or "")
        if accepted == config["accepted"] and all(part in message for part in parts):
            return ""
        return f"{config['id']}: {'accepted' if accepted else message}"

    with ThreadPoolExecutor(2) as pool:
        wrong = list(filter(None, pool.map(verdict, MEASURED["configs"])))

    assert len(MEASURED["configs"]) == 30
    assert wrong == []


def measured_configuration(config: dict[str, Any]) -> dict[str, Any]:
    hosts = json.loads(
        json.dumps(config["virtual_hosts"]).replace("<body_bytes times x>", "x" * config.get("body_bytes", 0))
    )
    manager = connection_manager("routes", {"route_config": route_configuration("routes", hosts)})
    return {"static_resources": {"listeners": [listener_config("routes", LOOPBACK, 0, manager)]}}


# ---- the model against Envoy, on generated tables


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouteServer]:
    with RouteServer(CLUSTERS, tmp_path_factory.mktemp("routes")) as running:
        yield running


def disagreements(routes: RouteServer, trial: Trial, believed: Table) -> list[tuple[Request, list[str]]]:
    """The requests about which Envoy and the model differ, the model being given the table `believed`."""
    routes.serve(envoy_hosts(trial.table))
    proxy = Proxy(believed)
    told = ((request, proxy.outcome(request).differences(routes.send(request))) for request in trial.requests)
    return [(request, differences) for request, differences in told if differences]


def smallest(routes: RouteServer, trial: Trial, belief: Callable[[Table], Table] = lambda table: table) -> Trial:
    """A tiny trial that still disagrees, and in the same way."""

    def ways(smaller: Trial) -> set[str]:
        told = disagreements(routes, smaller, belief(smaller.table))
        return {difference.partition(":")[0] for _, differences in told[:1] for difference in differences}

    wanted = ways(trial)

    def fails(smaller: Trial) -> bool:
        try:
            return ways(smaller) == wanted
        except (EnvoyError, IndexError):
            return False

    request = disagreements(routes, trial, belief(trial.table))[0][0]
    return shrunk(Trial(trial.table, (request,)), fails)


def test_generated_tables(routes: RouteServer, capsys: pytest.CaptureFixture[str]) -> None:
    decided: Counter[int] = Counter()
    places: Counter[str] = Counter()

    @settings(max_examples=TABLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(st.integers(0, 2**32 - 1))
    def agree(seed: int) -> None:
        trial = some_trial(Random(seed))
        if disagreements(routes, trial, trial.table):
            tiny = smallest(routes, trial)
            pytest.fail(f"table {seed}, at its smallest {tiny}: {disagreements(routes, tiny, tiny.table)}")
        count(trial, decided, places)

    agree()
    with capsys.disabled():
        print("", report(decided, places), sep="\n")
    requests = places.total()
    assert {rule: decided[rule] for rule in RULES if decided[rule] < EACH_RULE_AT_LEAST} == {}
    assert places["later"] >= 0.30 * requests
    assert places["none"] >= 0.15 * requests


def count(trial: Trial, decided: Counter[int], places: Counter[str]) -> None:
    """Count which rules decided, and at which place of the list the requests were won."""
    proxy, classifier = Proxy(trial.table), Classifier(trial.table)
    for request in trial.requests:
        outcome = proxy.outcome(request)
        decided.update(classifier.rules(request, outcome))
        if outcome.route is None:
            places["refused" if outcome.refused else "none"] += 1
        else:
            places["later" if outcome.route else "first"] += 1


def report(decided: Counter[int], places: Counter[str]) -> str:
    """The counts, as a table."""
    rules = [f"{rule:>4} {decided[rule]:>6}" for rule in RULES]
    rows = ["  |".join(rules[start::6]) for start in range(6)]
    total = places.total()
    shares = ", ".join(f"{place} {number} ({100 * number // total} %)" for place, number in sorted(places.items()))
    return "\n".join(
        [f"Envoy judged {total} requests at {TABLES} tables; rule, requests decided:", *rows, f"won: {shares}"]
    )


def test_judge_notices_a_fault(routes: RouteServer) -> None:
    """Prefixes read as segments are a fault that few requests show; what is left of it is tiny."""

    def belief(table: Table) -> Table:
        return changed(table, with_paths(prefix_by_segments))

    trials = (some_trial(Random(seed)) for seed in range(TABLES))
    trial = next(each for each in trials if disagreements(routes, each, belief(each.table)))
    tiny = smallest(routes, trial, belief)

    routes_left = [route for host in tiny.table.hosts for route in host.routes]
    prefixes = [route.match.path for route in routes_left if route.match.path]
    assert len(tiny.requests) == 1
    assert len(routes_left) <= 2
    assert [each.kind for each in prefixes] == [PathKind.PREFIX]
    assert len(prefixes[0].value) <= 6


def test_refused_routes_are_noticed(routes: RouteServer) -> None:
    entry = {"name": "r", "match": {"safe_regex": {"regex": "("}}, "direct_response": {"status": 200}}
    with pytest.raises(EnvoyError, match="did not take the routes"):
        routes.serve([{"name": "v", "domains": ["*"], "routes": [entry]}])
    routes.serve([])
    assert routes.send(Request()) == Observed(404, headers=routes.send(Request()).headers)

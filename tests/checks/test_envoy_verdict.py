"""What `check` calls refused by the proxy is what a real Envoy refuses, and nothing else (`spec/envoy.md` 90 to 95)."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.export.envoy import connection_manager, listener_config, route_configuration
from tests.oracle import generate_refused
from tests.oracle.envoy import EnvoyError, RouteServer, server, validate
from tests.run import gmg, manifests_text

Json = dict[str, Any]
FOLDER = Path(__file__).parent
MEASURED = json.loads((FOLDER.parent / "matching" / "envoy-cases.json").read_text(encoding="utf-8"))["configs"]
COUNT = int(os.environ.get("GMG_REFUSED", "600"))
"""How many configurations are generated for a run."""

REFUSED = {"GMG003", "GMG112", "GMG113", "GMG304", "GMG401", "GMG402", "GMG410", "GMG502"}
"""The rules whose errors mean that the proxy would refuse what is written. (A name twice: Envoy refuses both hosts, and
the product keeps the older one, `spec/v1beta1.md` D-26.)"""

NOT_SAID = {
    "regex-empty": "an empty pattern is no condition (spec/v1beta1.md 5.1)",
    "separated-prefix-root": "no object has separated prefixes",
    "separated-prefix-trailing-slash": "no object has separated prefixes",
    "separated-prefix-query": "no object has separated prefixes",
    "no-path-condition": "a matcher without path is written as prefix / (spec/envoy.md 70)",
    "header-empty-prefix": "no object tests the beginning of a header",
    "two-rewrites": "no object has a second kind of rewrite",
    "rewrite-missing-group": "no object rewrites by pattern",
    "weights-zero": "weights that are all zero are even (spec/v1beta1.md D-9)",
}
"""Measured configurations that no Gloo object leads to, and why."""


def objects(made: list[Json], generation: str) -> str:
    return f"{manifests_text(made)}\n---\n{(FOLDER / 'base' / f'{generation}.yaml').read_text()}"


def refusals(text: str) -> set[str]:
    """The codes that say that the proxy refuses something of this."""
    ran = gmg("check", "-f", "-", "-o", "json", stdin=text)
    assert ran.code in (0, 1), ran.err
    return {item["code"] for item in ran.json["items"] if item["severity"] == "error"} & REFUSED


def loads(virtual_hosts: list[Json], folder: Path) -> bool:
    """Whether the real Envoy would load these routes."""
    folder.mkdir()
    manager = connection_manager("g", {"route_config": route_configuration("g", virtual_hosts)})
    return validate(server(["c", "r"], [listener_config("g", "127.0.0.1", 0, manager)], folder), folder)[0]


def first_host(name: str, domains: list[str], rules: list[Json]) -> Json:
    return {
        "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
        "kind": "VirtualHost",
        "metadata": {"name": name, "namespace": "apps", "labels": {"gateway": "public"}},
        "spec": {"domains": domains, "routes": rules},
    }


DESTINATION = generate_refused.FIRST["destination"]


def from_envoy(config: Json) -> list[Json]:
    """The objects of the first generation that say what a measured configuration says."""
    return [
        first_host(host["name"], host["domains"], [rule_from(route, config) for route in host["routes"]])
        for host in config["virtual_hosts"]
    ]


def rule_from(route: Json, config: Json) -> Json:
    match = route["match"]
    uri = {kind: match[key] for key, kind in (("path", "exact"), ("prefix", "prefix")) if key in match}
    if "safe_regex" in match:
        uri = {"regex": match["safe_regex"]["regex"]}
    rule: Json = {"name": route.get("name", "r"), "matchers": [{"uri": uri}]}
    if "direct_response" in route:
        answer = route["direct_response"]
        body = answer.get("body", {}).get("inline_string", "")
        body = "x" * config["body_bytes"] if "body_bytes" in config else body
        rule["directResponseAction"] = {"status": answer["status"], "body": body}
    elif "redirect" in route:
        code = {300: "MULTIPLE_CHOICES"}.get(route["redirect"].get("response_code", 0))
        rule["redirectAction"] = {"responseCode": code} if code else {}
    elif "route" in route:
        clusters = route["route"].get("weighted_clusters", {"clusters": [{}]})["clusters"]
        rule["routeAction"] = {"destinations": [DESTINATION for _ in clusters]}
    for added in route.get("request_headers_to_add", ()):
        header = added["header"]
        rule["options"] = {"headerManipulation": {"appendRequestHeaders": {header["key"]: header["value"]}}}
    return rule


@pytest.mark.parametrize(
    "config", [each for each in MEASURED if each["id"] not in NOT_SAID], ids=lambda config: config["id"]
)
def test_measured_configuration(config: Json) -> None:
    """The verdicts that were measured (`test_measured_configurations` holds them against the real Envoy)."""
    found = refusals(objects(from_envoy(config), "v1beta1"))
    assert (found == set()) == config["accepted"], found


def test_every_measured_configuration_is_judged() -> None:
    assert len(MEASURED) == 30
    assert {each["id"] for each in MEASURED} >= set(NOT_SAID)


class TestGenerated:
    """One Envoy takes or refuses the routes of each configuration as it comes."""

    @pytest.fixture(scope="class")
    @staticmethod
    def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouteServer]:
        with RouteServer(["c"], tmp_path_factory.mktemp("refused")) as running:
            yield running

    @pytest.mark.parametrize("generation", ["v1beta1", "v2"])
    def test_verdicts_agree(self, routes: RouteServer, generation: str) -> None:
        write = getattr(generate_refused, "first_generation" if generation == "v1beta1" else "second_generation")
        seen: Counter[tuple[str, bool]] = Counter()
        for made in drawn(generation):
            hosts = generate_refused.envoy_hosts(made)
            taken = is_taken(routes, hosts)
            found = refusals(objects(list(write(made)), generation))
            assert taken == (not found), (found, json.dumps(hosts))
            seen.update((what, taken) for what in made.broken or ["sound"])
        print(generation, dict(seen))
        assert seen["sound", True] >= COUNT / 8
        assert seen["regex", False] >= COUNT / 25
        assert seen["status", False] >= COUNT / 50
        assert (generation == "v2") != bool(seen["domain", False])
        assert not seen["sound", False]


def drawn(generation: str) -> Iterator[generate_refused.Made]:
    """Half of the configurations for each generation; in the second, roots of one domain are merged."""
    maker = generate_refused.Maker(20261121 if generation == "v1beta1" else 1121)
    made = (maker.configuration() for _ in range(COUNT // 2))
    for each in made:
        if generation == "v2" and "domain" in each.broken:
            continue
        yield each


def is_taken(routes: RouteServer, hosts: list[Json]) -> bool:
    try:
        routes.serve(hosts)
    except EnvoyError:
        return False
    return True


def test_both_ways_of_asking_agree(tmp_path: Path) -> None:
    """`--mode validate` and a running Envoy say the same of a sample, so that the faster one may be asked."""
    maker = generate_refused.Maker(7, share=0.15)
    sample = [generate_refused.envoy_hosts(maker.configuration()) for _ in range(40)]
    with ThreadPoolExecutor(2) as pool:
        validated = list(pool.map(lambda each: loads(each[1], tmp_path / str(each[0])), enumerate(sample)))
    with RouteServer(["c"], tmp_path) as routes:
        assert [is_taken(routes, hosts) for hosts in sample] == validated
    assert 8 <= sum(validated) <= 32

"""Every example of the second generation is exported, accepted by the real Envoy, and served as its expectations say.

The expectations were written by hand from the specification, so that here the export is judged, and not our reading of
what it serves. Left out is what no gateway listener of HTTP serves: frozen trees, TLS passthrough, traffic in the mesh.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg.model.request import Request
from tests.oracle.envoy import Envoy, Observed, dialled, on_loopback, validate
from tests.run import gmg
from tests.test_scenarios_v2 import EXPECTED, load, manifest, name_of

Json = dict[str, Any]

NOT_SERVED = ("frozen", "notRouted", "connection")
DIALLED = dialled("")
"""What the judge calls an endpoint is the name of its cluster with this behind it."""


def requests(path: Path) -> list[Json]:
    """The requests that an HTTP listener of a gateway answers."""
    return [
        each
        for each in load(path).get("requests", ())
        if "sni" not in each and not isinstance(each.get("from"), dict) and not set(NOT_SERVED) & set(each["outcome"])
    ]


@pytest.mark.parametrize("path", [path for path in EXPECTED if requests(path)], ids=name_of)
def test_example(path: Path, tmp_path: Path) -> None:
    ran = gmg("export", "envoy", "-f", manifest(path), "-o", "json")
    assert ran.code == 0, ran.err
    assert validate(ran.json, tmp_path) == (True, "")
    with Envoy(on_loopback(ran.json, tmp_path), tmp_path) as envoy:
        for item in requests(path):
            headers = tuple(item.get("headers", {}).items())
            request = Request(path=item["path"], host=item["host"], method=item["method"], headers=headers)
            seen = envoy.send(listener_of(ran.json, item), request)
            assert list(differences(seen, item["outcome"], hostnames(path))) == [], item


def listener_of(config: Json, item: Json) -> str:
    """The listener that a request comes to: by gateway and port; the first one if nothing is said."""
    gateway = item.get("from", "gateway ").removeprefix("gateway ")
    ports: dict[str, int] = {
        each["name"]: each["address"]["socket_address"]["port_value"]
        for each in config["static_resources"]["listeners"]
        if each["name"].startswith(gateway)
    }
    return next(name for name, port in ports.items() if item.get("listener") in (None, port))


def hostnames(path: Path) -> dict[str, str]:
    """What the proxy dials for a destination that is no Service, as the expectations name it."""
    objects = yaml.safe_load_all(Path(manifest(path)).read_text())
    return {
        f"{each['kind']} {each['metadata']['namespace']}/{each['metadata']['name']}": each["spec"]["hosts"][0]
        for each in objects
        if each and each["kind"] in ("VirtualDestination", "ExternalService") and each["spec"].get("hosts")
    }


def differences(seen: Observed, outcome: Json, hosts: dict[str, str]) -> Iterator[str]:
    """Where the real proxy did something else than the specification says."""
    forwarded = {"forward", "split", "upstreamPath", "upstreamHost"} & set(outcome)
    wanted: Json = {"status": 200 if forwarded else outcome.get("status", seen.status)}
    for term, field in (("upstreamPath", "upstream_path"), ("location", "location")):
        if term in outcome:
            wanted[field] = outcome[term]
    if "upstreamHost" in outcome and host_of(seen.upstream_host or "") != outcome["upstreamHost"]:
        yield f"host: {outcome['upstreamHost']}, but Envoy: {seen.upstream_host}"
    if "body" in outcome:
        wanted["body"] = outcome["body"] or None
    for name, value in wanted.items():
        if getattr(seen, name) != value:
            yield f"{name}: {value!r}, but Envoy: {getattr(seen, name)!r}"
    if "route" in outcome and rule_of(seen.route or "") != outcome["route"].split("/")[1:]:
        yield f"route: {outcome['route']}, but Envoy: {seen.route}"
    if outcome.get("status") == 404 and "route" not in outcome and seen.route:
        yield f"no route, but Envoy: {seen.route}"
    _direction, _port, subset, host = (seen.cluster or "|||").split("|")
    if "forward" in outcome and host != host_wanted(outcome["forward"], hosts):
        yield f"cluster of {outcome['forward']}, but Envoy: {seen.cluster}"
    if "split" in outcome and subset not in [f"version-{version}" for version in outcome["split"]]:
        yield f"cluster: one of {outcome['split']}, but Envoy: {seen.cluster}"


def host_of(sent: str) -> str:
    """The host that was sent on; one of an endpoint is that of its cluster."""
    return sent.removesuffix(DIALLED).rpartition("|")[2]


def rule_of(route: str) -> list[str]:
    """Table and rule at the end of an id (`spec/cli.md` 4.2)."""
    table, rule = route.split("/")[-2:] if "/" in route else ("", "")
    return [table.rpartition(":")[2], rule]


def host_wanted(destination: str, hosts: dict[str, str]) -> str:
    """The host of the cluster of `NAMESPACE/NAME` of a Service, or of another kind with that in front."""
    namespace, _, name = destination.rpartition("/")
    return hosts.get(destination) or f"{name}.{namespace}.svc.cluster.local"

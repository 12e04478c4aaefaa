"""Exported listeners for whole connections: the real Envoy takes them, and sends connections where `curl` says."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.oracle.certificates import Certificates
from tests.oracle.envoy import Envoy, validate
from tests.oracle.test_chains_envoy import client_context, generated, greeted, told
from tests.oracle.tls_worlds import Server, Stream, Translation, World, asked, manifests
from tests.run import gmg, manifests_text

Json = dict[str, Any]
SERVED, TAKEN = 20, 60
"""How many generated gateways are served, and how many are only looked at."""
LOOPBACK = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}


@cache
def exported(one: World) -> tuple[Json, str]:
    """The bootstrap of a world, and what was said beside it."""
    ran = gmg("export", "envoy", "-f", "-", "-o", "json", stdin=manifests_text(manifests(one)))
    assert ran.code == 0, ran.err
    resources: Json = ran.json["static_resources"]
    return resources, ran.err


def passing(one: World) -> World:
    """The world without what ends TLS, which an export cannot have."""
    return tuple(each for each in one if each.kind in {"tls", "plain"})


def greeting_in(translation: Translation, one: World) -> None:
    """A place that greets behind every cluster of a world."""
    for cluster in exported(one)[0]["clusters"]:
        service = cluster["name"].split("|")[3].partition(".")[0]
        number = int(service[1:].partition("-")[0])
        (kind,) = {each.kind for each in one if each.number == number}
        translation.greeter(cluster["name"], service, tls=kind == "tls")


def test_envoy_serves_what_is_exported() -> None:
    """Where everything is exported as it is, every connection goes where `curl` says."""
    worlds = list(filter(None, map(passing, generated(SERVED))))
    certificates = Certificates.create()
    connections = 0
    for number, one in enumerate(worlds):
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            translation = Translation(certificates, made)
            greeting_in(translation, one)
            listeners = exported(one)[0]["listeners"]
            ports = {each["address"]["socket_address"]["port_value"]: each["name"] for each in listeners}
            served = [{**each, "address": LOOPBACK} for each in listeners]
            if not served:
                continue
            client = client_context(certificates, folder)
            with Envoy(translation.bootstrap(served), folder) as envoy:
                for (port, name), wanted in zip(asked(one), told(one), strict=True):
                    to = envoy.listeners.get(ports.get(port, ""))
                    assert greeted(to, port, name, client) == wanted, (number, port, name, one)
                    connections += bool(wanted)
    assert connections > 40


def test_envoy_takes_every_export(tmp_path: Path) -> None:
    """All of them at once, under names of their own, HTTP and weights included."""
    found = [exported(one)[0] for one in generated(TAKEN)]
    listeners = [
        {**each, "name": f"{number}/{each['name']}", "address": LOOPBACK}
        for number, resources in enumerate(found)
        for each in resources["listeners"]
    ]
    clusters = {each["name"]: each for resources in found for each in resources["clusters"]}
    config = {"static_resources": {"listeners": listeners, "clusters": list(clusters.values())}}
    taken, log = validate(config, tmp_path)
    assert taken, log
    assert len(listeners) > TAKEN


def test_what_ends_tls_is_exported_without_it() -> None:
    """Certificates are never read, which is said."""
    ends = Server(1, "tcp", "SIMPLE", 443, ("a.test",), (Stream((), "d1-0"),))
    rejected = Server(2, "tls", "PASSTHROUGH", 443, ("A.test",), (Stream(("a.test",), "d2-0"),))
    resources, said = exported((ends, rejected))
    (listener,) = resources["listeners"]
    (chain,) = listener["filter_chains"]
    assert chain["filters"][0]["typed_config"]["cluster"] == "outbound|9000||d1-0.apps.svc.cluster.local"
    assert ("filter_chain_match" in chain, "listener_filters" in listener) == (False, False)
    edge = "of VirtualGateway gateways/edge"
    assert f"listener 1 {edge} speaks TLS: exported as plain TCP on port 443" in said
    assert f"listener 2 {edge} is rejected, since listener 1 has the same port and name: not exported" in said


def test_weights_and_names_are_exported() -> None:
    """Names in lower case, once each; shares as written."""
    one = Server(1, "tls", "PASSTHROUGH", 443, (), (Stream(("B.test", "*.test"), "d1-0"),))
    objects = manifests((one,))
    route = next(each for each in objects if each["kind"] == "RouteTable")["spec"]["tls"][0]
    route["forwardTo"]["destinations"] = [
        {"ref": {"name": name, "namespace": "apps"}, "weight": weight} for name, weight in (("d1-0", 70), ("d1-1", 30))
    ]
    objects.append({**objects[-1], "metadata": {"name": "d1-1", "namespace": "apps"}})
    ran = gmg("export", "envoy", "-f", "-", "-o", "json", stdin=manifests_text(objects))
    (chain,) = ran.json["static_resources"]["listeners"][0]["filter_chains"]
    assert chain["filter_chain_match"] == {"server_names": ["b.test", "*.test"]}
    weights = chain["filters"][0]["typed_config"]["weighted_clusters"]["clusters"]
    assert [(each["name"].split("|")[3].partition(".")[0], each["weight"]) for each in weights] == [
        ("d1-0", 70),
        ("d1-1", 30),
    ]

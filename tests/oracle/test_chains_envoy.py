"""Listeners that share a port: the real Envoy takes the chain, and sends where, as `curl` says (`spec/envoy.md` 67)."""

from __future__ import annotations

import json
import random
import socket
import ssl
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from http.client import BadStatusLine, HTTPResponse
from pathlib import Path
from typing import Any

from tests.oracle.certificates import Certificates
from tests.oracle.dice import BLOCK, Dice
from tests.oracle.envoy import Envoy
from tests.oracle.tls_worlds import PLAIN, Translation, World, asked, line, manifests, world
from tests.run import gmg, manifests_text

Json = dict[str, Any]
WORLDS = 100
SEED = 67
CLOSED = ""


@cache
def observed() -> tuple[tuple[World, tuple[str, ...]], ...]:
    """Worlds, and who greeted in each of them for every handshake that was tried: the real Envoy says so."""
    worlds = generated(WORLDS)
    certificates = Certificates.create()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        translation = Translation(certificates, made)
        listeners = [each for number, one in enumerate(worlds) for each in translation.listeners(str(number), one)]
        client = client_context(certificates, folder)
        with Envoy(translation.bootstrap(listeners), folder) as envoy:
            return tuple(
                (
                    one,
                    tuple(
                        greeted(envoy.listeners.get(f"{number}/{port}"), port, name, client)
                        for port, name in asked(one)
                    ),
                )
                for number, one in enumerate(worlds)
            )


def generated(count: int) -> list[World]:
    """The same worlds every time."""
    return [world(Dice(random.Random(SEED + number).randbytes(BLOCK))) for number in range(count)]


def client_context(certificates: Certificates, folder: Path) -> ssl.SSLContext:
    """A client that shows its certificate to whoever asks, and takes any."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    both = folder / "client.pem"
    both.write_bytes(certificates.certificate + certificates.key)
    context.load_cert_chain(both)
    return context


def greeted(to: int | None, port: int, name: str | None, client: ssl.SSLContext) -> str:
    """Who answers; `CLOSED` if nobody does, as where no listener is."""
    if to is None:
        return CLOSED
    with (
        suppress(ConnectionError, ssl.SSLError, BadStatusLine),
        socket.create_connection(("127.0.0.1", to), timeout=5) as plain,
    ):
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if port == PLAIN:
            return body(plain)
        with client.wrap_socket(plain, server_hostname=name) as secure:
            return body(secure)
    return CLOSED


def body(connection: socket.socket) -> str:
    """What is answered to a request."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n")
    with HTTPResponse(connection) as answer:
        answer.begin()
        return answer.read().decode()


def told(one: World) -> tuple[str, ...]:
    """The same as `curl` says it."""
    lines = [line(*each) for each in asked(one)]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(manifests_text(manifests(one)))
        file.flush()
        ran = gmg("curl", "--requests", "-", "-f", file.name, "-o", "json", stdin="\n".join(lines))
    by_line: dict[int, set[str]] = {number: set() for number in range(1, len(lines) + 1)}
    for item in ran.json["items"]:
        by_line[item["request"]["input"]["line"]].add(greeter(item))
    return tuple(" and ".join(sorted(each)) for each in by_line.values())


def greeter(item: Json) -> str:
    """Who would greet."""
    if item["outcome"] == "forward":
        (destination,) = item["upstream"]["destinations"]
        return str(destination["name"])
    within = item["outcome"] in ("directResponse", "noHost")  # TLS ended here, whatever is served to an address
    return f"listener {item['listener']['index']}" if within else CLOSED


def complaints() -> Iterator[str]:
    """Where Envoy and `curl` disagree."""
    for one, seen in observed():
        for each, wanted, got in zip(asked(one), seen, told(one), strict=True):
            if wanted != got:
                yield f"{each}: Envoy says {wanted!r}, curl {got!r}\n{one}"


def test_envoy_agrees() -> None:
    assert list(complaints()) == []


def test_that_was_worth_something() -> None:
    """Every kind of listener answers often, and so does nobody."""
    seen: Counter[str] = Counter()
    for one, greetings in observed():
        kinds = {stream.service: each.kind for each in one for stream in each.streams}
        kinds |= {f"listener {each.number}": f"{each.kind} {each.mode}" for each in one if each.kind == "http"}
        seen.update(kinds.get(greeting, "closed") for greeting in greetings)
    assert set(seen) == {"closed", "http SIMPLE", "http MUTUAL", "tcp", "tls", "plain"}
    assert min(seen.values()) >= 5, seen
    assert all(seen[kind] >= 30 for kind in ("closed", "http SIMPLE", "http MUTUAL", "tcp", "tls")), seen


def test_requests_that_show_a_route_arrive_there() -> None:
    """The server name of a witness leads to its listener, where others share the port; without one there is none."""
    arrived: Counter[bool] = Counter()
    for one in generated(40):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(manifests_text(manifests(one)))
            file.flush()
            rows = gmg("routes", "-f", file.name, "-o", "json").json["items"]
            shown = [each for each in rows if each["protocol"] == "http" and each["witness"]]
            lines = "\n".join(json.dumps(as_line(each["witness"])) for each in shown)
            items = gmg("curl", "--requests", "-", "-f", file.name, "-o", "json", stdin=lines).json["items"]
        reached = [item["route"]["key"] for item in items if item["route"]]
        assert reached == [each["key"] for each in shown]
        seen = dict(zip(asked(one), told(one), strict=True)).values()
        for each in rows:
            if each["protocol"] == "http" and f"listener {each['listener']['index']}" in seen:
                arrived[each["witness"] is not None] += 1
    assert arrived[True] > 10 * arrived[False]


def as_line(witness: Json) -> Json:
    """A request as a line of `--requests`."""
    return {
        key: witness[key] for key in ("scheme", "host", "port", "path", "method", "sni") if witness[key] is not None
    }

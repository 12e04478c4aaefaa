"""GMG502 is said of exactly those header operations that a real Envoy refuses (`spec/envoy.md` 83, 90).

Commands that one release knows and another does not are left out: of these nothing is said.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.oracle.envoy import EnvoyError, RouteServer, headers_to_add
from tests.run import gmg, manifests_text

Json = dict[str, Any]

COUNT = 240
"""Operations of one run."""

NAMES = ("x", "X-", "-a", "host", "Host", "HOST", ":", "status", " ", "é", "(", "\n", "\r", "\0", "\t")
VALUES = ("a", " ", "%", "%", "%%", "%PROTOCOL%", "%REQ(x)%", "%REQ(x?y):5%", "%START_TIME(%s)%", "%DURATION", ":", "é")
BROKEN = ("\n", "\r", "\0")
LONG = ("x" * 16_384, "x" * 16_385)
APPENDED = {"appendRequestHeaders": "request_headers_to_add", "appendResponseHeaders": "response_headers_to_add"}
REMOVED = {"removeRequestHeaders": "request_headers_to_remove", "removeResponseHeaders": "response_headers_to_remove"}


def operations() -> Iterator[tuple[str, str, str]]:
    """An option with a name and a value; removing has no value."""
    rng = random.Random(502)
    for _ in range(COUNT // 2):
        yield rng.choice([*APPENDED, *REMOVED]), "".join(rng.choices(NAMES, k=rng.randrange(4))), "v"
    for number in range(COUNT // 2):
        value = "".join(rng.choices(VALUES, k=rng.randrange(5)))
        yield rng.choice([*APPENDED]), "x-name", value + (rng.choice(BROKEN) if number % 10 == 0 else "")
    for option in APPENDED:
        for text in LONG:
            yield option, text, "v"
            yield option, "x-name", text
    yield "removeRequestHeaders", LONG[1], "v"


def host(number: int, option: str, name: str, value: str) -> Json:
    """A host of its own for each operation."""
    written = {name: value} if option in APPENDED else [name]
    rule = {
        "name": "r",
        "matchers": [{"uri": {"prefix": "/"}}],
        "options": {"headerManipulation": {option: written}},
        "directResponseAction": {"status": 200},
    }
    return {
        "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
        "kind": "VirtualHost",
        "metadata": {"name": f"h{number}", "namespace": "apps"},
        "spec": {"domains": [f"h{number}.example"], "routes": [rule]},
    }


def envoy_host(option: str, name: str, value: str) -> Json:
    """What the proxy would be given for an operation."""
    added = {APPENDED[option]: headers_to_add({name: value})} if option in APPENDED else {REMOVED[option]: [name]}
    route = {"name": "r", "match": {"prefix": "/"}, "direct_response": {"status": 200}}
    return {"name": "h", "domains": ["*"], "routes": [{**route, **added}]}


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouteServer]:
    with RouteServer(["c"], tmp_path_factory.mktemp("headers")) as running:
        yield running


def taken(routes: RouteServer, operation: tuple[str, str, str]) -> bool:
    try:
        routes.serve([envoy_host(*operation)])
    except EnvoyError:
        return False
    return True


def test_verdicts_agree(routes: RouteServer) -> None:
    made = list(operations())
    text = manifests_text([host(number, *each) for number, each in enumerate(made)])
    ran = gmg("check", "-f", "-", "-o", "json", "--select", "GMG502", stdin=text)
    refused = {item["at"]["ref"]["name"] for item in ran.json["items"]}
    seen: Counter[bool] = Counter()
    for number, operation in enumerate(made):
        accepted = taken(routes, operation)
        assert accepted == (f"h{number}" not in refused), operation
        seen[accepted] += 1
    assert min(seen.values()) > COUNT / 5
    assert not any(LONG[0] in item["message"] for item in ran.json["items"])

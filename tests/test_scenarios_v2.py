"""Every example of the second generation, through the command line.

The expectations were written by hand from the specification; terms are those of `tests/scenarios/v2/README.md`.
Findings, and so the warnings of requests, are compared in `tests/checks/test_examples.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.examples import written
from tests.run import gmg

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "scenarios" / "v2"
EXPECTED = sorted(FOLDER.glob("*.expect.yaml"))

REMARKS = ("rules", "grade", "under24Reading")
COMPARED = ("order", "effectiveRoutes", "effectiveLabels", "policies", "requests")
ELSEWHERE = ("findings",)
"""What `tests/checks/test_examples.py` compares."""
NEGATIVE = ("noGateway", "noHost", "noRoute", "connectionClosed", "notRouted", "proxyResponse")


def load(path: Path) -> Json:
    """One expectation."""
    found: Json = written(path)
    return found


def name_of(path: Path) -> str:
    """What a scenario is called."""
    return path.name.removesuffix(".expect.yaml")


def manifest(path: Path) -> str:
    """The configuration that an expectation is about."""
    return str(path.with_name(f"{name_of(path)}.yaml"))


def having(term: str) -> list[Path]:
    """The scenarios that expect something of a kind."""
    return [path for path in EXPECTED if term in load(path)]


def requests() -> dict[str, tuple[Path, Json]]:
    """All requests of all scenarios, by a name."""
    return {
        f"{name_of(path)}-{number}": (path, request)
        for path in having("requests")
        for number, request in enumerate(load(path)["requests"])
    }


REQUESTS = requests()


@pytest.mark.parametrize("path", EXPECTED, ids=name_of)
def test_every_term_is_known(path: Path) -> None:
    """Nothing that is expected is left out silently."""
    expected = load(path)
    assert set(expected) <= {*COMPARED, *REMARKS, *ELSEWHERE}
    for request in expected.get("requests", ()):
        assert set(request["outcome"]) <= set(READ)


def rows_of(path: Path) -> list[Json]:
    """All routes of a scenario."""
    ran = gmg("routes", "-f", manifest(path), "-o", "json")
    assert ran.code == 0, ran.err
    rows: list[Json] = ran.json["items"]
    return rows


def rule_of(route: Json) -> str:
    """`NAMESPACE/TABLE/RULE` of a route: the rule that decides, with the table that holds it."""
    ref = route["hops"][-1]["ref"]
    return f"{ref['namespace']}/{ref['name']}/{route['id'].rsplit('/', 1)[-1]}"


def path_of(row: Json) -> Json:
    """The condition on the path as the expectations write it."""
    return {row["match"]["path"]["type"]: row["match"]["path"]["value"]}


@pytest.mark.parametrize("path", having("order"), ids=name_of)
def test_order(path: Path) -> None:
    wanted = load(path)["order"]
    rows = rows_of(path)
    assert [rule_of(row) if isinstance(wanted[0], str) else path_of(row) for row in rows] == wanted
    assert [row["index"] for row in rows] == list(range(1, len(wanted) + 1))


@pytest.mark.parametrize("path", having("effectiveRoutes"), ids=name_of)
def test_effective_routes(path: Path) -> None:
    rows = rows_of(path)
    for wanted in load(path)["effectiveRoutes"]:
        assert [path_of(row) for row in rows if rule_of(row) == wanted["route"]] == wanted["anyOf"]


@pytest.mark.parametrize("path", having("effectiveLabels"), ids=name_of)
def test_effective_labels(path: Path) -> None:
    rows = rows_of(path)
    for rule, wanted in load(path)["effectiveLabels"].items():
        (row,) = [row for row in rows if rule_of(row) == rule]
        assert row["labels"] == wanted
        assert set(row["labelOrigins"]) == set(wanted)


@pytest.mark.parametrize("path", having("policies"), ids=name_of)
def test_what_a_policy_selects(path: Path) -> None:
    """All that it selects, and nothing else."""
    rows = rows_of(path)
    for policy, wanted in load(path)["policies"].items():
        assert {rule_of(row) for row in rows if policy in acting_on(row)} == set(wanted["selects"])


@pytest.mark.parametrize("path,request_", REQUESTS.values(), ids=REQUESTS)
def test_request(path: Path, request_: Json) -> None:
    headers = [word for name, value in request_.get("headers", {}).items() for word in ("-H", f"{name}: {value}")]
    asked = [url_of(request_), "-X", request_.get("method", "GET"), *headers, *narrowed(request_)]
    ran = gmg("curl", *asked, "-f", manifest(path), "-o", "json")
    (item,) = ran.json["items"]
    assert ran.code == (1 if item["outcome"] in NEGATIVE else 0), ran.err
    for term, wanted in request_["outcome"].items():
        READ[term](item, wanted)
    if request_["outcome"].get("status") == 404 and "route" not in request_["outcome"]:
        assert item["outcome"] in ("noHost", "noRoute")
        assert item["route"] is None


def url_of(request: Json) -> str:
    """The URL; where only a server name matters it is that of an address, which is none."""
    scheme = "https" if "sni" in request else request.get("scheme", "http")
    return f"{scheme}://{request.get('host', '192.0.2.1')}{request.get('path', '/')}"


def entrance(source: str | Json) -> str:
    """Where a request comes from, as `--from` has it."""
    if isinstance(source, str):
        return f"gateway:{source.removeprefix('gateway ')}"
    return "workload:" + ",".join(f"{key}={value}" for key, value in source["workloadLabels"].items())


def narrowed(request: Json) -> list[str]:
    """Where a request comes in, as arguments."""
    listener = ["--listener", str(request["listener"])] if "listener" in request else []
    source = ["--from", entrance(request["from"])] if "from" in request else []
    server_name = ["--sni", request["sni"]] if "sni" in request else []
    return [*listener, *source, *server_name]


def forwards(item: Json, wanted: str) -> None:
    """A destination: `NAMESPACE/NAME` of a Service, another kind in front."""
    kind, _, name = wanted.rpartition(" ")
    first = item["upstream"]["destinations"][0]
    assert item["outcome"] == "forward"
    assert (first["kind"], f"{first['namespace']}/{first['name']}") == (kind or "Service", name)
    assert first["share"] == 1
    assert first["resolved"] == "found"


def answers(item: Json, wanted: int) -> None:
    """A status; 500 is that of a replaced route, whose own action is kept aside."""
    assert item["response"]["status"] == wanted
    if wanted == 500:
        assert item["outcome"] == "directResponse"
        assert item["route"]["status"] == "replaced"
        assert item["route"]["because"] != []


def has_location(item: Json, wanted: str) -> None:
    assert [each["value"] for each in item["response"]["headers"] if each["name"] == "location"] == [wanted]


def is_split(item: Json, wanted: Json) -> None:
    """Shares in percent by the subset label `version`."""
    found = {each["subset"]["version"]: each["share"] * 100 for each in item["upstream"]["destinations"]}
    assert found == wanted


def is_backed(item: Json, wanted: list[Json]) -> None:
    """What stands behind the destination; only what the expectation names is compared."""
    found = item["upstream"]["destinations"][0]["backing"]
    assert len(found) == len(wanted)
    for each, expected in zip(found, wanted, strict=True):
        for term, value in expected.items():
            assert BACKING[term](each) == value


def has_policies(item: Json, wanted: list[str]) -> None:
    """The policies that act on the route, in order."""
    kinds = [each["ref"]["kind"] for each in item["route"]["policies"] if each["state"] == "applied"]
    assert [" ".join(each) for each in zip(kinds, acting_on(item["route"]), strict=True)] == wanted


def acting_on(route: Json) -> list[str]:
    """The policies that act on a route, in order, as `NAMESPACE/NAME`."""
    acting = [each["ref"] for each in route["policies"] if each["state"] == "applied"]
    return [f"{ref['namespace']}/{ref['name']}" for ref in acting]


def is_warned_of(item: Json, _wanted: str) -> None:
    """What is served may be wrong for another reason than the route; which finding says so is compared elsewhere."""
    assert item["route"]["status"] == "ok"


def is_closed(item: Json, wanted: str) -> None:
    """The proxy ends the connection, and says nothing."""
    assert (wanted, item["outcome"]) == ("reset", "connectionClosed")
    assert (item["route"], item["response"]) == (None, None)


def is_not_routed(item: Json, wanted: bool) -> None:
    """No table is for this workload."""
    assert (wanted, item["outcome"]) == (True, "notRouted")
    assert (item["route"], item["upstream"], item["response"]) == (None, None, None)


def is_frozen(item: Json, _wanted: bool) -> None:
    assert item["outcome"] == "frozen"
    assert item["route"]["status"] == "frozen"


def once_fixed(item: Json, wanted: Json | str) -> None:
    """What would be served; `unknown` is not compared."""
    if not isinstance(wanted, str):
        for term, value in wanted.items():
            READ[term](item["onceFixed"], value)


def equal(read: Callable[[Json], Any]) -> Callable[[Json, Any], None]:
    """A term that stands somewhere as it is."""

    def check(item: Json, wanted: Any) -> None:
        assert read(item) == wanted

    return check


BACKING: dict[str, Callable[[Json], Any]] = {
    "dns": lambda each: each["address"],
    "address": lambda each: each["address"],
    "service": lambda each: f"{each['namespace']}/{each['name']}",
    "port": lambda each: each["port"],
    "tls": lambda each: "SIMPLE" if each["tls"] else None,
}
READ: dict[str, Callable[[Json, Any], None]] = {
    "forward": forwards,
    "route": equal(lambda item: rule_of(item["route"])),
    "status": answers,
    "body": equal(lambda item: item["response"]["body"]),
    "location": has_location,
    "split": is_split,
    "upstreamPath": equal(lambda item: item["upstream"]["path"]),
    "upstreamHost": equal(lambda item: item["upstream"]["host"]),
    "backing": is_backed,
    "policies": has_policies,
    "warning": is_warned_of,
    "connection": is_closed,
    "notRouted": is_not_routed,
    "frozen": is_frozen,
    "onceFixed": once_fixed,
}

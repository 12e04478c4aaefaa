"""Every example of the second generation, through the command line.

The expectations were written by hand from the specification; terms are those of `tests/scenarios/v2/README.md`.
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

LATER = {
    "findings": "no command checks yet",
    "policies": "policies are not read yet",
    "warning": "no command checks yet",
    "workloadLabels": "traffic within the mesh is not simulated yet",
    "sni": "TCP and TLS routes are not read yet",
}
"""What comes with later issues, by the term of the expectations: the only parts that are not compared."""
MESH = ("east-west-1", "east-west-3", "east-west-5", "east-west-6")
TLS = ("tls-passthrough-0", "tls-passthrough-1")
"""The requests that need what comes later."""
REMARKS = ("rules", "grade", "under24Reading")
COMPARED = ("order", "effectiveRoutes", "effectiveLabels", "requests")
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


def reason(request: Json) -> str:
    """Why a request cannot be made yet; empty if it can."""
    mesh = isinstance(request.get("from"), dict)
    return LATER["workloadLabels"] if mesh else LATER["sni"] if "sni" in request else ""


def requests() -> dict[str, tuple[Path, Json]]:
    """All requests of all scenarios, by a name."""
    return {
        f"{name_of(path)}-{number}": (path, request)
        for path in having("requests")
        for number, request in enumerate(load(path)["requests"])
    }


POSSIBLE = {name: each for name, each in requests().items() if not reason(each[1])}


def test_which_requests_come_later() -> None:
    """Each is named here; whoever builds what they need takes it off the list."""
    later = {name: reason(request) for name, (_, request) in requests().items() if name not in POSSIBLE}
    mesh = dict.fromkeys(MESH, LATER["workloadLabels"])
    assert later == mesh | dict.fromkeys(TLS, LATER["sni"])


@pytest.mark.parametrize("path", EXPECTED, ids=name_of)
def test_every_term_is_known(path: Path) -> None:
    """Nothing that is expected is left out silently."""
    expected = load(path)
    assert set(expected) <= {*COMPARED, *REMARKS, *LATER}
    for request in expected.get("requests", ()):
        if not reason(request):
            assert set(request["outcome"]) <= {*READ, *LATER}


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


@pytest.mark.parametrize("path,request_", POSSIBLE.values(), ids=POSSIBLE)
def test_request(path: Path, request_: Json) -> None:
    url = f"{request_.get('scheme', 'http')}://{request_['host']}{request_['path']}"
    headers = [word for name, value in request_.get("headers", {}).items() for word in ("-H", f"{name}: {value}")]
    ran = gmg("curl", url, "-X", request_["method"], *headers, *narrowed(request_), "-f", manifest(path), "-o", "json")
    (item,) = ran.json["items"]
    assert ran.code == (1 if item["outcome"] in NEGATIVE else 0), ran.err
    for term, wanted in request_["outcome"].items():
        if term in READ:
            READ[term](item, wanted)
    if request_["outcome"].get("status") == 404 and "route" not in request_["outcome"]:
        assert item["outcome"] in ("noHost", "noRoute")
        assert item["route"] is None


def narrowed(request: Json) -> list[str]:
    """Where a request comes in, as arguments."""
    listener = ["--listener", str(request["listener"])] if "listener" in request else []
    gateway = ["--gateway", request["from"].removeprefix("gateway ")] if "from" in request else []
    return [*listener, *gateway]


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
    "frozen": is_frozen,
    "onceFixed": once_fixed,
}

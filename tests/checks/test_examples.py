"""The examples with the findings they must have, and none besides (`*.expect.yaml`; `spec/cli.md` 6.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.examples import written
from tests.run import gmg

Json = dict[str, Any]
SCENARIOS = Path(__file__).parents[1] / "scenarios"
EXPECTED = [path for folder in ("v1beta1", "v2") for path in sorted((SCENARIOS / folder).glob("*.expect.yaml"))]
MORE = {
    # One of the hosts' rules begins as an earlier one does, and both lead to the same table.
    "36-selector-expressions": ["GMG301 RouteTable gloo-mesh/t spec.routes[0]"],
    # What is refused is refused for one of two parents only, by joining: what the example is about.
    "37-regex-refused-below": [
        "GMG304 RouteTable gloo-mesh/t spec.routes[0].matchers[0].uri.regex",
        "GMG304 RouteTable gloo-mesh/t spec.routes[1].matchers[0].uri.regex",
        "GMG304 RouteTable gloo-mesh/t spec.routes[2].matchers[1].uri.regex",
    ],
    # The objects say by their own status that the controller refuses them.
    "failure-freeze-config": ["GMG602 RouteTable gateways/root status.common.State.approval"],
    "failure-route-replacement": ["GMG602 RouteTable gateways/root status.common.State.approval"],
    # A regular expression ranks before a prefix of any length (8.4), and this one matches all that the prefix does.
    "sort-route-specificity": [
        "GMG301 RouteTable apps/alpha spec.http[1]",
        "GMG301 RouteTable apps/beta spec.http[1]",
    ],
    # Two tables have the same route; the one that comes second is dead.
    "sort-table-order-by-name": ["GMG301 RouteTable apps/first spec.http[0]"],
    # The other Service of the table is not exported either.
    "workspace-service-not-exported": ["GMG425 RouteTable team1/routes spec.http[1].forwardTo.destinations[0]"],
}
"""What is found besides what an example lists, and rightly."""


def expected(path: Path) -> Json:
    found: Json = written(path)
    return found


@cache
def report(path: Path) -> Json:
    said = expected(path)
    names = [path.with_name(path.name.replace(".expect", ""))]
    if "input" in said:
        names = [path.with_name(said[key]) for key in ("environment", "input")]
    version = ["--product-version", str(said["productVersion"])] if "productVersion" in said else []
    ran = gmg("check", "-o", "json", *version, *(word for name in names for word in ("-f", str(name))))
    assert ran.code in (0, 1), ran.err
    found: Json = ran.json
    return found


def object_of(origin: Json) -> str:
    ref = origin["ref"]
    return f"{ref['kind']} {ref['namespace']}/{ref['name']}"


def wanted() -> Iterator[Any]:
    for path in EXPECTED:
        for number, finding in enumerate(expected(path).get("findings") or ()):
            yield pytest.param(
                path, finding, id=f"{path.parent.name}-{path.name.removesuffix('.expect.yaml')}-{number}"
            )


OBJECT = re.compile(
    r"(?P<object>\w+ [^ ]+)(?: route (?P<route>\S+))?(?: inline host (?P<inline>\d+))?(?: -> (?P<target>\S+))?"
)


def is_meant(item: Json, finding: Json) -> bool:
    """Whether an item is the finding that the example lists."""
    if (finding.get("code") or finding.get("id")) not in item["rule"]:
        return False
    objects = finding.get("objects") or [finding["object"]]
    places = [object_of(item["at"]), *(object_of(each["at"]) for each in item["related"])]
    for number, text in enumerate(objects):
        said = OBJECT.fullmatch(text)
        assert said, text
        if said["object"] not in (places if number or len(objects) > 1 else places[:1]):
            return False
        route = said["route"] or finding.get("route")
        last = str(route).rsplit("/", 1)[-1]
        if route and item["at"]["name"] != last and f"/{last}" not in item["message"]:
            return False
        if said["inline"] and f"routeConfig[{said['inline']}]" not in item["at"]["field"]:
            return False
        if said["target"] and said["target"] not in item["message"]:
            return False
    if "listener" in finding and f"listeners[{finding['listener']}]" not in item["at"]["field"]:
        return False
    return bool(item["severity"] == finding.get("severity", item["severity"]))


@pytest.mark.parametrize(("path", "finding"), wanted())
def test_listed_finding(path: Path, finding: Json) -> None:
    assert [item["code"] for item in report(path)["items"] if is_meant(item, finding)] != [], [
        (item["code"], object_of(item["at"]), item["at"]["field"], item["at"]["name"]) for item in report(path)["items"]
    ]


@pytest.mark.parametrize(
    "path", EXPECTED, ids=lambda path: f"{path.parent.name}-{path.name.removesuffix('.expect.yaml')}"
)
def test_nothing_else(path: Path) -> None:
    """No warning and no error that the example does not list; infos may come besides."""
    listed = expected(path).get("findings") or ()
    more = [
        f"{item['code']} {object_of(item['at'])} {item['at']['field']}".rstrip()
        for item in report(path)["items"]
        if item["severity"] != "info" and not any(is_meant(item, finding) for finding in listed)
    ]
    assert more == MORE.get(path.name.removesuffix(".expect.yaml"), [])


def test_all_examples_are_there() -> None:
    assert len(EXPECTED) == 63

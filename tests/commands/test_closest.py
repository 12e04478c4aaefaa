"""Where no route matches: the routes that failed one condition only, and requests that match (`spec/cli.md` 6.3)."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.simulate.closest import closest, only_failure
from tests.commands.make import gateway, host, ingress, items, rule, run, simulated
from tests.test_counts import calls_of

Json = dict[str, Any]
USER = {"name": "x-user", "value": "ana"}
ROBOT = {"name": "x-agent", "value": "robot.*", "regex": True}
WORLD = [
    gateway(),
    host(
        rule("two", "/else", method="PUT"),
        rule("path", "/else"),
        rule("method", "/p", method="POST"),
        rule("header", "/p", headers=[USER]),
        rule("twice", "/p", headers=[USER, ROBOT]),
        rule("query", "/p", queryParameters=[{"name": "v", "value": "2"}]),
        rule("regex", "/p", headers=[ROBOT]),
        rule("sixth", "/other"),
    ),
]


def near(*arguments: str, objects: list[Json] | None = None) -> list[Json]:
    """The closest routes of the only answer."""
    found: list[Json] = simulated(*arguments, objects=WORLD if objects is None else objects)["closest"]
    return found


def test_the_first_five_that_failed_one_condition() -> None:
    """Those that failed two are left out, and so is the sixth."""
    found = near("h.example/p/x?v=1")
    assert [(each["index"], each["id"], each["matchIndex"], each["reason"]) for each in found] == [
        (2, "vh/path", 1, "path"),
        (3, "vh/method", 1, "method"),
        (4, "vh/header", 1, "header x-user"),
        (6, "vh/query", 1, "query v"),
        (7, "vh/regex", 1, "header x-agent"),
    ]


def test_only_the_failed_condition_is_mended() -> None:
    asked = ("h.example/p/x?v=1&w=3", "-H", "X-More: yes")
    path, method, header, query, regex = (each["request"] for each in near(*asked))
    more = {"name": "X-More", "value": "yes"}
    assert (path["path"], path["method"], path["headers"]) == ("/else?v=1&w=3", "GET", [more])
    assert (method["path"], method["method"], method["headers"]) == ("/p/x?v=1&w=3", "POST", [more])
    assert (header["path"], header["headers"]) == ("/p/x?v=1&w=3", [more, {"name": "x-user", "value": "ana"}])
    assert sorted(query["path"].partition("?")[2].split("&")) == ["v=2", "w=3"]
    assert query["headers"] == [more]
    assert [each["name"] for each in regex["headers"]] == ["X-More", "x-agent"]
    assert {each["host"] for each in (path, method, header, query, regex)} == {"h.example"}


def test_each_request_would_have_matched() -> None:
    """Asked on a host with that route alone, it wins."""
    rules = {f"vh/{each['name']}": each for each in WORLD[1]["spec"]["routes"]}
    found = near("h.example/p/x?v=1")
    assert len(found) == 5
    for each in found:
        request = each["request"]
        headers = [word for pair in request["headers"] for word in ("-H", f"{pair['name']}: {pair['value']}")]
        words = ("-X", request["method"], *headers, f"http://{request['host']}{request['path']}")
        item = simulated(*words, objects=[gateway(), host(rules[each["id"]])])
        assert item["outcome"] == "directResponse"
        assert request["routedPath"] == item["request"]["routedPath"]


def test_the_table_has_the_words_of_such_a_request() -> None:
    lines = run("curl", "h.example/p", "-d", "x", objects=[gateway(), host(rule("p", "/p", headers=[USER]))]).out.split(
        "\n"
    )
    heading = next(number for number, each in enumerate(lines) if "closest" in each)
    assert lines[heading].split() == ["#", "closest", "failed", "this", "would", "match"]
    number, name, *words = shlex.split(lines[heading + 1])
    assert (number, name, words[:2]) == ("1", "p", ["header", "x-user"])
    assert words[2:4] == ["-X", "POST"]
    assert words[-3:] == ["-H", "x-user: ana", "http://h.example/p"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody.example/p",),
        ("h.example/other",),
        ("h.example", "-X", "OPTIONS", "--query", "a=b", "-H", "Host: nobody.example"),
        ("h.example/p/%00",),
    ],
    ids=["noHost", "a match", "another host", "refused"],
)
def test_other_outcomes_have_none(arguments: tuple[str, ...]) -> None:
    assert near(*arguments) == []
    assert "closest" not in run("curl", *arguments, objects=WORLD).out


def test_nothing_is_said_of_a_route_that_no_request_meets() -> None:
    objects = [gateway(), host(rule("never", "/a?b"), rule("dots", "/a/../b"), rule("found", "/a"))]
    assert [each["id"] for each in near("h.example/x", objects=objects)] == ["vh/found"]


def test_a_request_that_an_earlier_route_takes_is_no_help() -> None:
    """Behind `/a` no request gets to `/a/b`; with the header one gets to the last."""
    objects = [gateway(), host(rule("wide", "/a"), rule("dead", "/a/b"), rule("own", "/p", headers=[USER]))]
    assert [each["id"] for each in near("h.example/p", objects=objects)] == ["vh/wide", "vh/own"]


def test_many_requests_have_them_with_candidates_only(tmp_path: Path) -> None:
    """As the candidates: it takes one pass over the routes for each request."""
    lines = tmp_path / "lines"
    lines.write_text("h.example/x\n")
    (without,) = items("curl", "--requests", str(lines), objects=WORLD)
    (listed,) = items("curl", "--requests", str(lines), "--candidates", objects=WORLD)
    assert (without["outcome"], without["closest"], len(listed["closest"])) == ("noRoute", [], 2)


@pytest.mark.parametrize("size", [50, 500])
def test_the_routes_are_passed_once(size: int) -> None:
    """Each fails two conditions, so that all of them are looked at."""
    rules = [rule(f"r{number}", f"/r{number}", method="PUT") for number in range(size)]
    objects = [gateway(), host(*rules)]
    assert calls_of(only_failure.__code__, lambda: near("h.example/x", objects=objects)) == size
    assert calls_of(closest.__code__, lambda: near("h.example/x", objects=objects)) == 1


def test_a_known_port_is_no_condition() -> None:
    """At a listener whose port is known only matches for it are left: the port that was typed says nothing."""
    objects = [gateway(), ingress(http2=80), host(rule("p", "/p"))]
    (only,) = near("h.example:8080/x", objects=objects)
    assert (only["reason"], only["request"]["port"], only["request"]["host"]) == ("path", 8080, "h.example:8080")


def test_a_host_header_that_a_route_tests_still_leads_to_its_host() -> None:
    def tested(value: str) -> list[Json]:
        return [gateway(), host(rule("p", "/p", headers=[{"name": ":authority", "value": value}]))]

    (only,) = near("h.example/p", objects=tested("h.example:81"))
    assert (only["reason"], only["request"]["host"]) == ("header :authority", "h.example:81")
    assert near("h.example/p", objects=tested("x.example")) == []

"""What `routes` reports on (`spec/cli.md` 2.1, 2.2)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.commands.make import delegates, gateway, host, ingress, items, rule, run, table, traffic_policy

Json = dict[str, Any]
WORLD = [
    {**gateway(), "metadata": {"name": "gw", "namespace": "ns", "labels": {"tier": "edge"}}},
    host(rule("a", "/a"), rule("d", "/d", delegates("team-a/rt", "team-b/rt")), labels={"app": "shop", "env": "prod"}),
    host(rule("w"), name="wild", domains=["*.example", "*"], labels={"app": "wild"}),
    table(rule("x", "/x"), namespace="team-a", labels={"app": "cart", "env": "dev"}),
    table(rule("y", "/y"), namespace="team-b", labels={"owner": "b"}),
]


def found(*arguments: str) -> list[tuple[str, int]]:
    """Ids and places."""
    return [(row["id"], row["index"]) for row in items("routes", *arguments, objects=WORLD)]


A, X, Y, W = ("vh/a", 1), ("vh/d/team-a:rt/x", 2), ("vh/d/team-b:rt/y", 3), ("wild/w", 1)


@pytest.mark.parametrize(
    "name,wanted",
    [
        ("h.example", [A, X, Y]),
        ("H.Example", [A, X, Y]),
        ("h.example:8080", [A, X, Y]),
        ("other.example", [W]),
        ("nobody.org", [W]),
    ],
)
def test_host_is_picked_as_the_proxy_does(name: str, wanted: list[tuple[str, int]]) -> None:
    assert found("--host", name) == wanted


def test_a_host_that_nobody_serves() -> None:
    objects = [gateway(), host(rule("a"), domains=["*.h.example"])]
    assert run("routes", "--host", "x.h.example", objects=objects).code == 0
    assert run("routes", "--host", "h.example", objects=objects).code == 4


@pytest.mark.parametrize(
    "arguments,wanted",
    [
        (("-n", "team-a"), [X]),
        (("-n", "team-b"), [Y]),
        (("-n", "ns"), [A, X, Y, W]),
        (("-n", "team-a", "-A"), [A, X, Y, W]),
        (("-l", "app=shop"), [A, X, Y]),
        (("-l", "app==cart"), [X]),
        (("-l", "owner"), [Y]),
        (("-l", "tier=edge"), [A, X, Y, W]),
        (("-l", "env in (dev,prod),app=cart"), [X]),
        (("-l", "env in (dev)"), [X]),
        (("-l", "app notin (shop, wild),env"), [X]),
        (("-l", "app!=shop,app"), [X, W]),
        (("-l", "owner,!app"), [Y]),
        (("-l", "app=nothing"), []),
        (("-l", "app=cart", "-n", "team-b"), []),
        (("--host", "h.example", "-n", "team-b"), [Y]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) and value and isinstance(value[0], str) else "",
)
def test_filters_never_renumber(arguments: tuple[str, ...], wanted: list[tuple[str, int]]) -> None:
    assert found(*arguments) == wanted


@pytest.mark.parametrize("selector", ["a b", "x,=y", "a in b", "a in ()", "a notin", "(a)", "!"])
def test_selectors_that_kubectl_refuses(selector: str) -> None:
    assert run("routes", "-l", selector, objects=WORLD).code == 2


def test_gateway_keeps_one() -> None:
    objects = [gateway(), gateway("gx"), host(rule("a"))]
    assert [row["gateway"]["name"] for row in items("routes", objects=objects)] == ["gw", "gx"]
    for name in ("gx", "ns/gx"):
        assert [row["gateway"]["name"] for row in items("routes", "--gateway", name, objects=objects)] == ["gx"]
    loose = [*objects, host(rule("b"), name="loose", namespace="else"), table(name="orphan")]
    assert [node["type"] for node in items("tree", objects=loose)] == ["gateway", "gateway", "host", "table"]
    assert [node["type"] for node in items("tree", "--gateway", "gx", objects=loose)] == ["gateway"]


def test_policy_keeps_what_it_touches() -> None:
    labelled = {**rule("p", "/p"), "labels": {"team": "p"}}
    policy = traffic_policy("tp", "ns", {"team": "p"}, requestTimeout="3s")
    objects = [gateway(), host(rule("a", "/a"), labelled), policy]
    (row,) = items("routes", "--policy", "ns/tp", objects=objects)
    assert (row["id"], row["index"]) == ("vh/p", 2)
    assert row["options"]["requestTimeout"]["value"] == "3s"
    (use,) = row["policies"]
    assert (use["ref"]["name"], use["state"], use["lostTo"]) == ("tp", "applied", None)


def test_all_routes_adds_those_that_are_left_out() -> None:
    bad = {"name": "bad", "matchers": [{"uri": {"regex": "("}}], "directResponseAction": {"status": 200}}
    objects = [gateway(), host(rule("a", "/a"), bad, rule("b", "/b"))]
    assert [(row["id"], row["index"]) for row in items("routes", objects=objects)] == [("vh/a", 1), ("vh/b", 2)]
    rows = items("routes", "--all-routes", objects=objects)
    assert [(row["id"], row["index"], row["status"], row["because"]) for row in rows] == [
        ("vh/a", 1, "ok", []),
        ("vh/bad", None, "invalid", ["GMG304"]),
        ("vh/b", 2, "ok", []),
    ]
    lines = run("routes", "--all-routes", objects=objects).out.splitlines()
    assert next(line for line in lines if "bad" in line).split()[0] == "-"


def test_the_table_says_what_it_is_about() -> None:
    objects = [gateway(), ingress(http2=80), *WORLD[1:]]
    lines = run("routes", "--host", "h.example", objects=objects).out.splitlines()
    assert lines[0] == "stdin · all namespaces"
    assert lines[2] == "gateway ns/gw :http2(80) · host h.example"
    assert lines[3] == "VirtualHost ns/vh · 3 routes, first match wins"
    assert lines[4] == 'tables under "d": higher weight first'
    assert lines[6].split() == ["#", "MATCH", "ROUTE", "GOES", "TO"]
    assert lines[7].split() == ["1", "/a*", "a", "200", "a"]
    assert lines[-1] == "1 gateway, 1 host, 3 routes"
    assert run("routes", "-n", "team-a", objects=objects).out.splitlines()[0] == "stdin · namespace team-a"


def test_a_host_that_two_listeners_serve_is_shown_and_counted_once() -> None:
    out = run("routes", objects=[gateway(ports=("http2", "https")), host(rule("a"))]).out
    assert "gateway ns/gw :http2 :https · host h.example" in out
    assert out.splitlines()[-1] == "1 gateway, 1 host, 1 route"


def test_no_headers() -> None:
    out = run("routes", "--no-headers", objects=WORLD).out
    assert [line.split()[2] for line in out.splitlines()] == ["a", "x", "y", "w"]
    assert len(run("routes", "--no-headers", "-o", "csv", objects=WORLD).out.splitlines()) == 4
    assert run("tree", "--no-headers", objects=WORLD).out.splitlines()[0].startswith("gateway ns/gw")


def test_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(run("routes", "-o", "csv", objects=WORLD).out)))
    assert [(row["id"], row["index"], row["status"]) for row in rows] == [
        (name, str(place), "ok") for name, place in (A, X, Y, W)
    ]
    assert rows[1]["match"] == "/d/x*"
    assert rows[1]["tables"] == "team-a/rt(0)"
    assert rows[3]["domains"] == "*.example *"


def test_wide_spells_out_conditions() -> None:
    matcher: Json = {
        "method": "POST",
        "headers": [{"name": "x-user", "value": "ana"}],
        "queryParameters": [{"name": "q", "value": "1"}],
    }
    objects = [
        gateway(),
        host(rule("a", "/a", **matcher), rule("d", "/d", delegates("ns/rt"))),
        table(rule("x"), weight=7),
    ]
    short = run("routes", objects=objects).out
    assert "POST /a* {h} {q}" in short
    wide = run("routes", "-o", "wide", objects=objects).out
    assert "POST /a* {x-user=ana} {?q=1}" in wide
    assert "ns/rt(7)" in wide
    assert "vh/d/rt/x" in wide


def test_short_names_are_unique_and_never_a_bare_number() -> None:
    objects = [
        gateway(),
        host(rule("d", "/d", delegates("ns/one", "ns/two"))),
        table(rule("same", "/1"), rule("", "/2"), name="one"),
        table(rule("same", "/3"), rule("", "/4"), name="two"),
    ]
    rows = [line.split() for line in run("routes", "--no-headers", objects=objects).out.splitlines()]
    assert [row[2] for row in rows] == ["one/same", "one/[1]", "two/same", "two/[1]"]

"""Which routes earlier ones hide, as `routes` shows it (`spec/cli.md` 2.2, 6.2, 7)."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.commands.make import delegates, gateway, host, items, rule, run, simulated, table
from tests.run import gmg

Json = dict[str, Any]
WORLD = [
    gateway(),
    host(
        rule("api", "/api"),
        rule("v1", "/api/v1"),
        {"name": "bad", "matchers": [{"uri": {"regex": "("}}], "directResponseAction": {"status": 200}},
        rule("post", "/shop", method="POST"),
        rule("shop", "/shop"),
        rule("last", "/last"),
    ),
]
TWO_ROOTS = Path(__file__).parents[1] / "scenarios" / "v2" / "two-roots-one-host.yaml"
SHORT = ("routes", "--no-headers")


def ids(*arguments: str) -> list[str]:
    return ids_of(*arguments, objects=WORLD)


def ids_of(*arguments: str, objects: list[Json]) -> list[str]:
    return [row["id"] for row in items("routes", *arguments, objects=objects)]


def by_id(*arguments: str) -> dict[str, Json]:
    return {row["id"]: row for row in items("routes", *arguments, objects=WORLD)}


def test_marks_beside_the_match() -> None:
    rows = [line.split() for line in run(*SHORT, objects=WORLD).out.splitlines()]
    assert rows == [
        ["1", "/api*", "api", "200", "api"],
        ["2", "/api/v1*", "dead", "v1", "200", "v1"],
        ["3", "POST", "/shop*", "post", "200", "post"],
        ["4", "/shop*", "part", "shop", "200", "shop"],
        ["5", "/last*", "last", "200", "last"],
    ]


def test_as_in_the_specification() -> None:
    """The sketch of section 7."""
    lines = gmg("routes", "--demo", "--host", "www.example.com").out.splitlines()
    start = lines.index(" #  MATCH                       ROUTE       GOES TO")
    assert lines[start + 4] == " 4  =/reviews/v1/version  dead  v1-version  200 'v1'"
    assert lines[start + 5] == " 5  =/reviews/v2/version  dead  v2-version  200 'v1'"
    assert lines[-1] == "2 routes can never match: kubectl gmg explain v1-version"


def test_without_any_there_is_no_column_and_no_word() -> None:
    out = run("routes", objects=[gateway(), host(rule("a", "/a"), rule("b", "/b"))]).out
    assert out.splitlines()[5].split() == ["#", "MATCH", "ROUTE", "GOES", "TO"]
    assert " 1  /a*    a      200 a" in out
    assert out.splitlines()[-1] == "1 gateway, 1 host, 2 routes"


def test_the_named_command_is_safe_to_copy() -> None:
    objects = [gateway(), host(rule("a", "/"), rule("d", "/d", delegates("ns/rt"))), table(rule("", "/x"), name="rt")]
    assert (
        run("routes", objects=objects).out.splitlines()[-1] == "1 route can never match: kubectl gmg explain 'rt/[0]'"
    )


@pytest.mark.parametrize(
    "flags,wanted",
    [
        (("--shadowed",), ["vh/v1", "vh/shop"]),
        (("--no-shadowed",), ["vh/api", "vh/post", "vh/last"]),
        (("--shadowed", "--all-routes"), ["vh/v1", "vh/shop"]),
        (("--no-shadowed", "--all-routes"), ["vh/api", "vh/bad", "vh/post", "vh/last"]),
        (("--shadowed", "-n", "nowhere"), []),
    ],
    ids=" ".join,
)
def test_filters(flags: tuple[str, ...], wanted: list[str]) -> None:
    assert ids(*flags) == wanted
    names = run("routes", *flags, "-o", "name", objects=WORLD).out.split()
    assert names == wanted


def test_filters_never_renumber_and_leave_no_empty_host() -> None:
    assert [(row["id"], row["index"]) for row in items("routes", "--shadowed", objects=WORLD)] == [
        ("vh/v1", 2),
        ("vh/shop", 4),
    ]
    more = [*WORLD, host(rule("x", "/x"), name="vx", domains=["x.example"])]
    assert "x.example" not in run("routes", "--shadowed", objects=more).out
    assert run("routes", "--shadowed", objects=more).out.splitlines()[-2] == "1 gateway, 1 host, 2 routes"


def test_both_flags_exclude_each_other() -> None:
    ran = run("routes", "--shadowed", "--no-shadowed", objects=WORLD)
    assert (ran.code, ran.out) == (2, "")


def test_json_has_the_proof_and_requests() -> None:
    rows = by_id("--all-routes")
    dead = rows["vh/v1"]
    proof = dead["unreachable"]
    assert (proof["by"], proof["proof"], dead["witness"], dead["decided"]) == (["vh/api"], "prefix", None, True)
    assert proof["request"]["path"].startswith("/api/v1")
    part = rows["vh/shop"]
    assert (part["unreachable"], part["decided"], part["shadowedByOmitted"]) == (None, True, 0)
    (shadow,) = part["shadowedBy"]
    assert (shadow["id"], shadow["index"], shadow["request"]["method"]) == ("vh/post", 3, "POST")
    free = rows["vh/last"]
    assert (free["unreachable"], free["shadowedBy"], free["witness"]["path"][:5]) == (None, [], "/last")
    left_out = rows["vh/bad"]
    assert (left_out["unreachable"], left_out["decided"], left_out["witness"]) == (None, True, None)


def test_what_is_said_holds_when_it_is_simulated() -> None:
    """A witness gets to its route, a shadow's request to the earlier one, and that of a proof to who takes all."""
    rows = by_id()
    asked = {name: row["witness"] for name, row in rows.items() if row["witness"]}
    assert sorted(asked) == ["vh/api", "vh/last", "vh/post", "vh/shop"]
    told = list(asked.items())
    told += [(each["id"], each["request"]) for row in rows.values() for each in row["shadowedBy"]]
    told += [
        (row["unreachable"]["by"][0], row["unreachable"]["request"]) for row in rows.values() if row["unreachable"]
    ]
    assert len(told) == 6
    for name, request in told:
        item = simulated("-X", request["method"], f"http://{request['host']}{request['path']}", objects=WORLD)
        assert item["route"]["id"] == name


def test_summaries() -> None:
    summary = run("routes", "-o", "json", objects=WORLD).json["summary"]
    assert (summary["routes"], summary["unreachable"], summary["undecided"]) == (5, 1, 0)
    summary = gmg("routes", "--demo", "-o", "json").json["summary"]
    assert (summary["routes"], summary["unreachable"], summary["undecided"]) == (6, 2, 0)
    out = run("routes", objects=[gateway(ports=("http2", "second")), WORLD[1]]).out
    assert out.splitlines()[-1] == "1 route can never match: kubectl gmg explain v1"


def test_other_formats() -> None:
    wanted = ["reachable", "unreachable", "reachable", "partly shadowed", "reachable"]
    rows = list(csv.DictReader(io.StringIO(run("routes", "-o", "csv", objects=WORLD).out)))
    assert [row["reach"] for row in rows] == wanted
    left_out = list(csv.DictReader(io.StringIO(run("routes", "-o", "csv", "--all-routes", objects=WORLD).out)))
    assert left_out[2]["reach"] == ""
    markdown = run("routes", "-o", "markdown", objects=WORLD).out.splitlines()[4:]
    assert [line.split("|")[3].strip() for line in markdown] == wanted
    wide = run("routes", "-o", "wide", objects=WORLD).out.splitlines()
    heading = next(line for line in wide if "REACH" in line)
    start = heading.index("REACH")
    table_rows = wide[wide.index(heading) + 1 : wide.index(heading) + 6]
    assert [line[start : heading.index("ID")].strip() for line in table_rows] == wanted


def regex(name: str, pattern: str) -> Json:
    return {"name": name, "matchers": [{"uri": {"regex": pattern}}], "directResponseAction": {"status": 200}}


def test_what_cannot_be_told_is_counted_and_never_called_unreachable() -> None:
    """The first pattern covers the second, but to know that takes too many states. That it takes some is sure."""
    objects = [gateway(), host(rule("a", "/a"), regex("wide", "/.*[ab].{30}"), regex("within", "/.*a.{30}"))]
    document = run("routes", "-o", "json", objects=objects).json
    row = document["items"][2]
    assert (row["decided"], row["unreachable"], row["witness"]) == (False, None, None)
    assert document["summary"]["unreachable"] == 0
    undecided = sum(not each["decided"] for each in document["items"])
    assert document["summary"]["undecided"] == undecided > 0
    lines = run("routes", objects=objects).out.splitlines()
    assert next(line for line in lines if "within" in line).split()[2] == "?"
    assert "can never match" not in lines[-1]
    assert lines[-1].startswith(f"{undecided} route")
    assert "marked ?" in lines[-1]
    assert ids_of("--shadowed", objects=objects) == ["vh/wide", "vh/within"]
    assert ids_of("--no-shadowed", objects=objects) == ["vh/a"]


def test_a_route_behind_a_catch_all_of_its_root_is_dropped() -> None:
    """`spec/envoy.md` 70: the product leaves it out; it is listed at its place (`spec/cli.md` 6.2)."""
    objects = list(yaml.safe_load_all(TWO_ROOTS.read_text()))
    objects[2]["spec"]["http"].append(
        {"name": "late", "matchers": [{"uri": {"prefix": "/l"}}], "directResponse": {"status": 200}}
    )
    assert ids_of(objects=objects) == ids_of("--all-routes", objects=objects)
    document = run("routes", "-o", "json", objects=objects).json
    (row,) = [each for each in document["items"] if each["id"] == "zeta/late"]
    assert (row["index"], row["status"], row["decided"], row["witness"]) == (None, "ok", True, None)
    assert (row["unreachable"]["by"], row["unreachable"]["proof"]) == (["zeta/rest"], "dropped")
    dead = [each["id"] for each in document["items"] if each["unreachable"]]
    assert dead == ["zeta/late", "alpha/rest"]
    assert document["summary"]["unreachable"] == 2
    assert ids_of("--shadowed", objects=objects) == ["zeta/late", "zeta/rest", "alpha/rest"]
    shown = run("routes", "--shadowed", objects=objects).out.splitlines()
    assert next(line for line in shown if " late " in line).split()[:3] == ["-", "/l*", "dead"]


def test_curl_tells_of_the_winner() -> None:
    """The route of an answer is the one of the list, with `-o yaml` too."""
    rows = by_id()
    for path, name in (("/api/v1/x", "vh/api"), ("/shop", "vh/shop")):
        assert simulated(f"h.example{path}", objects=WORLD)["route"] == rows[name]

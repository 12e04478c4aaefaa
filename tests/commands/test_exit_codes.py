"""Exit codes, errors and their candidates (`spec/cli.md` 3, 5.4)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from kubectl_gmg import execution
from tests.commands.make import gateway, goes, host, rule, run, service
from tests.run import gmg, manifests_text

SERVED = [gateway(), host(rule("all"))]


@pytest.mark.parametrize(
    "arguments,code",
    [
        (("routes",), 0),
        (("tree",), 0),
        (("curl", "http://h.example/"), 0),
        (("curl", "http://other.example/"), 1),
        (("curl", "https://h.example/"), 1),
        (("curl", "http://h.example/", "--expect", "status=500"), 1),
        (("routes", "--nosuch"), 2),
        (("routes", "--host", "other.example"), 4),
        (("routes", "--policy", "ns/gone"), 4),
        (("routes", "--gateway", "gone"), 4),
        (("tree", "gone"), 4),
        (("tree", "rt/gone"), 4),
        (("tree", "h.example#7"), 4),
        (("curl", "http://h.example/", "--listener", "gone"), 4),
        (("curl", "http://h.example/", "--gateway", "ns/gone"), 4),
        (("curl", "http://h.example/", "--expect", "route=gone"), 4),
        (("check",), 0),
        (("check", "--fail-on", "info", "--select", "GMG1"), 0),
        (("check", "--fail-on", "sometimes"), 2),
        (("check", "gone"), 4),
        (("check", "--select", "GMG999"), 4),
        (("check", "--gateway", "gone"), 4),
        (("check", "-n", "elsewhere", "--fail-on", "info"), 0),
        (("routes", "-n", "elsewhere"), 0),
        (("routes", "-l", "app=none"), 0),
        (("tree", "-n", "elsewhere"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
@pytest.mark.parametrize("output", ["", "json", "yaml"])
def test_codes_are_the_same_for_every_format(arguments: tuple[str, ...], code: int, output: str) -> None:
    ran = run(*arguments, *(("-o", output) if output else ()), objects=SERVED)
    assert ran.code == code
    if code in (2, 4):
        assert ran.out == ""
        assert json.loads(ran.err)["error"]["code"] == code if output else ran.err.startswith("error: ")


def test_a_routed_request_answered_with_an_error_is_positive() -> None:
    for status in (404, 500):
        objects = [gateway(), host(rule("a", action={"directResponseAction": {"status": status}}))]
        assert run("curl", "http://h.example/", objects=objects).code == 0


def test_filters_that_leave_nothing_print_an_empty_list() -> None:
    answer = run("routes", "-n", "elsewhere", "-o", "json", objects=SERVED).json
    assert answer["items"] == []
    assert answer["summary"]["routes"] == 0


@pytest.mark.parametrize("content", ["", "{}", "---\n---\n", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n"])
def test_no_object_of_our_kinds(content: str) -> None:
    ran = gmg("routes", "-f", "-", "-o", "json", stdin=content)
    assert (ran.code, ran.out) == (3, "")
    assert json.loads(ran.err)["error"]["kind"] == "source"


def test_a_missing_file() -> None:
    ran = gmg("routes", "-f", "/nonexistent/x.yaml")
    assert (ran.code, ran.out) == (3, "")
    assert "/nonexistent/x.yaml" in ran.err


def test_one_broken_file_of_several(tmp_path: Path) -> None:
    """Everything readable is printed, the broken file is on stderr and a gap, and the code is 3."""
    (tmp_path / "good.yaml").write_text(manifests_text(SERVED))
    (tmp_path / "bad.yaml").write_text("a: [\n")
    ran = gmg("routes", "-f", str(tmp_path), "-o", "json")
    assert ran.code == 3
    assert [item["id"] for item in ran.json["items"]] == ["vh/all"]
    (gap,) = ran.json["gaps"]
    assert (gap["reason"], gap["kind"], gap["cluster"]) == ("malformed", None, None)
    assert gap["file"].endswith("bad.yaml")
    assert ran.json["complete"] is False
    assert "bad.yaml" in ran.err
    assert gmg("routes", "-f", str(tmp_path)).code == 3
    assert gmg("curl", "http://other.example/", "-f", str(tmp_path)).code == 3


def test_incomplete_data_is_an_error_if_asked_for() -> None:
    objects = [gateway(), host(rule("all", action=goes("a.b.c")))]
    assert run("routes", objects=objects).code == 0
    for output in ("json", "table"):
        ran = run("routes", "--require-complete", "-o", output, objects=objects)
        assert ran.code == 5
        assert "vh/all" in ran.out if output == "json" else "all" in ran.out
    ran = run("routes", "--require-complete", "-o", "json", objects=objects)
    assert json.loads(ran.err)["error"]["kind"] == "incomplete"
    assert run("routes", "--require-complete", objects=[*objects, service("a", "b", "c")]).code == 0


def test_candidates_are_listed() -> None:
    objects = [
        gateway(),
        gateway("gx"),
        host(rule("reviews"), rule("ratings", "/ratings"), domains=["shop.example"]),
    ]

    def candidates(*arguments: str) -> list[str]:
        ran = run(*arguments, "-o", "json", objects=objects)
        assert ran.code == 4
        found: list[str] = json.loads(ran.err)["error"]["candidates"]
        text = run(*arguments, objects=objects).err.splitlines()
        assert [line.strip() for line in text if line.startswith("  ")] == found
        return found

    assert candidates("tree", "revews") == ["vh/reviews"]
    assert candidates("routes", "--host", "shop.exmple") == ["shop.example"]
    assert candidates("routes", "--gateway", "gq") == ["ns/gw", "ns/gx"]
    assert candidates("tree", "vh/hv") == ["ns/vh"]
    assert candidates("curl", "shop.example", "--listener", "http") == ["http2"]


def test_an_ambiguous_name_lists_what_it_may_mean() -> None:
    objects = [
        gateway(),
        gateway("gw", "other"),
        host(rule("a"), name="one"),
        host(rule("a"), name="two", domains=["i.example"]),
    ]
    ran = run("tree", "a", "-o", "json", objects=objects)
    assert ran.code == 4
    assert json.loads(ran.err)["error"]["candidates"] == ["one/a", "two/a"]
    ran = run("tree", "vg/gw", "-o", "json", objects=objects)
    assert json.loads(ran.err)["error"]["candidates"] == ["ns/gw", "other/gw"]
    assert run("routes", "--gateway", "gw", objects=objects).code == 4
    assert run("routes", "--gateway", "other/gw", objects=objects).code == 0


def test_our_own_bug_is_one_line(mocker: MockerFixture) -> None:
    """An exception that nobody expects, made by breaking the program on purpose."""
    mocker.patch.object(execution, "printed", side_effect=RuntimeError("boom\x1b[2J"))
    ran = gmg("routes", "--demo")
    assert (ran.code, ran.out) == (70, "")
    assert ran.err.count("\n") == 2
    assert "-vv" in ran.err
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err
    for flags in (("-vv",), ("-v", "-v"), ("-Avv",)):
        assert "Traceback" in gmg("routes", "--demo", *flags).err
    assert json.loads(gmg("routes", "--demo", "-o", "json").err)["error"]["kind"] == "bug"


def test_an_interrupt(mocker: MockerFixture) -> None:
    mocker.patch.object(execution, "printed", side_effect=KeyboardInterrupt)
    assert gmg("routes", "--demo").code == 130
    ran = gmg("routes", "--demo", "-o", "json")
    assert json.loads(ran.err)["error"]["kind"] == "interrupted"


def test_with_json_an_error_stands_alone_on_stderr() -> None:
    """Remarks about the input do not stand before the object."""
    without_namespace = host(rule("all"))
    del without_namespace["metadata"]["namespace"]
    objects = [gateway(), without_namespace]
    assert "note: " in run("tree", objects=objects).err
    ran = run("tree", "gone", "-o", "json", objects=objects)
    assert json.loads(ran.err)["error"]["code"] == 4
    assert "note: " in run("tree", "-o", "json", objects=objects).err
    assert run("tree", "-o", "json", "-q", objects=objects).err == ""

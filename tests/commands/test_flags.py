"""Flags before and after the command, help, usage errors (`spec/cli.md` 1, 2, 5.4)."""

from __future__ import annotations

import json
from importlib.metadata import version as installed

import pytest

from kubectl_gmg import cli
from tests.run import Ran, gmg

NAMES = ("routes", "tree", "curl", "explain", "check", "rules", "version", "export")
COMMANDS = (*((name,) for name in NAMES), ("export", "envoy"))
"""What every release has; `test_help.py` looks at all commands that there are."""


def error(ran: Ran) -> dict[str, object]:
    """The error object; stdout is empty."""
    assert ran.out == ""
    found: dict[str, object] = json.loads(ran.err)["error"]
    assert list(found) == ["code", "kind", "message", "hint", "at", "candidates"]
    assert found["code"] == ran.code
    return found


def test_alone_it_prints_help() -> None:
    ran = gmg()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: kubectl gmg [OPTIONS] COMMAND")
    assert ran.out == gmg("--help").out == gmg("-h").out


def test_a_group_alone_prints_help() -> None:
    ran = gmg("export")
    assert (ran.code, ran.err) == (0, "")
    assert "envoy" in ran.out


def test_version_flag_reads_nothing() -> None:
    ran = gmg("--version", "-f", "/nonexistent")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("kubectl gmg ")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_a_command(command: tuple[str, ...]) -> None:
    ran = gmg(*command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: kubectl gmg {' '.join(command)} ")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "..." not in ran.out.split("Commands:")[-1] if "Commands:" in ran.out else "Examples:" in ran.out


def test_help_of_curl_says_that_nothing_is_sent() -> None:
    assert "Simulate" in gmg("curl", "--help").out
    assert "Nothing is sent" in gmg("curl", "--help").out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_flag_is_in_help_only_where_it_works(command: tuple[str, ...]) -> None:
    words = {word.strip(",") for word in gmg(*command, "--help").out.split()}
    assert ("--watch" in words) is (command[0] in cli.WATCHED)
    assert ("--from" in words) is (command == ("curl",))


@pytest.mark.parametrize(
    "arguments",
    [
        ("routes", "--demo", "-o", "name"),
        ("--demo", "routes", "-o", "name"),
        ("--demo", "-o", "name", "routes"),
        ("-o", "name", "routes", "--demo"),
        ("-o", "json", "routes", "--demo", "-o", "name"),
        ("--demo", "-oname", "routes"),
        ("--demo", "-o=name", "routes"),
        ("--demo", "--output=name", "routes", "-A"),
        ("--demo", "routes", "-Ao", "name"),
        ("--demo", "routes", "-qo=name"),
    ],
    ids=" ".join,
)
def test_flags_stand_before_and_after_the_command(arguments: tuple[str, ...]) -> None:
    ran = gmg(*arguments)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "demo-virtualhost/ratings",
        "demo-virtualhost/reviews/demo-routetable/v1",
        "demo-virtualhost/reviews/demo-routetable/v2",
        "demo-virtualhost/reviews/demo-routetable2/v1-version",
        "demo-virtualhost/reviews/demo-routetable2/v2-version",
        "demo-virtualhost/reviews/demo-routetable2/not-found",
    ]


def test_of_a_flag_on_both_sides_the_later_one_wins() -> None:
    assert gmg("--gateway", "gone", "routes", "--demo", "--gateway", "demo-gateway").code == 0
    assert gmg("--gateway", "demo-gateway", "routes", "--demo", "--gateway", "gone").code == 4


def test_flags_reach_a_command_of_a_group() -> None:
    assert gmg("--demo", "-o", "json", "export", "envoy").json["static_resources"]
    assert gmg("export", "envoy", "--demo", "-o", "json").json["static_resources"]


USAGE = {
    "no such command": ("nosuch",),
    "no such flag": ("routes", "--demo", "--nosuch"),
    "a word too many": ("routes", "--demo", "extra"),
    "unknown format": ("routes", "--demo", "-o", "bogus"),
    "format of another command": ("tree", "--demo", "-o", "csv"),
    "format of another command before": ("-o", "dot", "routes", "--demo"),
    "not a number": ("tree", "--demo", "--depth", "x"),
    "out of range": ("tree", "--demo", "--depth", "-1"),
    "bad colour": ("routes", "--demo", "--color", "sometimes"),
    "bad generation": ("routes", "--demo", "--generation", "v9"),
    "bad duration": ("routes", "--demo", "--request-timeout", "soon"),
    "two sources": ("routes", "--demo", "-f", "x.yaml"),
    "no URL": ("curl", "--demo"),
    "bad URL": ("curl", "--demo", "http:///x"),
    "bad port": ("curl", "--demo", "http://a:99999/"),
    "bad scheme": ("curl", "--demo", "ftp://a/"),
    "bad header": ("curl", "--demo", "a", "-H", "x"),
    "unknown expectation": ("curl", "--demo", "a", "--expect", "colour=red"),
    "expectation without value": ("curl", "--demo", "a", "--expect", "status"),
    "bad selector": ("routes", "--demo", "-l", "a b c"),
    "bad upstream": ("export", "envoy", "--demo", "--upstream", "x"),
    "stdin twice": ("curl", "-f", "-", "--requests", "-"),
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_usage_errors(arguments: tuple[str, ...]) -> None:
    ran = gmg(*arguments)
    assert (ran.code, ran.out) == (2, "")
    first, *rest = ran.err.splitlines()
    assert first.startswith("error: ")
    assert all(line.startswith(("hint: ", "  ")) for line in rest)
    assert "Traceback" not in ran.err
    assert "kubectl-gmg" not in ran.err


@pytest.mark.parametrize(
    "arguments", [USAGE[name] for name in ("no such command", "no such flag", "no URL", "bad URL")]
)
def test_usage_errors_are_objects_where_json_is_asked_for(arguments: tuple[str, ...]) -> None:
    for words in (("-o", "json", *arguments), (*arguments, "-o=json"), (*arguments, "-Ao", "yaml")):
        found = error(gmg(*words))
        assert (found["code"], found["kind"], found["candidates"]) == (2, "usage", [])


def test_usage_errors_name_the_command_that_has_help() -> None:
    assert "hint: kubectl gmg routes --help" in gmg("routes", "--nosuch").err
    assert "hint: kubectl gmg --help" in gmg("nosuch").err


def test_the_last_output_decides_how_an_error_looks() -> None:
    assert gmg("-o", "json", "routes", "--demo", "--host", "nope", "-o", "table").err.startswith("error: ")
    assert gmg("-o", "table", "routes", "--demo", "--host", "nope", "-o", "json").err.startswith("{")


def test_a_url_is_checked_before_anything_is_read() -> None:
    assert gmg("curl").code == 2
    assert gmg("curl", "http://", "-f", "/nonexistent").code == 2


def test_short_flags_take_values_after_an_equals_sign_as_in_kubectl() -> None:
    for words in (("-n=gloo-mesh",), ("-n", "gloo-mesh"), ("-ngloo-mesh",)):
        assert len(gmg("routes", "--demo", "-o", "name", *words).out.splitlines()) == 6
    assert gmg("routes", "--demo", "-o", "name", "-n=elsewhere").out == ""


@pytest.mark.parametrize("value", ["auto", "v1beta1"])
def test_generations(value: str) -> None:
    assert gmg("routes", "--demo", "--generation", value, "-o", "name").out


def test_version_of_the_client() -> None:
    ran = gmg("version", "--client", "-o", "json")
    assert ran.code == 0
    assert (ran.json["apiVersion"], ran.json["kind"], ran.json["summary"]) == ("gmg/v1", "Version", {})
    (item,) = ran.json["items"]
    assert list(item) == ["client", "generations", "server"]
    assert list(item["client"]) == ["version", "python", "kubernetes"]
    assert item["client"]["kubernetes"] == installed("kubernetes")
    assert item["generations"] == ["v1beta1", "v2"]
    assert item["server"] is None
    assert gmg("version", "--client").out.startswith(f"kubectl gmg {item['client']['version']}\n")

"""Text of objects, files and arguments is printed literally and harmless, in every format and in errors."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import partial
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands.make import gateway, goes, host, rule, run, says
from tests.run import gmg

Json = dict[str, Any]

HOSTILE = {
    "clear screen": "\x1b[2J",
    "title": "\x1b]0;owned\x07",
    "8-bit control": "\x9b31m",
    "next line": "\x85",
    "line separator": "\u2028",
    "line break": "\n",
    "carriage return": "a\rb",
    "backspace": "ab\b\b",
    "null": "\x00",
    "delete": "\x7f",
    "bidi override": "\u202eevil",
    "bidi isolate": "\u2066x",
    "zero width": "a\u200bb",
    "soft hyphen": "a\u00adb",
    "byte order mark": "\ufeffa",
    "tag": "a\U000e0041",
    "markup": "[bold red]x[/]",
    "broken markup": "[/]",
    "emoji name": ":boom:",
    "quotes": "a\"b'c`d",
    "pipe": "a|b",
    "HTML": "<script>alert(1)</script>",
    "link": "[x](http://evil)",
    "backslash": "a\\nb",
    "braces": "a{b}",
    "formula": "=1+1",
    "percent": "%s %d {0}",
}
FORMATS = [
    *(("routes", "-o", output) for output in ("table", "wide", "name", "csv", "markdown", "json", "yaml")),
    *(("tree", "-o", output) for output in ("tree", "dot", "mermaid", "json", "yaml")),
    *(("curl", "http://h.example/", "-o", output) for output in ("text", "json", "yaml")),
    ("curl", "http://h.example/", "-v", "--all"),
    *(("explain", "h.example", "-o", output) for output in ("text", "json", "yaml")),
    ("explain", "h.example#1"),
    ("explain", "http://h.example/f", "--color", "always"),
    ("export", "envoy"),
    ("routes", "--color", "always"),
    ("tree", "--width", "50"),
    ("routes", "--width", "60", "--ascii"),
]
OWN_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def world(text: str, namespace: str = "ns") -> list[Json]:
    """A text of somebody else at every place where one may stand."""
    leaf = goes("a.b.c", subset={text: text}, pathRewrite=text)
    rules = (
        rule(text, f"/{text}"),
        rule("header", headers=[{"name": text, "value": text}], queryParameters=[{"name": text, "value": text}]),
        rule("forward", "/f", leaf),
        rule("body", "/b", says(200, text)),
        rule("redirect", "/r", {"redirectAction": {"hostRedirect": text, "pathRedirect": f"/{text}"}}),
        rule("gone", "/g", {"delegateAction": {"refs": [{"name": text, "namespace": text}]}}),
        rule("last", action=says(200, text)),
    )
    return [
        gateway(text, namespace, ports=(text,)),
        host(*rules, name=text, namespace=namespace, domains=["h.example", text]),
        host(rule("x"), name=f"unserved{text}", namespace=f"other{namespace}{text}"),
    ]


EVERYTHING = [each for number, text in enumerate(HOSTILE.values()) for each in world(text, f"ns{number}")]


def obeyed(text: str) -> list[str]:
    """Whatever a terminal would obey or hide; our own colours are not that."""
    rest = OWN_COLOUR.sub("", text)
    return [
        letter for letter in rest if letter != "\n" and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]


@pytest.mark.parametrize("command", FORMATS, ids=" ".join)
def test_every_format(command: tuple[str, ...]) -> None:
    ran = run(*command, objects=EVERYTHING)
    assert ran.code == 0, ran.err
    assert ran.out
    assert obeyed(ran.out + ran.err) == []
    if "always" not in command:
        assert "\x1b" not in ran.out


def test_machine_formats_keep_the_text() -> None:
    """What stands in the objects comes out of the parser again, the same in JSON and YAML."""
    as_json = run("routes", "-o", "json", objects=EVERYTHING).json
    found = {row["host"]["name"]: row for row in as_json["items"] if row["id"].endswith("/last")}
    assert set(found) == set(HOSTILE.values())
    for text, row in found.items():
        assert row["action"]["body"] == row["hops"][0]["ref"]["name"] == row["gateway"]["name"] == text
        assert row["domains"] == ["h.example", text]
    assert yaml.load(run("routes", "-o", "yaml", objects=EVERYTHING).out, yaml.CSafeLoader) == as_json
    for output, read in (("json", json.loads), ("yaml", partial(yaml.load, Loader=yaml.CSafeLoader))):
        ran = run("routes", "-o", output, "--ascii", objects=EVERYTHING)
        assert ran.out.isascii()
        assert read(ran.out) == as_json


@pytest.mark.parametrize(
    "text", [HOSTILE[name] for name in ("markup", "broken markup", "emoji name", "percent", "HTML", "backslash")]
)
@pytest.mark.parametrize("flags", [(), ("--color", "always"), ("--width", "200")], ids=" ".join)
def test_markup_is_printed_literally(text: str, flags: tuple[str, ...]) -> None:
    """In the body of the answer, and in the name of the object; colours do not fall into it."""
    out = run("routes", *flags, objects=world(text)).out
    assert f"VirtualHost ns/{text} · " in out
    assert f"200 {text}" in out
    assert text in run("tree", *flags, objects=world(text)).out


def test_a_line_break_does_not_make_a_line() -> None:
    """A row stays a row: a forged one is part of the cell."""
    forged = "x\n 9  /admin*  admin  secret.apps"
    out = run("routes", "--no-headers", objects=[gateway(), host(rule("a", action=says(200, forged)))]).out
    assert len(out.splitlines()) == 1
    assert r"x\n 9" in out
    assert len(run("routes", "-o", "name", objects=[gateway(), host(rule(forged))]).out.splitlines()) == 1
    csv = run("routes", "-o", "csv", objects=[gateway(), host(rule("a", action=says(200, forged)))]).out
    assert len(csv.splitlines()) == 2


def test_markdown_cannot_be_left() -> None:
    """No cell ends early, and no code span: what stands between the bars is code."""
    text = "a|b`c``d<b>"
    out = run("routes", "-o", "markdown", objects=world(text)).out
    title, _, head, _, *rows = out.splitlines()
    assert title.startswith("**Gateway** ")
    for row in rows[:6]:
        assert len(re.split(r"(?<!\\)\|", row)) == len(head.split("|"))
    assert "<b>" not in re.sub(r"(`+).*?(?<!`)\1(?!`)", "", out)


def test_dot_and_mermaid_labels_cannot_be_left() -> None:
    text = 'x"]; evil [label="y\\'
    dot = run("tree", "-o", "dot", objects=world(text)).out
    for line in dot.splitlines()[2:-1]:
        assert re.fullmatch(r'  n\d+ (\[shape=\w+, label="(?:[^"\\]|\\.)*"\]|-> n\d+);', line), line
    mermaid = run("tree", "-o", "mermaid", objects=world(text)).out
    for line in mermaid.splitlines()[1:]:
        assert re.fullmatch(r'  n\d+( --> n\d+|\W+"[^"`<>]*"\W+)', line), line


@pytest.mark.parametrize("text", ["\x1b[2J", "\u202eevil", "a\nb", "[/]", "\udcff", "x" * 100_000])
@pytest.mark.parametrize("flags", [(), ("-o", "json"), ("--ascii",)], ids=" ".join)
def test_errors(text: str, flags: tuple[str, ...]) -> None:
    for arguments in (
        ("routes", "--host", text),
        ("routes", "--gateway", text),
        ("routes", "--color", text),
        ("routes", f"--{text}"),
        ("routes", "--demo", "-f", text),
        ("tree", text),
        ("explain", text),
        ("explain", "v1", "--versus", text),
        ("explain", "v1", "--what-if", text),
        ("explain", "v1", "--what-if", f"weight={text}"),
        ("curl", text, "--expect", f"route={text}"),
        ("curl", "h.example", "--listener", text),
        ("curl", "h.example", "-H", text),
        ("curl", f"h.example:{text}"),
        (text,),
    ):
        ran = gmg(*arguments, *flags, "--demo")
        assert ran.code in (2, 4)
        assert obeyed(ran.err) == []
        if flags == ("-o", "json"):
            assert json.loads(ran.err)["error"]["code"] == ran.code
        if flags == ("--ascii",):
            assert ran.err.isascii()


def test_a_request_of_bytes_that_are_no_text() -> None:
    for output in ("text", "json", "yaml"):
        ran = gmg("curl", "http://www.example.com/\udcff", "-H", "x: \udcfe", "--demo", "-o", output)
        assert ran.code == 1
        assert obeyed(ran.out) == []


@pytest.mark.parametrize("command", FORMATS, ids=" ".join)
def test_a_very_long_name(command: tuple[str, ...]) -> None:
    long = "long" * 25_000
    ran = run(*command, objects=[gateway(), host(rule(long), name=long)])
    assert ran.code == 0
    assert "\x1b" not in OWN_COLOUR.sub("", ran.out)
    if "--width" not in command and "envoy" not in command:
        assert long in ran.out


TEXTS = st.text(st.characters(), max_size=12) | st.text(
    st.sampled_from("\x1b[]m2J;\x07\x9b\u202e\u2066\u200b\n\r\t\b|`\"'\\<>&#{}/%:~ aé漢😀\ud800"), max_size=12
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=TEXTS, path=TEXTS, body=TEXTS)
def test_any_text(name: str, path: str, body: str) -> None:
    objects = [
        gateway(),
        host(rule(name, f"/{path}", says(200, body)), name=name or "vh", domains=["h.example"]),
    ]
    commands: tuple[tuple[str, ...], ...] = (
        ("routes",),
        ("routes", "--color", "always", "--width", "80"),
        ("routes", "-o", "csv"),
        ("routes", "-o", "markdown"),
        ("routes", "-o", "json"),
        ("routes", "-o", "yaml"),
        ("tree", "-o", "dot"),
        ("tree", "--width", "40"),
        ("explain", "h.example#1", "--width", "80"),
        ("curl", f"http://h.example/{path}", "-v"),
    )
    for command in commands:
        ran = run(*command, objects=objects)
        assert ran.code in ((0, 1, 2) if command[0] == "curl" else (0,)), ran.err
        assert obeyed(ran.out + ran.err) == []
        assert OWN_COLOUR.sub("", ran.out).isprintable() or "\n" in ran.out

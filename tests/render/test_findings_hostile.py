"""Text of objects and files is printed literally and harmless in findings, in every format."""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import validator_for

from kubectl_gmg.model.finding import Fix, Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.snapshot import Affects, Gap, GapReason
from kubectl_gmg.render import Output, outputs
from kubectl_gmg.views import FindingList, Look, Suppression
from tests.render.found import ERROR, GMG301, INFO, RULES, catalogue, finding, found, printed
from tests.render.test_findings_machine import SARIF_SCHEMA
from tests.render.test_hostile import HOSTILE, TEXTS

SARIF = validator_for(SARIF_SCHEMA)(SARIF_SCHEMA)
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OWN_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LOOKS = {
    "pipe": Look(),
    "colour": Look(terminal=True, color=True, width=80),
    "narrow": Look(terminal=True, width=40),
    "ascii": Look(unicode=False),
}


def view_of(text: str) -> FindingList:
    """A text of somebody else at every place of a finding where one may stand.

    The name of a file is bytes: half a character of another kind cannot be in it.
    """
    file = text.encode("utf-8", "replace").decode() or None
    at = Origin(ObjectRef(text, text, "RouteTable", "v1beta1", text), ("spec", text))
    problem = Problem(
        "GMG301",
        text,
        at,
        related=(Note(text, at, text),),
        request=Request(f"/{text}", text, headers=((text, text),), sni=text),
        fix=Fix(text),
        name=text,
    )
    plain = Problem("GMG301", f"found {text}", at)
    return found(
        finding(problem, excerpt=f"  {text}: {text}", file=file),
        finding(plain, severity=ERROR, hint=text, file=None, line=None),
        finding(plain, severity=INFO, suppressed=Suppression("comment", text, text)),
        gaps=(Gap(GapReason.MALFORMED, text, (Affects.ROUTES,), file=file),),
    )


def obeyed(text: str) -> list[str]:
    """Whatever a terminal would obey or hide; our own colours are not that."""
    rest = OWN_COLOUR.sub("", text)
    return [
        letter for letter in rest if letter != "\n" and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    ("output", "look"), product(outputs("FindingList"), LOOKS.values()), ids=lambda value: str(value)[:12]
)
def test_every_format(text: str, output: Output, look: Look) -> None:
    out = printed(view_of(text), output, look)
    assert obeyed(out) == []
    assert out


@pytest.mark.parametrize("text", ["x\n::error::forged", "x\r\n::error::forged", "x\nerror[GMG999] forged: y"])
def test_a_line_break_does_not_make_a_line(text: str) -> None:
    view = view_of(text)
    assert len(printed(view, Output.SHORT).splitlines()) == 2
    assert len(printed(view, Output.GITHUB).splitlines()) == 2
    assert not re.search("^(::error::forged|error.GMG999)", printed(view), re.MULTILINE)
    assert not re.search("^(::error::forged|error.GMG999)", printed(view, Output.JUNIT), re.MULTILINE)


@pytest.mark.parametrize("text", ["[bold red]x[/]", "[/]", ":boom:", "%s {0}", "a\\nb"])
@pytest.mark.parametrize("look", [LOOKS["pipe"], Look(terminal=True, color=True, width=400)], ids=["pipe", "colour"])
def test_markup_is_printed_literally(text: str, look: Look) -> None:
    out = OWN_COLOUR.sub("", printed(view_of(text), look=look))
    assert f"unreachable-route: {text}\n" in out
    assert f"RouteTable {text}/{text} @{text}" in out
    assert f"fix    {text}\n" in out
    assert f" | {text}: {text}\n" in out


@given(TEXTS | st.text(st.characters(), max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_text(text: str) -> None:
    view = view_of(text)
    for look in LOOKS.values():
        assert obeyed(printed(view, look=look)) == []
    document = json.loads(printed(view, Output.SARIF))
    SARIF.validate(document)
    assert document["runs"][0]["results"][1]["locations"][0]["logicalLocations"][0]["name"] == text
    items = json.loads(printed(view, Output.JSON))["items"]
    assert items[0]["message"] == items[0]["fix"]["text"] == items[0]["at"]["name"] or text == ""
    assert len(yaml.load(printed(view, Output.YAML), Loader=LOADER)["items"]) == 3
    assert len(ET.fromstring(printed(view, Output.JUNIT).encode())[0]) == 5
    assert len(printed(view, Output.SHORT).splitlines()) == 2
    for line in printed(view, Output.GITHUB).splitlines():
        assert re.fullmatch(r"::(error|warning) (file=[^:,]+,line=58,)?title=GMG301 unreachable-route::.*", line)


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_cannot_hold(letter: str) -> None:
    """No such character may stand in XML 1.0, not even as a reference."""
    text = printed(view_of(f"a{letter}b"), Output.JUNIT)
    assert letter not in text
    assert f"&#{ord(letter)};" not in printed(view_of(f"a{letter}b"), Output.JUNIT, Look(unicode=False))
    assert len(ET.fromstring(text.encode())[0]) == 5


def test_ascii_only() -> None:
    """Our own signs are replaced; other letters are escapes."""
    notes = tuple(Note("é…", Origin(ObjectRef("ns", f"n{each}", "RouteTable", "v1beta1"))) for each in range(9))
    problem = Problem("GMG301", "prefix /é → 日", SHADOWED_AT, related=notes)
    for look in (Look(unicode=False), Look(unicode=False, terminal=True, width=60)):
        out = printed(found(finding(problem, excerpt="é" * 300)), look=look)
        assert out.isascii()
        assert r"prefix /\xe9 -> \u65e5" in out
        assert "... and 1 more" in out


SHADOWED_AT = Origin(ObjectRef("ns", "rt", "RouteTable", "v1beta1"), ("spec",))


@pytest.mark.parametrize("output", outputs("FindingList"))
def test_nothing_is_cut_in_a_pipe(output: Output) -> None:
    long = "long" * 25_000
    problem = Problem("GMG301", long, SHADOWED_AT)
    line = f"a: {'long' * 400}"
    out = printed(found(finding(problem, excerpt=line, hint=f"help {long}")), output)
    assert long in out
    if output is Output.TEXT:
        assert f" | {line}\n" in out


def test_a_very_long_line_takes_one_line_of_a_terminal() -> None:
    out = printed(
        found(finding(Problem("GMG301", "m", SHADOWED_AT), excerpt="x" * 100_000)), look=Look(terminal=True, width=80)
    )
    assert max(map(len, out.splitlines())) <= 80
    assert len(out.splitlines()) < 8


def test_a_monster_of_a_name_moves_no_other_place() -> None:
    monster = Origin(ObjectRef("ns", "n" * 10_000, "RouteTable", "v1beta1"), ("spec",))
    problem = Problem("GMG301", "m", SHADOWED_AT, related=(Note("here", monster), Note("there", SHADOWED_AT)))
    lines = printed(found(finding(problem))).splitlines()
    assert len(lines[1]) < 80
    assert len(lines[3]) < 80


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("output", outputs("RuleList"))
def test_the_catalogue(text: str, output: Output) -> None:
    """Only we write there, but nothing depends on it."""
    odd = type(GMG301)("GMG999", text, text, GMG301.severities, (text,), text, text, text, text)
    for whole, look in product((False, True), LOOKS.values()):
        assert obeyed(printed(catalogue(*RULES, odd, whole=whole), output, look)) == []

"""The catalogue for people and for the README (`spec/cli.md` 2.3 and 6.7)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from kubectl_gmg.render import Output
from kubectl_gmg.views import Look
from tests.render.found import GMG118, GMG301, RULES, catalogue, printed

ROWS = """\
CODE    SLUG                   V1BETA1  V2       FINDS
GMG118  roots-share-host       -        info     Several roots serve one host
GMG301  unreachable-route      warning  warning  A route that earlier routes always answer for
GMG411  destination-not-found  error    error    A destination that does not exist"""


def test_all_rules() -> None:
    assert printed(catalogue(*RULES), Output.TABLE) == ROWS
    assert printed(catalogue(*RULES), Output.TABLE, Look(headers=False)) == ROWS.partition("\n")[2]


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_folds_only_what_a_rule_finds(width: int) -> None:
    long = replace(GMG301, slug="child-applies-to-destinations", title="A table without hosts sets a thing or two.")
    lines = printed(catalogue(long), Output.TABLE, Look(terminal=True, width=width)).splitlines()
    assert max(map(len, lines)) <= width
    assert ("child-applies-to-destinations" in lines[1]) is (width >= 100)
    assert "".join(line[lines[0].index("FINDS") :] + " " for line in lines[1:]).split() == long.title[:-1].split()


PAGE = """\
GMG301 unreachable-route: A route that earlier routes always answer for.
  v1beta1: warning, v2: warning

The proxy takes the first route that matches. So this one never runs.

Nobody notices.

example
    - prefix /reviews
    - exact  /reviews/v1   <- never reached

fix
  Give the specific table more weight.

source
  `spec/envoy.md` 30.

rows of the specification
  ROUTE-SHADOWED, SEM-10"""


def test_one_rule() -> None:
    assert printed(catalogue(GMG301, whole=True), Output.TABLE) == PAGE


def test_an_absent_rule_and_a_list_in_a_text() -> None:
    text = printed(catalogue(replace(GMG118, fix="Do one of\n\n- this\n- that"), whole=True), Output.TABLE)
    assert "\n  v1beta1: no such rule, v2: info\n" in text
    assert "\nfix\n  Do one of\n\n  - this\n  - that\n" in text


def test_markdown() -> None:
    odd = replace(GMG301, title="A `|` beside <b>.")
    assert printed(catalogue(GMG118, odd), Output.MARKDOWN).splitlines() == [
        "| Code | Slug | v1beta1 | v2 | Finds |",
        "| --- | --- | --- | --- | --- |",
        "| GMG118 | roots-share-host | - | info | Several roots serve one host |",
        "| GMG301 | unreachable-route | warning | warning | A `\\|` beside &lt;b> |",
    ]


def test_a_section_of_markdown() -> None:
    text = printed(catalogue(GMG301, whole=True), Output.MARKDOWN)
    assert text.startswith("### GMG301 unreachable-route\n\n**A route that earlier routes always answer for.** (")
    assert f"```text\n{GMG301.example}\n```" in text
    assert "**Fix:** Give the specific table more weight." in text
    assert "**Source:** `spec/envoy.md` 30." in text
    assert "ROUTE-SHADOWED, SEM-10" in text


def test_an_example_cannot_leave_its_fence() -> None:
    text = printed(catalogue(replace(GMG301, example="```\n<b>"), whole=True), Output.MARKDOWN)
    fences = re.findall(r"^(`{3,})(?:text)?$", text, re.MULTILINE)
    assert [len(each) for each in fences] == [4, 3, 4]

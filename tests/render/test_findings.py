"""Findings for people, one a line, and as annotations (`spec/cli.md` 2.3 and 7)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from kubectl_gmg.model.finding import Fix, Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.render import Output
from kubectl_gmg.views import Finding, Look, NotChecked, Suppression
from tests.render.found import (
    ERROR,
    GMG118,
    GMG411,
    INFO,
    NO_SERVICES,
    SHADOWED,
    UNJUDGED,
    finding,
    first_route,
    found,
    printed,
    ref,
)

SKETCH = """\
warning[GMG301] unreachable-route: exact /reviews/v1/version is always answered by prefix /reviews/v1
  --> routes.yaml:58  RouteTable gloo-mesh/demo-routetable2  spec.routes[0]
   =  routes.yaml:31  RouteTable gloo-mesh/demo-routetable   spec.routes[0]: answers first
   = proof  GET http://www.example.com/reviews/v1/version
   = fix    sortMethod ROUTE_SPECIFICITY on demo-virtualhost/reviews ranks it 2 (verified)

checked 4 objects, 1 host, 6 routes: 0 errors, 1 warning"""
WEIGHT = Origin(ref("rt"), ("spec", "routes", 0, "weight"))


def problem(message: str = "wrong", at: Origin = WEIGHT, **more: Any) -> Problem:
    return replace(Problem("GMG411", message, at), **more)


def written(excerpt: str, at: Origin = WEIGHT, line: int = 7, look: Look | None = None) -> list[str]:
    """The line of the file as it is printed, and the mark below it."""
    view = found(finding(problem(at=at), GMG411, ERROR, excerpt=excerpt, line=line))
    return [each for each in printed(view, look=look or Look()).splitlines() if " | " in each]


def test_the_sketch() -> None:
    assert printed(found(finding())) == SKETCH


def test_a_narrow_terminal_hangs_what_does_not_fit() -> None:
    lines = printed(found(finding()), look=Look(terminal=True, width=80)).splitlines()
    assert lines[0] == "warning[GMG301] unreachable-route: exact /reviews/v1/version is always answered"
    assert lines[1] == " " * 16 + "by prefix /reviews/v1"
    assert max(map(len, lines)) <= 80
    assert "".join("".join(lines).split()) == "".join(SKETCH.split())


def test_a_narrow_terminal_moves_whole_columns_of_a_place() -> None:
    lines = printed(found(finding()), look=Look(terminal=True, width=60)).splitlines()
    assert lines[2:6] == [
        "  --> routes.yaml:58  RouteTable gloo-mesh/demo-routetable2",
        "      spec.routes[0]",
        "   =  routes.yaml:31  RouteTable gloo-mesh/demo-routetable",
        "      spec.routes[0]: answers first",
    ]


@pytest.mark.parametrize("width", [50, 60, 80, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    excerpt = "  - {name: one, weight: 5, " + "labels: {a: b}, " * 20 + "}"
    view = found(finding(excerpt=excerpt), finding(problem(), GMG411, ERROR, excerpt=excerpt), not_checked=(UNJUDGED,))
    lines = printed(view, look=Look(terminal=True, width=width)).splitlines()
    assert max(map(len, lines)) <= width


def test_a_live_object_has_no_file() -> None:
    view = found(finding(problem(), GMG411, ERROR, file=None, line=None))
    assert printed(view).splitlines()[1] == "  --> RouteTable gloo-mesh/rt  spec.routes[0].weight"


def test_stdin_and_other_clusters() -> None:
    far = Origin(ref("rt", cluster="cluster-1"))
    view = found(finding(problem(at=far), GMG411, ERROR, file="-", line=3))
    assert printed(view).splitlines()[1] == "  --> stdin:3  RouteTable gloo-mesh/rt @cluster-1"


def test_colour_says_nothing_more() -> None:
    view = found(finding(excerpt="- weight: 5"), finding(problem(), GMG411, ERROR), not_checked=(UNJUDGED,))
    colored = printed(view, look=Look(color=True))
    assert "\x1b[1;33mwarning[GMG301]" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == printed(view)


def test_the_line_of_the_file_and_its_key() -> None:
    assert written("    - weight: 10   # most") == [" 7 | - weight: 10   # most", "   |   ^^^^^^"]


def test_the_gutter_is_as_wide_as_the_number() -> None:
    view = found(finding(problem(related=(Note("here", WEIGHT),)), GMG411, ERROR, excerpt="weight: 10", line=12345))
    lines = printed(view).splitlines()
    assert lines[1:5] == [
        "     --> routes.yaml:12345  RouteTable gloo-mesh/rt  spec.routes[0].weight",
        "12345 | weight: 10",
        "      | ^^^^^^",
        "      =                     RouteTable gloo-mesh/rt  spec.routes[0].weight: here",
    ]


@pytest.mark.parametrize(
    "excerpt",
    [
        "- {weight: 1}, {weight: 2}",  # which of them?
        "maxweight: 1",
        "- name: v1",
        "名前: a, weight: 1",  # nobody knows how wide the letters before it are
    ],
)
def test_no_mark_where_it_might_be_wrong(excerpt: str) -> None:
    assert written(excerpt) == [f" 7 | {excerpt}"]


def test_the_key_of_json() -> None:
    assert written('  "weight": 10,') == [' 7 | "weight": 10,', "   | ^^^^^^^^"]


def test_an_entry_of_a_list_has_no_mark() -> None:
    assert written("- name: v1", first_route("rt")) == [" 7 | - name: v1"]


def test_a_long_line_is_cut_around_its_key_in_a_terminal_only() -> None:
    long = f"{{a: {'x' * 200}, weight: 5, b: {'y' * 200}}}"
    assert written(long)[0] == f" 7 | {long}"
    text, mark = written(long, look=Look(terminal=True, width=60))
    assert text.startswith(" 7 | …x")
    assert text.endswith("y…")
    assert len(text) == 60
    assert text[mark.index("^") : mark.rindex("^") + 1] == "weight"
    ascii_text, ascii_mark = written(long, look=Look(terminal=True, width=60, unicode=False))
    assert ascii_text.startswith(" 7 | ...x")
    assert len(ascii_text) == 60
    assert ascii_text[ascii_mark.index("^") : ascii_mark.rindex("^") + 1] == "weight"


def test_a_key_at_the_end_of_a_long_line_is_shown_with_what_is_before_it() -> None:
    text, mark = written(f"{{a: {'x' * 200}, weight: 5}}", look=Look(terminal=True, width=60))
    assert text.endswith("x, weight: 5}")
    assert len(text) == 60
    assert text[mark.index("^") : mark.rindex("^") + 1] == "weight"


def test_a_line_that_is_a_whole_file_is_not_shown() -> None:
    """Else a file of a megabyte without line breaks stands in a pipe once for each finding."""
    assert written(f"{{a: {'x' * 1_000_000}, weight: 5}}") == []
    assert written(f"{{a: {'x' * 1_000}, weight: 5}}") != []


def test_at_most_eight_related_places() -> None:
    notes = tuple(Note(f"note {number}", first_route(f"rt{number}")) for number in range(1, 12))
    text = printed(found(finding(problem(related=notes), GMG411, ERROR)))
    assert text.count(": note ") == 8
    assert "   =  … and 3 more" in text.splitlines()
    assert " more" not in printed(found(finding(problem(related=notes[:8]), GMG411, ERROR, hint="")))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("/a", "h.example"), "GET http://h.example/a"),
        (Request("/a", "h.example", port=8080), "GET http://h.example:8080/a"),
        (Request("/a", "h.example:81", port=8080), "GET http://h.example:81/a"),
        (Request("/a", "h.example", "POST", "https", 443, sni="s.example"), "POST https://h.example/a --sni s.example"),
        (Request("/", "h.example", headers=(("x-a", "it's"),)), "GET http://h.example/ -H 'x-a: it'\"'\"'s'"),
    ],
)
def test_the_proof_can_be_typed(request_: Request, words: str) -> None:
    assert f"   = proof  {words}" in printed(found(finding(problem(request=request_)))).splitlines()


def test_a_fix_that_nobody_tried_out_does_not_say_so() -> None:
    lines = printed(found(finding(problem(fix=Fix("swap them"))))).splitlines()
    assert "   = fix    swap them" in lines
    assert not any("= help" in each for each in lines)


def test_without_a_fix_there_is_help() -> None:
    assert "   = help   give it more weight" in printed(found(finding(problem()))).splitlines()


IGNORED = Suppression("flag")


def suppressed() -> Finding:
    return finding(problem("kept quiet"), GMG411, ERROR, suppressed=IGNORED)


def test_suppressed_findings_are_only_counted() -> None:
    text = printed(found(suppressed(), finding()))
    assert "kept quiet" not in text
    assert text.endswith("checked 4 objects, 1 host, 6 routes: 0 errors, 1 warning (1 suppressed)")
    for output in (Output.SHORT, Output.GITHUB):
        assert printed(found(suppressed()), output) == ""


def test_the_order_is_that_of_the_view() -> None:
    view = found(finding(problem("b")), finding(problem("a"), severity=ERROR), finding(problem("c"), severity=INFO))
    assert [line.rpartition(" ")[2] for line in printed(view).splitlines() if "unreachable-route" in line] == [*"bac"]


@pytest.mark.parametrize(
    ("items", "more", "last"),
    [
        ((), {}, "checked 4 objects, 1 host, 6 routes: no problems found"),
        ((suppressed(),), {}, "checked 4 objects, 1 host, 6 routes: no problems found (1 suppressed)"),
        (
            (),
            {"gaps": (NO_SERVICES,)},
            "checked 4 objects, 1 host, 6 routes: no problems found in what could be checked",
        ),
        (
            (finding(problem(), GMG118, INFO), finding(problem(), GMG411, ERROR), finding(problem(), GMG411, ERROR)),
            {"objects": 1, "hosts": 2, "routes": 1},
            "checked 1 object, 2 hosts, 1 route: 2 errors, 0 warnings, 1 info",
        ),
    ],
)
def test_the_summary(items: tuple[Finding, ...], more: dict[str, Any], last: str) -> None:
    assert printed(found(*items, **more)).splitlines()[-1] == last


def test_what_was_not_checked_is_said_by_what_was_missing() -> None:
    lacks = (
        NotChecked("GMG106", ("VirtualHost", "Service")),
        UNJUDGED,
        NotChecked("GMG412", ("Service",)),
    )
    assert printed(found(not_checked=lacks)).splitlines() == [
        "checked 4 objects, 1 host, 6 routes: no problems found in what could be checked",
        "not checked everywhere: GMG106 (VirtualHost, Service not read)",
        "not checked everywhere: GMG411, GMG412 (Service not read)",
    ]


def test_short() -> None:
    live = finding(problem(), GMG411, ERROR, file=None, line=None)
    assert printed(found(finding(), live), Output.SHORT).splitlines() == [
        f"routes.yaml:58: warning GMG301 {SHADOWED.message} [RouteTable gloo-mesh/demo-routetable2 spec.routes[0]]",
        "RouteTable gloo-mesh/rt spec.routes[0].weight: error GMG411 wrong",
    ]


def test_github() -> None:
    live = finding(problem("100% wrong\r\nreally: a,b"), GMG411, INFO, file=None, line=None)
    odd = finding(problem(), GMG411, ERROR, file="./d/a,b:c.yaml", line=2)
    assert printed(found(finding(), live, odd), Output.GITHUB).splitlines() == [
        f"::warning file=routes.yaml,line=58,title=GMG301 unreachable-route::{SHADOWED.message}",
        f"::notice title=GMG411 destination-not-found::{WEIGHT}: 100%25 wrong%0D%0Areally: a,b",
        "::error file=d/a%2Cb%3Ac.yaml,line=2,title=GMG411 destination-not-found::wrong",
    ]


def test_github_knows_no_stdin() -> None:
    text = printed(found(finding(problem(), GMG411, ERROR, file="-", line=3)), Output.GITHUB)
    assert text.startswith("::error title=GMG411 destination-not-found::RouteTable ")

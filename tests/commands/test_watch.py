"""`--watch`: what is printed after each change, and that nothing else is (`spec/cli.md` 2.2, 2.3, 5.4)."""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import json
import re
import signal
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Self

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pytest_mock import MockerFixture

from kubectl_gmg.commands.check import check
from kubectl_gmg.commands.curl import curl
from kubectl_gmg.commands.routes import routes
from kubectl_gmg.commands.tree import tree
from kubectl_gmg.errors import GmgError, NotFoundError
from kubectl_gmg.execution import Rounds
from kubectl_gmg.model.snapshot import Snapshot
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.render import Output
from kubectl_gmg.render.page import Column, Line, Span, Table, line
from kubectl_gmg.views import Look
from kubectl_gmg.watching import Answer, ending, follow
from kubectl_gmg.watching.changes import GONE, MOVED, NEW, SAME, difference, rows_of
from kubectl_gmg.watching.screen import Screen, stopping, windowed
from tests.commands.make import Json, gateway, goes, host, rule
from tests.run import Ran, gmg, manifests_text

NOON = "2026-11-21T16:20:31Z"
State = list[Json]


class Script:
    """A watch that gives these states and troubles one after the other, and then is interrupted."""

    def __init__(self, *states: State | str) -> None:
        self.trouble = ""
        self.left = False
        self._states = iter(states)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.left = True

    def read(self) -> Snapshot:
        found = self.changed(0)
        assert found is not None
        return found

    def changed(self, _: float) -> Snapshot | None:
        state = next(self._states, None)
        if state is None:
            raise KeyboardInterrupt
        if isinstance(state, str):
            self.trouble = state
            return None
        text = manifests_text(state).encode()
        return Session(Settings(filename=("-",), stdin=lambda: text)).snapshot


def watched(
    *states: State | str, make: Callable[[Session], Any] = routes, output: str = "table", **flags: Any
) -> tuple[Ran, Script]:
    """What a watch prints, stdout and stderr being pipes."""
    out, err, script = io.StringIO(), io.StringIO(), Script(*states)
    rounds = Rounds(make, Settings(watch=True, output=output, **flags), Output(output), None)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = follow(script, rounds.answer, rounds.display)
    return Ran(code, out.getvalue(), err.getvalue()), script


@pytest.fixture
def noon(mocker: MockerFixture) -> None:
    """The clock stands still."""
    mocker.patch("time.gmtime", return_value=time.strptime(NOON, "%Y-%m-%dT%H:%M:%SZ"))


def world(*paths: str, second: tuple[str, ...] = ("/b",)) -> State:
    """Two hosts; each path is a rule named by its letters."""
    return [
        gateway(),
        host(*(rule(path.strip("/"), path) for path in paths)),
        host(*(rule(path.strip("/"), path) for path in second), name="other", domains=["o.example"]),
    ]


def once(state: State, *arguments: str) -> Ran:
    """The same without `--watch`."""
    return gmg(*arguments, "-f", "-", stdin=manifests_text(state))


def after(ran: Ran, first: Ran) -> list[str]:
    """The lines behind the first answer, which is that of a run without `--watch`."""
    assert ran.out.startswith(first.out)
    return ran.out[len(first.out) :].splitlines()


def test_the_whole_answer_first_then_only_what_changed(noon: None) -> None:
    ran, script = watched(world("/a", "/c"), world("/a", "/changed"))
    lines = after(ran, once(world("/a", "/c"), "routes"))
    assert lines[0] == f"# {NOON}"
    assert lines[1].strip().startswith("gateway ns/gw")
    assert "host h.example" in lines[1]
    assert [line.split()[:4] for line in lines[2:]] == [["-", "2", "/c*", "c"], ["+", "2", "/changed*", "changed"]]
    assert (ran.code, ran.err, script.left) == (130, "", True)


@pytest.mark.parametrize("output", ["table", "wide", "json", "yaml", "csv", "name", "markdown"])
def test_nothing_is_printed_when_the_answer_is_the_same(output: str) -> None:
    """Another annotation changes no route."""
    other = world("/a")
    other[1]["metadata"]["annotations"] = {"who": "me"}
    ran, _ = watched(world("/a"), other, world("/a"), output=output)
    alone, _ = watched(world("/a"), output=output)
    assert (ran.out, ran.err) == (alone.out, "")


def test_wider_columns_are_no_change() -> None:
    ran, _ = watched(world("/a", "/b", "/c"), world("/a", "/much-longer-than-any-other", "/c"))
    lines = after(ran, once(world("/a", "/b", "/c"), "routes"))
    assert [line[0] for line in lines] == ["#", " ", "-", "+"]


def test_a_change_stands_below_its_own_host() -> None:
    ran, _ = watched(world("/a", second=("/b",)), world("/a", second=("/x",)))
    lines = after(ran, once(world("/a"), "routes"))
    assert "host o.example" in lines[1]
    assert [line[0] for line in lines] == ["#", " ", "-", "+"]


def test_rows_that_only_got_another_number_are_told_in_one_line() -> None:
    ran, _ = watched(world("/a", "/b", "/c"), world("/new", "/a", "/b", "/c"))
    lines = after(ran, once(world("/a", "/b", "/c"), "routes"))
    assert [line.split()[:3] for line in lines if line.startswith("+") and "new" in line] == [["+", "1", "/new*"]]
    assert [line for line in lines if line.startswith("~")] == ["~ #1 to #3 are now #2 to #4"]
    assert not [line for line in lines if "/a*" in line or "/b*" in line]


def test_two_that_change_places_are_a_change() -> None:
    ran, _ = watched(world("/a", "/b"), world("/b", "/a"))
    lines = after(ran, once(world("/a", "/b"), "routes"))
    gone = [line.split()[2] for line in lines if line.startswith("-")]
    assert gone == [line.split()[2] for line in lines if line.startswith("+")]
    assert gone in (["/a*"], ["/b*"])


def test_a_host_that_comes_and_goes() -> None:
    both, alone = world("/a"), world("/a")[:2]
    ran, _ = watched(alone, both, alone)
    lines = after(ran, once(alone, "routes"))
    come, gone = "\n".join(lines).split("\n# ")
    assert next(line for line in come.splitlines() if "host o.example" in line).startswith("+ gateway")
    assert next(line for line in gone.splitlines() if "host o.example" in line).startswith("- gateway")
    assert next(line for line in come.splitlines() if "/b*" in line).split()[:3] == ["+", "1", "/b*"]
    assert next(line for line in gone.splitlines() if "/b*" in line).split()[:3] == ["-", "1", "/b*"]


CHANGED = world("/a", "/c", "/d", second=("/b", "/e"))


@pytest.mark.parametrize(
    "make,output,command",
    [
        (routes, "csv", "routes"),
        (routes, "name", "routes"),
        (routes, "markdown", "routes"),
        (tree, "tree", "tree"),
        (check, "text", "check"),
        (check, "short", "check"),
        (check, "github", "check"),
        (partial(curl, url="h.example/c"), "text", "curl"),
    ],
)
def test_applied_to_the_old_text_the_changes_give_the_new(make: Any, output: str, command: str) -> None:
    """An independent reader, who knows nothing but `-` and `+`: only the drawing of branches and columns may differ."""
    before = world("/a", "/a/b", "/c")
    arguments = (command, "-o", output, *(["h.example/c"] if command == "curl" else []))
    if command == "curl":
        arguments = ("curl", "h.example/c", "-o", output)
    ran, _ = watched(before, CHANGED, make=make, output=output)
    first, second = once(before, *arguments), once(CHANGED, *arguments)
    lines = after(ran, first)
    assert lines, "there are changes"
    words = said(first.out)
    words.subtract(said("\n".join(line[2:] for line in lines if line.startswith("-"))))
    words.update(said("\n".join(line[2:] for line in lines if line.startswith("+"))))
    moved = sum(line.startswith("~") for line in lines)
    if not moved:
        assert +words == said(second.out)


def said(text: str) -> Counter[tuple[str, ...]]:
    """How often each line is there: its words, without branches and rules."""
    drawing = "│├└─|-"
    return Counter(
        words
        for each in text.splitlines()
        if (words := tuple(each.translate(dict.fromkeys(map(ord, drawing))).split()))
    )


def test_json_is_one_document_a_line() -> None:
    states = [world("/a"), world("/a", "/b"), world("/a", "/b"), world("/é")]
    ran, _ = watched(*states, output="json")
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert documents == [once(state, "routes", "-o", "json").json for state in (states[0], states[1], states[3])]
    assert ran.err == ""


def test_yaml_is_a_stream_of_documents() -> None:
    states = [world("/a"), world("/a", "/b")]
    ran, _ = watched(*states, output="yaml")
    wanted = [yaml.safe_load(once(state, "routes", "-o", "yaml").out) for state in states]
    assert list(yaml.safe_load_all(ran.out)) == wanted


WITHOUT = world("/a")[:1] + world("/a")[2:]
"""The host h.example is gone."""


def test_an_error_is_told_once_and_the_watch_recovers(noon: None) -> None:
    picky = partial(routes, host="h.example")
    ran, _ = watched(world("/a"), WITHOUT, WITHOUT, world("/a"), world("/b"), make=picky)
    errors = ran.err.splitlines()
    assert errors[0].startswith(f"# {NOON} error: no gateway serves the host h.example")
    assert errors[1:] == [f"# {NOON} answered again, as before"]
    lines = after(ran, once(world("/a"), "routes", "--host", "h.example"))
    assert [line[0] for line in lines] == ["#", " ", "-", "+"]


def test_with_json_an_error_is_an_object_in_one_line() -> None:
    ran, _ = watched(world("/a"), WITHOUT, world("/a"), make=partial(routes, host="h.example"), output="json")
    (told,) = [json.loads(line)["error"] for line in ran.err.splitlines()]
    assert (told["code"], told["kind"], told["candidates"]) == (4, "notFound", ["o.example"])
    first, again = ran.out.splitlines()
    assert first == again, "there is an answer again"


def test_an_error_at_first_is_raised_as_without_watch() -> None:
    with pytest.raises(GmgError, match="no gateway serves the host nosuch") as raised:
        watched(world("/a"), make=partial(routes, host="nosuch"))
    assert raised.value.code == 4


def test_what_is_lacking_is_told_when_it_changes() -> None:
    lacking = [gateway(), host(rule("a", "/a", goes("s.ns.c1")))]
    other = [gateway(), host(rule("a", "/a", goes("s.ns.c1")), rule("b", "/b", goes("s.ns.c1")))]
    ran, _ = watched(lacking, other, lacking, make=check, output="text")
    assert ran.err.splitlines() == once(lacking, "check").err.splitlines()
    assert watched(lacking, other, make=check, output="text", quiet=True)[0].err == ""


def test_require_complete_is_an_error_behind_the_answer() -> None:
    lacking = [gateway(), host(rule("a", "/a", goes("s.ns.c1")))]
    with pytest.raises(GmgError, match="not everything could be read") as raised:
        watched(lacking, lacking, require_complete=True)
    assert raised.value.code == 5


def test_trouble_is_told_when_it_begins_and_ends(noon: None) -> None:
    ran, _ = watched(
        world("/a"), "connection lost, trying again in 4 s", "connection lost, trying again in 3 s", "", ""
    )
    assert ran.err.splitlines() == [f"# {NOON} connection lost, trying again in 4 s", f"# {NOON} all is well again"]


def test_a_trouble_beside_another_is_told_too(noon: None) -> None:
    """One that stays, such as a right that is lacking, must not hide that the connection is lost, and is back."""
    stays = "Service may not be watched: listed again every 30 s"
    lost = "the connection to c is lost: refused; trying again"
    troubles = (stays, f"{lost} in 4 s; {stays}", f"{lost} now; {stays}", stays, "")
    ran, _ = watched(world("/a"), *troubles)
    told = [stays, f"{lost} in 4 s; {stays}", stays, "all is well again"]
    assert ran.err.splitlines() == [f"# {NOON} {each}" for each in told]


def test_one_of_several_remarks_is_no_longer_true(noon: None) -> None:
    def lacking(*names: str) -> State:
        return [gateway(), host(*(rule(name, f"/{name}", goes(f"s.ns.{name}")) for name in names))]

    ran, _ = watched(lacking("c1", "c2"), lacking("c2"), make=check, output="text")
    first = once(lacking("c1", "c2"), "check").err.splitlines()
    last = once(lacking("c2"), "check").err.splitlines()
    told = ran.err.splitlines()
    assert told[: len(first)] == first
    over = [each.removeprefix("note: ") for each in first if each not in last]
    assert over
    assert told[len(first)] == f"# {NOON} no longer: {'; '.join(over)}"
    assert told[len(first) + 1 :] == [each for each in last if each not in first]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_that_is_ignored_ends_nothing(number: signal.Signals) -> None:
    """As below `nohup`."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with ending():
            assert signal.getsignal(number) is signal.SIG_IGN
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_ctrl_z_that_is_ignored_stops_nothing() -> None:
    before = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        with stopping(lambda *_: None):
            assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTSTP, before)


class Drawn:
    """A screen that nobody sees, and what stays when it is left."""

    def __init__(self) -> None:
        self.written = ""
        self.told: list[str] = []
        look = Look(terminal=True, color=False, unicode=True, width=None, headers=True, wide=False)
        self.screen = Screen(look, headings=True, write=self.write, tell=self.told.append)

    def write(self, pieces: Iterable[str]) -> None:
        self.written += "".join(pieces)


def of_lines(count: int) -> Answer:
    """An answer of so many lines."""
    page = tuple(line(f"l{number}") for number in range(count))
    return Answer(lambda _: page, lambda: ("everything\n",), ("a remark",), "a place")


def test_what_stays_on_the_terminal_says_that_it_is_out_of_date() -> None:
    seen = Drawn()
    with contextlib.redirect_stdout(io.StringIO()), seen.screen:
        seen.screen.show(of_lines(2))
        seen.screen.fail(NotFoundError("no gateway serves the host h", "hint"))
        seen.screen.idle("the connection to c is lost: refused; trying again in 4 s")
    remark, out_of_date, lost = seen.told
    assert remark == "note: a remark"
    assert re.fullmatch(
        r"note: this is the last answer; since \d\d:\d\d:\d\d: no gateway serves the host h", out_of_date
    )
    assert lost == "note: at the end of the watch: the connection to c is lost: refused"


def test_a_very_long_answer_does_not_stay_as_a_whole() -> None:
    """To draw 20,000 rows takes ten seconds in which Ctrl-C seems to hang."""
    seen = Drawn()
    with contextlib.redirect_stdout(io.StringIO()), seen.screen:
        seen.screen.show(of_lines(20_000))
    assert seen.written.split()[:2] == ["l0", "l1"]
    assert len(seen.written.splitlines()) <= 30
    assert seen.told[1:] == ["note: this is a part of 20000 lines; without --watch all of them are printed"]


def test_a_terminal_that_is_gone_ends_it_as_a_closed_pipe_does() -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.EIO, "Input/output error")

    seen = Drawn()
    with contextlib.redirect_stdout(Gone()), pytest.raises(BrokenPipeError), seen.screen:
        seen.screen.show(of_lines(2))


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "-o", "sarif", "-f", "x"),
        ("check", "-o", "junit", "-f", "x"),
        ("tree", "-o", "dot", "-f", "x"),
        ("tree", "-o", "mermaid", "-f", "x"),
        ("routes", "-f", "-"),
        ("routes", "--demo"),
        ("check", "-f", "x", "--write-baseline", "b"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_watched(arguments: tuple[str, ...]) -> None:
    ran = gmg(*arguments, "--watch")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")


def test_requests_from_stdin_cannot_be_watched() -> None:
    with pytest.raises(GmgError, match="stdin") as raised:
        watched(world("/a"), make=partial(curl, url="h.example", requests="-"), output="text", stdin=gone)
    assert raised.value.code == 2


def gone() -> bytes:
    """What `execution.watch` puts in the place of stdin."""
    from kubectl_gmg.execution import refuse_stdin  # noqa: PLC0415

    refuse_stdin()


def test_only_the_last_state_is_kept() -> None:
    seen: list[weakref.ref[Session]] = []

    def make(session: Session) -> Any:
        gc.collect()
        alive = sum(each() is not None for each in seen)
        assert alive <= 1, "that of the last round"
        seen.append(weakref.ref(session))
        return routes(session)

    for output in ("table", "json"):
        seen.clear()
        watched(*(world("/a", f"/b{number}") for number in range(5)), make=make, output=output)
        assert len(seen) == 5


words = st.lists(st.sampled_from("abcdefg"), max_size=12)


@given(words, words)
def test_a_difference_holds_both_pages(before: list[str], now: list[str]) -> None:
    """Without what is new it is the old page, without what is gone the new one, each in order."""
    old, new = rows_of(map(line, before), headings=False), rows_of(map(line, now), headings=False)
    marked = difference(old, new)
    assert [row.key for mark, row in marked if mark in (SAME, GONE)] == [row.key for row in old]
    assert [row.key for mark, row in marked if mark in (SAME, NEW)] == [row.key for row in new]
    if before == now:
        assert {mark for mark, _ in marked} <= {SAME}


@given(st.lists(st.sampled_from("ab"), max_size=30), st.integers(0, 30))
def test_one_more_line_is_one_change(before: list[str], place: int) -> None:
    now = [*before[:place], "new", *before[place:]]
    marked = difference(rows_of(map(line, before), headings=False), rows_of(map(line, now), headings=False))
    assert [(mark, row.key[-1]) for mark, row in marked if mark != SAME and isinstance(row.key, tuple)] == [
        (NEW, "new")
    ]


def numbered(*names: str) -> Table:
    """A table that counts its rows."""
    return Table((Column("#"), Column("MATCH")), tuple((Span(str(n)), Span(name)) for n, name in enumerate(names, 1)))


def test_a_row_that_moved_is_no_new_one() -> None:
    marked = difference(
        rows_of([numbered("a", "b", "c")], headings=True), rows_of([numbered("b", "c", "d")], headings=True)
    )
    assert [(mark, row.number) for mark, row in marked] == [(GONE, "1"), (MOVED, "1"), (MOVED, "2"), (NEW, "3")]


def test_what_is_gone_stays_in_its_table() -> None:
    """The row in front of all stands behind the blank line above the table, the last one before that below."""
    before = rows_of([line("head"), line(), numbered("a", "b", "c"), line(), line("end")], headings=True)
    now = rows_of([line("head"), line(), numbered("b"), line(), line("end")], headings=True)
    texts = [row.cells[-1].text if row.cells else "" for _, row in difference(before, now)]
    assert texts == ["head", "", "a", "b", "c", "", "end"]


def test_many_lines_take_no_more_than_their_time() -> None:
    """Every second of 10,000 lines is another: a difference that looks at all lines for each would take long."""
    before = rows_of((line(f"{n}") for n in range(10_000)), headings=False)
    now = rows_of((line(f"{n}" if n % 2 else f"x{n}") for n in range(10_000)), headings=False)
    begun = time.process_time()
    assert sum(mark == NEW for mark, _ in difference(before, now)) == 5_000
    assert time.process_time() - begun < 5


def test_changes_further_down_are_what_is_shown() -> None:
    """A window of 10 rows: the change at row 50 is in it, with its heading; what is above and below is counted."""
    blocks: list[Line] = [line("heading"), *(line(f"  {n}") for n in range(100))]
    changed = [*blocks[:50], line("  new"), *blocks[51:]]
    marked = difference(rows_of(blocks, headings=True), rows_of(changed, headings=True))
    window = windowed(marked, 10)
    texts = [row.cells[0].text for _, row in window.rows]
    assert texts[0] == "heading"
    assert "  new" in texts
    assert window.above + len(window.rows) - 1 + window.below == len(marked)
    unchanged = windowed([(SAME, row) for row in rows_of(blocks, headings=True)], 10)
    assert (unchanged.above, unchanged.below) == (0, 91)


def test_each_state_is_flushed_before_the_next_is_waited_for() -> None:
    """A reader at the other end of a pipe must see a change when it happens."""
    flushed: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    class Looking(Script):
        def changed(self, patience: float) -> Snapshot | None:
            lengths.append(len(flushed[-1]) if flushed else 0)
            return super().changed(patience)

    lengths: list[int] = []
    rounds = Rounds(routes, Settings(watch=True), Output.TABLE, None)
    with contextlib.redirect_stdout(Pipe()):
        follow(Looking(world("/a"), world("/b")), rounds.answer, rounds.display)
    assert lengths[0] == 0
    assert 0 < lengths[1] < lengths[2]


def test_a_count_that_changes_above_does_not_hide_the_row_that_changed() -> None:
    names = [f"p{n}" for n in range(60)]
    before: list[Line | Table] = [line("gateway"), line("60 routes"), line(), numbered(*names)]
    now: list[Line | Table] = [line("gateway"), line("61 routes"), line(), numbered(*names[:50], "new", *names[50:])]
    window = windowed(difference(rows_of(before, headings=True), rows_of(now, headings=True)), 12)
    assert (NEW, "new") in [(mark, row.cells[-1].text) for mark, row in window.rows if row.cells]

"""Automata accept what RE2 matches whole; RE2 itself is the judge."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_gmg.matching.automaton import Automaton, automaton
from kubectl_gmg.regex import fault, options

EXAMPLES = int(os.environ.get("GMG_AUTOMATON_EXAMPLES", "1200"))
LETTERS = "abckKsS\u017f\u212aéBZz09_-./;={}[]|^$\\ \t~\x7f\u20ac\U0010ffff"

Written = tuple[str, str]
"""A pattern, and a text that it is likely to match."""

LEAVES: list[Written] = [
    *((letter, letter) for letter in "abkKsz09_-/;=~ é€"),
    *((f"\\{letter}", letter) for letter in ".$^|*+?()[]{}\\/-"),
    (".", "x"),
    (".", "\u212a"),
    ("", ""),
    ("{", "{"),
    ("a{,2}", "a{,2}"),
    ("a{01}", "a{01}"),
    ("b{x}", "b{x}"),
    ("]", "]"),
    ("}", "}"),
    ("\\t", "\t"),
    ("\\n", ""),
    ("\\x41", "A"),
    ("\\x{10FFFF}", "\U0010ffff"),
    ("\\x{6b}", "k"),
    ("\\101", "A"),
    ("\\0601", "01"),
    ("\\141b", "ab"),
    ("\\Qa.*b\\E", "a.*b"),
    ("\\Q[\\E", "["),
    ("\\Q\\E", ""),
    *((f"\\{letter}", sample) for letter, sample in (("d", "7"), ("D", "a"), ("w", "s"), ("W", "\u017f"), ("s", "\t"))),
    ("\\S", "k"),
    ("[a-c]", "b"),
    ("[^a-c]", "z"),
    ("[^a-c]", "\t"),
    ("[]a]", "]"),
    ("[^]a]", "b"),
    ("[a-]", "-"),
    ("[--a]", "/"),
    ("[\\d-]", "-"),
    ("[\\Dk]", "k"),
    ("[^\\W]", "\u017f"),
    ("[^\\D\\n]", "3"),
    ("[\\x41-\\x{43}\\]]", "]"),
    ("[a-f0-9_.-]", "."),
    ("[[:alpha:]]", "S"),
    ("[[:^alpha:]]", "\u017f"),
    ("[[:^digit:][:upper:]]", "K"),
    ("[[:punct:][:space:]]", ";"),
    ("[^[:word:]]", "/"),
    ("[J-L]", "\u212a"),
    ("[^k]", "K"),
    ("[^ks]", "\u212a"),
    ("[k\u20ac]", "k"),
    ("[^\\x00-\\x{10FFFF}]", ""),
    *((anchor, "") for anchor in ("^", "$", "\\A", "\\z")),
    ("\\b", ""),
    ("\\pL", "z"),
    ("\\C", "a"),
]
TIMES: list[tuple[str, int]] = [
    *((times, count) for times in ("*", "*?") for count in (0, 1, 3)),
    *((times, count) for times in ("+", "+?") for count in (1, 2)),
    *((times, count) for times in ("?", "??") for count in (0, 1)),
    *((times, 2) for times in ("{2}", "{2}?", "{1,3}", "{0,2}", "{2,}", "{1,}?")),
    ("{0}", 0),
    ("{0,}", 4),
]
WRAPS = ["(?:{})", "({})", "(?P<n>{})", "(?s:{})", "(?mU:{})", "(?-i:{})", "(?i:{})", "(?i){}", "(?-i){}", "(?i-i:{})"]


def joined(parts: list[Written]) -> Written:
    return "".join(pattern for pattern, _ in parts), "".join(text for _, text in parts)


def chosen(parts: list[Written], place: int) -> Written:
    return "|".join(pattern for pattern, _ in parts), parts[place % len(parts)][1]


def wrapped(part: Written, wrap: str) -> Written:
    return wrap.format(part[0]), part[1].swapcase() if wrap.startswith("(?i") else part[1]


def repeated(part: Written, times: tuple[str, int]) -> Written:
    return f"(?:{part[0]}){times[0]}", part[1] * times[1]


def repeated_bare(part: Written, times: tuple[str, int]) -> Written:
    return f"{part[0]}{times[0]}", part[1] * times[1]


def larger(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    return st.one_of(
        st.builds(joined, st.lists(parts, min_size=2, max_size=4)),
        st.builds(wrapped, st.builds(chosen, st.lists(parts, min_size=1, max_size=3), st.integers(0, 2)), wraps),
        st.builds(repeated, parts, times),
        st.builds(repeated_bare, parts, times),
    )


times = st.sampled_from(TIMES)
wraps = st.sampled_from(WRAPS)
patterns = st.recursive(st.sampled_from(LEAVES), larger, max_leaves=12)
texts = st.text(LETTERS, max_size=6)


def re2_matches(pattern: str, text: str) -> bool:
    return re2.compile(pattern, options()).fullmatch(text) is not None


def after(machine: Automaton, text: str) -> int | None:
    state: int | None = machine.start
    for letter in text:
        if state is None:
            return None
        state = machine.step(state, ord(letter))
    return state


def accepted(machine: Automaton, text: str) -> bool:
    state = after(machine, text)
    return state is not None and machine.accepts(state)


def walks(machine: Automaton, chance: random.Random) -> list[str]:
    """Texts along the automaton, with letters from just beside its breaks: accepted ones, and ones that go astray."""
    found = []
    for _ in range(4):
        text, state = "", machine.start
        for _ in range(chance.randrange(8)):
            near = [each + beside for each in machine.breaks(state) for beside in (-1, 0, 1)]
            letter = chance.choice([each for each in near if is_letter(each)] or [ord("a")])
            text += chr(letter)
            step = machine.step(state, letter)
            if step is None:
                break
            state = step
        found.append(text)
    return found


def is_letter(code: int) -> bool:
    return (code == 9 or 0x20 <= code <= 0x10FFFF) and not 0xD800 <= code <= 0xDFFF


def near(text: str, chance: random.Random) -> list[str]:
    """Texts like a given one."""
    place = chance.randrange(len(text) + 1)
    letter = chance.choice(LETTERS)
    edited = text[:place] + letter + text[place:]
    return [text, text.swapcase(), edited, text[:place] + text[place + 1 :], text[:place] + letter + text[place + 1 :]]


@dataclass
class Tally:
    understood: int = 0
    unknown: list[str] = field(default_factory=list)
    matched: int = 0
    missed: int = 0


def test_accepts_what_re2_matches_whole() -> None:
    tally = Tally()

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(patterns, st.lists(texts, max_size=4), st.randoms(use_true_random=False))
    def agree(written: Written, others: list[str], chance: random.Random) -> None:
        pattern, sample = written
        if fault(pattern):
            return
        machine = automaton(pattern)
        if machine is None:
            tally.unknown.append(pattern)
            return
        tally.understood += 1
        for text in [*near(sample, chance), *others, *walks(machine, chance)]:
            expected = re2_matches(pattern, text)
            assert accepted(machine, text) == expected, (pattern, text)
            tally.matched += expected
            tally.missed += not expected

    agree()

    share = tally.understood / (tally.understood + len(tally.unknown))
    print(f"understood {share:.1%} of the patterns; {tally.matched} texts matched, {tally.missed} did not")
    assert share >= 0.8
    assert min(tally.matched, tally.missed) > EXAMPLES


@settings(max_examples=200, deadline=None)
@given(patterns, st.randoms(use_true_random=False))
def test_letters_between_breaks_behave_alike(written: Written, chance: random.Random) -> None:
    """RE2 tells two letters of one interval apart in no text that goes on in the same way."""
    machine = None if fault(written[0]) else automaton(written[0])
    if machine is None:
        return
    before = chance.choice([text for text in ["", *walks(machine, chance)] if after(machine, text) is not None])
    state = after(machine, before)
    assert state is not None
    breaks = machine.breaks(state)
    assert breaks[0] == 0
    assert list(breaks) == sorted(set(breaks))
    for low, high in zip(breaks, (*breaks[1:], 0x110000), strict=True):
        letters = [each for each in (low, high - 1, chance.randrange(low, high)) if is_letter(each)]
        for rest in ["", "a", *walks(machine, chance)[:1]]:
            assert len({re2_matches(written[0], before + chr(letter) + rest) for letter in letters}) <= 1
        assert len({machine.step(state, letter) for letter in letters}) <= 1


@settings(max_examples=300, deadline=None)
@given(patterns, st.sampled_from(["", ".*", "(.|a)*", "(?s).*", "([^/]*/?)*"]), st.lists(texts, min_size=5, max_size=5))
def test_full_means_that_re2_matches_whatever_follows(written: Written, end: str, others: list[str]) -> None:
    pattern = f"(?:{written[0]}){end}"
    machine = None if fault(pattern) else automaton(pattern)
    state = None if machine is None else after(machine, written[1])
    if machine is None or state is None or not machine.full(state):
        return
    for text in ["", "\t \x7f\u20ac\U0010ffff", *others]:
        assert re2_matches(pattern, written[1] + text)


@settings(max_examples=300, deadline=None)
@given(patterns)
def test_a_state_that_is_left_leads_to_an_accepted_text(written: Written) -> None:
    """The shortest way to an accepting state exists from everywhere, and RE2 takes the text that it spells."""
    machine = None if fault(written[0]) else automaton(written[0])
    if machine is None:
        return
    for letter in "ak9/\u212a":
        state = machine.step(machine.start, ord(letter))
        if state is not None:
            assert re2_matches(written[0], letter + rest_of(machine, state))


def rest_of(machine: Automaton, state: int) -> str:
    ways = {state: ""}
    for each, text in iter_growing(ways):
        if machine.accepts(each):
            return text
        for code in machine.breaks(each):
            target = machine.step(each, code)
            if target is not None and target not in ways:
                ways[target] = text + chr(code)
    raise AssertionError("a state from which nothing is accepted")


def iter_growing(ways: dict[int, str]) -> Iterator[tuple[int, str]]:
    done = 0
    while done < len(ways):
        yield list(ways.items())[done]
        done += 1


REAL = [
    (".*", ["", "/", "/a b"], []),
    ("/[0-9]+", ["/0", "/20261121"], ["/", "/1a", "/a", "1"]),
    ("^(.*?;)?(user=jason)(;.*)?$", ["user=jason", "a=b;user=jason;c"], ["user=jasonx", "xuser=jason", ""]),
    ("(?i)/ab.*", ["/AB", "/aBc"], ["/a", "ab"]),
    (".+\\.(js|css)$", ["/x.js", "/a/b.css"], ["/xjs", ".js", "/x.jsx"]),
    (
        "/api/v[12]/(users|orders)/[^/]+/?",
        ["/api/v1/users/7", "/api/v2/orders/x/"],
        ["/api/v3/users/7", "/api/v1/users/"],
    ),
    ("(a|^b)c$", ["ac", "bc"], ["abc", "bbc", "c"]),
    ("(^a)*", ["", "a"], ["aa"]),
    ("x*^y", ["y"], ["xy"]),
    ("(a$)*", ["", "a"], ["aa"]),
    ("$^", [""], ["a"]),
    ("a*?b{2,3}?", ["bb", "aabbb"], ["b", "bbbb"]),
    ("[0-9a-f]{8}-[0-9a-f]{4}", ["0123abcd-9f9f"], ["0123abcd-9f9", "0123ABCD-9f9f"]),
    ("(?i:k)s", ["ks", "Ks", "\u212as"], ["kS"]),
    ("(?i)[^k]", ["a", "é"], ["k", "K", "\u212a"]),
    ("(?i)\\W", ["/", "é"], ["s", "\u017f"]),
    ("a|(?i)b|c", ["a", "B", "C"], ["A"]),
    ("\\Qa.b\\E+", ["a.b", "a.bbb"], ["axb", "a.ba.b"]),
    ("x{0}", [""], ["x"]),
    ("|a", ["", "a"], ["b"]),
]


@pytest.mark.parametrize("pattern, good, bad", REAL, ids=[pattern for pattern, _, _ in REAL])
def test_real_patterns(pattern: str, good: list[str], bad: list[str]) -> None:
    machine = automaton(pattern)

    assert machine is not None
    assert [text for text in [*good, *bad] if accepted(machine, text)] == good
    assert [text for text in [*good, *bad] if re2_matches(pattern, text)] == good


@pytest.mark.parametrize(
    "pattern, text, expected",
    [
        (".*", "", True),
        (".*", "/a", True),
        ("(?s).*", "", True),
        ("/.*", "", False),
        ("/.*", "/", True),
        ("([^/]*/?)*", "x", True),
        ("[^/]*(/.*)?", "", True),
        (".+", "", False),
        (".+", "a", True),
        (".*$", "a", True),
        (".*^", "", False),
        ("[^a]*", "", False),
        ("[ -~]*", "", False),
        ("(?i:[^k]*)|.*k.*", "", False),
        ("(?i)[^k]*|.*k.*", "", True),
        (".{0,9}", "", False),
    ],
)
def test_full(pattern: str, text: str, *, expected: bool) -> None:
    machine = automaton(pattern)
    assert machine is not None
    state = after(machine, text)
    assert state is not None

    assert machine.full(state) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(", "", "a**", "\\8", "[b-a]", "a{1001}", "\ud800",
        "\\bab", "a\\B", "\\Ca", "\\pL", "[\\p{Greek}]", "\\P{L}", "(?i)é", "(?i)[a-\\x{100}]", "(?i)\\x{130}",
        "(a{50}){20}|(.{100}){10}|(b{100}){10}|c{1000}", "((((a{9}){9}){9}.{9}){1}){1}(b{900})(c{900})(d{900})(e{900})",
        "(" * 150 + "a" + ")" * 150, "a*\\Q\\E*",
    ],
)  # fmt: skip
def test_says_that_it_cannot_tell(pattern: str) -> None:
    assert automaton(pattern) is None


@pytest.mark.parametrize("pattern", ["a^b", "a$b", "\\n", "[^\\x00-\\x{10FFFF}]a", "\\x00", "a(?:b|\\x01)^"])
def test_nothing_is_accepted(pattern: str) -> None:
    machine = automaton(pattern)
    assert machine is not None

    assert not machine.accepts(machine.start)
    assert {machine.step(machine.start, letter) for letter in machine.breaks(machine.start)} == {None}


@pytest.mark.parametrize("letter", [0, 8, 10, 13, 31])
def test_control_characters_lead_nowhere(letter: int) -> None:
    machine = automaton("(?s).*[^a]*\\s*")
    assert machine is not None

    assert machine.step(machine.start, letter) is None


def test_deep_nesting_within_the_limit() -> None:
    pattern = reduce(lambda inner, _: f"(?:{inner}a?|b)?", range(90), "x")
    machine = automaton(pattern)
    assert machine is not None

    for text in ("", "x", "xa", "xaaaaa", "b", "ba", "ab", "xb"):
        assert accepted(machine, text) == re2_matches(pattern, text)


def test_large_repetitions_stay_quick() -> None:
    """A thousand states at once, a thousand letters long."""
    machine = automaton("(.*a.{0,900}b|.*c)")
    assert machine is not None
    chance = random.Random(5)

    for _ in range(3):
        text = "".join(chance.choices("abcd", k=300))
        assert accepted(machine, text) == re2_matches("(.*a.{0,900}b|.*c)", text)

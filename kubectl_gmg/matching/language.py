"""Tests of a text as automata: each is stepped letter by letter and never built whole."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache
from typing import Any, Protocol

from kubectl_gmg.matching.automaton import automaton
from kubectl_gmg.matching.condition import in_range, path_text_fits, value_fits
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.match import PathKind, ValueKind
from kubectl_gmg.model.value import value

State = Any
"""Where an automaton is: every kind of automaton has states of its own, which can be compared."""


class Language(Protocol):
    """The texts that pass a test; letters are code points."""

    @property
    def start(self) -> State:
        """The state before the first letter."""

    def step(self, state: State, letter: int) -> State | None:
        """The state after a letter; None if no text from here on passes."""

    def accepts(self, state: State) -> bool:
        """Whether the text may end here."""

    def breaks(self, state: State) -> Sequence[int]:
        """Where letters begin to be treated in another way."""

    def full(self, state: State) -> bool:
        """Whether every text from here on surely passes."""


@value
class TextTest:
    """A test of one text: that of a path, of a header's value or of a query parameter's."""

    kind: PathKind | ValueKind
    value: str = ""
    ignore_case: bool = False
    start: int = 0
    end: int = 0

    def fits(self, text: str) -> bool:
        """Whether a text passes, as the proxy tests it."""
        if isinstance(self.kind, PathKind):
            return path_text_fits(self.kind, self.value, text, ignore_case=self.ignore_case)
        if self.kind is ValueKind.RANGE:
            return in_range(text, self.start, self.end)
        return value_fits(self.kind, self.value, text, ignore_case=self.ignore_case)

    @property
    def only(self) -> str | None:
        """The one text that passes; None if there may be others."""
        exact = self.kind in (PathKind.EXACT, ValueKind.EXACT) and not self.ignore_case
        return self.value if exact else None


FULL = -1
DEAD = None


def other_case(letter: int) -> int:
    """An ASCII letter in the other case; anything else as it is."""
    if 65 <= letter <= 90:
        return letter + 32
    return letter - 32 if 97 <= letter <= 122 else letter


class Beginning:
    """Exact texts and both kinds of prefixes: the state is how many letters were read."""

    start: State = 0

    def __init__(self, test: TextTest) -> None:
        self._letters = [ord(letter) for letter in test.value]
        self._ignore_case = test.ignore_case
        self._exact = test.kind in (PathKind.EXACT, ValueKind.EXACT)
        self._separated = test.kind is PathKind.SEPARATED_PREFIX

    def step(self, state: State, letter: int) -> State | None:
        """The next place, or everything behind the prefix."""
        if state == FULL:
            return FULL
        place: int = state
        if place == len(self._letters):
            open_end = not self._exact and (not self._separated or letter == ord("/"))
            return FULL if open_end else DEAD
        wanted = self._letters[place]
        if letter == wanted or (self._ignore_case and letter == other_case(wanted)):
            return self._ended(place + 1)
        return DEAD

    def _ended(self, place: int) -> int:
        plain_prefix = not self._exact and not self._separated
        return FULL if plain_prefix and place == len(self._letters) else place

    def accepts(self, state: State) -> bool:
        """Whether the whole text was read."""
        return state in (FULL, len(self._letters))

    def breaks(self, state: State) -> Sequence[int]:
        """Around the letter that must follow."""
        if state == FULL:
            return ()
        if state == len(self._letters):
            return (ord("/"), ord("/") + 1) if self._separated else ()
        letter = self._letters[state]
        other = other_case(letter) if self._ignore_case else letter
        return (letter, letter + 1, other, other + 1)

    def full(self, state: State) -> bool:
        """Whether a prefix was read."""
        return state == FULL or (state == len(self._letters) and not self._exact and not self._separated)


class Ending:
    """Suffixes: the state is how much of the suffix the text ends with just now."""

    start: State = 0

    def __init__(self, test: TextTest) -> None:
        self._ignore_case = test.ignore_case
        self._text = folded(test.value) if test.ignore_case else test.value
        letters = {ord(letter) for letter in self._text}
        letters |= {other_case(letter) for letter in letters} if test.ignore_case else set()
        self._breaks = tuple(sorted({place for letter in letters for place in (letter, letter + 1)}))

    def step(self, state: State, letter: int) -> State | None:
        """The longest beginning of the suffix that the text now ends with."""
        seen = self._text[:state] + chr(letter)
        seen = folded(seen) if self._ignore_case else seen
        return next(size for size in range(min(len(seen), len(self._text)), -1, -1) if seen.endswith(self._text[:size]))

    def accepts(self, state: State) -> bool:
        """Whether the text ends with all of it."""
        return bool(state == len(self._text))

    def breaks(self, _state: State) -> Sequence[int]:
        """Around each letter of the suffix."""
        return self._breaks

    def full(self, _state: State) -> bool:
        """Never but for the empty suffix."""
        return not self._text


@cache
def language(test: TextTest) -> Language | None:
    """The texts that pass a test; None if that cannot be told."""
    if test.kind in (PathKind.REGEX, ValueKind.REGEX):
        return automaton(test.value)
    if test.kind is ValueKind.RANGE:
        return automaton(range_pattern(test.start, test.end))
    return Ending(test) if test.kind is ValueKind.SUFFIX else Beginning(test)


def range_pattern(start: int, end: int) -> str:
    """A pattern for the decimal integers from `start` to before `end`, of 64 bits; signs and leading zeros are fine.

    There must be one.
    """
    low, high = max(start, -(1 << 63)), min(end, 1 << 63) - 1
    parts = [f"\\+?0*(?:{digits(max(low, 0), high)})"] if high >= max(low, 0) else []
    if low <= 0 <= high:
        parts.append("-0+")
    if low < 0:
        parts.append(f"-0*(?:{digits(max(1, -high), -low)})")
    return "|".join(parts)


def digits(low: int, high: int) -> str:
    """A pattern for the numbers from `low` to `high`, neither below 0, without leading zeros."""
    parts = []
    for size in range(len(str(low)), len(str(high)) + 1):
        first, last = max(low, 10 ** (size - 1) if size > 1 else 0), min(high, 10**size - 1)
        parts.append(same_size(str(first), str(last)))
    return "|".join(parts)


def same_size(low: str, high: str) -> str:
    """A pattern for the numbers between two of as many digits."""
    if not low:
        return ""
    if set(low) == {"0"} and set(high) == {"9"}:
        return f"[0-9]{{{len(low)}}}"
    if low[0] == high[0]:
        return low[0] + (f"(?:{same_size(low[1:], high[1:])})" if len(low) > 1 else "")
    rest = len(low) - 1
    parts = [f"{low[0]}(?:{same_size(low[1:], '9' * rest)})" if rest else low[0]]
    if int(high[0]) - int(low[0]) > 1:
        parts.append(f"[{int(low[0]) + 1}-{int(high[0]) - 1}]" + (f"[0-9]{{{rest}}}" if rest else ""))
    parts.append(f"{high[0]}(?:{same_size('0' * rest, high[1:])})" if rest else high[0])
    return "|".join(parts)


class Universe(Language, Hashable, Protocol):
    """The texts that there are."""

    def holds(self, text: str) -> bool:
        """Whether a text is one of them."""


def accepted(universe: Language, text: str) -> bool:
    """Whether a text passes, letter by letter."""
    state: State | None = universe.start
    for letter in text:
        state = universe.step(state, ord(letter))
        if state is None:
            return False
    return universe.accepts(state)

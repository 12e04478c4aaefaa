"""The search for a text that passes some tests and fails others.

Neighbouring letters that every automaton treats alike are tried once, so a search looks at few letters, and ends: a
text that is not found does not exist.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from kubectl_gmg.matching.automaton import Automaton
from kubectl_gmg.matching.language import State, TextTest, Universe, language
from kubectl_gmg.model.match import PathKind, ValueKind
from kubectl_gmg.model.value import value


class Spent(Exception):  # noqa: N818 - no error: the answer is that it cannot be told
    """The work budget is used up, or a pattern is beyond what can be told."""


class Work:
    """How much may still be looked at, in states; equal input spends it equally."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, amount: int = 1) -> None:
        """Raises `Spent` when nothing is left."""
        self.left -= amount
        if self.left < 0:
            raise Spent


NICE = "xabcdefghijklmnopqrstuvwyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ/.,~+:;=@!$'()*&?#%[]\\\"<>^`{|} \t"
RANKS = {ord(letter): rank for rank, letter in enumerate(NICE)}
LETTERS = 0x110000
SURROGATES = range(0xD800, 0xE000)
GUESSES = 64
"""How many texts are tried against a pattern whose automaton is not known."""


def nicest(low: int, high: int) -> int:
    """The letter from `low` to before `high` that people would rather read."""
    ascii_end = min(high, 0x80)
    known = [letter for letter in range(low, ascii_end) if letter in RANKS]
    if known:
        return min(known, key=RANKS.__getitem__)
    return high - 1 if low in SURROGATES and high - 1 not in SURROGATES else low


@lru_cache(maxsize=4096)
def letters_of(breaks: frozenset[int]) -> tuple[int, ...]:
    """One letter for every run of letters that are treated alike, the nicest first."""
    ends = sorted({*breaks, 0, 0x80, SURROGATES.start, SURROGATES.stop, LETTERS})
    found = [nicest(low, high) for low, high in pairwise(ends)]
    usable = (letter for letter in found if letter not in SURROGATES)
    return tuple(sorted(usable, key=lambda letter: (RANKS.get(letter, len(RANKS)), letter)))


@value
class Wanted:
    """What a text must be: in a universe, passing the `inside` tests and failing the `outside` ones."""

    inside: tuple[TextTest, ...] = ()
    outside: tuple[TextTest, ...] = ()

    def fits(self, text: str) -> bool:
        """Whether a text is so, the universe aside."""
        return all(test.fits(text) for test in self.inside) and not any(test.fits(text) for test in self.outside)


def find_text(universe: Universe, wanted: Wanted, work: Work) -> str | None:
    """The shortest and nicest text of a universe that is as wanted; None if there is none.

    Raises `Spent` if that cannot be told.
    """
    for test in wanted.inside:
        if test.only is not None:
            work.spend()
            return test.only if wanted.fits(test.only) and universe.holds(test.only) else None
    for test in wanted.inside:
        readable = test.kind not in (PathKind.REGEX, ValueKind.REGEX, ValueKind.RANGE)
        if readable and test.value and wanted.fits(test.value) and universe.holds(test.value):
            work.spend()
            return test.value
    for test in wanted.inside:
        text, steps = sampled(test, universe)
        work.spend(steps)  # though it may be known from before: equal questions cost the same
        if text is not None and wanted.fits(text):
            return text
    return Search(universe, wanted, work).run()


@lru_cache(maxsize=4096)
def letters_within(ranges: tuple[tuple[int, int], ...], breaks: tuple[int, ...]) -> tuple[int, ...]:
    """One letter of some ranges for every run of letters that a universe treats alike."""
    edges = frozenset(breaks).union(*((low, high + 1) for low, high in ranges))
    return tuple(letter for letter in letters_of(edges) if any(low <= letter <= high for low, high in ranges))


def niceness(following: tuple[int, object]) -> tuple[int, int]:
    """How much people would like to read a letter, the nicest least."""
    return RANKS.get(following[0], len(RANKS)), following[0]


SAMPLE_WORK = 1_500
"""Steps to find a text of one pattern."""


@lru_cache(maxsize=4096)
def sampled(test: TextTest, universe: Universe) -> tuple[str | None, int]:
    """A text of a universe that passes a test with an automaton of many states, and the steps that it took.

    None for another test, and where there is none or it takes too long.
    """
    pattern = language(test)
    if not isinstance(pattern, Automaton):
        return None, 0
    work = Work(SAMPLE_WORK)
    try:
        return sample(pattern, universe, work), SAMPLE_WORK - work.left
    except Spent:
        return None, SAMPLE_WORK


def sample(pattern: Automaton, universe: Universe, work: Work) -> str | None:
    """A short text of a universe that a pattern matches; None if there is none. Raises `Spent`."""
    first = (pattern.start, universe.start)
    queue = deque([(*first, "")])
    seen = {first}
    while queue:
        state, place, text = queue.popleft()
        work.spend()
        if pattern.accepts(state) and universe.accepts(place):
            return text
        breaks = tuple(universe.breaks(place))
        for ranges, following in pattern.threads(state):
            low, high = ranges[0]
            for letter in (low,) if low == high and len(ranges) == 1 else letters_within(ranges, breaks):
                after = universe.step(place, letter)
                if after is not None and (following, after) not in seen:
                    seen.add((following, after))
                    queue.append((following, after, text + chr(letter)))
    return None


class Search:
    """Breadth first through all automata at once."""

    def __init__(self, universe: Universe, wanted: Wanted, work: Work) -> None:
        inside = [language(test) for test in wanted.inside]
        outside = [language(test) for test in wanted.outside]
        self._inside = [*(each for each in inside if each is not None), universe]  # the universe refuses least
        self._outside = [each for each in outside if each is not None]
        self._unknown = len(self._inside) + len(self._outside) < len(inside) + len(outside) + 1
        self._wanted = wanted
        self._work = work

    def run(self) -> str | None:
        """As `find_text`."""
        everyone = (*self._inside, *self._outside)
        first = tuple(each.start for each in everyone)
        queue = deque([(first, "")])
        seen = {first}
        guesses = 0
        while queue:
            states, text = queue.popleft()
            self._work.spend()
            if self._ends(states):
                if self._wanted.fits(text):
                    return text
                if not self._unknown:
                    raise Spent  # the automaton and RE2 disagree: whoever is wrong, nothing can be told
                guesses += 1
                if guesses >= GUESSES:
                    break
            for letter, following in sorted(self._following(states), key=niceness):
                if following not in seen:
                    seen.add(following)
                    queue.append((following, text + chr(letter)))
        if self._unknown and guesses:
            raise Spent
        return None

    def _ends(self, states: tuple[State | None, ...]) -> bool:
        count = len(self._inside)
        here = zip(self._inside, states[:count], strict=True)
        there = zip(self._outside, states[count:], strict=True)
        return all(each.accepts(state) for each, state in here) and not any(
            state is not None and each.accepts(state) for each, state in there
        )

    def _following(self, states: tuple[State | None, ...]) -> Iterable[tuple[int, tuple[State | None, ...]]]:
        everyone = (*self._inside, *self._outside)
        alive = [(each, state) for each, state in zip(everyone, states, strict=True) if state is not None]
        letters = letters_of(frozenset().union(*(each.breaks(state) for each, state in alive)))
        first, state = alive[0]
        for low, high in pairwise(sorted({0, *first.breaks(state), LETTERS})):
            if first.step(state, low) is None:
                continue
            for letter in letters:
                if low <= letter < high and (following := self._stepped(states, letter)) is not None:
                    yield letter, following

    def _stepped(self, states: tuple[State | None, ...], letter: int) -> tuple[State | None, ...] | None:
        """Where a letter leads; None where no wanted text goes on."""
        self._work.spend()
        found: list[State | None] = []
        for each, state in zip(self._inside, states, strict=False):
            after = each.step(state, letter)
            if after is None:
                return None
            found.append(after)
        for each, state in zip(self._outside, states[len(self._inside) :], strict=True):
            after = None if state is None else each.step(state, letter)
            if after is not None and each.full(after):
                return None
            found.append(after)
        return tuple(found)

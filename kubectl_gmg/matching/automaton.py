"""Regular expressions as automata, so that what two of them have in common can be worked out (`spec/envoy.md` 16).

A text is taken to have no control character but the tab, as paths and values of headers do. The automaton of a
pattern accepts exactly the texts that RE2 matches whole. What is not surely understood has none: a wrong automaton
would call a live route dead. Built by ourselves, because no library reads RE2's dialect (see `re2_syntax`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache

from kubectl_gmg.matching.re2_syntax import (
    LAST,
    UNIVERSE,
    Begin,
    Choice,
    End,
    Letters,
    Node,
    Ranges,
    Repeat,
    Sequence,
    UnknownSyntaxError,
    intersection,
    parse,
)
from kubectl_gmg.regex import fault

State = int
"""What an automaton has read so far, as far as it matters."""

MOST_STATES_FOR_FULL = 64
"""How many states are looked at to find out that every text is accepted."""

ACCEPT = 0
"""The place of a net where nothing more is wanted."""


@cache
def automaton(pattern: str) -> Automaton | None:
    """The automaton of a pattern; None if it cannot tell: a faulty, too large or not surely understood pattern."""
    if fault(pattern):
        return None
    try:
        return Automaton(parse(pattern))
    except UnknownSyntaxError:
        return None


class Automaton:
    """Accepts the texts that a pattern matches whole; its states are made when they are first asked for."""

    def __init__(self, node: Node) -> None:
        self._net = _Net(node)
        self._numbers: dict[tuple[frozenset[int], bool], State] = {}
        self._places: list[tuple[frozenset[int], bool]] = []
        self._rows: dict[State, tuple[tuple[int, ...], tuple[State | None, ...]]] = {}
        self._full: dict[State, bool] = {}
        self.start: State = self._number(self._net.beginning())

    def step(self, state: State, letter: int) -> State | None:
        """The state after one more letter, given by its code point; None if no text from there is accepted."""
        starts, targets = self._row(state)
        return targets[bisect_right(starts, letter) - 1]

    def accepts(self, state: State) -> bool:
        """Whether the text may end here."""
        return self._places[state][1]

    def breaks(self, state: State) -> tuple[int, ...]:
        """Where the behaviour of letters changes: those from one of these to before the next all behave alike.

        The first is 0. Letters that no text has lead to None.
        """
        return self._row(state)[0]

    def threads(self, state: State) -> Iterator[tuple[Ranges, State]]:
        """One way on at a time: some letters, and a state of which each text from there on is one from here on.

        Following these ways meets few states, where following all at once may meet very many.
        """
        for place in sorted(self._places[state][0]):
            ranges, reached = self._net.thread(place)
            yield ranges, self._number(reached)

    def full(self, state: State) -> bool:
        """Whether surely every text from here on is accepted; False also where that is too much to find out."""
        found = self._full.get(state)
        if found is None:
            found = self._full[state] = self._is_full(state)
        return found

    def _is_full(self, state: State) -> bool:
        seen, waiting = {state}, [state]
        while waiting:
            each = waiting.pop()
            if not self.accepts(each) or not self._goes_on(each) or len(seen) > MOST_STATES_FOR_FULL:
                return False
            new = {target for target in self._row(each)[1] if target is not None} - seen
            seen |= new
            waiting += new
        return True

    def _goes_on(self, state: State) -> bool:
        """Whether no letter that a text may have is the last."""
        starts, targets = self._row(state)
        ends = (*starts[1:], LAST + 1)
        last = ((low, end - 1) for low, end, target in zip(starts, ends, targets, strict=True) if target is None)
        return not intersection(tuple(last), UNIVERSE)

    def _row(self, state: State) -> tuple[tuple[int, ...], tuple[State | None, ...]]:
        """Where each interval of letters begins and leads; neighbours lead to different states."""
        row = self._rows.get(state)
        if row is None:
            starts: list[int] = []
            targets: list[State | None] = []
            for start, places in self._net.moves(self._places[state][0]):
                target = self._after(places)
                if not targets or target != targets[-1]:
                    starts.append(start)
                    targets.append(target)
            row = self._rows[state] = (tuple(starts), tuple(targets))
        return row

    def _after(self, places: frozenset[int]) -> State | None:
        reached = self._net.reached(places)
        return self._number(reached) if reached[0] or reached[1] else None

    def _number(self, reached: tuple[frozenset[int], bool]) -> State:
        number = self._numbers.setdefault(reached, len(self._places))
        if number == len(self._places):
            self._places.append(reached)
        return number


class _Net:
    """Places with moves between them: by a letter, for nothing, at the beginning only or at the end only."""

    def __init__(self, node: Node) -> None:
        self._letters: dict[int, Ranges] = {}
        self._next: list[tuple[int, ...]] = [()]
        self._at_begin: set[int] = set()
        self._at_end: set[int] = set()
        self._entry = self._build(node, ACCEPT)
        self._live = self._hopeful()
        self._seen: dict[frozenset[int], tuple[frozenset[int], bool]] = {}

    def beginning(self) -> tuple[frozenset[int], bool]:
        """The places where a letter is awaited before the first one, and whether the empty text is accepted."""
        return self._settled((self._entry,), begin=True)

    def reached(self, places: frozenset[int]) -> tuple[frozenset[int], bool]:
        """The same for places that a letter led to."""
        found = self._seen.get(places)
        if found is None:
            found = self._seen[places] = self._settled(places, begin=False)
        return found

    def thread(self, place: int) -> tuple[Ranges, tuple[frozenset[int], bool]]:
        """The letters awaited at a place, and what one of them leads to."""
        return self._letters[place], self.reached(frozenset((self._next[place][0],)))

    def moves(self, places: frozenset[int]) -> Iterator[tuple[int, frozenset[int]]]:
        """For each interval of letters, from 0 on: where it begins, and the places that its letters lead to."""
        changes: dict[int, list[int]] = {0: []}
        for place in sorted(places):
            for low, high in self._letters[place]:
                changes.setdefault(low, []).append(place)
                changes.setdefault(high + 1, []).append(place)
        active: set[int] = set()
        for start in sorted(changes.keys() - {LAST + 1}):
            active.symmetric_difference_update(changes[start])
            yield start, frozenset(self._next[place][0] for place in active)

    def _settled(self, places: Iterable[int], *, begin: bool) -> tuple[frozenset[int], bool]:
        inside = self._closure(places, begin=begin, end=False)
        awaiting = frozenset(
            place for place in inside if self._letters.get(place) and self._next[place][0] in self._live
        )
        return awaiting, ACCEPT in self._closure(inside, begin=begin, end=True)

    def _closure(self, places: Iterable[int], *, begin: bool, end: bool) -> set[int]:
        """The places that are reached without a letter."""
        seen = set(places)
        waiting = list(seen)
        while waiting:
            place = waiting.pop()
            closed = place in self._letters or (place in self._at_begin and not begin)
            if closed or (place in self._at_end and not end):
                continue
            new = [other for other in self._next[place] if other not in seen]
            seen.update(new)
            waiting += new
        return seen

    def _hopeful(self) -> frozenset[int]:
        """The places from which, behind the first letter, some text is accepted."""
        finishing = self._backwards({ACCEPT}, self._at_begin.union(self._letters))
        dead = {place for place, ranges in self._letters.items() if not ranges}
        return frozenset(self._backwards(finishing, self._at_begin | self._at_end | dead))

    def _backwards(self, goals: set[int], closed: set[int]) -> set[int]:
        """The places from which a goal is reached without leaving a closed one."""
        before: dict[int, list[int]] = {}
        for place, others in enumerate(self._next):
            for other in () if place in closed else others:
                before.setdefault(other, []).append(place)
        seen, waiting = set(goals), list(goals)
        while waiting:
            new = [place for place in before.get(waiting.pop(), ()) if place not in seen]
            seen.update(new)
            waiting += new
        return seen

    def _place(self, *following: int) -> int:
        self._next.append(following)
        return len(self._next) - 1

    def _build(self, node: Node, target: int) -> int:
        """Adds the places of a node that leads to `target`, and says where it begins."""
        if isinstance(node, Sequence):
            for part in reversed(node.parts):
                target = self._build(part, target)
            return target
        if isinstance(node, Choice):
            return self._place(*dict.fromkeys(self._build(part, target) for part in node.parts))
        if isinstance(node, Repeat):
            return self._build_repeat(node, target)
        return self._build_one(node, target)

    def _build_one(self, node: Letters | Begin | End, target: int) -> int:
        place = self._place(target)
        if isinstance(node, Letters):
            self._letters[place] = node.ranges
        else:
            (self._at_begin if isinstance(node, Begin) else self._at_end).add(place)
        return place

    def _build_repeat(self, node: Repeat, target: int) -> int:
        certain = node.low
        if node.high is None:
            loop = self._place()
            again = self._build(node.part, loop)
            self._next[loop] = (again, target)
            certain, target = max(certain - 1, 0), again if certain else loop
        else:
            rest = target
            for _ in range(node.high - node.low):
                target = self._place(self._build(node.part, target), rest)
        for _ in range(certain):
            target = self._build(node.part, target)
        return target

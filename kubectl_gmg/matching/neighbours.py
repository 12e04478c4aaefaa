"""Which earlier routes may share requests with a route, without comparing it with all of them.

Paths are compared by what they surely begin with, ignoring case: that never leaves out a route, and nearly always
finds those that count. Routes of one path are kept apart by one exact value that they want, as far as that excludes.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import islice

from kubectl_gmg.matching.space import Demand, Part, Slot, Values, demands
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.match import ROOT, PathKind, RouteMatch
from kubectl_gmg.regex import literal_prefix

Exact = tuple[Slot, str] | None
"""A value that a route wants in a slot; None if it wants none."""

LAST = "\U0010ffff"


def beginning(match: RouteMatch) -> str:
    """What every path of a match begins with, in lower case."""
    path = match.path or ROOT
    return folded(literal_prefix(path.value) if path.kind is PathKind.REGEX else path.value)


def exact_values(conditions: Sequence[Demand]) -> dict[Slot, str]:
    """The values that ordinary requests must have for all conditions to hold, beside the path."""
    return {
        demand.slot: demand.test.only
        for demand in conditions
        if demand.values is Values.SOME
        and not demand.missing
        and demand.test.only is not None
        and demand.slot.part is not Part.PATH
    }


def alone(matches: Sequence[RouteMatch]) -> bytearray:
    """For each route 1 if no earlier one can share a path with it, whatever the other conditions are."""
    found = bytearray(len(matches))
    keys: list[str] = []
    opened: set[str] = set()
    known: set[str] = set()
    sizes: list[int] = []
    for place, match in enumerate(matches):
        begins = beginning(match)
        is_open = match.path is None or match.path.kind is not PathKind.EXACT
        inside = begins in known or any(begins[:size] in opened for size in sizes if size < len(begins))
        if not inside:
            above = bisect_left(keys, begins) if is_open else len(keys)
            found[place] = not (above < len(keys) and keys[above].startswith(begins))
        if begins not in known:
            known.add(begins)
            insort(keys, begins)
        if is_open and begins not in opened:
            opened.add(begins)
            if len(begins) not in sizes:
                sizes.append(len(begins))
    return found


class Group:
    """The places of routes of one path, by the exact value that they want."""

    __slots__ = ("_by_value", "first")

    def __init__(self) -> None:
        self._by_value: dict[Slot | None, dict[str, list[int]]] = {}
        self.first = -1

    def add(self, place: int, wanted: dict[Slot, str]) -> None:
        """Adds a route; places are added in rising order."""
        slot = next(iter(wanted), None)
        self._by_value.setdefault(slot, {}).setdefault(wanted[slot] if slot else "", []).append(place)
        self.first = place if self.first < 0 else self.first

    def before(self, place: int, wanted: dict[Slot, str]) -> Iterator[int]:
        """The routes before a place whose exact value does not exclude those wanted."""
        for slot, by_value in self._by_value.items():
            same = by_value.get(wanted[slot]) if slot is not None and slot in wanted else None
            excluded = slot is not None and slot in wanted
            for places in ([same] if same else []) if excluded else by_value.values():
                yield from places[: bisect_left(places, place)]


class Neighbours:
    """Look-up of the earlier routes whose requests a route may share."""

    def __init__(self, matches: Sequence[RouteMatch]) -> None:
        self._begins = [beginning(match) for match in matches]
        self._ends = [match.path is not None and match.path.kind is PathKind.EXACT for match in matches]
        self._wanted = [exact_values(demands(match)) for match in matches]
        self._exact: dict[str, Group] = {}
        self._open: dict[str, Group] = {}
        for place, begins in enumerate(self._begins):
            groups = self._exact if self._ends[place] else self._open
            groups.setdefault(begins, Group()).add(place, self._wanted[place])
        self._sizes = sorted({len(begins) for begins in self._open})
        every = sorted((*self._exact.items(), *self._open.items()), key=lambda each: each[0])
        self._keys = [begins for begins, _ in every]
        self._groups = [group for _, group in every]
        self._lowest = Lowest([group.first for group in self._groups])

    def before(self, place: int, most: int) -> list[int]:
        """Earlier routes that may share requests with the one at `place`, in order; not many more than `most`."""
        found = islice((each for group in self._near(place) for each in group.before(place, self._wanted[place])), most)
        return sorted(found)

    def _near(self, place: int) -> Iterator[Group]:
        """The groups whose paths may be the same as those of a route."""
        begins = self._begins[place]
        for size in self._sizes:
            if size > len(begins) or (size == len(begins) and not self._ends[place]):
                break
            if (group := self._open.get(begins[:size])) is not None:
                yield group
        if self._ends[place]:
            if begins in self._exact:
                yield self._exact[begins]
            return
        low, high = bisect_left(self._keys, begins), bisect_left(self._keys, begins + LAST)
        for number in self._lowest.below(place, low, high):
            yield self._groups[number]


class Lowest:
    """The numbers of a list below a bound, found within a range without looking at the others."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._size = 1
        while self._size < len(numbers):
            self._size *= 2
        self._tree = [0] * self._size + [*numbers] + [1 << 60] * (self._size - len(numbers))
        for node in range(self._size - 1, 0, -1):
            self._tree[node] = min(self._tree[2 * node], self._tree[2 * node + 1])

    def below(self, bound: int, low: int, high: int) -> Iterator[int]:
        """The places from `low` to before `high` whose number is less than `bound`, in order."""
        stack = [(1, 0, self._size)]
        while stack:
            node, first, end = stack.pop()
            if end <= low or high <= first or self._tree[node] >= bound:
                continue
            if end - first == 1:
                yield first
                continue
            middle = (first + end) // 2
            stack += [(2 * node + 1, middle, end), (2 * node, first, middle)]

"""What can be said of matches without sending anything: whether one covers another, and a request that reaches one.

A match is a list of conditions, each on one part of a request, and the parts are free of each other. So a request for
several conditions is made part by part, and what no request has is found part by part.

To find a request for a route behind others, one for the route alone is made and asked for its winner. If that is an
earlier route, the request must miss one of that route's conditions: each of them is tried in turn, with all that was
learnt before. Either some request gets through, or the earlier routes that were met take everything together, which
is the proof. Only routes that really take a request are ever looked at, so nothing is compared pair by pair.

Every answer has three values: yes, no, and "cannot be told", when the work budget is used up or a regular expression
is beyond what can be told. The budget counts steps, never time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count

from kubectl_gmg.matching.condition import failed_condition
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.matching.plain import clashing, own_values, spellings
from kubectl_gmg.matching.search import Spent, Wanted, Work, find_text
from kubectl_gmg.matching.space import (
    METHOD,
    PATH,
    PORT,
    UNIVERSES,
    Demand,
    Part,
    Slot,
    Space,
    Values,
    demands,
    may_be_missing,
    may_repeat,
)
from kubectl_gmg.matching.universe import HOSTS
from kubectl_gmg.model.match import RouteMatch
from kubectl_gmg.model.request import Request

MATCH_WORK = 20_000
"""Steps for one question about two matches."""

ANY_VALUE = "x"
"""The value of what must be there, whatever it is."""

MOST_DEMANDS = 150
"""Conditions on one request; a search that needs more is given up."""


class Truth(StrEnum):
    """An answer that may be missing."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


Region = tuple[Demand, ...]
"""Conditions that hold together, each once."""

Given = dict[Slot, tuple[str, ...]]
"""The values in each slot that matters; none for one that is left out."""


def matches(match: RouteMatch, prepared: Prepared) -> bool:
    """Whether a request satisfies all conditions of a match."""
    return not failed_condition(match, prepared)


def covers(wide: RouteMatch, narrow: RouteMatch, space: Space, work: Work | None = None) -> Truth:
    """Whether every request that satisfies `narrow` satisfies `wide` as well."""
    maker = RequestMaker(space, work or Work(MATCH_WORK))
    found = Truth.YES
    region = demands(narrow)
    for demand in demands(wide):
        if demand in region:
            continue
        misses = maker.possible((*region, demand.negated))
        if misses is Truth.YES:
            return Truth.NO
        found = Truth.UNKNOWN if misses is Truth.UNKNOWN else found
    return found


def overlaps(
    first: RouteMatch, second: RouteMatch, space: Space, work: Work | None = None, *, repeats: bool = True
) -> Truth:
    """Whether some request satisfies both; with `repeats` false, one that has each header once at most."""
    maker = RequestMaker(space, work or Work(MATCH_WORK), repeats=repeats)
    return maker.possible(both(demands(first), demands(second)))


def both(first: Region, second: Region) -> Region:
    """The conditions of two regions, each once."""
    return tuple(dict.fromkeys((*first, *second)))


class RequestMaker:
    """Makes requests that satisfy conditions; what was found for a slot is kept.

    With `repeats` false a header has one value at most, as ordinary requests do.
    """

    def __init__(self, space: Space, work: Work, *, repeats: bool = True) -> None:
        self.space = space
        self.work = work
        self._repeats = repeats
        self._kept: dict[tuple[Slot, Region], tuple[str, ...] | None] = {}

    def possible(self, region: Region) -> Truth:
        """Whether some request satisfies all conditions."""
        try:
            return Truth.NO if self.make(region) is None else Truth.YES
        except Spent:
            return Truth.UNKNOWN

    def make(self, region: Region) -> Prepared | None:
        """A request that satisfies all conditions; None if none does. Raises `Spent` if that cannot be told."""
        slots: dict[Slot, list[Demand]] = {}
        for demand in region:
            slots.setdefault(demand.slot, []).append(demand)
        if len(region) > 1 and not set(region).isdisjoint(demand.negated for demand in region):
            return None
        target = tuple(slots.pop(Slot(Part.TARGET), ()))
        whole = only_target(target)
        if whole is not None:
            inside = [slot for slot in slots if slot.part in (Part.PATH, Part.PARAMETER)]
            target = (*target, *(demand for slot in inside for demand in slots.pop(slot)))
        if not possible_target(target, whole):
            return None
        given = self._given(slots)
        return None if given is None else self._request(given, target, whole)

    def _given(self, slots: Mapping[Slot, Sequence[Demand]]) -> Given | None:
        """The values in each slot; None if one has none that will do. Raises `Spent` if that cannot be told."""
        given: Given = {}
        unknown = False
        for slot, wanted in slots.items():
            try:
                values = self._values(slot, tuple(wanted))
            except Spent:
                unknown = True  # another slot may still say that there is none
                continue
            if values is None:
                return None
            given[slot] = values
        if unknown:
            raise Spent
        return given

    def _request(self, given: Given, target: Region, whole: str | None) -> Prepared:
        """The request with these values. Raises `Spent` if it is none that the proxy takes as it is meant."""
        request = request_of(given, self.space)
        for path in (whole,) if whole is not None else (request.path, with_more(request.path, given)):
            self.work.spend()
            prepared = prepare(replace(request, path=path))
            if isinstance(prepared, Prepared) and all(holds(demand, prepared) for demand in target):
                return prepared
        raise Spent  # path and query hang together here: that no other request fits is not known

    def _values(self, slot: Slot, wanted: Region) -> tuple[str, ...] | None:
        key = slot, wanted
        if key not in self._kept:
            self._kept[key] = self._search(slot, wanted)
        return self._kept[key]

    def _search(self, slot: Slot, wanted: Region) -> tuple[str, ...] | None:
        if slot.part is Part.OWN:
            return own_values(slot, wanted)
        if may_be_missing(slot) and all(demand.missing for demand in wanted):
            return ()
        if slot.part is Part.NEVER or any(demand.values is Values.NEVER for demand in wanted):
            return None
        some = tuple(demand.test for demand in wanted if demand.values is Values.SOME)
        none = tuple(demand.test for demand in wanted if demand.values is Values.NONE)
        if not (self._repeats and may_repeat(slot)):
            text = self._text(slot, Wanted(some, none))
            return None if text is None else (text,)
        values: list[str] = []
        together = self._one_for_all(slot, Wanted(some, none))
        if together is not None:
            return (together,)
        for test in some:
            if any(test.fits(each) for each in values):
                continue
            text = self._text(slot, Wanted((test,), none))
            if text is None:
                return None
            values.append(text)
        return tuple(values) if values else None

    def _one_for_all(self, slot: Slot, wanted: Wanted) -> str | None:
        """One value that satisfies everything; None if several may be needed."""
        try:
            return self._text(slot, wanted)
        except Spent:
            if len(wanted.inside) < 2:
                raise
            return None

    def _text(self, slot: Slot, wanted: Wanted) -> str | None:
        if clashing(wanted):
            self.work.spend()
            return None
        words = self.space.words(slot)
        if words is not None:
            return self._word(words, wanted)
        if slot.part is Part.HOST:
            return self._host(wanted)
        if not wanted.inside and wanted.fits(ANY_VALUE):
            return ANY_VALUE
        return find_text(UNIVERSES[slot.part], wanted, self.work)

    def _word(self, words: Collection[str], wanted: Wanted) -> str | None:
        only = next((test.only for test in wanted.inside if test.only is not None), None)
        if only is not None:
            words = (only,) if only in words else ()
        for word in words:
            self.work.spend()
            if wanted.fits(word):
                return word
        return None

    def _host(self, wanted: Wanted) -> str | None:
        """A Host header that leads here: a usual one, or any that can be found."""
        for host in (*self.space.hosts, *spellings(self.space.hosts[0], wanted)):
            self.work.spend()
            if wanted.fits(host) and self.space.serves(host) and HOSTS.holds(host):
                return host
        found = find_text(self.space.headers, wanted, self.work)
        if found is None or self.space.serves(found):
            return found
        if any(test.only is not None for test in wanted.inside):
            return None
        raise Spent


def only_target(target: Region) -> str | None:
    """The path with its query that is the only one wanted; None if several may do."""
    texts = (demand.test.only for demand in target if demand.values is Values.SOME)
    return next((text for text in texts if text is not None), None)


def possible_target(target: Region, whole: str | None) -> bool:
    """Whether a request can satisfy conditions on its path and query, which are `whole` where only one is wanted.

    Raises `Spent` where that cannot be told.
    """
    if any(demand.slot.part is Part.TARGET and demand.values is Values.NEVER for demand in target):
        return False
    if whole is None:
        return True
    if not whole.startswith("/"):
        return False
    prepared = prepare(Request(whole))
    if not isinstance(prepared, Prepared) or prepared.routed_path != whole:
        raise Spent  # routes may never see such a path
    return all(holds(demand, prepared) for demand in target)


def holds(demand: Demand, prepared: Prepared) -> bool:
    """Whether a condition on the path, its query or both holds."""
    texts = {Part.PATH: prepared.path, Part.PARAMETER: prepared.parameters.get(demand.slot.name)}
    text = texts.get(demand.slot.part, prepared.routed_path)
    if text is None:
        return demand.missing
    if demand.values in (Values.ANY, Values.NEVER):
        return demand.values is Values.ANY
    return demand.test.fits(text) is (demand.values is Values.SOME)


def with_more(path: str, given: Given) -> str:
    """A path and query with a parameter that nobody asks for."""
    asked = {slot.name for slot in given if slot.part is Part.PARAMETER}
    name = next(name for name in ("x" * size for size in count(1)) if name not in asked)
    return f"{path}{'&' if '?' in path else '?'}{name}"


def request_of(given: Mapping[Slot, tuple[str, ...]], space: Space) -> Request:
    """The request with these values, and the usual ones elsewhere."""

    def one(slot: Slot, usual: str) -> str:
        return given.get(slot, (usual,))[0]

    headers = tuple((slot.name, text) for slot, texts in given.items() if slot.part is Part.HEADER for text in texts)
    query = "&".join(
        f"{slot.name}={text}" for slot, texts in given.items() if slot.part is Part.PARAMETER for text in texts
    )
    return Request(
        path=one(PATH, "/") + (f"?{query}" if query else ""),
        host=one(Slot(Part.HOST), space.hosts[0]),
        method=one(METHOD, "GET"),
        scheme=space.scheme,
        port=int(one(PORT, str(space.usual_port))),
        headers=headers,
    )


@dataclass(frozen=True, slots=True)
class Reached:
    """A request that gets to the route."""

    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Closed:
    """No request gets there: these earlier places take them all, none if the conditions alone are never met."""

    by: frozenset[int]


@dataclass(frozen=True, slots=True)
class Untold:
    """It cannot be told."""


Outcome = Reached | Closed | Untold
Takers = Callable[[Prepared], Iterable[int]]
"""The places of all routes that a request satisfies, in order."""


class Witness:
    """Looks for a request that satisfies some conditions and that no route before a place takes.

    `takers` tell who takes a request, `routes` are the conditions of each; `compared` counts the routes that took one.
    """

    def __init__(self, maker: RequestMaker, routes: Callable[[int], Region | None], takers: Takers) -> None:
        self._maker = maker
        self._routes = routes
        self._takers = takers
        self.compared = 0

    def search(self, region: Region, place: int) -> Outcome:
        """A request that satisfies `region` and misses every route before `place`, or the proof that there is none."""
        try:
            return self._search(region, place)
        except (Spent, RecursionError):
            return Untold()

    def _search(self, region: Region, place: int) -> Outcome:
        if len(region) > MOST_DEMANDS:
            raise Spent
        try:
            prepared = self._maker.make(region)
        except Spent:
            return Untold()
        if prepared is None:
            return Closed(frozenset())
        taker = self._taker(prepared, place)
        if taker is None:
            return Reached(prepared)
        number, conditions = taker
        return self._around(region, place, number, conditions)

    def _taker(self, prepared: Prepared, place: int) -> tuple[int, Region] | None:
        """The first route before a place that takes a request for sure, with its conditions."""
        for number in self._takers(prepared):
            if number >= place:
                return None
            self.compared += 1
            self._maker.work.spend()
            conditions = self._routes(number)
            if conditions is not None:
                return number, conditions
        return None

    def _around(self, region: Region, place: int, number: int, conditions: Region) -> Outcome:
        """A request that misses one condition of the route that took the last one."""
        by = {number}
        told = True
        for demand in conditions:
            if demand in region:
                continue
            found = self._search((*region, demand.negated), place)
            if isinstance(found, Reached):
                return found
            if isinstance(found, Closed):
                by |= found.by
            told = told and isinstance(found, Closed)
            region = (*region, demand)
        return Closed(frozenset(by)) if told else Untold()


def impossible_alone(region: Region, space: Space) -> bool:
    """Whether some condition is one that no request meets, whatever else is asked."""
    maker = RequestMaker(space, Work(MATCH_WORK))
    return any(maker.possible((demand,)) is Truth.NO for demand in region)

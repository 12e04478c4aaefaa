"""Which routes of one virtual host a request can reach, and which earlier ones take some or all of their requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.neighbours import Neighbours, alone
from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.matching.plain import plain_request
from kubectl_gmg.matching.search import Work
from kubectl_gmg.matching.space import Space, demands
from kubectl_gmg.matching.theory import (
    Closed,
    Outcome,
    Reached,
    Region,
    RequestMaker,
    Truth,
    Untold,
    Witness,
    both,
    covers,
    impossible_alone,
    matches,
    overlaps,
)
from kubectl_gmg.model.match import ROOT, PathKind, RouteMatch
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.verdict import Proof

HOST_WORK = 6_000_000
"""Steps for all routes of a host: each has its share of it, whoever is asked about first."""

LEAST_WORK = 2_000
MOST_WORK = 60_000
"""Steps for one route, in small and in large hosts."""

PAIR_WORK = 2_000
"""Steps for two routes that may share requests."""

HOST_PAIRS = 200_000
LEAST_NEIGHBOURS = 20
MOST_NEIGHBOURS = 300
"""How many earlier routes are looked at that may take some requests of one; all routes of a host share the pairs."""

MOST_COVERS = 20
"""Earlier routes that are tried as the only one to blame."""

PROOFS = {
    PathKind.EXACT: Proof.EXACT,
    PathKind.PREFIX: Proof.PREFIX,
    PathKind.SEPARATED_PREFIX: Proof.PREFIX,
    PathKind.REGEX: Proof.REGEX,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of one route; routes are named by their places, the first being 0.

    With a `proof` no request reaches it: those of `by` take them all, and `request` is one that reads as if it were for
    this route. Otherwise `witness` reaches it. Where `decided` is false neither is known.
    """

    proof: Proof | None = None
    by: tuple[int, ...] = ()
    request: Request | None = None
    witness: Request | None = None
    decided: bool = True


UNDECIDED = Verdict(decided=False)


class HostTheory:
    """The verdicts of the routes of one virtual host; each is found by itself, so the order of questions is free.

    `compared` counts the pairs of routes that were looked at.
    """

    def __init__(self, routes: Sequence[RouteMatch], space: Space) -> None:
        self._routes = tuple(routes)
        self._space = space
        self._made: RouteFinder | None = None
        self._regions: dict[int, Region] = {}
        self._neighbours: Neighbours | None = None
        self._alone: bytearray | None = None
        self._work = min(MOST_WORK, max(LEAST_WORK, HOST_WORK // max(1, len(self._routes))))
        self._near = min(MOST_NEIGHBOURS, max(LEAST_NEIGHBOURS, HOST_PAIRS // max(1, len(self._routes))))
        self._pairs = 0

    @property
    def compared(self) -> int:
        """How many pairs were compared, those in look-ups included."""
        return self._pairs + (self._made.compared if self._made else 0)

    @property
    def _finder(self) -> RouteFinder:
        """Tells who takes a request; made when the first is asked about."""
        self._made = self._made or RouteFinder(self._routes)
        return self._made

    def verdict(self, place: int) -> Verdict:
        """Whether a request can reach a route, with the proof or a witness."""
        match = self._routes[place]
        if match.fraction <= 0:
            return Verdict(Proof.DISABLED)
        if self._is_alone(place) and (plain := plain_request(match)) is not None:
            return Verdict(witness=self._space.request(match.method or "GET", *plain))
        maker = RequestMaker(self._space, Work(self._work))
        among: frozenset[int] | None = frozenset() if self._is_alone(place) else None
        found = self._search(maker, self._region(place), place, among)
        if isinstance(found, Reached):
            return Verdict(witness=found.prepared.request) if matches(match, found.prepared) else UNDECIDED
        if isinstance(found, Untold):
            return self._covered(place, self._before(place)[:MOST_COVERS]) or UNDECIDED
        if not found.by:
            alone = impossible_alone(self._region(place), self._space)
            return Verdict(Proof.DISABLED if alone else Proof.CONTRADICTION)
        return self._covered(place, sorted(found.by)[:MOST_COVERS]) or self._joint(place, found, maker)

    def undisputed(self, place: int) -> bool:
        """Whether it is plain that requests reach a route, and that no earlier one takes any of them."""
        return self._is_alone(place) and plain_request(self._routes[place]) is not None

    def _is_alone(self, place: int) -> bool:
        """Whether no earlier route can share a path with this one."""
        if self._alone is None:
            self._alone = alone(self._routes)
        return bool(self._alone[place])

    def _region(self, place: int) -> Region:
        if place not in self._regions:
            self._regions[place] = demands(self._routes[place])
        return self._regions[place]

    def _sure(self, place: int) -> Region | None:
        """The conditions of a route that takes all that fits; None for one that takes only a share."""
        return self._region(place) if self._routes[place].fraction >= 1 else None

    def _search(self, maker: RequestMaker, region: Region, place: int, among: frozenset[int] | None = None) -> Outcome:
        """A request for a region that no route before `place` takes, or none of `among`."""

        def takers(prepared: Prepared) -> Iterable[int]:
            every = self._finder.matching(prepared) if among != frozenset() else ()
            return every if among is None else (each for each in every if each in among or each >= place)

        witness = Witness(maker, self._sure, takers)
        found = witness.search(region, place)
        self._pairs += witness.compared
        return found

    def _covered(self, place: int, candidates: Sequence[int]) -> Verdict | None:
        """The verdict that one earlier route takes everything; None if none of the candidates surely does."""
        for number in candidates:
            self._pairs += 1
            if self._sure(number) is None:
                continue
            if covers(self._routes[number], self._routes[place], self._space) is Truth.YES:
                request = self._taken(place, number)
                if request is not None or number == candidates[0]:
                    kind = (self._routes[number].path or ROOT).kind
                    return Verdict(PROOFS[kind], (number,), request)
        return None

    def _taken(self, place: int, number: int) -> Request | None:
        """A request that reads as if it were for a route, and that an earlier one takes."""
        maker = RequestMaker(self._space, Work(self._work))
        found = self._search(maker, both(self._region(place), self._region(number)), number)
        return found.prepared.request if isinstance(found, Reached) else None

    def _joint(self, place: int, found: Closed, maker: RequestMaker) -> Verdict:
        """The verdict that several routes take everything together, none of them in vain."""
        needed = found.by
        for number in sorted(found.by, reverse=True):
            fewer = needed - {number}
            if fewer and isinstance(self._search(maker, self._region(place), place, fewer), Closed):
                needed = fewer
        by = tuple(sorted(needed))
        proof = Proof.JOINT if len(by) > 1 else PROOFS[(self._routes[by[0]].path or ROOT).kind]
        requests = (self._taken(place, number) for number in by)
        return Verdict(proof, by, next((each for each in requests if each is not None), None))

    def _before(self, place: int) -> list[int]:
        if self._neighbours is None:
            self._neighbours = Neighbours(self._routes)
        return self._neighbours.before(place, self._near)

    def partly(self, place: int) -> bool:
        """Whether some earlier route surely takes some requests of a route; those that repeat a header do not count."""
        for number in () if self._is_alone(place) else self._before(place):
            if self._sure(number) is not None and self._shared(place, number) is Truth.YES:
                return True
        return False

    def _shared(self, place: int, number: int) -> Truth:
        self._pairs += 1
        return overlaps(self._routes[place], self._routes[number], self._space, Work(PAIR_WORK), repeats=False)

    def shadows(self, place: int) -> tuple[tuple[tuple[int, Request], ...], int]:
        """The earlier routes that take some requests of a route, each with one; and of how many it is not known.

        Requests that repeat a header do not count.
        """
        found: list[tuple[int, Request]] = []
        untold = 0
        candidates = [] if self._is_alone(place) else self._before(place)
        for number in candidates:
            self._pairs += 1
            maker = RequestMaker(self._space, Work(PAIR_WORK), repeats=False)
            taken = self._search(maker, both(self._region(place), self._region(number)), number)
            if isinstance(taken, Reached):
                found.append((number, taken.prepared.request))
            untold += isinstance(taken, Untold)
        return tuple(found), untold + (place - len(candidates) if len(candidates) == self._near else 0)

"""Which route of many a request takes (`spec/envoy.md` 18 and 57)."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from kubectl_gmg.matching.condition import failed_beside_path
from kubectl_gmg.matching.index import PathIndex
from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.model.match import RouteMatch


class RouteFinder:
    """Finds routes by place, the first of them 0, among those of one virtual host.

    `compared` counts the routes that were looked at one by one, over all requests.
    """

    def __init__(self, matches: Sequence[RouteMatch]) -> None:
        self._matches = tuple(matches)
        self._index = PathIndex(self._matches)
        self.compared = 0

    def find(self, prepared: Prepared) -> int | None:
        """The first route that can match; None if there is none.

        One with a fraction below 1 is found although it takes only its share: see `winners`.
        """
        return next(self.matching(prepared), None)

    def matching(self, prepared: Prepared, after: int = -1) -> Iterator[int]:
        """All routes behind place `after` that match, in order, one at a time; a fraction of 0 never matches."""
        if not prepared.routable:
            return
        lists = [
            places if after < 0 else places[bisect_right(places, after) :]
            for bucket in self._index.find(prepared.path)
            for places in bucket.candidates(prepared)
        ]
        for place in heapq.merge(*lists):
            self.compared += 1
            if not failed_beside_path(self._matches[place], prepared):
                yield place

    def winners(self, prepared: Prepared) -> tuple[tuple[int, float], ...]:
        """The routes that take such requests, each with its share from 0 to 1 (`spec/envoy.md` 57).

        What the shares lack to 1 finds no route.
        """
        found: list[tuple[int, float]] = []
        left = 1.0
        for place in self.matching(prepared):
            share = left * min(self._matches[place].fraction, 1.0)
            found.append((place, round(share, 6)))
            left -= share
            if left <= 0:
                break
        return tuple(found)

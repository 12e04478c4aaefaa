"""Objects of which something was noted that makes further judgement idle: one cause, one finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.origin import ObjectRef, Origin


class Spoiled:
    """The places at which a problem of some codes was noted while objects were read."""

    def __init__(self, context: CheckContext, codes: Iterable[str]) -> None:
        self._places: defaultdict[ObjectRef, list[Origin]] = defaultdict(list)
        for code in codes:
            for problem in context.noted(code):
                self._places[problem.at.ref].append(problem.at)

    def of(self, ref: ObjectRef) -> tuple[Origin, ...]:
        """The places in one object."""
        return tuple(self._places.get(ref, ()))

    def at(self, place: Origin) -> bool:
        """Whether anything was noted at a place or below it."""
        length = len(place.path)
        return any(each.path[:length] == place.path for each in self._places.get(place.ref, ()))

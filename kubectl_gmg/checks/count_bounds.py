"""What a count in a status may be: the least and the most (`spec/v2.md` 13, SEM-19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kubectl_gmg.api.status import Published
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.controller_status import statuses
from kubectl_gmg.model.origin import ObjectRef


class Bounds(NamedTuple):
    """The least and the most that a count may be, None for no most, and what people would count."""

    least: int
    most: int | None
    found: tuple[str, ...] = ()

    def admit(self, count: int) -> bool:
        """Whether a count is possible."""
        return self.least <= count and (self.most is None or count <= self.most)


def settled(context: CheckContext) -> Mapping[ObjectRef, Published]:
    """The statuses of the objects of which the controller has accepted the very version that was read."""
    return {each.at.ref: each for each in context.once(statuses) if each.settled}


def all_given(context: CheckContext, kind: str) -> bool:
    """Whether every object of a kind was read; of files that hold none there may be more elsewhere (DEC-27)."""
    if kind in context.lacking:
        return False
    partial = any(realm.inventory.partial for _, realm in context.declared.realms)
    return not partial or kind in context.once(kinds_given)


def kinds_given(context: CheckContext) -> frozenset[str]:
    """The kinds of all objects that were read."""
    return frozenset(each.ref.kind for each in context.snapshot.objects)


def names(refs: Iterable[ObjectRef]) -> tuple[str, ...]:
    """Objects as people write them, in order."""
    return tuple(map(str, sorted(refs)))

"""Which generations a cluster has, told by the first kinds that answer: policies are asked for only beside others.

There are more kinds of policies than of all else together, and each that is not there costs a round trip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from threading import Condition

from kubectl_gmg.model.snapshot import Affects, Kind
from kubectl_gmg.sources.listing import KindList


def stands_alone(kind: Kind) -> bool:
    """Whether a kind matters whatever else is there; a policy does not."""
    return kind.affects != (Affects.POLICIES,)


class Generations:
    """Reads kinds, those of policies only where anything else of their generation is installed.

    Safe to use from several threads, if all kinds that stand alone are taken up before any other.
    """

    def __init__(self, kinds: Iterable[Kind], read: Callable[[Kind], KindList]) -> None:
        self._read = read
        self._awaited = Counter(kind.generation for kind in kinds if stands_alone(kind))
        self._installed: set[str] = set()
        self._told = Condition()

    def read(self, kind: Kind) -> KindList:
        """What one kind brings."""
        if not stands_alone(kind):
            return self._read(kind) if self._has(kind.generation) else KindList(kind, installed=False)
        installed = True
        try:
            found = self._read(kind)
            installed = found.installed
            return found
        finally:
            self._tell(kind.generation, installed=installed)

    def _tell(self, generation: str, *, installed: bool) -> None:
        with self._told:
            self._awaited[generation] -= 1
            if installed:
                self._installed.add(generation)
            self._told.notify_all()

    def _has(self, generation: str) -> bool:
        """Whether anything of a generation is installed; waits until that is known."""
        with self._told:
            self._told.wait_for(lambda: generation in self._installed or not self._awaited[generation])
            return generation in self._installed

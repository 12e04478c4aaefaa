"""Which Host headers lead to one virtual host of several, as an automaton (`spec/envoy.md` 1 to 3)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property

from kubectl_gmg.matching.automaton import Automaton, automaton
from kubectl_gmg.matching.host import lookup_name
from kubectl_gmg.matching.language import accepted
from kubectl_gmg.matching.text import folded
from kubectl_gmg.matching.universe import HOSTS
from kubectl_gmg.regex import quote

State = Hashable
COLON, BRACKET = ord(":"), ord("]")

Read = tuple[int | None, ...]
"""What was read, as each domain sees it."""


class Served:
    """The Host headers whose name falls under a domain of one virtual host, where others may have better ones.

    The port is not part of the name. So the state is what was read, and whether what stands before the last colon leads
    to the host; None without a colon.
    """

    def __init__(self, domains: Callable[[], Iterable[tuple[str, bool]]]) -> None:
        """Asked when needed, `domains` are all of a listener, each with whether it belongs to the host."""
        self._asked = domains

    @cached_property
    def _domains(self) -> list[tuple[Automaton, bool]]:
        """All domains, the best first; of equal ones the first counts. No host is beyond ASCII.

        One with a port is left out: only a Host header with two ports would get there (`spec/envoy.md` 6).
        """
        names: dict[str, bool] = {}
        for name, ours in self._asked():
            if lookup_name(name) == folded(name):
                names.setdefault(folded(name), ours)
        ranked = [(automaton(f"(?i){pattern(name)}"), names[name]) for name in sorted(names, key=preference)]
        return [(texts, ours) for texts, ours in ranked if texts is not None]

    @cached_property
    def start(self) -> State:
        """Nothing read, and no colon."""
        return tuple(texts.start for texts, _ in self._domains), None

    def step(self, state: State, letter: int) -> State | None:
        """What was read with one letter more; None where no domain of the host can be read any more."""
        if HOSTS.step(HOSTS.start, letter) is None or not isinstance(state, tuple):
            return None
        read, before = state
        if letter in (COLON, BRACKET):
            before = self._ours(read) if letter == COLON else None
        steps = zip(self._domains, read, strict=True)
        after = tuple(None if each is None else texts.step(each, letter) for (texts, _), each in steps)
        alive = any(ours and each is not None for (_, ours), each in zip(self._domains, after, strict=True))
        return (after, before) if alive or before else None

    def accepts(self, state: State) -> bool:
        """Whether the best domain of the name is one of the host."""
        return isinstance(state, tuple) and (self._ours(state[0]) if state[1] is None else bool(state[1]))

    def _ours(self, read: Read) -> bool:
        fitting = (
            ours
            for (texts, ours), each in zip(self._domains, read, strict=True)
            if each is not None and texts.accepts(each)
        )
        return next(fitting, False)

    def breaks(self, state: State) -> Sequence[int]:
        """Where any domain tells letters apart, and the letters around a port."""
        found = {*HOSTS.breaks(HOSTS.start), COLON, COLON + 1, BRACKET, BRACKET + 1}
        if isinstance(state, tuple):
            for (texts, _), each in zip(self._domains, state[0], strict=True):
                found.update(() if each is None else texts.breaks(each))
        return sorted(found)

    def full(self, _state: State) -> bool:
        """Never: some letters are in no host."""
        return False

    def holds(self, text: str) -> bool:
        """Whether a Host header leads to the virtual host."""
        return accepted(self, text)


def preference(name: str) -> tuple[int, int]:
    """Exact names first, then stars at the front, at the end, and for everything; long ones first."""
    if name == "*":
        return 3, 0
    rank = 1 if name.startswith("*") else 2 if name.endswith("*") else 0
    return rank, -len(name)


def pattern(name: str) -> str:
    """The names that a domain covers; a star stands for something, but that for everything."""
    rank, _ = preference(name)
    return (quote(name), f".+{quote(name[1:])}", f"{quote(name[:-1])}.+", ".*")[rank]

"""Choices that hypothesis makes all at once: it takes long for each draw, and a graph has hundreds.

Every object has a block of its own, so that one can be shrunk without the others. The first entry of every choice is
the plainest: that is what hypothesis shrinks to.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
BLOCK = 128
"""How many choices an object has of its own, a byte each; from there on they are repeated."""


class Dice:
    """What one object is chosen with."""

    def __init__(self, block: bytes) -> None:
        self._bytes = cycle(block)

    def below(self, count: int) -> int:
        """A number from 0 to below `count`, which is far below 256."""
        return next(self._bytes) % count

    def shuffled(self, entries: list[Any]) -> list[Any]:
        """The entries in any order."""
        left, found = list(entries), []
        while left:
            found.append(left.pop(self.below(len(left))))
        return found


def some_dice(draw: st.DrawFn, objects: int) -> Iterator[Dice]:
    """Dice for so many objects."""
    text = draw(st.binary(min_size=objects * BLOCK, max_size=objects * BLOCK))
    return (Dice(text[start : start + BLOCK]) for start in range(0, len(text), BLOCK))


def choose(dice: Dice, *choices: Any) -> Any:
    """One of the choices."""
    return choices[dice.below(len(choices))]


def rarely(dice: Dice, common: Any, *rare: Any) -> Any:
    """Mostly `common`."""
    return choose(dice, *(common,) * (5 * len(rare)), *rare)


def some(dice: Dice, fields: dict[str, list[Any]]) -> Json:
    """Some of the fields, each with one of its values."""
    return {name: choose(dice, *values) for name, values in fields.items() if choose(dice, False, True)}

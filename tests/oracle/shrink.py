"""Makes a failing example small: whatever can be left out of it, or simplified, while it still fails, is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, TypeVar

from kubectl_gmg.model.origin import Origin

T = TypeVar("T")

TRIES = 2000


def shrunk(example: T, fails: Callable[[T], bool]) -> T:
    """The smallest example found that still fails, within a fixed number of tries."""
    tries = 0
    smaller: T | None = example
    while smaller is not None:
        example, smaller = smaller, None
        for candidate in simpler(example):
            tries += 1
            if tries > TRIES:
                return example
            if fails(candidate):
                smaller = candidate
                break
    return example


def simpler(value: Any) -> Iterator[Any]:
    """All values that are one step simpler, the biggest steps first."""
    if isinstance(value, str) and type(value) is str:
        yield from shorter(value)
    elif isinstance(value, tuple):
        yield from shorter(value)
        for place, entry in enumerate(value):
            for candidate in simpler(entry):
                yield (*value[:place], candidate, *value[place + 1 :])
    elif is_dataclass(value) and not isinstance(value, type | Origin):
        yield from plainer(value)


def shorter(value: Any) -> Iterator[Any]:
    """A text or tuple without its halves, and without each of its entries."""
    middle = len(value) // 2
    if middle > 1:
        yield value[middle:]
        yield value[:middle]
    for place in range(len(value)):
        yield value[:place] + value[place + 1 :]


def plainer(value: Any) -> Iterator[Any]:
    """A dataclass with a field at its default, or simplified."""
    for field in fields(value):
        now = getattr(value, field.name)
        if field.default is not MISSING and now != field.default:
            yield replace(value, **{field.name: field.default})
    for field in fields(value):
        for candidate in simpler(getattr(value, field.name)):
            yield replace(value, **{field.name: candidate})

"""Values that there are many of: immutable to the type checker, and cheap to make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

C = TypeVar("C")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(made: type[C]) -> type[C]:
    """A frozen dataclass with slots whose freezing is left to the type checker, which refuses every assignment.

    A dataclass that is frozen while it runs sets each field by a call of `object.__setattr__`, which makes it five
    times as slow to make. That matters for what every route has several of, and for nothing else.
    """
    return dataclass(slots=True, unsafe_hash=True)(made)


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def individual(made: type[C]) -> type[C]:
    """The same for what is never equal to another: compared, and found again, by identity."""
    return dataclass(slots=True, eq=False)(made)

"""How traffic is split (`spec/envoy.md` 55 and 56, `spec/v1beta1.md` D-9)."""

from __future__ import annotations

from collections.abc import Sequence


def shares(weights: Sequence[int | None]) -> tuple[float, ...]:
    """The part of the traffic, from 0 to 1, of each destination; None is a weight that nobody wrote.

    Weights are relative. None written, or all 0, is an even split; beside written ones an omitted weight is 0. A
    single destination gets everything. Parts are rounded to six decimals.
    """
    if len(weights) == 1:
        return (1.0,)
    numbers = [weight or 0 for weight in weights]
    if not any(numbers):
        numbers = [1] * len(numbers)
    return tuple(round(number / sum(numbers), 6) for number in numbers)

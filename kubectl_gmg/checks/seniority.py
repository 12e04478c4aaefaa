"""Why one of two objects comes first: the older one does, then the first by name (`spec/v1beta1.md` D-26, 7.1)."""

from __future__ import annotations

from typing import Protocol

from kubectl_gmg.resolve.age import instant


class Aged(Protocol):
    """What says when it was created; None counts as the newest."""

    @property
    def created(self) -> str | None:
        """The time of creation."""


def why_first(first: Aged, second: Aged) -> str:
    """What `first` is, so that it comes before `second`: the end of a sentence about it."""
    ages = instant(first.created), instant(second.created)
    if ages[0] != ages[1]:
        return "is older" if None not in ages else "counts as older, since the other has no creationTimestamp"
    alike = "both are equally old" if ages[0] is not None else "neither has a creationTimestamp"
    return f"comes first by namespace and name, since {alike}"

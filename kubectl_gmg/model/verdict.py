"""Whether a route can be reached (`spec/cli.md` 6.2)."""

from __future__ import annotations

from enum import StrEnum


class Proof(StrEnum):
    """Why no request gets to a route; the values are those of `spec/cli.md` 6.8."""

    EXACT = "exact"
    PREFIX = "prefix"
    REGEX = "regex"
    """One earlier route, of this kind of path, takes them all."""
    JOINT = "joint"
    """Several earlier routes together do."""
    CONTRADICTION = "contradiction"
    """Its own conditions exclude each other."""
    DISABLED = "disabled"
    """It has a condition that no request meets, as the proxy reads it."""
    DROPPED = "dropped"
    """The product leaves it out behind a catch-all of the same root."""

"""How policies choose what they act on, and what becomes of several that choose the same (`spec/v2.md` 2.7, 11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubectl_gmg.model.action import DestinationKind, Selector


class Clash(StrEnum):
    """What becomes of several policies of one kind on one route, destination, listener or workload."""

    OLDEST = "oldest"
    EACH = "each"


class Stage(StrEnum):
    """When a policy acts on a request, seen from authorization; the values are those of `spec/cli.md` 6.8."""

    PRE_AUTHZ = "preAuthz"
    POST_AUTHZ = "postAuthz"


@dataclass(frozen=True, slots=True)
class Phase:
    """The place of a policy among those of its stage: the lowest priority first (`spec/v2.md` 11.2 rule 7)."""

    stage: Stage
    priority: int = 0


class By(StrEnum):
    """What a policy chose a route by (`spec/cli.md` 6.8)."""

    LABELS = "labels"
    DESTINATIONS = "destinations"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class DestinationSelector:
    """Chooses destinations of one of the `kinds`; a `selector` of None means all of them, and no port every port."""

    kinds: frozenset[DestinationKind]
    selector: Selector | None = None
    port: int | None = None
    port_name: str | None = None


@dataclass(frozen=True, slots=True)
class ListenerSelector:
    """Chooses listeners by their gateway and by their port; a `gateway` of None means all of them."""

    gateway: Selector | None = None
    port: int | None = None
    port_name: str | None = None

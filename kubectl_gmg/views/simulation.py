"""What becomes of requests (`spec/cli.md` 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only annotations name the model, so that what prints no routes need not import it
    from kubectl_gmg.matching.response import Response
    from kubectl_gmg.model.action import ResolvedDestination
    from kubectl_gmg.model.request import Request
    from kubectl_gmg.model.resolved import Gateway, Host, ResolvedListener
    from kubectl_gmg.views.about import About
    from kubectl_gmg.views.routes import RouteRow


@dataclass(frozen=True, slots=True, eq=False)
class Upstream:
    """The request as it is sent on; of a connection that goes as a whole nothing but where to is known."""

    method: str | None
    host: str | None
    path: str | None
    destinations: tuple[ResolvedDestination, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A route that was looked at; `why` says more than `reason` for people."""

    row: RouteRow
    verdict: str
    reason: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class MayDiffer:
    """Why an answer may be another one: something that was not read may answer first (`spec/v1beta1.md` D-27).

    `id` is that of the rule that delegates there, in the form of routes; None for a host or gateway that was not read.
    """

    id: str | None
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Closest:
    """A route that failed one condition only, and a request like the asked one that would have matched."""

    row: RouteRow
    reason: str
    request: Request
    routed_path: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A redirect that was followed; `key` is that of its route, None for the listener's own."""

    status: int
    location: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something that was asked to hold."""

    key: str
    wanted: str
    got: str
    held: bool


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What one entry point does with one request (`spec/cli.md` 6.3).

    `why` says in words why that is so, `notes` what else is to be known.
    """

    request: Request
    routed_path: str
    outcome: str
    gateway: Gateway | None = None
    listener: ResolvedListener | None = None
    host: Host | None = None
    domain: str | None = None
    row: RouteRow | None = None
    upstream: Upstream | None = None
    response: Response | None = None
    candidates: tuple[Candidate, ...] = ()
    omitted: int = 0
    expectations: tuple[Expectation, ...] = ()
    not_simulated: tuple[str, ...] = ()
    once_fixed: Simulated | None = None
    may_differ: tuple[MayDiffer, ...] = ()
    input: tuple[str, int] | None = None
    why: str = ""
    closest: tuple[Closest, ...] = ()
    redirects: tuple[Followed, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of `--requests` that is no request."""

    error: str
    input: tuple[str, int]


NEGATIVE = frozenset({"noGateway", "noHost", "noRoute", "connectionClosed", "notRouted", "proxyResponse"})
"""The outcomes that mean that nothing was reached (`spec/cli.md` 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """The answers to one or many requests; `all_entries` prints every entry point that answers."""

    about: About
    items: tuple[Simulated | BadLine, ...]
    requests: int
    all_entries: bool = False
    verbose: bool = False
    many: bool = False

    @property
    def negative(self) -> bool:
        """Whether any request came to nothing, or anything expected did not hold."""
        return any(is_negative(item) for item in self.items)

    @property
    def broken(self) -> bool:
        """Whether any line was no request."""
        return any(isinstance(item, BadLine) for item in self.items)


def is_negative(item: Simulated | BadLine) -> bool:
    """Whether one answer counts as negative."""
    if isinstance(item, BadLine):
        return False
    return item.outcome in NEGATIVE or not all(each.held for each in item.expectations)

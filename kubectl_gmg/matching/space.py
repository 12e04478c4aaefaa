"""Where requests to the routes of one virtual host come from, and what each of their parts can be."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from kubectl_gmg.matching.language import TextTest, Universe
from kubectl_gmg.matching.path import JOINED, OWN, REMOVED
from kubectl_gmg.matching.text import folded
from kubectl_gmg.matching.universe import HEADER_VALUES, HOSTS, PATHS, QUERY_VALUES
from kubectl_gmg.matching.wellformed import METHODS, is_header_name
from kubectl_gmg.model.match import (
    ROOT,
    HeaderMatch,
    QueryParameterMatch,
    RouteMatch,
    ValueKind,
)
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.value import value


class Part(StrEnum):
    """What a condition looks at. `TARGET` is the path with its query, which the header `:path` stands for."""

    PATH = "path"
    METHOD = "method"
    HOST = "host"
    SCHEME = "scheme"
    TARGET = "target"
    HEADER = "header"
    PARAMETER = "parameter"
    PORT = "port"
    OWN = "own"
    """A header that the proxy itself sees to, so that a client does not decide on its value."""
    NEVER = "never"
    """A header or parameter that no request can have."""


@value
class Slot:
    """One part of a request; headers are named in lower case."""

    part: Part
    name: str = ""


class Values(StrEnum):
    """What the values in a slot must be, if there are any."""

    ANY = "any"
    NEVER = "never"
    SOME = "some"
    """At least one passes the test."""
    NONE = "none"
    """None passes it."""


OPPOSITE = {Values.ANY: Values.NEVER, Values.NEVER: Values.ANY, Values.SOME: Values.NONE, Values.NONE: Values.SOME}


@value
class Demand:
    """A condition on one slot: whether it holds where there is no value, and what the values must be."""

    slot: Slot
    missing: bool
    values: Values
    test: TextTest = TextTest(ValueKind.PRESENT)

    @property
    def negated(self) -> Demand:
        """The opposite condition."""
        return Demand(self.slot, not self.missing, OPPOSITE[self.values], self.test)


PATH = Slot(Part.PATH)
METHOD = Slot(Part.METHOD)
PORT = Slot(Part.PORT)
GRPC = Demand(
    Slot(Part.HEADER, "content-type"),
    missing=False,
    values=Values.SOME,
    test=TextTest(ValueKind.REGEX, r"application/grpc(\+.*)?"),
)
"""What the `grpc` condition means (`spec/envoy.md` 26)."""

FRAMING = frozenset(("connection", "content-length", "te", "transfer-encoding", "upgrade"))
"""Headers that say how a request is sent; the proxy takes some of them off."""

PSEUDO = {
    ":method": METHOD,
    ":authority": Slot(Part.HOST),
    "host": Slot(Part.HOST),
    ":scheme": Slot(Part.SCHEME),
    ":path": Slot(Part.TARGET),
    "x-forwarded-proto": Slot(Part.SCHEME),
}
"""Headers that are another part of the request (`spec/envoy.md` 22)."""

NEVER = Slot(Part.NEVER)


def demands(match: RouteMatch) -> tuple[Demand, ...]:
    """The conditions of a match, each on one slot; all of them together are the match."""
    path = match.path or ROOT
    found = [Demand(PATH, False, Values.SOME, TextTest(path.kind, path.value, path.ignore_case))]
    if match.method:
        found.append(Demand(METHOD, False, Values.SOME, TextTest(ValueKind.EXACT, match.method)))
    found += map(header_demand, match.headers)
    found += [GRPC] if match.grpc else []
    found += map(parameter_demand, match.query_parameters)
    if match.port is not None:
        found.append(Demand(PORT, False, Values.SOME, TextTest(ValueKind.EXACT, str(match.port))))
    return tuple(dict.fromkeys(found))


def header_slot(name: str) -> Slot:
    """What a header of that name is."""
    name = folded(name)
    if name in OWN or name in FRAMING:
        return Slot(Part.OWN, name)
    possible = is_header_name(name) and name not in REMOVED
    return PSEUDO.get(name) or (Slot(Part.HEADER, name) if possible else NEVER)


def header_demand(header: HeaderMatch) -> Demand:
    """One header test (`spec/envoy.md` 19 to 24)."""
    slot = header_slot(header.name)
    if header.kind is ValueKind.PRESENT:
        found = not header.invert
        return Demand(slot, found if header.missing_as_empty else header.invert, Values.ANY if found else Values.NEVER)
    if header.kind is ValueKind.RANGE and header.start >= header.end:  # no value passes
        return Demand(slot, header.invert and header.missing_as_empty, Values.ANY if header.invert else Values.NEVER)
    test = TextTest(header.kind, header.value, header.ignore_case, header.start, header.end)
    missing = header.missing_as_empty and test.fits("") is not header.invert
    return Demand(slot, missing, Values.NONE if header.invert else Values.SOME, test)


def differs_by_listener(match: RouteMatch) -> bool:
    """Whether a match asks for a port, or for what a listener or its host decides."""
    return match.port is not None or any(folded(header.name) in PSEUDO for header in match.headers)


def parameter_demand(parameter: QueryParameterMatch) -> Demand:
    """One test of a query parameter (`spec/envoy.md` 25)."""
    legal = all("!" <= letter <= "~" and letter not in "&#=" for letter in parameter.name)
    slot = Slot(Part.PARAMETER, parameter.name) if legal else NEVER
    if parameter.kind is ValueKind.PRESENT:
        return Demand(slot, parameter.invert, Values.NEVER if parameter.invert else Values.ANY)
    test = TextTest(parameter.kind, parameter.value)
    return Demand(slot, False, Values.NONE if parameter.invert else Values.SOME, test)


COMMON_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
ROUTED_METHODS = (*COMMON_METHODS, *sorted(METHODS - {*COMMON_METHODS, "CONNECT"}))
"""Every method that finds a route, those that people know first (`spec/envoy.md` 66)."""

COMMON_PORTS = (80, 443, 8080)


@cache
def every_port() -> dict[str, None]:
    """Every port, those that people know first."""
    return dict.fromkeys(map(str, (*COMMON_PORTS, *range(1, 65536))))


def anybody(_host: str) -> bool:
    """Every host is served."""
    return True


@dataclass(frozen=True, slots=True)
class Space:
    """The requests that reach one virtual host by one listener.

    `hosts` are Host headers that do, the first of them the usual one; `serves` tells of any, and
    `headers` may be all of them. A `port` of None is not known.
    """

    scheme: str = "http"
    hosts: tuple[str, ...] = ("www.example.com",)
    port: int | None = None
    serves: Callable[[str], bool] = anybody
    headers: Universe = HOSTS

    @property
    def usual_port(self) -> int:
        """The port that a request is sent to."""
        return self.port if self.port is not None else {"https": 443}.get(self.scheme, 80)

    def request(self, method: str, path: str, headers: tuple[tuple[str, str], ...]) -> Request:
        """A request with nothing else to it."""
        return Request(path, self.hosts[0], method, self.scheme, self.usual_port, headers)

    def words(self, slot: Slot) -> Collection[str] | None:
        """All texts that a slot can have, where these are few; None where they are not."""
        if slot.part is Part.METHOD:
            return ROUTED_METHODS
        if slot.part is Part.SCHEME:
            return (self.scheme,)
        if slot.part is Part.PORT:
            return every_port() if self.port is None else (str(self.port),)
        return None


UNIVERSES: dict[Part, Universe] = {
    Part.PATH: PATHS,
    Part.HOST: HOSTS,
    Part.HEADER: HEADER_VALUES,
    Part.PARAMETER: QUERY_VALUES,
}


def may_be_missing(slot: Slot) -> bool:
    """Whether a request can do without it."""
    return slot.part in (Part.HEADER, Part.PARAMETER, Part.NEVER)


def may_repeat(slot: Slot) -> bool:
    """Whether a request can have several values there, each of them tested (`spec/envoy.md` 20)."""
    return slot.part is Part.HEADER and slot.name not in JOINED

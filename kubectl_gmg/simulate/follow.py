"""Redirects followed in simulation (`spec/cli.md` 6.3), as `curl -L` does it: measured on curl 7.88."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kubectl_gmg.matching.host import lookup_name
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.request import Request
from kubectl_gmg.simulate.entry import EntryPoint
from kubectl_gmg.simulate.trace import in_order
from kubectl_gmg.views import Followed, Simulated

MOST_REDIRECTS = 10
"""How many redirects are followed one after the other (`spec/cli.md` 2.2)."""

MOST_ANSWERS = 100
"""How many answers one request may lead to: where many gateways redirect, each by its own way, they multiply."""

DEFAULT_PORTS = {"http": 80, "https": 443}
SECRETS = frozenset({"authorization", "cookie"})
"""Headers that curl sends to the first place only."""

BECOMING_GET = frozenset({301, 302, 303})
"""After these curl sends a body no more, even if `-X` keeps the method."""

LOOP = "a loop: this request was asked before"

Ask = Callable[[Request, int | None, EntryPoint | None], tuple[Simulated, ...]]
"""Simulates a request: with the port that narrows its entry points, or through one entry point only."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client connects to; `name` is in lower case, `port` the scheme's own where none is written."""

    scheme: str
    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Manner:
    """What curl's flags say about asking again.

    `keeps_method` is `-X`, `sni` the name of `--sni`, `names_host` a `Host` header of `-H`; `implied` are the headers
    that curl adds by itself.
    """

    keeps_method: bool = False
    sni: str | None = None
    names_host: bool = False
    implied: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """A location that curl can follow; `port` is None where none is written."""

    scheme: str
    authority: str
    port: int | None
    target: str

    @property
    def place(self) -> Place:
        """Where it leads to."""
        return Place(self.scheme, lookup_name(self.authority), self.port or DEFAULT_PORTS[self.scheme])


@dataclass(frozen=True, slots=True)
class Trail:
    """The way to an answer: the requests asked, the last one answered now, and the redirects between them."""

    asked: tuple[Request, ...]
    hops: tuple[Followed, ...] = ()
    bodiless: bool = False

    @property
    def loops(self) -> bool:
        """Whether the last request was asked before."""
        return self.asked[-1] in self.asked[:-1]


class Follower:
    """Follows the redirects that one request leads to, through every entry point that answers with one."""

    def __init__(self, ask: Ask, manner: Manner, first: Request, connected: str) -> None:
        """`connected` is the host, with or without its port, that the URL of the first request names."""
        self._ask = ask
        self._manner = manner
        self._first = first
        self._place = Place(first.scheme, lookup_name(connected), first.port)
        self._left = MOST_ANSWERS

    def followed(self, items: tuple[Simulated, ...]) -> tuple[Simulated, ...]:
        """What the answers to the first request lead to, in their order."""
        return tuple(end for item in items for end in self._ends(item, Trail((self._first,))))

    def _ends(self, item: Simulated, trail: Trail) -> tuple[Simulated, ...]:
        """The last answers of one way; what was not read or simulated on the way counts for them."""
        hop = redirected(item)
        if hop is None:
            return (replace(item, redirects=trail.hops),)
        found = read(hop.location)
        stop = self._stopped(trail)
        if stop or isinstance(found, str):
            return (replace(item, redirects=trail.hops, why=stop or str(found)),)
        bodiless = trail.bodiless or hop.status in BECOMING_GET
        request = self._next(found, hop.status, trail.asked[-1].method, bodiless=bodiless)
        further = Trail((*trail.asked, request), (*trail.hops, hop), bodiless)
        answers = self._ask(request, found.port if request.host == found.authority else None, same_door(item, found))
        self._left -= len(answers)
        return tuple(end for each in answers for end in self._ends(inheriting(each, item), further))

    def _stopped(self, trail: Trail) -> str:
        """Why no further redirect is followed; empty if one is."""
        if trail.loops:
            return LOOP
        if len(trail.hops) == MOST_REDIRECTS:
            return f"not followed: {MOST_REDIRECTS} redirects are behind"
        return "not followed: too many gateways redirect" if self._left <= 0 else ""

    def _next(self, to: Location, status: int, method: str, *, bodiless: bool) -> Request:
        """The request that curl makes of the first one."""
        manner = self._manner
        own_host = manner.names_host and to.place.name == self._place.name
        host = self._first.host if own_host else to.authority
        return Request(
            path=to.target,
            host=host,
            method=method if manner.keeps_method else method_after(status, method),
            scheme=to.scheme,
            port=to.place.port,
            headers=tuple(each for each in self._first.headers if self._sends(each, to.place, bodiless=bodiless)),
            sni=manner.sni or (lookup_name(host or "") or None if to.scheme == "https" else None),
        )

    def _sends(self, header: tuple[str, str], place: Place, *, bodiless: bool) -> bool:
        """Whether curl sends a header of the first request again: secrets elsewhere only where `-b` gave them."""
        name = folded(header[0])
        if header in self._manner.implied:
            return not (bodiless and name == "content-type")
        return name not in SECRETS or place == self._place


def redirected(item: Simulated) -> Followed | None:
    """The redirect that an answer is; None if curl would not follow it."""
    answer = item.response
    if answer is None or item.outcome not in {"redirect", "directResponse"} or not 300 <= answer.status < 400:
        return None
    location = dict(answer.headers).get("location")
    return Followed(answer.status, location, item.row.key if item.row else None) if location else None


def read(location: str) -> Location | str:
    """A location in parts, or why curl does not follow it; it is absolute (`spec/envoy.md` 40)."""
    scheme, _, rest = location.partition("#")[0].partition("://")
    scheme = folded(scheme)
    if scheme not in DEFAULT_PORTS:
        return f"not followed: no gateway serves {scheme or 'it'}"
    end = min((place for letter in "/?" if (place := rest.find(letter)) >= 0), default=len(rest))
    authority = rest[:end].rpartition("@")[2].removesuffix(":")
    port = authority[len(lookup_name(authority)) + 1 :]
    usable = not port or (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535)
    if not lookup_name(authority) or not usable:
        return "not followed: it names no usable host"
    return Location(scheme, authority, int(port) if port else None, escaped(rest[end:]))


def escaped(target: str) -> str:
    """A target as curl sends it: what is not printable ASCII as escapes, a blank in the query as plus."""
    path, mark, query = (target if target.startswith("/") else f"/{target}").partition("?")
    data = f"{path}{mark}{query.replace(' ', '+')}".encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02x}" for byte in data)


def method_after(status: int, method: str) -> str:
    """The method after a redirect: 301 and 302 make a POST a GET, 303 all but HEAD."""
    if status == 303:
        return method if method == "HEAD" else "GET"
    return "GET" if status in BECOMING_GET and method == "POST" else method


def same_door(item: Simulated, to: Location) -> EntryPoint | None:
    """The entry point that was taken, where the location leads to the same scheme, host and port; else None."""
    if item.gateway is None or item.listener is None or item.request.scheme != to.scheme:
        return None
    if folded(item.request.host or "") != folded(to.authority):
        return None
    return EntryPoint(item.gateway, item.listener)


def inheriting(answer: Simulated, before: Simulated) -> Simulated:
    """An answer with what the redirect before it depends on, and what was not simulated there."""
    return replace(
        answer,
        may_differ=tuple(dict.fromkeys((*before.may_differ, *answer.may_differ))),
        not_simulated=in_order((*before.not_simulated, *answer.not_simulated)),
    )

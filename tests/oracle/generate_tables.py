"""Routing tables and requests at them, from a seed.

A table has few stems, and its routes are variations of these, so that they overlap; most requests are made from a
route and then spoilt a little, so that about half of them just miss what they aim at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from kubectl_gmg.model.action import (
    Destination,
    DestinationKind,
    DirectResponse,
    FinalAction,
    ForwardTo,
    Redirect,
    RegexRewrite,
)
from kubectl_gmg.model.match import (
    HeaderMatch,
    PathKind,
    PathMatch,
    QueryParameterMatch,
    RouteMatch,
    ValueKind,
)
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.regex import quote

CLUSTERS = ("c1", "c2", "c3")
NOWHERE = Origin(ObjectRef("judge", "table", "Table", "v1beta1"))


@dataclass(frozen=True, slots=True)
class TableRoute:
    """A route; its name is its place in the table."""

    match: RouteMatch
    action: FinalAction


@dataclass(frozen=True, slots=True)
class TableHost:
    """A virtual host."""

    domains: tuple[str, ...]
    routes: tuple[TableRoute, ...]
    https_only: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """All that a listener serves."""

    hosts: tuple[TableHost, ...]


def chance(rng: Random, percent: int) -> bool:
    """True in so many of a hundred cases."""
    return rng.randrange(100) < percent


# ---- paths

SEGMENTS = ("a", "a", "b", "b", "A", "ab", "v1", "x.y", "a-b", "%2F", "v~1")


def some_stem(rng: Random) -> str:
    """What the paths of a table have in common."""
    return "/" + "/".join(rng.choice(SEGMENTS) for _ in range(rng.randint(1, 3)))


VARIATIONS = ("same", "same", "slash", "shorter", "longer", "parent", "case", "root", "odd")
ODD_PATHS = ("", "a", "/a?b", "/a#b", "//", "/a//b", "/a/../b", "/%61")
REGEXES = (
    "{0}",
    "{0}/[^/]+",
    "{0}.*",
    "(?i){0}",
    "/[ab]+(/.*)?",
    "/(a|b)/(.+)",
    "/.*",
    ".*b",
    "{0}|/b",
    r"{0}/\d+",
    "/[[:alpha:]]+",
    "(?:/v\\d)+{0}",
)


def some_path_text(rng: Random, stems: list[str]) -> str:
    """A path that has much in common with others of the table."""
    stem = rng.choice(stems)
    variation = rng.choice(VARIATIONS)
    if variation == "odd":
        return rng.choice(ODD_PATHS)
    return {
        "same": stem,
        "slash": stem + "/",
        "shorter": stem[:-1],
        "longer": stem + rng.choice(["x", "/b", "/v1"]),
        "parent": stem.rpartition("/")[0] or "/",
        "case": stem.swapcase(),
        "root": "/",
    }[variation]


def some_path(rng: Random, stems: list[str]) -> PathMatch | None:
    """A condition on the path; None now and then."""
    kind = rng.choice([None, *["exact"] * 5, *["prefix"] * 8, *["regex"] * 5, *["separated"] * 4])
    if kind is None:
        return None
    if kind == "regex":
        pattern = rng.choice(REGEXES).format(quote(rng.choice(stems)))
        return PathMatch(PathKind.REGEX, pattern, ignore_case=chance(rng, 10))
    text = some_path_text(rng, stems)
    ignore_case = chance(rng, 25)
    if kind == "exact":
        return PathMatch(PathKind.EXACT, text, ignore_case)
    if kind == "prefix":
        return PathMatch(PathKind.PREFIX, text, ignore_case)
    clean = text.partition("?")[0].partition("#")[0].rstrip("/")
    return PathMatch(PathKind.SEPARATED_PREFIX, clean if len(clean) > 1 else "/ab", ignore_case)


# ---- headers and query parameters

VALUES = ("a", "ab", "A", "b", "1", "7", "10", "a,b", "")
VALUE_REGEXES = ("a.*", "[a-c]+", "a?", ".*", "(?i)a", "[0-9]+")
HOSTS_SEEN = ("shop.example.com", "shop.example.com:8080", "SHOP.example.com", "a.example.com", "b.eu.example.com")
COOKIES = ("user=a", "user=a; x=1", "x=1; user=a", "user=b")
COOKIE_REGEXES = ("^(.*?;)?(user=a)(;.*)?$", r"^(.*?;)?\s*(user=a)(;.*)?$")
TEXT_KINDS = (ValueKind.EXACT, ValueKind.PREFIX, ValueKind.SUFFIX)
HEADER_NAMES = (*("x-user", "X-User", "x-env", "x-n") * 5, *("cookie", "host", ":authority", ":path", ":scheme") * 2)


def some_header(rng: Random, stems: list[str]) -> HeaderMatch:
    """A test of a header, all kinds of them."""
    name = rng.choice(HEADER_NAMES)
    test = HeaderMatch(name, invert=chance(rng, 30), missing_as_empty=chance(rng, 25))
    if name == "cookie" and chance(rng, 60):
        return replace(test, kind=ValueKind.REGEX, value=rng.choice(COOKIE_REGEXES))
    if name == "x-n" and chance(rng, 60):
        start = rng.choice([0, 1, 7])
        return replace(test, kind=ValueKind.RANGE, start=start, end=start + rng.randint(0, 9))
    if chance(rng, 20):
        return test
    if chance(rng, 20):
        return replace(test, kind=ValueKind.REGEX, value=rng.choice(VALUE_REGEXES))
    kind = rng.choice(TEXT_KINDS)
    value = rng.choice(wanted_values(name, stems))
    if not value:
        kind = ValueKind.EXACT
    return replace(test, kind=kind, value=value, ignore_case=chance(rng, 25))


def wanted_values(name: str, stems: list[str]) -> tuple[str, ...]:
    """Values that a header of this name may really have."""
    special = {
        "cookie": COOKIES,
        "host": HOSTS_SEEN,
        ":authority": HOSTS_SEEN,
        ":path": (*stems, stems[0] + "?q=1", "/"),
        ":scheme": ("http", "https"),
    }
    return special.get(name, VALUES)


PARAMETER_NAMES = ("q", "v", "q", "%71", "Q")
PARAMETER_VALUES = ("1", "a", "", "%31", "a+b", "1;v=2", "A")


def some_parameter(rng: Random) -> QueryParameterMatch:
    """A test of a query parameter; Envoy can negate presence only."""
    name = rng.choice(PARAMETER_NAMES)
    kind = rng.choice([ValueKind.PRESENT, ValueKind.REGEX, *TEXT_KINDS, ValueKind.EXACT])
    if kind is ValueKind.PRESENT:
        return QueryParameterMatch(name, kind, invert=chance(rng, 40))
    if kind is ValueKind.REGEX:
        return QueryParameterMatch(name, kind, rng.choice(VALUE_REGEXES))
    value = rng.choice(PARAMETER_VALUES)
    return QueryParameterMatch(name, kind if value else ValueKind.EXACT, value)


def some_match(rng: Random, stems: list[str]) -> RouteMatch:
    """All conditions of a route; most have none beside the path."""
    return RouteMatch(
        path=some_path(rng, stems),
        method=rng.choice(["", "", "", "", "", "", "", "", "GET", "POST", "HEAD", "post"]),
        headers=tuple(some_header(rng, stems) for _ in range(rng.randint(1, 2))) if chance(rng, 40) else (),
        query_parameters=tuple(some_parameter(rng) for _ in range(rng.randint(1, 2))) if chance(rng, 25) else (),
        grpc=chance(rng, 3),
    )


# ---- actions

REWRITES = ("", "", "/", "/new", "/new/", "/n?k=1", "new", "new/", "/a", "/b")
REGEX_REWRITES = (
    RegexRewrite("a", "Z"),
    RegexRewrite("^/([^/]+)/(.*)$", r"/\2/\1"),
    RegexRewrite("/", "//"),
    RegexRewrite("(a)(b)?", r"\2\1"),
    RegexRewrite("x*", "-"),
    RegexRewrite("^/a", "/$1"),
    RegexRewrite("(a)", r"\2"),
    RegexRewrite(".*", ""),
    RegexRewrite("[^/]+$", r"p-\0-s"),
    RegexRewrite("(?i)A", r"\\"),
    RegexRewrite("b|", "c"),
)


def some_forward(rng: Random) -> ForwardTo:
    """Sends the request on, with all kinds of rewrites."""
    number = rng.choice([1, 1, 1, 2, 3])
    weights = [rng.choice([None, 0, 1, 50]) for _ in range(number)]
    destinations = tuple(
        Destination(NOWHERE, DestinationKind.SERVICE, name, weight=weight)
        for name, weight in zip(CLUSTERS, weights, strict=False)
    )
    regex = rng.choice(REGEX_REWRITES) if chance(rng, 25) else None
    action = ForwardTo(destinations, "" if regex else rng.choice(REWRITES), regex)
    how = rng.choice(["no", "no", "no", "no", "literal", "header", "auto"])
    if how == "literal":
        return replace(action, host_rewrite=rng.choice(["inner.example", "Inner.Example:81"]))
    if how == "header":
        return replace(action, host_rewrite_header=rng.choice(["x-target", "X-User"]))
    return replace(action, auto_host_rewrite=how == "auto")


def some_redirect(rng: Random) -> Redirect:
    """Answers with a location."""
    action = Redirect(
        status=rng.choice([301, 301, 302, 303, 307, 308]),
        scheme=rng.choice(["", "", "https", "https", "http"]),
        host=rng.choice(["", "", "", "new.example", "N.example:9000"]),
        port=rng.choice([None, None, None, 80, 443, 8443]),
        strip_query=chance(rng, 30),
    )
    how = rng.choice(["keep", "path", "path", "prefix", "prefix", "regex"])
    if how == "path":
        return replace(action, path=rng.choice(["/new", "/new?y=2", "new", "/", "/x#y"]))
    if how == "prefix":
        return replace(action, prefix=rng.choice([each for each in REWRITES if each]))
    return replace(action, regex=rng.choice(REGEX_REWRITES)) if how == "regex" else action


STATUSES = (200, 201, 202, 204, 205, 301, 302, 304, 308, 404, 418, 503, 599)


def some_direct_response(rng: Random) -> DirectResponse:
    """Answers by itself."""
    return DirectResponse(rng.choice(STATUSES), rng.choice(["", "gone", "%REQ(:PATH)%", "'b ä'\n"]))


def some_route(rng: Random, stems: list[str]) -> TableRoute:
    """A route of any kind."""
    kinds: list[Callable[[Random], FinalAction]] = [
        *[some_forward] * 5,
        *[some_redirect] * 3,
        *[some_direct_response] * 2,
    ]
    return TableRoute(some_match(rng, stems), rng.choice(kinds)(rng))


# ---- hosts

DOMAINS = (
    *("*", "*", "*.example.com", "*.example.com", "shop.example.com", "shop.*"),
    *("*.eu.example.com", "*-dev.example.com", "shop.example.*", "example.com", "Shop.EU.example.com"),
    *("a.*.b", "port.test:8080", "[::1]", "*.com", "shop.example.com.", "*shop.example.com", "xn--bcher-kva.example"),
)


def some_table(rng: Random) -> tuple[Table, list[str]]:
    """A table, and the stems it is made from."""
    stems = [some_stem(rng) for _ in range(rng.randint(1, 3))]
    domains = list(dict.fromkeys(rng.choice(DOMAINS) for _ in range(rng.randint(1, 6))))
    count = rng.randint(1, min(3, len(domains)))
    shares = [tuple(domains[place::count]) for place in range(count)]
    return Table(tuple(some_host(rng, stems, share) for share in shares)), stems


EVERY_PATH = (
    None,
    PathMatch(PathKind.PREFIX, ""),
    PathMatch(PathKind.PREFIX, "/"),
    PathMatch(PathKind.REGEX, ".*"),
)


def some_host(rng: Random, stems: list[str], domains: tuple[str, ...]) -> TableHost:
    """A virtual host of these domains; half of them end with a route for everything."""
    routes = [some_route(rng, stems) for _ in range(rng.randint(2, 7))]
    if chance(rng, 50):
        routes.append(TableRoute(RouteMatch(rng.choice(EVERY_PATH)), some_route(rng, stems).action))
    return TableHost(domains, tuple(routes), chance(rng, 3))

"""Requests at a routing table, from a seed: most are made from a route and then spoilt a little."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from kubectl_gmg.model.action import ForwardTo
from kubectl_gmg.model.match import HeaderMatch, PathKind, ValueKind
from kubectl_gmg.model.request import Request
from kubectl_gmg.regex import matches_whole
from tests.oracle.generate_tables import COOKIES, VALUES, Table, TableHost, TableRoute, chance, some_table

REQUESTS = 14
"""How many are sent at one table."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A table and the requests sent at it."""

    table: Table
    requests: tuple[Request, ...]


HOST_POOL = ("shop.example.com", "a.eu.example.com", "shop.test", "example.com", "other.test", "x.dev.example.com")
BAD_HOSTS = (None, "", "shop example", "[::1]:8080", "a.x.b", "a.*.b", "*.example.com", ".example.com")
PATH_EDITS = (
    *(lambda path: path + "/", lambda path: path.swapcase(), lambda path: path[:-1] or "/", lambda path: path + "x"),
    *(lambda path: path + "/b", lambda path: path.replace("/", "//", 1), lambda path: path + "/..//v1"),
    *(lambda path: path + "/.", lambda path: path + "/x/..", lambda path: "/x/.." + path, lambda path: "/.." + path),
    *(lambda path: path.replace("a", "%61"), lambda path: path[:1] + path[1:].replace("/b", "%2Fb")),
    lambda path: path + "%5Cb",
    *(lambda path: path[:1] + path[1:].replace("/", "\\"), lambda path: "/x/%2e%2E" + path, lambda path: path + ";v=1"),
    *(lambda path: path + "#/b", lambda path: path + "%zz", lambda path: path + "%7E%2d%41", lambda path: path + "%20"),
    *(lambda path: path + '"<{|}>', lambda path: "/a/..;" + path, lambda path: path + "/%2E", lambda path: path + "%"),
    *(lambda path: path + "/7", lambda path: path + "//b", lambda path: path.upper(), lambda path: "/" + path),
)
BAD_TARGETS = (
    *("*", "/a%00", "/é", "/a b", "a/b", "http://shop.example.com/a", "http://shop.example.com?x=1", "/a\x01"),
    *("HTTP://Shop.EU.example.com:80/a/../b", "http://user@shop.example.com/a", "//shop.example.com/a", "?q=1", ""),
)
QUERIES = (
    "?",
    "?q",
    "?q=",
    "?q=1",
    "?q=1&q=2",
    "?q=2&q=1",
    "?%71=1",
    "?q=%31",
    "?v=a+b",
    "?a=1?q=1",
    "?q=1;v=2",
    "?&&q=1",
)
METHODS = ("GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PUT")


def some_request(rng: Random, table: Table, stems: list[str]) -> Request:
    """A request made from a route, and then spoilt a little."""
    host = rng.choice(table.hosts)
    aim = rng.choice(host.routes) if chance(rng, 88) else None
    method = rng.choice(METHODS)
    if aim is not None and aim.match.method and chance(rng, 80):
        method = aim.match.method.upper()
    target = some_target(rng, aim, stems)
    if chance(rng, 3):
        target, method = rng.choice(BAD_TARGETS), rng.choice(["GET", "OPTIONS"])
    return Request(
        path=target,
        host=some_host_header(rng, host),
        method=rng.choice(["get", "FOO", "CONNECT"]) if chance(rng, 1) else method,
        headers=some_request_headers(rng, aim),
        version="1.0" if chance(rng, 1) else "1.1",
    )


def some_host_header(rng: Random, host: TableHost) -> str | None:
    """A Host header, usually one that the host's domains cover."""
    if chance(rng, 3):
        return rng.choice(BAD_HOSTS)
    name = rng.choice(host.domains) if chance(rng, 80) else rng.choice(HOST_POOL)
    filler = rng.choice(["x", "shop", "a.b", "shop.eu", "my-dev", "example.com"])
    name = "other.test" if name == "*" else name.replace("*", "" if chance(rng, 5) else filler)
    if chance(rng, 10):
        name = name.swapcase()
    if chance(rng, 4):
        name += "."
    return name + rng.choice([*[""] * 5, ":80", ":443", ":8080", ":", ":x"])


def some_target(rng: Random, aim: TableRoute | None, stems: list[str]) -> str:
    """A target, usually one that the route's path condition covers before it is spoilt."""
    path = rng.choice(stems)
    wanted = aim.match.path if aim is not None else None
    if wanted is not None and wanted.kind is PathKind.REGEX:
        path = next((each for each in near(path) if matches_whole(wanted.value, each)), path)
    elif wanted is not None:
        path = wanted.value
    if not path.startswith("/") and chance(rng, 95):
        path = "/" + path
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        path = rng.choice(PATH_EDITS)(path)
    return path.partition("?")[0] + some_query(rng, aim)


def near(path: str) -> tuple[str, ...]:
    """Paths of which a regular expression may match one."""
    return path, f"{path}/7", f"{path}/x", "/a/b", f"/v1{path}", "/b", "/ab", f"{path}b"


def some_query(rng: Random, aim: TableRoute | None) -> str:
    """A query, usually one that passes the route's tests."""
    wanted = aim.match.query_parameters if aim is not None else ()
    if not wanted or chance(rng, 15):
        return rng.choice(QUERIES) if chance(rng, 45) else ""
    pairs = [f"{each.name}={each.value or '1'}" for each in wanted if chance(rng, 90)]
    if chance(rng, 30):
        pairs.insert(rng.randint(0, len(pairs)), rng.choice(["q=9", "v=9", "q=1", "q"]))
    return "?" + "&".join(pairs)


def some_request_headers(rng: Random, aim: TableRoute | None) -> tuple[tuple[str, str], ...]:
    """Headers, usually ones that pass the route's tests."""
    found: list[tuple[str, str]] = []
    for test in aim.match.headers if aim is not None else ():
        if not test.name.startswith(":") and test.name != "host" and chance(rng, 85):
            found += some_lines(rng, test)
    if chance(rng, 15):
        found.append((rng.choice(["x-user", "x-env", "x-target"]), rng.choice(VALUES)))
    if aim is not None and (aim.match.grpc or chance(rng, 2)):
        kinds = ["application/grpc", "application/grpc+proto", "application/grpc-web", "Application/grpc"]
        found.append(("content-type", rng.choice(kinds)))
    if isinstance(aim, TableRoute) and isinstance(aim.action, ForwardTo) and aim.action.host_rewrite_header:
        found += [(aim.action.host_rewrite_header, "target.example")] if chance(rng, 70) else []
    return tuple(found)


def some_lines(rng: Random, test: HeaderMatch) -> list[tuple[str, str]]:
    """The lines of one header, often several."""
    value = test.value
    if test.kind is ValueKind.RANGE:
        value = str(rng.choice([test.start, test.end, test.end - 1, test.start - 1]))
    elif test.kind is ValueKind.REGEX or chance(rng, 15):
        value = rng.choice(COOKIES if test.name == "cookie" else VALUES)
    if chance(rng, 10):
        value = value.swapcase()
    elif chance(rng, 10):
        value = rng.choice([value + "b", f" {value}\t", value + ",b", ""])
    name = test.name.upper() if chance(rng, 10) else test.name
    lines = [(name, value)]
    if chance(rng, 30) and test.name != "cookie":
        lines.insert(rng.randint(0, 1), (test.name.lower(), rng.choice(VALUES)))
    return lines


def some_trial(rng: Random) -> Trial:
    """A table, and a dozen requests at it."""
    table, stems = some_table(rng)
    return Trial(table, tuple(some_request(rng, table, stems) for _ in range(REQUESTS)))

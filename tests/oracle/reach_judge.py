"""What reachability claims about a listener, and what speaks against it.

A winner function says which route a request gets to, by name: the real Envoy's, or that of the look-up alone. The
names are those of `proxy_model`, `hH.R`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from kubectl_gmg.analysis.reachability import Reachability
from kubectl_gmg.matching.condition import failed_condition
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.model.action import NO_OPTIONS
from kubectl_gmg.model.declared import Listener, Protocol, RouteRule, VirtualGateway, VirtualHost
from kubectl_gmg.model.match import HeaderMatch, PathKind, QueryParameterMatch, RouteMatch, ValueKind
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Gateway, Host, Resolved, ResolvedListener, Route, Terminal
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.views import Reach, RouteRow
from tests.oracle.generate_covers import is_plain
from tests.oracle.generate_requests import near, some_host_header, some_request
from tests.oracle.generate_tables import COOKIES, VALUES, Table, TableHost, TableRoute, chance
from tests.oracle.proxy_model import Proxy, name

JUDGE = "judge"
PORT = 80

Winner = Callable[[Request], str | None]


def origin(kind: str, called: str) -> Origin:
    return Origin(ObjectRef(JUDGE, called, kind, "v1beta1"))


# ---- the table as resolved objects


def rows_of(table: Table, port: int | None = PORT) -> dict[str, RouteRow]:
    """The rows of every route, by name."""
    hosts = tuple(host_of(f"h{place}", each) for place, each in enumerate(table.hosts))
    declared = Listener(origin("VirtualGateway", "gateway"), None, Protocol.HTTP)
    listener = ResolvedListener(declared, 1, port, hosts)
    gateway = Gateway(VirtualGateway(origin("VirtualGateway", "gateway").ref, (declared,)), (listener,))
    rows = Rows(Resolved((gateway,), (), ()))
    return {
        f"{host.declared.segment}.{place}": row
        for host in hosts
        for place, row in enumerate(rows.of(gateway, listener, host))
    }


def host_of(called: str, host: TableHost) -> Host:
    declared = VirtualHost(origin("VirtualHost", called), called, host.domains, ())
    routes = (route_of(declared, place, each) for place, each in enumerate(host.routes))
    return Host(declared, host.domains, tuple(routes), ())


def route_of(host: VirtualHost, place: int, route: TableRoute) -> Route:
    rule = RouteRule(host.origin / "routes" / place, f"r{place}", f"r{place}", (route.match,), route.action)
    terminal = Terminal((rule,), (), (route.match,), NO_OPTIONS)
    return Route(terminal, route.match, route.action, 1, 1, place + 1, host)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is claimed of every route of a table, by name; `ids` leads from ids to names."""

    table: Table
    rows: dict[str, RouteRow]
    reaches: dict[str, Reach]
    ids: dict[str, str]

    @property
    def dead(self) -> dict[str, Reach]:
        return {called: reach for called, reach in self.reaches.items() if reach.proof is not None}

    def match(self, called: str) -> RouteMatch:
        return self.rows[called].route.match

    def takers(self, reach: Reach) -> list[str]:
        return [self.ids[each] for each in reach.by]


def claimed(table: Table, port: int | None = PORT) -> Claimed:
    """What reachability says of a table."""
    rows = rows_of(table, port)
    asked = Reachability()
    reaches = {called: asked.of(row, shadows=True) for called, row in rows.items()}
    return Claimed(table, rows, reaches, {row.id: called for called, row in rows.items()})


# ---- requests


@dataclass(frozen=True, slots=True)
class Sample:
    """A request, and which routes may take it; `wins` of None says that no unreachable one may."""

    request: Request
    wins: tuple[str, ...] | None
    why: str


def told(claims: Claimed) -> Iterator[Sample]:
    """The requests that the verdicts tell, with what must come of them."""
    for called, reach in claims.reaches.items():
        if reach.witness is not None:
            yield Sample(reach.witness, (called,), f"witness of {called}")
        if reach.request is not None:
            yield Sample(reach.request, tuple(claims.takers(reach)), f"what is taken from {called}")
        for shadow in reach.shadowed_by:
            yield Sample(shadow.request, (claims.ids[shadow.id],), f"shadow on {called}")


def nearby(claims: Claimed, rng: Random, each: int, extra: int) -> Iterator[Sample]:
    """Requests made from the routes, `each` at all of them and `extra` more at every unreachable one."""
    made = all_nearby(claims, rng, each, extra)
    return (sample for sample in made if has_one_port(sample.request.host or ""))


def has_one_port(host: str) -> bool:
    """Whether a Host header is one: the proxy cuts the last of two ports, so `name:1:2` gets to a domain `name:1`.

    No client sends that, and such a domain is said to be never reached (`spec/envoy.md` 6).
    """
    return host.rpartition("]")[2].count(":") <= 1


def all_nearby(claims: Claimed, rng: Random, each: int, extra: int) -> Iterator[Sample]:
    for place, host in enumerate(claims.table.hosts):
        pool = Pool(host)
        for index, route in enumerate(host.routes):
            called = name(place, index)
            count = each + (extra if called in claims.dead else 0)
            for number in range(count):
                yield Sample(near_request(rng, pool, host, route, spoilt=number % 3 == 0), None, f"near {called}")
    known = [sample.request for sample in told(claims)]
    for request in known:
        yield Sample(mutated(rng, request), None, "near a told one")


def near_request(rng: Random, pool: Pool, host: TableHost, route: TableRoute, *, spoilt: bool) -> Request:
    if not spoilt:
        return pool.request(rng, route.match)
    wanted = route.match.path.value if route.match.path else "/"
    return some_request(rng, Table((TableHost(host.domains, (route,)),)), [wanted if wanted.startswith("/") else "/a"])


def mutated(rng: Random, request: Request) -> Request:
    """A request with one part changed."""
    path, mark, query = request.path.partition("?")
    headers = list(request.headers)
    if headers:
        place = rng.randrange(len(headers))
        called, text = headers[place]
        changes = [
            [],
            [(called, text + "b")],
            [(called, text), (called, rng.choice(VALUES))],
            [(called, text.swapcase())],
        ]
        headers[place : place + 1] = rng.choice(changes)
    return rng.choice(
        [
            replace(request, method=rng.choice(["GET", "POST", "HEAD", "DELETE"])),
            replace(request, path=path.swapcase() + mark + query),
            replace(request, path=path + rng.choice(["/", "x", "/b"]) + mark + query),
            replace(request, path=path + rng.choice(["", "?q", "?q=1", "?v=a"])),
            replace(request, headers=tuple(headers)),
            replace(request, headers=tuple(headers)),
        ]
    )


class Pool:
    """The values that matter to the routes of a host, for requests that mix them."""

    def __init__(self, host: TableHost) -> None:
        self._host = host
        matches = [route.match for route in host.routes]
        self._paths = list(dict.fromkeys(text for match in matches for text in paths_near(match)))
        self._headers = {
            test.name.lower(): [
                text for other in tests if other.name.lower() == test.name.lower() for text in near_value(other)
            ]
            for tests in [[test for match in matches for test in match.headers if test.name[0] != ":"]]
            for test in tests
            if test.name.lower() not in ("host", "content-type")
        }
        self._parameters = {
            test.name: [text for other in tests if other.name == test.name for text in near_value(other)]
            for tests in [[test for match in matches for test in match.query_parameters]]
            for test in tests
        }
        self._grpc = any(match.grpc or "content-type" in {h.name for h in match.headers} for match in matches)
        self._hosts = [test.value for match in matches for test in match.headers if test.name in ("host", ":authority")]

    def request(self, rng: Random, aim: RouteMatch) -> Request:
        """A request that has a good chance to satisfy one of the routes."""
        paths = paths_near(aim) if chance(rng, 75) else self._paths
        path = rng.choice([each for each in paths if each.startswith("/")] or ["/"])
        pairs = [pair for called, texts in self._parameters.items() for pair in some_pairs(rng, called, texts)]
        host = rng.choice(self._hosts) if self._hosts and chance(rng, 40) else some_host_header(rng, self._host)
        return Request(
            path=path.partition("?")[0]
            + ("?" + "&".join(f"{called}={text}" for called, text in pairs) if pairs else ""),
            host=host,
            method=aim.method if aim.method and chance(rng, 80) else rng.choice(["GET", "GET", "POST", "HEAD", "PUT"]),
            headers=tuple(self._lines(rng)),
        )

    def _lines(self, rng: Random) -> Iterator[tuple[str, str]]:
        for called, texts in self._headers.items():
            yield from some_pairs(rng, called, texts)
        if self._grpc and chance(rng, 60):
            yield "content-type", rng.choice(["application/grpc", "application/grpc+proto", "application/grpcx", "a"])


def some_pairs(rng: Random, called: str, texts: list[str]) -> list[tuple[str, str]]:
    """No value, one or now and then two."""
    count = rng.choice([0, 0, 1, 1, 1, 1, 2])
    return [(called, rng.choice(texts)) for _ in range(count)]


def paths_near(match: RouteMatch) -> list[str]:
    """Paths around the condition of a route."""
    if match.path is None:
        return ["/", "/a"]
    text = match.path.value
    if match.path.kind is PathKind.REGEX:
        return [*near("/a"), *near("/b"), "/A", "/ab", "/a/7", "/a/10", "/7", "/x.y", "/v1", "/a/"]
    return [text, text, text, text.swapcase(), f"{text}/", f"{text}/b", f"{text}x", f"{text}/x", f"{text}/7", text[:-1]]


def near_value(test: HeaderMatch | QueryParameterMatch) -> list[str]:
    """Values around a test."""
    if isinstance(test, HeaderMatch) and test.kind is ValueKind.RANGE:
        return [str(number) for number in (test.start - 1, test.start, test.end - 1, test.end, 5)] + ["x"]
    if test.kind is ValueKind.REGEX:
        return [*COOKIES, "a", "ab", "b", "7", "A", ""]
    text = test.value or "a"
    return [text, text, text, text.swapcase(), f"{text}b", f"b{text}", "", "zz"]


# ---- complaints


def against(claims: Claimed, samples: Iterator[Sample], winner: Winner) -> Iterator[str]:
    """What the winners of requests say against the claims."""
    dead = claims.dead
    for sample in samples:
        got = winner(sample.request)
        if got in dead:
            yield f"{got} is called unreachable ({dead[got].proof}), but gets {sample.request}"
        if sample.wins is not None and got not in sample.wins:
            yield f"{sample.why}: {sample.request} goes to {got}, not to {sample.wins}"


def prepared(request: Request) -> Prepared | None:
    found = prepare(request)
    return found if isinstance(found, Prepared) else None


def satisfied(claims: Claimed, called: str, request: Prepared) -> bool:
    return not failed_condition(claims.match(called), request)


def inconsistent(claims: Claimed, requests: list[Request]) -> Iterator[str]:
    """What is wrong with the claims by themselves, and with the requests at hand, whoever wins them."""
    yield from badly_told(claims)
    winner = looked_up(claims.table)
    for request in requests:
        if (ready := prepared(request)) is not None:
            yield from wrong_takers(claims, ready, winner(request) or "")


def badly_told(claims: Claimed) -> Iterator[str]:
    for called, reach in claims.reaches.items():
        own = [reach.request, reach.witness, *(each.request for each in reach.shadowed_by)]
        for request in own:
            ready = None if request is None else prepared(request)
            if request is not None and (ready is None or not satisfied(claims, called, ready)):
                yield f"{request} of {called} does not satisfy it"
        if reach.decided and (reach.proof is None) is not (reach.witness is not None):
            yield f"{called} is decided, with proof {reach.proof} and witness {reach.witness}"
        if bool(reach.by) is not (reach.proof in (Proof.EXACT, Proof.PREFIX, Proof.REGEX, Proof.JOINT)):
            yield f"{called} has proof {reach.proof} by {reach.by}"
        if (reach.proof is Proof.JOINT) is not (len(reach.by) > 1):
            yield f"{called} has proof {reach.proof} by {reach.by}"


def wrong_takers(claims: Claimed, ready: Prepared, won: str) -> Iterator[str]:
    """Whether those that are said to take everything really fit, and whether a shadow was overlooked."""
    host = won.partition(".")[0]
    for called, reach in claims.reaches.items():
        if not called.startswith(f"{host}.") or not satisfied(claims, called, ready):
            continue
        takers = claims.takers(reach)
        if takers and not any(satisfied(claims, each, ready) for each in takers):
            yield f"{called} wants {ready.request}, none of {takers} does"
        if reach.proof in (Proof.CONTRADICTION, Proof.DISABLED):
            yield f"{called} is {reach.proof}, but wants {ready.request}"
        if won != called and is_ordinary(ready.request) and overlooked(claims, called, won):
            yield f"{called} loses {ready.request} to {won}, which is no shadow"


def is_ordinary(request: Request) -> bool:
    """Whether no header is repeated."""
    names = [called.lower() for called, _ in request.headers]
    return len(names) == len(set(names))


def overlooked(claims: Claimed, called: str, won: str) -> bool:
    """Whether a route that takes ordinary requests of another one is not told, where all must be decided."""
    reach = claims.reaches[called]
    if reach.proof is not None or reach.omitted or not is_fragment(claims, called):
        return False
    return won not in {claims.ids[each.id] for each in reach.shadowed_by}


def is_fragment(claims: Claimed, called: str) -> bool:
    """Whether every verdict on the host of a route must be decided."""
    return all(is_plain(route.match) for route in claims.rows[called].host.routes)


def looked_up(table: Table) -> Winner:
    """The winners according to the look-up that simulates requests."""
    proxy = Proxy(table)

    def winner(request: Request) -> str | None:
        outcome = proxy.outcome(request)
        return None if outcome.route is None else name(outcome.host, outcome.route)

    return winner

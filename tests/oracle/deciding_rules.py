"""Which rules of `spec/envoy.md` decided what became of a request.

A rule of routing counts where the answer would have been another one without it: the table or the request is changed
as if the rule were not there, and asked again. A rule of an action counts where the winner makes use of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kubectl_gmg.matching.host import lookup_name
from kubectl_gmg.matching.path import Normalization, Prepared, Refusal, prepare
from kubectl_gmg.model.action import DirectResponse, ForwardTo, Redirect
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, RouteMatch, ValueKind
from kubectl_gmg.model.request import Request
from tests.oracle.generate_tables import Table, TableHost, TableRoute
from tests.oracle.proxy_model import Outcome, Proxy

RULES = (2, 3, 8, 9, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 25, *range(30, 37), *range(40, 47), 50, 51, 52)
"""The rules that are counted."""

PREFIXES = (PathKind.PREFIX, PathKind.SEPARATED_PREFIX)
PSEUDO = (":method", ":authority", ":path", ":scheme", "host")
TEXTS = (ValueKind.EXACT, ValueKind.PREFIX, ValueKind.SUFFIX)

PathChange = Callable[[PathMatch], PathMatch]
HeaderChange = Callable[[HeaderMatch], HeaderMatch | None]


def exact_as_prefix(path: PathMatch) -> PathMatch:
    return replace(path, kind=PathKind.PREFIX) if path.kind is PathKind.EXACT else path


def prefix_by_segments(path: PathMatch) -> PathMatch:
    segments = path.value.rstrip("/")
    if path.kind is not PathKind.PREFIX or not segments:
        return path
    return replace(path, kind=PathKind.SEPARATED_PREFIX, value=segments)


def unanchored(path: PathMatch) -> PathMatch:
    return replace(path, value=f".*(?:{path.value}).*") if path.kind is PathKind.REGEX else path


def other_case(path: PathMatch) -> PathMatch:
    return replace(path, ignore_case=not path.ignore_case)


def loose_values(test: HeaderMatch) -> HeaderMatch:
    if test.kind is ValueKind.REGEX:
        return replace(test, value=f".*(?:{test.value}).*")
    return replace(test, kind=ValueKind.PREFIX) if test.kind is ValueKind.EXACT else test


def other_value_case(test: HeaderMatch) -> HeaderMatch:
    return replace(test, ignore_case=not test.ignore_case) if test.kind in TEXTS else test


def missing_otherwise(test: HeaderMatch) -> HeaderMatch:
    return replace(test, missing_as_empty=not test.missing_as_empty)


def never_inverted(test: HeaderMatch) -> HeaderMatch:
    return replace(test, invert=False)


def no_pseudo(test: HeaderMatch) -> HeaderMatch | None:
    return None if test.name in PSEUDO else test


def no_cookies(test: HeaderMatch) -> HeaderMatch | None:
    return None if test.name == "cookie" else test


PATH_CHANGES: tuple[tuple[int, PathChange], ...] = (
    (13, exact_as_prefix),
    (14, prefix_by_segments),
    (16, unanchored),
    (17, other_case),
)
HEADER_CHANGES: tuple[tuple[int, HeaderChange], ...] = (
    (19, loose_values),
    (19, other_value_case),
    (21, missing_otherwise),
    (21, never_inverted),
    (22, no_pseudo),
    (23, no_cookies),
)


def with_paths(change: PathChange) -> Callable[[RouteMatch], RouteMatch]:
    return lambda match: replace(match, path=change(match.path)) if match.path else match


def with_headers(change: HeaderChange) -> Callable[[RouteMatch], RouteMatch]:
    def changed(match: RouteMatch) -> RouteMatch:
        tests = tuple(test for test in map(change, match.headers) if test is not None)
        return replace(match, headers=tests, method="" if change is no_pseudo else match.method)

    return changed


def without_query(match: RouteMatch) -> RouteMatch:
    return replace(match, query_parameters=())


def changed(table: Table, change: Callable[[RouteMatch], RouteMatch]) -> Table:
    """The table with all its matches changed."""

    def host(each: TableHost) -> TableHost:
        return replace(each, routes=tuple(TableRoute(change(route.match), route.action) for route in each.routes))

    return Table(tuple(map(host, table.hosts)))


class Classifier:
    """Says for one table which rules decided."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._proxy = Proxy(table)
        variants = [(rule, with_paths(change)) for rule, change in PATH_CHANGES]
        variants += [(rule, with_headers(change)) for rule, change in HEADER_CHANGES]
        variants.append((25, without_query))
        self._variants = [(rule, Proxy(changed(table, change))) for rule, change in variants]

    def rules(self, request: Request, outcome: Outcome) -> set[int]:
        """The rules that decided about a request, given what became of it."""
        prepared = prepare(request)
        if isinstance(prepared, Refusal):
            return set()
        found = {*self._host_rules(prepared), *self._path_rules(request, outcome)}
        found |= {rule for rule, other in self._variants if winner(other.outcome(request)) != winner(outcome)}
        if winner(self._proxy.outcome(joined(request))) != winner(outcome):
            found.add(20)
        if outcome.host is not None and outcome.route is not None:
            found |= self._route_rules(outcome.host, outcome.route, prepared)
        return found

    def _host_rules(self, prepared: Prepared) -> Iterator[int]:
        name = lookup_name(prepared.request.host or "")
        chosen = self._proxy.domain(prepared)
        covering = {index for index, host in enumerate(self._table.hosts) if any(covers(d, name) for d in host.domains)}
        if len(covering) > 1:
            yield 2
        domains = [domain.lower() for host in self._table.hosts for domain in host.domains if domain != "*"]
        nearly = any("*" in domain and domain.replace("*", "") == name for domain in domains)
        deep = len(chosen) > 1 and chosen.strip("*") != chosen and dotted(chosen, name)
        if nearly or deep or any(domain == name and "*" in domain for domain in domains):
            yield 3

    def _path_rules(self, request: Request, outcome: Outcome) -> Iterator[int]:
        if self._proxy.outcome(request, Normalization.NONE) != outcome:
            yield 8
        others = (Normalization.MERGE_SLASHES, Normalization.DECODE_AND_MERGE_SLASHES)
        if any(self._proxy.outcome(request, other) != outcome for other in others):
            yield 9

    def _route_rules(self, host: int, place: int, prepared: Prepared) -> set[int]:
        route = self._table.hosts[host].routes[place]
        found = {18} if len(self._proxy.matching(host, prepared)) > 1 else set()
        if isinstance(route.action, ForwardTo):
            return found | set(forward_rules(route.match, route.action, prepared)) | self._again(host, place, prepared)
        if isinstance(route.action, Redirect):
            return found | set(redirect_rules(route.action, prepared))
        assert isinstance(route.action, DirectResponse)
        return found | set(direct_rules(route.action, prepared))

    def _again(self, host: int, place: int, prepared: Prepared) -> set[int]:
        """Rule 36, where the rewritten path would go elsewhere."""
        sent = self._proxy.outcome(prepared.request).sent
        path = next(iter(sent.values())).path
        if path == prepared.routed_path:
            return set()
        again = self._proxy.outcome(replace(prepared.request, path=path))
        return set() if (again.host, again.route) == (host, place) else {36}


def winner(outcome: Outcome) -> tuple[int, int | None, int | None]:
    return outcome.status, outcome.host, outcome.route


def joined(request: Request) -> Request:
    """The request with repeated headers in one line, as older proxies tested them."""
    values: dict[str, str] = {}
    for name, value in request.headers:
        key = name.lower()
        values[key] = f"{values[key]},{value}" if key in values else value
    return replace(request, headers=tuple(values.items()))


def covers(domain: str, name: str) -> bool:
    """Whether a domain covers a name, told again in one line each."""
    low = domain.lower()
    if low.startswith("*"):
        return low == "*" or (name.endswith(low[1:]) and len(name) >= len(low))
    return (name.startswith(low[:-1]) and len(name) >= len(low)) if low.endswith("*") else low == name


def dotted(domain: str, name: str) -> bool:
    """Whether the star of a domain stands for something with a dot."""
    rest = len(domain) - 1
    return "." in (name[: len(name) - rest] if domain.startswith("*") else name[rest:])


def forward_rules(match: RouteMatch, action: ForwardTo, prepared: Prepared) -> Iterator[int]:
    path = match.path
    kind = path.kind if path else PathKind.PREFIX
    rewrite = action.path_rewrite
    if rewrite:
        yield 30 if kind in PREFIXES else 32
        text = path.value if path else "/"
        if kind in PREFIXES and text.endswith("/") != rewrite.endswith("/"):
            yield 31
        if not rewrite.startswith("/") or "?" in rewrite:
            yield 34
    if action.regex_rewrite is not None:
        yield 33
    if action.host_rewrite or action.host_rewrite_header or action.auto_host_rewrite:
        yield 35


def redirect_rules(action: Redirect, prepared: Prepared) -> Iterator[int]:
    host = prepared.request.host or ""
    if action.host or host != lookup_name(host):
        yield 40
    if action.path:
        yield 41
    if action.prefix or action.regex:
        yield 42
    if action.scheme and not action.host and host.rpartition(":")[2] in {"80", "443", "8080"}:
        yield 43
    if action.port is not None:
        yield 44
    if action.strip_query and prepared.query is not None:
        yield 45
    if action.status != 301 or prepared.request.method in {"HEAD", "POST"}:
        yield 46


def direct_rules(action: DirectResponse, prepared: Prepared) -> Iterator[int]:
    yield 50
    if prepared.request.method == "HEAD" or action.status in {204, 304}:
        yield 51
    if action.status == 201 or 300 <= action.status < 400:
        yield 52

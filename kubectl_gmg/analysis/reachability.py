"""Which routes a request can reach, and who takes the others (`spec/cli.md` 6.2).

The theory works on the conditions of one list of routes; here they are those of a host on a listener, and places
become ids. A verdict is confirmed by the look-up that simulates requests: every request that is told was asked there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubectl_gmg.matching.host import DomainTable, lookup_name
from kubectl_gmg.matching.language import TextTest
from kubectl_gmg.matching.reach import HostTheory
from kubectl_gmg.matching.search import Spent, Wanted, Work, find_text
from kubectl_gmg.matching.served import Served
from kubectl_gmg.matching.space import Space, differs_by_listener
from kubectl_gmg.matching.wellformed import malformed_host
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.match import RouteMatch, ValueKind
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Host, ResolvedListener, Route
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.resolve.merge import is_catch_all
from kubectl_gmg.resolve.rows import terminal_id
from kubectl_gmg.simulate.entry import domains_of, has_chain, served_by, server_name
from kubectl_gmg.views import Reach, RouteRow, Shadow

ENCRYPTED = (Protocol.HTTPS, Protocol.TLS)
LABELS = ("www", "api", "shop", "a", *(f"x{number}" for number in range(1, 10)))
"""What may stand for the star of a domain."""

ENDS = ("example.com", "example.org", "test")
"""What a name may end with where it may be any."""

NAME_WORK = 20_000
"""Steps to find a name that leads to a host, where the usual ones do not."""

SOME_NAME = Wanted(outside=(TextTest(ValueKind.EXACT),))

NOWHERE = Reach(Proof.DISABLED)
"""No name leads to the host."""


class Reachability:
    """Tells of each route whether a request can reach it; what is worked out for a host is kept."""

    def __init__(self) -> None:
        self._domains: dict[int, tuple[ResolvedListener, DomainTable[Host]]] = {}
        self._spaces: dict[tuple[int, int], tuple[Space | None, HostTheory | None]] = {}
        self._theories: dict[tuple[object, ...], HostTheory] = {}
        self._served: dict[int, tuple[Host, tuple[Route, ...]]] = {}

    @property
    def compared(self) -> int:
        """How many pairs of routes were compared."""
        return sum(theory.compared for theory in self._theories.values())

    def judged(self, row: RouteRow, *, shadows: bool = False) -> RouteRow:
        """The row with what is known of it."""
        return replace(row, reach=self.of(row, shadows=shadows))

    def of(self, row: RouteRow, *, shadows: bool = False) -> Reach:
        """What is known of a route; with `shadows` every earlier route that takes some of its requests.

        A listener that sends every request to https has no witness, and no request that shows who takes all, since none
        gets to its routes.
        """
        route = row.route
        if route.dropped:
            return Reach(Proof.DROPPED, by=self._ids(row, catch_alls(row)))
        if route.index is None:
            return Reach()
        try:
            space, theory = self._theory(row)
        except Spent:
            return Reach(decided=False)
        if space is None or theory is None:
            return NOWHERE
        found = self._reach(row, theory, route.index - 1, shadows=shadows)
        return at_listener(found, space, row.listener)

    def undisputed(self, row: RouteRow) -> bool:
        """Whether it is plain to see that requests reach a route and that no earlier one takes any: far cheaper to ask.

        Of a route that is not, `of` may say the same.
        """
        route = row.route
        if route.dropped or route.index is None:
            return False
        try:
            _, theory = self._theory(row)
        except Spent:
            return False
        return theory is not None and theory.undisputed(route.index - 1)

    def _reach(self, row: RouteRow, theory: HostTheory, place: int, *, shadows: bool) -> Reach:
        verdict = theory.verdict(place)
        routes = self._routes(row.host)
        if verdict.proof is not None:
            by = self._ids(row, [routes[number] for number in verdict.by])
            return Reach(verdict.proof, by, verdict.request)
        reach = Reach(witness=verdict.witness, decided=verdict.decided)
        if not shadows:
            return replace(reach, partly=True) if theory.partly(place) else reach
        found, omitted = theory.shadows(place)
        shadowed = tuple(Shadow(self._ids(row, [routes[number]])[0], number + 1, request) for number, request in found)
        return replace(reach, partly=bool(shadowed), shadowed_by=shadowed, omitted=omitted)

    def _routes(self, host: Host) -> tuple[Route, ...]:
        """The routes of a host, listed once; the host is kept, so that nothing else gets its identity."""
        if id(host) not in self._served:
            self._served[id(host)] = host, host.routes
        return self._served[id(host)][1]

    @staticmethod
    def _ids(row: RouteRow, routes: list[Route]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(terminal_id(each.root, row.gateway.ref, each.terminal) for each in routes))

    def _theory(self, row: RouteRow) -> tuple[Space | None, HostTheory | None]:
        key = id(row.host), id(row.listener)
        if key not in self._spaces:
            space = self._space(row.listener, row.host)
            self._spaces[key] = (space, None if space is None else self._made(row, space))
        return self._spaces[key]

    def _made(self, row: RouteRow, space: Space) -> HostTheory:
        matches = [at_port(route.match, row.listener.port) for route in self._routes(row.host)]
        by_listener = any(map(differs_by_listener, matches))
        key = (id(row.host), *((id(row.listener),) if by_listener else ()))
        if key not in self._theories:
            self._theories[key] = HostTheory(matches, space)
        return self._theories[key]

    def _space(self, listener: ResolvedListener, host: Host) -> Space | None:
        """The requests that reach a host; None if no name leads there."""
        table = self._table(listener)

        def serves(name: str) -> bool:
            chosen = table.choose(name)
            return chosen is not None and chosen[1] is host

        headers = Served(lambda: ((name, each is host) for each in served_by(listener) for name in each.domains))
        likely = tuple(name for pattern in listener.declared.server_names for name in names_of(pattern))
        names = [name for domain in host.domains for name in first_served(domain, table, host, likely)]
        if not names and (found := find_text(headers, SOME_NAME, Work(NAME_WORK))) is not None:
            names = [found]
        if not names:
            return None
        names.sort(key=lambda name: not has_chain(listener, lookup_name(name)))
        first = names[0]
        encrypted = listener.declared.protocol in ENCRYPTED
        spellings = (*names, f"{first}:{listener.port or 8080}", first.upper())
        scheme = "https" if encrypted else "http"
        return Space(scheme, tuple(filter(serves, spellings)), listener.port, serves, headers)

    def _table(self, listener: ResolvedListener) -> DomainTable[Host]:
        if id(listener) not in self._domains:
            self._domains[id(listener)] = listener, domains_of(listener)
        return self._domains[id(listener)][1]


def at_port(match: RouteMatch, port: int | None) -> RouteMatch:
    """A match at a listener: where its port is known only matches for it are left (`spec/envoy.md` 76)."""
    return replace(match, port=None) if port is not None and match.port is not None else match


def first_served(domain: str, table: DomainTable[Host], host: Host, likely: Iterable[str] = ()) -> Iterator[str]:
    """A name that a domain of a host covers and that no other host takes away, if one is found.

    Names that are `likely`, since a TLS chain is for them, are tried first.
    """
    covering = DomainTable([(domain, True)])
    for name in (*(each for each in likely if covering.choose(each)), *names_of(domain)):
        chosen = table.choose(name)
        if chosen is not None and chosen[1] is host and not malformed_host(name):
            yield name
            return


def names_of(domain: str) -> Iterator[str]:
    """Names that a domain covers, the likeliest first."""
    if domain == "*":
        yield from (f"{label}.{end}" for end in ENDS for label in LABELS)
    elif domain.startswith("*"):
        yield from (label + domain[1:] for label in LABELS)
    elif domain.endswith("*"):
        yield from (domain[:-1] + label for label in ("com", "example", *LABELS))
    else:
        yield domain


def catch_alls(row: RouteRow) -> list[Route]:
    """The catch-all of the root that a dropped route comes from."""
    same = (each for each in row.host.routes if each.root is row.route.root and is_catch_all(each.match))
    return list(same)[:1]


def at_listener(reach: Reach, space: Space, listener: ResolvedListener) -> Reach:
    """The same with requests as they come to this listener; one that sends all to https has none for a route."""
    one, answers_itself = reach.witness or reach.request, listener.declared.https_redirect
    served = one is None or space.serves(one.host or "")
    alike = one is not None and served and (one.scheme, one.port) == (space.scheme, space.usual_port)
    if alike and not answers_itself and not listener.declared.server_names:
        return reach

    def here(request: Request) -> Request:
        if not served or (request.scheme, request.port) != (space.scheme, space.port or request.port):
            request = replace(request, scheme=space.scheme, port=space.usual_port, host=space.hosts[0])
        return with_chain(request, listener)

    return replace(
        reach,
        request=here(reach.request) if reach.request and not answers_itself else None,
        witness=here(reach.witness) if reach.witness and not answers_itself else None,
        shadowed_by=tuple(replace(each, request=here(each.request)) for each in reach.shadowed_by),
    )


def with_chain(request: Request, listener: ResolvedListener) -> Request:
    """A request with a server name that the listener has a TLS chain for, if its host is none (`spec/cli.md` 6.3)."""
    if request.scheme != "https" or has_chain(listener, server_name(request)):
        return request
    names = (name for pattern in listener.declared.server_names for name in names_of(pattern))
    return replace(request, sni=next((name for name in names if has_chain(listener, name)), None))

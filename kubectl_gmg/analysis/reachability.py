"""Which routes a request can reach, and who takes the others (`spec/cli.md` 6.2).

The theory works on the conditions of one list of routes; here they are those of a host on a listener, and places
become ids. A verdict is confirmed by the look-up that simulates requests: every request that is told was asked there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from kubectl_gmg.analysis.connections import ConnectionReach, Handshakes, handshakes
from kubectl_gmg.matching.host import DomainTable, lookup_name
from kubectl_gmg.matching.language import TextTest
from kubectl_gmg.matching.reach import HostTheory
from kubectl_gmg.matching.search import Spent, Wanted, Work, find_text
from kubectl_gmg.matching.served import Served
from kubectl_gmg.matching.space import Space, differs_by_listener
from kubectl_gmg.matching.wellformed import malformed_host
from kubectl_gmg.model.declared import Labels, Protocol
from kubectl_gmg.model.match import RouteMatch, ValueKind
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Gateway, Host, ResolvedListener, Route
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.model.workloads import covers
from kubectl_gmg.resolve.merge import is_catch_all
from kubectl_gmg.resolve.mesh import host_for
from kubectl_gmg.resolve.rows import terminal_id
from kubectl_gmg.resolve.walk import Way, way
from kubectl_gmg.simulate.entry import domains_of, has_chain, served_by, server_name
from kubectl_gmg.views import Reach, RouteRow, Shadow

ENCRYPTED = (Protocol.HTTPS, Protocol.TLS)
Takes = Callable[[str | None], bool]
"""Whether the TLS handshake for a server name leads to a listener."""
LABELS = ("www", "api", "shop", "a", *(f"x{number}" for number in range(1, 10)))
"""What may stand for the star of a domain."""

ENDS = ("example.com", "example.org", "test")
"""What a name may end with where it may be any."""

NAME_WORK = 20_000
"""Steps to find a name that leads to a host, where the usual ones do not."""

SOME_NAME = Wanted(outside=(TextTest(ValueKind.EXACT),))

NOWHERE = Reach(Proof.DISABLED)
"""No name leads to the host, or to its listener."""


MOST_WORKLOADS = 50
"""Of so many kinds of workloads it is looked whether a route can be reached from them."""
MOST_SEEN = 200
"""In so many ways a host is looked at, as one or the other workload has it."""

Place = tuple[Way, int]
"""What a route stands for, whichever of the others are there as well."""


def place_of(route: Route) -> Place:
    """The place of a route."""
    return way(route.terminal), route.match_index


class Reachability:
    """Tells of each route whether a request can reach it; what is worked out for a host is kept."""

    def __init__(self) -> None:
        self._domains: dict[int, tuple[ResolvedListener, DomainTable[Host]]] = {}
        self._spaces: dict[tuple[int, int], tuple[Space | None, HostTheory | None]] = {}
        self._theories: dict[tuple[object, ...], HostTheory] = {}
        self._served: dict[int, tuple[Host, tuple[Route, ...]]] = {}
        self._connections = ConnectionReach()
        self._handshakes: dict[int, Handshakes] = {}
        self._narrowed: dict[int, tuple[Host, bool]] = {}
        self._seen: dict[int, dict[Labels, tuple[Host, dict[Place, Route]]]] = {}
        self._whole: dict[int, tuple[Host, Host]] = {}
        self._listeners: dict[int, ResolvedListener] = {}
        self._places: dict[int, tuple[Host, dict[Place, int | None]]] = {}

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
        if route.connection is not None:
            return self._connections.of(row)
        if self._is_narrowed(row) and (route.dropped or route.index is not None):
            return self._for_each_workload(row, shadows=shadows)
        return self._of(row, shadows=shadows)

    def _of(self, row: RouteRow, *, shadows: bool) -> Reach:
        """What is known of a route of which everybody gets all routes of its host."""
        route = row.route
        if route.dropped:
            return Reach(Proof.DROPPED, by=self._ids(row, catch_alls(row)))
        if route.index is None:
            return Reach()
        if self._is_rejected(row.listener, row.gateway):
            return NOWHERE
        try:
            space, theory = self._theory(row)
        except Spent:
            return Reach(decided=False)
        if space is None or theory is None:
            return NOWHERE
        found = self._reach(row, theory, route.index - 1, shadows=shadows)
        return at_listener(found, space, row.listener, self._takes(row))

    def undisputed(self, row: RouteRow) -> bool:
        """Whether it is plain to see that requests reach a route and that no earlier one takes any: far cheaper to ask.

        Of a route that is not, `of` may say the same.
        """
        route = row.route
        if route.connection is not None:
            return route.index is not None and self._connections.of(row).proof is None
        if route.dropped or route.index is None or self._is_narrowed(row):
            return False
        if self._is_rejected(row.listener, row.gateway):
            return False
        try:
            _, theory = self._theory(row)
        except Spent:
            return False
        return theory is not None and theory.undisputed(route.index - 1)

    def _is_narrowed(self, row: RouteRow) -> bool:
        """Whether some workloads of the row's group do not get every route of its host."""
        sidecars, host = row.gateway.sidecars, row.host
        if sidecars is None or id(host) in self._whole:
            return False
        if id(host) not in self._narrowed:
            self._narrowed[id(host)] = host, not all(covers(each.workloads, sidecars) for each in host.rows)
        return self._narrowed[id(host)][1]

    def _for_each_workload(self, row: RouteRow, *, shadows: bool) -> Reach:
        """What is known of a route for the first workloads that it can be reached from, else for the last ones.

        Places are those of the whole group again.
        """
        found = Reach()
        for labels in row.route.workloads[:MOST_WORKLOADS]:
            own = self._as_of(row, labels)
            if own is None:
                return Reach(decided=False)
            found = self._of(own, shadows=shadows)
            if shadows and found.shadowed_by:
                places, routes = self._places_in(row.host), self._routes(own.host)
                indices = (places[place_of(routes[each.index - 1])] for each in found.shadowed_by)
                told = zip(found.shadowed_by, indices, strict=True)
                found = replace(found, shadowed_by=tuple(replace(each, index=index or 0) for each, index in told))
            if found.proof is None:
                return found
        return found if len(row.route.workloads) <= MOST_WORKLOADS else Reach(decided=False)

    def as_reached(self, row: RouteRow) -> RouteRow:
        """The row as it is for the workloads that its witness comes from; itself where all get the same."""
        if not self._is_narrowed(row):
            return row
        each_own = (self._as_of(row, labels) for labels in row.route.workloads[:MOST_WORKLOADS])
        found = next((own for own in each_own if own and self._of(own, shadows=False).proof is None), None)
        if found is None:
            return row
        if id(found.host) not in self._listeners:
            hosts = tuple(found.host if each is row.host else each for each in row.listener.hosts)
            self._listeners[id(found.host)] = replace(row.listener, hosts=hosts)
        return replace(found, listener=self._listeners[id(found.host)])

    def _places_in(self, host: Host) -> dict[Place, int | None]:
        """The number of every route of a host."""
        if id(host) not in self._places:
            self._places[id(host)] = host, {place_of(each): each.index for each in host.routes}
        return self._places[id(host)][1]

    def _as_of(self, row: RouteRow, labels: Labels) -> RouteRow | None:
        """The row as it is for a workload of these labels; None where a host would have to be seen in too many ways."""
        seen = self._seen.setdefault(id(row.host), {})
        if labels not in seen:
            if len(seen) == MOST_SEEN:
                return None
            own = host_for(row.host, labels, row.gateway.conventions.ranking)
            seen[labels] = own, {place_of(each): each for each in own.rows}
            self._whole[id(own)] = own, row.host
        own, routes = seen[labels]
        return replace(row, host=own, route=routes[place_of(row.route)])

    def _takes(self, row: RouteRow) -> Takes:
        """Tells whether a server name leads to the listener of a row: others may share its port."""
        led = self._led(row.gateway)
        return lambda name: led.lead_to(row.listener, name)

    def _led(self, gateway: Gateway) -> Handshakes:
        if id(gateway) not in self._handshakes:
            self._handshakes[id(gateway)] = handshakes(gateway)
        return self._handshakes[id(gateway)]

    def _is_rejected(self, listener: ResolvedListener, gateway: Gateway) -> bool:
        """Whether the proxy never gets a listener, since another one of its port has a server name of it."""
        return listener.declared.protocol in ENCRYPTED and id(listener) in self._led(gateway).rejected

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
        host = self._whole.get(id(host), (host, host))[1]

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


def at_listener(reach: Reach, space: Space, listener: ResolvedListener, takes: Takes) -> Reach:
    """The same with requests as they come to this listener; one that sends all to https has none for a route."""
    one, answers_itself = reach.witness or reach.request, listener.declared.https_redirect
    served = one is None or space.serves(one.host or "")
    alike = one is not None and served and (one.scheme, one.port) == (space.scheme, space.usual_port)
    if alike and not answers_itself and listener.declared.protocol not in ENCRYPTED:
        return reach

    def here(request: Request) -> Request | None:
        if not served or (request.scheme, request.port) != (space.scheme, space.port or request.port):
            request = replace(request, scheme=space.scheme, port=space.usual_port, host=space.hosts[0])
        return with_chain(request, listener, takes)

    return replace(
        reach,
        request=here(reach.request) if reach.request and not answers_itself else None,
        witness=here(reach.witness) if reach.witness and not answers_itself else None,
        shadowed_by=tuple(replace(each, request=here(each.request) or each.request) for each in reach.shadowed_by),
    )


def with_chain(request: Request, listener: ResolvedListener, takes: Takes) -> Request | None:
    """A request with a server name that leads to the listener, if its host is none (`spec/cli.md` 6.3).

    None if no name is found that does.
    """
    if request.scheme != "https" or takes(server_name(request)):
        return request
    names = (name for pattern in listener.declared.server_names or ("*",) for name in names_of(pattern))
    found = next((name for name in names if takes(name)), None)
    return replace(request, sni=found) if found else None

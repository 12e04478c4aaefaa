"""One request through one entry point: host, route, and what the route does (`spec/v1beta1.md` 9)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from kubectl_gmg.matching.condition import failed_condition
from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.host import DomainTable
from kubectl_gmg.matching.path import Prepared, Refusal, prepare
from kubectl_gmg.matching.response import (
    Response,
    direct,
    https_only,
    not_found,
    redirect,
    unavailable,
    upgrade_refused,
)
from kubectl_gmg.matching.rewrite import upstream_host, upstream_path
from kubectl_gmg.model.action import DirectResponse, ForwardTo, Found, GraphQL, Redirect
from kubectl_gmg.model.declared import Declared, Protocol
from kubectl_gmg.model.match import RouteMatch
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Host, PolicyState, ResolvedListener, Route, Status
from kubectl_gmg.resolve.merge import decided_by_merging
from kubectl_gmg.resolve.order import decided_by
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.simulate.closest import closest
from kubectl_gmg.simulate.connection import Connections, certificate_notes, closed
from kubectl_gmg.simulate.doubt import Doubts
from kubectl_gmg.simulate.entry import EntryPoint, domains_of
from kubectl_gmg.views import Candidate, Closest, RouteRow, Simulated, Upstream

MOST_CANDIDATES = 100
ALL_READ = Declared()
NO_UPGRADE = "the connection may be upgraded to websocket only"

NOT_SIMULATED = {
    "extauth": "authentication",
    "rateLimit": "rateLimits",
    "corsPolicy": "cors",
    "csrf": "csrf",
    "headerManipulation": "transformations",
    "faultInjection": "faults",
    "retries": "retries",
    "requestTimeout": "timeouts",
    "mirror": "mirroring",
}
"""What an option does that is not simulated."""
BEYOND = (
    "authentication",
    "authorization",
    "rateLimits",
    "cors",
    "csrf",
    "waf",
    "transformations",
    "extensions",
    "faults",
    "retries",
    "timeouts",
    "mirroring",
)
"""What is not simulated at all, in the order of `spec/cli.md` 6.8."""


@dataclass(frozen=True, slots=True, eq=False)
class ServedHost:
    """A host ready for look-ups; `asked` is what each route wants of a request at this listener."""

    routes: tuple[Route, ...]
    asked: tuple[RouteMatch, ...]
    finder: RouteFinder


class Simulator:
    """Answers requests; look-ups are made once for every host and listener.

    `declared` says what was not read, so that an answer can tell what it may depend on.
    """

    def __init__(self, rows: Rows, declared: Declared = ALL_READ) -> None:
        self._rows = rows
        self._doubts = Doubts(declared)
        self._connections = Connections(rows)
        self._hosts: dict[int, ServedHost] = {}
        self._domains: dict[int, DomainTable[Host]] = {}

    def domains(self, listener: ResolvedListener) -> DomainTable[Host]:
        """Which host a listener picks for a name."""
        if id(listener) not in self._domains:
            self._domains[id(listener)] = domains_of(listener)
        return self._domains[id(listener)]

    def answer(self, request: Request, entries: tuple[EntryPoint, ...], *, candidates: bool) -> tuple[Simulated, ...]:
        """What every answering entry point does: those that serve the host, or all if none does.

        With `candidates` also who was looked at, and which routes came closest where none matched.
        """
        if not entries:
            nobody = Simulated(request, request.path, "noGateway")
            return (replace(nobody, may_differ=self._doubts.of(nobody, None)),)
        prepared = prepare(request)
        reached = self._connections.reached(request, entries)
        serving = tuple(entry for entry in reached if self._serves(entry, prepared, request))
        items = (self._through(request, prepared, each, candidates=candidates) for each in serving or reached)
        routable = prepared if isinstance(prepared, Prepared) else None
        return tuple(replace(item, may_differ=self._doubts.of(item, routable)) for item in items)

    def _serves(self, entry: EntryPoint, prepared: Prepared | Refusal, request: Request) -> bool:
        """Whether an entry point has a host for the request, even if the proxy will not route it."""
        host = prepared.request.host if isinstance(prepared, Prepared) else request.host
        return self.domains(entry.listener).choose(host or "") is not None

    def _through(
        self, request: Request, prepared: Prepared | Refusal, entry: EntryPoint, *, candidates: bool
    ) -> Simulated:
        blank = Simulated(request, request.path, "noHost", entry.gateway, entry.listener)
        if why := self._connections.refused(request, entry):
            return closed(blank, why)
        blank = replace(blank, notes=certificate_notes(entry.listener))
        if entry.listener.declared.protocol in (Protocol.TCP, Protocol.TLS):
            item = self._connections.through(request, entry, blank, candidates=candidates)
            return replace(item, not_simulated=not_simulated(item.row)) if item.row else item
        if isinstance(prepared, Refusal):
            answer = Response(prepared.status, (), "")
            return replace(blank, outcome="proxyResponse", response=answer, why=prepared.reason)
        blank = replace(blank, request=prepared.request, routed_path=prepared.routed_path)
        chosen = self.domains(entry.listener).choose(prepared.request.host or "")
        if chosen is None:
            return replace(blank, response=not_found(prepared))
        domain, host = chosen
        at_host = replace(blank, host=host, domain=domain)
        if entry.listener.declared.https_redirect and prepared.routable:
            return redirected_to_https(prepared, at_host)
        return self._routed(prepared, at_host, entry, host, candidates=candidates)

    def _served(self, host: Host, listener: ResolvedListener) -> ServedHost:
        if id(host) not in self._hosts:
            # At a listener whose port is known only matches for it are left: the port that was typed says nothing.
            known, routes = listener.port is not None, host.routes
            wanted = (each.match for each in routes)
            asked = tuple(replace(each, port=None) if known and each.port else each for each in wanted)
            self._hosts[id(host)] = ServedHost(routes, asked, RouteFinder(asked))
        return self._hosts[id(host)]

    def _routed(
        self, prepared: Prepared, at_host: Simulated, entry: EntryPoint, host: Host, *, candidates: bool
    ) -> Simulated:
        served = self._served(host, entry.listener)
        place = served.finder.find(prepared)

        def row_of(route: Route) -> RouteRow:
            return self._rows.row(entry.gateway, entry.listener, host, route)

        if candidates:
            shown, omitted = candidates_of(served, place, prepared, row_of)
            at_host = replace(at_host, candidates=shown, omitted=omitted)
        if place is None:
            near = self._closest(prepared, served, entry, host, row_of) if candidates else ()
            return replace(at_host, outcome="noRoute", response=not_found(prepared), closest=near)
        row = row_of(served.routes[place])
        if (refusal := upgrade_refused(prepared)) is not None:
            return replace(at_host, outcome="proxyResponse", row=row, response=refusal, why=NO_UPGRADE)
        matched = acted(prepared, replace(at_host, row=row, not_simulated=not_simulated(row)))
        if row.route.status is Status.FROZEN:
            why = "the last accepted configuration keeps serving, and its content is not known"
            return replace(at_host, row=row, outcome="frozen", once_fixed=matched, why=why)
        return matched

    def _closest(
        self,
        prepared: Prepared,
        served: ServedHost,
        entry: EntryPoint,
        host: Host,
        row_of: Callable[[Route], RouteRow],
    ) -> tuple[Closest, ...]:
        """The routes that nearly matched."""

        def serves(name: str) -> bool:
            chosen = self.domains(entry.listener).choose(name)
            return chosen is not None and chosen[1] is host

        def answering(request: Prepared) -> Route | None:
            place = served.finder.find(request)
            return None if place is None else served.routes[place]

        return closest(zip(served.asked, served.routes, strict=True), prepared, serves, answering, row_of)


def candidates_of(
    served: ServedHost, place: int | None, prepared: Prepared, row_of: Callable[[Route], RouteRow]
) -> tuple[tuple[Candidate, ...], int]:
    """All routes before the winner, the winner, and every later one that would match; and how many are not shown.

    The winner is always among those shown.
    """
    winner = None if place is None else served.routes[place]
    looked = tuple(looked_at(served, place, prepared))
    shown = looked[:MOST_CANDIDATES]
    if place is not None and place >= MOST_CANDIDATES:
        shown = (*looked[: MOST_CANDIDATES - 1], looked[place])
    made = tuple(candidate(row_of(route), verdict, winner, prepared) for verdict, route in shown)
    return made, len(looked) - len(shown)


def looked_at(served: ServedHost, place: int | None, prepared: Prepared) -> Iterator[tuple[str, Route]]:
    """The verdicts in order."""
    for route in served.routes[:place]:
        yield "no", route
    if place is not None:
        yield "match", served.routes[place]
        for later in served.finder.matching(prepared, after=place):
            yield "late", served.routes[later]


def candidate(row: RouteRow, verdict: str, winner: Route | None, prepared: Prepared) -> Candidate:
    """One route with the reason why it did not win."""
    if verdict == "no":
        return Candidate(row, verdict, failed_condition(row.route.match, prepared))
    if verdict == "match" or winner is None:
        return Candidate(row, verdict, "")
    why = decided_by_merging(winner, row.route) or decided_by(
        winner.terminal, row.route.terminal, row.gateway.conventions
    )
    return Candidate(row, verdict, f"ranked after {winner.index}", why)


def redirected_to_https(prepared: Prepared, at_host: Simulated) -> Simulated:
    """What a listener answers that wants https, before any route is looked at (`spec/envoy.md` 65 and 66)."""
    if (refusal := upgrade_refused(prepared)) is not None:
        return replace(at_host, outcome="proxyResponse", response=refusal, why=NO_UPGRADE)
    return replace(at_host, outcome="redirect", response=https_only(prepared))


def acted(prepared: Prepared, matched: Simulated) -> Simulated:
    """What the route does with the request."""
    row = matched.row
    action = row.route.action if row else None
    if row is None or action is None:
        raise ValueError("a served route has an action")
    match action:
        case Redirect():
            answer = redirect(row.route.match, action, prepared)
            return replace(matched, outcome="redirect", response=answer)
        case GraphQL():
            return replace(matched, outcome="notSimulated", why="a query is answered by a GraphQL schema")
        case DirectResponse():
            return replace(matched, outcome="directResponse", response=direct(action, prepared))
        case ForwardTo():
            if all(each.found is Found.MISSING for each in row.destinations if each.share > 0):
                why = "no destination of the route exists"
                return replace(matched, outcome="proxyResponse", response=unavailable(prepared), why=why)
            return replace(matched, outcome="forward", upstream=sent_on(prepared, action, row))


def sent_on(prepared: Prepared, action: ForwardTo, row: RouteRow) -> Upstream:
    """The request as it goes upstream."""
    address = row.destinations[0].address if row.destinations else None
    return Upstream(
        method=prepared.request.method,
        host=upstream_host(action, prepared, address),
        path=upstream_path(row.route.match, action, prepared),
        destinations=row.destinations,
    )


def not_simulated(row: RouteRow) -> tuple[str, ...]:
    """What a route's options and policies would do that is not simulated; what is switched off does nothing."""
    active = {name for name, value in row.route.terminal.options.fields if not switched_off(value.value)}
    words = {word for name, word in NOT_SIMULATED.items() if name in active}
    words |= {use.beyond for use in row.policies if use.state is not PolicyState.LOST}
    return in_order(words)


def in_order(words: Iterable[str]) -> tuple[str, ...]:
    """What is not simulated, in the order of `spec/cli.md` 6.8."""
    found = set(words)
    return tuple(word for word in BEYOND if word in found)


def switched_off(value: str) -> bool:
    """Whether an option's value says that it is off."""
    written = json.loads(value)
    return isinstance(written, dict) and written.get("disable") is True

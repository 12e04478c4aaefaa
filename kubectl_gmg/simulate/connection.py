"""Connections: which TLS chain takes one, and where it goes as a whole (`spec/cli.md` 6.3, `spec/v2.md` 3.1, 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from kubectl_gmg.model.action import Found, ResolvedDestination
from kubectl_gmg.model.conventions import Connections as Told
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.match import RouteProtocol
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Gateway, Host, ResolvedListener, Route, Status
from kubectl_gmg.resolve.allow import covers
from kubectl_gmg.resolve.automatic import decoded
from kubectl_gmg.resolve.chains import (
    ANY,
    AUTO_PASSTHROUGH,
    ENCRYPTED,
    PASSTHROUGH,
    Chain,
    Choices,
    Port,
    Rejection,
    ports_of,
    rejected_of,
    streams_of,
)
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.simulate.entry import EntryPoint, server_name
from kubectl_gmg.views import Candidate, Simulated, Upstream

MOST_NAMES = 5
"""Server names that are told where none fits."""
MOST_CANDIDATES = 100
SERVER_NAME = "header sni"
TAKEN = "another listener of the port is for a server name of this route"
LATER = {True: "its server name is less exact", False: "the first route gets every connection"}
"""Why a route that fits is not taken, by whether a server name chooses."""
FROZEN = "the last accepted configuration keeps serving, and its content is not known"
CERTIFICATES = {
    "MUTUAL": "the client must show a certificate that the listener trusts: this is not checked",
    "ISTIO_MUTUAL": "the client must show a certificate of the mesh: this is not checked",
}


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is worked out once for a gateway: its TLS ports, and the listeners that it never gets."""

    ports: dict[int, Port]
    rejected: dict[int, Rejection]


class Connections:
    """Tells where connections arrive and go; what is worked out for a gateway is kept."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._known: dict[int, Known] = {}
        self._choices: dict[tuple[int, ...], Choices] = {}

    def reached(self, request: Request, entries: tuple[EntryPoint, ...]) -> tuple[EntryPoint, ...]:
        """Where a request arrives: of the listeners that share a port the one whose chain is chosen.

        HTTPS listeners, else TLS ones; all if none has a chain. A plain connection arrives where any route is for it,
        else everywhere.
        """
        if request.scheme == "tcp":
            going = tuple(each for each in entries if self._carries(each))
            return going or entries
        if request.scheme != "https":
            return entries
        name = server_name(request)
        covering = tuple(each for group in self._by_port(entries) for each in self._chosen(name, group))
        terminating = tuple(each for each in covering if each.listener.declared.protocol is Protocol.HTTPS)
        return terminating or covering or entries

    def refused(self, request: Request, entry: EntryPoint) -> str:
        """Why the proxy closes the connection at once, in words; empty if a listener takes it."""
        if entry.listener.declared.protocol is Protocol.HTTP:
            return ""
        if rejection := self._known_of(entry.gateway).rejected.get(id(entry.listener)):
            return rejected_words(rejection)
        if entry.listener.declared.protocol not in ENCRYPTED or self.chain(request, entry) is not None:
            return ""
        return self._without_chain(server_name(request), entry)

    def chain(self, request: Request, entry: EntryPoint) -> Chain | None:
        """The TLS chain of a listener that takes a request."""
        return self._choices_of((entry,)).choose(server_name(request))

    def through(self, request: Request, entry: EntryPoint, blank: Simulated, *, candidates: bool) -> Simulated:
        """What becomes of a connection at a listener that routes no HTTP."""
        if entry.gateway.conventions.connections is Told.LISTED:
            return replace(blank, outcome="notSimulated")
        chain = self.chain(request, entry) if entry.listener.declared.protocol in ENCRYPTED else None
        if chain is not None and chain.destination is not None:
            return encoded(request, chain.destination, blank)
        route = chain.route if chain is not None and chain.route is not None else first_of(entry.listener, request.port)
        if candidates:
            shown, omitted = self._candidates(entry, route, request)
            blank = replace(blank, candidates=shown, omitted=omitted)
        streams = entry.listener.streams
        if route is None or streams is None:
            return closed(blank, unrouted(entry.listener, request))
        row = self._rows.row(entry.gateway, entry.listener, streams, route)
        routed = sent(replace(blank, host=streams, row=row), row.destinations)
        if route.status is Status.FROZEN:
            return replace(routed, outcome="frozen", upstream=None, once_fixed=routed, why=FROZEN)
        return routed

    def _carries(self, entry: EntryPoint) -> bool:
        """Whether a plain connection may go anywhere from here."""
        listed = entry.gateway.conventions.connections is Told.LISTED
        usable = id(entry.listener) not in self._known_of(entry.gateway).rejected
        return listed or (usable and bool(streams_of(entry.listener)))

    def _known_of(self, gateway: Gateway) -> Known:
        if id(gateway) not in self._known:
            ports = ports_of(gateway)
            self._known[id(gateway)] = Known(
                {id(listener): port for port in ports for listener in port.listeners},
                {id(each.listener): each for each in rejected_of(gateway)},
            )
        return self._known[id(gateway)]

    def _by_port(self, entries: Iterable[EntryPoint]) -> Iterator[tuple[EntryPoint, ...]]:
        """The entries in groups that share a port of one gateway."""
        groups: dict[int, list[EntryPoint]] = {}
        for each in entries:
            groups.setdefault(id(self._port_of(each)), []).append(each)
        return (tuple(group) for group in groups.values())

    def _port_of(self, entry: EntryPoint) -> Port:
        return self._known_of(entry.gateway).ports[id(entry.listener)]

    def _choices_of(self, group: tuple[EntryPoint, ...]) -> Choices:
        """What chooses a chain among listeners of one port."""
        key = tuple(id(each.listener) for each in group)
        if key not in self._choices:
            self._choices[key] = self._port_of(group[0]).choices(each.listener for each in group)
        return self._choices[key]

    def _chosen(self, name: str | None, group: tuple[EntryPoint, ...]) -> Iterator[EntryPoint]:
        chain = self._choices_of(group).choose(name)
        return (each for each in group if chain is not None and each.listener is chain.listener)

    def _without_chain(self, name: str | None, entry: EntryPoint) -> str:
        """Why no TLS chain of a listener takes a server name."""
        listener, chains = entry.listener, self._port_of(entry).chains
        if listener.declared.mode == AUTO_PASSTHROUGH and listener.declared.protocol is Protocol.TLS:
            return not_encoded(name)
        if not any(chain.listener is listener for chain in chains):
            return no_route(listener)
        names = tuple(dict.fromkeys(each for chain in chains for each in chain.names))
        said = f"there is one for {listed(nearest(name or '', names))}"
        return f"no TLS chain takes {name}: {said}" if name else f"the client names no server: {said}"

    def _candidates(
        self, entry: EntryPoint, winner: Route | None, request: Request
    ) -> tuple[tuple[Candidate, ...], int]:
        """All routes before the winner, the winner, and every later one that would match; and how many are not shown.

        The winner is always among those shown.
        """
        streams = entry.listener.streams
        found = list(self._looked_at(entry, streams, winner, request)) if streams else []
        shown = found[:MOST_CANDIDATES]
        won = [each for each in found if each.verdict == "match"]
        if won and won[0] not in shown:
            shown[-1] = won[0]
        return tuple(shown), len(found) - len(shown)

    def _looked_at(
        self, entry: EntryPoint, streams: Host, winner: Route | None, request: Request
    ) -> Iterator[Candidate]:
        encrypted = entry.listener.declared.protocol in ENCRYPTED
        lost = self._port_of(entry).left_out if encrypted else ()
        name, port = server_name(request) or "", entry.listener.port or request.port
        passed = False
        for route in streams.routes:
            row = self._rows.row(entry.gateway, entry.listener, streams, route)
            reason = failed(route, name, port)
            if route is winner:
                passed = True
                yield Candidate(row, "match", "")
            elif route in lost:
                yield Candidate(row, "no", SERVER_NAME, TAKEN)
            elif winner is not None and not reason:
                yield Candidate(row, "late", f"ranked after {winner.index}", LATER[chosen_by_name(winner)])
            elif not passed:
                yield Candidate(row, "no", reason)


def failed(route: Route, name: str, port: int) -> str:
    """The first condition of a route that a connection fails; empty if it fits. A `port` of 0 is not known.

    A server name stands where the protocol's own headers do not: as `header sni`.
    """
    wanted = route.connection
    if wanted is None:
        raise ValueError("a route for connections says what it wants of one")
    if wanted.protocol is RouteProtocol.TLS and not any(covers(each, name) for each in wanted.sni_hosts):
        return SERVER_NAME
    return "port" if port and wanted.port not in (None, port) else ""


def first_of(listener: ResolvedListener, port: int) -> Route | None:
    """The route that gets every plain connection: the first one for the port."""
    return next((each for each in streams_of(listener) if not failed(each, "", listener.port or port)), None)


def sent(blank: Simulated, destinations: tuple[ResolvedDestination, ...]) -> Simulated:
    """A connection on its way; where none of the destinations exists the proxy closes it."""
    if all(each.found is Found.MISSING for each in destinations if each.share > 0):
        return closed(blank, "no destination of the route exists")
    return replace(blank, outcome="forward", upstream=Upstream(None, None, None, destinations))


def encoded(request: Request, destination: ResolvedDestination, blank: Simulated) -> Simulated:
    """A connection that goes where its server name says."""
    found = decoded(server_name(request) or "")
    notes = (f"whether there is a subset {found.subset} is not known",) if found and found.subset else ()
    return sent(replace(blank, notes=(*blank.notes, *notes)), (destination,))


def closed(blank: Simulated, why: str) -> Simulated:
    """A connection that the proxy closes."""
    return replace(blank, outcome="connectionClosed", why=why)


def certificate_notes(listener: ResolvedListener) -> tuple[str, ...]:
    """What is asked of the client besides, in words."""
    note = CERTIFICATES.get(listener.declared.mode or "")
    return (note,) if note and listener.declared.protocol in ENCRYPTED else ()


def rejected_words(rejection: Rejection) -> str:
    """Why a listener is not there for the proxy."""
    first = f"listener {rejection.by.index}, of the same port,"
    if rejection.listener.declared.protocol not in ENCRYPTED:
        return f"the proxy does not get this listener: {first} takes every plain connection"
    name = "any server name" if rejection.name == ANY else f"the server name {rejection.name}"
    return f"the proxy does not get this listener: {first} is for {name} already"


def no_route(listener: ResolvedListener) -> str:
    """What is lacking of a listener without any route for connections."""
    by_name = listener.declared.protocol is Protocol.TLS and listener.declared.mode in PASSTHROUGH
    return f"no {'tls' if by_name else 'tcp'} route of any table is for this listener"


def unrouted(listener: ResolvedListener, request: Request) -> str:
    """Why a plain connection goes nowhere."""
    return f"no route is for port {request.port}" if streams_of(listener) else no_route(listener)


def not_encoded(name: str | None) -> str:
    """Why a server name leads nowhere that is to say by itself where it leads."""
    found = decoded(name or "")
    if found is None:
        return f"{name or 'an empty server name'} does not say where to go, as outbound_.PORT_.SUBSET_.HOST would"
    return f"nothing that this listener is for is called {found.host} and has port {found.port}"


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Server names, those most like the one that was asked for first."""
    return sorted(names, key=lambda each: -SequenceMatcher(None, each.lower(), name.lower()).ratio())


def listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{', '.join(names[:MOST_NAMES])}{more}"


def chosen_by_name(route: Route) -> bool:
    """Whether a server name chose the route, not its place."""
    return route.connection is not None and route.connection.protocol is RouteProtocol.TLS

"""Requests that show what becomes of a route, asked of the same look-ups that answer `curl`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kubectl_gmg.analysis.reachability import at_port
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Route
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.simulate.entry import EntryPoint
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.views import RouteRow, Simulated


class Witnesses:
    """Asks the listeners of one run; one for all rules, since look-ups are made once for every host."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._simulator = Simulator(Rows(context.resolved), context.declared)
        self._finders: dict[tuple[int, int | None], tuple[tuple[Route, ...], RouteFinder]] = {}

    def of(self, row: RouteRow) -> Request | None:
        """A request that reaches a route; None if none does, or none was found."""
        return self._context.reach(row).witness

    def as_reached(self, row: RouteRow) -> RouteRow:
        """The row as those have it that its witness comes from."""
        return self._context.as_reached(row)

    def answer(self, row: RouteRow, request: Request) -> Simulated:
        """What the listener of a route answers."""
        return self._simulator.answer(request, (EntryPoint(row.gateway, row.listener),), candidates=False)[0]

    def reaching(self, row: RouteRow, paths: Iterable[str]) -> Prepared | None:
        """A request for the first of some paths that reaches a route; the rest is that of a request that does."""
        witness, row = self.of(row), self.as_reached(row)
        if witness is None:
            return None
        _, mark, query = witness.path.partition("?")
        for path in paths:
            prepared = prepare(replace(witness, path=f"{path}{mark}{query}"))
            if isinstance(prepared, Prepared) and self._takes(row, prepared):
                return prepared
        return None

    def _takes(self, row: RouteRow, prepared: Prepared) -> bool:
        """Whether a route surely takes a request: nothing that was not read may take it before."""
        if self._taker(row, prepared) is not row.route:
            return False
        realm = self._context.realm(row.host.declared.ref)
        complete = realm.tables_read.complete and realm.hosts_read.complete
        return complete or not self.answer(row, prepared.request).may_differ

    def _taker(self, row: RouteRow, prepared: Prepared) -> Route | None:
        """The route of a host that takes a request which comes to that host."""
        key = id(row.host), row.listener.port
        if key not in self._finders:
            routes = row.host.routes
            self._finders[key] = routes, RouteFinder([at_port(route.match, row.listener.port) for route in routes])
        routes, finder = self._finders[key]
        place = finder.find(prepared)
        return None if place is None else routes[place]

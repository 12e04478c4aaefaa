"""Redirects that lead back to where they were asked (`spec/envoy.md` 40 to 46, 52)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kubectl_gmg.checks.witnesses import Witnesses
from kubectl_gmg.matching.host import lookup_name
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.action import DirectResponse, Redirect
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.match import ROOT, PathKind
from kubectl_gmg.model.request import Request
from kubectl_gmg.simulate.follow import BECOMING_GET, DEFAULT_PORTS, MOST_REDIRECTS, Location, method_after, read
from kubectl_gmg.views import RouteRow, Simulated

FOLLOWED = BECOMING_GET | {307, 308}
"""What clients follow."""
ENCRYPTED = (Protocol.HTTPS, Protocol.TLS)


class Sources:
    """What paths are redirected, among the routes of one host: tells cheaply which redirects lead nowhere near."""

    def __init__(self, rows: Iterable[RouteRow]) -> None:
        paths = [row.route.match.path or ROOT for row in rows]
        self._exact = {path.value for path in paths if path.kind is PathKind.EXACT}
        self._prefixes = {path.value for path in paths if path.kind is PathKind.PREFIX}
        self._sizes = sorted({len(prefix) for prefix in self._prefixes})
        self._loose = any(path.ignore_case or path.kind not in (PathKind.EXACT, PathKind.PREFIX) for path in paths)

    def may_return(self, row: RouteRow) -> bool:
        """Whether the location of a route may be redirected again; no where that is sure."""
        action = row.route.action
        if not isinstance(action, Redirect):
            return True
        encrypted = row.listener.declared.protocol in ENCRYPTED
        if action.scheme not in ("", "https" if encrypted else "http") or not may_be_served(action.host, row):
            return False
        return not action.path or self._has(f"/{action.path.partition('?')[0].removeprefix('/')}")

    def _has(self, path: str) -> bool:
        return self._loose or path in self._exact or any(path[:size] in self._prefixes for size in self._sizes)


def leads_nowhere(action: Redirect) -> bool:
    """Whether a redirect keeps all that tells one place from another; to drop the query is not enough."""
    changed = action.scheme or action.host or action.path or action.prefix or action.regex
    return not changed and action.port is None


def may_be_served(host: str, row: RouteRow) -> bool:
    """Whether the host of a route is surely the one that a redirect names; an empty one is kept.

    Of the names that a star stands for nobody knows whether they lead here.
    """
    return not host or any(folded(each) == lookup_name(host) for each in row.host.domains)


def loop_from(witnesses: Witnesses, row: RouteRow) -> tuple[Simulated, ...]:
    """The answers that lead back to the first of them, or on and on through one route; none if there is an end."""
    request = beginning(witnesses, row)
    if request is None:
        return ()
    row = witnesses.as_reached(row)
    if isinstance(row.route.action, DirectResponse):
        item = witnesses.answer(row, request)
        return () if item.may_differ else (item,)
    asked: dict[Request, int] = {}
    steps: list[Simulated] = []
    while request is not None and len(steps) <= MOST_REDIRECTS:
        if request in asked:
            return tuple(steps[asked[request] :])
        asked[request] = len(steps)
        steps.append(witnesses.answer(row, request))
        request = following(row, steps[-1])
    endless = request is not None and all(step.row and step.row.route is row.route for step in steps)
    return tuple(steps) if endless else ()


def beginning(witnesses: Witnesses, row: RouteRow) -> Request | None:
    """A request that reaches a route; under the name that it redirects to, if it names one."""
    witness, action = witnesses.of(row), row.route.action
    if witness is None or not (isinstance(action, Redirect) and action.host):
        return witness
    return replace(witness, host=action.host, sni=None)


def following(row: RouteRow, item: Simulated) -> Request | None:
    """The request that a client makes of an answer, if that is certain and the same listener gets it."""
    answer, route = item.response, item.row
    if answer is None or route is None or item.may_differ or answer.status not in FOLLOWED:
        return None
    to = read(dict(answer.headers).get("location", ""))
    if not isinstance(to, Location) or to.scheme != item.request.scheme or not same_place(row, route, item, to):
        return None
    return replace(item.request, path=to.target, method=method_after(answer.status, item.request.method))


def same_place(row: RouteRow, route: RouteRow, item: Simulated, to: Location) -> bool:
    """Whether a location names the host and the port that were asked; a host that is kept keeps its port."""
    if folded(to.authority) != folded(item.request.host or ""):
        return False
    action = route.route.action
    named = isinstance(action, Redirect) and (action.host or action.port is not None)
    return not named or (to.port or DEFAULT_PORTS[to.scheme]) == row.listener.port

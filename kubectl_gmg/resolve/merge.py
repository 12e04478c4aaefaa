"""Hosts that share a domain become one virtual host of the proxy (`spec/v2.md` 4.3, `spec/envoy.md` 70 to 76)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kubectl_gmg.model.declared import VirtualHost
from kubectl_gmg.model.match import PathKind, RouteMatch
from kubectl_gmg.model.resolved import Route
from kubectl_gmg.model.workloads import covers
from kubectl_gmg.resolve.age import instant
from kubectl_gmg.resolve.order import Rule

CATCH_ALL_REGEX = ".*"


def oldest_first(roots: Iterable[VirtualHost]) -> tuple[VirtualHost, ...]:
    """Roots in the order of merging: by age, ties by name, then namespace (`spec/envoy.md` 73)."""

    def key(root: VirtualHost) -> tuple[bool, float, str, str]:
        moment = instant(root.created)
        return moment is None, moment.timestamp() if moment else 0.0, root.ref.name, root.ref.namespace

    return tuple(sorted(roots, key=key))


def by_roots(claims: Iterable[tuple[str, VirtualHost]]) -> list[tuple[tuple[VirtualHost, ...], tuple[str, ...]]]:
    """The roots of every domain, the oldest first, with all the domains that just these roots have (4.3 rule 1)."""
    domains: dict[str, dict[int, VirtualHost]] = {}
    spelling: dict[str, str] = {}
    for domain, root in claims:
        domains.setdefault(domain.lower(), {})[id(root)] = root
        spelling.setdefault(domain.lower(), domain)
    groups: dict[tuple[int, ...], tuple[tuple[VirtualHost, ...], list[str]]] = {}
    for name, found in domains.items():
        roots = oldest_first(found.values())
        groups.setdefault(tuple(map(id, roots)), (roots, []))[1].append(spelling[name])
    return sorted(((roots, tuple(names)) for roots, names in groups.values()), key=lambda each: min(each[1]))


def merged(lists: Iterable[tuple[Route, ...]], port: int | None) -> tuple[Route, ...]:
    """The routes of several roots as one list of a listener at `port`, with their places.

    Each root ends with its first catch-all: what stands behind it is dropped, and listed at its place; within the mesh
    only if all workloads that get it get the catch-all. All catch-alls move to the end, the oldest first. A match for
    another port is not there (`spec/envoy.md` 76); where the port is not known, what catches all at one port ends only
    what is for that port too, and keeps its place.
    """
    kept: list[Route] = []
    last: list[Route] = []
    for routes in lists:
        ends = Ends()
        for route in routes:
            if port is not None and route.match.port not in (None, port):
                continue
            if route.index is None:
                kept.append(route)
            elif ends.cover(route, port):
                kept.append(replace(route, index=None, dropped=True))
            elif is_catch_all(route.match):
                ends.add(route)
                (kept if port is None and route.match.port is not None else last).append(route)
            else:
                kept.append(route)
    return numbered((*kept, *last))


class Ends:
    """The catch-alls of one root so far, found by a label that their workloads have; most roots have one for all."""

    def __init__(self) -> None:
        self._by_label: dict[tuple[str, str] | None, list[Route]] = {}

    def add(self, end: Route) -> None:
        """One more."""
        for labels in end.workloads or ((),):
            self._by_label.setdefault(labels[-1] if labels else None, []).append(end)

    def cover(self, route: Route, port: int | None) -> bool:
        """Whether any of them ends a route: it is for all workloads that the first of the route's labels stand for."""
        first = route.workloads[0] if route.workloads else ()
        return any(is_behind(route, end, port) for pair in (None, *first) for end in self._by_label.get(pair, ()))


def is_behind(route: Route, end: Route, port: int | None) -> bool:
    """Whether all requests of a route that reach its table are ended by a catch-all before it."""
    at_port = port is not None or end.match.port in (None, route.match.port)
    return at_port and covers(end.workloads, route.workloads)


def numbered(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The same routes; those that the proxy gets have their place in the whole list."""
    found: list[Route] = []
    place = 0
    for route in routes:
        place += route.index is not None
        found.append(route if route.index is None else replace(route, index=place))
    return tuple(found)


def merging(first: Route, second: Route) -> Rule | None:
    """Which rule of merging puts a route of another root later; None for routes of one root."""
    if first.root is second.root:
        return None
    catch_all = is_catch_all(second.match) and not is_catch_all(first.match)
    return Rule.CATCH_ALL if catch_all else Rule.ROOT_AGE


def decided_by_merging(first: Route, second: Route) -> str:
    """Why a route of another root stands later, in words; empty for routes of one root."""
    rule = merging(first, second)
    if rule is None:
        return ""
    if rule is Rule.CATCH_ALL:
        return "a catch-all stands behind the other routes of the host"
    return f"{second.root.ref} comes after {first.root.ref}: by age, then by name"


def is_catch_all(match: RouteMatch) -> bool:
    """Whether Istio takes a match for one that everything fits (`spec/envoy.md` 72)."""
    if match.headers or match.query_parameters or match.method:
        return False
    path = match.path
    if path is None:
        return True
    wanted = {PathKind.PREFIX: "/", PathKind.REGEX: CATCH_ALL_REGEX}
    return wanted.get(path.kind) == path.value

"""Hosts that share a domain become one virtual host of the proxy (`spec/v2.md` 4.3, `spec/envoy.md` 70 to 76)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kubectl_gmg.model.declared import VirtualHost
from kubectl_gmg.model.match import PathKind, RouteMatch
from kubectl_gmg.model.resolved import Route
from kubectl_gmg.resolve.age import instant
from kubectl_gmg.resolve.order import Rule

CATCH_ALL_REGEX = ".*"


def oldest_first(roots: Iterable[VirtualHost]) -> tuple[VirtualHost, ...]:
    """Roots in the order of merging: by age, ties by name, then namespace (`spec/envoy.md` 73)."""

    def key(root: VirtualHost) -> tuple[bool, float, str, str]:
        moment = instant(root.created)
        return moment is None, moment.timestamp() if moment else 0.0, root.ref.name, root.ref.namespace

    return tuple(sorted(roots, key=key))


def merged(lists: Iterable[tuple[Route, ...]], port: int | None) -> tuple[Route, ...]:
    """The routes of several roots as one list of a listener at `port`, with their places.

    Each root ends with its first catch-all: what stands behind it is dropped, and listed at its place. All catch-alls
    move to the end, the oldest first. A match for another port is not there (`spec/envoy.md` 76).
    """
    kept: list[Route] = []
    last: list[Route] = []
    for routes in lists:
        open_end = True
        for route in routes:
            if port is not None and route.match.port not in (None, port):
                continue
            if route.index is None:
                kept.append(route)
            elif not open_end:
                kept.append(replace(route, index=None, dropped=True))
            elif is_catch_all(route.match):
                last.append(route)
                open_end = False
            else:
                kept.append(route)
    return numbered((*kept, *last))


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

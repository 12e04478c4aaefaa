"""Lists of routes of one host, for the analysis of what can be reached."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, QueryParameterMatch, RouteMatch, ValueKind


def mixed(size: int) -> list[RouteMatch]:
    """Prefixes and exact paths, 5 % patterns, 10 % with a header test, some of them never reached."""
    rng = Random(1)
    routes = []
    for number in range(size):
        kind = rng.random()
        if kind < 0.05:
            path = PathMatch(PathKind.REGEX, f"/api/s{number}/[0-9]+/.*")
        elif kind < 0.45:
            path = PathMatch(PathKind.EXACT, f"/api/s{rng.randrange(size)}/item/{number}")
        else:
            path = PathMatch(PathKind.PREFIX, f"/api/s{rng.randrange(size)}/v{number % 7}")
        headers = (HeaderMatch("x-env", ValueKind.EXACT, f"e{number % 20}"),) if rng.random() < 0.1 else ()
        routes.append(RouteMatch(path, headers=headers))
    return [*routes, RouteMatch()]


def one_path(size: int) -> list[RouteMatch]:
    """One path, told apart by the value of a query parameter; the last takes the rest."""
    path = PathMatch(PathKind.PREFIX, "/api")
    parameters = ((QueryParameterMatch("tenant", ValueKind.EXACT, f"t{number}"),) for number in range(size))
    return [*(RouteMatch(path, query_parameters=each) for each in parameters), RouteMatch(path)]


def nested(size: int) -> list[RouteMatch]:
    """Paths in one another, the innermost first."""
    paths = ("/".join(("", *f"{number:05d}"[:depth])) for number in range(size) for depth in (6, 4, 2))
    return [RouteMatch(PathMatch(PathKind.PREFIX, path)) for path in list(dict.fromkeys(paths))[:size]]


def shadowed(size: int) -> list[RouteMatch]:
    """A catch-all in front of everything."""
    return [RouteMatch(), *mixed(size - 2)]


SHAPES: dict[str, Callable[[int], list[RouteMatch]]] = {
    "mixed": mixed,
    "one path": one_path,
    "nested": nested,
    "shadowed": shadowed,
}

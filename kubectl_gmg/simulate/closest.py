"""The routes that a request nearly matched, and what it would have taken (`spec/cli.md` 6.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from kubectl_gmg.matching.condition import failed_condition, header_fits, parameter_fits, path_fits
from kubectl_gmg.matching.mend import mended
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.matching.space import Space
from kubectl_gmg.model.match import ROOT, RouteMatch
from kubectl_gmg.model.resolved import Route
from kubectl_gmg.views import Closest, RouteRow

MOST_CLOSEST = 5
MOST_TRIED = 100
"""For how many routes a request is looked for: one that a regular expression wants may not be found."""


def closest(
    routes: Iterable[tuple[RouteMatch, Route]],
    prepared: Prepared,
    serves: Callable[[str], bool],
    answering: Callable[[Prepared], Route | None],
    row_of: Callable[[Route], RouteRow],
) -> tuple[Closest, ...]:
    """The first routes that failed one condition only, each with a request that would have matched.

    `serves` tells whether a Host header leads to these routes, `answering` which of them takes a request: one that an
    earlier route takes helps nobody. All of them are passed once at most.
    """
    if not prepared.routable:
        return ()
    request = prepared.request
    space = Space(request.scheme, (request.host or "",), serves=serves)
    near = ((match, route, reason) for match, route in routes if (reason := only_failure(match, prepared)))
    found: list[Closest] = []
    for match, route, reason in islice(near, MOST_TRIED):
        changed = mended(match, prepared, reason, space)
        again = None if changed is None else prepare(changed)
        if isinstance(again, Prepared) and not failed_condition(match, again) and answering(again) is route:
            found.append(Closest(row_of(route), reason, again.request, again.routed_path))
        if len(found) == MOST_CLOSEST:
            break
    return tuple(found)


def only_failure(match: RouteMatch, prepared: Prepared) -> str:
    """The one condition that fails; `""` if there are more, or if no request ever takes the route."""
    failed = list(islice(failures(match, prepared), 2))
    return failed[0] if len(failed) == 1 and match.fraction > 0 else ""


def failures(match: RouteMatch, prepared: Prepared) -> Iterator[str]:
    """Every condition that fails, named and ordered as by `failed_condition`."""
    if not path_fits(match.path or ROOT, prepared):
        yield "path"
    if match.method and match.method != prepared.request.method:
        yield "method"
    yield from (f"header {each.name}" for each in match.headers if not header_fits(each, prepared))
    if match.grpc and not prepared.grpc:
        yield "header content-type"
    yield from (f"query {each.name}" for each in match.query_parameters if not parameter_fits(each, prepared))
    if match.port not in (None, prepared.request.port):
        yield "port"

"""What `matching` says about a request at a generated table, in the words in which Envoy answers.

Also `envoy_hosts`, the same table in Envoy's own words, made by the product's exporter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kubectl_gmg.export.envoy_cluster import weighted
from kubectl_gmg.export.envoy_route import Weighted, route_entry, virtual_host
from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.host import DomainTable
from kubectl_gmg.matching.path import Normalization, Prepared, Refusal, prepare
from kubectl_gmg.matching.response import Response, direct, https_only, not_found, redirect
from kubectl_gmg.matching.rewrite import added_headers, upstream_host, upstream_path
from kubectl_gmg.matching.weights import shares
from kubectl_gmg.model.action import DirectResponse, ForwardTo, Found, Redirect, ResolvedDestination
from kubectl_gmg.model.request import Request
from tests.oracle.envoy import Observed, dialled
from tests.oracle.generate_tables import Table, TableRoute

ALWAYS_SAID = {"content-type", "grpc-status"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What one cluster may get of a request."""

    path: str
    host: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model says. `sent` is empty if the proxy answers itself, and `route` a place in the host's list.

    Of a `refused` request only the status counts: the words of the answer are the parser's.
    """

    status: int
    refused: bool = False
    host: int | None = None
    route: int | None = None
    sent: dict[str, Sent] = field(default_factory=dict)
    location: str | None = None
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def differences(self, seen: Observed) -> list[str]:
        """Where the real Envoy did something else."""
        got = self.sent.get(seen.cluster or "")
        said = {name: value for name, value in seen.headers if name in ALWAYS_SAID and not self.sent}
        wanted = {
            "status": (self.status, seen.status),
            "virtual host": (name(self.host), seen.virtual_host),
            "route": (name(self.host, self.route) if self.route is not None else None, seen.route),
            "cluster": (bool(self.sent), seen.cluster in self.sent if self.sent else seen.cluster is not None),
            "upstream path": (got.path if got else None, seen.upstream_path),
            "upstream host": (got.host or None if got else None, seen.upstream_host),
            "upstream headers": (rewrites_told(got.headers if got else ()), rewrites_told(seen.upstream_headers)),
            "location": (self.location, seen.location),
            "body": (self.body, seen.body),
            "headers": ({name: value for name, value in self.headers if name in ALWAYS_SAID}, said),
        }
        if self.refused:
            wanted = {what: wanted[what] for what in ("status", "virtual host", "route")}
        return [f"{what}: {model!r}, but Envoy: {real!r}" for what, (model, real) in wanted.items() if model != real]


def rewrites_told(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers about rewrites; an empty one is never heard of again."""
    return {name: value for name, value in headers if value}


def name(host: int | None, route: int | None = None) -> str | None:
    """How a host or route of a table is called."""
    if host is None:
        return None
    return f"h{host}" if route is None else f"h{host}.{route}"


class Proxy:
    """A table as the model serves it."""

    def __init__(self, table: Table) -> None:
        self._hosts = table.hosts
        self._domains = DomainTable(
            (domain, place) for place, host in enumerate(table.hosts) for domain in host.domains
        )
        self._finders = [RouteFinder([route.match for route in host.routes]) for host in table.hosts]

    def outcome(self, request: Request, normalization: Normalization = Normalization.BASE) -> Outcome:
        """What becomes of a request."""
        prepared = prepare(request, normalization)
        if isinstance(prepared, Refusal):
            return Outcome(prepared.status, refused=True)
        place = self.host(prepared)
        if place is None or not prepared.routable:
            return local(not_found(prepared))
        if self._hosts[place].https_only:
            return local(https_only(prepared))
        winner = self._finders[place].find(prepared)
        if winner is None:
            return local(not_found(prepared))
        return routed(place, winner, self._hosts[place].routes[winner], prepared)

    def host(self, prepared: Prepared) -> int | None:
        """The place of the host that a request is for."""
        found = self._domains.choose(prepared.request.host or "")
        return found[1] if found else None

    def domain(self, prepared: Prepared) -> str:
        """The domain, as written, that covers a request's host; empty if none does."""
        found = self._domains.choose(prepared.request.host or "")
        return found[0] if found else ""

    def matching(self, host: int, prepared: Prepared) -> tuple[int, ...]:
        """The places of all routes of a host that match."""
        return tuple(self._finders[host].matching(prepared))


def routed(host: int, place: int, route: TableRoute, prepared: Prepared) -> Outcome:
    """What the winner does."""
    if isinstance(route.action, Redirect):
        return local(redirect(route.match, route.action, prepared), host, place)
    if isinstance(route.action, DirectResponse):
        return local(direct(route.action, prepared), host, place)
    assert isinstance(route.action, ForwardTo)
    path = upstream_path(route.match, route.action, prepared)
    sent = {}
    for cluster, _weight in clusters(route.action):
        to = upstream_host(route.action, prepared, dialled(cluster))
        sent[cluster] = Sent(path, to, added_headers(route.action, prepared, to))
    return Outcome(200, host=host, route=place, sent=sent)


def local(response: Response, host: int | None = None, route: int | None = None) -> Outcome:
    """An answer of the proxy itself."""
    said = dict(response.headers)
    return Outcome(
        status=response.status,
        host=host,
        route=route,
        location=said.get("location"),
        body=response.body or None,
        headers=response.headers,
    )


def clusters(action: ForwardTo) -> Weighted:
    """The clusters that get requests, named as the destinations."""
    parts = shares([each.weight for each in action.destinations])
    resolved = tuple(
        ResolvedDestination(each, part, None, Found.FOUND)
        for each, part in zip(action.destinations, parts, strict=True)
    )
    return weighted(resolved, tuple(each.name for each in action.destinations))


def envoy_hosts(table: Table) -> list[dict[str, Any]]:
    """The table in Envoy's words."""
    return [
        virtual_host(
            f"h{place}",
            host.domains,
            [
                route_entry(f"h{place}.{index}", route.match, route.action, clusters)
                for index, route in enumerate(host.routes)
            ],
            https_only=host.https_only,
        )
        for place, host in enumerate(table.hosts)
    ]

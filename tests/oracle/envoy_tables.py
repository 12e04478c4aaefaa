"""Reads Envoy route tables, as `envoy-cases.json` writes them, into the model, and answers from `matching` alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.host import DomainTable
from kubectl_gmg.matching.path import Normalization, Prepared, Refusal, prepare
from kubectl_gmg.matching.response import (
    Response,
    direct,
    https_only,
    not_found,
    redirect,
    unavailable,
    upgrade,
    upgrade_refused,
)
from kubectl_gmg.matching.rewrite import added_headers, upstream_host, upstream_path
from kubectl_gmg.matching.weights import shares
from kubectl_gmg.model.action import (
    Destination,
    DestinationKind,
    DirectResponse,
    ForwardTo,
    Redirect,
    RegexRewrite,
)
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, QueryParameterMatch, RouteMatch, ValueKind
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.request import Request

Json = Mapping[str, Any]

NOWHERE = Origin(ObjectRef("", "table", "EnvoyTable", "envoy"))

REDIRECT_CODES = {
    "MOVED_PERMANENTLY": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}


@dataclass(frozen=True)
class EnvoyRoute:
    """A route of an Envoy virtual host."""

    name: str
    match: RouteMatch
    action: ForwardTo | Redirect | DirectResponse


@dataclass(frozen=True)
class EnvoyHost:
    """An Envoy virtual host."""

    name: str
    domains: tuple[str, ...]
    require_tls: bool
    routes: tuple[EnvoyRoute, ...]


@dataclass(frozen=True)
class Answer:
    """What came of a request. None is "none", also where several clusters share the traffic."""

    status: int
    virtual_host: str | None = None
    route: str | None = None
    cluster: str | None = None
    upstream_path: str | None = None
    upstream_host: str | None = None
    location: str | None = None
    body: str | None = None
    upstream_headers: tuple[tuple[str, str], ...] = ()
    shares: tuple[tuple[str, float], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def read_table(table: Json) -> tuple[EnvoyHost, ...]:
    """The virtual hosts of a table."""
    return tuple(
        EnvoyHost(
            each["name"],
            tuple(each["domains"]),
            each.get("require_tls") == "ALL",
            tuple(read_route(route) for route in each["routes"]),
        )
        for each in table["virtual_hosts"]
    )


def read_route(route: Json) -> EnvoyRoute:
    action: ForwardTo | Redirect | DirectResponse
    if "redirect" in route:
        action = read_redirect(route["redirect"])
    elif "direct_response" in route:
        written = route["direct_response"]
        action = DirectResponse(written["status"], written.get("body", {}).get("inline_string", ""))
    else:
        action = read_forward(route["route"])
    return EnvoyRoute(route.get("name", ""), read_match(route["match"]), action)


def read_match(match: Json) -> RouteMatch:
    return RouteMatch(
        path=read_path(match),
        headers=tuple(read_header(each) for each in match.get("headers", ())),
        query_parameters=tuple(read_parameter(each) for each in match.get("query_parameters", ())),
        grpc="grpc" in match,
        fraction=read_fraction(match.get("runtime_fraction")),
    )


def read_path(match: Json) -> PathMatch:
    folds = match.get("case_sensitive") is False
    if "safe_regex" in match:
        return PathMatch(PathKind.REGEX, match["safe_regex"]["regex"], folds)
    kinds = {
        "path": PathKind.EXACT,
        "prefix": PathKind.PREFIX,
        "path_separated_prefix": PathKind.SEPARATED_PREFIX,
    }
    ((name, kind),) = ((name, kind) for name, kind in kinds.items() if name in match)
    return PathMatch(kind, match[name], folds, len(match[name]))


def read_fraction(fraction: Json | None) -> float:
    if fraction is None:
        return 1.0
    percent = fraction["default_value"]
    parts = {"HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000}
    return float(percent.get("numerator", 0) / parts[percent.get("denominator", "HUNDRED")])


def read_header(header: Json) -> HeaderMatch:
    kind, value, ignores_case = read_string_match(header.get("string_match"))
    inverted = bool(header.get("invert_match"))
    if header.get("present_match") is False:
        inverted = not inverted
    bounds = header.get("range_match", {})
    return HeaderMatch(
        name=header["name"],
        kind=ValueKind.RANGE if bounds else kind,
        value=value,
        invert=inverted,
        missing_as_empty=bool(header.get("treat_missing_header_as_empty")),
        ignore_case=ignores_case,
        start=bounds.get("start", 0),
        end=bounds.get("end", 0),
    )


def read_string_match(match: Json | None) -> tuple[ValueKind, str, bool]:
    if match is None:
        return ValueKind.PRESENT, "", False
    if "safe_regex" in match:
        return ValueKind.REGEX, match["safe_regex"]["regex"], False
    ((kind, value),) = ((kind, match[kind]) for kind in ("exact", "prefix", "suffix") if kind in match)
    return ValueKind(kind), value, bool(match.get("ignore_case"))


def read_parameter(parameter: Json) -> QueryParameterMatch:
    kind, value, _ = read_string_match(parameter.get("string_match"))
    return QueryParameterMatch(parameter["name"], kind, value, invert=parameter.get("present_match") is False)


def read_redirect(redirect: Json) -> Redirect:
    return Redirect(
        status=REDIRECT_CODES[redirect.get("response_code", "MOVED_PERMANENTLY")],
        scheme="https" if redirect.get("https_redirect") else redirect.get("scheme_redirect", ""),
        host=redirect.get("host_redirect", ""),
        port=redirect.get("port_redirect"),
        path=redirect.get("path_redirect", ""),
        prefix=redirect.get("prefix_rewrite", ""),
        regex=read_regex_rewrite(redirect.get("regex_rewrite")),
        strip_query=bool(redirect.get("strip_query")),
    )


def read_regex_rewrite(rewrite: Json | None) -> RegexRewrite | None:
    return None if rewrite is None else RegexRewrite(rewrite["pattern"]["regex"], rewrite.get("substitution", ""))


def read_forward(route: Json) -> ForwardTo:
    clusters = route.get("weighted_clusters", {}).get("clusters") or [{"name": route.get("cluster", "")}]
    return ForwardTo(
        destinations=tuple(
            Destination(NOWHERE, DestinationKind.SERVICE, each["name"], weight=each.get("weight")) for each in clusters
        ),
        path_rewrite=route.get("prefix_rewrite", ""),
        regex_rewrite=read_regex_rewrite(route.get("regex_rewrite")),
        host_rewrite=route.get("host_rewrite_literal", ""),
        host_rewrite_header=route.get("host_rewrite_header", ""),
        auto_host_rewrite=bool(route.get("auto_host_rewrite")),
    )


class Table:
    """A route table ready to answer requests."""

    def __init__(self, table: Json) -> None:
        hosts = read_table(table)
        self._missing = frozenset(table.get("missing_clusters", ()))
        self._normalization = Normalization(table.get("normalization", "BASE"))
        self._domains = DomainTable((domain, host) for host in hosts for domain in host.domains)
        self._finders = {host.name: RouteFinder([route.match for route in host.routes]) for host in hosts}

    def answer(self, request: Request) -> Answer:
        """What the proxy does with a request."""
        prepared = prepare(request, self._normalization)
        if isinstance(prepared, Refusal):
            return Answer(prepared.status)
        chosen = self._domains.choose(prepared.request.host or "")
        if chosen is None or not prepared.routable:
            return local(not_found(prepared))
        host = chosen[1]
        if host.require_tls:
            return local(upgrade_refused(prepared) or https_only(prepared))
        place = self._finders[host.name].find(prepared)
        if place is None:
            return local(not_found(prepared))
        return self._routed(host, host.routes[place], prepared)

    def _routed(self, host: EnvoyHost, route: EnvoyRoute, prepared: Prepared) -> Answer:
        action = route.action
        refused = upgrade_refused(prepared)
        if isinstance(action, ForwardTo):
            return self._forwarded(host, route, prepared)
        if refused:
            return local(refused, host, route)
        if isinstance(action, Redirect):
            return local(redirect(route.match, action, prepared), host, route)
        return local(direct(action, prepared), host, route)

    def _forwarded(self, host: EnvoyHost, route: EnvoyRoute, prepared: Prepared) -> Answer:
        action = route.action
        assert isinstance(action, ForwardTo)
        parts = shares([each.weight for each in action.destinations])
        split = tuple((each.name, part) for each, part in zip(action.destinations, parts, strict=True) if part)
        cluster = split[0][0] if len(split) == 1 else None
        refused = upgrade_refused(prepared)
        if refused:
            return local(refused, host, route, cluster)
        if cluster in self._missing:
            return local(unavailable(prepared), host, route)
        return Answer(
            status=101 if upgrade(prepared) == "websocket" else 200,
            virtual_host=host.name,
            route=route.name,
            cluster=cluster,
            upstream_path=upstream_path(route.match, action, prepared),
            upstream_host=upstream_host(action, prepared, None),
            upstream_headers=added_headers(action, prepared, None),
            shares=split,
        )


def local(
    response: Response, host: EnvoyHost | None = None, route: EnvoyRoute | None = None, cluster: str | None = None
) -> Answer:
    """An answer that the proxy makes itself."""
    return Answer(
        status=response.status,
        virtual_host=host.name if host else None,
        route=route.name if route else None,
        cluster=cluster,
        location=dict(response.headers).get("location"),
        body=response.body or None,
        headers=response.headers,
    )


def answer(table: Json, request: Request) -> Answer:
    """What the proxy does with a request under a table of `envoy-cases.json`."""
    return Table(table).answer(request)

"""Routes and virtual hosts in Envoy's words (`spec/envoy.md` 30 to 65)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kubectl_gmg.export.envoy_match import route_match
from kubectl_gmg.model.action import DirectResponse, FinalAction, ForwardTo, GraphQL, Redirect, RegexRewrite
from kubectl_gmg.model.match import RouteMatch

Weighted = tuple[tuple[str, int], ...]
"""Names of clusters with their weights."""

REDIRECT_CODES = {
    301: "MOVED_PERMANENTLY",
    302: "FOUND",
    303: "SEE_OTHER",
    307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}
"""The statuses Envoy can redirect with (`spec/envoy.md` 46)."""


def virtual_host(
    name: str, domains: Iterable[str], routes: Iterable[dict[str, Any]], *, https_only: bool = False
) -> dict[str, Any]:
    """A `VirtualHost`; an `https_only` one redirects before any route is looked at (`spec/envoy.md` 65)."""
    found: dict[str, Any] = {"name": name, "domains": list(domains), "routes": list(routes)}
    if https_only:
        found["require_tls"] = "ALL"
    return found


def route_entry(
    name: str, match: RouteMatch, action: FinalAction, clusters: Callable[[ForwardTo], Weighted]
) -> dict[str, Any]:
    """A `Route`; `clusters` says where a forwarding action goes, at least one cluster, all weights as they are sent.

    Whether a rewrite fits the match is the caller's decision: what the action says is sent.
    """
    entry: dict[str, Any] = {"name": name, "match": route_match(match)}
    if isinstance(action, Redirect):
        entry["redirect"] = redirect(action)
    elif isinstance(action, DirectResponse):
        entry["direct_response"] = direct_response(action)
    elif isinstance(action, GraphQL):  # the product's own filter answers; plain Envoy has none
        entry["direct_response"] = direct_response(DirectResponse(501, "graphql"))
    else:
        entry["route"] = forward(action, clusters(action))
    return entry


def forward(action: ForwardTo, clusters: Weighted) -> dict[str, Any]:
    """A `RouteAction`, without timeout as on a gateway (`spec/envoy.md` 80)."""
    return {**targets(clusters), **path_rewrite(action), **host_rewrite(action), "timeout": "0s"}


def targets(clusters: Weighted) -> dict[str, Any]:
    """The one cluster, or several with their weights (`spec/envoy.md` 55, 56)."""
    if len(clusters) == 1:
        return {"cluster": clusters[0][0]}
    return {"weighted_clusters": {"clusters": [{"name": name, "weight": weight} for name, weight in clusters]}}


def path_rewrite(action: ForwardTo) -> dict[str, Any]:
    """How the path is rewritten; Envoy takes one way only (`spec/envoy.md` 30 to 34)."""
    if action.regex_rewrite is not None:
        return {"regex_rewrite": regex_rewrite(action.regex_rewrite)}
    return {"prefix_rewrite": action.path_rewrite} if action.path_rewrite else {}


def host_rewrite(action: ForwardTo) -> dict[str, Any]:
    """How the host is rewritten (`spec/envoy.md` 35)."""
    if action.host_rewrite:
        return {"host_rewrite_literal": action.host_rewrite}
    if action.host_rewrite_header:
        return {"host_rewrite_header": action.host_rewrite_header}
    return {"auto_host_rewrite": True} if action.auto_host_rewrite else {}


def regex_rewrite(rewrite: RegexRewrite) -> dict[str, Any]:
    """A `RegexMatchAndSubstitute`."""
    return {"pattern": {"regex": rewrite.pattern}, "substitution": rewrite.substitution}


def redirect(action: Redirect) -> dict[str, Any]:
    """A `RedirectAction` (`spec/envoy.md` 40 to 46); what is not said stays out."""
    scheme = {"https_redirect": True} if action.scheme == "https" else {"scheme_redirect": action.scheme}
    return {
        "response_code": REDIRECT_CODES[action.status],
        **(scheme if action.scheme else {}),
        **({"host_redirect": action.host} if action.host else {}),
        **({"port_redirect": action.port} if action.port is not None else {}),
        **new_path(action),
        **({"strip_query": True} if action.strip_query else {}),
    }


def new_path(action: Redirect) -> dict[str, Any]:
    """The path of a redirect's location; Envoy takes one way only (`spec/envoy.md` 41, 42)."""
    if action.path:
        return {"path_redirect": action.path}
    if action.prefix:
        return {"prefix_rewrite": action.prefix}
    return {"regex_rewrite": regex_rewrite(action.regex)} if action.regex is not None else {}


def direct_response(action: DirectResponse) -> dict[str, Any]:
    """A `DirectResponseAction` (`spec/envoy.md` 50)."""
    return {"status": action.status, **({"body": {"inline_string": action.body}} if action.body else {})}

"""Listeners that pass whole connections on, in Envoy's words (`spec/v2.md` 3.1, 4.6; `spec/envoy.md` 67, 68)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kubectl_gmg.export.envoy_route import Weighted, targets
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.conventions import Connections
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.resolve.chains import Chain, ports_of, streams_of, usable

FILTERS = "type.googleapis.com/envoy.extensions.filters"
INSPECTOR = {
    "name": "envoy.filters.listener.tls_inspector",
    "typed_config": {"@type": f"{FILTERS}.listener.tls_inspector.v3.TlsInspector"},
}
"""Reads the server name of a handshake without ending TLS."""


def carried(gateway: Gateway) -> dict[int, tuple[Chain, ...]]:
    """The chains for whole connections by the identity of the listener that gets them.

    Listeners that are passed through and share a port are one listener of the proxy, the first of them. What ends TLS
    is a plain connection here.
    """
    if gateway.conventions.connections is Connections.LISTED:
        return {}
    found: dict[int, tuple[Chain, ...]] = {}
    for port in ports_of(gateway):
        passed = tuple(named(chain) for chain in port.chains if chain.route is not None)
        if usable_ones := tuple(chain for chain in passed if chain is not None):
            found[id(usable_ones[0].listener)] = usable_ones
        for chain in port.chains:
            if chain.route is None and chain.listener.declared.protocol is Protocol.TLS:
                found[id(chain.listener)] = (replace(chain, names=(), route=streams_of(chain.listener)[0]),)
    for listener in gateway.listeners:
        if listener.declared.protocol is Protocol.TCP and (routes := streams_of(listener)):
            found[id(listener)] = (Chain(listener, (), routes[0]),)
    return found


def named(chain: Chain) -> Chain | None:
    """The chain with the server names that Envoy takes, in lower case; None if it has names but none of that kind."""
    names = tuple(dict.fromkeys(folded(name) for name in chain.names if usable(name)))
    return replace(chain, names=names) if names or not chain.names else None


def filter_chain(name: str, server_names: Iterable[str], clusters: Weighted) -> dict[str, Any]:
    """A `FilterChain` that sends connections on as they are; without server names it takes every one."""
    names = list(server_names)
    proxy = {"@type": f"{FILTERS}.network.tcp_proxy.v3.TcpProxy", "stat_prefix": name, **targets(clusters)}
    return {
        "name": name,
        **({"filter_chain_match": {"server_names": names}} if names else {}),
        "filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}],
    }


def connection_listener(
    name: str, address: dict[str, Any], chains: list[dict[str, Any]], *, by_server_name: bool
) -> dict[str, Any]:
    """A `Listener` of such chains."""
    inspector = {"listener_filters": [INSPECTOR]} if by_server_name else {}
    return {"name": name, "address": address, **inspector, "filter_chains": chains}

"""The resolved routing as a bootstrap that Envoy accepts and serves (`spec/cli.md` 1, 2.2; `spec/envoy.md`).

It is what the gateway's own Envoy would be given, as far as routing goes: the gateway profile of `spec/envoy.md`,
one listener per listener, one virtual host per host, the routes in the order the proxy tries them. Certificates are
never read, so what the gateway serves behind TLS is exported as plain HTTP, or as plain connections; redirects still
say `https`. What passes TLS on without ending it is exported as it is, one listener for those that share a port.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from kubectl_gmg.errors import NotFoundError
from kubectl_gmg.export.envoy_cluster import Cluster, cluster_config, cluster_of, weighted
from kubectl_gmg.export.envoy_connection import carried, connection_listener, filter_chain
from kubectl_gmg.export.envoy_route import Weighted, route_entry, virtual_host
from kubectl_gmg.model.action import ForwardTo, ResolvedDestination
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.resolved import Gateway, Host, HostState, Resolved, ResolvedListener, Route
from kubectl_gmg.resolve.chains import PASSTHROUGH, Chain, rejected_of

Destinations = Callable[[Gateway, Route], tuple[ResolvedDestination, ...]]
"""Where a forwarding route goes, seen from a gateway."""

RouteName = Callable[[Gateway, Host, Route], str]
"""The id of a route (`spec/cli.md` 4.2)."""

Ports = AbstractSet[int | None]

EXTENSIONS = "type.googleapis.com/envoy.extensions.filters"
HTTP_PROTOCOLS = frozenset({Protocol.HTTP, Protocol.HTTPS})
FIRST_FREE_PORT = 10_000
PROFILE = {
    "envoy.reloadable_features.http_reject_path_with_fragment": False,
    "re2.max_program_size.error_level": 32_768,
}
"""Runtime settings of a gateway: fragments are cut, and regular expressions may be large (`spec/envoy.md` 7, 92)."""

LARGEST_BODY = 1_048_576
"""Bytes that a direct response may have (`spec/envoy.md` 94)."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """A complete configuration for `envoy -c`, and what differs from the gateway, for stderr."""

    config: dict[str, Any]
    notes: tuple[str, ...] = ()


def bootstrap(
    resolved: Resolved,
    destinations: Destinations,
    route_name: RouteName,
    upstreams: Mapping[str, tuple[str, int]],
    bind: str = "0.0.0.0",  # noqa: S104
) -> Bootstrap:
    """The whole configuration; its listeners are bound to `bind`.

    `upstreams` gives the address and port of a cluster by its name or by its host. Raises `NotFoundError` if one of
    them is the name of nothing.
    """
    export = Export(destinations, route_name, bind)
    speaking = [(gateway, listener) for gateway in resolved.gateways for listener in export.speaking(gateway)]
    reserved = {listener.port for _, listener in speaking}
    listeners = [export.listener(gateway, listener, reserved) for gateway, listener in speaking]
    resources = {"listeners": listeners, "clusters": export.cluster_configs(upstreams)}
    layers = [{"name": "gateway", "static_layer": dict(PROFILE)}]
    return Bootstrap({"static_resources": resources, "layered_runtime": {"layers": layers}}, tuple(export.notes))


class Export:
    """One export under way: the clusters met, the ports taken, and the notes."""

    def __init__(self, destinations: Destinations, route_name: RouteName, bind: str) -> None:
        self._destinations = destinations
        self._route_name = route_name
        self._bind = bind
        self._ports: set[int] = set()
        self._clusters: dict[str, Cluster] = {}
        self._chains: dict[int, tuple[Chain, ...]] = {}
        self.notes: list[str] = []

    def speaking(self, gateway: Gateway) -> list[ResolvedListener]:
        """The listeners that have anything to serve; the others are noted."""
        chains = carried(gateway)
        joined = {id(chain.listener) for each in chains.values() for chain in each}
        self._chains |= chains
        chosen = []
        rejected = {id(each.listener): each.by for each in rejected_of(gateway)}
        for listener in gateway.listeners:
            if first := rejected.get(id(listener)):
                why = f"is rejected, since {listener_title(first)} has the same port and name"
                self.notes.append(f"{title(gateway, listener)} {why}: not exported")
            elif listener.declared.protocol in HTTP_PROTOCOLS or id(listener) in chains:
                chosen.append(listener)
            elif id(listener) not in joined:
                self.notes.append(f"{title(gateway, listener)} speaks {listener.declared.protocol}: not exported")
        return chosen

    def listener(self, gateway: Gateway, listener: ResolvedListener, reserved: Ports) -> dict[str, Any]:
        """A `Listener`; it gets none of the `reserved` ports but its own."""
        port = self.free_port(gateway, listener, reserved)
        wanted = listener.port if listener.port is not None else port
        name = f"{gateway.ref.namespace}/{gateway.ref.name}/{listener.index}"
        if chains := self._chains.get(id(listener)):
            return self.connections(gateway, chains, name, (port, wanted))
        https = listener.declared.protocol is Protocol.HTTPS
        if https:
            self.notes.append(f"{title(gateway, listener)} speaks HTTPS: exported as plain HTTP on port {port}")
        routes = route_configuration(name, self.virtual_hosts(gateway, listener, wanted))
        manager = connection_manager(name, {"route_config": routes}, https=https)
        return listener_config(name, self._bind, port, manager)

    def connections(
        self, gateway: Gateway, chains: tuple[Chain, ...], name: str, ports: tuple[int, int]
    ) -> dict[str, Any]:
        """A `Listener` that sends whole connections on; `ports` are the one it gets, and the one of its routes."""
        port, wanted = ports
        first = chains[0].listener.declared
        passed = first.protocol is Protocol.TLS and first.mode in PASSTHROUGH
        if first.protocol is Protocol.TLS and not passed:
            said = f"{title(gateway, chains[0].listener)} speaks TLS: exported as plain TCP on port {port}"
            self.notes.append(said)
        made = [self.filter_chain(gateway, chain, wanted) for chain in chains]
        return connection_listener(name, socket_address(self._bind, port), made, by_server_name=passed)

    def filter_chain(self, gateway: Gateway, chain: Chain, port: int) -> dict[str, Any]:
        """One chain, under the id of its route."""
        streams, route = chain.listener.streams, chain.route
        if streams is None or route is None:
            raise ValueError("a chain for connections has a route")
        clusters = self.clusters(gateway, self._destinations(gateway, route), port)
        return filter_chain(self._route_name(gateway, streams, route), chain.names, clusters)

    def free_port(self, gateway: Gateway, listener: ResolvedListener, reserved: Ports) -> int:
        """The listener's own port, or the next one that no listener has."""
        port = listener.port
        if port is None or port in self._ports:
            why = "has no known port" if port is None else f"shares port {port}"
            port = next(each for each in range(FIRST_FREE_PORT, 65_536) if each not in self._ports | reserved)
            self.notes.append(f"{title(gateway, listener)} {why}: exported on port {port}")
        self._ports.add(port)
        return port

    def virtual_hosts(self, gateway: Gateway, listener: ResolvedListener, port: int) -> list[dict[str, Any]]:
        """A virtual host per served host, named as Istio does: the first domain and the port."""
        taken: set[str] = set()
        found = []
        for host in listener.hosts:
            domains = unique(host.domains, taken)
            if host.state is not HostState.SERVED or not domains:
                continue
            routes = [self.route(gateway, host, route, port) for route in host.routes if fits(route, listener)]
            secure = listener.declared.https_redirect
            found.append(virtual_host(f"{domains[0]}:{port}", domains, routes, https_only=secure))
        return found

    def route(self, gateway: Gateway, host: Host, route: Route, port: int) -> dict[str, Any]:
        """One route, under its id."""
        if route.action is None:
            raise ValueError("a route with an index has an action")

        def clusters(_action: ForwardTo) -> Weighted:
            return self.clusters(gateway, self._destinations(gateway, route), port)

        return route_entry(self._route_name(gateway, host, route), route.match, route.action, clusters)

    def clusters(self, gateway: Gateway, destinations: tuple[ResolvedDestination, ...], port: int) -> Weighted:
        """The clusters of a route, which are kept for the list of all."""
        met = tuple(cluster_of(each, gateway.inventory, port) for each in destinations)
        for cluster in met:
            self._clusters.setdefault(cluster.name, cluster)
        return weighted(destinations, tuple(each.name for each in met))

    def cluster_configs(self, upstreams: Mapping[str, tuple[str, int]]) -> list[dict[str, Any]]:
        """Every cluster that exists; requests to another one get 503, as on the gateway (`spec/envoy.md` 60)."""
        self.check_names(upstreams)
        found = []
        for name, cluster in sorted(self._clusters.items()):
            given = upstreams.get(name) or upstreams.get(cluster.host)
            if given is not None or cluster.served:
                found.append(cluster_config(name, *(given or cluster.place)))
            else:
                why = "no such destination" if cluster.missing else "no address is known"
                self.notes.append(f"{why}: {name}; requests to it get 503")
        return found

    def check_names(self, upstreams: Mapping[str, tuple[str, int]]) -> None:
        """Raises `NotFoundError` if an upstream names no cluster."""
        known = set(self._clusters) | {each.host for each in self._clusters.values()}
        for name in upstreams:
            if name not in known:
                hint = "take the name of a cluster from the export, or its host"
                raise NotFoundError(f"no cluster is named {name}", hint, candidates=tuple(sorted(self._clusters)))


def fits(route: Route, listener: ResolvedListener) -> bool:
    """Whether a route is for this listener: its port is asked for here and not by the proxy (`spec/envoy.md` 76)."""
    return route.match.port is None or listener.port is None or route.match.port == listener.port


def unique(domains: tuple[str, ...], taken: set[str]) -> list[str]:
    """The domains not taken yet, in any case: Envoy refuses everything for a repeated one (`spec/envoy.md` 95)."""
    found = []
    for domain in domains:
        if domain.lower() not in taken:
            taken.add(domain.lower())
            found.append(domain)
    return found


def title(gateway: Gateway, listener: ResolvedListener) -> str:
    """A listener as people call it."""
    return f"{listener_title(listener)} of {gateway.ref}"


def listener_title(listener: ResolvedListener) -> str:
    """A listener of a gateway that is known."""
    return f"listener {listener.declared.name or listener.index}"


def route_configuration(name: str, virtual_hosts: list[dict[str, Any]]) -> dict[str, Any]:
    """A `RouteConfiguration`; it may name clusters that do not exist (`spec/envoy.md` 1, 60)."""
    return {
        "name": name,
        "ignore_port_in_host_matching": True,
        "validate_clusters": False,
        "max_direct_response_body_size_bytes": LARGEST_BODY,
        "virtual_hosts": virtual_hosts,
    }


def connection_manager(name: str, routes: Mapping[str, Any], *, https: bool = False) -> dict[str, Any]:
    """An `HttpConnectionManager` as Istio sets it up on a gateway (`spec/envoy.md` 7 to 12, 22, 66).

    `routes` is its `route_config` or where that is found; `https` says that TLS ended before it.
    """
    return {
        "@type": f"{EXTENSIONS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        **routes,
        "normalize_path": True,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "use_remote_address": True,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        **({"scheme_header_transformation": {"scheme_to_overwrite": "https"}} if https else {}),
        "http_filters": [
            {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{EXTENSIONS}.http.router.v3.Router"}}
        ],
    }


def listener_config(name: str, host: str, port: int, manager: Mapping[str, Any]) -> dict[str, Any]:
    """A `Listener` of one chain."""
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": dict(manager)}]
    return {"name": name, "address": socket_address(host, port), "filter_chains": [{"filters": filters}]}


def socket_address(host: str, port: int) -> dict[str, Any]:
    """An `Address`."""
    return {"socket_address": {"address": host, "port_value": port}}

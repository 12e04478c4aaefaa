"""Gateways whose listeners share ports, as manifests and, translated apart from the product, as listeners of Envoy.

The translation is a transcript of `spec/v2.md` 3.1 to 3.3 and 4.6, and of what Istio does with servers of one port: the
first one keeps a name, a later one that has it too is rejected, and a passthrough route with a name that another chain
has is left out (`MergeGateways`, `CheckDuplicates`).
Which chain answers a handshake is for Envoy to say: every one greets with a name of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.oracle.certificates import Certificates
from tests.oracle.dice import Dice, choose, rarely

Json = dict[str, Any]
GATEWAY, GROUP = "edge", "networking.gloo.solo.io/v2"
PORTS = (443, 8443)
PLAIN = 5432
NAMES = (
    "a.test",
    "A.Test",
    "B.test",
    "*.test",
    "*.a.test",
    "x.a.test",
    "*.com",
    "Shop.com",
    "deep.shop.com",
    "*.SHOP.com",
)
ASKED = (
    *("a.test", "A.TEST", "x.a.test", "y.a.test", "z.y.a.test", "b.test", "c.test", "test", "shop.com"),
    *("deep.shop.com", "www.Shop.com", "very.deep.shop.com", "other.com", "q.org", None),
)
"""Server names of handshakes; None sends none."""
EXTENSIONS = "type.googleapis.com/envoy.extensions"


@dataclass(frozen=True)
class Stream:
    """A rule of a table: the server names of a `tls` rule, and where it goes."""

    names: tuple[str, ...]
    service: str


@dataclass(frozen=True)
class Server:
    """A listener: `http` and `tcp` end TLS, `tls` passes it on, `plain` has none."""

    number: int
    kind: str
    mode: str
    port: int
    names: tuple[str, ...]
    streams: tuple[Stream, ...]


World = tuple[Server, ...]


def world(dice: Dice) -> World:
    """One to five listeners on one or two ports, and now and then plain ones beside them."""
    ports = choose(dice, PORTS[:1], PORTS[:1], PORTS)
    count = 1 + dice.below(5)
    return tuple(server(dice, number, choose(dice, *ports)) for number in range(1, count + 1))


def server(dice: Dice, number: int, port: int) -> Server:
    """One listener."""
    kind = rarely(dice, choose(dice, "http", "tls", "tls", "tcp"), "plain")
    modes = {"http": ("SIMPLE", "MUTUAL"), "tcp": ("SIMPLE", "MUTUAL"), "tls": ("PASSTHROUGH",), "plain": ("",)}
    names = tuple(dict.fromkeys(choose(dice, *NAMES) for _ in range(dice.below(3))))
    streams = tuple(stream(dice, f"d{number}-{place}") for place in range(dice.below(4)))
    return Server(number, kind, choose(dice, *modes[kind]), PLAIN if kind == "plain" else port, names, streams)


def stream(dice: Dice, service: str) -> Stream:
    """One rule."""
    names = tuple(dict.fromkeys(rarely(dice, choose(dice, *NAMES), "*") for _ in range(1 + dice.below(2))))
    return Stream(names, service)


# ---- as manifests


def manifests(servers: World) -> list[Json]:
    """The gateway, for every listener a namespace of its own with a table, and all Services."""
    services = [each for one in servers for each in one.streams]
    return [
        made("VirtualGateway", GATEWAY, "gateways", {"listeners": [listener(each) for each in servers]}),
        *(table(each) for each in servers),
        *(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": each.service, "namespace": "apps"},
                "spec": {"ports": [{"port": 9000}]},
            }
            for each in services
        ),
    ]


def made(kind: str, name: str, namespace: str, spec: Json) -> Json:
    return {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def listener(one: Server) -> Json:
    """Admits tables of its own namespace only."""
    hosts = one.names or ("*",)
    found: Json = {
        "port": {"number": one.port},
        "http" if one.kind == "http" else "tcp": {},
        "allowedRouteTables": [{"host": f"ns{one.number}/{name}"} for name in hosts],
    }
    if one.mode:
        found["tls"] = {"mode": one.mode, **({} if one.kind == "tls" else {"secretName": "cert"})}
    return found


def table(one: Server) -> Json:
    """Everything that the listener serves."""
    spec: Json = {"hosts": ["*"], "virtualGateways": [{"name": GATEWAY, "namespace": "gateways"}]}
    if one.kind == "http":
        spec["http"] = [{"directResponse": {"status": 200, "body": greeting(one)}}]
    elif one.streams:
        spec["tls" if one.kind == "tls" else "tcp"] = [rule(each, by_name=one.kind == "tls") for each in one.streams]
    else:
        spec["http"] = [{"directResponse": {"status": 200}}]
    return made("RouteTable", "routes", f"ns{one.number}", spec)


def rule(one: Stream, *, by_name: bool) -> Json:
    """One rule."""
    goes = {"forwardTo": {"destinations": [{"ref": {"name": one.service, "namespace": "apps"}}]}}
    return {**({"matchers": [{"sniHosts": list(one.names)}]} if by_name else {}), **goes}


def greeting(one: Server) -> str:
    """What a listener says that ends HTTP."""
    return f"listener {one.number}"


# ---- as listeners of Envoy


@dataclass(frozen=True)
class Target:
    """A chain: its names as Istio would write them, and who greets."""

    names: tuple[str, ...]
    server: Server
    greeting: str


def chains(servers: World, port: int) -> list[Target]:
    """The chains of one TLS port."""
    kept: set[str] = set()
    taken: dict[str, int] = {}
    found: list[Target] = []
    for one in (each for each in servers if each.port == port):
        hosts = list(dict.fromkeys(name.lower() for name in one.names)) or ["*"]
        ends = one.kind == "http" or (one.kind == "tcp" and bool(one.streams))
        if any(name in kept or (ends and name in taken) for name in hosts):
            continue
        kept.update(hosts)
        if one.kind == "tls":
            found += passed(one, taken)
        elif ends:
            taken |= dict.fromkeys(hosts, one.number)
            says = greeting(one) if one.kind == "http" else one.streams[0].service
            found.append(Target(tuple(name for name in hosts if name != "*"), one, says))
    return found


def passed(one: Server, taken: dict[str, int]) -> Iterator[Target]:
    """The chains of a listener that passes TLS on; `taken` learns the names that they take.

    A match with a name that is taken is skipped as a whole, and takes nothing from other listeners; nor from later
    matches of its own one, unless it was the first there to have a name.
    """
    first: set[str] = set()
    for each in one.streams:
        names = {narrow for name in each.names for narrow in narrowed(name.lower(), one.names)}
        if not names or not names.isdisjoint(first):
            continue
        first |= names
        if any(taken.get(name, one.number) != one.number for name in names):
            continue
        taken |= dict.fromkeys(names, one.number)
        yield Target(() if "*" in names else tuple(sorted(names)), one, each.service)


def narrowed(name: str, hosts: tuple[str, ...]) -> set[str]:
    """A server name within the hosts of a listener: itself where one of them is as wide, else those it covers."""
    lowered = [host.lower() for host in hosts] or ["*"]
    if any(wider(host, name) for host in lowered):
        return {name}
    return {host for host in lowered if wider(name, host)}


def wider(wide: str, narrow: str) -> bool:
    """Whether a name covers another, or is it."""
    return wide == narrow or (wide.startswith("*") and len(narrow) >= len(wide) and narrow.endswith(wide[1:]))


class Translation:
    """Envoy listeners for worlds, with the places that greet; `folder` holds certificates and sockets."""

    def __init__(self, certificates: Certificates, folder: str) -> None:
        self._certificates = certificates
        self._folder = folder
        self._greeters: dict[str, Json] = {}

    def listeners(self, name: str, servers: World) -> Iterator[Json]:
        """The listeners of a world, one for each of its ports that has a chain."""
        for port in PORTS:
            made = [self._chain(each) for each in chains(servers, port)]
            inspector = {"name": "inspector", "typed_config": typed("filters.listener.tls_inspector.v3.TlsInspector")}
            if made:
                yield {
                    "name": f"{name}/{port}",
                    "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
                    "listener_filters": [inspector],
                    "filter_chains": made,
                }
        plain = [each for each in servers if each.kind == "plain"][:1]  # without TLS nothing tells them apart
        if plain and plain[0].streams:
            yield {
                "name": f"{name}/{PLAIN}",
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
                "filter_chains": [{"filters": [self._proxy(plain[0].streams[0].service, tls=False)]}],
            }

    def bootstrap(self, listeners: list[Json]) -> Json:
        """All of it, with the greeters behind their clusters."""
        clusters = [
            {
                "name": name,
                "type": "STATIC",
                "load_assignment": {
                    "cluster_name": name,
                    "endpoints": [{"lb_endpoints": [{"endpoint": {"address": each["address"]}}]}],
                },
            }
            for name, each in self._greeters.items()
        ]
        return {"static_resources": {"listeners": [*listeners, *self._greeters.values()], "clusters": clusters}}

    def _chain(self, target: Target) -> Json:
        match = {"filter_chain_match": {"server_names": list(target.names)}} if target.names else {}
        one = target.server
        if one.kind == "tls":
            return {**match, "filters": [self._proxy(target.greeting, tls=True)]}
        ends = self._proxy(target.greeting, tls=False) if one.kind == "tcp" else says(target.greeting)
        return {**match, "transport_socket": self._ends_tls(mutual=one.mode == "MUTUAL"), "filters": [ends]}

    def _proxy(self, service: str, *, tls: bool) -> Json:
        """Sends connections to a place that greets with a name, within TLS or not."""
        cluster = f"{service}{'.tls' if tls else ''}"
        self.greeter(cluster, service, tls=tls)
        proxy = typed("filters.network.tcp_proxy.v3.TcpProxy", stat_prefix=cluster, cluster=cluster)
        return {"name": "proxy", "typed_config": proxy}

    def greeter(self, cluster: str, greeting: str, *, tls: bool) -> None:
        """A place behind a cluster that greets, within TLS or not."""
        socket = {"transport_socket": self._ends_tls(mutual=False)} if tls else {}
        self._greeters[cluster] = {
            "name": f"greeter/{cluster}",
            "address": {"pipe": {"path": f"{self._folder}/{cluster.replace('|', '-')}"}},
            "filter_chains": [{**socket, "filters": [says(greeting)]}],
        }

    def _ends_tls(self, *, mutual: bool) -> Json:
        own = {
            "certificate_chain": {"inline_string": self._certificates.certificate.decode()},
            "private_key": {"inline_string": self._certificates.key.decode()},
        }
        context: Json = {"tls_certificates": [own]}
        if mutual:
            context["validation_context"] = {"trusted_ca": {"inline_string": self._certificates.ca.decode()}}
        required = {"require_client_certificate": True} if mutual else {}
        kind = "transport_sockets.tls.v3.DownstreamTlsContext"
        return {"name": "tls", "typed_config": typed(kind, common_tls_context=context, **required)}


def says(text: str) -> Json:
    """A filter that answers any HTTP request with a text."""
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": text}}}
    manager = typed(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="says",
        route_config={"virtual_hosts": [{"name": "says", "domains": ["*"], "routes": [route]}]},
        http_filters=[{"name": "router", "typed_config": typed("filters.http.router.v3.Router")}],
    )
    return {"name": "says", "typed_config": manager}


def typed(name: str, **fields: Any) -> Json:
    return {"@type": f"{EXTENSIONS}.{name}", **fields}


def asked(servers: World) -> Iterator[tuple[int, str | None]]:
    """Every handshake worth trying: a port, and a server name."""
    for port in sorted({each.port for each in servers if each.kind != "plain"}):
        yield from ((port, name) for name in ASKED)
    if any(each.kind == "plain" for each in servers):
        yield PLAIN, None


def line(port: int, name: str | None) -> str:
    """A handshake as a line of `--requests`; an address has no server name of its own."""
    scheme = "tcp" if port == PLAIN else "https"
    return json.dumps({"url": f"{scheme}://192.0.2.1:{port}/", **({"sni": name} if name else {})})

"""The first generation: `networking.enterprise.mesh.gloo.solo.io/v1beta1` and what it leans on (`spec/v1beta1.md`).

Only the modules of this name know the field names of the generation.
"""

from __future__ import annotations

from kubectl_gmg.api import v1beta1_discovery as discovery
from kubectl_gmg.api.common import INT32, UINT32, created_of, labels_of, number_in, route_rules
from kubectl_gmg.api.exposure import applied_gateways
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings, extent
from kubectl_gmg.api.tls import TlsMode
from kubectl_gmg.api.v1beta1_rules import policy_options, route_rule
from kubectl_gmg.api.v1beta1_selectors import object_selector, service_selectors, table_ref, workload_matchers
from kubectl_gmg.api.v1beta1_streams import tcp_handler
from kubectl_gmg.api.v1beta1_tls import tls_mode
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import FIRST_CONVENTIONS
from kubectl_gmg.model.declared import (
    Declared,
    Listener,
    ListenerServices,
    Policy,
    Protocol,
    Realm,
    RouteTable,
    RuleSelector,
    VirtualGateway,
    VirtualHost,
)
from kubectl_gmg.model.naming import encoded
from kubectl_gmg.model.release import NEWEST_RELEASE, Release
from kubectl_gmg.model.snapshot import Affects, Kind, Snapshot

GENERATION = "v1beta1"
ENTERPRISE = "networking.enterprise.mesh.gloo.solo.io"
ROUTING = (Affects.ROUTES, Affects.DELEGATION, Affects.ATTACHMENT)

GATEWAY = Kind(ENTERPRISE, "v1beta1", "VirtualGateway", "virtualgateways", GENERATION, ROUTING)
HOST = Kind(ENTERPRISE, "v1beta1", "VirtualHost", "virtualhosts", GENERATION, ROUTING)
TABLE = Kind(ENTERPRISE, "v1beta1", "RouteTable", "routetables", GENERATION, (Affects.ROUTES, Affects.DELEGATION))
POLICY = Kind("networking.mesh.gloo.solo.io", "v1", "TrafficPolicy", "trafficpolicies", GENERATION, (Affects.POLICIES,))
KINDS = (GATEWAY, HOST, TABLE, POLICY, *discovery.KINDS)
"""Every kind that routing reads."""


def lower(snapshot: Snapshot, _release: Release = NEWEST_RELEASE) -> Declared:
    """What the objects of this generation in `snapshot` say; its releases do not differ in what is read here."""
    readings = Readings(snapshot, GENERATION)
    gateways = readings.of(GATEWAY, virtual_gateway)
    hosts = readings.of(HOST, virtual_host)
    tables = readings.of(TABLE, route_table)
    policies = readings.of(POLICY, traffic_policy)
    realm = Realm(
        conventions=FIRST_CONVENTIONS,
        inventory=discovery.inventory(readings, snapshot),
        gateways_read=extent(snapshot, GATEWAY),
        hosts_read=extent(snapshot, HOST),
        tables_read=extent(snapshot, TABLE),
    )
    return Declared(
        gateways=gateways,
        hosts=hosts,
        tables=tables,
        policies=policies,
        problems=tuple(readings.problems),
        realms=((GENERATION, realm),),
    )


def virtual_gateway(reading: Reading) -> VirtualGateway:
    """Section 2. Exactly one connection handler is supported; only the first of several is read."""
    spec = reading.spec
    options = spec["options"]
    options.text_of("bindAddress")
    number_in(options, "perConnectionBufferLimitBytes", UINT32)
    handlers = spec.items_of("connectionHandlers")
    note_handlers(reading, handlers)
    services = ingress_services(spec["ingressGatewaySelectors"])
    return VirtualGateway(
        ref=reading.ref,
        listeners=listeners(reading, handlers[0], services) if handlers else (),
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
        applied=applied_gateways(reading.status.value),
    )


def note_handlers(reading: Reading, handlers: tuple[Field, ...]) -> None:
    """What is wrong with the list of handlers: exactly one is supported (GW-NO-HANDLER, GW-MULTI-HANDLER)."""
    written = reading.spec["connectionHandlers"]
    if not handlers and written.value in (None, []):
        where = written if written.present else reading.spec if reading.spec.present else reading.root
        where.problem("GMG101", "the gateway has no connection handler, so it serves nothing")
    if len(handlers) > 1:
        said = f"{len(handlers)} connection handlers are written, but only one is supported: from here on none is used"
        handlers[1].problem("GMG102", said)


def ingress_services(selectors: Field) -> dict[str, tuple[ListenerServices, ...]]:
    """The selections of gateway Services by port name, in order of first use; the default port is `tls` (2.3)."""
    found: dict[str, tuple[ListenerServices, ...]] = {}
    for selector in selectors:
        name = selector.text_of("portName") or "tls"
        entry = ListenerServices(selector.origin, service_selectors(selector["destinationSelectors"]))
        found[name] = (*found.get(name, ()), entry)
    return found or {"tls": (ListenerServices(selectors.origin),)}


def listeners(
    reading: Reading, handler: Field, services: dict[str, tuple[ListenerServices, ...]]
) -> tuple[Listener, ...]:
    """One listener for every port name; all of them have the handler's routes."""
    match = handler["connectionMatch"]
    options = handler["connectionOptions"]
    options.one_of("sslConfig", "httpsRedirect")
    options.boolean_of("strictFilterManagement")
    options.boolean_of("enableProxyProtocol")
    kind = handler.one_of("http", "tcp")
    if kind is None and handler.present:
        handler.problem("GMG103", "the connection handler has neither http nor tcp, so it serves nothing")
    mode = tls_mode(options["sslConfig"])
    protocol = handler_protocol(match.text_of("transportProtocol"), kind, encrypted=options["sslConfig"].present)
    selects = routed_hosts(reading, handler["http"])
    names = match["serverNames"].texts()
    passed = protocol is Protocol.TLS and mode in (None, TlsMode.PASSTHROUGH)
    streams = tcp_handler(reading, handler["tcp"], names if passed else ()) if kind == "tcp" else None
    return tuple(
        Listener(
            origin=handler.origin,
            name=name,
            protocol=protocol,
            mode=mode,
            services=entries,
            selects=selects,
            server_names=names,
            https_redirect=options.boolean_of("httpsRedirect"),
            streams=streams,
        )
        for name, entries in services.items()
    )


def handler_protocol(written: str, kind: str | None, *, encrypted: bool) -> Protocol:
    """The protocol as written, or inferred from the handler (2.1)."""
    if written.upper() in Protocol.__members__:
        return Protocol[written.upper()]
    if kind == "tcp":
        return Protocol.TLS if encrypted else Protocol.TCP
    return Protocol.HTTPS if encrypted else Protocol.HTTP


def routed_hosts(reading: Reading, http: Field) -> tuple[Selector | VirtualHost, ...]:
    """Which hosts the handler serves: selectors and hosts written in place, in order (2.4)."""
    for name in ("csrf", "rateLimit", "extauth"):
        http["routeOptions"][name].opaque()
    found: list[Selector | VirtualHost] = []
    for index, entry in enumerate(http["routeConfig"]):
        kind = entry.one_of("virtualHostSelector", "virtualHost")
        if kind == "virtualHostSelector":
            found.append(object_selector(entry[kind], reading.ref.namespace))
        elif kind == "virtualHost":
            segment = f"{encoded(reading.ref.name)}~inline-{index}"
            found.append(host_spec(reading, entry[kind], segment, inline=True))
    return tuple(found)


def virtual_host(reading: Reading) -> VirtualHost:
    """Section 3."""
    return host_spec(reading, reading.spec, encoded(reading.ref.name), inline=False)


def host_spec(reading: Reading, spec: Field, segment: str, *, inline: bool) -> VirtualHost:
    """A host, its own object or written inside a gateway; an inline one has the gateway's age (3.3.7)."""
    return VirtualHost(
        origin=spec.origin,
        segment=segment,
        domains=spec["domains"].texts(),
        rules=route_rules(spec["routes"], lambda field, name: route_rule(field, name, reading.ref.namespace)),
        options=policy_options(spec["options"]["trafficPolicy"]),
        labels=() if inline else labels_of(reading.metadata),
        created=created_of(reading.metadata),
        inline=inline,
    )


def route_table(reading: Reading) -> RouteTable:
    """Section 4."""
    return RouteTable(
        ref=reading.ref,
        rules=route_rules(reading.spec["routes"], lambda field, name: route_rule(field, name, reading.ref.namespace)),
        weight=number_in(reading.spec, "weight", INT32) or 0,
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
    )


def traffic_policy(reading: Reading) -> Policy:
    """Section 7.1; what it does on routes is D-32. The deprecated matchers have no effect on gateway traffic."""
    spec = reading.spec
    spec["httpRequestMatchers"].opaque()
    namespace = reading.ref.namespace
    return Policy(
        ref=reading.ref,
        rules=tuple(rule_selector(entry, namespace) for entry in spec["routeSelector"]),
        options=policy_options(spec["policy"]),
        created=created_of(reading.metadata),
        sources=workload_matchers(spec["sourceSelector"]),
        destinations=service_selectors(spec["destinationSelector"]),
    )


def rule_selector(entry: Field, namespace: str) -> RuleSelector:
    """An entry of `routeSelector`: references and selectors are alternatives (D-32)."""
    hosts, tables = entry["virtualHostSelector"], entry["routeTableSelector"]
    return RuleSelector(
        hosts=(
            *map(table_ref, entry.items_of("virtualHostRefs")),
            *((object_selector(hosts, namespace),) if hosts.present else ()),
        ),
        tables=(
            *map(table_ref, entry.items_of("routeTableRefs")),
            *((object_selector(tables, namespace),) if tables.present else ()),
        ),
        labels=entry.pairs_of("routeLabelMatcher"),
    )

"""The first generation: `networking.enterprise.mesh.gloo.solo.io/v1beta1` and what it leans on (`spec/v1beta1.md`).

Only this file knows the field names of the generation.
"""

from __future__ import annotations

from kubectl_gmg.api import v1beta1_discovery as discovery
from kubectl_gmg.api.common import (
    created_of,
    header_match,
    labels_of,
    path_match,
    query_parameter_match,
    route_rules,
)
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.api.v1beta1_selectors import (
    object_selector,
    service_selectors,
    table_ref,
    workload_matchers,
)
from kubectl_gmg.model.action import (
    Action,
    Delegate,
    Destination,
    DestinationKind,
    DirectResponse,
    FinalAction,
    ForwardTo,
    Invalid,
    Options,
    Redirect,
    Selector,
    SortMethod,
)
from kubectl_gmg.model.declared import (
    Declared,
    Listener,
    ListenerServices,
    Policy,
    Protocol,
    RouteRule,
    RouteTable,
    RuleSelector,
    VirtualGateway,
    VirtualHost,
)
from kubectl_gmg.model.match import EVERYTHING, PathKind, RouteMatch, distinct
from kubectl_gmg.model.naming import encoded
from kubectl_gmg.model.origin import Sourced
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

POLICY_FIELDS = (
    "trafficShift",
    "faultInjection",
    "requestTimeout",
    "retries",
    "corsPolicy",
    "mirror",
    "headerManipulation",
    "outlierDetection",
    "mtls",
    "csrf",
    "rateLimit",
    "extauth",
)
NOT_ON_ROUTES = ("trafficShift", "outlierDetection")
NO_OPTIONS = ("trafficShift", "outlierDetection", "mtls")

REDIRECT_CODES = {
    "MOVED_PERMANENTLY": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}


def lower(snapshot: Snapshot) -> Declared:
    """What the objects of this generation in `snapshot` say."""
    readings = Readings(snapshot, GENERATION)
    gateways = readings.of(GATEWAY, virtual_gateway)
    hosts = readings.of(HOST, virtual_host)
    tables = readings.of(TABLE, route_table)
    policies = readings.of(POLICY, traffic_policy)
    inventory = discovery.inventory(readings, snapshot)
    unread = {gap.kind for gap in snapshot.gaps}
    return Declared(
        gateways=gateways,
        hosts=hosts,
        tables=tables,
        policies=policies,
        inventory=inventory,
        problems=tuple(readings.problems),
        tables_read=TABLE.name not in unread,
    )


def virtual_gateway(reading: Reading) -> VirtualGateway:
    """Section 2. Exactly one connection handler is supported; only the first of several is read."""
    spec = reading.spec
    options = spec["options"]
    options.text_of("bindAddress")
    options.integer_of("perConnectionBufferLimitBytes")
    handlers = spec.items_of("connectionHandlers")
    if not handlers:
        spec.problem("GMG101", "a gateway needs a connection handler")
    if len(handlers) > 1:
        handlers[1].problem("GMG102", "only one connection handler is supported; this one and later ones are not used")
    services = ingress_services(spec["ingressGatewaySelectors"])
    return VirtualGateway(
        ref=reading.ref,
        listeners=listeners(reading, handlers[0], services) if handlers else (),
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
    )


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
    if kind is None:
        handler.problem("GMG103", "a connection handler is either http or tcp")
    mode = tls_mode(options["sslConfig"])
    protocol = handler_protocol(match.text_of("transportProtocol"), kind, mode)
    selects = routed_hosts(reading, handler["http"])
    handler["tcp"].opaque()
    return tuple(
        Listener(
            origin=handler.origin,
            name=name,
            protocol=protocol,
            mode=mode,
            services=entries,
            selects=selects,
            server_names=match["serverNames"].texts(),
            https_redirect=options.boolean_of("httpsRedirect"),
        )
        for name, entries in services.items()
    )


def tls_mode(config: Field) -> str | None:
    """What is done with TLS; PASSTHROUGH is the zero value, so also what an absent field means (2.1)."""
    if not config.present:
        return None
    for name in ("secretName", "sslFiles", "verifySubjectAltName", "parameters"):
        config[name].opaque()
    return config.text_of("tlsMode", "PASSTHROUGH")


def handler_protocol(written: str, kind: str | None, mode: str | None) -> Protocol:
    """The protocol as written, or inferred from the handler (2.1)."""
    if written.upper() in Protocol.__members__:
        return Protocol[written.upper()]
    if kind == "tcp":
        return Protocol.TLS if mode else Protocol.TCP
    return Protocol.HTTPS if mode else Protocol.HTTP


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
        weight=reading.spec.integer_of("weight") or 0,
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
    )


def route_rule(field: Field, segment: str, namespace: str) -> RouteRule:
    """Section 5. A rule that the product cannot use gets the action `Invalid` (8.7)."""
    matchers = field.items_of("matchers")
    before = field.count("GMG304")
    matches = tuple(match for matcher in matchers if (match := route_match(matcher)) is not None)
    codes = ["GMG304"] if field.count("GMG304") > before else []
    if matchers and not matches:
        codes.append("GMG307")
    parents_fit = len(matches) == len(matchers) and all(is_prefix(match) for match in matches)
    return RouteRule(
        origin=field.origin,
        name=field.text_of("name"),
        segment=segment,
        matches=matches or (EVERYTHING,),
        action=usable(rule_action(field, namespace), codes, parents_fit=parents_fit, field=field),
        options=rule_options(field["options"]),
        labels=field.pairs_of("labels"),
    )


def usable(action: Action, codes: list[str], *, parents_fit: bool, field: Field) -> Action:
    """The action, or why it cannot be used; a delegating rule must match by prefix (5.5)."""
    if isinstance(action, Delegate) and not parents_fit:
        field["matchers"].problem("GMG207", "a delegating rule must match by prefix; it yields no routes")
        codes.append("GMG207")
    if not codes:
        return action
    known = action.codes if isinstance(action, Invalid) else ()
    written = action.written if isinstance(action, Invalid) else action
    return Invalid((*codes, *known), written if isinstance(written, FinalAction) else None)


def is_prefix(match: RouteMatch) -> bool:
    """Whether a match leaves room for what follows its path."""
    return match.path is None or match.path.kind is PathKind.PREFIX


def route_match(matcher: Field) -> RouteMatch | None:
    """One alternative of a rule (5.1); None for one that tests the end of the path, which is dropped (D-18)."""
    matcher.text_of("name")
    uri = matcher["uri"]
    match = RouteMatch(
        path=path_match(uri),
        method=matcher.text_of("method"),
        headers=distinct(map(header_match, matcher.items_of("headers"))),
        query_parameters=distinct(map(query_parameter_match, matcher.items_of("queryParameters"))),
    )
    if match.path is None and uri["suffix"].present:
        uri["suffix"].problem("GMG307", "a suffix is not supported; the matcher is dropped")
        return None
    return match


def rule_action(field: Field, namespace: str) -> Action:
    """The one action of a rule (5.2 to 5.5)."""
    written = field.named(*ACTIONS)
    if not written:
        field.problem("GMG401", "a rule needs an action")
        return Invalid(("GMG401",))
    if len(written) > 1:
        field.problem("GMG004", f"only one action may be set, not {' and '.join(written)}")
        for name in written:
            ACTIONS[name](field[name], namespace)
        return Invalid(("GMG004",))
    return ACTIONS[written[0]](field[written[0]], namespace)


def forward_to(action: Field, _namespace: str) -> Action:
    """Section 5.2."""
    forward = ForwardTo(
        destinations=tuple(map(destination, action.items_of("destinations"))),
        path_rewrite=action.text_of("pathRewrite"),
    )
    if forward.destinations:
        return forward
    action.problem("GMG410", "a forwarding rule needs a destination")
    return Invalid(("GMG410",), forward)


def destination(entry: Field) -> Destination:
    """Section 6."""
    entry["options"].opaque()
    weight = entry.integer_of("weight")
    kind = entry.one_of("kubeService", "virtualDestination", "staticDestination", "clusterHeader")
    if kind == "clusterHeader":
        name = entry[kind].text()
        return Destination(entry.origin, DestinationKind.CLUSTER_HEADER, name, weight=weight)
    target = entry[kind or "kubeService"]
    return Destination(
        origin=entry.origin,
        kind=DESTINATIONS[kind or "kubeService"],
        name=target.text_of("name"),
        namespace=target.text_of("namespace"),
        cluster=target.text_of("clusterName") if kind == "kubeService" else "",
        port=target.integer_of("port") if kind == "kubeService" else None,
        subset=target.pairs_of("subset") if kind in ("kubeService", "virtualDestination") else (),
        weight=weight,
    )


def redirect(action: Field, _namespace: str) -> Action:
    """Section 5.3."""
    action.one_of("pathRedirect", "prefixRewrite")
    code = action.text_of("responseCode", "MOVED_PERMANENTLY")
    written = Redirect(
        status=REDIRECT_CODES.get(code, 301),
        scheme="https" if action.boolean_of("httpsRedirect") else "",
        host=action.text_of("hostRedirect"),
        path=action.text_of("pathRedirect"),
        prefix=action.text_of("prefixRewrite"),
        strip_query=action.boolean_of("stripQuery"),
    )
    if code in REDIRECT_CODES:
        return written
    action["responseCode"].problem("GMG003", f"unknown responseCode; known are {', '.join(REDIRECT_CODES)}")
    return Invalid(("GMG003",))


def direct_response(action: Field, _namespace: str) -> Action:
    """Section 5.4."""
    status = action["status"].integer(0) or 0
    written = DirectResponse(status, action.text_of("body"))
    if 200 <= status <= 599:
        return written
    (action["status"] if action["status"].present else action).problem(
        "GMG402", "a direct response needs a status from 200 to 599"
    )
    return Invalid(("GMG402",), written)


def delegate(action: Field, namespace: str) -> Action:
    """Section 5.5."""
    selector = action["selector"]
    sort = action["sortMethod"].choice(SortMethod, SortMethod.TABLE_WEIGHT)
    delegated = Delegate(
        refs=tuple(map(table_ref, action.items_of("refs"))),
        selector=object_selector(selector, namespace) if selector.present else None,
        sort=sort or SortMethod.TABLE_WEIGHT,
    )
    return delegated if sort else Invalid(("GMG003",))


ACTIONS = {
    "routeAction": forward_to,
    "redirectAction": redirect,
    "directResponseAction": direct_response,
    "delegateAction": delegate,
}
DESTINATIONS = {
    "kubeService": DestinationKind.SERVICE,
    "virtualDestination": DestinationKind.VIRTUAL_DESTINATION,
    "staticDestination": DestinationKind.STATIC,
}


def rule_options(options: Field) -> Options:
    """The options of a rule; those that have no effect on a route are noted (7, ROUTE-OPTION-LEVEL)."""
    if not options.present:
        return Options()
    for name in options.named(*NOT_ON_ROUTES):
        options[name].problem("GMG501", f"{name} has no effect on a route")
    return policy_options(options)


def policy_options(policy: Field) -> Options:
    """Every field of a Policy that becomes an option of a route, as it is written (section 7, D-32 rule 6)."""
    written = policy.named(*POLICY_FIELDS)
    fields = ((name, Sourced(policy[name].opaque(), policy[name].origin)) for name in written if name not in NO_OPTIONS)
    return Options(tuple(fields))


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

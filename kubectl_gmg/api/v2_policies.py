"""Policies: what each kind selects, and what becomes of several on one thing (`spec/v2.md` 11).

The table holds all that differs from kind to kind; of a configuration only that is read which some answer needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kubectl_gmg.api.common import created_of
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.header_operations import note_header_operations
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.api.v2_retry_timeout import note_retry_timeout
from kubectl_gmg.api.v2_rules import Referred
from kubectl_gmg.api.v2_selectors import EVERY_GATEWAY, all_known, gateway_workloads, object_selector, port_selector
from kubectl_gmg.model.action import DestinationKind, Options, Selector
from kubectl_gmg.model.declared import Policy, RuleSelector, ServiceSelector
from kubectl_gmg.model.origin import Sourced
from kubectl_gmg.model.policy import Clash, DestinationSelector, ListenerSelector, Phase, Stage
from kubectl_gmg.model.snapshot import Affects, Kind


class Names(StrEnum):
    """What a policy may name, by the field that does."""

    ROUTES = "applyToRoutes"
    ROUTE_DESTINATIONS = "applyToRouteDestinations"
    DESTINATIONS = "applyToDestinations"
    LISTENERS = "applyToListeners"
    WORKLOADS = "applyToWorkloads"


SERVICE, VIRTUAL, EXTERNAL = (
    DestinationKind.SERVICE,
    DestinationKind.VIRTUAL_DESTINATION,
    DestinationKind.EXTERNAL_SERVICE,
)
SERVICES, ANYWHERE = frozenset({SERVICE}), frozenset({SERVICE, VIRTUAL, EXTERNAL})


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """A row of the table in 11.1.

    `names` are the things that it may name, and `unsaid` is what it means where it names none of them; where nobody
    tells what that is, it is not `stated`. `to` are the destinations it can act on, and `leading` says whether it may
    choose routes by where they lead. `stage` is where it acts unless it says so. `option` is what it is called as an
    option of a route, and `fields` are the parts of its configuration that are options of their own. `beyond` names
    what it does to a request that is not simulated, where no option says so.
    """

    group: str
    name: str
    names: tuple[Names, ...]
    unsaid: Names | None = None
    clash: Clash = Clash.EACH
    to: frozenset[DestinationKind] = ANYWHERE
    stage: Stage | None = None
    option: str = ""
    fields: tuple[str, ...] = ()
    stated: bool = True
    leading: bool = True
    beyond: str = ""
    note: Callable[[Field], None] | None = None

    @property
    def kind(self) -> Kind:
        """The kind on an API server; its plural is regular."""
        plural = f"{self.name.lower().removesuffix('policy')}policies"
        return Kind(f"{self.group}.policy.gloo.solo.io", "v2", self.name, plural, "v2", (Affects.POLICIES,))

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Fields of the configuration with the options they are; an empty field is the whole of it."""
        return tuple((each, each) for each in self.fields) or ((WHOLE, self.option or lower_camel(self.name)),)


WHOLE = ""
"""Stands for the whole configuration of a policy, where that is one option of a route."""


def note_headers(spec: Field) -> None:
    """Header operations that the proxy refuses."""
    note_header_operations(spec["config"])


def lower_camel(name: str) -> str:
    """A kind as an option is called: `JWTPolicy` is `jwtPolicy` (`spec/cli.md` 6.2)."""
    capitals = next((place for place, letter in enumerate(name) if not letter.isupper()), len(name))
    head = max(capitals - 1, 1)
    return name[:head].lower() + name[head:]


OLDEST = Clash.OLDEST
ROUTES, TO, LISTENERS, WORKLOADS = (Names.ROUTES,), (Names.DESTINATIONS,), (Names.LISTENERS,), (Names.WORKLOADS,)
BOTH = (Names.ROUTES, Names.DESTINATIONS)
EVERY_ROUTE, EVERY_DESTINATION, EVERY_WORKLOAD = Names.ROUTES, Names.DESTINATIONS, Names.WORKLOADS
PRE, POST = Stage.PRE_AUTHZ, Stage.POST_AUTHZ

RESILIENCE = "resilience"
TRAFFIC = "trafficcontrol"
SECURITY = "security"
EXTENSIONS = "extensions"

POLICIES = (
    PolicyKind(
        RESILIENCE,
        "RetryTimeoutPolicy",
        ROUTES,
        EVERY_ROUTE,
        OLDEST,
        fields=("requestTimeout", "retries"),
        note=note_retry_timeout,
    ),
    PolicyKind(RESILIENCE, "FaultInjectionPolicy", ROUTES, EVERY_ROUTE, OLDEST, option="faultInjection"),
    PolicyKind(
        RESILIENCE,
        "OutlierDetectionPolicy",
        TO,
        EVERY_DESTINATION,
        to=frozenset({VIRTUAL, EXTERNAL}),
        option="outlierDetection",
    ),
    PolicyKind(RESILIENCE, "FailoverPolicy", TO, EVERY_DESTINATION, to=frozenset({SERVICE, VIRTUAL})),
    PolicyKind(RESILIENCE, "ConnectionPolicy", TO, EVERY_DESTINATION),
    PolicyKind(RESILIENCE, "ActiveHealthCheckPolicy", TO),
    PolicyKind(RESILIENCE, "AdaptiveRequestConcurrencyPolicy", TO, EVERY_DESTINATION, to=frozenset({SERVICE, VIRTUAL})),
    PolicyKind(RESILIENCE, "ListenerConnectionPolicy", LISTENERS),
    PolicyKind(RESILIENCE, "TrimProxyConfigPolicy", WORKLOADS, EVERY_WORKLOAD),
    PolicyKind(RESILIENCE, "GraphQLPersistedQueryCachePolicy", ROUTES, clash=OLDEST, leading=False),
    PolicyKind(
        TRAFFIC,
        "HeaderManipulationPolicy",
        (Names.ROUTES, Names.ROUTE_DESTINATIONS),
        EVERY_ROUTE,
        OLDEST,
        option="headerManipulation",
        note=note_headers,
        beyond="transformations",
    ),
    PolicyKind(TRAFFIC, "TransformationPolicy", ROUTES, EVERY_ROUTE, stage=POST, beyond="transformations"),
    PolicyKind(TRAFFIC, "MirrorPolicy", ROUTES, EVERY_ROUTE, option="mirror"),
    PolicyKind(
        TRAFFIC,
        "RateLimitPolicy",
        BOTH,
        EVERY_DESTINATION,
        to=SERVICES,
        stage=POST,
        option="rateLimit",
        beyond="rateLimits",
    ),
    PolicyKind(TRAFFIC, "LoadBalancerPolicy", TO, EVERY_DESTINATION, OLDEST),
    PolicyKind(TRAFFIC, "HTTPBufferPolicy", ROUTES, EVERY_ROUTE, stated=False),
    PolicyKind(TRAFFIC, "ProxyProtocolPolicy", LISTENERS),
    PolicyKind(SECURITY, "CORSPolicy", ROUTES, EVERY_ROUTE, option="corsPolicy"),
    PolicyKind(SECURITY, "CSRFPolicy", ROUTES, EVERY_ROUTE, option="csrf"),
    PolicyKind(SECURITY, "DLPPolicy", ROUTES, EVERY_ROUTE, beyond="transformations"),
    PolicyKind(SECURITY, "WAFPolicy", ROUTES, EVERY_ROUTE, beyond="waf"),
    PolicyKind(
        SECURITY,
        "ExtAuthPolicy",
        BOTH,
        EVERY_DESTINATION,
        OLDEST,
        to=SERVICES,
        option="extauth",
        beyond="authentication",
    ),
    PolicyKind(SECURITY, "JWTPolicy", BOTH, EVERY_ROUTE, OLDEST, to=SERVICES, stage=PRE, beyond="authentication"),
    PolicyKind(
        SECURITY, "AccessPolicy", (Names.DESTINATIONS, Names.WORKLOADS), EVERY_DESTINATION, beyond="authorization"
    ),
    PolicyKind(SECURITY, "ClientTLSPolicy", TO, EVERY_DESTINATION, stated=False),
    PolicyKind(SECURITY, "GraphQLAllowedQueryPolicy", ROUTES, clash=OLDEST, leading=False),
    PolicyKind(EXTENSIONS, "LuaPolicy", BOTH, EVERY_ROUTE, to=SERVICES, stage=PRE, beyond="extensions"),
    PolicyKind(EXTENSIONS, "WasmDeploymentPolicy", WORKLOADS, EVERY_WORKLOAD, beyond="extensions"),
    PolicyKind("observability", "AccessLogPolicy", WORKLOADS, EVERY_WORKLOAD),
)
KINDS = tuple(each.kind for each in POLICIES)


def policies(readings: Readings) -> tuple[Policy, ...]:
    """The policies of all kinds."""
    return tuple(policy for each in POLICIES for policy in readings.of(each.kind, lowering(each)))


def lowering(of: PolicyKind) -> Callable[[Reading], Policy]:
    """How the objects of one kind are read."""
    return lambda reading: lowered(reading, of)


def lowered(reading: Reading, of: PolicyKind) -> Policy:
    """Section 11.2: entries are alternatives; a policy without any means what its kind says."""
    spec = reading.spec
    entries = {name: spec.items_of(name) for name in of.names}
    written = {name for name in of.names if entries[name]}
    named: set[Names | None] = {*written} or {of.unsaid}
    if Names.WORKLOADS in written:
        entries[Names.DESTINATIONS] = ()  # ignored beside workloads (11.1)
    if of.note is not None:
        of.note(spec)
    config = spec["config"]
    rules, leading = chosen_routes(entries.get(Names.ROUTES, ()), of)
    return Policy(
        ref=reading.ref,
        rules=rules if written or of.unsaid is not Names.ROUTES else (RuleSelector(),),
        options=policy_options(config, of),
        created=created_of(reading.metadata),
        leading_to=leading,
        targets=chosen_destinations(entries.get(Names.DESTINATIONS, ()), of, everywhere=named == {Names.DESTINATIONS}),
        on_routes=tuple(map(route_destinations, entries.get(Names.ROUTE_DESTINATIONS, ()))),
        listeners=tuple(map(listener_selector, entries.get(Names.LISTENERS, ()))),
        workloads=chosen_workloads(entries.get(Names.WORKLOADS, ()), everywhere=named == {Names.WORKLOADS}),
        clash=of.clash,
        phase=phase_of(config, of),
        rank=config.integer_of("priority") if of.name == "WAFPolicy" else None,
        stated=of.stated or bool(written),
        beyond=of.beyond,
        of_requests=Names.ROUTES in of.names,
    )


def chosen_routes(
    entries: Sequence[Field], of: PolicyKind
) -> tuple[tuple[RuleSelector, ...], tuple[DestinationSelector, ...]]:
    """Routes by their labels, and routes by where they lead (2.7)."""
    members = ("route", "withDestinations") if of.leading else ("route",)
    rules: list[RuleSelector] = []
    leading: list[DestinationSelector] = []
    for entry in entries:
        if entry.one_of(*members) == "withDestinations":
            leading.append(destination_selector(entry["withDestinations"], ANYWHERE))
        else:
            rules.append(route_selector(entry["route"]))
    return tuple(rules), tuple(leading)


def route_selector(route: Field) -> RuleSelector:
    """Routes by their labels, and by the table that holds them (2.7)."""
    namespace, cluster = route.text_of("namespace"), route.text_of("cluster")
    labels = route.pairs_of("labels")
    table = Selector(
        origin=route.origin,
        namespaces=frozenset({namespace}) if namespace else None,
        cluster=cluster,
        workspace=route.text_of("workspace"),
        one_namespace=True,
    )
    narrow = namespace or cluster or table.workspace
    return RuleSelector(tables=(table,) if narrow else (), labels=labels)


def route_destinations(entry: Field) -> tuple[RuleSelector, tuple[DestinationSelector, ...]]:
    """Some destinations of some routes (2.7); without any it means all of them."""
    wanted = tuple(destination_selector(each, ANYWHERE) for each in entry.items_of("onDestinations"))
    return route_selector(entry["route"]), wanted or (DestinationSelector(ANYWHERE),)


def chosen_destinations(
    entries: Sequence[Field], of: PolicyKind, *, everywhere: bool
) -> tuple[DestinationSelector, ...]:
    """The destinations that a policy names, or all that it can act on."""
    found = tuple(destination_selector(each, of.to) for each in entries)
    return found or ((DestinationSelector(of.to),) if everywhere else ())


def destination_selector(entry: Field, to: frozenset[DestinationKind]) -> DestinationSelector:
    """Destinations of one kind; those of a kind that the policy cannot act on are none."""
    kind = DestinationKind[entry["kind"].choice(Referred, Referred.SERVICE) or Referred.SERVICE]
    number, name = port_selector(entry["port"])
    selector = object_selector(entry["selector"]) if entry["selector"].present else None
    return DestinationSelector(frozenset({kind}) & to, selector, number, name)


def listener_selector(entry: Field) -> ListenerSelector:
    """Listeners by gateway and port (2.7)."""
    number, name = port_selector(entry["port"])
    gateway = entry["virtualGateway"]
    return ListenerSelector(object_selector(gateway) if gateway.present else None, number, name)


ANY_GATEWAY = ServiceSelector(EVERY_GATEWAY)
VIRTUAL_MACHINES = ServiceSelector()
"""Fits no Service."""


def chosen_workloads(entries: Sequence[Field], *, everywhere: bool) -> tuple[ServiceSelector, ...]:
    """Workloads as the Services in front of them; an entry that says nothing means all of them (11.2 rule 2).

    Virtual machines (2.6) stand behind no Service of a gateway, and no table is for them (4.4).
    """
    found: list[ServiceSelector] = []
    for entry in entries:
        all_known(entry)
        pods = gateway_workloads(entry["selector"]) or (ANY_GATEWAY,)
        found += (VIRTUAL_MACHINES,) if entry.text_of("kind") == "VM" else pods
    return tuple(found) if entries or not everywhere else (ANY_GATEWAY,)


def phase_of(config: Field, of: PolicyKind) -> Phase | None:
    """When it acts: where it says so, else where its kind does (11.2 rule 7)."""
    if of.stage is None:
        return None
    phase = config["phase"]
    for stage in Stage if phase.present else ():
        if phase[stage].present:
            return Phase(stage, phase[stage].integer_of("priority") or 0)
    return Phase(of.stage)


def policy_options(config: Field, of: PolicyKind) -> Options:
    """What a policy gives to the routes that it reaches."""
    written = [(name, config[field] if field else config) for field, name in of.options]
    found = Options(tuple([(name, Sourced(each.opaque(), each.origin)) for name, each in written if each.present]))
    all_known(config)
    return found

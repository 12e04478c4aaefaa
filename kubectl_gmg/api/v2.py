"""The second generation: `networking.gloo.solo.io/v2` and what it leans on (`spec/v2.md`).

Only the modules of this name know the field names of the generation.
"""

from __future__ import annotations

from dataclasses import replace

from kubectl_gmg.api import v2_destinations as destinations
from kubectl_gmg.api import v2_workspaces as tenants
from kubectl_gmg.api.common import created_of, labels_of, route_rules
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings, extent
from kubectl_gmg.api.v2_gateways import virtual_gateway
from kubectl_gmg.api.v2_rules import MOST_ROUTES, holder_of, route_rule
from kubectl_gmg.api.v2_selectors import object_reference
from kubectl_gmg.model.conventions import (
    Broken,
    ChildRoot,
    Conflict,
    Conventions,
    EqualTables,
    LabelInheritance,
    MixedCase,
    Ranking,
    RootsAsChildren,
    SharedDomain,
)
from kubectl_gmg.model.declared import Declared, FailureMode, GatewayRef, Realm, RouteTable, VirtualHost
from kubectl_gmg.model.naming import encoded
from kubectl_gmg.model.release import NEWEST_RELEASE, Release
from kubectl_gmg.model.snapshot import Affects, Kind, Snapshot

GENERATION = "v2"
NETWORKING = destinations.NETWORKING
ROUTING = (Affects.ROUTES, Affects.DELEGATION, Affects.ATTACHMENT)

GATEWAY = Kind(NETWORKING, "v2", "VirtualGateway", "virtualgateways", GENERATION, ROUTING)
TABLE = Kind(NETWORKING, "v2", "RouteTable", "routetables", GENERATION, ROUTING)
KINDS = (GATEWAY, TABLE, *destinations.KINDS, *tenants.KINDS)
"""Every kind of the product that routing reads."""
SERVICES = destinations.SERVICES
"""Kinds of Kubernetes that routing reads where it may."""

CONVENTIONS = Conventions(
    child_root=ChildRoot.BELOW,
    mixed_case=MixedCase.BOTH,
    conflict=Conflict.REPLACED,
    broken=Broken.REPLACED,
    equal_tables=EqualTables.BY_AGE,
    ranking=Ranking.PATH_ONLY,
    shared_domain=SharedDomain.MERGED,
    labels=LabelInheritance.ALL,
)
"""How the objects are meant (17)."""

OF_ROOTS = {
    "virtualGateways": "GMG126",
    "applyToDestinations": "GMG127",
    "failureMode": "GMG128",
}
"""What a table without hosts must not set, and the code if it does (RT-01 to RT-03)."""
LISTS = ("http", "tcp", "tls", "workloadSelectors")


def lower(snapshot: Snapshot, release: Release = NEWEST_RELEASE) -> Declared:
    """What the objects of this generation in `snapshot` say."""
    readings = Readings(snapshot, GENERATION)
    gateways = readings.of(GATEWAY, virtual_gateway)
    tables = readings.of(TABLE, route_table)
    workspaces, settings = tenants.workspaces(readings)
    realm = Realm(
        conventions=conventions_of(release),
        inventory=destinations.inventory(readings, snapshot),
        gateways_read=extent(snapshot, GATEWAY),
        hosts_read=extent(snapshot, TABLE),
        tables_read=extent(snapshot, TABLE),
        workspaces=workspaces,
        settings=settings,
    )
    return Declared(
        gateways=gateways,
        hosts=tuple([host for _, host in tables if host is not None]),
        tables=tuple([table for table, _ in tables]),
        problems=tuple(readings.problems),
        realms=((GENERATION, realm),),
    )


def conventions_of(release: Release) -> Conventions:
    """How the objects are meant in one release: before 2.6 a table with hosts could be a child as well (DEC-6)."""
    if release.number < (2, 6):
        return replace(CONVENTIONS, roots_as_children=RootsAsChildren.INCLUDED)
    return CONVENTIONS


def route_table(reading: Reading) -> tuple[RouteTable, VirtualHost | None]:
    """Section 4: a table, and the host that it is as well if it has `hosts`."""
    spec = reading.spec
    hosts = spec["hosts"].texts()
    note_sections(spec)
    note_selectors(spec)
    parents = tuple([gateway_ref(ref, reading) for ref in spec["virtualGateways"]])
    mode = spec["failureMode"].choice(FailureMode, FailureMode.ROUTE_REPLACEMENT)
    if not hosts:
        note_root_fields(spec)
    holder = holder_of(reading.ref, spec["defaultDestination"])
    table = RouteTable(
        ref=reading.ref,
        rules=route_rules(spec["http"], lambda field, name: route_rule(field, name, holder)),
        weight=spec.integer_of("weight") or 0,
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
        has_hosts=bool(hosts),
    )
    return table, virtual_host(spec, table, hosts, parents, mode or FailureMode.ROUTE_REPLACEMENT) if hosts else None


def virtual_host(
    spec: Field, table: RouteTable, hosts: tuple[str, ...], parents: tuple[GatewayRef, ...], mode: FailureMode
) -> VirtualHost:
    """A root: the same rules under domains."""
    return VirtualHost(
        origin=spec.origin,
        segment=encoded(table.ref.name),
        domains=hosts,
        rules=table.rules,
        labels=table.labels,
        created=table.created,
        parents=parents,
        failure_mode=mode,
        domains_field="hosts",
    )


def gateway_ref(ref: Field, reading: Reading) -> GatewayRef:
    """A gateway that a root wants to be served by."""
    named = object_reference(ref, reading.ref)
    return GatewayRef(ref.origin, named.namespace, named.name, named.cluster)


def note_sections(spec: Field) -> None:
    """What must, and must not, be in a table (RT-04, RT-05, RT-08)."""
    for name in ("tcp", "tls", "portalMetadata", "virtualServiceAnnotations"):
        spec[name].opaque()
    if not spec.named("http", "tcp", "tls"):
        spec.problem("GMG130", "a table needs http, tcp or tls")
    for name in LISTS:
        if (count := len(spec.items_of(name))) > MOST_ROUTES:
            spec[name].problem("GMG424", f"{count} entries; at most {MOST_ROUTES} may be")
    if spec["defaultDestination"].present and not any(map(forwards, spec["http"])):
        spec["defaultDestination"].problem("GMG422", "no rule forwards, so this is never used")


def forwards(rule: Field) -> bool:
    """Whether a rule has `forwardTo`; asked of the raw value, since the rule is read elsewhere."""
    return isinstance(rule.value, dict) and rule.value.get("forwardTo") is not None


def note_selectors(spec: Field) -> None:
    """What may be selected beside the gateways (RT-07); both concern traffic within the mesh."""
    for name in ("workloadSelectors", "applyToDestinations"):
        for entry in spec[name]:
            entry["selector"].opaque()
            entry["port"].opaque()
            if entry.text_of("kind", "KUBE") != "KUBE":
                entry["kind"].problem("GMG129", "only the kind KUBE may be selected here")


def note_root_fields(spec: Field) -> None:
    """What only a table with hosts may set."""
    for name in spec.named(*OF_ROOTS):
        if spec[name].value:
            spec[name].problem(OF_ROOTS[name], f"a table without hosts must not set {name}")

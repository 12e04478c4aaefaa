"""The second generation: `networking.gloo.solo.io/v2` and what it leans on (`spec/v2.md`).

Only the modules of this name know the field names of the generation.
"""

from __future__ import annotations

import json
from dataclasses import replace

from kubectl_gmg.api import v2_destinations as destinations
from kubectl_gmg.api import v2_policies, v2_releases
from kubectl_gmg.api import v2_workspaces as tenants
from kubectl_gmg.api.common import created_of, labels_of, route_rules
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading, Readings, extent
from kubectl_gmg.api.v2_gateways import virtual_gateway
from kubectl_gmg.api.v2_names import with_runtime_names
from kubectl_gmg.api.v2_rules import MOST_ROUTES, Referred, holder_of, route_rule
from kubectl_gmg.api.v2_selectors import object_reference, object_selector, port_selector
from kubectl_gmg.api.v2_streams import stream_rules
from kubectl_gmg.api.v2_workloads import chosen_by_root, narrowed_by_child, selected_workloads
from kubectl_gmg.model.conventions import (
    Broken,
    ChildRoot,
    Conflict,
    Connections,
    Conventions,
    EqualTables,
    LabelInheritance,
    LoneStar,
    MixedCase,
    PolicyConflict,
    Ranking,
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
KINDS = (GATEWAY, TABLE, *destinations.KINDS, *tenants.KINDS, *v2_policies.KINDS)
"""Every kind of the product that routing reads."""
NAMESPACE = tenants.NAMESPACE
SERVICES = (*destinations.SERVICES, NAMESPACE)
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
    policy_conflict=PolicyConflict.BY_KIND,
    lone_star=LoneStar.INVALID,
    connections=Connections.ROUTED,
)
"""How the objects are meant (17) in the newest release."""

OF_ROOTS = {
    "virtualGateways": ("GMG126", "it is served where the tables are that delegate to it"),
    "applyToDestinations": ("GMG127", "it applies where the tables do that delegate to it"),
    "failureMode": ("GMG128", "that of the table with the hosts holds for the whole tree"),
}
"""What a table without hosts must not set, the code if it does (RT-01 to RT-03), and what is so instead."""
WEIGHTS = range(-(2**31), 2**31)
LISTS = ("http", "tcp", "tls", "workloadSelectors", "applyToDestinations")


def lower(snapshot: Snapshot, release: Release = NEWEST_RELEASE) -> Declared:
    """What the objects of this generation in `snapshot` say."""
    kept, dropped = v2_releases.pruned(snapshot, release)
    readings = Readings(kept, GENERATION)
    gateways = readings.of(GATEWAY, virtual_gateway)
    tables = readings.of(TABLE, route_table)
    workspaces, settings = tenants.workspaces(readings)
    policies = v2_policies.policies(readings)
    realm = Realm(
        conventions=v2_releases.conventions_of(CONVENTIONS, release),
        inventory=destinations.inventory(readings, snapshot, release),
        gateways_read=extent(snapshot, GATEWAY),
        hosts_read=extent(snapshot, TABLE),
        tables_read=extent(snapshot, TABLE),
        settings_read=extent(snapshot, tenants.SETTINGS),
        workspaces=workspaces,
        settings=settings,
    )
    return Declared(
        gateways=gateways,
        hosts=tuple([host for _, host in tables if host is not None]),
        tables=tuple([table for table, _ in tables]),
        policies=policies,
        problems=(*dropped, *v2_releases.as_admitted(readings.problems, release)),
        realms=((GENERATION, realm),),
    )


def route_table(reading: Reading) -> tuple[RouteTable, VirtualHost | None]:
    """Section 4: a table, and the host that it is as well if it has `hosts`."""
    spec = reading.spec
    hosts = spec["hosts"].texts()
    holder = holder_of(reading.ref, spec["defaultDestination"])
    note_sections(spec)
    streams = stream_rules(spec, holder)
    note_destinations(spec)
    workloads = selected_workloads(spec)
    parents = tuple([gateway_ref(ref, reading) for ref in spec["virtualGateways"]])
    mode = spec["failureMode"].choice(FailureMode, FailureMode.ROUTE_REPLACEMENT)
    if not (hosts or spec["hosts"].value):
        note_root_fields(spec)
    table = RouteTable(
        ref=reading.ref,
        rules=with_runtime_names(route_rules(spec["http"], lambda field, name: route_rule(field, name, holder))),
        weight=table_weight(spec),
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
        has_hosts=bool(hosts),
        sidecars=narrowed_by_child(workloads),
    )
    if not hosts:
        return table, None
    host = virtual_host(spec, table, hosts, parents, mode or FailureMode.ROUTE_REPLACEMENT)
    sidecars = chosen_by_root(workloads, names_gateways=bool(spec["virtualGateways"].value))
    return table, replace(host, streams=streams, sidecars=sidecars) if streams or sidecars else host


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
    for name in ("portalMetadata", "virtualServiceAnnotations"):
        spec[name].opaque()
    if not spec.named("http", "tcp", "tls") and (spec.present or not spec.count("GMG002")):
        spec.problem("GMG130", "the table has none of http, tcp and tls, so there is nothing that it could route")
    for name in LISTS:
        entries = spec[name].value  # the entries themselves are read elsewhere, once
        if isinstance(entries, list) and len(entries) > MOST_ROUTES:
            spec[name].problem("GMG424", f"{name} has {len(entries)} entries; at most {MOST_ROUTES} are admitted")
    if spec["defaultDestination"].present and not any(map(forwards, spec["http"])):
        spec["defaultDestination"].problem("GMG422", "no http rule has forwardTo, so nothing can ever be sent here")


def forwards(rule: Field) -> bool:
    """Whether a rule has `forwardTo`; asked of the raw value, since the rule is read elsewhere."""
    return isinstance(rule.value, dict) and rule.value.get("forwardTo") is not None


def note_destinations(spec: Field) -> None:
    """What a table may apply to beside gateways and workloads; admission lets no kind be written there (RT-07)."""
    for entry in spec["applyToDestinations"]:
        object_selector(entry["selector"])
        port_selector(entry["port"])
        kind, written = entry["kind"], entry.text_of("kind")
        if written in tuple(Referred):
            kind.problem("GMG129", f"kind is {written}, but it may only be left out here: the schema wants KUBE there")
        elif written:
            kind.problem("GMG003", f"kind is {json.dumps(written)}; known are {', '.join(Referred)}")


def table_weight(spec: Field) -> int:
    """What puts a table before others (8.4)."""
    weight = spec.integer_of("weight") or 0
    if weight in WEIGHTS:
        return weight
    spec["weight"].problem("GMG003", f"weight is {weight}; it must be from {WEIGHTS.start} to {WEIGHTS.stop - 1}")
    return 0


def note_root_fields(spec: Field) -> None:
    """What only a table with hosts may set."""
    for name in spec.named(*OF_ROOTS):
        if spec[name].value:
            code, instead = OF_ROOTS[name]
            said = f"is {spec.text_of(name)}" if isinstance(spec[name].value, str) else "is set"
            spec[name].problem(code, f"{name} {said}, but the table has no hosts: {instead}")

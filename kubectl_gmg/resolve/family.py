"""Which objects see each other, ready for look-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kubectl_gmg.model.action import Delegate
from kubectl_gmg.model.conventions import Broken, Conventions, PolicyConflict, SharedDomain
from kubectl_gmg.model.declared import (
    DEFAULT_REALM,
    Declared,
    Policy,
    Realm,
    RouteTable,
    VirtualHost,
)
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.delegate import (
    Faults,
    Pool,
    PoolOf,
    no_faults,
)
from kubectl_gmg.resolve.faults import DestinationFaults
from kubectl_gmg.resolve.federation import FederatedServices
from kubectl_gmg.resolve.functions import FunctionFilters
from kubectl_gmg.resolve.index import Index
from kubectl_gmg.resolve.listener_policies import ListenerPolicies
from kubectl_gmg.resolve.policy import Policies
from kubectl_gmg.resolve.route_policies import RoutePolicies
from kubectl_gmg.resolve.tenancy import Tenancy, VisibleTables


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The objects that see each other: those of one generation in one cluster, or of one with workspaces.

    `naming` holds the hosts that name a gateway, by its namespace and name.
    """

    realm: Realm
    hosts: Index[VirtualHost]
    naming: dict[tuple[str, str], list[VirtualHost]]
    pool_of: PoolOf
    policies: Policies | RoutePolicies
    listener_policies: ListenerPolicies
    tenancy: Tenancy
    faults: Faults
    federated: FederatedServices
    functions: FunctionFilters


def family_of(ref: ObjectRef, declared: Declared) -> tuple[str, str]:
    """Which objects an object sees: those of its generation, and of its cluster where domains are not shared."""
    merges = declared.realm(ref).conventions.shared_domain is SharedDomain.MERGED
    return ref.generation, "" if merges else ref.cluster


def families(declared: Declared) -> dict[tuple[str, str], Family]:
    """Every family that holds anything."""
    hosts: defaultdict[tuple[str, str], list[VirtualHost]] = defaultdict(list)
    tables: defaultdict[tuple[str, str], list[RouteTable]] = defaultdict(list)
    policies: defaultdict[tuple[str, str], list[Policy]] = defaultdict(list)
    for host in declared.hosts:
        hosts[family_of(host.ref, declared)].append(host)
    for table in declared.tables:
        tables[family_of(table.ref, declared)].append(table)
    for policy in declared.policies:
        policies[family_of(policy.ref, declared)].append(policy)
    named = {*hosts, *tables, *policies, *(family_of(gateway.ref, declared) for gateway in declared.gateways)}
    realms = dict(declared.realms)
    return {
        name: family_with(hosts[name], tables[name], policies[name], realms.get(name[0], DEFAULT_REALM))
        for name in named
    }


def family_with(
    hosts: Iterable[VirtualHost], tables: Iterable[RouteTable], policies: Sequence[Policy], realm: Realm
) -> Family:
    """Objects that see each other, ready for look-ups."""
    known_hosts, known_tables = Index(hosts), Index(tables)
    holders: tuple[VirtualHost | RouteTable, ...] = (*known_hosts.all, *known_tables.all)
    tenancy = Tenancy(realm)
    replaces = realm.conventions.broken is Broken.REPLACED
    naming: dict[tuple[str, str], list[VirtualHost]] = {}
    for host in known_hosts.all:
        for namespace, name in dict.fromkeys((each.namespace, each.name) for each in host.parents):
            naming.setdefault((namespace, name), []).append(host)
    return Family(
        realm,
        known_hosts,
        naming,
        pools(known_tables, tenancy, realm.conventions),
        RoutePolicies(policies, tenancy, realm.inventory)
        if realm.conventions.policy_conflict is PolicyConflict.BY_KIND
        else Policies(policies, known_hosts, known_tables, realm.inventory),
        ListenerPolicies(policies, tenancy),
        tenancy,
        DestinationFaults(realm.inventory, tenancy) if replaces else no_faults,
        FederatedServices(realm, tenancy),
        FunctionFilters(realm, tenancy, filters=any(map(filters_functions, holders))),
    )


def filters_functions(holder: VirtualHost | RouteTable) -> bool:
    """Whether any rule lets only some functions be called below it (2.8)."""
    return any(isinstance(rule.action, Delegate) and rule.action.allowed for rule in holder.rules)


def pools(tables: Index[RouteTable], tenancy: Tenancy, conventions: Conventions) -> PoolOf:
    """The tables that the holder of a rule sees: all, or what its workspace has and imports (`spec/v2.md` 8.1)."""
    made: dict[str | None, VisibleTables] = {}

    def pool_of(holder: ObjectRef) -> Pool:
        if conventions.broken is Broken.LEFT_OUT:
            return tables
        viewer = tenancy.owner(holder)
        if viewer not in made:
            made[viewer] = VisibleTables(tenancy, viewer, tables.all, conventions.roots_as_children)
        return made[viewer]

    return pool_of

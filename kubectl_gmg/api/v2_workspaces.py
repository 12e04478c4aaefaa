"""Tenants of the second generation (`spec/v2.md` 12.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from kubectl_gmg.api.common import created_of, labels_of
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.kubernetes import CORE, elsewhere
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.api.v2_selectors import object_selector, port_selector
from kubectl_gmg.model.finding import Note
from kubectl_gmg.model.snapshot import Affects, Extent, Kind, RawObject, Snapshot, SourceType
from kubectl_gmg.model.workspace import (
    ClusterPattern,
    Federation,
    Labels,
    NamespacePattern,
    ResourcePattern,
    Share,
    Shared,
    Workspace,
    WorkspacePattern,
    WorkspaceSettings,
)

ADMIN = "admin.gloo.solo.io"
GLOBAL = "global"
MANAGEMENT = "gloo-mesh"
"""The namespace of the workspaces where no workspace was read."""

WORKSPACE = Kind(ADMIN, "v2", "Workspace", "workspaces", "v2", (Affects.WORKSPACES,))
SETTINGS = Kind(ADMIN, "v2", "WorkspaceSettings", "workspacesettings", "v2", (Affects.WORKSPACES,))
KINDS = (WORKSPACE, SETTINGS)


def selected_by_labels(objects: Iterable[RawObject]) -> bool:
    """Whether any Workspace among these selects namespaces by their labels (12.1)."""
    named = (WORKSPACE.generation, WORKSPACE.name)
    found = (workspace(Reading(raw)) for raw in objects if (raw.ref.generation, raw.ref.kind) == named)
    return any(each.selects_by_labels for each in found)


NAMESPACE = Kind(
    group="",
    version="v1",
    name="Namespace",
    plural="namespaces",
    generation=CORE,
    affects=(Affects.WORKSPACES,),
    labels_only=True,
    namespaced=False,
    needed_by=selected_by_labels,
)
"""The kind of Kubernetes itself whose labels say what a workspace has."""


class ResourceKind(StrEnum):
    """What the `kind` of an import or export may be."""

    ALL = "ALL"
    ROUTE_TABLE = "ROUTE_TABLE"
    SERVICE = "SERVICE"
    VIRTUAL_DESTINATION = "VIRTUAL_DESTINATION"
    EXTERNAL_SERVICE = "EXTERNAL_SERVICE"
    API_DOC = "API_DOC"
    CLOUD_PROVIDER = "CLOUD_PROVIDER"
    EXTERNAL_WORKLOAD = "EXTERNAL_WORKLOAD"
    GRAPHQL_RESOLVER_MAP = "GRAPHQL_RESOLVER_MAP"
    GRAPHQL_SCHEMA = "GRAPHQL_SCHEMA"
    GRAPHQL_STITCHED_SCHEMA = "GRAPHQL_STITCHED_SCHEMA"


def namespaces(snapshot: Snapshot) -> Mapping[tuple[str, str], Labels]:
    """The labels of namespaces, by cluster and name."""
    found = Readings(snapshot, CORE).of(NAMESPACE, lambda reading: (reading.ref, labels_of(reading.metadata)))
    return {(ref.cluster, ref.name): labels for ref, labels in found}


def namespace_extents(snapshot: Snapshot) -> Mapping[str, Extent]:
    """By cluster, whether all of its namespaces were listed.

    Files hold some of them at most, and those laid over a cluster may bring objects of namespaces that are still to
    come.
    """
    if snapshot.origin is not SourceType.LIVE:
        return {}
    return {"": snapshot.extent(NAMESPACE)} | elsewhere(snapshot, NAMESPACE)


def workspaces(readings: Readings) -> tuple[tuple[Workspace, ...], tuple[WorkspaceSettings, ...]]:
    """All tenants, and what they share."""
    found = readings.of(WORKSPACE, workspace)
    management = {each.ref.namespace for each in found} or {MANAGEMENT}

    def settings(reading: Reading) -> WorkspaceSettings:
        everywhere = reading.ref.name == GLOBAL and reading.ref.namespace in management
        return workspace_settings(reading, everywhere=everywhere)

    return found, readings.of(SETTINGS, settings)


def workspace(reading: Reading) -> Workspace:
    """The namespaces of a tenant, cluster by cluster."""
    clusters = reading.spec.items_of("workloadClusters")
    agree_on_config(clusters)
    return Workspace(
        ref=reading.ref,
        labels=labels_of(reading.metadata),
        clusters=tuple(map(cluster_pattern, clusters)),
        created=created_of(reading.metadata),
    )


def cluster_pattern(entry: Field) -> ClusterPattern:
    """Some clusters, and the namespaces in them; without any namespace the entry is an error."""
    namespaces = entry.items_of("namespaces")
    if entry.present and not (namespaces or entry["namespaces"].value):
        named = f"for the clusters {entry.text_of('name')} " if entry.text_of("name") else ""
        entry.problem("GMG522", f"this entry {named}has no namespaces, so it gives the workspace nothing")
    agree_on_config(namespaces)
    return ClusterPattern(
        name=entry.text_of("name"),
        labels=entry.pairs_of("selector"),
        namespaces=tuple(map(namespace_pattern, namespaces)),
        config=holds_config(entry),
    )


def namespace_pattern(entry: Field) -> NamespacePattern:
    """Some namespaces."""
    return NamespacePattern(entry.text_of("name"), entry.pairs_of("labels"), holds_config(entry))


def holds_config(entry: Field) -> bool:
    """Whether objects there are read as configuration, which is the default."""
    return not entry.named("configEnabled") or entry.boolean_of("configEnabled")


def agree_on_config(siblings: Sequence[Field]) -> None:
    """Note where `configEnabled` is set for some siblings only."""
    silent = [entry for entry in siblings if not entry.named("configEnabled")]
    if silent and len(silent) < len(siblings):
        other = next(entry for entry in siblings if entry.named("configEnabled"))
        named = f"the entry {silent[0].text_of('name')}" if silent[0].text_of("name") else "this entry"
        said = f"{named} does not set configEnabled, though another one beside it does"
        silent[0].problem("GMG522", said, Note("sets configEnabled", other["configEnabled"].origin))


def workspace_settings(reading: Reading, *, everywhere: bool) -> WorkspaceSettings:
    """What a tenant imports and exports."""
    spec = reading.spec
    options = spec["options"]
    for name in ("serviceIsolation", "eastWestGateways", "virtualDestClientMode", "trimAllProxyConfig"):
        options[name].opaque()
    return WorkspaceSettings(
        ref=reading.ref,
        imports=tuple(map(share, spec["importFrom"])),
        exports=tuple(map(share, spec["exportTo"])),
        federation=federation(options["federation"]),
        everywhere=everywhere,
        created=created_of(reading.metadata),
    )


def federation(field: Field) -> Federation | None:
    """What can be reached from other clusters, and under which names."""
    if not field.present:
        return None
    return Federation(
        origin=field.origin,
        enabled=field.boolean_of("enabled"),
        host_suffix=field.text_of("hostSuffix"),
        services=tuple(map(object_selector, field["serviceSelector"])),
        ports=tuple(map(port_selector, field["ports"])),
    )


def share(entry: Field) -> Share:
    """An entry of an import or export."""
    return Share(
        origin=entry.origin,
        workspaces=tuple(
            WorkspacePattern(each.text_of("name"), each.pairs_of("selector")) for each in entry["workspaces"]
        ),
        resources=tuple(map(resource_pattern, entry["resources"])),
    )


def resource_pattern(entry: Field) -> ResourcePattern:
    """Some objects; those of a kind that routing does not look at, or that nobody knows, are `OTHER`."""
    kind = entry["kind"].choice(ResourceKind, ResourceKind.ALL)
    return ResourcePattern(
        kind=Shared.__members__.get(kind or "", Shared.OTHER),
        labels=entry.pairs_of("labels"),
        name=entry.text_of("name"),
        namespace=entry.text_of("namespace"),
        cluster=entry.text_of("cluster"),
    )

"""What the controller says in the status of an object, in either generation (`spec/v1beta1.md` 2.2, `spec/v2.md` 13).

Nothing here is lowered into the model: a status never decides what is served. What has a wrong type counts as not
written, since people do not write statuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.snapshot import RawObject

STATUS = "status"
STATES = ("State", "state")
"""The common block of the second generation spells its field with a capital letter, sometimes without."""


class Relation(StrEnum):
    """To what an object is related, as a status says it; the values are words for messages."""

    HOSTS = "hosts"
    TABLES = "route tables"
    GATEWAYS = "gateways"
    PARENTS = "parents"
    WORKLOADS = "gateway workloads"
    EXPOSED = "external services"
    BACKING = "backing services"
    ENDPOINTS = "external endpoints"
    EGRESS = "egress gateways"
    DESTINATION_POLICIES = "destination policies"
    ROUTE_POLICIES = "route policies"
    ROUTES = "routes"
    CLUSTERS = "clusters"
    NAMESPACES = "namespaces"
    IMPORTED = "imported workspaces"


LISTS = {
    "selectedVirtualHosts": (Relation.HOSTS, "VirtualHost"),
    "selectedRouteTables": (Relation.TABLES, "RouteTable"),
    "attachedVirtualGateways": (Relation.GATEWAYS, "VirtualGateway"),
    "selectedBy": (Relation.PARENTS, ""),
}
"""The lists of references that a status publishes; the last one says the kind itself (`spec/v1beta1.md` 4.2)."""

COUNTS = {
    "routeTablesCount": Relation.TABLES,
    "numParentRouteTables": Relation.PARENTS,
    "numAllowedVirtualGateways": Relation.GATEWAYS,
    "selectedWorkloadsCount": Relation.WORKLOADS,
    "externalServicesCount": Relation.EXPOSED,
    "numSelectedBackingServices": Relation.BACKING,
    "numSelectedExternalEndpoints": Relation.ENDPOINTS,
    "numSelectedVirtualGateways": Relation.EGRESS,
    "numAppliedDestinationPolicies": Relation.DESTINATION_POLICIES,
    "numSelectedRoutes": Relation.ROUTES,
    "numSelectedClusters": Relation.CLUSTERS,
    "numSelectedNamespaces": Relation.NAMESPACES,
    "numImportedWorkspaces": Relation.IMPORTED,
}
"""The counts that a status publishes (`spec/v2.md` 13), as far as it is clear what they are about."""

BY_KIND = {
    "numAppliedRoutePolicies": Relation.ROUTE_POLICIES,
    "numAppliedDestinationPolicies": Relation.DESTINATION_POLICIES,
}
"""The counts that come as a map from group, version and kind."""

OWNERS = {"ownedByWorkspace": "", "workspace": "WorkspaceSettings"}
"""The fields that name the workspace of an object, each with the one kind that has it."""


class Related(NamedTuple):
    """An object that a status names."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Published:
    """A status; `state` and its kin are empty, and numbers None, where nothing usable is written.

    `observed` is the generation that it is about, `current` the one that the object has. `message` says more about the
    state. `named` and `counted` are what the status says about the object's place in the graph; `by_kind` are counts by
    group, version and kind, written together in some way. `owner` is the workspace it belongs to, with its place.
    """

    at: Origin
    state_at: Origin
    state: str = ""
    message: str = ""
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    observed: int | None = None
    current: int | None = None
    named: tuple[tuple[Relation, Origin, tuple[Related, ...]], ...] = ()
    counted: tuple[tuple[Relation, Origin, int], ...] = ()
    by_kind: tuple[tuple[Relation, Origin, tuple[tuple[str, int], ...]], ...] = ()
    owner: tuple[Origin, str] | None = None

    @property
    def stale(self) -> bool:
        """Whether the status is about another version of the object than the one that was read."""
        return self.observed is not None and self.current is not None and self.observed != self.current

    @property
    def settled(self) -> bool:
        """Whether the controller has accepted the very version that was read."""
        return self.state == "ACCEPTED" and not self.stale


def published(raw: RawObject) -> Published | None:
    """The status of an object; None where none is published."""
    status = mapping(raw.body.get(STATUS))
    if not status:
        return None
    root = Origin(raw.ref, (STATUS,))
    at, block, state_field = state_block(root, status)
    return Published(
        at=at,
        state_at=at / state_field,
        state=text(block.get(state_field)),
        message=text(block.get("message")),
        errors=texts(block.get("errors")),
        warnings=texts(block.get("warnings")),
        observed=number(block.get("observedGeneration")),
        current=number(mapping(raw.body.get("metadata")).get("generation")),
        named=tuple(lists_of(root, status)),
        counted=tuple(counts_of(root, status)),
        by_kind=tuple(counts_by_kind(root, status)),
        owner=owner_of(root, status),
    )


def state_block(root: Origin, status: Mapping[str, Any]) -> tuple[Origin, Mapping[str, Any], str]:
    """Where the state stands, the mapping there, and the name of its field."""
    common = mapping(status.get("common"))
    for name in STATES:
        if block := mapping(common.get(name)):
            return root / "common" / name, block, "approval"
    return root, status, "state"


def lists_of(root: Origin, status: Mapping[str, Any]) -> list[tuple[Relation, Origin, tuple[Related, ...]]]:
    """Every list of references that is written, even an empty one."""
    return [
        (relation, root / name, tuple([related(each, kind) for each in status[name] if isinstance(each, dict)]))
        for name, (relation, kind) in LISTS.items()
        if isinstance(status.get(name), list)
    ]


def counts_of(root: Origin, status: Mapping[str, Any]) -> list[tuple[Relation, Origin, int]]:
    """Every count that is written."""
    return [
        (relation, root / name, count)
        for name, relation in COUNTS.items()
        if (count := number(status.get(name))) is not None
    ]


def counts_by_kind(
    root: Origin, status: Mapping[str, Any]
) -> list[tuple[Relation, Origin, tuple[tuple[str, int], ...]]]:
    """Every map of counts that is written, even an empty one."""
    return [
        (
            relation,
            root / name,
            tuple([(key, count) for key, each in found.items() if (count := number(each)) is not None]),
        )
        for name, relation in BY_KIND.items()
        if isinstance(found := status.get(name), dict)
    ]


def owner_of(root: Origin, status: Mapping[str, Any]) -> tuple[Origin, str] | None:
    """The workspace that an object belongs to, by name or by reference; None where it is not written."""
    for name, kind in OWNERS.items():
        written = status.get(name)
        owner = text(written) or text(mapping(written).get("name"))
        if owner and kind in ("", root.ref.kind):
            return root / name, owner
    return None


def related(ref: Mapping[str, Any], kind: str) -> Related:
    """A reference, of a kind that is known or that it says."""
    return Related(kind or text(ref.get("type")), text(ref.get("namespace")), text(ref.get("name")))


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, empty for anything else."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """A text, empty for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple([each for each in value if isinstance(each, str) and each]) if isinstance(value, list) else ()


def number(value: Any) -> int | None:
    """A whole number that is not negative; 64 bits may come as text (`spec/v1beta1.md` D-1)."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

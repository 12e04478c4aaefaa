"""Tenants: which namespaces belong together, and what they share (`spec/v2.md` 12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.origin import ObjectRef, Origin

Labels = tuple[tuple[str, str], ...]


class Shared(StrEnum):
    """What an import or export is about; other kinds never move."""

    ALL = "ALL"
    ROUTE_TABLE = "ROUTE_TABLE"
    SERVICE = "SERVICE"
    VIRTUAL_DESTINATION = "VIRTUAL_DESTINATION"
    EXTERNAL_SERVICE = "EXTERNAL_SERVICE"
    OTHER = "OTHER"
    """A kind that routing does not look at."""


@dataclass(frozen=True, slots=True)
class NamespacePattern:
    """Namespaces by a name with stars, and by labels; `config` says whether objects there are read as configuration."""

    name: str = ""
    labels: Labels = ()
    config: bool = True


@dataclass(frozen=True, slots=True)
class ClusterPattern:
    """Clusters by a name with stars, and by labels, with the namespaces in them."""

    name: str = ""
    labels: Labels = ()
    namespaces: tuple[NamespacePattern, ...] = ()
    config: bool = True


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant; `created` is None for the newest."""

    ref: ObjectRef
    labels: Labels = ()
    clusters: tuple[ClusterPattern, ...] = ()
    created: str | None = None

    @property
    def name(self) -> str:
        """What other objects call it."""
        return self.ref.name

    @property
    def selects_by_labels(self) -> bool:
        """Whether labels decide of any namespace if it is the workspace's."""
        return any(each.labels for entry in self.clusters for each in entry.namespaces)


@dataclass(frozen=True, slots=True)
class WorkspacePattern:
    """Workspaces by a name with stars, and by labels; both must fit, an empty part fits any."""

    name: str = ""
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """Objects that are shared; all parts must fit, an empty part fits any."""

    kind: Shared = Shared.ALL
    labels: Labels = ()
    name: str = ""
    namespace: str = ""
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """An entry of an import or export: with which workspaces, and what; no `resources` means everything."""

    origin: Origin
    workspaces: tuple[WorkspacePattern, ...] = ()
    resources: tuple[ResourcePattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Federation:
    """Whether Services can be reached from other clusters, and which; without `services` all, without `ports` all.

    A port is meant by its number or by its name. `host_suffix` ends their names as other clusters know them, which are
    `SERVICE.NAMESPACE.CLUSTER.SUFFIX`.
    """

    origin: Origin
    enabled: bool = False
    host_suffix: str = ""
    services: tuple[Selector, ...] = ()
    ports: tuple[tuple[int | None, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """What the workspace that owns the object's namespace imports and exports.

    `everywhere` marks the settings that hold for all workspaces. `federation` is None where nothing is written of it.
    """

    ref: ObjectRef
    imports: tuple[Share, ...] = ()
    exports: tuple[Share, ...] = ()
    federation: Federation | None = None
    everywhere: bool = False
    created: str | None = None

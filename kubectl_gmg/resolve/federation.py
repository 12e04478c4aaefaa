"""Which Services a gateway reaches in clusters that it does not run in (`spec/v2.md` 8.7, 12.4 rule 3).

Gateways run in different clusters, so this is judged on the routes of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo
from kubectl_gmg.model.conventions import Broken
from kubectl_gmg.model.declared import Realm, RouteRule
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.model.workspace import Federation, WorkspaceSettings
from kubectl_gmg.resolve.destination import service_of
from kubectl_gmg.resolve.index import named_by, selects
from kubectl_gmg.resolve.tenancy import IMPLICIT, Tenancy
from kubectl_gmg.resolve.withheld import Refused, broken

NOT_FEDERATED = "GMG418"

Clusters = frozenset[str]


class Lack(StrEnum):
    """What a workspace lacks for one of its Services to be reached from another cluster."""

    ENABLED = "enabled"
    SERVICE = "serviceSelector"
    PORT = "ports"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a Service is not reached from another cluster: `workspace` owns it, and these are the settings that count."""

    workspace: str
    service: Service
    lack: Lack
    settings: WorkspaceSettings | None = None


class FederatedServices:
    """What is federated in one realm. What was not read is never said to be lacking (DEC-27)."""

    def __init__(self, realm: Realm, tenancy: Tenancy) -> None:
        self._inventory = realm.inventory
        self._tenancy = tenancy
        self._replaces = realm.conventions.broken is Broken.REPLACED
        self._known = realm.settings_read.complete and not realm.inventory.one_cluster
        self._everywhere = [each for each in realm.settings if each.everywhere and each.federation is not None]
        self._answers: dict[tuple[object, ...], Refusal | None] = {}

    def refusal(self, clusters: Clusters, wanted: Destination) -> Refusal | None:
        """Why a gateway that runs in these clusters, and in no other, does not reach a destination; None if it does.

        A gateway that runs in the Service's cluster as well as in others is taken to reach it.
        """
        if not (self._known and clusters) or wanted.kind is not DestinationKind.SERVICE:
            return None
        viewer = self._tenancy.owner(wanted.origin.ref)
        name = wanted.namespace, wanted.name, wanted.cluster
        key = (clusters, viewer, *name, wanted.port, wanted.port_name)
        if key not in self._answers:
            self._answers[key] = self._judged(clusters, wanted, viewer)
        return self._answers[key]

    def _judged(self, clusters: Clusters, wanted: Destination, viewer: str | None) -> Refusal | None:
        service = service_of(wanted, self._inventory)
        if service is None or not service.cluster or service.cluster in clusters:
            return None
        owner = self._tenancy.owner(service.ref)
        if owner in (None, IMPLICIT) or viewer is None:
            return None
        refused = [self._in_workspace(each, service, wanted) for each in dict.fromkeys((owner, viewer)) if each]
        return refused[0] if all(refused) else None

    def _in_workspace(self, workspace: str, service: Service, wanted: Destination) -> Refusal | None:
        """What one workspace lacks; it federates its own Services and those that it imports.

        Settings that hold for all workspaces override its own. Without any, files may leave them out.
        """
        own = self._tenancy.settings(workspace)
        counting = self._everywhere or ([own] if own else [])
        if not counting:
            return None if self._inventory.partial else Refusal(workspace, service, Lack.ENABLED)
        lacks = [self._lack(each.federation, service, wanted) for each in counting]
        if None in lacks:
            return None
        return Refusal(workspace, service, lacks[0] or Lack.ENABLED, counting[0])

    def _lack(self, federation: Federation | None, service: Service, wanted: Destination) -> Lack | None:
        if federation is None or not federation.enabled:
            return Lack.ENABLED
        owner = self._tenancy.owner(service.ref)
        labels = dict(service.labels)
        if federation.services and not any(
            named_by(each, service.ref) and selects(each, service.namespace, labels) and each.workspace in ("", owner)
            for each in federation.services
        ):
            return Lack.SERVICE
        meant = ports_of(service, wanted)
        if federation.ports and meant.isdisjoint({name for pair in federation.ports for name in pair if name}):
            return Lack.PORT
        return None

    def judged(self, gateway: Gateway) -> Gateway:
        """The gateway, with the routes that it cannot serve for want of federation replaced or frozen (8.7, 10)."""
        if not (self._replaces and self._known and gateway.clusters):
            return gateway
        refused = self._refused(gateway)
        return broken(gateway, refused, NOT_FEDERATED) if refused else gateway

    def _refused(self, gateway: Gateway) -> Refused | None:
        """Tells the routes that go to a Service which is not reached; None where there are none."""
        hosts = (host for listener in gateway.listeners for host in listener.entries)
        rules = {id(row.terminal.rules[-1]): row.terminal.rules[-1] for host in hosts for row in host.rows}
        found = {key for key, rule in rules.items() if self._goes_beyond(rule, gateway.clusters)}
        return (lambda leaf: id(leaf.rules[-1]) in found) if found else None

    def _goes_beyond(self, rule: RouteRule, clusters: Clusters) -> bool:
        action = rule.action
        return isinstance(action, ForwardTo) and any(self.refusal(clusters, each) for each in action.destinations)


def ports_of(service: Service, wanted: Destination) -> frozenset[int | str]:
    """The number and the name of the port that a destination means; all of them where it does not say, or has none."""
    ports = [
        each for each in service.ports if wanted.port in (None, each.number) and wanted.port_name in (None, each.name)
    ]
    return frozenset(name for each in ports for name in (each.number, each.name) if name)

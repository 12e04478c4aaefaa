"""Where a rule forwards to, as far as that breaks the rule (`spec/v2.md` 8.7, 12.4, DEC-22, DEC-27)."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.inventory import (
    DestinationPort,
    ExternalService,
    Inventory,
    Service,
    ServicePort,
    VirtualDestination,
)
from kubectl_gmg.model.match import PathKind
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.delegate import Descent
from kubectl_gmg.resolve.tenancy import Tenancy

NOT_FOUND, NO_SUCH_PORT, PORT_REQUIRED = "GMG411", "GMG412", "GMG413"
REWRITE_UNDER_REGEX = "GMG403"

SHARED = {
    DestinationKind.SERVICE: Shared.SERVICE,
    DestinationKind.VIRTUAL_DESTINATION: Shared.VIRTUAL_DESTINATION,
    DestinationKind.EXTERNAL_SERVICE: Shared.EXTERNAL_SERVICE,
}
"""What workspaces share, by the kind of a destination; other kinds are not looked up."""


class DestinationFaults:
    """Judges rules against what was read; what was not read is never missing."""

    def __init__(self, inventory: Inventory, tenancy: Tenancy) -> None:
        self._inventory = inventory
        self._tenancy = tenancy

    def __call__(self, rule: RouteRule, here: Descent) -> tuple[str, ...]:
        """The codes of all that is wrong with a forwarding rule."""
        action = rule.action
        if not isinstance(action, ForwardTo):
            return ()
        by_regex = any(match.path and match.path.kind is PathKind.REGEX for match in here.matches or ())
        codes = [REWRITE_UNDER_REGEX] if action.path_rewrite and by_regex else []
        codes += [code for each in action.destinations if (code := self._fault(each, rule))]
        return tuple(dict.fromkeys(codes))

    def _fault(self, destination: Destination, rule: RouteRule) -> str:
        if destination.kind not in SHARED:
            return ""
        found, read = self._look_up(destination)
        if found is None:
            return NOT_FOUND if read else ""
        viewer = self._tenancy.owner(rule.origin.ref)
        if not self._tenancy.sees(viewer, found.ref, found.labels, SHARED[destination.kind]):
            return NOT_FOUND
        return port_fault(destination, found.ports)

    def _look_up(self, wanted: Destination) -> tuple[Service | VirtualDestination | ExternalService | None, bool]:
        """What a destination names, and whether it would be known if it were there."""
        inventory, namespace, name = self._inventory, wanted.namespace, wanted.name
        if wanted.kind is DestinationKind.SERVICE:
            return inventory.service_near(namespace, name, wanted.cluster), inventory.has_services_of(wanted.cluster)
        if wanted.kind is DestinationKind.VIRTUAL_DESTINATION:
            read = inventory.virtual_destinations_read.covers(namespace)
            return inventory.virtual_destination(namespace, name), read
        return inventory.external_service(namespace, name), inventory.external_services_read.covers(namespace)


def port_fault(destination: Destination, ports: Sequence[ServicePort | DestinationPort]) -> str:
    """Whether the port that is written exists, and whether one had to be written."""
    if destination.port is None and destination.port_name is None:
        return PORT_REQUIRED if len(ports) > 1 else ""
    if destination.port is not None:
        known = {port.number for port in ports}
        return NO_SUCH_PORT if ports and destination.port not in known else ""
    names = {port.name for port in ports if isinstance(port, ServicePort)}
    return NO_SUCH_PORT if names and destination.port_name not in names else ""

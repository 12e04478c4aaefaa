"""Where a rule forwards to, as far as that is wrong (`spec/v1beta1.md` 6, `spec/v2.md` 8.7, 12.4, DEC-22, DEC-27)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kubectl_gmg.model.action import Destination, DestinationKind, DirectResponse, ForwardTo, Found
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.inventory import DestinationPort, Inventory, ServicePort
from kubectl_gmg.model.match import PathKind
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.delegate import Descent
from kubectl_gmg.resolve.destination import Named, account_of, look_up
from kubectl_gmg.resolve.tenancy import Tenancy

NOT_FOUND, NO_SUCH_PORT, PORT_REQUIRED = "GMG411", "GMG412", "GMG413"
REWRITE_UNDER_REGEX = "GMG403"

REPLACEMENT = DirectResponse(500)
"""What the product answers in place of a broken rule (`spec/v2.md` DEC-23)."""

SHARED = {
    DestinationKind.SERVICE: Shared.SERVICE,
    DestinationKind.VIRTUAL_DESTINATION: Shared.VIRTUAL_DESTINATION,
    DestinationKind.EXTERNAL_SERVICE: Shared.EXTERNAL_SERVICE,
}
"""What workspaces share, by the kind of a destination; of other kinds nothing is known."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a destination; `hidden_by` says which side of the sharing is lacking, empty where it is seen.

    `named` is what the destination names, None if nothing has that name.
    """

    code: str
    destination: Destination
    named: Named | None = None
    hidden_by: str = ""


class DestinationFaults:
    """Judges rules against what was read; what was not read is never missing."""

    def __init__(self, inventory: Inventory, tenancy: Tenancy) -> None:
        self._inventory = inventory
        self._tenancy = tenancy
        self._sound: set[tuple[object, ...]] = set()

    def __call__(self, rule: RouteRule, here: Descent) -> tuple[str, ...]:
        """The codes of all that is wrong with a forwarding rule."""
        action = rule.action
        if not isinstance(action, ForwardTo):
            return ()
        by_regex = any(match.path and match.path.kind is PathKind.REGEX for match in here.matches or ())
        codes = [REWRITE_UNDER_REGEX] if action.path_rewrite and by_regex else []
        codes += [fault.code for fault in self.of(rule, action)]
        return tuple(dict.fromkeys(codes))

    def of(self, rule: RouteRule, action: ForwardTo) -> Iterator[Fault]:
        """What is wrong with the destinations of a rule, as the workspace of the rule's own object sees them."""
        viewer = self._tenancy.owner(rule.origin.ref)
        for destination in action.destinations:
            if (fault := self._judged(destination, viewer)) is not None:
                yield fault

    def _judged(self, destination: Destination, viewer: str | None) -> Fault | None:
        """The fault of a destination; Services that were found sound once are not looked up again for each route."""
        if destination.kind is not DestinationKind.SERVICE:
            return self._fault(destination, viewer)
        wanted = (destination.namespace, destination.name, destination.cluster)
        key = (viewer, *wanted, destination.port, destination.port_name)
        if key in self._sound:
            return None
        fault = self._fault(destination, viewer)
        if fault is None:
            self._sound.add(key)
        return fault

    def _fault(self, destination: Destination, viewer: str | None) -> Fault | None:
        if destination.kind is DestinationKind.AWS_LAMBDA:
            gone = account_of(destination, self._inventory) is Found.MISSING
            return Fault(NOT_FOUND, destination) if gone else None
        found, read = look_up(destination, self._inventory)
        if found is None:
            return Fault(NOT_FOUND, destination) if read else None
        kind = SHARED[destination.kind]
        if not self._tenancy.sees(viewer, found.ref, found.labels, kind):
            why = self._tenancy.why_hidden(viewer, found.ref, found.labels, kind)
            return Fault(NOT_FOUND, destination, found, why)
        code = port_fault(destination, found.ports)
        return Fault(code, destination, found) if code else None


def port_fault(destination: Destination, ports: Sequence[ServicePort | DestinationPort]) -> str:
    """Whether the port that is written exists, and whether one had to be written."""
    if destination.port is None and destination.port_name is None:
        return PORT_REQUIRED if len(ports) > 1 else ""
    if destination.port is not None:
        known = {port.number for port in ports}
        return NO_SUCH_PORT if ports and destination.port not in known else ""
    names = {port.name for port in ports}
    told = any(names) or any(isinstance(port, ServicePort) for port in ports)
    return NO_SUCH_PORT if told and destination.port_name not in names else ""

"""Which destinations a selector means, seen through what is known of them (`spec/v2.md` 2.7, 11.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubectl_gmg.model.action import Destination, DestinationKind, Selector
from kubectl_gmg.model.inventory import ExternalService, Inventory, Service, VirtualDestination
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.policy import DestinationSelector
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.destination import look_up
from kubectl_gmg.resolve.faults import SHARED
from kubectl_gmg.resolve.index import named_by, selects
from kubectl_gmg.resolve.tenancy import Tenancy, is_of

Key = tuple[object, ...]


class DestinationSelection:
    """Compares destinations with selectors; one that is not known may be meant by any that asks for its labels."""

    def __init__(self, inventory: Inventory, tenancy: Tenancy) -> None:
        self._inventory = inventory
        self._tenancy = tenancy

    def any_of(self, wanted: Iterable[DestinationSelector], destination: Destination) -> bool | None:
        """Whether any of the selectors means a destination; None if that is not known."""
        answers = {self.fits(each, destination) for each in wanted}
        if True in answers:
            return True
        return None if None in answers else False

    def fits(self, wanted: DestinationSelector, destination: Destination) -> bool | None:
        """Whether a selector means a destination; None if that is not known."""
        if destination.kind not in wanted.kinds:
            return False
        answers = (self._chosen(wanted.selector, destination), self._at_port(wanted, destination))
        if False in answers:
            return False
        return None if None in answers else True

    def available(
        self, wanted: Iterable[DestinationSelector], destination: Destination, viewer: str | None
    ) -> bool | None:
        """Whether selectors of a workspace mean a destination, its own or one that it imports (2.2); None as above."""
        answer = self.any_of(wanted, destination)
        if answer is False or self._sees(viewer, destination):
            return answer
        return None if self.labels(destination) is None else False

    def owner(self, destination: Destination) -> str | None:
        """The workspace that a destination belongs to; None for none."""
        return self._tenancy.owner(ref_of(destination))

    def labels(self, destination: Destination) -> Mapping[str, str] | None:
        """The labels of a destination, none of one that does not exist; None if they are not known."""
        found, read = look_up(destination, self._inventory)
        if found is not None:
            return dict(found.labels)
        return {} if read else None

    def _sees(self, viewer: str | None, destination: Destination) -> bool:
        kind = SHARED.get(destination.kind, Shared.OTHER)
        labels = tuple((self.labels(destination) or {}).items())
        return self._tenancy.sees(viewer, ref_of(destination), labels, kind)

    def _chosen(self, wanted: Selector | None, destination: Destination) -> bool | None:
        if wanted is None:
            return True
        ref = ref_of(destination)
        if not named_by(wanted, ref) or not is_of(wanted.workspace, self._tenancy.owner(ref)):
            return False
        if not wanted.requirements:
            return selects(wanted, ref.namespace, {})
        if wanted.namespaces is not None and ref.namespace not in wanted.namespaces:
            return False
        found, read = look_up(destination, self._inventory)
        if found is None:
            return False if read else None
        return selects(wanted, ref.namespace, dict(found.labels))

    def _at_port(self, wanted: DestinationSelector, destination: Destination) -> bool | None:
        """Whether it is the port that is wanted; a rule may leave out the only one, or give it by name."""
        if wanted.port is None and wanted.port_name is None:
            return True
        if destination.port is not None and destination.port == wanted.port:
            return True
        if destination.port_name is not None and destination.port_name == wanted.port_name:
            return True
        found, read = look_up(destination, self._inventory)
        if found is None:
            return False if read else None
        ports = port_names(found)
        used = {destination.port} if destination.port is not None else set(ports)
        if destination.port_name is not None:
            used = {number for number, name in ports.items() if name == destination.port_name}
        return len(used) == 1 and any(
            number in used and (number == wanted.port or (name and name == wanted.port_name))
            for number, name in ports.items()
        )


def port_names(found: Service | VirtualDestination | ExternalService) -> dict[int, str]:
    """The ports of a destination with their names, where they have some."""
    return {each.number: each.name for each in found.ports}


def ref_of(destination: Destination) -> ObjectRef:
    """The object that a destination names."""
    kind = DestinationKind.SERVICE if destination.kind is DestinationKind.SERVICE else destination.kind
    return ObjectRef(destination.namespace, destination.name, kind.value, "", destination.cluster)


def key_of(destination: Destination) -> Key:
    """What tells destinations apart, wherever they are written."""
    named = (destination.kind, destination.namespace, destination.name, destination.cluster)
    return (*named, destination.port, destination.port_name)

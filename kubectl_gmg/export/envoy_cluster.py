"""Destinations as Envoy clusters (`spec/envoy.md` 55, 56, 84; `spec/v1beta1.md` 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from kubectl_gmg.export.envoy_route import Weighted
from kubectl_gmg.model.action import Destination, DestinationKind, Found, ResolvedDestination
from kubectl_gmg.model.inventory import Inventory

NOT_IN_A_NAME = dict.fromkeys(map(ord, "*/.[]:_ \n\"'"), "-")
SHARE_UNITS = 10_000


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where requests of one destination go; `served` is False where there is nothing to dial.

    That is so where the gateway would have no such cluster (`missing`), and where nobody knows the address. `dialled`
    is the address and port of what stands behind an external service (`spec/v2.md` 14.2); else it is the host itself.
    """

    port: int
    subset: str
    host: str
    served: bool
    missing: bool
    dialled: tuple[str, int] | None = None

    @property
    def place(self) -> tuple[str, int]:
        """Where connections go."""
        return self.dialled or (self.host, self.port)

    @property
    def name(self) -> str:
        """What Istio calls it (`spec/envoy.md` 84)."""
        return f"outbound|{self.port}|{self.subset}|{self.host}"


def cluster_of(destination: ResolvedDestination, inventory: Inventory, listener_port: int) -> Cluster:
    """The cluster of a destination, under the name that the gateway dials.

    Without a known address it is that of a Service within its own cluster, or for another kind the object's name.
    """
    declared = destination.declared
    host = destination.address
    if host is None and declared.kind is DestinationKind.SERVICE:
        host = f"{declared.name}.{declared.namespace}.svc.{inventory.domain(declared.cluster)}"
    missing = destination.found is Found.MISSING
    return Cluster(
        port=port_of(declared, inventory) or listener_port,
        subset=subset_name(declared.subset),
        host=host or ".".join(filter(None, (declared.name, declared.namespace))),
        served=host is not None and not missing,
        missing=missing,
        dialled=behind(destination),
    )


def behind(destination: ResolvedDestination) -> tuple[str, int] | None:
    """The first address behind an external service, where it and its port are known."""
    if destination.declared.kind is not DestinationKind.EXTERNAL_SERVICE:
        return None
    places = ((each.address, each.port) for each in destination.backing)
    return next(((address, port) for address, port in places if address and port), None)


def port_of(declared: Destination, inventory: Inventory) -> int | None:
    """The port as written, else the only one there is; None if nobody says (`spec/envoy.md` 84)."""
    if declared.port is not None:
        return declared.port
    if declared.kind is DestinationKind.VIRTUAL_DESTINATION:
        virtual = inventory.virtual_destination(declared.namespace, declared.name)
        return virtual.port if virtual else None
    service = inventory.service(declared.namespace, declared.name, declared.cluster)
    ports = service.ports if service else ()
    numbers = [each.number for each in ports if declared.port_name in {None, each.name}]
    return numbers[0] if len(numbers) == 1 else None


def subset_name(labels: Iterable[tuple[str, str]]) -> str:
    """What the product calls a subset: `version: v1` is `version-v1` (`spec/v1beta1.md` 6.8)."""
    return "-".join(f"{key}-{value}" for key, value in sorted(labels)).translate(NOT_IN_A_NAME).lower()


def weighted(destinations: tuple[ResolvedDestination, ...], names: tuple[str, ...]) -> Weighted:
    """The clusters that get requests: weights as written, even ones where nobody wrote any (`spec/v1beta1.md` D-9)."""
    live = [(name, each) for name, each in zip(names, destinations, strict=True) if each.share > 0]
    if all(each.declared.weight for _, each in live):
        return tuple((name, each.declared.weight or 0) for name, each in live)
    return tuple((name, max(1, round(each.share * SHARE_UNITS))) for name, each in live)


def cluster_config(name: str, host: str, port: int) -> dict[str, Any]:
    """A `Cluster` of one endpoint: a fixed address, or a name that is looked up."""
    return {
        "name": name,
        "type": "STATIC" if is_address(host) else "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint(host, port)]}]},
    }


def endpoint(host: str, port: int) -> dict[str, Any]:
    """An `LbEndpoint`."""
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}


def is_address(host: str) -> bool:
    """Whether `host` is an address of IPv4 or IPv6 and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

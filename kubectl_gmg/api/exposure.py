"""Where Services are reached from outside of their cluster, as Kubernetes and the product say it.

Nothing here is configuration of the product: what has a wrong type, and what is no address, counts as not written. An
address is repeated in commands that people paste, so it is an IP address or a DNS name and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubectl_gmg.api.status import mapping, number, text
from kubectl_gmg.api.v1beta1_selectors import is_dns_name
from kubectl_gmg.model.inventory import Address, Exposure
from kubectl_gmg.model.origin import ObjectRef

DISCOVERED = {"LOAD_BALANCER": Exposure.LOAD_BALANCER, "NODE_PORT": Exposure.NODE_PORT}
WRITTEN = {each.value: each for each in Exposure}
"""The types of Services that have a port outside of the cluster (`spec/v1beta1.md` 2.3 rule 4)."""
PORTS = range(1, 65536)


def written_exposure(spec: Any) -> Exposure | None:
    """How a Service of Kubernetes is reached from outside; None for those that are not."""
    return WRITTEN.get(text(mapping(spec).get("type")))


def given_addresses(status: Any) -> tuple[str, ...]:
    """What a load balancer was given; `spec.loadBalancerIP` is only what was asked for."""
    return distinct(mapping(mapping(status).get("loadBalancer")).get("ingress"), "ip", "hostname")


def external_ips(spec: Any) -> tuple[str, ...]:
    """Addresses that lead to the own ports of a Service, beside those that its type brings."""
    return distinct(mapping(spec).get("externalIPs"))


def discovered_exposure(service: Any) -> Exposure | None:
    """How a discovered Service is reached from outside (11.1)."""
    return DISCOVERED.get(text(mapping(service).get("serviceType")))


def discovered_addresses(service: Any) -> tuple[str, ...]:
    """Where a discovered Service is reached from outside (11.1)."""
    return distinct(mapping(service).get("externalAddresses"), "ip", "dnsName")


def node_port(port: Any) -> int | None:
    """The port of every node that leads to a port of a Service; that of UDP is not ours."""
    written = mapping(port)
    return None if written.get("protocol") == "UDP" else external_port(written.get("nodePort"))


def external_port(value: Any) -> int | None:
    """A port; None for what is none."""
    found = number(value)
    return found if found is not None and found in PORTS else None


def applied_gateways(status: Any) -> tuple[Address, ...]:
    """The ingress gateways that a VirtualGateway was applied to, as its status says (`spec/v1beta1.md` 2.2).

    Of what kind the Service is follows from its ports (2.3 rule 4): only a node's port is another one than its own.
    Older releases call the ports otherwise (D-1).
    """
    listed = mapping(status).get("appliedIngressGateways")
    entries = map(mapping, listed) if isinstance(listed, list) else ()
    return tuple(address for entry in entries for address in applied_to(entry))


def applied_to(entry: Mapping[str, Any]) -> Iterable[Address]:
    """The addresses of one ingress gateway; none without an external port."""
    own = external_port(entry.get("port", entry.get("destinationPort")))
    port = external_port(entry.get("externalPort", entry.get("externalDestinationPort")))
    ref = mapping(entry.get("destinationRef"))
    service = ObjectRef(text(ref.get("namespace")), text(ref.get("name")), "Destination", "v1beta1")
    if port is None:
        return ()
    exposure = Exposure.LOAD_BALANCER if port == own else Exposure.NODE_PORT
    found = distinct(entry.get("externalAddresses"), "ip", "dnsName")
    return [Address(exposure, host, port, service) for host in found or (None,)]


def distinct(listed: Any, *keys: str) -> tuple[str, ...]:
    """The addresses of a list, each once: of texts, or of objects with one of some keys."""
    found = [each for entry in (listed if isinstance(listed, list) else ()) for each in texts_of(entry, keys)]
    return tuple(dict.fromkeys(address for each in found if (address := address_of(each))))


def texts_of(entry: Any, keys: Iterable[str]) -> Iterable[str]:
    """The texts that an entry may hold an address in."""
    return [entry] if isinstance(entry, str) else [text(mapping(entry).get(key)) for key in keys]


def address_of(written: str) -> str:
    """An IP address or DNS name in its usual form; empty for anything else."""
    from ipaddress import ip_address  # noqa: PLC0415 - only gateways that are reached from outside need it

    try:
        return "" if "%" in written else str(ip_address(written))
    except ValueError:
        name = written.lower()
        return name if is_dns_name(name) else ""

"""Where a listener is reached from outside of its clusters (`spec/v1beta1.md` 2.3 rule 4, `spec/v2.md` 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.model.declared import Listener, VirtualGateway
from kubectl_gmg.model.inventory import Address, Exposure, Service, ServicePort
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.services import SERVICE


def addresses_of(
    gateway: VirtualGateway, listener: Listener, services: tuple[Service, ...] | None
) -> tuple[Address, ...]:
    """The addresses of all Services that a listener stands on, in the order of their clusters and names.

    Where these were not read it is what the gateway's status says, which does not tell listeners apart, so that it must
    have one only.
    """
    if services is None:
        return gateway.applied if len(gateway.listeners) == 1 else ()
    ordered = sorted(services, key=lambda each: (each.cluster, each.namespace, each.name))
    return tuple(address for service in ordered for address in reached_at(service, listener))


def reached_at(service: Service, listener: Listener) -> Iterator[Address]:
    """The addresses of one Service: those of a load balancer with its port, those of nodes with the node's port."""
    port = port_for(listener, service)
    if service.exposure is None or port is None:
        return
    ref = ObjectRef(service.namespace, service.name, SERVICE, service.ref.generation, service.cluster)
    balanced = service.exposure is Exposure.LOAD_BALANCER
    outside = port.number if balanced else port.node_port
    own = service.external_ips
    for host in service.addresses or (() if balanced and own else (None,)):
        if outside is not None:
            yield Address(service.exposure, host, outside, ref)
    for host in own:
        yield Address(service.exposure, host, port.number, ref)


def port_for(listener: Listener, service: Service) -> ServicePort | None:
    """The port of a Service that a listener stands on: of its number where that is written, else of its name.

    Of several, which differ in the protocol, that which nodes have a port for.
    """
    found = [
        each
        for each in service.ports
        if (each.name == listener.name if listener.port is None else each.number == listener.port)
    ]
    return next((each for each in found if each.node_port is not None), found[0] if found else None)

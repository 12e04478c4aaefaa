"""Which Services a gateway stands on (`spec/v1beta1.md` 1.2, 2.3, D-3)."""

from __future__ import annotations

from kubectl_gmg.model.declared import Listener, ListenerServices, ServiceSelector
from kubectl_gmg.model.inventory import Inventory, Service

INGRESS = ("istio", "ingressgateway")


def gateway_services(listener: Listener, inventory: Inventory) -> tuple[Service, ...] | None:
    """The Services a listener stands on; None where Services were not read."""
    if not inventory.services_read:
        return None
    return tuple(
        service for service in inventory.services if any(stands_on(entry, service) for entry in listener.services)
    )


def stands_on(entry: ListenerServices, service: Service) -> bool:
    """Whether one entry of the selection means a Service; without selectors any ingress gateway is meant."""
    if entry.selectors:
        return selected_by(service, entry.selectors)
    return INGRESS in service.labels or INGRESS in service.pod_selector


def selected_by(service: Service, selectors: tuple[ServiceSelector, ...]) -> bool:
    """Whether any of the selectors means a Service; none at all mean every Service."""
    return not selectors or any(selects_service(selector, service) for selector in selectors)


def selects_service(selector: ServiceSelector, service: Service) -> bool:
    """Whether a selector means a Service, by its matcher or by name."""
    matcher = selector.matcher
    if matcher is not None and (
        set(matcher.labels) <= set(service.labels)
        and set(matcher.pod_labels) <= set(service.pod_selector)
        and matcher.name in ("", service.name)
        and (not matcher.namespaces or service.namespace in matcher.namespaces)
        and (not matcher.clusters or service.cluster in matcher.clusters)
    ):
        return True
    return any(
        (ref.namespace, ref.name, ref.cluster) == (service.namespace, service.name, service.cluster)
        for ref in selector.refs
    )


def port_of(listener: Listener, services: tuple[Service, ...] | None) -> int | None:
    """The listener's port: that of the Services' port of its name, if all of them agree."""
    if listener.port is not None:
        return listener.port
    numbers = {port.number for service in services or () for port in service.ports if port.name == listener.name}
    return numbers.pop() if len(numbers) == 1 else None


def clusters_of(listener: Listener, services: tuple[Service, ...] | None) -> frozenset[str]:
    """The clusters a listener runs in: those of its Services, else those that its selection names."""
    if services:
        return frozenset(service.cluster for service in services)
    selectors = [selector for entry in listener.services for selector in entry.selectors]
    named = {ref.cluster for selector in selectors for ref in selector.refs}
    for selector in selectors:
        named |= selector.matcher.clusters if selector.matcher else frozenset()
    return frozenset(named)

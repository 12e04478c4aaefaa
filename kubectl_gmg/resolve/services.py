"""Which Services a gateway stands on (`spec/v1beta1.md` 1.2, 2.3, D-3)."""

from __future__ import annotations

from itertools import product

from kubectl_gmg.model.declared import Listener, ListenerServices, ServiceSelector
from kubectl_gmg.model.inventory import Inventory, Service

INGRESS = ("istio", "ingressgateway")
SERVICE = "Service"
"""The kind of a Service that was written, not discovered."""


def gateway_services(listener: Listener, inventory: Inventory) -> tuple[Service, ...] | None:
    """The Services a listener stands on; None where it stands on none that was read, but not all were."""
    if not inventory.services_read:
        return None
    found = tuple(
        service for service in inventory.services if any(stands_on(entry, service) for entry in listener.services)
    )
    return found if found or all(were_read(entry, inventory) for entry in listener.services) else None


def were_read(entry: ListenerServices, inventory: Inventory) -> bool:
    """Whether every Service that an entry of the selection may mean was read.

    Gateways stand at the edge, so input that holds discovered Services, which nobody writes by hand, is a copy of what
    was discovered and has theirs too. Written Services may be those of one team.
    """
    if inventory.service_extents is None:
        return True
    if inventory.partial and any(each.ref.kind != SERVICE for each in inventory.services[:1]):
        return True
    places: set[tuple[str, str]] = set()
    for selector in entry.selectors:
        matcher = selector.matcher
        if matcher is not None and not (matcher.namespaces and (matcher.clusters or inventory.one_cluster)):
            return False
        if matcher is not None:
            places |= set(product(matcher.clusters or {""}, matcher.namespaces))
        places |= {(ref.cluster, ref.namespace) for ref in selector.refs}
    return bool(entry.selectors) and all(inventory.has_services_in(*place) for place in places)


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
        and (not matcher.clusters or service.cluster in matcher.clusters or not service.cluster)
    ):
        return True
    return any(
        (ref.namespace, ref.name) == (service.namespace, service.name) and service.cluster in ("", ref.cluster)
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
    if any(service.cluster for service in services or ()):
        return frozenset(service.cluster for service in services or () if service.cluster)
    selectors = [selector for entry in listener.services for selector in entry.selectors]
    named = {ref.cluster for selector in selectors for ref in selector.refs}
    for selector in selectors:
        named |= selector.matcher.clusters if selector.matcher else frozenset()
    return frozenset(named)

"""The Services that gateways stand on, entry by entry of their selection (`spec/v1beta1.md` 1.2, 2.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.host_selection import selecting
from kubectl_gmg.checks.words import service_words
from kubectl_gmg.model.declared import Listener, ListenerServices, ServiceMatcher, ServiceSelector, VirtualGateway
from kubectl_gmg.model.inventory import Inventory, Service
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve.services import INGRESS, stands_on, were_read

Entry = tuple[VirtualGateway, Listener, ListenerServices]


class IngressServices:
    """Finds the Services of an entry among those that have one of its labels, or stand where it says."""

    def __init__(self, inventory: Inventory) -> None:
        self._all = inventory.services
        self._named = {(each.cluster, each.namespace, each.name): each for each in inventory.services}
        self._at: defaultdict[tuple[str, str], list[Service]] = defaultdict(list)
        self._labelled: defaultdict[tuple[str, str], list[Service]] = defaultdict(list)
        for service in inventory.services:
            self._at[service.cluster, service.namespace].append(service)
            for pair in service.labels:
                self._labelled[pair].append(service)
        self._usual = tuple(filter(is_ingress, inventory.services))
        self._found: dict[tuple[ServiceSelector, ...], tuple[Service, ...]] = {}

    def of(self, entry: ListenerServices) -> tuple[Service, ...]:
        """The Services that an entry selects; entries that say the same are asked once."""
        if entry.selectors not in self._found:
            found = {id(each): each for each in self._candidates(entry) if stands_on(entry, each)}
            self._found[entry.selectors] = tuple(found.values())
        return self._found[entry.selectors]

    def _candidates(self, entry: ListenerServices) -> Iterator[Service]:
        if not entry.selectors:
            yield from self._usual
        for selector in entry.selectors:
            names = ((ref.cluster, ref.namespace, ref.name) for ref in selector.refs)
            yield from (self._named[name] for name in names if name in self._named)
            if selector.matcher is not None:
                yield from self._near(selector.matcher)

    def _near(self, matcher: ServiceMatcher) -> Iterator[Service]:
        """A few Services among which are all that a matcher means."""
        if matcher.clusters and matcher.namespaces:
            for place in product(("", *sorted(matcher.clusters)), sorted(matcher.namespaces)):
                yield from self._at.get(place, ())
        elif matcher.labels:
            yield from min((self._labelled.get(pair, []) for pair in matcher.labels), key=len)
        else:
            yield from self._all


def is_ingress(service: Service) -> bool:
    """Whether a Service stands in front of an ingress gateway, by its labels or those of its pods (D-3)."""
    return INGRESS in service.labels or INGRESS in service.pod_selector


def entries(context: CheckContext) -> Iterator[tuple[Entry, tuple[Service, ...]]]:
    """Every entry of every gateway's selection with its Services, where all Services were read."""
    known: dict[int, IngressServices] = {}
    for gateway in selecting(context):
        inventory = context.realm(gateway.ref).inventory
        if not inventory.services_read:
            continue
        if id(inventory) not in known:
            known[id(inventory)] = IngressServices(inventory)
        for listener in gateway.listeners:
            for entry in listener.services:
                services = known[id(inventory)].of(entry)
                if services or were_read(entry, inventory):
                    yield (gateway, listener, entry), services


def written_service(context: CheckContext, service: Service) -> Origin:
    """Where the object of a Service describes it: discovered ones do so deeper."""
    return context.existing(Origin(service.ref, ("spec", "kubeService")))


def written_ports(context: CheckContext, service: Service) -> Origin:
    """Where the object of a Service lists its ports."""
    return context.existing(written_service(context, service) / "ports")


def matcher_words(matcher: ServiceMatcher) -> str:
    """What a matcher wants."""
    parts = [f"label {key}={value}" for key, value in matcher.labels]
    parts += [f"namespace {' or '.join(sorted(matcher.namespaces))}"] if matcher.namespaces else []
    parts += [f"cluster {' or '.join(sorted(matcher.clusters))}"] if matcher.clusters else []
    return ", ".join(parts) or "any Service"


def entry_words(entry: ListenerServices) -> str:
    """What an entry of a gateway's selection wants."""
    if not entry.selectors:
        return "label istio=ingressgateway"
    parts = [matcher_words(each.matcher) for each in entry.selectors if each.matcher is not None]
    parts += [service_words(ref) for each in entry.selectors for ref in each.refs]
    return "; or ".join(parts) or "nothing at all"

"""The selectors of a gateway match no gateway Service.

A VirtualGateway is served by the ingress gateways whose Services it selects: by label, namespace and cluster of the
Service, or by name. If none fits, the configuration goes nowhere, and no port is opened for it.

Example:
    ingressGatewaySelectors:
    - portName: http2
      destinationSelectors:
      - kubeServiceMatcher: {clusters: [cluster-9], labels: {istio: ingressgateway}}

Fix:
    Compare the labels with those of the Service (not of its pods), and the names of cluster and namespace with those
    of the discovered Destinations.

Source:
    `spec/v1beta1.md` 1.2, 2.3, D-3 and D-25 (GW-NO-INGRESS).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.host_selection import spoiled_gateways
from kubectl_gmg.checks.ingress_services import entries, entry_words, is_ingress, written_service
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.words import service_words
from kubectl_gmg.model.declared import ListenerServices, ServiceMatcher
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.inventory import Service


@check("GMG104", v1beta1=WARNING, rows=("GW-NO-INGRESS",), needs=("Destination", "Service"))
def no_ingress_service(context: CheckContext) -> Iterable[Problem]:
    """Every entry of a gateway's selection that no Service fits."""
    spoiled = context.once(spoiled_gateways)
    for (gateway, _, entry), services in entries(context):
        if services or spoiled.at(entry.origin):
            continue
        at = context.existing(entry.origin / "destinationSelectors")
        known = context.realm(gateway.ref).inventory.services
        message = f"no Service fits, so no gateway serves this; wanted is {entry_words(entry)}"
        yield Problem("GMG104", message, at, related=tuple(near_misses(context, entry, known)))


MOST_NOTES = 3
MOST_COMPARED = 100
"""Services of ingress gateways that one entry is compared with."""


def near_misses(context: CheckContext, entry: ListenerServices, known: Iterable[Service]) -> Iterator[Note]:
    """Some Services of ingress gateways that fail one condition of a matcher only."""
    matchers = [each.matcher for each in entry.selectors if each.matcher is not None]
    services = islice(filter(is_ingress, known if matchers else ()), MOST_COMPARED)
    near = ((each, next((text for matcher in matchers if (text := lacking(matcher, each))), "")) for each in services)
    for service, lacks in islice(((each, text) for each, text in near if text), MOST_NOTES):
        yield Note(f"{service_words(service)} {lacks}", written_service(context, service))


def lacking(matcher: ServiceMatcher, service: Service) -> str:
    """What a Service lacks, if it is one condition of several."""
    labels = dict(service.labels)
    wrong = [f"has no label {key}={value}" for key, value in matcher.labels if labels.get(key) != value]
    right = len(matcher.labels) - len(wrong)
    if matcher.namespaces:
        fits = service.namespace in matcher.namespaces
        right += fits
        wrong += [] if fits else ["is in another namespace"]
    if matcher.clusters:
        fits = service.cluster in matcher.clusters
        right += fits
        wrong += [] if fits else ["is in another cluster"]
    return wrong[0] if len(wrong) == 1 and right else ""

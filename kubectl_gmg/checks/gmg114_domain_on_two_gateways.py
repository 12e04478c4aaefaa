"""Two gateways serve one domain on the same Service and port.

A domain is unique within one VirtualGateway only. Where two of them stand on the same port of the same Service, both
configure one proxy, and nothing says which of their hosts answers for a domain that both serve.

Example:
    # both gateways select Service istio-system/istio-ingressgateway with portName http2,
    # and a VirtualHost with the domain shop.example.com

Fix:
    Serve the domain by one of the gateways, or let them stand on different ports, Services or clusters.

Source:
    `spec/v1beta1.md` 2.4 rule 2, 3.3 rule 3 and D-28.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kubectl_gmg.analysis.wording import counted
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.domains import why_unmatched
from kubectl_gmg.checks.host_selection import ROUTED, hosts_of
from kubectl_gmg.checks.ingress_services import entries
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.words import service_words
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Gateway

MOST_NOTES = 10
"""Other gateways that are named one by one."""

Names = frozenset[str]
"""The server names of a handler; two handlers of one port are told apart by them."""


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """A port of a Service where a gateway stands, and the entry that says so."""

    service: Service
    port: int
    at: Origin


Place = tuple[str, str, str, int, Protocol, Names]


@check("GMG114", v1beta1=WARNING, rows=("D-28",), needs=("Destination", "Service"))
def domain_on_two_gateways(context: CheckContext) -> Iterable[Problem]:
    """Every gateway with a domain that another one serves at the same place; once for each entry of its selection."""
    gateways = {each.ref: each for each in context.resolved.gateways}
    known: dict[tuple[ObjectRef, ...], dict[ObjectRef, Dispute]] = {}
    told: set[Origin] = set()
    for stands in shared_places(context):
        refs = tuple(ref for ref in stands if ref in gateways)
        if refs not in known:
            known[refs] = disputes([gateways[ref] for ref in refs])
        for ref, dispute in known[refs].items():
            if stands[ref].at not in told:
                told.add(stands[ref].at)
                yield problem(stands[ref], dispute, stands)


def shared_places(context: CheckContext) -> Iterator[dict[ObjectRef, Stand]]:
    """The ports of Services where several gateways stand, with where each of them says so."""
    found: defaultdict[Place, dict[ObjectRef, Stand]] = defaultdict(dict)
    for (gateway, listener, entry), services in entries(context):
        names = frozenset(name.lower() for name in listener.server_names)
        for service in services if listener.protocol in ROUTED else ():
            for port in service.ports:
                if port.name == listener.name:
                    place = (service.cluster, service.namespace, service.name, port.number, listener.protocol, names)
                    found[place].setdefault(gateway.ref, Stand(service, port.number, entry.origin))
    return (stands for stands in found.values() if len(stands) > 1)


@dataclass(frozen=True, slots=True)
class Dispute:
    """The domains of a gateway that others serve too, and who these are."""

    domains: list[str] = field(default_factory=list)
    others: dict[ObjectRef, None] = field(default_factory=dict)


def disputes(gateways: Iterable[Gateway]) -> dict[ObjectRef, Dispute]:
    """What some gateways that stand at one place all claim, by gateway."""
    claims: defaultdict[str, list[ObjectRef]] = defaultdict(list)
    for gateway in gateways:
        served = (domain.lower() for host in hosts_of(gateway) for domain in host.domains)
        for domain in dict.fromkeys(served):
            claims[domain].append(gateway.ref)
    found: defaultdict[ObjectRef, Dispute] = defaultdict(Dispute)
    for domain, refs in claims.items():
        for ref in refs if len(refs) > 1 and not why_unmatched(domain) else ():
            found[ref].domains.append(domain)
            found[ref].others.update((other, None) for other in refs if other != ref)
    return found


def problem(stand: Stand, dispute: Dispute, stands: dict[ObjectRef, Stand]) -> Problem:
    """The finding at one of the gateways, about all domains that others serve too."""
    others, more = sorted(dispute.others), len(dispute.domains) - 1
    domains = f"{dispute.domains[0]} and {counted(more, 'other domain')} are" if more else f"{dispute.domains[0]} is"
    gateways = f"{others[0]} and {counted(len(others) - 1, 'other gateway')}" if others[1:] else str(others[0])
    return Problem(
        "GMG114",
        f"{domains} served by {gateways} as well, at port {stand.port} of the same {service_words(stand.service)}: "
        "which of them answers is not defined",
        stand.at,
        related=tuple(Note("serves it too", stands[each].at) for each in others[:MOST_NOTES]),
    )

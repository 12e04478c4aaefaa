"""A gateway Service has no port of the wanted name.

A VirtualGateway stands on one named port of the Services that it selects; without `portName` that is `tls`. Where a
Service has no port of that name, the gateway cannot listen there.

Example:
    ingressGatewaySelectors:
    - portName: http                  # the Service calls it http2
      destinationSelectors: [{kubeServiceMatcher: {labels: {istio: ingressgateway}}}]

Fix:
    Use the name that the port has in the Service, such as `http2` or `https`.

Source:
    `spec/v1beta1.md` 2.3 rule 3, GW-PORT-NAME.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.host_selection import spoiled_gateways
from kubectl_gmg.checks.ingress_services import entries, written_ports
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.checks.words import service_words
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.inventory import Service

MOST_NOTES = 4
"""Services that one finding names."""


@check("GMG105", v1beta1=ERROR, rows=("GW-PORT-NAME",), needs=("Destination", "Service"))
def unknown_port_name(context: CheckContext) -> Iterable[Problem]:
    """Every entry of a gateway's selection whose port some Service lacks."""
    spoiled = context.once(spoiled_gateways)
    for (_, listener, entry), services in entries(context):
        lacking = [each for each in services if each.ports and listener.name not in names_of(each)]
        if lacking and not spoiled.at(entry.origin):
            at = context.existing(entry.origin / "portName")
            implied = "" if at.path[-1:] == ("portName",) else "portName is not set, which means tls; "
            known = (name for service in lacking for name in names_of(service))
            have = "has" if len(lacking) == 1 else "have"
            yield Problem(
                "GMG105",
                f"{implied}{several(map(service_words, lacking))} {have} no port called {listener.name}; "
                f"known are {several(known)}",
                at,
                related=tuple(
                    Note(f"the ports of {service_words(each)}", written_ports(context, each))
                    for each in lacking[:MOST_NOTES]
                ),
            )


def names_of(service: Service) -> tuple[str, ...]:
    """What the ports of a Service are called; one without a name by its number."""
    return tuple(port.name or str(port.number) for port in service.ports)

"""A destination with several ports, of which none is chosen.

A rule may leave the port out where the destination has one only. Here it has more, and nothing says which is meant. In
the first generation the proxy answers 503 to what is sent there; in the second generation the whole rule answers 500,
or freezes its tree.

Example:
    destinations: [{kubeService: {name: web, namespace: apps, clusterName: c1}}]   # web has ports 80 and 443

Fix:
    Write the port of the destination.

Source:
    `spec/v1beta1.md` 6 (rule 4), `spec/v2.md` 2.5 and 8.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.faulty_destinations import Found, faulty, port_words, words
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.resolve.faults import PORT_REQUIRED

NEEDS = ("Service", "Destination", "VirtualDestination", "ExternalService")


@check(PORT_REQUIRED, v1beta1=ERROR, v2=ERROR, rows=("DEST-PORT-REQUIRED", "SEM-02"), needs=NEEDS)
def destination_port_required(context: CheckContext) -> Iterator[Problem]:
    """Destinations with several ports and none chosen."""
    for found in context.once(faulty):
        if found.fault.code == PORT_REQUIRED:
            yield Problem(PORT_REQUIRED, message(found), found.destination.origin)


def message(found: Found) -> str:
    """The ports that there are."""
    return f"{words(found.destination)} has the ports {port_words(found)}, and none is chosen{found.consequence}"

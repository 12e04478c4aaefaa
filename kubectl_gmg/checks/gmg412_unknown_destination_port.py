"""A destination port that the destination does not have.

The destination exists, but none of its ports has the number, or the name, that the rule writes. In the first generation
the proxy knows no such cluster and answers 503; in the second generation the whole rule answers 500, or freezes its
tree. What counts are the ports of the Service, not those of its pods.

Example:
    destinations: [{ref: {name: reviews}, port: {number: 8080}}]   # the Service listens on 9080

Fix:
    Write a port that the destination has.

Source:
    `spec/v1beta1.md` 6 (rule 3), `spec/v2.md` 2.5, 8.7 and 14.1 (rule 5).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.faulty_destinations import Found, faulty, port_words, words
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.resolve.faults import NO_SUCH_PORT

NEEDS = ("Service", "Destination", "VirtualDestination", "ExternalService")


@check(NO_SUCH_PORT, v1beta1=ERROR, v2=ERROR, rows=("DEST-PORT", "SEM-02"), needs=NEEDS)
def unknown_destination_port(context: CheckContext) -> Iterator[Problem]:
    """Destinations that are found, but not with this port."""
    for found in context.once(faulty):
        if found.fault.code == NO_SUCH_PORT:
            ports = found.fault.named.ports if found.fault.named else ()
            hint = f"write port {port_words(found)}" if len(ports) == 1 else ""
            yield Problem(NO_SUCH_PORT, message(found), found.destination.origin, hint=hint)


def message(found: Found) -> str:
    """The port that is wanted, and those that there are."""
    wanted = found.destination
    port = f"port {wanted.port}" if wanted.port is not None else f"port named {wanted.port_name}"
    return f"{words(wanted)} has no {port}{found.consequence}; it has {port_words(found)}"

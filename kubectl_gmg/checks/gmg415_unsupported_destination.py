"""A static destination, or one that a header names.

The interface has fields for both, but what translates rules for the proxy does not support them: requests of such a
rule have nowhere to go.

Example:
    destinations: [{clusterHeader: x-cluster}]

Fix:
    Forward to a Service or to a VirtualDestination.

Source:
    `spec/v1beta1.md` 6 (rule 6).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.faulty_destinations import forwarding
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.action import DestinationKind
from kubectl_gmg.model.finding import Problem

FIELDS = {DestinationKind.STATIC: "staticDestination", DestinationKind.CLUSTER_HEADER: "clusterHeader"}
"""What is not supported, and the field that says it."""


@check("GMG415", v1beta1=WARNING, rows=("DEST-UNSUPPORTED",))
def unsupported_destination(context: CheckContext) -> Iterator[Problem]:
    """Destinations that the product does not translate."""
    for _, _, action in forwarding(context):
        for destination in action.destinations:
            if (field := FIELDS.get(destination.kind)) is not None:
                name = f"{destination.namespace}/{destination.name}".lstrip("/")
                message = f"{field} {name} is not supported: what is sent there has nowhere to go"
                yield Problem("GMG415", message, destination.origin)

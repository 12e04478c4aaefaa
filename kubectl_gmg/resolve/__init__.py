"""From what is declared to what is served: pure functions, no input or output, no logging.

`resolve` attaches hosts to listeners, grows a tree for every host, orders its leaves, and lets policies join.
"""

from __future__ import annotations

from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.resolved import Resolved
from kubectl_gmg.resolve.attach import Attachment
from kubectl_gmg.resolve.gaps import gaps_of
from kubectl_gmg.resolve.mesh import Mesh


def resolve(declared: Declared) -> Resolved:
    """What every gateway of `declared` serves, and what workloads within the mesh get.

    The same for equal input, whatever the order of the objects.
    """
    attachment = Attachment(declared)
    gateways = tuple(attachment.gateway(gateway) for gateway in sorted(declared.gateways, key=lambda each: each.ref))
    return Resolved(
        gateways=gateways,
        unattached=attachment.unattached(gateways),
        orphans=attachment.orphans(),
        gaps=gaps_of(declared),
        mesh=Mesh(attachment).gateways(declared.hosts),
    )

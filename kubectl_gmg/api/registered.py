"""Which clusters are registered, as far as there is something to learn from asking them."""

from __future__ import annotations

from kubectl_gmg.api import v2
from kubectl_gmg.api.v1beta1_discovery import CLUSTER, DESTINATION
from kubectl_gmg.model.snapshot import Snapshot

ROUTING = frozenset((each.generation, each.name) for each in (v2.GATEWAY, v2.TABLE))
"""What shows that there are routes of the second generation, which may need Services."""


def registered(snapshot: Snapshot) -> tuple[str, ...]:
    """The registered clusters whose Services only they themselves can tell, by name.

    In the second generation Services are known only where their own API server was asked (`spec/v2.md` DEC-27). In the
    first all of them were discovered into the management cluster, with their ports and addresses (`spec/v1beta1.md`
    11.1): its clusters are asked only where those Destinations could not be read completely (D-27).
    """
    asked = {raw.ref.generation for raw in snapshot.objects if (raw.ref.generation, raw.ref.kind) in ROUTING}
    if not snapshot.extent(DESTINATION).complete:
        asked.add(CLUSTER.generation)
    found = (raw.ref for raw in snapshot.objects if raw.ref.kind == CLUSTER.name)
    return tuple(sorted({ref.name for ref in found if ref.generation in asked}))

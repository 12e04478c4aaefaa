"""A destination in a cluster that is not registered.

The rule forwards to a Service of a cluster, but no KubernetesCluster has that name. Nothing is discovered in a cluster
that is not registered, so the Service is never found, and the proxy answers 503 to what it should send there. The name
that counts is that of the KubernetesCluster object, not that of a context or of the cloud provider.

Example:
    destinations: [{kubeService: {name: web, namespace: apps, clusterName: c-1}}]   # it is registered as c1

Fix:
    Write the name of a registered cluster (kubectl get kubernetesclusters.multicluster.solo.io -A), or register it.

Source:
    `spec/v1beta1.md` 6, 11.2, 12 (DEST-CLUSTER) and D-27.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.forwarded_services import CLUSTER, field_of, forwarded
from kubectl_gmg.checks.nearest_names import closest
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.inventory import Inventory
from kubectl_gmg.resolve.destination import unregistered


@check("GMG417", v1beta1=ERROR, rows=("DEST-CLUSTER",), needs=("KubernetesCluster", "Destination"))
def unknown_cluster(context: CheckContext) -> Iterator[Problem]:
    """Destinations whose cluster is none of those that are registered, where what was seen in clusters is known."""
    if any(gap.kind == "Destination" for gap in context.snapshot.gaps):
        return
    for destination, inventory in forwarded(context):
        if unregistered(destination, inventory):
            named = f"Service {destination.namespace}/{destination.name}"
            message = f"no cluster is registered as {destination.cluster}, so what is sent to {named} there gets 503"
            at = field_of(context, destination, CLUSTER)
            yield Problem("GMG417", message, at, hint=known_instead(destination.cluster, inventory))


def known_instead(cluster: str, inventory: Inventory) -> str:
    """Which clusters there are."""
    names = tuple(sorted({each.name for each in inventory.clusters}))
    near = closest(cluster, names)
    return f"did you mean {near}?" if near else f"known are {several(names)}" if names else ""

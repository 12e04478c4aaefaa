"""A gateway that a table names does not serve it.

A table with hosts is served by a gateway that it names, if that gateway exists, if the gateway's workspace may use the
table, and if a listener admits one of the hosts. Where any of this fails nothing is refused: the table is accepted,
and the gateway answers as if it were not there, mostly with 404. A reference without namespace means the namespace of
the table.

Example:
    metadata: {name: shop, namespace: apps}
    spec:
      hosts: [shop.example.com]
      virtualGateways: [{name: edge}]      # apps/edge; the gateway is in namespace gateways

Fix:
    Name an existing gateway with its namespace, share the table with its workspace, or admit a host of the table in
    allowedRouteTables.

Source:
    `spec/v2.md` 2.1 and 3.3, SEM-08, DEC-4, DEC-5.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.gateway_binding import Bindings
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Problem

NEEDS = ("VirtualGateway", "Workspace", "WorkspaceSettings", "Namespace")


@check("GMG117", v2=WARNING, rows=("SEM-08",), needs=NEEDS)
def gateway_not_bound(context: CheckContext) -> Iterable[Problem]:
    """Every gateway that a host names and that does not serve it."""
    bindings = Bindings(context)
    bound = {
        (gateway.ref, root.ref)
        for gateway in context.resolved.gateways
        for listener in gateway.listeners
        for host in listener.entries
        for root in host.roots
    }
    for host in context.declared.hosts:
        for parent in host.parents:
            if not any((each.ref, host.ref) in bound for each in bindings.meant(host, parent)):
                yield from bindings.lacking(host, parent)

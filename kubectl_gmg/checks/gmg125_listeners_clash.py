"""Two listeners have the same port, protocol and first host.

Listeners of one port are told apart by the first host that they allow: that of the first entry of allowedRouteTables,
else of exposedExternalServices, else any. If that is equal as well the product takes both for the same listener.
No admission rule looks at this, so a cluster accepts it. What the proxy cannot tell apart is rejected underneath: of
TLS listeners of one port a later one that shares any host with an earlier one, in whatever place and case, with all of
its hosts; without TLS a port has one TCP listener.

Example:
    listeners:
    - http: {}
      port: {number: 80}
    - http: {}
      port: {number: 80}      # for any host, as the first one

Fix:
    Make one listener of both, with all entries of allowedRouteTables, or give each another first host.

Source:
    `spec/v2.md` 3.2 rule 7: documented, without an admission rule; `spec/envoy.md` 67, 68: the server name chooses.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.conventions import Connections
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.resolve.chains import rejected_of
from kubectl_gmg.simulate.connection import rejected_words


@check("GMG125", v2=ERROR, rows=("v2 3.2 rule 7",))
def listeners_clash(context: CheckContext) -> Iterator[Problem]:
    """Every listener that nothing tells from an earlier one, and those that the proxy does not get."""
    noted = context.noted("GMG125")
    yield from noted
    told = {each.at for each in noted}
    for gateway in context.resolved.gateways:
        listed = gateway.conventions.connections is Connections.LISTED
        for rejection in () if listed else rejected_of(gateway):
            at = rejection.listener.declared.origin
            if at not in told:
                note = Note("comes first", rejection.by.declared.origin)
                said = f"listener {rejection.listener.index} is lost: {rejected_words(rejection)}"
                yield Problem("GMG125", said, at, related=(note,))

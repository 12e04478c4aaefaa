"""Two listeners have the same port, protocol and first host.

Listeners of one port are told apart by the first host that they allow: that of the first entry of allowedRouteTables,
else of exposedExternalServices, else any. If that is equal as well the product takes both for the same listener.
No admission rule looks at this, so a cluster accepts it.

Example:
    listeners:
    - http: {}
      port: {number: 80}
    - http: {}
      port: {number: 80}      # for any host, as the first one

Fix:
    Make one listener of both, with all entries of allowedRouteTables, or give each another first host.

Source:
    `spec/v2.md` 3.2 rule 7: documented, without an admission rule.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG125", v2=ERROR, rows=("v2 3.2 rule 7",))
def listeners_clash(context: CheckContext) -> Iterable[Problem]:
    """Every listener that nothing tells from an earlier one."""
    return context.noted("GMG125")

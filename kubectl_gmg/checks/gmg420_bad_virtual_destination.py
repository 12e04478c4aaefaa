"""A VirtualDestination that admission refuses.

A VirtualDestination needs hosts or a selector of what stands behind it. Each of its ports has a number from 1 to 65535
and a protocol that the product knows, and a target port only where something is selected that could have it. An object
that breaks one of these rules is refused when it is applied.

Example:
    spec:
      hosts: [web.mesh]
      ports: [{number: 80, protocol: HTTP, targetPort: {number: 8080}}]   # the port of whom?

Fix:
    Correct the field, or select the services that stand behind the VirtualDestination.

Source:
    `spec/v2.md` 14.1 and 15.1 (VD-01).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG420", v2=ERROR, rows=("VD-01",))
def bad_virtual_destination(context: CheckContext) -> Iterable[Problem]:
    """Everything in VirtualDestinations that admission refuses."""
    return context.noted("GMG420")

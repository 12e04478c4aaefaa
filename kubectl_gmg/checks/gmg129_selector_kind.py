"""A selector of a table has a kind that is not allowed there.

A table can be applied to workloads in pods only, not to virtual machines: such an entry selects none. Pods are selected
by their labels; by name, namespace, cluster or workspace they cannot be, and these fields must be empty. Here they are
taken to have no effect, so that such an entry selects all workloads with its labels, of every workspace that has the
table or imports it. For applyToDestinations the admission rule
compares the kind with KUBE, which is no kind of destination, so that in effect the field may only be left out.

Example:
    workloadSelectors:
    - kind: VM
      selector: {labels: {app: reviews}}

Fix:
    Leave kind out, and select workloads by labels alone.

Source:
    `spec/v2.md` 4.4 and 15.1, RT-07.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG129", v2=ERROR, rows=("RT-07",))
def selector_kind(context: CheckContext) -> Iterable[Problem]:
    """Every kind in a selector of a table that is not allowed there."""
    return context.noted("GMG129")

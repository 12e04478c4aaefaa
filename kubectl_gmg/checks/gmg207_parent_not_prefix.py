"""A delegating rule does not match by prefix.

What follows the path of a delegating rule is matched by the tables below it, so the rule itself must leave the end
open: each of its matchers must be a prefix, or say nothing of the path. Otherwise the whole rule is left out, its good
matchers included, and no table below it is looked at.

Example:
    - name: reviews
      matchers: [{uri: {exact: /reviews}}]   # should be prefix
      delegateAction: {refs: [{name: reviews-rt, namespace: gloo-mesh}]}

Fix:
    Use a prefix here, and match exactly in the rules of the table.

Source:
    `spec/v1beta1.md` 5.5, 8.4, 8.6 (RT-PARENT-NOT-PREFIX).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG207", v1beta1=ERROR, rows=("RT-PARENT-NOT-PREFIX",))
def parent_not_prefix(context: CheckContext) -> Iterable[Problem]:
    """Finds them; noted while objects are read."""
    return context.noted("GMG207")

"""A value is outside of its enum or range.

Some fields know only a few words, and numbers have limits: a port is 1 to 65535, a timeout is a duration of at least a
millisecond. Anything else is refused, by the cluster or by the product, and the rule that holds it may be lost.

Example:
    delegateAction:
      sortMethod: SPECIFICITY         # known are TABLE_WEIGHT and ROUTE_SPECIFICITY

Fix:
    Use one of the values that the message names.

Source:
    `spec/v1beta1.md` 1.1, 5.3, 5.5, 7 and 8.7 (ROUTE-ENUM); `spec/v2.md` 2 and 8.7.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG003", v1beta1=ERROR, v2=ERROR, rows=("ROUTE-ENUM",))
def unknown_value(context: CheckContext) -> Iterable[Problem]:
    """Every value that its field does not know."""
    return context.noted("GMG003")

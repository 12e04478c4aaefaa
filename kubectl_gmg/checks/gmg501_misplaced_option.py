"""An option that has no effect on a route.

`trafficShift` and `outlierDetection` are about destinations: the product takes them in a TrafficPolicy that selects
destinations, not among the options of a route. There they are accepted and do nothing, so unhealthy endpoints stay in
use, or traffic is not shifted at all.

Example:
    routes:
    - name: shop
      options:
        outlierDetection: {consecutiveErrors: 5}    # has no effect here

Fix:
    Move the option into a TrafficPolicy with a destinationSelector; for a split, give the route several destinations
    with weights.

Source:
    `spec/v1beta1.md` 3.1 and 7 (ROUTE-OPTION-LEVEL): neither is supported at route level.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG501", v1beta1=WARNING, rows=("ROUTE-OPTION-LEVEL",))
def misplaced_option(context: CheckContext) -> Iterable[Problem]:
    """Every option of a rule that is none, noted when the rule was read."""
    return context.noted("GMG501")

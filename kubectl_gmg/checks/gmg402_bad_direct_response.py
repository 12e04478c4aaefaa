"""A direct response that the proxy cannot send.

A direct response has a status from 200 to 599 and a body of at most 1048576 bytes. The proxy refuses the whole
configuration for one that has not, and the gateway would go on with the old one. So the product leaves a rule with such
a status out, or answers 500 in its place.

Example:
    directResponse: {status: 99}

Fix:
    Choose a status from 200 to 599, and serve a long body from a service.

Source:
    `spec/v1beta1.md` 5.4 and 8.7, `spec/v2.md` 7.4; measured on Envoy 1.40 (`spec/envoy.md` 50 and 90).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG402", v1beta1=ERROR, v2=ERROR, rows=("ROUTE-STATUS", "RT-09", "envoy 50", "envoy 90"))
def bad_direct_response(context: CheckContext) -> Iterable[Problem]:
    """Every status out of range, and every body that is too long."""
    return context.noted("GMG402")

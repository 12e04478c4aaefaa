"""A header is appended or removed in a way that the proxy refuses.

Headers whose name begins with a colon, and Host, are no ordinary headers: they can neither be appended nor removed. No
name or value may hold a line break or a zero byte, or be longer than 16 KiB. In a value a percent sign begins a
command such as `%DOWNSTREAM_REMOTE_ADDRESS%`; one that is meant as a percent sign must be written twice. The proxy
refuses the whole route configuration for one such operation, and goes on with the routes that it had: no later change
of any route takes effect until it is mended.

Example:
    headerManipulation:
      appendResponseHeaders:
        x-discount: 50%     # write 50%%

Fix:
    Write a percent sign as %%; remove the operation on Host or on a header with a colon, and rewrite the host with
    what the route's action offers for that.

Source:
    `spec/envoy.md` 83 and 90: measured with a real Envoy for every part of a name and a value.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG502", v1beta1=ERROR, v2=ERROR, rows=("envoy 83", "envoy 90"))
def bad_header_operation(context: CheckContext) -> Iterable[Problem]:
    """Every operation that the proxy would refuse, noted when its object was read."""
    return context.noted("GMG502")

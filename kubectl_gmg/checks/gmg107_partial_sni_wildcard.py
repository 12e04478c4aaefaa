"""A server name has a star inside of a label.

The server name that a TLS client asks for is looked up in full, then as `*.` with what is left after the first dot, and
so on. A star in any other place is no pattern: the proxy refuses the listener, and with it everything on that port.

Example:
    connectionMatch:
      serverNames: ["*-shop.example.com"]

Fix:
    Write the whole name, or put the star in place of whole labels: `*.example.com`.

Source:
    `spec/v1beta1.md` 2.1, GW-SNI-WILDCARD. Measured with Envoy 1.40: partial wildcards are not supported in
    "server_names".
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.host_selection import selecting
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG107", v1beta1=ERROR, rows=("GW-SNI-WILDCARD",))
def partial_sni_wildcard(context: CheckContext) -> Iterable[Problem]:
    """Every server name with a star that is not its whole first label."""
    for gateway in selecting(context):
        for listener in gateway.listeners[:1]:  # all of them have the names of the one handler
            names = listener.origin / "connectionMatch" / "serverNames"
            for place, name in enumerate(listener.server_names):
                if is_partial(name):
                    message = f"{name} has a star that is not a whole label at the front, and is refused"
                    yield Problem("GMG107", message, names / place)


def is_partial(name: str) -> bool:
    """Whether a star is in a place where the proxy refuses it; a lone one is not told apart from no name at all."""
    return "*" in name and name != "*" and not name.startswith("*.")

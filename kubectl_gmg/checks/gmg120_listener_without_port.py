"""A listener without port.

A listener opens one port of the gateway's Service, which it names by its number or by its name. Without either there
is nothing to open. A cluster with the newer admission rules refuses the whole gateway; an older one takes it, and the
listener does nothing.

Example:
    listeners:
    - http: {}
      port: {}          # neither number nor name

Fix:
    Set port.number, or port.name, to a port of the gateway Service.

Source:
    `spec/v2.md` 3.2 rule 1, VG-01.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG120", v2=ERROR, rows=("VG-01",))
def listener_without_port(context: CheckContext) -> Iterable[Problem]:
    """Every listener that names no port."""
    return context.noted("GMG120")

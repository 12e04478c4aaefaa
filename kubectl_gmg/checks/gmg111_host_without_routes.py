"""A host has no routes, and is ignored.

A VirtualHost whose list of routes is empty does not exist for its gateways. Its domains are free for others: a wider
wildcard may answer for them. A host that should answer 404 needs at least one route.

Example:
    spec:
      domains: [shop.example.com]
      routes: []

Fix:
    Write the routes, or delete the host.

Source:
    `spec/v1beta1.md` 3.3 rule 8, VH-NO-ROUTES.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.host_selection import named
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.spoiled import Spoiled
from kubectl_gmg.model.finding import Problem


@check("GMG111", v1beta1=WARNING, rows=("VH-NO-ROUTES",))
def host_without_routes(context: CheckContext) -> Iterable[Problem]:
    """Every host with an empty list of routes, inline ones included."""
    spoiled = Spoiled(context, ("GMG002",))
    for host in context.hosts:
        if not host.rules and not spoiled.at(host.origin / "routes"):
            domains = f": {several(host.domains)} may be answered by another host" if host.domains else ""
            message = f"{named(host)} has no routes, so gateways leave it out{domains}"
            yield Problem("GMG111", message, context.existing(host.origin / "routes"))

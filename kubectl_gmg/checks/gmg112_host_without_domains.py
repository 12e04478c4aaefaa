"""A host has no domains, and cannot be reached.

A request finds its host by the domain in the Host header. A VirtualHost without domains is found by none; it is not a
default for everything else.

Example:
    kind: VirtualHost
    spec:
      routes: [{name: web, directResponseAction: {status: 200}}]

Fix:
    List the domains; for a host that answers for all others write `domains: ["*"]`.

Source:
    `spec/v1beta1.md` 3.3 rule 6 and D-6 (VH-NO-DOMAIN).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.host_selection import named
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.checks.spoiled import Spoiled
from kubectl_gmg.model.finding import Problem


@check("GMG112", v1beta1=ERROR, rows=("VH-NO-DOMAIN",))
def host_without_domains(context: CheckContext) -> Iterable[Problem]:
    """Every host without domains, inline ones included."""
    spoiled = Spoiled(context, ("GMG002",))
    for host in context.hosts:
        field = host.origin / host.domains_field
        if not host.domains and not spoiled.at(field):
            message = f"{named(host)} has no domains, so no request can reach it"
            yield Problem("GMG112", message, context.existing(field))

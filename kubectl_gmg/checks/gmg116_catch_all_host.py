"""A route table serves every host.

A lone star catches every request of the gateway that no other host answers, those for mistyped and forgotten names
included. It works, but newer releases document it as invalid.

Example:
    kind: RouteTable
    spec:
      hosts: ["*"]

Fix:
    List the hosts by name, or use a wildcard such as `*.example.com`.

Source:
    `spec/v2.md` 4.2 rule 3 and DEC-3 (SEM-14).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.domains import STAR, places
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG116", v2=WARNING, rows=("SEM-14", "DEC-3"))
def catch_all_host(context: CheckContext) -> Iterable[Problem]:
    """Every lone star among the hosts of a table."""
    message = "the host is a lone star: this table answers for every name that no other host of its gateways has"
    return (Problem("GMG116", message, at) for host in context.hosts for domain, at in places(host) if domain == STAR)

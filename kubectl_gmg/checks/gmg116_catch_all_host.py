"""A route table serves every host.

A lone star catches every request of the gateway that no other host answers, those for mistyped and forgotten names
included. It works, but since release 2.6 it is documented as invalid.

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
from kubectl_gmg.model.conventions import LoneStar
from kubectl_gmg.model.finding import Problem


@check("GMG116", v2=WARNING, rows=("SEM-14", "DEC-3"))
def catch_all_host(context: CheckContext) -> Iterable[Problem]:
    """Every lone star among the hosts of a table."""
    message = "the host is a lone star: this table answers for every name that no other host of its gateways has"
    for host in context.hosts:
        invalid = context.realm(host.ref).conventions.lone_star is LoneStar.INVALID
        said = f"{message}; since release 2.6 it is documented as invalid" if invalid else message
        yield from (Problem("GMG116", said, at) for domain, at in places(host) if domain == STAR)

"""A domain that no request can match.

The name that is looked up is the Host header without its port. A domain that is written with a port therefore never
matches. A star is a wildcard only as the first or the last letter; anywhere else, and where there are two, it is an
ordinary letter. Blanks, slashes and letters outside ASCII cannot be in a Host header at all.

Example:
    domains: ["shop.example.com:8080", "shop.*.example.com", "https://shop.example.com"]

Fix:
    Write the name alone, without scheme, port and path; a domain with letters outside ASCII is written in its `xn--`
    form; let one star stand at the front, or list the names.

Source:
    `spec/envoy.md` 1, 3 and 6, measured with Envoy 1.40; `spec/v1beta1.md` 3.3 rule 5, D-5 (VH-DOMAIN-PORT);
    `spec/v2.md` 4.2 rules 1, 2 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.domains import places, why_unmatched
from kubectl_gmg.checks.outside import is_placeholder
from kubectl_gmg.checks.rule import ERROR, WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG115", v1beta1=ERROR, v2=WARNING, rows=("VH-DOMAIN-PORT", "D-5", "envoy 3", "envoy 6"))
def domain_never_matches(context: CheckContext) -> Iterable[Problem]:
    """Every such domain of every host, served or not."""
    return (
        Problem("GMG115", f"no request is for {domain}: {why}", at)
        for host in context.hosts
        for domain, at in places(host)
        if (why := why_unmatched(domain)) and not is_placeholder(context, host.ref, domain)
    )

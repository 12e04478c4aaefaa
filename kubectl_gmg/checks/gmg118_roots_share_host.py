"""Several tables serve one host on one gateway.

Their routes are merged into one list: those of the oldest table first, each table's catch-all at the end, and of
several catch-alls the oldest answers. So the age of the tables decides between routes that overlap, and deleting and
creating a table again puts its routes last. That is allowed, and some teams share a host so on purpose. Tables for the
same workloads within the mesh are merged alike.

Example:
    metadata: {name: team1}
    spec: {hosts: [api.example.com], virtualGateways: [{name: edge}], ...}
    ---
    metadata: {name: team2}
    spec: {hosts: [api.example.com], virtualGateways: [{name: edge}], ...}

Fix:
    If the order matters, let one table have the host and delegate to the others by weight.

Source:
    `spec/v2.md` 4.3, SEM-17, DEC-1; `spec/envoy.md` 70 to 76, measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.seniority import why_first
from kubectl_gmg.model.declared import VirtualHost
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Host
from kubectl_gmg.resolve.allow import covers


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """An entry of a table's hosts: what others have of it as well, and which tables come just before this one."""

    later: VirtualHost
    domains: dict[str, None] = field(default_factory=dict)
    before: dict[Origin, VirtualHost] = field(default_factory=dict)


@check("GMG118", v2=INFO, rows=("SEM-17",), needs=("RouteTable",))
def roots_share_host(context: CheckContext) -> Iterable[Problem]:
    """Every host of a table that an older one serves on the same gateway, with those just before it."""
    claims: dict[Origin, Claim] = {}
    shared = {id(each.host): each.host for each in context.served if len(each.host.roots) > 1}
    for host in shared.values():
        for older, later, index, domain in neighbours(host):
            claim = claims.setdefault(later.origin / later.domains_field / index, Claim(later))
            claim.domains[domain] = None
            claim.before[older.origin] = older
    for at, claim in claims.items():
        yield behind(claim, at)


def neighbours(host: Host) -> Iterator[tuple[VirtualHost, VirtualHost, int, str]]:
    """Each table but the oldest, with the one just before it, and the entries that claim the common domains."""
    for older, later in zip(host.roots, host.roots[1:], strict=False):
        places = {domain.lower(): index for index, domain in reversed(tuple(enumerate(later.domains)))}
        for domain in host.domains:
            index = entry_of(domain, later, places)
            if index is not None:
                yield older, later, index, domain


def entry_of(domain: str, host: VirtualHost, places: dict[str, int]) -> int | None:
    """The entry of a host that a served domain comes from: itself, or a wider one that the listener narrows."""
    if domain.lower() in places:
        return places[domain.lower()]
    return next((index for index, each in enumerate(host.domains) if covers(each, domain)), None)


def behind(claim: Claim, at: Origin) -> Problem:
    """What is to be said of an entry."""
    before = tuple(claim.before.values())
    names = several(str(each.ref) for each in before)
    have = "has" if len(before) == 1 else "have"
    said = f"{names} {have} {several(claim.domains)} too: the routes are merged, and those of this table come after"
    notes = tuple(Note(f"comes first: it {why_first(each, claim.later)}", each.origin) for each in before)
    return Problem("GMG118", said, at, related=notes)

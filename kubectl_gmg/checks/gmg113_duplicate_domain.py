"""Another host of the same gateway owns a domain.

Within one gateway a domain belongs to one host: the oldest by creation time, then the first by namespace and name. A
newer host that lists the domain as well does not answer for it, and keeps only its other domains. A host must not
list one domain twice either. The case of letters does not count.

Example:
    # shop-old is older, and selected by the same gateway
    metadata: {name: shop-new}
    spec: {domains: [shop.example.com]}

Fix:
    Remove the domain from one of the hosts; to serve routes of several teams under one domain, keep one VirtualHost
    and delegate to route tables.

Source:
    `spec/v1beta1.md` 3.3 rules 3 and 7, D-26 (VH-DOMAIN-DUP); `spec/envoy.md` 95: the proxy refuses duplicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.domains import STAR, first_places, places, why_unmatched
from kubectl_gmg.checks.host_selection import hosts_of, named, selects_hosts
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.checks.seniority import why_first
from kubectl_gmg.model.declared import VirtualHost
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Gateway, Host

MOST_GATEWAYS = 4
"""Gateways that one finding names."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A host and where it lists a domain."""

    host: VirtualHost
    at: Origin


@dataclass(frozen=True, slots=True)
class Loss:
    """A domain that one host loses to another, with the gateways that serve both."""

    domain: str
    loser: Claim
    owner: Claim
    gateways: list[Gateway] = field(default_factory=list)


@check("GMG113", v1beta1=ERROR, rows=("VH-DOMAIN-DUP", "envoy 95"))
def duplicate_domain(context: CheckContext) -> Iterable[Problem]:
    """Every domain that an older host has, or that stands twice; once, however many gateways serve both hosts."""
    found: dict[Origin, dict[Origin, Loss]] = {}
    selecting = [gateway for gateway in context.resolved.gateways if selects_hosts(gateway.realm)]
    for gateway in selecting:
        for loss in losses(gateway):
            found.setdefault(loss.loser.at, {}).setdefault(loss.owner.at, loss).gateways.append(gateway)
    yield from (problem(list(each.values())) for each in found.values())
    attached = {id(host.declared): host.declared for gateway in selecting for host in hosts_of(gateway)}
    for host in attached.values():
        yield from repetitions(host)


def repetitions(host: VirtualHost) -> Iterator[Problem]:
    """What a host lists twice: the proxy refuses that as well."""
    names = [domain.lower() for domain in host.domains]
    if len(set(names)) == len(names):  # nearly always
        return
    first = first_places(host)
    for name, (domain, at) in zip(names, places(host), strict=True):
        if first[name] != at and not why_unmatched(domain):
            message = f"{named(host)} lists {domain} twice, and the proxy refuses a domain that occurs twice"
            yield Problem("GMG113", message, at, related=(Note("the first time", first[name]),))


def losses(gateway: Gateway) -> Iterator[Loss]:
    """What the hosts of one gateway lose to each other; a domain that never matches is nobody's loss."""
    hosts = hosts_of(gateway)
    lost = {domain.lower() for host in hosts for domain, _ in host.lost}
    if not lost:
        return
    owners = {name: claim for host in hosts for name, claim in claims(host, host.domains) if name in lost}
    for host in hosts:
        for name, claim in claims(host, [domain for domain, _ in host.lost]):
            if not why_unmatched(name):
                yield Loss(name, claim, owners[name])


def claims(host: Host, domains: Sequence[str]) -> Iterator[tuple[str, Claim]]:
    """Some domains of a host in lower case, each once, with where they stand."""
    if domains:
        at = first_places(host.declared)
        for name in dict.fromkeys(domain.lower() for domain in domains):
            yield name, Claim(host.declared, at[name])


def problem(lost: Sequence[Loss]) -> Problem:
    """The finding at the domain of the host that loses it; gateways with other hosts may have other owners for it."""
    first = lost[0]
    return Problem(
        "GMG113",
        "; ".join(map(words, lost)),
        first.loser.at,
        related=tuple(note for loss in lost for note in notes(loss)),
        request=None if STAR in first.domain else Request(host=first.domain),
    )


def words(loss: Loss) -> str:
    """Who has the domain, why, and where that matters."""
    loser, gateways = named(loss.loser.host), several(str(each.ref) for each in loss.gateways)
    return (
        f"{loss.domain} belongs to {named(loss.owner.host)}, which {why_first(loss.owner.host, loss.loser.host)}: "
        f"{loser} does not answer for it on {gateways}"
    )


def notes(loss: Loss) -> Iterator[Note]:
    """Who has the domain, and the gateways that serve both."""
    yield Note("keeps the domain", loss.owner.at)
    yield from (Note("serves both hosts", each.declared.listeners[0].origin) for each in loss.gateways[:MOST_GATEWAYS])

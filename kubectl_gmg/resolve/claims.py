"""Which of several hosts gets a domain: the oldest (`spec/v1beta1.md` 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from kubectl_gmg.model.declared import (
    VirtualHost,
)
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.age import by_age


@dataclass(slots=True)
class Claims:
    """The domains one host keeps, and those that an older one has."""

    kept: list[str] = field(default_factory=list)
    lost: list[tuple[str, ObjectRef]] = field(default_factory=list)


def claim_domains(hosts: Iterable[VirtualHost]) -> dict[int, Claims]:
    """What every host gets, the oldest first; a host without written rules claims nothing (3.3.7, 3.3.8)."""
    owners: dict[str, VirtualHost] = {}
    claims: dict[int, Claims] = {id(host): Claims() for host in hosts}
    claiming = (host for host in hosts if host.rules)
    for host in sorted(claiming, key=lambda each: by_age(each.created, own_name(each))):
        for domain in host.domains:
            owner = owners.setdefault(domain.lower(), host)
            if owner is not host:
                claims[id(host)].lost.append((domain, owner.ref))
            else:
                claims[id(host)].kept.append(domain)
    return {name: Claims(unrepeated(each.kept), each.lost) for name, each in claims.items()}


def own_name(host: VirtualHost) -> ObjectRef:
    """What tells hosts of one age apart: an inline host has a name of its own (2.4 rule 4)."""
    return replace(host.ref, name=host.segment) if host.inline else host.ref


def unrepeated(domains: Iterable[str]) -> list[str]:
    """Each domain once, compared without case."""
    seen: dict[str, str] = {}
    for domain in domains:
        seen.setdefault(domain.lower(), domain)
    return list(seen.values())

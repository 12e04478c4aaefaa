"""Domains of hosts: where they are written, and which no request can mean (`spec/envoy.md` 1 to 6)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.matching.host import lookup_name
from kubectl_gmg.matching.text import folded
from kubectl_gmg.matching.wellformed import malformed_host
from kubectl_gmg.model.declared import VirtualHost
from kubectl_gmg.model.origin import Origin

STAR = "*"


def places(host: VirtualHost) -> Iterator[tuple[str, Origin]]:
    """Every domain of a host with its place."""
    field = host.origin / host.domains_field
    return ((domain, field / index) for index, domain in enumerate(host.domains))


def first_places(host: VirtualHost) -> dict[str, Origin]:
    """Where a host first has each of its domains, in lower case."""
    found: dict[str, Origin] = {}
    for domain, place in places(host):
        found.setdefault(domain.lower(), place)
    return found


def why_unmatched(domain: str) -> str:
    """Why no request is ever for a domain; empty if some may be."""
    rest = without_wildcard(domain)
    if malformed_host(rest):
        unfit = next(letter for letter in rest if malformed_host(letter))
        return f"it holds {unfit!r}, which no Host header may hold"
    if lookup_name(rest) != folded(rest):
        return (
            f"the port of a request is cut off before its host is looked up, and {rest[rest.rfind(':') :]} stays here"
        )
    if STAR in rest:
        return "a star is a wildcard only at the very front or the very end, and elsewhere an ordinary letter"
    return ""


def without_wildcard(domain: str) -> str:
    """A domain without the one star that stands for other letters: at the front, else at the end."""
    return domain[1:] if domain.startswith(STAR) else domain.removesuffix(STAR)

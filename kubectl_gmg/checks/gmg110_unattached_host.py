"""No gateway serves a VirtualHost.

A host does nothing until the selector of some VirtualGateway finds it, by namespace and label. Until then requests for
its domains are answered by another host, or with 404.

Example:
    kind: VirtualHost
    metadata: {name: shop, namespace: apps}       # the gateway wants the label gateway: public

Fix:
    Give the host the labels that the selector of the gateway wants, or make the selector wider: without `namespaces`
    it looks only in its own namespace.

Source:
    `spec/v1beta1.md` 1.2, 2.4 and D-25 (VH-ORPHAN).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.attachment_fixes import AttachmentFixes
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.host_selection import (
    Miss,
    misses,
    selecting,
    selection_is_spoiled,
    selectors_of,
    selects_hosts,
    spoiled_gateways,
)
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.declared import Labels, VirtualGateway, VirtualHost
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin

MOST_SELECTORS = 50
"""Selectors that one host is compared with, to say which of them nearly fits."""

MOST_EXPLAINED = 200
"""Hosts of which it is said what they lack; where there are more, something bigger is wrong."""

MOST_NOTES = 3


@check("GMG110", v1beta1=WARNING, rows=("VH-ORPHAN",), needs=("VirtualGateway",))
def unattached_host(context: CheckContext) -> Iterable[Problem]:
    """Every host with domains and routes that no gateway selects, where all gateways were read and are in order."""
    families, fixes = Families(context), AttachmentFixes(context)
    explained = MOST_EXPLAINED
    for each in context.resolved.unattached:
        host = each.declared
        if host.domains and host.rules and selects_hosts(context.realm(host.ref)) and families.known(host):
            nearest = families.nearest(host) if explained else []
            explained -= bool(explained)
            said = f"; nearest is {nearest[0][0].origin.ref}, which {words(nearest[0][1])}" if nearest else ""
            yield Problem(
                "GMG110",
                f"no gateway serves {several(host.domains)}: no selector fits this host{said}",
                Origin(host.ref),
                related=tuple(
                    Note(words(missed), context.existing(missed[0].wanted)) for _, missed in nearest[:MOST_NOTES]
                ),
                fix=fixes.of(host, nearest[0][0]) if nearest else None,
            )


def words(missed: Sequence[Miss]) -> str:
    """What a selector wants that the host does not have."""
    return " and ".join(each.text for each in missed)


Near = list[tuple[Selector, tuple[Miss, ...]]]


class Families:
    """The gateways that could select a host: those of its generation and cluster."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._gateways: defaultdict[tuple[str, str], list[VirtualGateway]] = defaultdict(list)
        spoiled = context.once(spoiled_gateways)
        self._spoiled: set[tuple[str, str]] = set()
        for gateway in selecting(context):
            family = gateway.ref.generation, gateway.ref.cluster
            self._gateways[family].append(gateway)
            if selection_is_spoiled(spoiled, gateway.ref):
                self._spoiled.add(family)
        self._nearest: dict[tuple[str, str, str, Labels], Near] = {}

    def known(self, host: VirtualHost) -> bool:
        """Whether every gateway was read, and is in order; among files there must be one at least."""
        realm, family = self._context.realm(host.ref), (host.ref.generation, host.ref.cluster)
        given = bool(self._gateways[family]) or not realm.inventory.partial
        return realm.gateways_read.complete and given and family not in self._spoiled

    def nearest(self, host: VirtualHost) -> Near:
        """The selectors that the host misses by the fewest conditions; the same for hosts with the same labels."""
        key = (host.ref.generation, host.ref.cluster, host.ref.namespace, host.labels)
        if key not in self._nearest:
            gateways = self._gateways[host.ref.generation, host.ref.cluster]
            selectors = [each for gateway in gateways for each in selectors_of(gateway)][:MOST_SELECTORS]
            found = [(each, tuple(misses(each, host))) for each in selectors]
            fewest = min((len(missed) for _, missed in found), default=0)
            self._nearest[key] = [each for each in found if len(each[1]) == fewest]
        return self._nearest[key]

"""A gateway serves no host.

Where nobody else listens on its port every request is then answered with 404. Mostly a selector looks in another
namespace, or for labels that no host has. In the second generation each listener is judged: no route table names the
gateway yet, or none of those that do is let in by this listener.

Example:
    http:
      routeConfig:
      - virtualHostSelector: {labels: {gateway: public}}    # no VirtualHost here carries this label

Fix:
    Make the selector fit the hosts: a selector without `namespaces` looks only in its own namespace; where tables name
    their gateways, add this one to the `virtualGateways` of a table with hosts.

Source:
    `spec/v1beta1.md` 2.4 and D-25 (GW-NO-HOSTS), `spec/v2.md` 3.3; `spec/envoy.md` 75: 404 everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.dead_selectors import sharing_is_known
from kubectl_gmg.checks.host_selection import (
    ROUTED,
    SPOILING,
    hosts_of,
    misses,
    named,
    selection_is_spoiled,
    selectors_of,
    selects_hosts,
    spoiled_gateways,
)
from kubectl_gmg.checks.rule import INFO, WARNING, check
from kubectl_gmg.checks.selector_words import none_fits
from kubectl_gmg.checks.spoiled import Spoiled
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.declared import VirtualHost
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Gateway, ResolvedListener
from kubectl_gmg.resolve.unread import hosts_not_read

OF_LISTENERS = ("GMG003", "GMG109", "GMG120", "GMG121", "GMG122", "GMG123", "GMG124", "GMG125")
"""What may be wrong with a listener itself."""

SELECTING = "make the selector fit the hosts; without namespaces it looks only in its own namespace"
NAMING = "add this gateway to the virtualGateways of a table with hosts"
ADMITTING = "let a host of these tables in by allowedRouteTables"
"""What to do, which depends on who names whom."""

MOST_HOSTS = 100
"""Hosts that nobody serves that are compared with a selector which finds nothing."""


@check("GMG106", v1beta1=WARNING, v2=INFO, rows=("GW-NO-HOSTS", "envoy 75"), needs=("VirtualHost", "RouteTable"))
def gateway_without_hosts(context: CheckContext) -> Iterable[Problem]:
    """Every gateway that is in order, speaks HTTP, and has no host on any listener."""
    spoiled, idle = context.once(spoiled_gateways), Idle(context)
    generations = {host.ref.generation for host in context.declared.hosts}
    for gateway in context.resolved.gateways:
        if all(each.hosts for each in gateway.listeners) or not hosts_are_known(gateway, generations):
            continue
        if not selects_hosts(gateway.realm):
            yield from idle.problems(gateway)
        elif not selection_is_spoiled(spoiled, gateway.ref):
            yield from selecting_none(context, gateway)


def hosts_are_known(gateway: Gateway, generations: Collection[str]) -> bool:
    """Whether every host was read that the gateway could serve; among files one of its generation must be."""
    if any(hosts_not_read(each.declared, gateway.realm) for each in gateway.listeners):
        return False
    given = gateway.ref.generation in generations
    asks = not selects_hosts(gateway.realm) or bool(selectors_of(gateway.declared))
    return given or not gateway.inventory.partial or not asks


def selecting_none(context: CheckContext, gateway: Gateway) -> Iterator[Problem]:
    """A gateway whose selectors find nothing, or that has none."""
    http = gateway.declared.listeners[0].origin / "http"
    entries = context.written(http / "routeConfig")
    selectors = selectors_of(gateway.declared)
    if context.written(http) is None or len(entries or ()) != len(selectors):
        return
    wanting = [none_fits(each, "VirtualHost") for each in selectors]
    why = several(wanting) if selectors else "routeConfig selects no VirtualHost"
    yield Problem(
        "GMG106",
        f"the gateway serves no host: {why}",
        context.existing(http / "routeConfig"),
        hint=SELECTING,
        related=tuple(note for each in selectors for note in notes(context, each)),
    )


def notes(context: CheckContext, selector: Selector) -> Iterator[Note]:
    """A selector that finds nothing, and the first host that nobody serves and that nearly fits it."""
    yield Note("selects no host", selector.origin)
    for host in context.resolved.unattached[:MOST_HOSTS]:
        missed = tuple(misses(selector, host.declared))
        if same_family(host.declared, selector) and len(missed) == 1:
            text = f"{named(host.declared)} does not fit: the selector {missed[0].text}"
            yield Note(text, context.existing(missed[0].lacking))
            return


def same_family(host: VirtualHost, selector: Selector) -> bool:
    """Whether a selector could select a host at all: both of one generation and cluster."""
    holder = selector.origin.ref
    return (host.ref.generation, host.ref.cluster) == (holder.generation, holder.cluster)


class Idle:
    """Listeners without hosts, where hosts name their gateways."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._spoiled = Spoiled(context, (*SPOILING, *OF_LISTENERS))
        self._named = {(each.namespace, each.name) for host in context.hosts for each in host.parents}

    def problems(self, gateway: Gateway) -> Iterator[Problem]:
        """One for each listener; none if all hosts that name the gateway are kept out, which is another matter."""
        is_named = (gateway.ref.namespace, gateway.ref.name) in self._named
        if is_named and not (hosts_of(gateway) and sharing_is_known(self._context)):
            return
        why = "no RouteTable that names this gateway is let in" if is_named else "no RouteTable names this gateway"
        hint = ADMITTING if is_named else NAMING
        for listener in gateway.listeners:
            at = listener.declared.origin
            if listener.declared.protocol in ROUTED and not listener.hosts and not self._means_more(at):
                yield Problem("GMG106", f"the listener at {port_words(listener)} serves no host: {why}", at, hint)

    def _means_more(self, at: Origin) -> bool:
        """Whether a listener is there for external services, or something else is wrong with it."""
        return self._context.written(at / "exposedExternalServices") is not None or self._spoiled.at(at)


def port_words(listener: ResolvedListener) -> str:
    """The port of a listener, by number or name."""
    return f"port {listener.port or listener.declared.name}"

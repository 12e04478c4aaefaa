"""Which hosts gateways select, and where that is written (`spec/v1beta1.md` 2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.selector_words import condition
from kubectl_gmg.checks.spoiled import Spoiled
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import SharedDomain
from kubectl_gmg.model.declared import Protocol, Realm, VirtualGateway, VirtualHost
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Gateway, Host
from kubectl_gmg.resolve.index import holds

ROUTED = (Protocol.HTTP, Protocol.HTTPS)
"""What listeners speak that serve hosts."""

SPOILING = ("GMG001", "GMG002", "GMG004", "GMG101", "GMG102", "GMG103", "GMG208", "GMG209")
"""What was noted of a gateway after which nobody can tell what it was meant to select, or where it stands."""


def spoiled_gateways(context: CheckContext) -> Spoiled:
    """What was noted of gateways; after which nobody can tell what they were meant to select."""
    return Spoiled(context, SPOILING)


def selection_is_spoiled(spoiled: Spoiled, gateway: ObjectRef) -> bool:
    """Whether anything was noted of how a gateway selects its hosts."""
    return any(concerns_selection(each.path) for each in spoiled.of(gateway))


def concerns_selection(path: tuple[str | int, ...]) -> bool:
    """Whether a place in a gateway is where it says which hosts it serves, the hosts written there left out."""
    return len(path) < 2 or ("connectionHandlers" in path and "virtualHost" not in path)


def selects_hosts(realm: Realm) -> bool:
    """Whether gateways select their hosts, and not hosts name their gateways."""
    return realm.conventions.shared_domain is SharedDomain.OLDEST


def selecting(context: CheckContext) -> tuple[VirtualGateway, ...]:
    """The gateways that select their hosts."""
    return tuple(each for each in context.declared.gateways if selects_hosts(context.realm(each.ref)))


def hosts_of(gateway: Gateway) -> tuple[Host, ...]:
    """The hosts of a gateway, each once: its listeners may share them."""
    return tuple({id(host): host for listener in gateway.listeners for host in listener.hosts}.values())


def selectors_of(gateway: VirtualGateway) -> tuple[Selector, ...]:
    """The selectors of a gateway, each once: all listeners of a handler have the same."""
    found = {
        entry.origin: entry
        for listener in gateway.listeners
        for entry in listener.selects
        if isinstance(entry, Selector)
    }
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Miss:
    """One condition of a selector that a host does not meet, in words, with the field that says so."""

    text: str
    wanted: Origin
    lacking: Origin


def misses(selector: Selector, host: VirtualHost) -> Iterator[Miss]:
    """Every condition of a selector that a host does not meet."""
    spaces = selector.namespaces
    if spaces is not None and host.ref.namespace not in spaces:
        own = ", its own, since it names none" if selector.own_namespace else ""
        text = f"looks in namespace {', '.join(sorted(spaces))}{own}"
        wanted = selector.origin if selector.own_namespace else selector.origin / "namespaces"
        yield Miss(text, wanted, Origin(host.ref, ("metadata", "namespace")))
    labels = dict(host.labels)
    field = selector.origin / ("expressions" if selector.expressed else "labels")
    for each in selector.requirements:
        if not holds(each, labels):
            yield Miss(f"wants label {condition(each)}", field, Origin(host.ref, ("metadata", "labels")))


def named(host: VirtualHost) -> str:
    """A host in words."""
    return f"inline host {host.segment.rpartition('-')[2]} of {host.ref}" if host.inline else str(host.ref)

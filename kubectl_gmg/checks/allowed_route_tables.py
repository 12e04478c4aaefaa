"""Why a gateway that a host names does not admit it (`spec/v2.md` 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.selector_words import condition
from kubectl_gmg.model.declared import Allowance, GatewayRef, Listener, Protocol, VirtualGateway, VirtualHost
from kubectl_gmg.model.finding import Note
from kubectl_gmg.model.match import RouteProtocol
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.resolve.allow import admitted
from kubectl_gmg.resolve.streams import carried
from kubectl_gmg.resolve.tenancy import Tenancy

MOST_SAID = 3
"""Conditions that stand in a message."""
MOST_RELATED = 10

Refusal = tuple[str, Origin]
"""What a listener wants, and where it says so."""


@dataclass(frozen=True, slots=True)
class Sections:
    """Which kinds of routes a table has: a listener carries one of them (3.3 rule 4)."""

    http: bool
    tcp: bool
    tls: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing to carry."""
        return not (self.http or self.tcp or self.tls)

    def carried(self, listener: Listener) -> bool:
        """Whether a listener carries any of them."""
        if listener.protocol in (Protocol.HTTP, Protocol.HTTPS):
            return self.http
        wanted = carried(listener)
        return (self.tcp and wanted is RouteProtocol.TCP) or (self.tls and wanted is RouteProtocol.TLS)


def sections(context: CheckContext, host: VirtualHost) -> Sections:
    """Which kinds of routes are written."""
    return Sections(*(bool(context.written(host.origin / name)) for name in ("http", "tcp", "tls")))


def means(parent: GatewayRef, gateway: ObjectRef) -> bool:
    """Whether an entry of a host names a gateway; one that does not say where it is may be anywhere (DEC-25)."""
    named = (parent.namespace, parent.name) == (gateway.namespace, gateway.name)
    return named and (parent.cluster in ("", gateway.cluster) or not gateway.cluster)


def admits(gateway: VirtualGateway, host: VirtualHost, carries: Sections, tenancy: Tenancy) -> bool:
    """Whether any listener serves any domain of a host that it may use."""
    return any(
        carries.carried(listener) and admitted(host, listener, gateway.ref, tenancy) for listener in gateway.listeners
    )


def refusals(gateway: VirtualGateway, carries: Sections) -> Iterator[Refusal]:
    """What each listener wants of hosts, and where it says so."""
    for place, listener in enumerate(gateway.listeners, 1):
        name = listener_words(listener, place)
        if not carries.carried(listener):
            yield f"{name} speaks {listener.protocol.value}, which carries no routes of this table", listener.origin
            continue
        for entry in listener.allows:
            yield f"{name} admits {allowance_words(entry)}", entry.origin


def listener_words(listener: Listener, place: int) -> str:
    """A listener: its place from 1, and its port as it is written."""
    port = listener.port or listener.name
    return f"listener {place} (port {port})" if port else f"listener {place}"


def allowance_words(entry: Allowance) -> str:
    """Which hosts an entry of `allowedRouteTables` wants."""
    parts = [entry.domain or "no domain, since the entry has no host"]
    selector = entry.selector
    if entry.namespace != "*":
        parts.append(f"from namespace {entry.namespace}")
    if entry.own_workspace:
        parts.append("from its own workspace")
    if selector is None:
        return " ".join(parts)
    wanted = (
        ("called", selector.name),
        ("in namespace", " or ".join(sorted(selector.namespaces or ()))),
        ("with label", " and ".join(map(condition, selector.requirements))),
        ("of workspace", selector.workspace),
    )
    return " ".join((*parts, *(f"{word} {value}" for word, value in wanted if value)))


def summed_up(refused: list[Refusal]) -> str:
    """The first conditions of several, in words."""
    said = list(dict.fromkeys(text for text, _ in refused))
    more = len(said) - MOST_SAID
    return "; ".join((*said[:MOST_SAID], *([f"and {more} more"] if more > 0 else [])))


def notes(refused: list[Refusal]) -> tuple[Note, ...]:
    """Where the conditions are written."""
    return tuple(Note("does not admit it", at) for _, at in refused[:MOST_RELATED])

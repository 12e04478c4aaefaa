"""Words for the routes of whole connections, which are no host's (`spec/v2.md` 4.6, `spec/v1beta1.md` D-2)."""

from __future__ import annotations

from kubectl_gmg.model.conventions import Connections
from kubectl_gmg.model.match import RouteProtocol
from kubectl_gmg.model.resolved import Gateway, Host


def kind_of(host: Host) -> str:
    """What the routes of a host are for: `host`, or the connections that they take."""
    protocol = host.protocol
    return "host" if protocol is RouteProtocol.HTTP else f"{protocol.upper()} connections"


def asked_for(host: Host) -> str:
    """What clients ask for; nothing where they only connect to a port."""
    return "" if host.protocol is RouteProtocol.TCP else ", ".join(host.domains) or "no domain left"


def precedence(host: Host, gateway: Gateway, count: int) -> str:
    """Which of several routes gets a request or a connection."""
    if count < 2:
        return ""
    if host.protocol is RouteProtocol.HTTP:
        return ", first match wins"
    if gateway.conventions.connections is Connections.LISTED:
        return ", which share the connections"
    named = host.protocol is RouteProtocol.TLS
    return ", the most specific server name wins" if named else ", the first gets every connection"


def why_dropped(host: Host) -> str:
    """Why the product drops a route."""
    taken = host.protocol is RouteProtocol.TLS
    return "dropped, an earlier route has its server name" if taken else "dropped behind a catch-all"

"""Which listeners a request can come in by (`spec/cli.md` 6.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from kubectl_gmg.errors import NotFoundError
from kubectl_gmg.matching.host import DomainTable, lookup_name
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Gateway, Host, HostState, Resolved, ResolvedListener

FITTING = {
    "http": (Protocol.HTTP,),
    "https": (Protocol.HTTPS, Protocol.TLS),
    "tcp": (Protocol.TCP,),
}


@dataclass(frozen=True, slots=True, eq=False)
class EntryPoint:
    """A listener of a gateway."""

    gateway: Gateway
    listener: ResolvedListener


def served_by(listener: ResolvedListener) -> Iterator[Host]:
    """The hosts that exist for a listener."""
    return (host for host in listener.hosts if host.state is HostState.SERVED)


def domains_of(listener: ResolvedListener) -> DomainTable[Host]:
    """Which host a listener picks for a name."""
    return DomainTable((name, host) for host in served_by(listener) for name in host.domains)


def has_chain(listener: ResolvedListener, sni: str | None) -> bool:
    """Whether a listener has a TLS chain for a server name; one without names has (`spec/envoy.md` 67)."""
    names = listener.declared.server_names
    if not names:
        return True
    return sni is not None and DomainTable((name, True) for name in names).choose(sni) is not None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What limits the entry points: a listener by name or port, and the port of the URL."""

    listener: str | None = None
    url_port: int | None = None


def entry_points(resolved: Resolved, scheme: str, narrowing: Narrowing) -> tuple[tuple[EntryPoint, ...], str]:
    """The listeners that speak the scheme, and a remark if the URL's port had to be ignored.

    Raises `NotFoundError` if no listener has the wanted name or port.
    """
    every = tuple(EntryPoint(gateway, each) for gateway in resolved.gateways for each in gateway.listeners)
    if narrowing.listener is not None:
        every = named(every, narrowing.listener)
    fitting = tuple(each for each in every if each.listener.declared.protocol in FITTING.get(scheme, ()))
    if narrowing.url_port is None or not fitting:
        return fitting, ""
    for ports in (own_port, outside_ports):
        if on_port := tuple(each for each in fitting if narrowing.url_port in ports(each.listener)):
            return on_port, ""
    return fitting, f"no listener is known to have port {narrowing.url_port}; the port was ignored"


def own_port(listener: ResolvedListener) -> Collection[int | None]:
    """The port that a listener has."""
    return (listener.port,)


def outside_ports(listener: ResolvedListener) -> Collection[int | None]:
    """The ports that lead to a listener from outside of its clusters, such as those of nodes."""
    return {each.port for each in listener.addresses}


def named(points: tuple[EntryPoint, ...], wanted: str) -> tuple[EntryPoint, ...]:
    """The listeners of that name, or port if it is a number."""
    found = tuple(each for each in points if wanted in (each.listener.declared.name, str(each.listener.port or "")))
    if found:
        return found
    known = sorted({each.listener.declared.name or str(each.listener.port) for each in points})
    known_ports = all(each.listener.port for each in points)
    said = "" if known_ports or not wanted.isdigit() else ", as far as ports are known"
    raise NotFoundError(f"no listener is called {wanted}{said}", "use one of the candidates", candidates=tuple(known))


def server_name(request: Request) -> str | None:
    """The SNI of a request: given, else its host without port; clients send none for an address."""
    name = request.sni or lookup_name(request.host or "")
    return name if name and not is_address(name) else None


def is_address(host: str) -> bool:
    """Whether a host is an address of IPv4 or IPv6 and no name."""
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True

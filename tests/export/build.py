"""Resolved routing, built by hand."""

from __future__ import annotations

from kubectl_gmg.export.envoy import Bootstrap, bootstrap
from kubectl_gmg.model.action import (
    Destination,
    DestinationKind,
    DirectResponse,
    FinalAction,
    ForwardTo,
    Found,
    Options,
    ResolvedDestination,
)
from kubectl_gmg.model.declared import Listener, Protocol, Realm, VirtualGateway, VirtualHost
from kubectl_gmg.model.inventory import Inventory
from kubectl_gmg.model.match import EVERYTHING, RouteMatch
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Gateway, Host, Resolved, ResolvedListener, Route, Terminal

NOWHERE = Origin(ObjectRef("ns", "written", "VirtualHost", "v1beta1"))
EMPTY = Inventory()
ROOT = VirtualHost(NOWHERE, "host", ("*",), ())
OK = DirectResponse(200, "ok")


def route(action: FinalAction = OK, match: RouteMatch = EVERYTHING, index: int = 1) -> Route:
    return Route(Terminal((), (), (match,), Options()), match, action, 1, 1, index, ROOT)


def forward(*destinations: Destination) -> ForwardTo:
    return ForwardTo(destinations or (service("reviews"),))


def service(
    name: str,
    *,
    port: int | None = None,
    port_name: str | None = None,
    subset: tuple[tuple[str, str], ...] = (),
    weight: int | None = None,
) -> Destination:
    return Destination(NOWHERE, DestinationKind.SERVICE, name, "shop", "c1", port, port_name, subset, weight)


def host(*routes: Route, domains: tuple[str, ...] = ("*",)) -> Host:
    return Host(VirtualHost(NOWHERE, "host", domains, ()), domains, routes, ())


def listener(
    *hosts: Host, port: int | None = 8080, protocol: Protocol = Protocol.HTTP, https_redirect: bool = False
) -> ResolvedListener:
    declared = Listener(NOWHERE, "http2", protocol, https_redirect=https_redirect)
    return ResolvedListener(declared, 1, port, hosts)


def gateway(*listeners: ResolvedListener, name: str = "edge", inventory: Inventory = EMPTY) -> Gateway:
    ref = ObjectRef("ns", name, "VirtualGateway", "v1beta1")
    return Gateway(
        VirtualGateway(ref, tuple(each.declared for each in listeners)), listeners, realm=Realm(inventory=inventory)
    )


def exported(
    *gateways: Gateway,
    found: Found = Found.FOUND,
    upstreams: dict[str, tuple[str, int]] | None = None,
) -> Bootstrap:
    """An export whose destinations share the traffic evenly, each under its name within the cluster."""

    def destinations(_gateway: Gateway, route: Route) -> tuple[ResolvedDestination, ...]:
        assert isinstance(route.action, ForwardTo)
        declared = route.action.destinations
        return tuple(ResolvedDestination(each, 1 / len(declared), address_of(each), found) for each in declared)

    def name(_gateway: Gateway, _host: Host, route: Route) -> str:
        return f"route-{route.index}"

    return bootstrap(Resolved(gateways, (), ()), destinations, name, upstreams or {})


def address_of(destination: Destination) -> str | None:
    if destination.kind is not DestinationKind.SERVICE:
        return None
    return f"{destination.name}.{destination.namespace}.svc.cluster.local"

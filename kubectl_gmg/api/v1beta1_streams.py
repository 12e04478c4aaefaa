"""Handlers for plain connections, whose destinations are listed only (`spec/v1beta1.md` 2.1, D-2)."""

from __future__ import annotations

from kubectl_gmg.api.common import PORTS, UINT32, number_in, route_rules
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading
from kubectl_gmg.model.action import Action, Destination, DestinationKind, ForwardTo, Invalid
from kubectl_gmg.model.declared import RouteRule, VirtualHost
from kubectl_gmg.model.match import ConnectionMatch, RouteProtocol
from kubectl_gmg.model.naming import encoded

KINDS = {
    "kube": DestinationKind.SERVICE,
    "virtual": DestinationKind.VIRTUAL_DESTINATION,
    "static": DestinationKind.STATIC,
    "forwardSniClusterName": DestinationKind.CLUSTER_HEADER,
}
"""What a destination may be; that the server name says where to go is nearest to a header that does."""
SERVER_NAME = "SNI"


def tcp_handler(reading: Reading, tcp: Field, names: tuple[str, ...]) -> VirtualHost:
    """The destinations of a handler as rules; `names` are the server names by which TLS is passed on."""
    tcp.opaque()
    protocol = RouteProtocol.TLS if names else RouteProtocol.TCP
    match = ConnectionMatch(protocol, names)
    return VirtualHost(
        origin=tcp.origin,
        segment=f"{encoded(reading.ref.name)}~tcp",
        domains=names,
        rules=(),
        inline=True,
        streams=route_rules(tcp["tcpHosts"], lambda field, segment: tcp_host(field, segment, match)),
    )


def tcp_host(field: Field, segment: str, match: ConnectionMatch) -> RouteRule:
    """One destination with its name, which is unique within the handler."""
    return RouteRule(
        origin=field.origin,
        name=field.text_of("name"),
        segment=segment,
        matches=(),
        action=tcp_action(field["destination"]),
        action_field="destination",
        connections=(match,),
    )


def tcp_action(field: Field) -> Action:
    """Where connections go."""
    kind = field.one_of(*KINDS)
    if kind is None:
        field.problem("GMG410", f"the destination names nothing: it needs one of {', '.join(KINDS)}")
        return Invalid(("GMG410",))
    target = field[kind]
    by_server_name = kind == "forwardSniClusterName"
    return ForwardTo(
        (
            Destination(
                origin=field.origin,
                kind=KINDS[kind],
                name=SERVER_NAME if by_server_name else target.text_of("name"),
                namespace="" if by_server_name else target.text_of("namespace"),
                cluster=target.text_of("clusterName") if kind == "kube" else "",
                port=number_in(target, "port", PORTS) if kind == "kube" else None,
                weight=number_in(field, "weight", UINT32),
            ),
        )
    )

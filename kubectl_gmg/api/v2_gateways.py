"""Gateways of the second generation, and what their listeners let in (`spec/v2.md` 3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from enum import StrEnum

from kubectl_gmg.api.common import created_of, labels_of
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading
from kubectl_gmg.api.tls import TlsMode, TlsVersion
from kubectl_gmg.api.v2_selectors import function_filters, gateway_workloads, object_selector, port_selector
from kubectl_gmg.model.declared import Allowance, Listener, ListenerServices, Protocol, VirtualGateway
from kubectl_gmg.model.finding import Note
from kubectl_gmg.model.origin import Origin

HTTP_PROTOCOLS = frozenset({"GRPC", "GRPC-WEB", "HTTP", "HTTP_PROXY", "HTTP2"})
TCP_PROTOCOLS = frozenset({"TCP", "MONGO", "REDIS", "MYSQL"})
APP_PROTOCOLS = HTTP_PROTOCOLS | TCP_PROTOCOLS | {"HTTPS", "TLS"}
FITTING = {
    Protocol.HTTP: HTTP_PROTOCOLS,
    Protocol.HTTPS: frozenset({"HTTPS"}),
    Protocol.TCP: TCP_PROTOCOLS,
    Protocol.TLS: frozenset({"TLS"}),
}
"""What `appProtocol` may be on a listener (3.2 rule 2)."""

CARRYING = {
    Protocol.HTTP: "with http and without tls",
    Protocol.HTTPS: "with http and tls",
    Protocol.TCP: "without http and tls",
    Protocol.TLS: "with tls and without http",
}
"""How a listener is written that speaks a protocol."""


OLD_VERSIONS = (TlsVersion.TLS_1_0, TlsVersion.TLS_1_1)


FILES = {
    TlsMode.SIMPLE: ("serverCert", "privateKey"),
    TlsMode.MUTUAL: ("serverCert", "privateKey", "caCerts"),
}
"""The files a mode needs where it has no secret (3.2 rule 4)."""


class WorkloadKind(StrEnum):
    """What runs a workload."""

    KUBE = "KUBE"
    VM = "VM"


def virtual_gateway(reading: Reading) -> VirtualGateway:
    """Section 3.1."""
    services = gateway_services(reading.spec)
    fields = reading.spec.items_of("listeners")
    listeners = tuple([listener(field, reading.ref.namespace, services) for field in fields])
    note_clashes(fields)
    return VirtualGateway(
        ref=reading.ref,
        listeners=listeners,
        labels=labels_of(reading.metadata),
        created=created_of(reading.metadata),
    )


def gateway_services(spec: Field) -> tuple[ListenerServices, ...]:
    """Which gateways are meant: all of them without `workloads`; an entry without a selector means none."""
    workloads = spec["workloads"]
    if not workloads.present:
        return (ListenerServices(workloads.origin),)
    found = []
    for entry in workloads:
        entry["kind"].choice(WorkloadKind, WorkloadKind.KUBE)
        port_selector(entry["port"])
        if entry["selector"].present:
            found.append(ListenerServices(entry.origin, gateway_workloads(entry["selector"])))
    return tuple(found)


def listener(field: Field, namespace: str, services: tuple[ListenerServices, ...]) -> Listener:
    """One port of a gateway; without `http` it carries TCP."""
    note_port(field)
    number, name = port_selector(field["port"])
    allows = tuple([allowance(entry, namespace) for entry in field.items_of("allowedRouteTables")])
    exposed = tuple(map(exposure, field["exposedExternalServices"]))
    protocol = protocol_of(field)
    note_protocol(field, protocol)
    note_redirect(field)
    return Listener(
        origin=field.origin,
        name=name,
        protocol=protocol,
        mode=tls_mode(field["tls"]),
        services=services,
        server_names=server_names(each.domain for each in (*allows, *exposed)) if field["tls"].present else (),
        https_redirect=field.boolean_of("httpsRedirect"),
        allows=allows,
        port=number,
        exposes=exposed,
    )


def exposure(entry: Field) -> Allowance:
    """External services that a listener is for, by a host without the namespace it may begin with, and by selector."""
    selector = object_selector(entry["selector"])
    host = entry.text_of("host").rpartition("/")[2]
    return Allowance(entry.origin, host, selector=selector if entry["selector"].present else None)


def server_names(hosts: Iterable[str]) -> tuple[str, ...]:
    """The names that a TLS handshake may ask a server of these hosts for; none at all mean any (3.2 rule 7)."""
    spelling: dict[str, str] = {}
    for host in hosts:
        spelling.setdefault(host.lower(), host)
    return () if "*" in spelling else tuple(host for host in spelling.values() if host)


def note_port(field: Field) -> None:
    """Section 3.2 rule 1; what is no object at all is noted as such."""
    port = field["port"]
    if not field.present or not isinstance(port.value, dict | None):
        return
    if not port.named("number") and not port.text_of("name"):
        (port if port.present else field).problem(
            "GMG120", f"{title(field)} has neither the number nor the name of a port"
        )


def title(field: Field) -> str:
    """What people call a listener: they count from 1."""
    return f"listener {int(field.name or 0) + 1}"


def protocol_of(field: Field) -> Protocol:
    """What the listener speaks, which `appProtocol` cannot change."""
    encrypted = field["tls"].present
    for kind in ("http", "tcp"):
        field[kind].named()  # an object without fields
    if field.one_of("http", "tcp") == "http":
        return Protocol.HTTPS if encrypted else Protocol.HTTP
    return Protocol.TLS if encrypted else Protocol.TCP


def note_protocol(field: Field, protocol: Protocol) -> None:
    """Section 3.2 rule 2."""
    written = field.text_of("appProtocol")
    if not written or written.upper() in FITTING[protocol]:
        return
    known = ", ".join(sorted(FITTING[protocol]))
    if written.upper() not in APP_PROTOCOLS:
        field["appProtocol"].problem("GMG121", f"appProtocol is {written}, which nobody knows; here it may be {known}")
    elif not is_both(field):
        why = f"{title(field)}, {CARRYING[protocol]}, may only speak {known}"
        field["appProtocol"].problem("GMG121", f"appProtocol is {written}, but {why}")


def is_both(field: Field) -> bool:
    """Whether a listener is said to be of two kinds, which is noted where its protocol is read."""
    return len(field.named("http", "tcp")) > 1


def note_redirect(field: Field) -> None:
    """Section 3.2 rule 3."""
    if not field.boolean_of("httpsRedirect"):
        return
    redirect, which = field["httpsRedirect"], title(field)
    if not field.named("http"):
        redirect.problem(
            "GMG122", f"{which} is set to redirect to https, but without http it has no requests to redirect"
        )
    elif field["tls"].present:
        redirect.problem("GMG122", f"{which} is set to redirect to https, but it has tls, so its requests are https")


def tls_mode(tls: Field) -> str | None:
    """What is done with TLS; None without any, or if nobody knows the mode."""
    if not tls.present:
        return None
    mode = tls["mode"].choice(TlsMode, TlsMode.PASSTHROUGH)
    tls["verifySubjectAltName"].texts()
    note_certificate(tls, mode)
    note_versions(tls["parameters"])
    return mode


def note_certificate(tls: Field, mode: TlsMode | None) -> None:
    """Section 3.2 rule 4."""
    tls.one_of("secretName", "files")
    files = tls["files"]
    given = files.named("serverCert", "privateKey", "caCerts")
    for name in given:
        files.text_of(name)
    secret = tls.text_of("secretName")
    if mode is TlsMode.ISTIO_MUTUAL and (secret or given):
        tls.problem("GMG109", "ISTIO_MUTUAL has its own certificate; secretName and files are not allowed")
    needed = FILES.get(mode, ()) if mode else ()
    if not secret and not set(needed) <= set(given):
        tls.problem("GMG109", f"{mode} needs secretName, or the files {', '.join(needed)}")


def note_versions(parameters: Field) -> None:
    """Section 3.2 rule 5."""
    parameters["maximumProtocolVersion"].choice(TlsVersion, TlsVersion.TLS_AUTO)
    minimum = parameters["minimumProtocolVersion"].choice(TlsVersion, TlsVersion.TLS_1_2)
    ciphers = parameters["cipherSuites"].texts()
    if minimum in OLD_VERSIONS and not ciphers:
        said = f"minimumProtocolVersion is {minimum}, which needs a list of cipherSuites"
        parameters.problem("GMG123", said)


def allowance(entry: Field, namespace: str) -> Allowance:
    """Which hosts may name the listener (3.1): `[NAMESPACE/]DOMAIN`, where `.` is the gateway's own namespace."""
    prefix, _, domain = entry.text_of("host").rpartition("/")
    selector = entry["selector"]
    return Allowance(
        origin=entry.origin,
        domain=domain,
        namespace=namespace if prefix == "." else prefix or "*",
        selector=object_selector(selector) if selector.present else None,
        own_workspace=selector.value == {},
        functions=function_filters(entry["allowedRoutes"]),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Claims:
    """What the listeners so far have: their protocol by port, and who has a port, a protocol and a first host."""

    protocols: dict[object, tuple[str, Origin]] = dataclasses.field(default_factory=dict)
    listeners: dict[object, Origin] = dataclasses.field(default_factory=dict)


def note_clashes(listeners: tuple[Field, ...]) -> None:
    """Section 3.2 rules 6 and 7: what the listeners of one port must, and must not, have alike.

    A listener whose port or protocol is wrong anyway takes no part.
    """
    claims = Claims()
    for listener in listeners:
        number, name = port_selector(listener["port"])
        protocol = spoken(listener)
        if protocol and (number or name):
            note_disagreement(listener, number or name, protocol, claims)
            note_clash(listener, number or name, protocol, claims)


def note_disagreement(listener: Field, port: int | str | None, protocol: str, claims: Claims) -> None:
    """Section 3.2 rule 6."""
    other, first = claims.protocols.setdefault(port, (protocol, listener.origin))
    if other != protocol:
        written = listener["appProtocol"]
        said = f"{title(listener)} speaks {protocol}, but an earlier listener of port {port} speaks {other}"
        (written if written.present else listener).problem("GMG124", said, Note(f"speaks {other}", first))


def note_clash(listener: Field, port: int | str | None, protocol: str, claims: Claims) -> None:
    """Section 3.2 rule 7."""
    host = first_host(listener)
    first = claims.listeners.setdefault((port, protocol, host.lower()), listener.origin)
    if host and first != listener.origin:
        said = f"{title(listener)} has port {port}, {protocol} and the first host {host}, as an earlier listener has"
        listener.problem("GMG125", said, Note("is the same", first))


def spoken(listener: Field) -> str:
    """The protocol of a listener, written or not; empty for one that makes no sense."""
    protocol, written = protocol_of(listener), listener.text_of("appProtocol").upper()
    if is_both(listener) or (written and written not in FITTING[protocol]):
        return ""
    return written or protocol.value


def first_host(field: Field) -> str:
    """What tells listeners of one port apart (3.2 rule 7); raw values, since the entries are read elsewhere.

    Empty where the first entry has none.
    """
    for name in ("allowedRouteTables", "exposedExternalServices"):
        for entry in field.items_of(name):
            return str(entry.value.get("host") or "") if isinstance(entry.value, dict) else ""
    return "*"

"""Gateways of the second generation, and what their listeners let in (`spec/v2.md` 3)."""

from __future__ import annotations

from enum import StrEnum

from kubectl_gmg.api.common import created_of, labels_of
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.reading import Reading
from kubectl_gmg.api.v2_selectors import gateway_workloads, object_selector, port_selector
from kubectl_gmg.model.declared import Allowance, Listener, ListenerServices, Protocol, VirtualGateway

HTTP_PROTOCOLS = frozenset({"GRPC", "GRPC-WEB", "HTTP", "HTTP_PROXY", "HTTP2"})
TCP_PROTOCOLS = frozenset({"TCP", "MONGO", "REDIS", "MYSQL"})
FITTING = {
    Protocol.HTTP: HTTP_PROTOCOLS,
    Protocol.HTTPS: frozenset({"HTTPS"}),
    Protocol.TCP: TCP_PROTOCOLS,
    Protocol.TLS: frozenset({"TLS"}),
}
"""What `appProtocol` may be on a listener (3.2 rule 2)."""

OLD_VERSIONS = ("TLSv1_0", "TLSv1_1")


class TlsMode(StrEnum):
    """What a listener does with TLS."""

    PASSTHROUGH = "PASSTHROUGH"
    SIMPLE = "SIMPLE"
    MUTUAL = "MUTUAL"
    AUTO_PASSTHROUGH = "AUTO_PASSTHROUGH"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"


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
        entry["port"].opaque()
        if entry["selector"].present:
            found.append(ListenerServices(entry.origin, gateway_workloads(entry["selector"])))
    return tuple(found)


def listener(field: Field, namespace: str, services: tuple[ListenerServices, ...]) -> Listener:
    """One port of a gateway; without `http` it carries TCP."""
    number, name = port_selector(field["port"])
    if not field["port"].named("number", "name"):
        field.problem("GMG120", "a listener needs the number or the name of a port")
    field["exposedExternalServices"].opaque()
    protocol = protocol_of(field)
    note_protocol(field, protocol)
    note_redirect(field)
    return Listener(
        origin=field.origin,
        name=name,
        protocol=protocol,
        mode=tls_mode(field["tls"]),
        services=services,
        https_redirect=field.boolean_of("httpsRedirect"),
        allows=tuple([allowance(entry, namespace) for entry in field.items_of("allowedRouteTables")]),
        port=number,
    )


def protocol_of(field: Field) -> Protocol:
    """What the listener speaks, which `appProtocol` cannot change."""
    encrypted = field["tls"].present
    if field.one_of("http", "tcp") == "http":
        return Protocol.HTTPS if encrypted else Protocol.HTTP
    return Protocol.TLS if encrypted else Protocol.TCP


def note_protocol(field: Field, protocol: Protocol) -> None:
    """Section 3.2 rule 2."""
    written = field.text_of("appProtocol")
    if written and written.upper() not in FITTING[protocol]:
        known = ", ".join(sorted(FITTING[protocol]))
        field["appProtocol"].problem("GMG121", f"appProtocol of this {protocol} listener must be one of {known}")


def note_redirect(field: Field) -> None:
    """Section 3.2 rule 3."""
    if field.boolean_of("httpsRedirect") and (field["tls"].present or not field.named("http")):
        field["httpsRedirect"].problem("GMG122", "httpsRedirect is for HTTP listeners without tls")


def tls_mode(tls: Field) -> str | None:
    """What is done with TLS; None without any, or if nobody knows the mode."""
    if not tls.present:
        return None
    mode = tls["mode"].choice(TlsMode, TlsMode.PASSTHROUGH)
    tls["verifySubjectAltName"].opaque()
    note_certificate(tls, mode)
    note_versions(tls["parameters"])
    return mode


def note_certificate(tls: Field, mode: TlsMode | None) -> None:
    """Section 3.2 rule 4."""
    tls.one_of("secretName", "files")
    files = tls["files"]
    given = files.named("serverCert", "privateKey", "caCerts")
    secret = tls.text_of("secretName")
    if mode is TlsMode.ISTIO_MUTUAL and (secret or given):
        tls.problem("GMG109", "ISTIO_MUTUAL has its own certificate; secretName and files are not allowed")
    needed = FILES.get(mode, ()) if mode else ()
    if not secret and not set(needed) <= set(given):
        tls.problem("GMG109", f"{mode} needs secretName, or the files {', '.join(needed)}")


def note_versions(parameters: Field) -> None:
    """Section 3.2 rule 5."""
    parameters.text_of("maximumProtocolVersion")
    ciphers = parameters["cipherSuites"].texts()
    if parameters.text_of("minimumProtocolVersion") in OLD_VERSIONS and not ciphers:
        parameters.problem("GMG123", "TLS 1.0 and 1.1 need cipherSuites")


def allowance(entry: Field, namespace: str) -> Allowance:
    """Which hosts may name the listener (3.1): `[NAMESPACE/]DOMAIN`, where `.` is the gateway's own namespace."""
    entry["allowedRoutes"].opaque()
    prefix, _, domain = entry.text_of("host").rpartition("/")
    selector = entry["selector"]
    return Allowance(
        origin=entry.origin,
        domain=domain,
        namespace=namespace if prefix == "." else prefix or "*",
        selector=object_selector(selector) if selector.present else None,
        own_workspace=selector.value == {},
    )


def note_clashes(listeners: tuple[Field, ...]) -> None:
    """Section 3.2 rules 6 and 7: what the listeners of one port must, and must not, have alike."""
    protocols: dict[tuple[int | None, str | None], str] = {}
    claims: set[tuple[object, ...]] = set()
    for field in listeners:
        port = port_selector(field["port"])
        if port == (None, None):
            continue
        protocol = field.text_of("appProtocol").upper() or protocol_of(field).value
        claim = (port, protocol, first_host(field))
        if protocols.setdefault(port, protocol) != protocol:
            field.problem("GMG124", f"an earlier listener of this port speaks {protocols[port]}, not {protocol}")
        if claim in claims:
            field.problem("GMG125", "an earlier listener has this port, protocol and first host")
        claims.add(claim)


def first_host(field: Field) -> str:
    """What tells listeners of one port apart (3.2 rule 7); raw values, since the entries are read elsewhere."""
    for name in ("allowedRouteTables", "exposedExternalServices"):
        for entry in field.items_of(name):
            return str(entry.value.get("host")) if isinstance(entry.value, dict) else "*"
    return "*"

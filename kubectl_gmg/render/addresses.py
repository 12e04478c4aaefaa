"""Where a gateway is really reached: in words, and as a command to paste.

The command says what curl itself needs, so that the gateway gets the request that was simulated: which address stands
for the host (`--resolve`, `--connect-to`), and what curl would otherwise change on its way.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from itertools import chain

from kubectl_gmg.model.inventory import Address, Exposure
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import ResolvedListener
from kubectl_gmg.render.page import Line, Span, line, terminal_width
from kubectl_gmg.views import Look

ADDRESS, CALL = "address  ", "call     "
NODE = "<node>"
"""Stands for the address of any node, which nobody has read."""
DEFAULT_PORTS = {"http": 80, "https": 443}
GLOBBED = frozenset("[]{}")
"""What curl would take for a pattern of URLs."""

Words = list[tuple[str, ...]]
"""A command, with what belongs together in one piece."""


def address_lines(listeners: Iterable[ResolvedListener]) -> list[Line]:
    """The addresses of all listeners, each once, with all its ports."""
    ports: dict[tuple[Exposure, str | None, ObjectRef], dict[int, None]] = {}
    for address in chain.from_iterable(listener.addresses for listener in listeners):
        ports.setdefault((address.exposure, address.host, address.service), {})[address.port] = None
    return [
        line(
            ADDRESS,
            f"{place_text(host, exposure, list(found))} ({exposure.value} {service_text(ref)})",
            hang=" " * len(ADDRESS),
        )
        for (exposure, host, ref), found in ports.items()
    ]


def service_text(ref: ObjectRef) -> str:
    """A Service as `NAME.NAMESPACE[.CLUSTER]`."""
    return ".".join(part for part in (ref.name, ref.namespace, ref.cluster) if part)


def place_text(host: str | None, exposure: Exposure, ports: list[int]) -> str:
    """A host and its ports; what stands in for a host that is not known is said."""
    if host is None and exposure is not Exposure.NODE_PORT:
        return f"pending, {'port' if len(ports) == 1 else 'ports'} {', '.join(map(str, ports))}"
    listed = " ".join(f":{port}" for port in ports)
    return f"{NODE}{listed}, any node" if host is None else f"{bracketed(host)}{listed}"


def bracketed(host: str) -> str:
    """A host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def is_ip(host: str) -> bool:
    """Whether this is an IP address, not a name."""
    return ":" in host or host.replace(".", "").isdigit()


def call_lines(request: Request, listener: ResolvedListener | None, look: Look) -> list[Line]:
    """The command that would send the request; on a terminal in lines that fit, which a shell reads as one."""
    words = call_words(request, listener)
    if not words:
        return []
    width = terminal_width(look)
    lines = folded([shlex.join(each) for each in words], width and width - len(CALL))
    heads = (CALL, *[" " * len(CALL)] * len(lines))
    return [Line((Span(head), Span(each, "green")), whole=True) for head, each in zip(heads, lines, strict=False)]


def folded(parts: list[str], room: int | None) -> list[str]:
    """The parts in lines of so many letters where they can be, each but the last with what continues it."""
    lines = [parts[0]]
    for part in parts[1:]:
        if room is not None and len(lines[-1]) + len(part) + len("  \\") > room:
            lines[-1] += " \\"
            lines.append(part)
        else:
            lines[-1] += f" {part}"
    return lines


def call_text(request: Request, listener: ResolvedListener | None) -> str | None:
    """The command that would send the request, on one line; None where the address is not known."""
    words = call_words(request, listener)
    return shlex.join(word for each in words for word in each) if words else None


def call_words(request: Request, listener: ResolvedListener | None) -> Words:
    """The command that would send the request; empty where the address is not known, or curl could not send it."""
    address = to_call(listener.addresses if listener else (), request.port)
    if address is None or request.scheme not in DEFAULT_PORTS or not sendable(request):
        return []
    host, port = split_host(request.sni or "") if is_other_name(request) else split_host(request.host or "")
    if host:
        url = f"{request.scheme}://{host}{'' if port is None else f':{port}'}{request.path}"
        sent = host if port in (None, DEFAULT_PORTS[request.scheme]) else f"{host}:{port}"
        way = [way_to(address, host, port or DEFAULT_PORTS[request.scheme])]
    elif request.scheme == "http":  # no name that could stand in a URL: the address itself does
        sent, way = "", []
        url = f"http://{bracketed(address.host or NODE)}:{address.port}{request.path}"
    else:
        return []
    return [("curl",), *way, *how(request), *headers(request, sent), (url,)]


def to_call(addresses: tuple[Address, ...], port: int) -> Address | None:
    """The address to use: one that is known rather than any node's, then one with the port that was asked for."""
    usable = (each for each in addresses if each.host is not None or each.exposure is Exposure.NODE_PORT)
    return min(usable, key=lambda each: (each.host is None, each.port != port), default=None)


def sendable(request: Request) -> bool:
    """Whether curl can be made to send just this: a target without what ends one, and no header that names a file."""
    target = request.path
    given = (target, request.host or "", request.sni or "", request.method)
    texts = (*given, *(text for header in request.headers for text in header))
    fits = target.startswith("/") and "#" not in target and not any(map(str.isspace, target))
    return fits and all(map(str.isprintable, texts)) and not any(name.startswith("@") for name, _ in request.headers)


def is_other_name(request: Request) -> bool:
    """Whether the TLS handshake names another server than the Host header: curl takes that name from the URL."""
    return request.scheme == "https" and request.sni not in (None, split_host(request.host or "")[0])


def split_host(text: str) -> tuple[str, int | None]:
    """A name or IPv4 address as a URL may hold it, and its port; an empty name for anything else."""
    name, colon, port = text.partition(":")
    usable = bool(name) and all(part and part.replace("-", "").replace("_", "").isalnum() for part in name.split("."))
    if not (usable and name.isascii()) or name.startswith("-") or (colon and not (port.isascii() and port.isdigit())):
        return "", None
    return name, int(port) if colon else None


def way_to(address: Address, host: str, port: int) -> tuple[str, str]:
    """What makes curl connect to the address in place of the URL's host and port."""
    there = address.host
    if there and is_ip(there) and address.port == port and not is_ip(host):
        return ("--resolve", f"{host}:{port}:{bracketed(there)}")
    return ("--connect-to", f"{host}:{port}:{bracketed(there or NODE)}:{address.port}")


def how(request: Request) -> Words:
    """The method, and what keeps curl from changing or expanding the target."""
    method = {"GET": [], "HEAD": [("--head",)]}.get(request.method, [("-X", request.method)])
    path = request.path.partition("?")[0]
    dots = [("--path-as-is",)] if {".", ".."} & set(path.split("/")) else []
    return [*method, *dots, *([("--globoff",)] if GLOBBED & set(request.path) else [])]


def headers(request: Request, sent: str) -> Words:
    """The headers as asked, with the Host where curl would `sent` another one."""
    wanted = request.host or ""
    host = [("-H", f"Host: {wanted}" if wanted else "Host:")] if wanted != sent else []
    return [*host, *(("-H", f"{name}: {value}" if value else f"{name};") for name, value in request.headers)]

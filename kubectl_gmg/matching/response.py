"""What the proxy answers by itself (`spec/envoy.md` 4, 40 to 52, 65 and 66)."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.matching.rewrite import rewritten, with_query
from kubectl_gmg.model.action import DirectResponse, Redirect
from kubectl_gmg.model.match import RouteMatch

GRPC_STATUS = {400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14}
"""What a status becomes for a gRPC client; any other is 2, unknown."""

BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of the proxy; header names are in lower case, a `body` of `""` is none."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


def not_found(prepared: Prepared) -> Response:
    """No host or no route (`spec/envoy.md` 4)."""
    return local_reply(prepared, 404)


def unavailable(prepared: Prepared) -> Response:
    """The route's destination does not exist (`spec/envoy.md` 60)."""
    return local_reply(prepared, 503)


def upgrade_refused(prepared: Prepared) -> Response | None:
    """The 403 that a matched route, or a host that wants https, gives to an upgrade; None if it is let through.

    Only websockets are; `h2c` alone is ignored (`spec/envoy.md` 66).
    """
    wanted = upgrade(prepared)
    return None if wanted in (None, "websocket", "h2c") else local_reply(prepared, 403)


def upgrade(prepared: Prepared) -> str | None:
    """The protocol that the client asks for, in lower case; None without `connection: upgrade`."""
    tokens = ",".join(prepared.headers.get("connection", ())).lower().split(",")
    if "upgrade" not in (token.strip() for token in tokens) or "upgrade" not in prepared.headers:
        return None
    return ",".join(prepared.headers["upgrade"]).lower()


def https_only(prepared: Prepared) -> Response:
    """A host that wants https sends every request there, port and all (`spec/envoy.md` 65)."""
    place = f"https://{prepared.request.host or ''}{prepared.routed_path}"
    return local_reply(prepared, 301, location=place)


def redirect(match: RouteMatch, action: Redirect, prepared: Prepared) -> Response:
    """The answer of a redirect route."""
    return local_reply(prepared, action.status, location=location(match, action, prepared))


def direct(action: DirectResponse, prepared: Prepared) -> Response:
    """The answer of a direct response; 201 and 3xx name the request's own URL (`spec/envoy.md` 50 to 52)."""
    own = action.status == 201 or 300 <= action.status < 400
    request = prepared.request
    place = f"{request.scheme}://{request.host or ''}{prepared.routed_path}" if own else ""
    return local_reply(prepared, action.status, location=place, body=action.body)


def local_reply(prepared: Prepared, status: int, *, location: str = "", body: str = "") -> Response:
    """An answer that the proxy makes up.

    A gRPC client gets status 200 with a `grpc-status` instead, and the body as `grpc-message` (`spec/envoy.md` 4, 69).
    """
    headers = [("location", location)] if location else []
    is_head = prepared.request.method == "HEAD"
    if prepared.grpc:
        headers += [("content-type", "application/grpc"), ("grpc-status", str(GRPC_STATUS.get(status, 2)))]
        headers += [("grpc-message", percent_encoded(body))] if body and not is_head else []
        return Response(200, tuple(headers))
    headers += [("content-type", "text/plain")] if body else []
    return Response(status, tuple(headers), "" if is_head or status in BODILESS else body)


def percent_encoded(message: str) -> str:
    """A text as gRPC writes it into a header: bytes outside printable ASCII, and `%`, as escapes."""
    encoded = message.encode("utf-8", "replace")
    return "".join(chr(byte) if 0x20 <= byte <= 0x7E and byte != 0x25 else f"%{byte:02X}" for byte in encoded)


def location(match: RouteMatch, action: Redirect, prepared: Prepared) -> str:
    """Where a redirect leads, always absolute (`spec/envoy.md` 40 to 45)."""
    request = prepared.request
    scheme = action.scheme or request.scheme
    host = action.host or kept_host(prepared, scheme, drop_port=action.port is not None)
    port = "" if action.port is None else f":{action.port}"
    return f"{scheme}://{host}{port}{redirect_path(match, action, prepared)}"


def kept_host(prepared: Prepared, scheme: str, *, drop_port: bool) -> str:
    """The host as received; without its port if another one follows, or if it is the default of a scheme that changes.

    The proxy compares the port as text, so `:080` stays (`spec/envoy.md` 43).
    """
    host, old = prepared.request.host or "", prepared.request.scheme
    if host.startswith("["):
        name, bracket, port = host.rpartition("]:")
        name, colon = f"{name}]" if bracket else host, bracket
    else:
        name, colon, port = host.rpartition(":")
    default = scheme != old and (old, port) in (("http", "80"), ("https", "443"))
    return name if colon and (drop_port or default) else host


def redirect_path(match: RouteMatch, action: Redirect, prepared: Prepared) -> str:
    """The path and query of a location; a new path with a query drops the request's (`spec/envoy.md` 41)."""
    path = action.path or rewritten(match, action.prefix, action.regex, prepared)
    if not path.startswith("/"):
        path = f"/{path}"
    if "?" in action.path:
        return path
    return path.partition("?")[0] if action.strip_query else with_query(path, prepared)

"""A request as the routes see it (`spec/envoy.md` 5 and 7 to 12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kubectl_gmg.matching.canonical import Normalization, canonical
from kubectl_gmg.matching.text import folded
from kubectl_gmg.matching.wellformed import malformed, malformed_host, oversized
from kubectl_gmg.model.request import Request

__all__ = ["Normalization", "Prepared", "Refusal", "prepare"]

JOINED = frozenset(
    (
        "accept",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "authorization",
        "cache-control",
        "content-encoding",
        "content-type",
        "expect",
        "grpc-accept-encoding",
        "grpc-timeout",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "origin",
        "pragma",
        "referer",
        "user-agent",
        "via",
        "x-client-trace-id",
        "x-envoy-attempt-count",
        "x-forwarded-host",
        "x-forwarded-port",
    )
)
"""Headers whose lines the proxy joins with commas before any test, empty ones left out (measured on Envoy 1.40)."""

REMOVED = frozenset(
    (
        "keep-alive",
        "proxy-connection",
        "x-envoy-downstream-service-node",
        "x-envoy-expected-rq-timeout-ms",
        "x-envoy-force-trace",
        "x-envoy-hedge-on-per-try-timeout",
        "x-envoy-internal",
        "x-envoy-ip-tags",
        "x-envoy-max-retries",
        "x-envoy-original-host",
        "x-envoy-original-path",
        "x-envoy-original-url",
        "x-envoy-decorator-operation",
        "x-envoy-downstream-service-cluster",
        "x-envoy-retriable-header-names",
        "x-envoy-retriable-status-codes",
        "x-envoy-retry-grpc-on",
        "x-envoy-retry-on",
        "x-envoy-upstream-alt-stat-name",
        "x-envoy-upstream-rq-per-try-timeout-ms",
        "x-envoy-upstream-rq-timeout-alt-response",
        "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-upstream-stream-duration-ms",
        "x-forwarded-client-cert",
    )
)
"""Headers that the proxy takes off before it looks at routes (measured on Envoy 1.40 as a gateway sets it up)."""

OWN = frozenset(("x-envoy-external-address", "x-forwarded-for", "x-request-id"))
"""Headers that every request has when routes are looked at, with a value of the proxy's own (measured as well)."""

PEER = "0.0.0.0"  # noqa: S104 - nothing listens there
"""Stands for the address of the client, which is not known."""

_ABSOLUTE = re.compile(
    r"(?P<scheme>https?)://(?:[^@/?#]*@)?(?P<host>(?:[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)"
    r"(?P<rest>(?:[/?].*)?)",
    re.IGNORECASE,
)
_NO_TEXT = re.compile("[\ud800-\udfff]")

_AUTHORITY = re.compile(r"(?:[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\]):0*[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that the proxy accepts.

    `request` has the host that counts; `path` is normalised and ends before the first `?`, `query` is all after it,
    None if there is none. `headers` holds the values by name in lower case, the pseudo-headers and `host` among them
    (`spec/envoy.md` 22); `parameters` the first value of every query parameter (`spec/envoy.md` 25).
    """

    request: Request
    path: str
    query: str | None
    headers: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, str]

    @property
    def routed_path(self) -> str:
        """The path with its query, as the routes see it."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def routable(self) -> bool:
        """Whether any route can match: `OPTIONS *`, `CONNECT` and a target without path find none, whatever is served.

        The proxy answers 404 to them even where a host wants https (`spec/envoy.md` 12 and 66).
        """
        return self.path.startswith("/") and self.request.method != "CONNECT"

    @property
    def grpc(self) -> bool:
        """Whether the request is gRPC by its content type (`spec/envoy.md` 26)."""
        return _is_grpc(self.headers)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the proxy answers to a request that it does not route."""

    status: int
    reason: str


def prepare(request: Request, normalization: Normalization = Normalization.BASE) -> Prepared | Refusal:
    """The request as routes see it, or why it never gets to them (`spec/envoy.md` 5 and 7 to 12)."""
    placed = _refused_first(request) or _placed(request)
    if isinstance(placed, Refusal):
        return placed
    if oversized(request):
        return Refusal(431, "the request line and headers are too large")
    if request.version != "1.1":
        return Refusal(426, "the proxy wants HTTP/1.1 or HTTP/2")
    host, target = placed
    if host is None:
        return _refused_late(request, "there is no Host header")
    if malformed_host(host):
        return Refusal(400, "the host has characters that no host may have")
    before, mark, query = target.partition("#")[0].partition("?")
    path = canonical(before, normalization) if before.startswith("/") else before
    if path is None:
        return _refused_late(request, "the path has %00")
    return _prepared(request if host == request.host else replace(request, host=host), path, query if mark else None)


def _refused_first(request: Request) -> Refusal | None:
    """What the parser refuses, before anything is asked of the version, size or host."""
    reason = malformed(request)
    return Refusal(400, reason) if reason else None


def _refused_late(request: Request, reason: str) -> Refusal:
    """What is refused after parsing: a gRPC client gets status 200, and the error in a header (`spec/envoy.md` 4)."""
    return Refusal(200 if _is_grpc(_headers(request, "")) else 400, reason)


def _placed(request: Request) -> tuple[str | None, str] | Refusal:
    """The host and the rest of the target: an absolute target brings its own host (`spec/envoy.md` 5)."""
    host = None if request.host is None else request.host.strip(" \t")
    if request.path.startswith("/") and request.method != "CONNECT":
        return host, request.path
    if request.method == "CONNECT":
        return _authority(request)
    if (request.method, request.path) == ("OPTIONS", "*"):
        return host, "*"
    absolute = _ABSOLUTE.fullmatch(request.path)
    if absolute is None or int(absolute["host"].rpartition("]")[2].partition(":")[2] or 0) > 65535:
        return Refusal(400, "the target does not begin with /")
    if absolute["scheme"].lower() == "https" and request.scheme == "http":
        return Refusal(403, "the target asks for https on a plain-text connection")
    return absolute["host"], absolute["rest"] or "/"


def _authority(request: Request) -> tuple[str | None, str] | Refusal:
    """The target of CONNECT names a host and a port only."""
    if not _AUTHORITY.fullmatch(request.path) or int(request.path.rpartition(":")[2]) > 65535:
        return Refusal(400, "the target of CONNECT is not a host and a port")
    return request.path, ""


def _prepared(request: Request, path: str, query: str | None) -> Prepared:
    target = path if query is None else f"{path}?{query}"
    return Prepared(request, path, query, _headers(request, target), _parameters(query))


def _headers(request: Request, target: str) -> dict[str, tuple[str, ...]]:
    """Values by name in lower case, blanks around them dropped, with the pseudo-headers (`spec/envoy.md` 19, 22)."""
    host = request.host or ""
    values: dict[str, tuple[str, ...]] = {}
    for name, value in request.headers:
        key = folded(name)
        values[key] = (*values.get(key, ()), _legible(value).strip(" \t"))
    for key in JOINED.intersection(values):
        values[key] = (",".join(filter(None, values[key])),)
    sent = values.get("x-forwarded-for", ())
    for key in REMOVED.intersection(values):
        del values[key]
    values |= dict.fromkeys(OWN, (PEER,))
    values["x-forwarded-for"] = (",".join((*sent, PEER)),)
    values["x-forwarded-proto"] = (request.scheme,)
    values[":method"] = (request.method,)
    values[":authority"] = values["host"] = (host,)
    values[":path"] = (target,)
    values[":scheme"] = (request.scheme,)
    return values


def _is_grpc(headers: Mapping[str, tuple[str, ...]]) -> bool:
    kind = headers.get("content-type", ("",))[0]
    return kind == "application/grpc" or kind.startswith("application/grpc+")


def _legible(value: str) -> str:
    """A value with a replacement character for every byte that is no UTF-8, which is how RE2 reads such bytes."""
    return value if value.isascii() else _NO_TEXT.sub("\ufffd", value)


def _parameters(query: str | None) -> dict[str, str]:
    """The first value of every parameter, nothing decoded (`spec/envoy.md` 25)."""
    first: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        first.setdefault(name, value)
    return first

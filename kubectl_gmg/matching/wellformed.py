"""What the proxy refuses before it looks for a host (`spec/envoy.md` 5 and 11).

The sets of characters and the limits were measured on Envoy 1.40.
"""

from __future__ import annotations

import re

from kubectl_gmg.model.request import Request

METHODS = frozenset(
    (
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "CONNECT",
        "COPY",
        "LOCK",
        "MKCOL",
        "MOVE",
        "PROPFIND",
        "PROPPATCH",
        "SEARCH",
        "UNLOCK",
        "BIND",
        "REBIND",
        "UNBIND",
        "ACL",
        "REPORT",
        "MKACTIVITY",
        "CHECKOUT",
        "MERGE",
        "NOTIFY",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "PURGE",
        "MKCALENDAR",
        "LINK",
        "UNLINK",
        "SOURCE",
    )
)
"""The methods that the proxy's HTTP/1.1 parser knows."""

HEAD_LIMIT = 60 * 1024
"""The most bytes that the request line and all header lines may have together."""

HEADER_LIMIT = 100
"""The most header lines that a request may have, `Host` included."""

_TARGET = re.compile(r"[!-~]*")
_HOST = re.compile(r"""[^\x00- \x7f-\U0010ffff"#/<>?\\^`{|}]*""")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z|~]+")
_HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


def malformed(request: Request) -> str:
    """Why the request cannot be parsed; `""` if it can. The host is judged later, by `malformed_host`."""
    if request.method not in METHODS:
        return "the method is unknown"
    if not _TARGET.fullmatch(request.path):
        return "the target has blanks, control characters or bytes outside ASCII"
    for name, value in request.headers:
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            return "a header has characters that it may not have"
    return ""


def is_header_name(name: str) -> bool:
    """Whether a header can have that name."""
    return _HEADER_NAME.fullmatch(name) is not None


def malformed_host(host: str) -> bool:
    """Whether the host that counts has characters that no host may have."""
    return _HOST.fullmatch(host) is None


def oversized(request: Request) -> bool:
    """Whether the request's head has too many bytes or too many lines."""
    lines = request.headers if request.host is None else (("Host", request.host), *request.headers)
    start = f"{request.method} {request.path} HTTP/{request.version}\r\n"
    size = len(start) + sum(_size(f"{name}: {value}\r\n") for name, value in lines) + len("\r\n")
    return len(lines) > HEADER_LIMIT or size > HEAD_LIMIT


def _size(line: str) -> int:
    return len(line) if line.isascii() else len(line.encode("utf-8", "surrogatepass"))

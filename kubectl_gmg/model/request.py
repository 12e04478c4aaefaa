"""A request as a client sends it (`spec/cli.md` 6.3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    `host` is the Host header as sent, None if there is none; `port` the port connected to; `path` the target with its
    query; header names are kept as sent and `Host` is not among them. `version` is that of HTTP/1.
    """

    path: str = "/"
    host: str | None = "localhost"
    method: str = "GET"
    scheme: str = "http"
    port: int = 80
    headers: tuple[tuple[str, str], ...] = ()
    sni: str | None = None
    version: str = "1.1"

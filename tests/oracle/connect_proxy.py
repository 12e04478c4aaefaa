"""An HTTP proxy on loopback that lets CONNECT through, or refuses, and remembers who asked for what."""

from __future__ import annotations

import contextlib
import socket
import threading
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self

MAX_HEAD = 1 << 16


class ConnectProxy(ThreadingTCPServer):
    """A context manager. `asked` are the targets of CONNECT, `heads` all that came before the tunnels.

    It answers with `status` and opens a tunnel only for 200: to `leads_to` (HOST:PORT), whatever was asked for, or to
    the target itself.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, status: str = "200 OK", body: bytes = b"", *, leads_to: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.status = status
        self.body = body
        self.leads_to = leads_to
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="connect-proxy")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class _Tunnel(BaseRequestHandler):
    server: ConnectProxy
    request: socket.socket

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < MAX_HEAD:
            more = self.request.recv(1)
            if not more:
                return
            head += more
        self.server.heads.append(head.decode("latin-1"))
        verb, target, _ = self.server.heads[-1].split(" ", 2)
        self.server.asked.append(target if verb == "CONNECT" else f"{verb} {target}")
        refused = not self.server.status.startswith("200")
        length = f"Content-Length: {len(self.server.body)}\r\n" if refused else ""
        self.request.sendall(f"HTTP/1.1 {self.server.status}\r\n{length}\r\n".encode())
        if refused:
            self.request.sendall(self.server.body)
            return
        host, _, port = (self.server.leads_to or target).rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as there:
            back = threading.Thread(target=_pour, args=(there, self.request), daemon=True)
            back.start()
            _pour(self.request, there)
            back.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    """All that comes from `source` goes to `sink`, then its end."""
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)

"""HTTPS on loopback: requests as values, answers as values, and every way an answer can break."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in; header names are in lower case. `connection` numbers the TLS connections from 1."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    connection: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. The six fields before `stream` break it.

    `delay` are seconds before the first byte, `trickle` seconds before each byte of the body, `trickle_head` before
    each byte of what comes before the body. `reset_after` cuts the connection with a TCP reset after so many bytes of
    the body; `missing` leaves out so many bytes at its end and then closes the connection. An `endless` body is sent
    again and again until the client goes.

    A `stream` is sent instead of the body, each of its parts as an HTTP chunk; None in it cuts the connection.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0
    trickle: float = 0
    trickle_head: float = 0
    reset_after: int | None = None
    missing: int = 0
    endless: bool = False
    stream: Iterable[bytes | None] | None = None

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Answer:
        """A body with sorted keys, as the real server writes custom resources."""
        return cls(status, json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n")

    @classmethod
    def text(cls, status: int, body: str) -> Answer:
        """A plain text body."""
        return cls(status, body.encode(), "text/plain; charset=utf-8")


class HttpsServer(ThreadingHTTPServer):
    """Asks `answer` what to send; one thread for each connection.

    `accepted` counts the TLS connections, `endless_bytes` what was sent of endless bodies; `bugs` are exceptions of
    `answer`. Stopping ends the open connections and waits for their threads.
    """

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, answer: Callable[[Call], Answer], tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.tls = tls
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.open: set[socket.socket] = set()
        self.accepted = 0
        self.endless_bytes = 0
        self.bugs: list[BaseException] = []
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="https-server")

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self.thread.start()

    def stop(self) -> None:
        """Stop listening, also in the middle of an answer."""
        self.stopping.set()
        self.shutdown()
        with self.lock:
            for each in self.open:
                _cut(each)
        self.server_close()
        self.thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):  # a client may go at any time
            self.bugs.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpsServer

    def setup(self) -> None:
        """Shake hands here, in the connection's own thread, so that nobody else waits for it."""
        self.request = self.server.tls.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
        with self.server.lock:
            self.server.open.add(self.request)
        if self.server.stopping.is_set():
            _cut(self.request)
        try:
            self.request.do_handshake()
        except (OSError, AttributeError) as gone:  # cut before or while hands were shaken, the TLS state is gone too
            self._close()
            raise ConnectionResetError from gone
        with self.server.lock:
            self.server.accepted += 1
            self.number = self.server.accepted
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self._close()

    def _close(self) -> None:
        with self.server.lock:
            self.server.open.discard(self.request)
        self.request.close()

    def respond(self) -> None:
        """Record the request and answer it."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, target.path, query, headers, self.number)
        answer = self.server.answer(call)
        if answer.delay and self.server.stopping.wait(answer.delay):
            self.close_connection = True
            return
        self._send(_compressed(answer) if "gzip" in headers.get("accept-encoding", "") else answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815 - names of the standard library

    def _send(self, answer: Answer) -> None:
        self._send_head(answer)
        if answer.stream is not None:
            self._send_chunks(answer.stream)
            return
        while answer.endless and not self.server.stopping.is_set():
            self.wfile.write(answer.body)
            self.server.endless_bytes += len(answer.body)
        body = answer.body[: len(answer.body) - answer.missing]
        if answer.reset_after is not None:
            body = body[: answer.reset_after]
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if answer.endless or answer.missing or answer.reset_after is not None:
            self.close_connection = True
        self._write(body, answer.trickle)

    def _send_chunks(self, stream: Iterable[bytes | None]) -> None:
        for part in stream:
            if part is None:
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def _send_head(self, answer: Answer) -> None:
        sent = {"Content-Type": answer.content_type, "Cache-Control": "no-cache, private"}
        if answer.stream is not None:
            sent |= {"Transfer-Encoding": "chunked"}
        else:
            sent |= {"Connection": "close"} if answer.endless else {"Content-Length": str(len(answer.body))}
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (sent | dict(answer.headers)).items()]
        self._write("".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1"), answer.trickle_head)

    def _write(self, body: bytes, trickle: float) -> None:
        if not trickle:
            self.wfile.write(body)
            return
        for byte in body:
            if self.server.stopping.wait(trickle):
                self.close_connection = True
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing goes to stderr."""


def _compressed(answer: Answer) -> Answer:
    """The same with a compressed body; errors travel as they are."""
    if (
        answer.status != 200
        or answer.stream is not None
        or any(name.lower() == "content-encoding" for name, _ in answer.headers)
    ):
        return answer
    body = gzip.compress(answer.body, compresslevel=1, mtime=0)
    return replace(answer, body=body, headers=(*answer.headers, ("Content-Encoding", "gzip")))


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

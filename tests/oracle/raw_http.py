"""A client for HTTP/1 that sends what it is told, byte for byte, and understands just enough of the answer."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import BinaryIO

from kubectl_gmg.model.request import Request

BODILESS = {204, 304}


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; header names are in lower case, in the order they came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def request_bytes(request: Request) -> bytes:
    """The request on the wire; a body is never sent."""
    lines = [f"{request.method} {request.path} HTTP/{request.version}"]
    lines += [] if request.host is None else [f"Host: {request.host}"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines += ["Content-Length: 0"] if request.method in {"POST", "PUT", "PATCH"} else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Connection:
    """A kept-alive connection, opened again whenever the server closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._file: BinaryIO | None = None

    def send(self, request: Request) -> Response:
        """Send one request and read the answer; a connection that went stale is opened once more."""
        stale = self._socket is not None
        try:
            return self._exchange(request)
        except (ConnectionError, EOFError):
            self.close()
            if not stale:
                raise
            return self._exchange(request)

    def close(self) -> None:
        """Close the connection."""
        if self._file is not None:
            self._file.close()
        if self._socket is not None:
            self._socket.close()
        self._socket = self._file = None

    def _exchange(self, request: Request) -> Response:
        if self._socket is None or self._file is None:
            self._socket = socket.create_connection(self._address, timeout=10)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._file = self._socket.makefile("rb")
        self._socket.sendall(request_bytes(request))
        response = read_response(self._file, head=request.method == "HEAD")
        if self._spent(response):
            self.close()
        return response

    def _spent(self, response: Response) -> bool:
        """Whether nothing can follow; Envoy sends the body of a direct response with 204 or 304 all the same."""
        return response.status in {101, *BODILESS} or ("connection", "close") in response.headers


def read_response(file: BinaryIO, *, head: bool) -> Response:
    """One answer; raises `EOFError` if there is none."""
    line = file.readline()
    if not line:
        raise EOFError("the connection was closed")
    status = int(line.split()[1])
    headers = []
    while (line := file.readline().rstrip(b"\r\n")) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name.lower(), value.strip()))
    lasting = dict(headers)
    if head or status in BODILESS or status == 101:
        return Response(status, tuple(headers), b"")
    if lasting.get("transfer-encoding") == "chunked":
        return Response(status, tuple(headers), read_chunks(file))
    return Response(status, tuple(headers), file.read(int(lasting.get("content-length", 0))))


def read_chunks(file: BinaryIO) -> bytes:
    """A body in chunks."""
    body = b""
    while (size := int(file.readline(), 16)) > 0:
        body += file.read(size)
        file.readline()
    file.readline()
    return body

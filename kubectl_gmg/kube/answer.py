"""What came back from the server, and what it means (`spec/apiserver.md`, "Real behaviour")."""

from __future__ import annotations

import json
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from kubectl_gmg.kube.failures import (
    BrokenError,
    ExpiredError,
    ForbiddenError,
    MalformedError,
    NotInstalledError,
    RequestError,
    TimedOutError,
    UnauthorizedError,
    UnreachableError,
)

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

READ_AT_ONCE = 1 << 16
MAX_BYTES = 256 * 1024 * 1024
"""More than any page or unpaged list that a person could want; a guard against answers without end."""

JSON = "application/json"
GO_NOT_FOUND = b"404 page not found"
IN_TROUBLE = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer as it travelled; `after` are the seconds of its Retry-After."""

    status: int
    media_type: str
    encoding: str
    body: bytes
    after: float | None = None

    @classmethod
    def of(cls, response: BaseHTTPResponse, ends: float, limit: float) -> Self:
        """Read all of `response`; a server that drips bytes is left at the monotonic time `ends`.

        Unpacking comes later, since it would go on reading by itself until it has something to show.
        """
        chunks: list[bytes] = []
        size = 0
        while chunk := response.read1(READ_AT_ONCE, decode_content=False):
            chunks.append(chunk)
            size += len(chunk)
            if time.monotonic() > ends or size > MAX_BYTES:
                response.close()
                raise too_large() if size > MAX_BYTES else TimedOutError(f"no whole answer within {limit:.3g} s")
        headers = response.headers
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        encoding = headers.get("content-encoding", "").strip().lower()
        return cls(response.status, media_type, encoding, b"".join(chunks), seconds_of(headers.get("retry-after")))

    def decoded(self) -> Any:
        """The JSON value of a good answer. Raises what any other answer means."""
        if self.status != 200:
            raise self.failure()
        if self.media_type != JSON:
            raise MalformedError("the answer is not JSON")
        return json_of(self.unpacked())

    def unpacked(self) -> bytes:
        """The body without its compression."""
        if self.encoding in ("", "identity"):
            return self.body
        if self.encoding != "gzip":
            raise MalformedError("the answer is packed in a way nobody asked for")
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(self.body, MAX_BYTES)
        except zlib.error:
            raise MalformedError("the answer is not valid gzip") from None
        if unpacker.unconsumed_tail:
            raise too_large()
        if not unpacker.eof:
            raise BrokenError("the answer ends too early")
        return data

    def failure(self) -> NotInstalledError | RequestError:
        """What an answer that is not good means."""
        if self.status == 401:
            return UnauthorizedError("the server does not accept the credentials")
        if self.status == 403:
            return ForbiddenError("it is forbidden")
        if self.status == 404:
            return self._not_found()
        if self.status == 410:
            return ExpiredError(self._fresh_token())
        if self.status == 429:
            return BrokenError("the server is too busy (429)", self.after)
        if self.status in IN_TROUBLE:
            return BrokenError(f"the server is in trouble ({self.status})", self.after)
        if 300 <= self.status < 400:
            return MalformedError(f"the answer leads elsewhere ({self.status}), as that of a login page")
        return UnreachableError(f"the server answers with {self.status}")

    def _not_found(self) -> NotInstalledError | RequestError:
        """A group that is not installed is plain text, a kind of it a Status; anything else is no API server."""
        if self.media_type == JSON or self.body.startswith(GO_NOT_FOUND):
            return NotInstalledError()
        return MalformedError("the answer is that of a web site (404)")

    def _fresh_token(self) -> str:
        """With what an expired list goes on; empty if the server gives nothing."""
        try:
            status = json_of(self.unpacked())
        except RequestError:
            return ""
        metadata = status.get("metadata") if isinstance(status, dict) else None
        token = metadata.get("continue") if isinstance(metadata, dict) else None
        return token if isinstance(token, str) else ""


def json_of(data: bytes) -> Any:
    """The value of a JSON text."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise MalformedError("the answer is not valid JSON") from None


def too_large() -> MalformedError:
    """An answer that nobody could have meant."""
    return MalformedError(f"the answer is larger than {MAX_BYTES // 1024**2} MiB")


def seconds_of(header: str | None) -> float | None:
    """The seconds of a Retry-After; API servers give a number, proxies sometimes a date, which counts as no number."""
    return float(header) if header and header.isascii() and header.isdigit() and len(header) < 10 else None

"""Watching: what happens to the objects of a list, told by the server as it happens, one JSON document a line.

A watch goes on from the version of a list, or of the last event; a server ends it when it likes, and tells with 410
that a version is too old to go on from.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Event as Flag
from typing import TYPE_CHECKING, Any, Self

from kubectl_gmg.kube.answer import JSON, READ_AT_ONCE, Answer, json_of
from kubectl_gmg.kube.failures import BrokenError, MalformedError, NotInstalledError, RequestError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

SECONDS = 290
"""For how long the server is asked to keep a watch open, and up to twice as long; it may end it sooner."""

SILENCE = 150.0
"""Seconds without a word after which a connection counts as dead: bookmarks come about once a minute."""

MAX_LINE = 32 * 1024 * 1024
"""Bytes of one event; etcd holds no object that large."""

CHANGES = frozenset(("ADDED", "MODIFIED", "DELETED"))


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an object. `version` is what a watch goes on from after it; a bookmark tells no more than that.

    `object` is that of the server, which may be no object of the kind that was asked for.
    """

    type: str
    version: str
    object: dict[str, Any]

    @property
    def bookmark(self) -> bool:
        """Whether nothing happened, but the version is newer."""
        return self.type == "BOOKMARK"

    @property
    def gone(self) -> bool:
        """Whether the object is not there any more."""
        return self.type == "DELETED"


def query_from(version: str) -> dict[str, str]:
    """How a watch is asked for that goes on from there; those of many kinds do not all end at once."""
    return {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": version,
        "timeoutSeconds": str(random.randint(SECONDS, 2 * SECONDS)),  # noqa: S311 - who could guess it gains nothing
    }


class Stream:
    """The events of one open watch, to be read by one thread; a context manager. `close` may come from any other."""

    def __init__(self, response: BaseHTTPResponse, done: Callable[[Stream], None]) -> None:
        """`done` is told once nobody reads any more."""
        self.count = 0
        self._response = response
        self._done = done
        self._closed = Flag()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._done(self)

    def close(self) -> None:
        """End it, also in the middle of a read."""
        self._closed.set()
        with suppress(OSError, ValueError, RuntimeError):  # it may have ended by itself, even just now
            self._response.shutdown()

    def __iter__(self) -> Iterator[Event]:
        """The events as they come, until the server ends them or falls silent, or somebody closes the stream.

        Raises a `RequestError` or `NotInstalledError` for what the server tells as an error, for a connection that
        breaks off, and for anything that is no event.
        """
        from urllib3.exceptions import HTTPError, ReadTimeoutError  # noqa: PLC0415 - only who talks to a cluster

        try:
            for line in lines(self._response):
                self.count += 1
                yield event_of(json_of(line))
        except ReadTimeoutError:
            return
        except (HTTPError, OSError, ValueError, AttributeError):  # what a socket raises that is shut meanwhile
            if not self._closed.is_set():
                raise BrokenError("the connection broke off") from None


def lines(response: BaseHTTPResponse) -> Iterator[bytes]:
    """The lines of a stream, without limit but for the length of each; what follows the last line's end is lost."""
    rest: list[bytes] = []
    size = 0
    while chunk := response.read1(READ_AT_ONCE, decode_content=False):
        *whole, last = chunk.split(b"\n")
        for line in whole:
            rest.append(line)
            if joined := b"".join(rest).strip():
                yield joined
            rest, size = [], 0
        rest.append(last)
        size += len(last)
        if size > MAX_LINE:
            raise MalformedError(f"an event is larger than {MAX_LINE // 1024**2} MiB")
    if b"".join(rest).strip():
        raise BrokenError("the connection broke off in the middle of an event")


def event_of(value: Any) -> Event:
    """The event in a line. Raises what an error of the server means, and `MalformedError` for anything else."""
    kind, found = (value.get("type"), value.get("object")) if isinstance(value, dict) else (None, None)
    if not isinstance(found, dict) or not isinstance(kind, str):
        raise MalformedError("the server answers something else than events")
    if kind == "ERROR":
        raise error_of(found)
    if kind not in CHANGES and kind != "BOOKMARK":
        raise MalformedError("the server sends events of a type that is not known")
    return Event(kind, version_of(found), found)


def version_of(found: dict[str, Any]) -> str:
    """The version of a list or an object. Raises `MalformedError` if it has none."""
    metadata = found.get("metadata")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    if not isinstance(version, str) or not version:
        raise MalformedError("the server sends events without a version")
    return version


def error_of(status: dict[str, Any]) -> NotInstalledError | RequestError:
    """What the Status of an ERROR event means: the same as with that HTTP status."""
    code, details = status.get("code"), status.get("details")
    if not isinstance(code, int):
        return MalformedError("the server sends an error without a code")
    after = details.get("retryAfterSeconds") if isinstance(details, dict) else None
    return Answer(
        code, JSON, "", b"{}", float(after) if isinstance(after, int) and 0 < after < 10**9 else None
    ).failure()

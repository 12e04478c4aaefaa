"""WatchList: all objects of a kind as one stream of events, several times as fast as pages (`spec/apiserver.md`, 4).

It needs the verb `watch` and a server that offers it, so it is only tried when it is asked for, and pages are always
the way back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kubectl_gmg.kube.answer import MAX_BYTES, READ_AT_ONCE, json_of, too_large
from kubectl_gmg.kube.failures import BrokenError, MalformedError, TimedOutError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

QUERY = {
    "watch": "true",
    "sendInitialEvents": "true",
    "allowWatchBookmarks": "true",
    "resourceVersionMatch": "NotOlderThan",
}
END = "k8s.io/initial-events-end"
AT_ONCE = 500
"""Objects that are handed on together, as many as on a page."""


def batches(response: BaseHTTPResponse, ends: float, limit: float) -> Iterator[tuple[list[Any], str]]:
    """The objects that exist now, until the server says that these were all; then the stream is left.

    With each batch comes the version of the list, which is empty until the end tells it.

    Raises `MalformedError` for anything else than such events, and `BrokenError` if the stream ends before.
    """
    batch: list[Any] = []
    for line in lines(response, ends, limit):
        event = json_of(line)
        kind, found = (event.get("type"), event.get("object")) if isinstance(event, dict) else (None, None)
        if kind == "BOOKMARK" and isinstance(found, dict) and is_end(found):
            yield batch, str(found["metadata"].get("resourceVersion") or "")
            return
        if kind not in ("ADDED", "BOOKMARK"):
            raise MalformedError("the stream holds something else than the objects that exist")
        if kind == "ADDED":
            batch.append(found)
        if len(batch) == AT_ONCE:
            yield batch, ""
            batch = []
    raise BrokenError("the stream ended too early")


def is_end(bookmark: Any) -> bool:
    """Whether a bookmark says that all objects were sent."""
    metadata = bookmark.get("metadata") if isinstance(bookmark, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and annotations.get(END) == "true"


def lines(response: BaseHTTPResponse, ends: float, limit: float) -> Iterator[bytes]:
    """The lines of a stream as they come, each one event; the stream is left at the monotonic time `ends`."""
    rest: list[bytes] = []
    size = 0
    while chunk := response.read1(READ_AT_ONCE, decode_content=False):
        size += len(chunk)
        if time.monotonic() > ends:
            raise TimedOutError(f"no whole answer within {limit:.3g} s")
        if size > MAX_BYTES:
            raise too_large()
        *whole, last = chunk.split(b"\n")
        for line in whole:
            rest.append(line)
            if joined := b"".join(rest).strip():
                yield joined
            rest = []
        rest.append(last)

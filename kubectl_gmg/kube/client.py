"""Requests to one API server: paged lists, few retries, and a limit for everything (`spec/apiserver.md`)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlencode

from kubectl_gmg.kube import stream
from kubectl_gmg.kube.answer import JSON, Answer
from kubectl_gmg.kube.failures import (
    BrokenError,
    ExpiredError,
    MalformedError,
    RequestError,
    TimedOutError,
    UnreachableError,
)
from kubectl_gmg.kube.kubeconfig import Connection
from kubectl_gmg.kube.transport import transport_error
from kubectl_gmg.kube.watch import SILENCE, Stream, query_from

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPHeaderDict

    from kubectl_gmg.kube.login import Access

T = TypeVar("T")

PAUSES = (0.2, 0.5, 1.0)
"""Seconds before a request is sent once more where the server asks for no other delay; so many times at most."""

GRACE = 0.2
"""Seconds more than a request may take in which its own limits may still end it."""

ALIVE = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), seconds)
        for name, seconds in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)
    ),
)
"""What a connection gets on which nothing may be said for long: a peer that is gone is noticed within a minute, as
after a laptop has slept, and what stands in between does not forget it."""

LONGEST_PAUSE = 60.0
"""A server that asks for more patience than this gets none."""


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """Whom to tell: `trace` gets one line for each request, `waiting` what is being waited for now.

    Both are called from any thread, one call at a time.
    """

    trace: Callable[[str], None] = silent
    waiting: Callable[[str], None] = silent


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list. `fresh` means that the list starts again, so that earlier pages do not count any more.

    `mixed` means that the list changed meanwhile, and that this page is of its newer state. `version` is that of the
    list, from which a watch can go on; empty if the server does not tell.
    """

    items: list[Any]
    fresh: bool = False
    mixed: bool = False
    version: str = ""


def connect(connection: Connection, report: Reporting | None = None) -> Client:
    """A client for the cluster that `connection` names; asks the cluster nothing yet.

    Raises `SourceError` if the kubeconfig is missing, broken, or has no such context, and if nobody can log in.
    """
    from kubectl_gmg.kube.login import log_in  # noqa: PLC0415 - reads the client library

    return Client(log_in(connection), connection, report or Reporting())


class Client:
    """One cluster, read with GET only; safe to use from several threads.

    `reached` tells whether the server has answered anything at all.
    """

    def __init__(self, access: Access, connection: Connection, report: Reporting) -> None:
        self.access = access
        self.reached = False
        self._connection = connection
        self._report = report
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._stream = connection.stream
        self._streams: set[Stream] = set()
        access.pool.connection_pool_kw.setdefault("socket_options", ALIVE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        with self._lock:
            still_open = tuple(self._streams)
        for each in still_open:
            each.close()
        self.access.pool.clear()

    def hush(self) -> None:
        """Tell no more what is being waited for: from now on nobody waits."""
        self._report = Reporting(self._report.trace)

    def say(self, what: str) -> None:
        """Tell what is being waited for."""
        with self._lock:
            self._report.waiting(what)

    def pages(self, path: str, until: float | None = None) -> Iterator[Page]:
        """The pages of the list at `path`, asked for one by one; a broken page is asked for again, not the whole list.

        `until` is the end of all reading, in seconds of `time.monotonic`. A list that expires meanwhile goes on with
        the server's fresh token, or without one starts again, once and unpaged, as kubectl's own library does. Raises
        `NotInstalledError` or a `RequestError`, also in the middle.
        """
        if self._stream:
            try:
                yield from self._streamed(path, until)
                return
            except RequestError:
                self._stream = False  # what one kind is refused is hardly granted to the next
        query = {"limit": str(self._connection.chunk_size)} if self._connection.chunk_size else {}
        fresh, mixed = self._connection.stream, False
        expired = 0
        followed: set[str] = set()
        while True:
            try:
                page = list_of(self.get(path, query, until))
            except ExpiredError as error:
                expired += 1
                if "continue" not in query or expired > len(PAUSES):
                    raise
                fresh, mixed = not error.token, bool(error.token)
                query = {**query, "continue": error.token} if error.token else {}
                continue
            expired = 0
            yield Page(page["items"], fresh, mixed, version_of(page))
            fresh = mixed = False
            following = continue_of(page)
            if not following:
                return
            if following in followed:
                raise MalformedError("the server leads round in a circle from page to page")
            followed.add(following)
            query = {**query, "continue": following}

    def _streamed(self, path: str, until: float | None) -> Iterator[Page]:
        """The same objects by one streaming request; whatever goes wrong is a `RequestError`."""
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - only a command that talks to a cluster needs it

        started = time.monotonic()
        limit = self._limit(until)
        read, status = 0, 0
        try:
            headers = self.access.headers()
            headers["Accept-Encoding"] = "identity"
            target = f"{path}?{urlencode(stream.QUERY)}"
            response = within(limit, lambda: self._send(target, limit, headers))
            status = response.status
            if status != 200:
                raise Answer.of(response, started + limit, limit).failure()
            try:
                for batch, version in stream.batches(response, started + limit, limit):
                    read += len(batch)
                    yield Page(batch, version=version)
            finally:
                response.close()
        except HTTPError as error:
            raise transport_error(error, limit, reached=self.reached) from None
        finally:
            self._trace(f"{path}?watch=true&sendInitialEvents=true", f"{status or 'failed'} {read} objects", started)

    def watch(self, path: str, version: str) -> Stream:
        """What happens to the objects of the list at `path` after `version`, until the server ends it.

        The time limit of a request holds for its beginning only. Raises `NotInstalledError` or a `RequestError`.
        """
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - only a command that talks to a cluster needs it

        began = time.monotonic()
        limit = self._limit(None)
        query = urlencode(query_from(version))
        headers = self.access.headers()
        headers["Accept-Encoding"] = "identity"
        status = 0
        try:
            response = within(limit, lambda: self._send(f"{path}?{query}", limit, headers, SILENCE))
            status = response.status
            if status != 200:
                raise Answer.of(response, began + limit, limit).failure()
        except HTTPError as error:
            raise transport_error(error, limit, reached=self.reached) from None
        finally:
            self._trace(f"{path}?watch=true&resourceVersion={version}", str(status or "failed"), began)
        return self._opened(response)

    def _opened(self, response: BaseHTTPResponse) -> Stream:
        """The stream, which ends when the client is left. Raises `MalformedError` for what is no JSON."""
        if response.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            response.close()
            raise MalformedError("the answer is not JSON")
        found = Stream(response, self._ended)
        with self._lock:
            self._streams.add(found)
        if self._closed.is_set():
            found.close()
        return found

    def _ended(self, found: Stream) -> None:
        with self._lock:
            self._streams.discard(found)

    def get(self, path: str, query: dict[str, str] | None = None, until: float | None = None) -> Any:
        """The decoded answer to a request, sent again a few times if the connection or the server falters."""
        for pause in PAUSES:
            try:
                return self._once(path, query or {}, until)
            except BrokenError as error:
                self._wait(error, pause, until)
        return self._once(path, query or {}, until)

    def _wait(self, error: BrokenError, pause: float, until: float | None) -> None:
        """Wait for as long as the server asks, unless that is too long: then raise what went wrong."""
        seconds = pause if error.after is None else error.after
        left = LONGEST_PAUSE if until is None else min(LONGEST_PAUSE, until - time.monotonic())
        if seconds > left:
            raise UnreachableError(f"{error}, and asks to wait {seconds:.3g} s") if error.after else error
        if seconds >= 1:
            self.say(f"{error}; asking again in {seconds:.3g} s")
        if self._closed.wait(seconds):
            raise error

    def _once(self, path: str, query: dict[str, str], until: float | None) -> Any:
        """The decoded answer to one request."""
        started = time.monotonic()
        limit = self._limit(until)
        answer = None
        try:
            answer = self._exchange(path + ("?" + urlencode(query) if query else ""), limit)
        finally:
            # A continue token is left out, it is long and says nothing.
            words = "&".join(f"{key}={'…' if key == 'continue' else value}" for key, value in query.items())
            outcome = f"{answer.status} {len(answer.body)} B" if answer else "failed"
            self._trace(f"{path}{'?' if words else ''}{words}", outcome, started)
        return answer.decoded()

    def _limit(self, until: float | None) -> float:
        """The seconds that a request may take; endless where no limit is wanted."""
        limit = self._connection.request_timeout or inf
        if until is not None:
            limit = min(limit, until - time.monotonic())
        if limit <= 0:
            raise TimedOutError("the time for all reading is over")
        return limit

    def _exchange(self, target: str, limit: float) -> Answer:
        """One request and its whole answer within `limit` seconds."""
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - only a command that talks to a cluster needs it

        headers = self.access.headers()  # a credential helper may ask a person, who takes the time that it takes
        ends = time.monotonic() + limit
        try:
            return within(limit, lambda: Answer.of(self._send(target, limit, headers), ends, limit))
        except HTTPError as error:
            raise transport_error(error, limit, reached=self.reached) from None

    def _send(
        self, target: str, limit: float, headers: HTTPHeaderDict, silence: float | None = None
    ) -> BaseHTTPResponse:
        """Send one request; the answer is still to be read, with pauses of up to `silence` seconds if that is given."""
        from urllib3 import Timeout  # noqa: PLC0415

        whole = None if limit == inf else limit
        response = self.access.pool.request(
            "GET",
            self.access.host + target,
            headers=headers,
            timeout=Timeout(total=whole) if silence is None else Timeout(connect=whole, read=silence),
            redirect=False,
            preload_content=False,
        )
        self.reached = True
        return response

    def _trace(self, target: str, outcome: str, started: float) -> None:
        """Say what was asked, what came, and how long it took."""
        with self._lock:
            self._report.trace(f"GET {target} {outcome} {(time.monotonic() - started) * 1000:.0f} ms")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` makes, or raises, in a thread of its own, which is left alone once the time is over.

    A name that is looked up, a handshake and headers that come byte by byte heed no other limit. Raises `TimedOutError`
    a little late, so that a limit of the socket, which knows more, comes first.
    """
    from concurrent.futures import Future  # noqa: PLC0415 - only a command that talks to a cluster needs it

    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="request", daemon=True).start()
    try:
        return future.result(None if seconds == inf else seconds + GRACE)
    except TimeoutError:
        raise TimedOutError(f"no whole answer within {seconds:.3g} s") from None


def list_of(value: Any) -> dict[str, Any]:
    """`value` if it has the shape of a list; the items of an empty one may be null."""
    if not isinstance(value, dict) or "items" not in value or not isinstance(value.get("metadata", {}), dict):
        raise MalformedError("the answer is not a list of objects")
    value["items"] = [] if value["items"] is None else value["items"]
    if not isinstance(value["items"], list):
        raise MalformedError("the answer is not a list of objects")
    return value


def continue_of(page: dict[str, Any]) -> str:
    """The token of the next page; empty after the last."""
    token = page.get("metadata", {}).get("continue") or ""
    if not isinstance(token, str):
        raise MalformedError("the answer has no usable continue token")
    return token


def version_of(page: dict[str, Any]) -> str:
    """The version of a list; empty if it has none."""
    version = page.get("metadata", {}).get("resourceVersion")
    return version if isinstance(version, str) else ""

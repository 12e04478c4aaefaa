"""Requests to one API server: paged lists, few retries, and a limit for everything (`spec/apiserver.md`)."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlencode

from kubectl_gmg.kube import stream
from kubectl_gmg.kube.answer import Answer
from kubectl_gmg.kube.failures import (
    BrokenError,
    ExpiredError,
    MalformedError,
    RequestError,
    TimedOutError,
    UnreachableError,
)
from kubectl_gmg.kube.kubeconfig import Connection

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPHeaderDict

    from kubectl_gmg.kube.login import Access

T = TypeVar("T")

PAUSES = (0.2, 0.5, 1.0)
"""Seconds before a request is sent once more where the server asks for no other delay; so many times at most."""

GRACE = 0.2
"""Seconds more than a request may take in which its own limits may still end it."""

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

    `mixed` means that the list changed meanwhile, and that this page is of its newer state.
    """

    items: list[Any]
    fresh: bool = False
    mixed: bool = False


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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self.access.pool.clear()

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
            yield Page(page["items"], fresh, mixed)
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
                for batch in stream.batches(response, started + limit, limit):
                    read += len(batch)
                    yield Page(batch)
            finally:
                response.close()
        except HTTPError as error:
            raise transport_error(error, limit, reached=self.reached) from None
        finally:
            self._trace(f"{path}?watch=true&sendInitialEvents=true", f"{status or 'failed'} {read} objects", started)

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

    def _send(self, target: str, limit: float, headers: HTTPHeaderDict) -> BaseHTTPResponse:
        """Send one request; the answer is still to be read."""
        from urllib3 import Timeout  # noqa: PLC0415

        response = self.access.pool.request(
            "GET",
            self.access.host + target,
            headers=headers,
            timeout=Timeout(total=None if limit == inf else limit),
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


def transport_error(error: Exception, limit: float, *, reached: bool) -> RequestError:
    """What a failed exchange means; never its own text, which holds the URL.

    A connection that broke off is worth another try, and so is one refused by a server that answered before.
    """
    from urllib3 import exceptions as urllib3  # noqa: PLC0415

    cause = error.reason if isinstance(error, urllib3.MaxRetryError) and error.reason else error
    if isinstance(cause, urllib3.ProxyError):
        return UnreachableError("the proxy cannot be reached, or does not let the connection through")
    if isinstance(cause, urllib3.SSLError):
        cut = reached and any(isinstance(each, ssl.SSLEOFError) for each in cause.args)
        return BrokenError("the connection broke off") if cut else UnreachableError(tls_failure(cause))
    again: type[UnreachableError] = BrokenError if reached else UnreachableError
    meanings: tuple[tuple[type[Exception], RequestError], ...] = (
        (urllib3.NameResolutionError, UnreachableError("its name cannot be resolved")),
        (urllib3.NewConnectionError, again("the connection is refused, or no way leads there")),
        (urllib3.ConnectTimeoutError, UnreachableError(f"no connection within {limit:.3g} s")),
        (urllib3.TimeoutError, TimedOutError(f"no answer within {limit:.3g} s")),
        (urllib3.ProtocolError, BrokenError("the connection broke off")),
        (urllib3.LocationValueError, UnreachableError("its address cannot be used")),
    )
    found = (meaning for kind, meaning in meanings if isinstance(cause, kind))
    return next(found, UnreachableError("the request failed"))


CERTIFICATE_FAULTS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    62: "its certificate is for another name (see --tls-server-name)",
    64: "its certificate is for another address (see --tls-server-name)",
}
"""By OpenSSL's number of what a verification found; anything else means that the issuer is not trusted."""

TLS_FAULTS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "RECORD_LAYER_FAILURE": "it does not speak TLS",
    "HTTP_REQUEST": "it does not speak TLS",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants a client certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not accept the client certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the client certificate has expired: log in again",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not accept the client certificate",
}


def tls_failure(error: Exception) -> str:
    """Why no TLS connection came about."""
    for each in error.args:
        if isinstance(each, ssl.SSLCertVerificationError):
            return CERTIFICATE_FAULTS.get(each.verify_code, "its certificate is not trusted")
        if isinstance(each, ssl.SSLEOFError):
            return "it hangs up while TLS begins, as where it wants a client certificate"
        if isinstance(each, ssl.SSLError):
            return TLS_FAULTS.get(each.reason or "", "the TLS handshake fails")
    return "the TLS handshake fails"

"""The Kubernetes API as pages of plain dicts; the only module that imports `kubernetes`, and late (`performance.md`).

The client library supplies what is hard: kubeconfig files, credential helpers, TLS and proxies. Requests go through
the connection pool it builds, not through its methods: these build models, differ between releases, and have no limit
for a request as a whole. So `ApiException` cannot arise here; what can are `urllib3`'s errors and those of a broken
kubeconfig, and both end as errors of ours whose texts hold no secret (`spec/apiserver.md`, "What both clients did").
"""
# ruff: noqa: PLC0415 - importing the library takes 200 ms, which only a command that talks to a cluster may spend

from __future__ import annotations

import json
import logging
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlencode, urlsplit

from kubectl_gmg.errors import SourceError
from kubectl_gmg.model.snapshot import GapReason

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

Trace = Callable[[str], None] | None

POD_CONTEXT = "in-cluster"
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
READ_AT_ONCE = 1 << 16
MESSAGE_LENGTH = 240


@dataclass(frozen=True, slots=True)
class Connection:
    """Which cluster to read, and with what patience.

    `request_timeout` (seconds) is the limit of one request as a whole; `chunk_size` the objects of one page, 0 for all
    in one page (`spec/cli.md` 2.1).
    """

    kubeconfig: str | None = None
    context: str | None = None
    request_timeout: float = 10.0
    chunk_size: int = 500


class NotInstalledError(Exception):
    """The server does not know the kind (404): no gap (`spec/cli.md` 5.3)."""


class RequestError(Exception):
    """A request without a usable answer; the text is part of one sentence and holds no secret."""

    reason: ClassVar[GapReason]


class ForbiddenError(RequestError):
    """The user may not list this (403); the text is the server's own."""

    reason = GapReason.FORBIDDEN


class UnauthorizedError(RequestError):
    """The server does not know the user (401)."""

    reason = GapReason.UNAUTHORIZED


class TimedOutError(RequestError):
    """The answer did not come, or not all of it, in time."""

    reason = GapReason.TIMEOUT


class UnreachableError(RequestError):
    """No connection, a broken one, or an error of the server."""

    reason = GapReason.UNREACHABLE


class MalformedError(RequestError):
    """An answer that is not what an API server says."""

    reason = GapReason.MALFORMED


def open(connection: Connection, trace: Trace = None) -> Client:  # noqa: A001
    """A client for the cluster that `connection` names; asks the cluster nothing yet.

    Without any kubeconfig it is the cluster that this pod runs in. `trace` gets one line for each request, from any
    thread, one at a time. Raises `SourceError` if the kubeconfig is missing, broken, or has no such context.
    """
    import urllib3
    from kubernetes import client

    settings = type.__call__(client.Configuration)  # an own one: a plain call may copy the process-wide default
    settings.host = ""  # the library's own default would send the token to localhost
    settings.retries = 0  # the library would try four times, each for the full time limit
    with _quiet():
        if connection.kubeconfig is None and _in_pod():
            context, namespace = _use_pod(settings)
        else:
            context, namespace = _use_kubeconfig(settings, connection)
    if not settings.verify_ssl:  # asked for in the kubeconfig, so a warning at each request says nothing new
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return Client(settings, connection, context, namespace, trace)


class Client:
    """One cluster, read with GET only; safe to use from several threads.

    `context` and `namespace` are those of the kubeconfig, `server` is the API server's host and port. `reached` tells
    whether the server has answered anything at all.
    """

    def __init__(self, settings: Any, connection: Connection, context: str, namespace: str, trace: Trace) -> None:
        from kubernetes.client import ApiClient

        self.context = context
        self.namespace = namespace
        self.server = urlsplit(settings.host).netloc.rpartition("@")[2]
        self.reached = False
        self._connection = connection
        self._settings = settings
        self._trace = trace
        self._lock = threading.Lock()
        self._pool = ApiClient(settings).rest_client.pool_manager

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def pages(self, path: str, until: float | None = None) -> Iterator[dict[str, Any]]:
        """The pages of the list at `path`, each a dict with a list `items`, asked for one by one.

        `until` is the end of all reading, in seconds of `time.monotonic`. Raises `NotInstalledError` or a
        `RequestError`, also in the middle.
        """
        query: dict[str, str] = {}
        if self._connection.chunk_size:
            query["limit"] = str(self._connection.chunk_size)
        while True:
            page = _list_of(self._get(path, query, until))
            following = _continue_of(page)
            yield page
            if not following:
                return
            if following == query.get("continue"):
                raise MalformedError("the server repeats one page for ever")
            query["continue"] = following

    def _get(self, path: str, query: dict[str, str], until: float | None) -> Any:
        """The decoded answer to one request."""
        started = time.monotonic()
        limit = self._connection.request_timeout
        if until is not None:
            limit = min(limit, until - started)
        if limit <= 0:
            raise TimedOutError("the time for all reading is over")
        headers = self._headers()
        answer = None
        try:
            answer = self._exchange(path + ("?" + urlencode(query) if query else ""), headers, limit)
        finally:
            self._tell(path, query, answer, time.monotonic() - started)
        return answer.decoded(headers.get("authorization", "").rpartition(" ")[2])

    def _headers(self) -> dict[str, str]:
        """What goes with every request; asks a credential helper again when its token has expired."""
        headers = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "kubectl-gmg"}
        with self._lock:
            for each in self._settings.auth_settings().values():
                if each["value"]:
                    headers[each["key"].lower()] = each["value"]
        return headers

    def _exchange(self, target: str, headers: dict[str, str], limit: float) -> _Answer:
        """One request and its whole answer within `limit` seconds."""
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        ends = time.monotonic() + limit
        try:
            url, timeout = self._settings.host + target, Timeout(total=limit)
            response = self._pool.request(
                "GET", url, headers=headers, timeout=timeout, redirect=False, preload_content=False
            )
            self.reached = True
            return _Answer.of(response, ends, limit)
        except HTTPError as error:
            raise _transport_error(error, limit) from None

    def _tell(self, path: str, query: dict[str, str], answer: _Answer | None, seconds: float) -> None:
        """Say what was asked; a continue token is left out, it is long and says nothing."""
        if self._trace is None:
            return
        words = "&".join(f"{key}={'…' if key == 'continue' else value}" for key, value in query.items())
        outcome = f"{answer.status} {len(answer.body)} B" if answer else "failed"
        with self._lock:
            self._trace(f"GET {path}{'?' if words else ''}{words} {outcome} {seconds * 1000:.0f} ms")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back; the `body` is still as it travelled."""

    status: int
    media_type: str
    encoding: str
    body: bytes

    @classmethod
    def of(cls, response: BaseHTTPResponse, ends: float, limit: float) -> Self:
        """Read all of `response`; a server that drips bytes is left at the monotonic time `ends`.

        Unpacking comes later, since it would go on reading by itself until it has something to show.
        """
        chunks: list[bytes] = []
        while chunk := response.read1(READ_AT_ONCE, decode_content=False):
            chunks.append(chunk)
            if time.monotonic() > ends:
                response.close()
                raise TimedOutError(f"the answer was not complete within {limit:.3g} s")
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return cls(response.status, media_type, response.headers.get("content-encoding", ""), b"".join(chunks))

    def decoded(self, secret: str) -> Any:
        """The JSON value of a good answer; raises what any other status means. `secret` is kept out of the text."""
        if self.status == 404:
            raise NotInstalledError
        if self.status == 401:
            raise UnauthorizedError("the server does not accept the credentials")
        if self.status == 403:
            raise ForbiddenError(self._message(secret) or "the server gives no reason")
        if self.status != 200:
            raise UnreachableError(f"the server answered with status {self.status}")
        if self.media_type != "application/json":
            raise MalformedError("the answer is not JSON")
        try:
            return json.loads(zlib.decompress(self.body, wbits=31) if self.encoding == "gzip" else self.body)
        except (ValueError, RecursionError, zlib.error):
            raise MalformedError("the answer is not valid JSON") from None

    def _message(self, secret: str) -> str:
        """The `message` of a Status as one printable, bounded line; the body may be anything."""
        try:
            status = json.loads(self.body)
        except (ValueError, RecursionError):
            return ""
        message = status.get("message") if isinstance(status, dict) else None
        if not isinstance(message, str):
            return ""
        if secret:
            message = message.replace(secret, "…")
        line = " ".join("".join(letter if letter.isprintable() else " " for letter in message).split())
        return line if len(line) <= MESSAGE_LENGTH else line[: MESSAGE_LENGTH - 1] + "…"


def _list_of(value: Any) -> dict[str, Any]:
    """`value` if it has the shape of a list; the items of an empty one may be null."""
    if not isinstance(value, dict) or "items" not in value or not isinstance(value.get("metadata", {}), dict):
        raise MalformedError("the answer is not a list of objects")
    value["items"] = [] if value["items"] is None else value["items"]
    if not isinstance(value["items"], list):
        raise MalformedError("the answer is not a list of objects")
    return value


def _continue_of(page: dict[str, Any]) -> str:
    """The token of the next page; empty after the last."""
    token = page.get("metadata", {}).get("continue") or ""
    if not isinstance(token, str):
        raise MalformedError("the answer has no usable continue token")
    return token


def _transport_error(error: Exception, limit: float) -> RequestError:
    """What a failed exchange means; never its own text, which holds the URL."""
    import ssl

    from urllib3 import exceptions as urllib3

    cause = error.reason if isinstance(error, urllib3.MaxRetryError) and error.reason else error
    if isinstance(cause, urllib3.SSLError):
        untrusted = any(isinstance(each, ssl.SSLCertVerificationError) for each in cause.args)
        return UnreachableError("its certificate is not trusted" if untrusted else "the TLS handshake fails")
    meanings: tuple[tuple[type[Exception], RequestError], ...] = (
        (urllib3.NameResolutionError, UnreachableError("its name cannot be resolved")),
        (urllib3.NewConnectionError, UnreachableError("the connection is refused, or no way leads there")),
        (urllib3.ConnectTimeoutError, UnreachableError(f"no connection within {limit:.3g} s")),
        (urllib3.TimeoutError, TimedOutError(f"no answer within {limit:.3g} s")),
        (urllib3.ProxyError, UnreachableError("the proxy does not let the connection through")),
        (urllib3.ProtocolError, UnreachableError("the connection broke off")),
        (urllib3.LocationValueError, UnreachableError("its address cannot be used")),
    )
    found = (meaning for kind, meaning in meanings if isinstance(cause, kind))
    return next(found, UnreachableError("the request failed"))


@contextmanager
def _quiet() -> Iterator[None]:
    """No log lines: the library logs whatever a failing credential helper prints, which may be a secret."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _config_library() -> Any:
    """The library's untyped part for kubeconfig files."""
    from kubernetes import config

    return config


def _kubeconfig_files() -> str:
    """The kubeconfig files by kubectl's rules; an empty variable counts as unset."""
    return os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())


def _in_pod() -> bool:
    """Whether no kubeconfig exists but the environment is that of a pod, as kubectl decides it."""
    some = any(Path(each).expanduser().exists() for each in _kubeconfig_files().split(os.pathsep) if each)
    return not some and bool(os.environ.get("KUBERNETES_SERVICE_HOST"))


def _use_pod(settings: Any) -> tuple[str, str]:
    """Fill `settings` from the pod's service account; its name for a context, and its namespace."""
    config = _config_library()
    try:
        config.load_incluster_config(client_configuration=settings)
        return POD_CONTEXT, POD_NAMESPACE.read_text(encoding="utf-8").strip()
    except (config.ConfigException, OSError):
        raise SourceError(
            "there is no kubeconfig, and the service account of this pod cannot be read",
            "mount a service account token, or name a kubeconfig with --kubeconfig",
        ) from None


def _use_kubeconfig(settings: Any, connection: Connection) -> tuple[str, str]:
    """Fill `settings` from the kubeconfig; the context used, and its namespace.

    The library's own messages are dropped: they quote whole users with their tokens.
    """
    from yaml import YAMLError

    config = _config_library()
    files = connection.kubeconfig or _kubeconfig_files()
    try:
        merged, current = _merged(files)
        context = _chosen(connection.context or current, [each["name"] for each in merged["contexts"].value], files)
        config.load_kube_config_from_dict(merged, context=context, client_configuration=settings, persist_config=False)
        if urlsplit(settings.host).scheme not in {"https", "http"}:
            raise ValueError(settings.host)
        written = merged["contexts"].get_with_name(context)["context"].value
        if not settings.auth_settings() and not settings.cert_file and _has_helper(merged, written.get("user")):
            raise SourceError(f"the credential helper of context {context} failed", "run it yourself, or log in again")
    except (config.ConfigException, YAMLError, OSError, ValueError, TypeError, AttributeError, KeyError):
        hint = "see what kubectl makes of it: kubectl config view"
        raise SourceError(f"the kubeconfig {files} cannot be used", hint) from None
    return context, str(written.get("namespace") or "default")


def _merged(files: str) -> tuple[Any, str]:
    """All of the kubeconfig files together, and the current context, which the first file that has one decides."""
    merger = _config_library().kube_config.KubeConfigMerger(files)
    if merger.config is None:
        hint = "name one with --kubeconfig or KUBECONFIG, or read manifests with -f"
        raise SourceError(f"there is no kubeconfig {files}", hint)
    current = (each.get("current-context") for each in merger.config_files.values())
    return merger.config, next(filter(None, current), "")


def _chosen(context: str, known: list[str], files: str) -> str:
    """`context` if it is known; else the nearest names go with the error."""
    if not context:
        said, hint = f"the kubeconfig {files} has no current context", "choose one with --context"
        raise SourceError(said, hint, candidates=tuple(known[:10]))
    if context not in known:
        near = tuple(get_close_matches(context, known, n=3))
        raise SourceError(f"no context is called {context}", "see all: kubectl config get-contexts", candidates=near)
    return context


def _has_helper(merged: Any, user: str | None) -> bool:
    """Whether the user's credentials come from a program."""
    found = merged["users"].get_with_name(user, safe=True) if user else None
    return found is not None and "exec" in found["user"]

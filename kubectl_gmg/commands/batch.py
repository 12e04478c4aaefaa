"""Answering requests: one, or the lines of a file (`spec/cli.md` 6.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from kubectl_gmg.analysis.reachability import Reachability
from kubectl_gmg.commands.curl_request import DEFAULT_PORTS, Asked, Header, Typed, built, port_of, shaped, split
from kubectl_gmg.commands.expect import Wanted, judged, known
from kubectl_gmg.commands.target import meant
from kubectl_gmg.errors import GmgError, SourceError, UsageError
from kubectl_gmg.model.declared import Declared, Labels
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.snapshot import EVERYWHERE
from kubectl_gmg.pipeline import Session
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.target import Found
from kubectl_gmg.simulate.entry import EntryPoint, Narrowing, entry_points
from kubectl_gmg.simulate.follow import Follower, Manner
from kubectl_gmg.simulate.mesh import MeshSimulator
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.views import BadLine, RouteRow, Simulated

PARTS = frozenset({"scheme", "host", "port", "path"})
KNOWN_KEYS = PARTS | {"url", "method", "headers", "sni", "expect"}


@dataclass(frozen=True, slots=True)
class Line:
    """A request with what is expected of it, and the line it comes from.

    `connected` is the host that its URL names, where that may be another one than the `Host` header.
    """

    asked: Asked
    expect: Wanted = ()
    at: tuple[str, int] | None = None
    connected: str | None = None


class Batch:
    """Answers requests of one session; what is worked out for one is kept for the next.

    A `manner` says that redirects are followed, and how; None of them is without it. With `labels` a workload within
    the mesh sends the requests.
    """

    def __init__(
        self,
        session: Session,
        listener: str | None,
        expect: Wanted,
        *,
        candidates: bool,
        manner: Manner | None = None,
        labels: Labels | None = None,
    ) -> None:
        self._session = session
        self._listener = listener
        self._expect = expect
        self._candidates = candidates
        self._manner = manner
        self._simulator = Simulator(Rows(session.resolved), asked_about(session))
        self._mesh = None if labels is None else Workload(session, labels)
        self._reachability = Reachability()
        self._reached: dict[tuple[str, int], RouteRow] = {}
        self._targets: dict[str, Found] = {value: self._meant(value) for key, value in expect if key == "route"}

    def _meant(self, target: str) -> Found:
        return meant(target, self._session)

    def answers(self, line: Line) -> tuple[Simulated, ...]:
        """What every answering entry point does with a request, and where redirects are followed with the last one."""
        request = line.asked.request
        narrowing = Narrowing(self._listener, line.asked.url_port)
        items = self._answered(request, narrowing, None, line)
        if self._manner is not None:
            connected = request.host or "" if line.connected is None else line.connected
            items = Follower(partial(self._asked_again, line), self._manner, request, connected).followed(items)
        return tuple(self._judged(item, line) for item in items)

    def _asked_again(
        self, line: Line, request: Request, port: int | None, door: EntryPoint | None
    ) -> tuple[Simulated, ...]:
        """A request after a redirect: `--listener` was about the first one only."""
        return self._answered(request, Narrowing(None, port), door, line)

    def _answered(
        self, request: Request, narrowing: Narrowing, door: EntryPoint | None, line: Line
    ) -> tuple[Simulated, ...]:
        """The answers of a workload's proxy, or of the listeners that a request can come in by."""
        if self._mesh is not None:
            return self._mesh.sent(request, door, candidates=self._candidates)
        entries, remark = ((door,), "") if door else entry_points(self._session.resolved, request.scheme, narrowing)
        if remark and line.at is None:
            self._session.settings.say(remark)
        return self._simulator.answer(request, entries, candidates=self._candidates)

    def _judged(self, item: Simulated, line: Line) -> Simulated:
        held = judged(item, (*self._expect, *line.expect), self._is_route)
        fixed = item.once_fixed and replace(item.once_fixed, row=self._with_reach(item.once_fixed.row))
        return replace(item, expectations=held, input=line.at, row=self._with_reach(item.row), once_fixed=fixed)

    def _with_reach(self, row: RouteRow | None) -> RouteRow | None:
        """The row with who can reach it, where a whole route is printed; each is worked out once."""
        if row is None or self._session.settings.output not in {"json", "yaml"}:
            return row
        key = row.key, id(row.host)  # workspaces that import a table may have it among other routes
        if key not in self._reached:
            self._reached[key] = self._reachability.judged(row, shadows=True)
        return self._reached[key]

    def _is_route(self, item: Simulated, target: str) -> bool:
        if target not in self._targets:
            self._targets[target] = self._meant(target)
        return item.row is not None and self._targets[target].leads_through(item.row)

    def file(self, name: str, url: str | None, typed: Typed) -> tuple[tuple[Simulated | BadLine, ...], int]:
        """The answers to every line of a file, and how many requests there were; a bad line does not stop the rest."""
        items: list[Simulated | BadLine] = []
        count = 0
        for number, text in numbered(self._text(name)):
            count += 1
            at = ("stdin" if name == "-" else name, number)
            try:
                items += self.answers(parse(text, url, typed, at))
            except GmgError as error:
                items.append(BadLine(error.message, at))
        return tuple(items), count

    def _text(self, name: str) -> str:
        try:
            content = self._session.settings.stdin() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise SourceError(f"{name} cannot be read: {error.strerror}", "name a file of requests, or -") from error
        return content.decode("utf-8", "surrogateescape")


class Workload:
    """A workload within the mesh that sends requests; look-ups are kept."""

    def __init__(self, session: Session, labels: Labels) -> None:
        self._labels = labels
        self._simulator = MeshSimulator(session.resolved, session.declared)

    def sent(self, request: Request, door: EntryPoint | None, *, candidates: bool) -> tuple[Simulated, ...]:
        """What becomes of a request; through a `door` only one workspace answers."""
        return self._simulator.sent(request, self._labels, door, candidates=candidates)


def asked_about(session: Session) -> Declared:
    """What is declared; for somebody who asks about one gateway it does not matter whether the others were read."""
    declared = session.declared
    if session.settings.gateway is None:
        return declared
    realms = ((name, replace(realm, gateways_read=EVERYWHERE)) for name, realm in declared.realms)
    return replace(declared, realms=tuple(realms))


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines that hold a request, counted from 1."""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def parse(text: str, url: str | None, typed: Typed, at: tuple[str, int]) -> Line:
    """A line as a request: an object, an access-log line, or a method and URL. Raises `UsageError` for any other."""
    if text.startswith("{"):
        return from_object(text, typed, at)
    quoted = text.split('"')[1::2]
    if any(is_request_line(each) for each in quoted):
        return from_access_log(quoted, url, typed, at)
    *methods, target = text.split()
    if len(methods) > 1 or not all(method.isascii() and method.isalpha() for method in methods):
        raise UsageError("this is no request", "write METHOD URL, an object, or an access-log line")
    typed = replace(typed, method=methods[0] if methods else typed.method)
    whole = below(url, target) if target.startswith("/") else target
    return Line(built(whole, typed), at=at, connected=split(whole)[1])


def is_request_line(text: str) -> bool:
    """Whether a text is `METHOD TARGET HTTP/x`."""
    words = text.split(" ")
    return len(words) == 3 and words[2].startswith("HTTP/")


def place(url: str | None) -> tuple[str, str]:
    """Scheme and authority of the URL argument. Raises `UsageError` if there is none."""
    if url is None:
        raise UsageError("a path alone needs a host", "give a URL as well, or write whole URLs")
    return split(url)[:2]


def below(url: str | None, target: str) -> str:
    """A target at the host of the URL argument."""
    scheme, authority = place(url)
    return f"{scheme}://{authority}{target}"


ISTIO_FIELDS = 7
"""The quoted fields of a line of Istio's default access log; older releases have more, other formats fewer."""


def from_access_log(quoted: list[str], url: str | None, typed: Typed, at: tuple[str, int]) -> Line:
    """A line of an access log; in Istio's default format the last quoted field but one is the host."""
    method, target, _ = next(each for each in quoted if is_request_line(each)).split(" ")
    host = quoted[-2] if len(quoted) >= ISTIO_FIELDS else "-"
    scheme, authority = ("http" if url is None else split(url)[0], host) if host != "-" else place(url)
    port = port_of(authority) or DEFAULT_PORTS[scheme]
    return Line(Asked(shaped(scheme, authority, port, target, replace(typed, method=method))), at=at)


def from_object(text: str, typed: Typed, at: tuple[str, int]) -> Line:
    """A request as a JSON object. Raises `UsageError` for a key that means nothing."""
    try:
        given: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no JSON object: {error}") from error
    if unknown := sorted(set(given) - KNOWN_KEYS):
        raise UsageError(f"unknown key {', '.join(unknown)}", f"known are {', '.join(sorted(KNOWN_KEYS))}")
    if "url" in given and (doubled := sorted(PARTS.intersection(given))):
        raise UsageError(f"url says {' and '.join(doubled)} already", "give either url or its parts")
    own = replace(
        typed,
        method=text_of(given, "method") or typed.method,
        headers=(*headers_of(given.get("headers")), *typed.headers),
        sni=text_of(given, "sni") or typed.sni,
    )
    expect = expectations(given.get("expect"))
    if "url" not in given:
        return Line(from_parts(given, own), expect, at)
    asked = built(whole := text_of(given, "url"), own)
    return Line(asked, expect, at, split(whole or "")[1])


def text_of(given: dict[str, Any], key: str) -> str | None:
    """A text of the object. Raises `UsageError` for anything else."""
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{key} must be a string")
    return value


def headers_of(given: Any) -> tuple[Header, ...]:
    """Headers, given as a map or as a list. Raises `UsageError` for anything else."""
    pairs = given.items() if isinstance(given, dict) else [named_value(each) for each in given or ()]
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise UsageError("the name and value of a header are strings")
    return tuple(pairs)


def named_value(given: Any) -> tuple[Any, Any]:
    """An entry of a list of headers."""
    if not isinstance(given, dict) or set(given) != {"name", "value"}:
        raise UsageError("headers must be a map, or a list of objects with name and value")
    return given["name"], given["value"]


def from_parts(given: dict[str, Any], typed: Typed) -> Asked:
    """A request given by its parts; the host may carry a port."""
    scheme = text_of(given, "scheme") or "http"
    if scheme not in DEFAULT_PORTS:
        raise UsageError(f"{scheme} is no scheme that a gateway serves", "use http, https or tcp")
    host, port = text_of(given, "host"), given.get("port")
    if not (host or typed.names_host):
        raise UsageError("there is neither url nor host", "write at least one of them")
    if port is not None and (not isinstance(port, int) or isinstance(port, bool) or not 0 <= port < 65536):
        raise UsageError("port must be a number up to 65535")
    named = port if port is not None else port_of(host or "")
    request = shaped(scheme, host, named or DEFAULT_PORTS[scheme], text_of(given, "path") or "/", typed)
    return Asked(request, named if host and not typed.names_host else port)


def expectations(given: Any) -> Wanted:
    """What is expected of one line. Raises `UsageError` for what cannot be."""
    if not isinstance(given, dict | None):
        raise UsageError("expect must be a map")
    for key, value in (given or {}).items():
        known(key)
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise UsageError(f"expect {key} must be a string or a number")
    return tuple((key, str(value)) for key, value in (given or {}).items())

"""Answering requests: one, or the lines of a file (`spec/cli.md` 6.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kubectl_gmg.commands.curl_request import DEFAULT_PORTS, Asked, Typed, built, header_of, split
from kubectl_gmg.commands.expect import Wanted, judged, known
from kubectl_gmg.errors import GmgError, SourceError, UsageError
from kubectl_gmg.model.request import Request
from kubectl_gmg.pipeline import Session
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.target import find
from kubectl_gmg.simulate.entry import Narrowing, entry_points
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.views import BadLine, Simulated

KNOWN_KEYS = frozenset({"url", "scheme", "host", "port", "path", "method", "headers", "sni", "expect"})


@dataclass(frozen=True, slots=True)
class Line:
    """A request with what is expected of it, and the line it comes from."""

    asked: Asked
    expect: Wanted = ()
    at: tuple[str, int] | None = None


class Batch:
    """Answers requests of one session; what is worked out for one is kept for the next."""

    def __init__(self, session: Session, listener: str | None, expect: Wanted, *, candidates: bool) -> None:
        self._session = session
        self._listener = listener
        self._expect = expect
        self._candidates = candidates
        self._simulator = Simulator(Rows(session.resolved, session.inventory))
        self._targets: dict[str, frozenset[str]] = {value: self._ids(value) for key, value in expect if key == "route"}

    def _ids(self, target: str) -> frozenset[str]:
        return find(target, self._session.resolved, self._session.inventory).ids

    def answers(self, line: Line) -> tuple[Simulated, ...]:
        """What every answering entry point does with a request."""
        request = line.asked.request
        narrowing = Narrowing(self._listener, line.asked.url_port)
        entries, remark = entry_points(self._session.resolved, request.scheme, narrowing)
        if remark and line.at is None:
            self._session.settings.say(remark)
        items = self._simulator.answer(request, entries, candidates=self._candidates)
        return tuple(self._judged(item, line) for item in items)

    def _judged(self, item: Simulated, line: Line) -> Simulated:
        return replace(item, expectations=judged(item, (*self._expect, *line.expect), self._is_route), input=line.at)

    def _is_route(self, item: Simulated, target: str) -> bool:
        if target not in self._targets:
            self._targets[target] = self._ids(target)
        return item.row is not None and item.row.id in self._targets[target]

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


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines that hold a request, counted from 1."""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def parse(text: str, url: str | None, typed: Typed, at: tuple[str, int]) -> Line:
    """A line as a request: an object, an access-log line, or a method and URL."""
    if text.startswith("{"):
        return from_object(text, typed, at)
    quoted = text.split('"')[1::2]
    if quoted and any(is_request_line(each) for each in quoted):
        return from_access_log(quoted, url, typed, at)
    method, _, target = text.rpartition(" ")
    if " " in method.strip() or not target:
        raise UsageError("this is no request", "write METHOD URL, an object, or an access-log line")
    typed = replace(typed, method=method.strip() or typed.method)
    return Line(built(target if not target.startswith("/") else below(url, target), typed), at=at)


def is_request_line(text: str) -> bool:
    """Whether a text is `METHOD TARGET HTTP/x`."""
    words = text.split(" ")
    return len(words) == 3 and words[2].startswith("HTTP/")


def below(url: str | None, target: str, host: str | None = None) -> str:
    """A target at the host of the URL argument, or at a host that is given."""
    if url is None and host is None:
        raise UsageError("a path alone needs a host", "give a URL as well, or write whole URLs")
    scheme, authority, _ = split(url) if url is not None else ("http", "", "")
    return f"{scheme}://{host or authority}{target}"


def from_access_log(quoted: list[str], url: str | None, typed: Typed, at: tuple[str, int]) -> Line:
    """A line of Istio's default access log: its last quoted field but one is the host."""
    method, target, _ = next(each for each in quoted if is_request_line(each)).split(" ")
    host = quoted[-2] if len(quoted) >= 3 and not is_request_line(quoted[-2]) else None
    asked = built(below(url, target, host if host and host != "-" else None), replace(typed, method=method))
    return Line(replace(asked, url_port=None), at=at)


def from_object(text: str, typed: Typed, at: tuple[str, int]) -> Line:
    """A request as a JSON object. Raises `UsageError` for a key that means nothing."""
    try:
        given: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no JSON object: {error}") from error
    if unknown := sorted(set(given) - KNOWN_KEYS):
        raise UsageError(f"unknown key {', '.join(unknown)}", f"known are {', '.join(sorted(KNOWN_KEYS))}")
    headers = tuple(header_text(name, value) for name, value in pairs(given.get("headers") or {}))
    shaped = replace(
        typed,
        method=text_of(given, "method") or typed.method,
        headers=(*typed.headers, *headers),
        sni=text_of(given, "sni") or typed.sni,
    )
    asked = built(text_of(given, "url"), shaped) if "url" in given else from_parts(given, shaped)
    return Line(asked, expectations(given.get("expect") or {}), at)


def header_text(name: str, value: str) -> str:
    """A header as it is typed."""
    return f"{name}: {value}" if value else f"{name};"


def text_of(given: dict[str, Any], key: str) -> str | None:
    """A text of the object. Raises `UsageError` for anything else."""
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{key} must be a string")
    return value


def pairs(headers: Any) -> list[tuple[str, str]]:
    """Headers, given as a map or as a list."""
    if isinstance(headers, dict):
        return [(str(name), str(value)) for name, value in headers.items()]
    if not isinstance(headers, list) or not all(isinstance(each, dict) for each in headers):
        raise UsageError("headers must be a map, or a list of objects with name and value")
    return [(str(each.get("name", "")), str(each.get("value", ""))) for each in headers]


def from_parts(given: dict[str, Any], typed: Typed) -> Asked:
    """A request given by its parts; the host may carry a port."""
    scheme = text_of(given, "scheme") or "http"
    if scheme not in DEFAULT_PORTS:
        raise UsageError(f"{scheme} is no scheme that a gateway serves", "use http, https or tcp")
    port = given.get("port", DEFAULT_PORTS[scheme])
    if not isinstance(port, int) or isinstance(port, bool):
        raise UsageError("port must be a number")
    host = text_of(given, "host")
    asked = built(f"{scheme}://{host or 'localhost'}/", typed)
    headers = [header for text in typed.headers if (header := header_of(text)) and header[0].lower() != "host"]
    request: Request = replace(
        asked.request, path=text_of(given, "path") or "/", port=port, host=host, headers=tuple(headers)
    )
    return Asked(request, port if "port" in given else None)


def expectations(expect: Any) -> Wanted:
    """What is expected of one line."""
    if not isinstance(expect, dict):
        raise UsageError("expect must be a map")
    for key in expect:
        known(key)
    return tuple((key, str(value)) for key, value in expect.items())

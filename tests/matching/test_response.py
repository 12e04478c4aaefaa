"""`spec/envoy.md` 4, 40 to 52, 65, 66 and 69."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_gmg.matching.response import (
    Response,
    direct,
    https_only,
    location,
    not_found,
    redirect,
    unavailable,
    upgrade,
    upgrade_refused,
)
from kubectl_gmg.model.action import DirectResponse, Redirect, RegexRewrite
from kubectl_gmg.model.match import PathKind, PathMatch, RouteMatch
from tests.matching.preparing import prepared

OLD = RouteMatch(PathMatch(PathKind.PREFIX, "/old"))
GRPC = ("content-type", "application/grpc")


@pytest.mark.parametrize(
    ("action", "host", "path", "expected"),
    [
        (Redirect(host="new.test"), "h.test:8080", "/old/a?x=1", "http://new.test/old/a?x=1"),
        (Redirect(host="new.test:9000"), "h.test", "/old", "http://new.test:9000/old"),
        (Redirect(path="/new"), "H.Test:80", "/old/a?x=1", "http://H.Test:80/new?x=1"),
        (Redirect(path="/new?y=2"), "h.test", "/old?x=1", "http://h.test/new?y=2"),
        (Redirect(path="new"), "h.test", "/old?x=1", "http://h.test/new?x=1"),
        (Redirect(path=""), "h.test", "/old/?x=1", "http://h.test/old/?x=1"),
        (Redirect(prefix="/new"), "h.test", "/old/a?x=1", "http://h.test/new/a?x=1"),
        (Redirect(prefix="/"), "h.test", "/old/a", "http://h.test//a"),
        (Redirect(prefix="new"), "h.test", "/old/a", "http://h.test/new/a"),
        (Redirect(regex=RegexRewrite("/([a-z]+)$", r"/\1/\1")), "h.test", "/old/ab?x", "http://h.test/old/ab/ab?x"),
        (Redirect(regex=RegexRewrite("zzz", "y")), "h.test", "/old/ab", "http://h.test/old/ab"),
        (Redirect(scheme="https"), "h.test:80", "/old", "https://h.test/old"),
        (Redirect(scheme="https"), "h.test:8080", "/old", "https://h.test:8080/old"),
        (Redirect(scheme="https"), "h.test:443", "/old", "https://h.test:443/old"),
        (Redirect(scheme="https"), "[::1]:80", "/old", "https://[::1]/old"),
        (Redirect(scheme="https"), "[::80]", "/old", "https://[::80]/old"),
        (Redirect(scheme="http"), "h.test:80", "/old", "http://h.test:80/old"),
        (Redirect(port=8443), "h.test:8080", "/old", "http://h.test:8443/old"),
        (Redirect(port=80), "h.test", "/old", "http://h.test:80/old"),
        (Redirect(port=80), "[::1]:9", "/old", "http://[::1]:80/old"),
        (Redirect(host="n.test:9000", port=80), "h.test", "/old", "http://n.test:9000:80/old"),
        (Redirect(scheme="https", port=443), "h.test:80", "/old", "https://h.test:443/old"),
        (Redirect(path="/n", strip_query=True), "h.test", "/old?x=1#f", "http://h.test/n"),
        (Redirect(strip_query=True), "h.test", "/old?x=1", "http://h.test/old"),
        (Redirect(path="/n?y=2", strip_query=True), "h.test", "/old?x=1", "http://h.test/n?y=2"),
        (Redirect(host="new.test"), "h.test", "/old/../old/a", "http://new.test/old/a"),
    ],
)
def test_location(action: Redirect, host: str, path: str, expected: str) -> None:
    assert location(OLD, action, prepared(path, host=host)) == expected


@pytest.mark.parametrize(
    ("action", "host", "expected"),
    [
        (Redirect(scheme="http"), "h.test:443", "http://h.test/old"),
        (Redirect(scheme="http"), "h.test:80", "http://h.test:80/old"),
        (Redirect(scheme="https"), "h.test:443", "https://h.test:443/old"),
        (Redirect(), "h.test:443", "https://h.test:443/old"),
    ],
)
def test_location_from_https(action: Redirect, host: str, expected: str) -> None:
    assert location(OLD, action, prepared("/old", host=host, scheme="https")) == expected


@pytest.mark.parametrize("match", [PathMatch(PathKind.EXACT, "/old/a"), PathMatch(PathKind.REGEX, "/old/.*")])
def test_prefix_of_a_redirect_replaces_all_of_an_exact_or_regex_path(match: PathMatch) -> None:
    assert location(RouteMatch(match), Redirect(prefix="/n"), prepared("/old/a?x", host="h")) == "http://h/n?x"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect(method: str, status: int) -> None:
    got = redirect(OLD, Redirect(status=status, path="/n"), prepared("/old", method=method, host="h.test"))

    assert got == Response(status, (("location", "http://h.test/n"),), "")


TEXT = (("content-type", "text/plain"),)


@pytest.mark.parametrize(
    ("status", "body", "method", "headers", "shown"),
    [
        (418, "short %REQ(x)%", "GET", TEXT, "short %REQ(x)%"),
        (200, "", "GET", (), ""),
        (200, "text", "HEAD", TEXT, ""),
        (204, "text", "GET", TEXT, ""),
        (201, "", "POST", (("location", "http://h.test:80/a?x=1"),), ""),
        (301, "", "GET", (("location", "http://h.test:80/a?x=1"),), ""),
        (304, "", "GET", (("location", "http://h.test:80/a?x=1"),), ""),
        (404, "no", "GET", TEXT, "no"),
    ],
)
def test_direct(status: int, body: str, method: str, headers: tuple[tuple[str, str], ...], shown: str) -> None:
    got = direct(DirectResponse(status, body), prepared("/b/../a?x=1#f", method=method, host="h.test:80"))

    assert got == Response(status, headers, shown)


def test_https_only_keeps_the_port() -> None:
    got = https_only(prepared("/x?y=1", host="T.test:80"))

    assert got == Response(301, (("location", "https://T.test:80/x?y=1"),), "")


def test_not_found() -> None:
    assert not_found(prepared("/")) == Response(404, (), "")
    assert not_found(prepared("/", GRPC, method="POST")) == Response(200, (GRPC, ("grpc-status", "12")), "")
    assert not_found(prepared("/", ("content-type", "application/grpc-web"))) == Response(404, (), "")


def test_local_answers_to_grpc() -> None:
    """Measured beyond the rules: everything the proxy makes itself becomes a gRPC status."""
    request = prepared("/old", GRPC, method="POST", host="h.test")

    assert unavailable(request) == Response(200, (GRPC, ("grpc-status", "14")), "")
    assert redirect(OLD, Redirect(path="/n"), request) == Response(
        200, (("location", "http://h.test/n"), GRPC, ("grpc-status", "2")), ""
    )
    assert direct(DirectResponse(404, "100% \u00e9\n"), request) == Response(
        200, (GRPC, ("grpc-status", "12"), ("grpc-message", "100%25 %C3%A9%0A")), ""
    )


@pytest.mark.parametrize(
    ("headers", "wanted", "refused"),
    [
        ((("connection", "Upgrade"), ("upgrade", "websocket")), "websocket", False),
        ((("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket")), "websocket", False),
        ((("connection", "upgrade"), ("upgrade", "h2c")), "h2c", False),
        ((("connection", "upgrade"), ("upgrade", "foo")), "foo", True),
        # Measured beyond the rules.
        ((("connection", "upgrade"), ("upgrade", "websocket, foo")), "websocket, foo", True),
        ((("connection", "upgrade"), ("upgrade", "")), "", True),
        ((("connection", "close"), ("upgrade", "foo")), None, False),
        ((("upgrade", "foo"),), None, False),
        ((("connection", "upgrade"),), None, False),
        ((), None, False),
    ],
)
def test_upgrade(headers: tuple[tuple[str, str], ...], wanted: str | None, refused: Any) -> None:
    request = prepared("/", *headers)

    assert upgrade(request) == wanted
    assert upgrade_refused(request) == (Response(403, (), "") if refused else None)

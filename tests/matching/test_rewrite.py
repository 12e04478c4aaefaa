"""`spec/envoy.md` 30 to 36."""

from __future__ import annotations

import pytest

from kubectl_gmg.matching.rewrite import added_headers, upstream_host, upstream_path
from kubectl_gmg.model.action import ForwardTo, RegexRewrite
from kubectl_gmg.model.match import PathKind, PathMatch, RouteMatch
from tests.matching.preparing import prepared


def sent(match: PathMatch | None, rewrite: str, path: str) -> str:
    return upstream_path(RouteMatch(match), ForwardTo((), path_rewrite=rewrite), prepared(path))


def prefix(value: str, *, ignore_case: bool = False) -> PathMatch:
    return PathMatch(PathKind.PREFIX, value, ignore_case)


@pytest.mark.parametrize(
    ("match", "rewrite", "path", "expected"),
    [
        (prefix("/reviews/v1"), "/reviews", "/reviews/v1/1", "/reviews/1"),
        (prefix("/reviews/v1"), "/reviews", "/reviews/v12", "/reviews2"),
        (prefix("/reviews/v1"), "/reviews", "/reviews/v1?x=/reviews/v1", "/reviews?x=/reviews/v1"),
        (prefix("/foo"), "/", "/foo", "/"),
        (prefix("/foo"), "/", "/foo/", "//"),
        (prefix("/foo"), "/", "/foo/bar", "//bar"),
        (prefix("/foo"), "/", "/foobar", "/bar"),
        (prefix("/bar/"), "/y", "/bar/a", "/ya"),
        (prefix("/Cart", ignore_case=True), "/c", "/cART/x", "/c/x"),
        (PathMatch(PathKind.SEPARATED_PREFIX, "/details"), "/api", "/details/7?x", "/api/7?x"),
        (PathMatch(PathKind.EXACT, "/a"), "/b", "/a?x=1", "/b?x=1"),
        (PathMatch(PathKind.REGEX, "/a.*"), "/b", "/a/b/c?x", "/b?x"),
        (None, "/n", "/a", "/na"),
        (prefix(""), "/n", "/a", "/n/a"),
        (prefix("/a"), "", "/a/b?", "/a/b?"),
        (prefix("/a/"), "new/", "/a/b", "new/b"),
        (prefix("/a"), "/n?k=1", "/a/a?b=1", "/n?k=1/a?b=1"),
        (prefix("/v2"), "/w", "/v1/../v2/x", "/w/x"),
    ],
)
def test_path_rewrite(match: PathMatch | None, rewrite: str, path: str, expected: str) -> None:
    assert sent(match, rewrite, path) == expected


@pytest.mark.parametrize(
    ("pattern", "substitution", "path", "expected"),
    [
        ("^/user/([^/]+)/(.*)$", r"/\2/of/\1", "/user/ann/cart?x=1", "/cart/of/ann?x=1"),
        ("^/user/([^/]+)/(.*)$", r"/\2/of/\1", "/user/ann", "/user/ann"),
        ("a", "b", "/aXa?a=a", "/bXb?a=a"),
        ("/a", r"\0\0", "/a/a", "/a/a/a/a"),
        ("/a", "/$1", "/a", "/$1"),
        ("/(a)", r"/\2", "/a", "/a"),
        ("/(b)?a", r"/n\1", "/a", "/n"),
        ("/a", r"/x\\y", "/a", r"/x\y"),
        (".*", "", "/a", "/a"),
        ("(", "/n", "/a", "/a"),
        # RE2 replaces no empty match that touches the match before it.
        ("x*", "-", "/axxb", "-/-a-b-"),
        ("^/a", "/n", "/a/a/a", "/n/a/a"),
    ],
)
def test_regex_rewrite(pattern: str, substitution: str, path: str, expected: str) -> None:
    action = ForwardTo((), regex_rewrite=RegexRewrite(pattern, substitution))

    assert upstream_path(RouteMatch(), action, prepared(path)) == expected


@pytest.mark.parametrize(
    ("action", "address", "host"),
    [
        (ForwardTo(()), "svc.ns", "Www.Test:80"),
        (ForwardTo((), host_rewrite="inner"), "svc.ns", "inner"),
        (ForwardTo((), host_rewrite_header="X-Host"), None, "by.header"),
        (ForwardTo((), host_rewrite_header="x-missing"), None, "Www.Test:80"),
        (ForwardTo((), auto_host_rewrite=True), "svc.ns", "svc.ns"),
        (ForwardTo((), auto_host_rewrite=True), None, "Www.Test:80"),
    ],
)
def test_host(action: ForwardTo, address: str | None, host: str) -> None:
    request = prepared("/", ("x-host", "by.header"), host="Www.Test:80")

    assert upstream_host(action, request, address) == host


def test_what_the_destination_is_told() -> None:
    request = prepared("/a/../b?q", host="Www.Test")

    assert added_headers(ForwardTo((), path_rewrite="/n", host_rewrite="inner"), request, None) == (
        ("x-envoy-original-path", "/b?q"),
        ("x-envoy-original-host", "Www.Test"),
    )
    assert added_headers(ForwardTo((), regex_rewrite=RegexRewrite("zzz", "y")), request, None) == (
        ("x-envoy-original-path", "/b?q"),
    )
    assert added_headers(ForwardTo(()), request, None) == ()

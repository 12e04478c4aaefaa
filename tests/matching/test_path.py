"""`spec/envoy.md` 5 and 7 to 12. Rows marked so were measured on Envoy 1.40 beyond what the rules say."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_gmg.matching.path import PEER, Normalization, Prepared, Refusal, prepare
from kubectl_gmg.model.request import Request
from tests.matching.preparing import prepared


@pytest.mark.parametrize(
    ("sent", "path", "query"),
    [
        ("/b?x#/a/b", "/b", "x"),
        ("/b#f?x", "/b", None),
        ("/b?", "/b", ""),
        ("/b?x?y", "/b", "x?y"),
        ("/b?..%41\\", "/b", "..%41\\"),
    ],
)
def test_fragment_and_query(sent: str, path: str, query: str | None) -> None:
    got = prepared(sent)

    assert (got.path, got.query) == (path, query)
    assert got.routed_path == (path if query is None else f"{path}?{query}")


RULES = [
    ("/a\\b", "/a/b"),
    ("/a/./b", "/a/b"),
    ("/a/../b", "/b"),
    ("/a/%2e%2E/b", "/b"),
    ("/a/%2e./b", "/b"),
    ("/a/.%2e/b", "/b"),
    ("/../../a", "/a"),
    ("/a/b/..", "/a/"),
    ("/a/.", "/a/"),
    ("/..", "/"),
    ("/a\\..\\b", "/b"),
    ("/%61%5a%39%2d%2E%5f%7E", "/aZ9-._~"),
    ('/"<>^`{|}', "/%22%3C%3E%5E%60%7B%7C%7D"),
    ("/a/..;/b", "/b"),
    ("/a/..;x=1/b", "/b"),
    ("/a//b", "/a//b"),
    ("/a%2Fb%2fc", "/a%2Fb%2fc"),
    ("/a%5Cb%5cc", "/a%5Cb%5cc"),
    ("/%20%3F%25%c3%A9", "/%20%3F%25%c3%A9"),
    ("/%", "/%"),
    ("/%zz", "/%zz"),
    ("/%4", "/%4"),
    ("/%2541", "/%2541"),
    ("/!$&'()*+,;=:@[]", "/!$&'()*+,;=:@[]"),
]

MEASURED = [
    ("/a/.;x/b", "/a/b"),
    ("/a/..;", "/"),
    ("/a/..;../b", "/b"),
    ("/a/%2e%2e;/b", "/a/..;/b"),
    ("/a\\..;\\b", "/a/..;/b"),
    ("/a/..%3b/b", "/a/..%3b/b"),
    ("/a/..%2fb", "/a/..%2fb"),
    ("/a/.../b", "/a/.../b"),
    ("/a/..b/b..", "/a/..b/b.."),
    ("/a//../b", "/a/b"),
    ("//..", "/"),
    ("///../a", "//a"),
    ("/%%41", "/%A"),
    ("/%2%41", "/%252A"),
    ("/%25%32%65", "/%252e"),
    ("/%7f", "/%7f"),
]


@pytest.mark.parametrize(("sent", "path"), RULES + MEASURED)
def test_base(sent: str, path: str) -> None:
    assert prepared(sent).path == path


@pytest.mark.parametrize("sent", ["/a/../b", "/a//b", "/a\\b", "/%61", "/a%00", "/a|b", "/a/..;/b"])
def test_none_changes_nothing_but_the_fragment(sent: str) -> None:
    assert prepared(f"{sent}?q#f", normalization=Normalization.NONE).routed_path == f"{sent}?q"


@pytest.mark.parametrize(
    ("sent", "merged", "decoded"),
    [
        ("/a//b///c", "/a/b/c", "/a/b/c"),
        ("/a//", "/a/", "/a/"),
        ("/a%2fb%5Cc", "/a%2fb%5Cc", "/a/b/c"),
        ("/a%2f..%2fb", "/a%2f..%2fb", "/b"),
        ("/a//../b", "/a/b", "/a/b"),
        ("/a?b//c", "/a?b//c", "/a?b//c"),
        # Measured: nothing but slashes keeps two of them, and `;` ends at a slash only.
        ("///", "//", "//"),
        ("/..;%5Cx", "/", "/"),
    ],
)
def test_merging_modes(sent: str, merged: str, decoded: str) -> None:
    assert prepared(sent, normalization=Normalization.MERGE_SLASHES).routed_path == merged
    assert prepared(sent, normalization=Normalization.DECODE_AND_MERGE_SLASHES).routed_path == decoded


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"host": None}, 400),
        ({"version": "1.0"}, 426),
        ({"version": "1.0", "host": None}, 426),
        ({"path": "/\u00e9"}, 400),
        ({"path": "/a b"}, 400),
        ({"path": "/a\tb"}, 400),
        ({"path": "/a\x7f"}, 400),
        ({"path": "/a%00"}, 400),
        ({"path": "a"}, 400),
        ({"path": ""}, 400),
        ({"path": "*"}, 400),
        ({"path": "?x"}, 400),
        ({"method": "get"}, 400),
        ({"method": "FOO"}, 400),
        ({"method": ""}, 400),
        ({"path": "/" + "a" * 61_440}, 431),
        ({"headers": (("x", "a" * 61_440),)}, 431),
        # Measured beyond the rules.
        ({"method": "QUERY"}, 400),
        ({"host": "a b"}, 400),
        ({"host": "a/b"}, 400),
        ({"headers": (("x y", "1"),)}, 400),
        ({"headers": (("x", "a\x01"),)}, 400),
        ({"headers": (("x", "a\nb"),)}, 400),
        ({"headers": tuple((f"x{number}", "1") for number in range(100))}, 431),
        ({"path": "http:///a"}, 400),
        ({"path": "http://h:99999/"}, 400),
        ({"path": "ftp://h/"}, 400),
        ({"path": "https://h/"}, 403),
        ({"method": "CONNECT", "path": "/a"}, 400),
    ],
)
def test_refused(fields: dict[str, Any], status: int) -> None:
    got = prepare(Request(**fields))

    assert isinstance(got, Refusal)
    assert got.status == status
    assert got.reason


def test_nul_is_refused_only_when_normalising() -> None:
    assert isinstance(prepare(Request("/a%00"), Normalization.MERGE_SLASHES), Refusal)
    assert isinstance(prepare(Request("/a%00"), Normalization.NONE), Prepared)
    assert prepared("/a?%00").query == "%00"


def test_head_of_exactly_60_kib_is_accepted() -> None:
    around = len("GET / HTTP/1.1\r\nHost: h\r\nx: \r\n\r\n")
    value = "a" * (60 * 1024 - around)

    assert isinstance(prepare(Request(host="h", headers=(("x", value),))), Prepared)
    assert isinstance(prepare(Request(host="h", headers=(("x", value + "a"),))), Refusal)


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        ("http://other.test:81/a/../b?x", "other.test:81", "/b?x"),
        ("http://other.test", "other.test", "/"),
        ("HTTP://Other.test/", "Other.test", "/"),
        ("http://u:p@other.test/", "other.test", "/"),
        ("http://[::1]:80/a", "[::1]:80", "/a"),
    ],
)
@pytest.mark.parametrize("header", ["ignored.test", None])
def test_absolute_target_replaces_the_host(target: str, host: str, path: str, header: str | None) -> None:
    got = prepared(target, host=header)

    assert got.request.host == host
    assert got.headers[":authority"] == (host,)
    assert got.routed_path == path
    assert got.routable


@pytest.mark.parametrize(
    ("method", "target"), [("OPTIONS", "*"), ("GET", "http://h.test?x=1"), ("CONNECT", "h.test:443")]
)
def test_accepted_but_without_a_path(method: str, target: str) -> None:
    assert not prepared(target, method=method).routable


def test_headers_by_name() -> None:
    got = prepared("/a/../b?q", ("X-User", " ana\t"), ("x-user", "bo, cy"), method="POST", host="H:1", scheme="https")

    assert got.headers == {
        "x-user": ("ana", "bo, cy"),
        ":method": ("POST",),
        ":authority": ("H:1",),
        "host": ("H:1",),
        ":path": ("/b?q",),
        ":scheme": ("https",),
        "x-forwarded-proto": ("https",),
        "x-forwarded-for": (PEER,),
        "x-request-id": (PEER,),
        "x-envoy-external-address": (PEER,),
    }


def test_headers_that_the_proxy_sees_to() -> None:
    """Measured on Envoy 1.40; `tests/analysis/test_reachability_envoy.py` asks it again."""
    sent = (
        ("Keep-Alive", "5"),
        ("x-envoy-max-retries", "3"),
        ("X-Forwarded-For", "1.2.3.4"),
        ("x-forwarded-proto", "ftp"),
    )

    got = prepared("/", *sent).headers

    assert (got["x-forwarded-for"], got["x-forwarded-proto"]) == ((f"1.2.3.4,{PEER}",), ("http",))
    assert not {"keep-alive", "x-envoy-max-retries"} & set(got)


def test_parameters_are_not_decoded_and_the_first_counts() -> None:
    got = prepared("/?a=1&a=2&b&c=&d=%31+;e=x&f=g=h&i=?j")

    assert got.parameters == {"a": "1", "b": "", "c": "", "d": "%31+;e=x", "f": "g=h", "i": "?j"}
    assert prepared("/").parameters == {}


def test_header_that_is_no_text_is_still_comparable() -> None:
    """An argument's byte that is no UTF-8 arrives as a lone surrogate."""
    assert prepared("/", ("x", "a\udce9\u00e9")).headers["x"] == ("a\ufffd\u00e9",)

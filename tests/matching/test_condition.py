"""`spec/envoy.md` 13 to 26; the names of failures are those of `spec/cli.md` 6.3."""

from __future__ import annotations

import pytest

from kubectl_gmg.matching.condition import failed_condition
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, QueryParameterMatch, RouteMatch, ValueKind
from tests.matching.preparing import prepared


def path_fits(kind: PathKind, value: str, sent: str, *, ignore_case: bool = False) -> bool:
    return failed_condition(RouteMatch(PathMatch(kind, value, ignore_case)), prepared(sent)) == ""


@pytest.mark.parametrize(
    ("kind", "value", "fitting", "other"),
    [
        (PathKind.EXACT, "/x", ["/x", "/x?", "/x?a=1"], ["/x/", "/x;v", "/X", "/"]),
        (PathKind.PREFIX, "/foo", ["/foo", "/foobar", "/foo/?q"], ["/fo", "/Foo", "/a/foo"]),
        (PathKind.PREFIX, "/bar/", ["/bar/", "/bar/x"], ["/bar", "/bar?/"]),
        (PathKind.PREFIX, "/a?b", [], ["/a?b", "/a"]),
        (PathKind.PREFIX, "", ["/", "/x"], []),
        (PathKind.SEPARATED_PREFIX, "/sep", ["/sep", "/sep?x", "/sep/", "/sep/x"], ["/sepx", "/sep%2Fx", "/se"]),
        (PathKind.REGEX, "/[0-9]+", ["/22", "/22?x"], ["/22/x", "/", "/a22"]),
        (PathKind.REGEX, "/a.b", ["/a/b", "/axb"], ["/ab", "/a/b/"]),
        (PathKind.REGEX, "(?i)/a", ["/A"], ["/b"]),
        (PathKind.REGEX, "/(", [], ["/("]),
    ],
)
def test_path(kind: PathKind, value: str, fitting: list[str], other: list[str]) -> None:
    assert [path_fits(kind, value, sent) for sent in fitting] == [True] * len(fitting)
    assert [path_fits(kind, value, sent) for sent in other] == [False] * len(other)


@pytest.mark.parametrize("kind", [PathKind.EXACT, PathKind.PREFIX, PathKind.SEPARATED_PREFIX])
def test_ignoring_case(kind: PathKind) -> None:
    assert path_fits(kind, "/Cart", "/cART", ignore_case=True)
    assert not path_fits(kind, "/Cart", "/cARD", ignore_case=True)


def test_regex_does_not_ignore_case() -> None:
    assert not path_fits(PathKind.REGEX, "/a", "/A", ignore_case=True)


def test_unsaid_path_is_everything() -> None:
    assert failed_condition(RouteMatch(), prepared("/x?y")) == ""


@pytest.mark.parametrize(
    "path", [PathMatch(PathKind.PREFIX, ""), PathMatch(PathKind.EXACT, "*"), PathMatch(PathKind.REGEX, ".*"), None]
)
def test_nothing_matches_options_star(path: PathMatch | None) -> None:
    assert failed_condition(RouteMatch(path), prepared("*", method="OPTIONS")) == "path"


def header_fits(wanted: HeaderMatch, *headers: tuple[str, str]) -> bool:
    return failed_condition(RouteMatch(headers=(wanted,)), prepared("/", *headers)) == ""


EXACT = HeaderMatch("X-User", ValueKind.EXACT, "v")


def test_names_ignore_case_and_values_do_not() -> None:
    assert header_fits(EXACT, ("x-uSER", "v"))
    assert not header_fits(EXACT, ("x-user", "V"))
    assert header_fits(HeaderMatch("x-user", ValueKind.EXACT, "v", ignore_case=True), ("x-user", "V"))


def test_blanks_around_a_value_are_dropped() -> None:
    assert header_fits(EXACT, ("x-user", " v\t"))


@pytest.mark.parametrize(
    ("kind", "value", "fitting", "other"),
    [
        (ValueKind.EXACT, "ab", ["ab"], ["abc", "a", ""]),
        (ValueKind.PREFIX, "ab", ["ab", "abc"], ["a", "xab"]),
        (ValueKind.SUFFIX, "ab", ["ab", "xab"], ["abc", ""]),
        (ValueKind.REGEX, "[a-c]+", ["abc"], ["abcd", ""]),
        (ValueKind.REGEX, "a|b.*", ["a", "bx"], ["ax"]),
        (ValueKind.REGEX, "(", [], ["("]),
        (ValueKind.PRESENT, "", ["", "x"], []),
    ],
)
def test_values(kind: ValueKind, value: str, fitting: list[str], other: list[str]) -> None:
    wanted = HeaderMatch("x", kind, value)

    assert [header_fits(wanted, ("x", sent)) for sent in fitting] == [True] * len(fitting)
    assert [header_fits(wanted, ("x", sent)) for sent in other] == [False] * len(other)


def test_repeated_header_is_tested_value_by_value() -> None:
    assert header_fits(EXACT, ("x-user", "w"), ("x-user", "v"))
    assert not header_fits(EXACT, ("x-user", "w,v"))


def test_some_repeated_headers_are_one_value() -> None:
    """Measured beyond the rules: the proxy joins them before any test."""
    wanted = HeaderMatch("accept", ValueKind.EXACT, "a")

    assert not header_fits(wanted, ("accept", "a"), ("accept", "b"))
    assert header_fits(HeaderMatch("accept", ValueKind.EXACT, "a,b"), ("accept", "a"), ("accept", ""), ("accept", "b"))


def test_missing_header() -> None:
    assert not header_fits(EXACT)
    assert not header_fits(HeaderMatch("x", ValueKind.EXACT, "v", invert=True))
    assert header_fits(HeaderMatch("x", ValueKind.EXACT, "v", invert=True, missing_as_empty=True))
    assert header_fits(HeaderMatch("x", ValueKind.REGEX, "a*", missing_as_empty=True))
    assert not header_fits(HeaderMatch("x", ValueKind.REGEX, "a*", invert=True, missing_as_empty=True))
    assert not header_fits(HeaderMatch("x", ValueKind.RANGE, start=0, end=9, invert=True))


def test_presence() -> None:
    absent = HeaderMatch("x", invert=True)

    assert header_fits(HeaderMatch("x"), ("x", ""))
    assert not header_fits(HeaderMatch("x"))
    assert header_fits(absent)
    assert not header_fits(absent, ("x", ""))


def test_inversion_is_over_all_values() -> None:
    wanted = HeaderMatch("x", ValueKind.EXACT, "v", invert=True)

    assert header_fits(wanted, ("x", "a"), ("x", "b"))
    assert not header_fits(wanted, ("x", "a"), ("x", "v"))


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("1", True),
        ("9", True),
        ("10", False),
        ("0", False),
        ("+5", True),
        ("005", True),
        ("-5", False),
        ("5.0", False),
        ("0x5", False),
        ("", False),
        ("5a", False),
        ("1_0", False),
        ("\u0663", False),
        ("0" * 5000 + "5", True),
        ("9" * 5000, False),
    ],
)
def test_range(value: str, fits: bool) -> None:
    assert header_fits(HeaderMatch("x", ValueKind.RANGE, start=1, end=10), ("x", value)) is fits


def test_range_below_zero() -> None:
    assert header_fits(HeaderMatch("x", ValueKind.RANGE, start=-9, end=0), ("x", "-9"))


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        (":method", "POST", True),
        (":method", "post", False),
        (":authority", "Api.Example:80", True),
        ("host", "Api.Example:80", True),
        ("HOST", "api.example", False),
        (":path", "/b?x=1", True),
        (":path", "/b", False),
        (":scheme", "http", True),
        (":scheme", "https", False),
    ],
)
def test_pseudo_headers(name: str, value: str, fits: bool) -> None:
    request = prepared("/a/../b?x=1", ("x-forwarded-proto", "https"), method="POST", host="Api.Example:80")
    match = RouteMatch(headers=(HeaderMatch(name, ValueKind.EXACT, value),))

    assert (failed_condition(match, request) == "") is fits


def test_several_cookies_are_one_value() -> None:
    classic = HeaderMatch("cookie", ValueKind.REGEX, "^(.*?;)?(user=jason)(;.*)?$")
    roomy = HeaderMatch("cookie", ValueKind.REGEX, r"^(.*?;)?\s*(user=jason)(;.*)?$")

    assert not header_fits(classic, ("cookie", "a=1; user=jason"))
    assert header_fits(classic, ("cookie", "a=1;user=jason"))
    assert header_fits(roomy, ("cookie", "a=1; user=jason"))


def parameter_fits(wanted: QueryParameterMatch, query: str) -> bool:
    return failed_condition(RouteMatch(query_parameters=(wanted,)), prepared(f"/{query}")) == ""


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("?v=1", True),
        ("?x&v=1", True),
        ("?v=1&v=2", True),
        ("?v=2&v=1", False),
        ("?v=%31", False),
        ("?V=1", False),
        ("?%76=1", False),
        ("?v=1;x", False),
        ("?x?v=1", False),
        ("?v", False),
        ("", False),
    ],
)
def test_exact_parameter(query: str, fits: bool) -> None:
    assert parameter_fits(QueryParameterMatch("v", ValueKind.EXACT, "1"), query) is fits


def test_parameter_presence() -> None:
    present, absent = QueryParameterMatch("a"), QueryParameterMatch("a", invert=True)

    for query in ("?a", "?a=", "?a=x", "?b&a"):
        assert parameter_fits(present, query)
        assert not parameter_fits(absent, query)
    assert not parameter_fits(present, "?b")
    assert parameter_fits(absent, "")


def test_parameter_values() -> None:
    assert parameter_fits(QueryParameterMatch("a", ValueKind.REGEX, "[a-z]+"), "?a=bc")
    assert not parameter_fits(QueryParameterMatch("a", ValueKind.REGEX, "[a-z]+"), "?a=bc1")
    assert parameter_fits(QueryParameterMatch("a", ValueKind.PREFIX, "b"), "?a=bc")
    assert parameter_fits(QueryParameterMatch("a", ValueKind.SUFFIX, "c"), "?a=bc")
    assert parameter_fits(QueryParameterMatch("a", ValueKind.EXACT, "+"), "?a=+")


@pytest.mark.parametrize(
    ("kind", "fits"),
    [
        ("application/grpc", True),
        ("application/grpc+proto", True),
        ("application/grpc-web", False),
        ("application/json", False),
        (None, False),
    ],
)
def test_grpc(kind: str | None, fits: bool) -> None:
    headers = () if kind is None else (("Content-Type", kind),)
    got = failed_condition(RouteMatch(grpc=True), prepared("/", *headers))

    assert got == ("" if fits else "header content-type")


def test_port_is_the_one_connected_to() -> None:
    assert failed_condition(RouteMatch(port=8080), prepared("/", host="h:80", port=8080)) == ""
    assert failed_condition(RouteMatch(port=80), prepared("/", host="h:80", port=8080)) == "port"


def test_first_failure_is_named_in_order() -> None:
    match = RouteMatch(
        path=PathMatch(PathKind.EXACT, "/a"),
        method="POST",
        headers=(HeaderMatch("X-A"), HeaderMatch("x-b")),
        query_parameters=(QueryParameterMatch("q"), QueryParameterMatch("r")),
        port=81,
    )
    a, b = ("x-a", ""), ("x-b", "")
    steps = [
        (prepared("/"), "path"),
        (prepared("/a"), "method"),
        (prepared("/a", method="POST"), "header X-A"),
        (prepared("/a", a, method="POST"), "header x-b"),
        (prepared("/a", a, b, method="POST"), "query q"),
        (prepared("/a?q", a, b, method="POST"), "query r"),
        (prepared("/a?q&r", a, b, method="POST"), "port"),
        (prepared("/a?q&r", a, b, method="POST", port=81), ""),
    ]

    assert [failed_condition(match, request) for request, _ in steps] == [reason for _, reason in steps]

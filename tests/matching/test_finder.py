"""`spec/envoy.md` 18 and 57, and that the look-up finds what trying one by one finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_gmg.matching.condition import failed_condition
from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, QueryParameterMatch, RouteMatch, ValueKind
from kubectl_gmg.model.request import Request
from tests.matching.preparing import prepared


def exact(value: str) -> RouteMatch:
    return RouteMatch(PathMatch(PathKind.EXACT, value))


def prefix(value: str, fraction: float = 1.0) -> RouteMatch:
    return RouteMatch(PathMatch(PathKind.PREFIX, value), fraction=fraction)


def test_first_that_matches_wins_whatever_its_kind() -> None:
    finder = RouteFinder([prefix("/a/b"), exact("/a/b"), RouteMatch(PathMatch(PathKind.REGEX, "/.*")), prefix("/")])

    assert finder.find(prepared("/a/b")) == 0
    assert list(finder.matching(prepared("/a/b"))) == [0, 1, 2, 3]
    assert list(finder.matching(prepared("/a/b"), after=1)) == [2, 3]
    assert finder.find(prepared("/c")) == 2
    assert finder.find(prepared("*", method="OPTIONS")) is None


def test_no_routes() -> None:
    assert RouteFinder([]).find(prepared("/")) is None


def test_shares_of_fractions() -> None:
    finder = RouteFinder(
        [prefix("/", 0.25), prefix("/", 0.0), prefix("/b"), prefix("/a", 0.5), prefix("/"), prefix("/")]
    )

    assert finder.winners(prepared("/a")) == ((0, 0.25), (3, 0.375), (4, 0.375))
    assert finder.winners(prepared("/b")) == ((0, 0.25), (2, 0.75))


def test_shares_may_leave_a_rest() -> None:
    assert RouteFinder([prefix("/", 0.25)]).winners(prepared("/")) == ((0, 0.25),)
    assert RouteFinder([]).winners(prepared("/")) == ()


def test_fraction_of_nothing_never_wins() -> None:
    finder = RouteFinder([prefix("/", 0.0), exact("/a")])

    assert finder.find(prepared("/a")) == 1
    assert finder.find(prepared("/b")) is None


def test_matching_is_lazy() -> None:
    finder = RouteFinder([prefix("/")] * 1000)

    next(finder.matching(prepared("/")))

    assert finder.compared == 1


ROUTES = 10_000

MIXED = {
    "exact": lambda number: exact(f"/team/svc{number}"),
    "prefix": lambda number: prefix(f"/team/svc{number:05}/"),
    "separated": lambda number: RouteMatch(PathMatch(PathKind.SEPARATED_PREFIX, f"/team/svc{number}")),
    "caseless": lambda number: RouteMatch(PathMatch(PathKind.EXACT, f"/Team/Svc{number}", ignore_case=True)),
    "regex": lambda number: RouteMatch(PathMatch(PathKind.REGEX, f"/team/svc{number}(/.*)?")),
    "header": lambda number: RouteMatch(
        PathMatch(PathKind.PREFIX, "/team"), headers=(HeaderMatch("x-n", ValueKind.EXACT, str(number)),)
    ),
    "query": lambda number: RouteMatch(
        PathMatch(PathKind.PREFIX, "/team"), query_parameters=(QueryParameterMatch("n", ValueKind.EXACT, str(number)),)
    ),
}


@pytest.mark.parametrize("kind", MIXED)
def test_few_of_many_routes_are_compared(kind: str) -> None:
    finder = RouteFinder([MIXED[kind](number) for number in range(ROUTES)])
    wanted = [77, 5_000, 9_999]

    for number in wanted:
        path = f"/team/svc{number:05}/" if kind == "prefix" else f"/team/svc{number}"
        assert finder.find(prepared(f"{path}?n={number}", ("x-n", str(number)))) == number

    assert finder.compared == len(wanted)


paths = st.sampled_from(["/", "/a", "/a/", "/a/b", "/A/b", "/ab", "/a/b/c", "/b", "", "/aa"])
values = st.sampled_from(["a", "b", "ab", "A", ""])
regexes = st.sampled_from(["/a.*", "/[^/]+", ".*", "/(a|b)/?", "/a/b", "(", "(?i)/A", "/a{1,900}.*"])
text_kinds = st.sampled_from([ValueKind.EXACT, ValueKind.EXACT, ValueKind.PREFIX, ValueKind.SUFFIX, ValueKind.PRESENT])
names = st.sampled_from(["x-a", "X-B", "accept", ":method", "host", ":path"])
path_matches = st.one_of(
    st.none(),
    st.builds(PathMatch, st.just(PathKind.REGEX), regexes, st.booleans()),
    st.builds(
        PathMatch,
        st.sampled_from([PathKind.EXACT, PathKind.PREFIX, PathKind.SEPARATED_PREFIX]),
        paths,
        st.booleans(),
    ),
)
route_matches = st.builds(
    RouteMatch,
    path=path_matches,
    method=st.sampled_from(["", "", "GET", "POST"]),
    headers=st.lists(
        st.builds(
            HeaderMatch,
            names,
            text_kinds,
            values,
            invert=st.booleans(),
            missing_as_empty=st.booleans(),
            ignore_case=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    query_parameters=st.lists(
        st.builds(QueryParameterMatch, st.sampled_from(["q", "r"]), text_kinds, values, invert=st.booleans()),
        max_size=1,
    ).map(tuple),
    port=st.sampled_from([None, None, 80, 81]),
    grpc=st.sampled_from([False, False, False, True]),
    fraction=st.sampled_from([1.0, 1.0, 0.5, 0.0]),
)
requests = st.builds(
    Request,
    path=st.builds(str.__add__, paths.filter(bool), st.sampled_from(["", "?q=a", "?r&q=b&q=a", "?q"])),
    method=st.sampled_from(["GET", "POST"]),
    headers=st.lists(
        st.tuples(
            st.sampled_from(["x-a", "X-A", "x-b", "accept", "content-type"]), values | st.just("application/grpc")
        ),
        max_size=3,
    ).map(tuple),
)


@given(st.lists(route_matches, max_size=12), requests, st.integers(-1, 12))
def test_finds_what_trying_one_by_one_finds(matches: list[RouteMatch], request: Request, after: int) -> None:
    asked = prepare(request)
    assert isinstance(asked, Prepared)
    fitting = [
        place for place, match in enumerate(matches) if match.fraction > 0 and not failed_condition(match, asked)
    ]
    finder = RouteFinder(matches)

    assert finder.find(asked) == (fitting[0] if fitting else None)
    assert list(finder.matching(asked)) == fitting
    assert list(finder.matching(asked, after)) == [place for place in fitting if place > after]

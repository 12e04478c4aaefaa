"""What is said of matches, against every request of a small world: all of them are tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kubectl_gmg.matching.canonical import Normalization, canonical
from kubectl_gmg.matching.condition import failed_condition, in_range
from kubectl_gmg.matching.language import TextTest, accepted, language
from kubectl_gmg.matching.mend import mended
from kubectl_gmg.matching.neighbours import Neighbours
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.matching.reach import HostTheory
from kubectl_gmg.matching.search import Search, Spent, Wanted, Work, find_text
from kubectl_gmg.matching.space import Space
from kubectl_gmg.matching.theory import Truth, covers, overlaps
from kubectl_gmg.matching.universe import HEADER_VALUES, HOSTS, PATHS, QUERY_VALUES
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, QueryParameterMatch, RouteMatch, ValueKind
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.verdict import Proof
from tests.test_counts import calls_of

SPACE = Space()

# ---- a small world: what conditions of it can tell apart is tried in full

TEXTS = ("", "a", "A", "ab", "aB", "b")
PATHS_TRIED = tuple("/" + "".join(letters) for size in range(4) for letters in product("aAb/", repeat=size))
VALUES_TRIED = ((), ("",), ("a",), ("A",), ("ab",), ("aB",), ("b",), ("z",), ("a", "b"), ("A", "ab"), ("b", "z"))


def world() -> Iterator[Prepared]:
    """Requests that differ in one of two headers, a parameter, and the method, for every path."""
    for path, method, first, query in product(PATHS_TRIED, ("GET", "POST"), VALUES_TRIED, ("", "?q=", "?q=a", "?q=b")):
        headers = tuple(("x", value) for value in first)
        prepared = prepare(Request(path=path + query, host="www.example.com", method=method, headers=headers))
        assert isinstance(prepared, Prepared)
        yield prepared


WORLD = tuple(world())


def some_path(rng: Random) -> PathMatch | None:
    text = "/" + "".join(rng.choice("aAb/") for _ in range(rng.randint(0, 2)))
    kind = rng.choice((PathKind.EXACT, PathKind.PREFIX, PathKind.PREFIX, PathKind.SEPARATED_PREFIX))
    if kind is PathKind.SEPARATED_PREFIX:
        text = text.rstrip("/") or "/a"
    return None if rng.random() < 0.1 else PathMatch(kind, text, ignore_case=rng.random() < 0.3)


def some_header(rng: Random) -> HeaderMatch:
    kind = rng.choice((ValueKind.PRESENT, ValueKind.EXACT, ValueKind.EXACT, ValueKind.PREFIX, ValueKind.SUFFIX))
    value = "" if kind is ValueKind.PRESENT else rng.choice(TEXTS[1:])
    flags = [rng.random() < 0.4 for _ in range(3)]
    return HeaderMatch("x", kind, value, invert=flags[0], missing_as_empty=flags[1], ignore_case=flags[2])


def some_parameter(rng: Random) -> QueryParameterMatch:
    kind = rng.choice((ValueKind.PRESENT, ValueKind.EXACT, ValueKind.EXACT))
    value = "" if kind is ValueKind.PRESENT else rng.choice(("", "a", "b"))
    return QueryParameterMatch("q", kind, value, invert=rng.random() < 0.4)


def some_match(rng: Random) -> RouteMatch:
    headers = tuple(some_header(rng) for _ in range(rng.choice((0, 0, 1, 1, 2))))
    parameters = tuple(some_parameter(rng) for _ in range(rng.choice((0, 0, 0, 1))))
    return RouteMatch(some_path(rng), rng.choice(("", "", "", "GET", "POST")), headers, parameters)


@cache
def satisfying(match: RouteMatch) -> frozenset[int]:
    """The places of the requests that fit."""
    return frozenset(place for place, prepared in enumerate(WORLD) if not failed_condition(match, prepared))


@pytest.mark.parametrize("seed", range(12))
def test_verdicts_hold_for_every_request_of_a_small_world(seed: int) -> None:
    rng = Random(seed)
    found: set[Proof | None] = set()
    for _ in range(6):
        routes = [some_match(rng) for _ in range(rng.randint(2, 8))]
        theory = HostTheory(routes, SPACE)
        fitting = [satisfying(match) for match in routes]
        left = frozenset(range(len(WORLD)))
        for place, match in enumerate(routes):
            verdict = theory.verdict(place)
            assert verdict.decided, routes
            found.add(verdict.proof)
            won = fitting[place] & left
            if verdict.proof is not None:
                assert not won, (routes, place, WORLD[min(won)])
                assert fitting[place] <= frozenset().union(*(fitting[number] for number in verdict.by))
                assert all(number < place for number in verdict.by)
                assert (verdict.request is None) is (verdict.proof in (Proof.CONTRADICTION, Proof.DISABLED))
            else:
                assert verdict.witness is not None
                taker = next(number for number, each in enumerate(routes) if fits(each, verdict.witness))
                assert taker == place, routes
            if verdict.request is not None:
                taker = next(number for number, each in enumerate(routes) if fits(each, verdict.request))
                assert fits(match, verdict.request)
                assert taker in verdict.by
            left -= fitting[place]
    assert len(found) > 1


def fits(match: RouteMatch, request: Request) -> bool:
    prepared = prepare(request)
    assert isinstance(prepared, Prepared)
    return not failed_condition(match, prepared)


@pytest.mark.parametrize("seed", range(6))
def test_shadows_are_told_with_a_request_that_both_want(seed: int) -> None:
    rng = Random(1000 + seed)
    told = 0
    for _ in range(6):
        routes = [some_match(rng) for _ in range(rng.randint(2, 7))]
        theory = HostTheory(routes, SPACE)
        for place, match in enumerate(routes):
            shadows, omitted = theory.shadows(place)
            assert omitted == 0
            for number, asked in shadows:
                assert number < place
                assert fits(match, asked)
                assert next(each for each, other in enumerate(routes) if fits(other, asked)) == number
            told += len(shadows)
            plain = (one for one in satisfying(match) if len(WORLD[one].headers.get("x", ())) < 2)
            takers = {next(each for each, other in enumerate(routes) if one in satisfying(other)) for one in plain}
            assert {number for number in takers if number < place} <= {number for number, _ in shadows}
            assert theory.partly(place) is bool(shadows)
    assert told > 5


@pytest.mark.parametrize("seed", range(8))
def test_covering_and_overlapping(seed: int) -> None:
    rng = Random(2000 + seed)
    counted = dict.fromkeys(Truth, 0)
    for _ in range(25):
        wide, narrow = some_match(rng), some_match(rng)
        if rng.random() < 0.5:
            narrow = replace(wide, headers=(*wide.headers, some_header(rng)), path=some_path(rng) or wide.path)
        answer, shared = covers(wide, narrow, SPACE), overlaps(wide, narrow, SPACE)
        counted[answer] += 1
        first, second = satisfying(wide), satisfying(narrow)
        if answer is Truth.YES:
            assert second <= first, (wide, narrow)
        if second - first:
            assert answer is Truth.NO
        if first & second:
            assert shared is Truth.YES
        assert Truth.UNKNOWN not in (answer, shared)
    assert counted[Truth.YES] > 1
    assert counted[Truth.NO] > 1


# ---- what each kind of proof is


def path(kind: PathKind, text: str, *, ignore_case: bool = False) -> RouteMatch:
    return RouteMatch(PathMatch(kind, text, ignore_case))


def prefix(text: str) -> RouteMatch:
    return path(PathKind.PREFIX, text)


def exact(text: str, *, ignore_case: bool = False) -> RouteMatch:
    return path(PathKind.EXACT, text, ignore_case=ignore_case)


def regex(text: str) -> RouteMatch:
    return path(PathKind.REGEX, text)


def x_is(value: str, *, invert: bool = False, empty: bool = False) -> RouteMatch:
    header = HeaderMatch("x", ValueKind.EXACT, value, invert=invert, missing_as_empty=empty)
    return RouteMatch(headers=(header,))


PRESENT = RouteMatch(headers=(HeaderMatch("x"),))
ABSENT = RouteMatch(headers=(HeaderMatch("x", invert=True),))
GET = RouteMatch(method="GET")


def target(
    text: str, *, path: PathMatch | None = None, query_parameters: tuple[QueryParameterMatch, ...] = ()
) -> RouteMatch:
    """Wants `:path`, the path with its query, to be a text."""
    header = HeaderMatch(":path", ValueKind.EXACT, text)
    return RouteMatch(path, headers=(header,), query_parameters=query_parameters)


Q_IS_1 = (QueryParameterMatch("q", ValueKind.EXACT, "1"),)
PROVED: dict[str, tuple[tuple[RouteMatch, ...], Proof, tuple[int, ...]]] = {
    "the same exact path": ((exact("/a"), exact("/a")), Proof.EXACT, (0,)),
    "exact in any case": ((exact("/A", ignore_case=True), exact("/a")), Proof.EXACT, (0,)),
    "a prefix of it": ((prefix("/b"), prefix("/reviews/v1"), exact("/reviews/v1/version")), Proof.PREFIX, (1,)),
    "a segment of it": ((path(PathKind.SEPARATED_PREFIX, "/a"), prefix("/a/b")), Proof.PREFIX, (0,)),
    "everything": ((RouteMatch(), regex(r"\bx.*")), Proof.PREFIX, (0,)),
    "a wider pattern": ((regex("/[a-z]+"), regex("/[b-y]{2,3}")), Proof.REGEX, (0,)),
    "the same pattern, beyond what can be told": ((regex(r"/a\b.*"), regex(r"/a\b.*")), Proof.REGEX, (0,)),
    "a header and its opposite": ((x_is("1"), x_is("1", invert=True, empty=True), RouteMatch()), Proof.JOINT, (0, 1)),
    "present and absent": ((prefix("/z"), PRESENT, ABSENT, GET), Proof.JOINT, (1, 2)),
    "both cases": ((exact("/a"), exact("/A"), exact("/a", ignore_case=True)), Proof.JOINT, (0, 1)),
    "patterns together": ((regex("/[a-m]"), prefix("/n"), regex("/[n-z]"), regex("/[a-z]")), Proof.JOINT, (0, 2)),
    "two methods of one header": (
        (
            replace(x_is("1"), method="GET"),
            replace(x_is("1", invert=True), method="GET"),
            replace(PRESENT, method="GET"),
        ),
        Proof.JOINT,
        (0, 1),
    ),
    "present and absent at once": (
        (replace(PRESENT, headers=(*PRESENT.headers, *ABSENT.headers)),),
        Proof.CONTRADICTION,
        (),
    ),
    "one value of a parameter and another": (
        (
            RouteMatch(
                query_parameters=tuple(QueryParameterMatch("q", ValueKind.EXACT, value) for value in ("1", "2")),
            ),
        ),
        Proof.CONTRADICTION,
        (),
    ),
    "a joined header of two values": (
        (RouteMatch(headers=tuple(HeaderMatch("accept", ValueKind.EXACT, value) for value in ("a", "b"))),),
        Proof.CONTRADICTION,
        (),
    ),
    "a dot segment": ((exact("/a/./b"),), Proof.DISABLED, ()),
    "a path with a query": ((prefix("/a?b"),), Proof.DISABLED, ()),
    "a path without a slash": ((exact("a"),), Proof.DISABLED, ()),
    "an escape that is decoded": ((exact("/%61"),), Proof.DISABLED, ()),
    "a method that nobody knows": ((RouteMatch(method="get"),), Proof.DISABLED, ()),
    "a parameter that holds two": (
        (RouteMatch(query_parameters=(QueryParameterMatch("q", ValueKind.EXACT, "a&b"),)),),
        Proof.DISABLED,
        (),
    ),
    "a header name with a blank": ((RouteMatch(headers=(HeaderMatch("x y"),)),), Proof.DISABLED, ()),
    "a value that ends in a blank": ((x_is("a "),), Proof.DISABLED, ()),
    "a target beside another path": ((target("/a", path=PathMatch(PathKind.EXACT, "/b")),), Proof.CONTRADICTION, ()),
    "a target without the parameter": ((target("/a?p=1", query_parameters=Q_IS_1),), Proof.CONTRADICTION, ()),
    "a target without a slash": ((target("GET"),), Proof.DISABLED, ()),
    "a target below a prefix": ((prefix("/a"), target("/a/b?q=1")), Proof.PREFIX, (0,)),
    "a fraction of nothing": ((RouteMatch(fraction=0.0),), Proof.DISABLED, ()),
}


@pytest.mark.parametrize("name", PROVED)
def test_what_no_request_reaches_is_proved(name: str) -> None:
    routes, proof, by = PROVED[name]
    verdict = HostTheory(routes, SPACE).verdict(len(routes) - 1)
    assert (verdict.proof, verdict.by, verdict.decided) == (proof, by, True)


ALIVE: dict[str, tuple[RouteMatch, ...]] = {
    "a header may have two values": (x_is("1"), replace(x_is("2"), headers=(*x_is("2").headers, *x_is("3").headers))),
    "a test of a value needs a value": (x_is("1"), x_is("1", invert=True), RouteMatch()),
    "a route that takes only its share": (RouteMatch(fraction=0.5), RouteMatch()),
    "a segment is no prefix": (path(PathKind.SEPARATED_PREFIX, "/a"), prefix("/a")),
    "patterns do not ignore case": (path(PathKind.REGEX, "/a", ignore_case=True), exact("/A")),
    "an escape that stays": (exact("/a/b"), exact("/a%2Fb")),
    "a double slash": (prefix("/a/b"), prefix("/a//b")),
    "a broken escape": (RouteMatch(method="GET"), exact("/%4")),
    "longer than the pattern": (regex("/a{1,3}"), regex("/a+")),
    "another method": (GET, RouteMatch()),
    "a target with its query": (target("/a"), prefix("/b"), target("/a?q=1", query_parameters=Q_IS_1)),
    "a target is one of many": (target("/a"), exact("/a")),
}


@pytest.mark.parametrize("name", ALIVE)
def test_what_some_request_reaches_has_a_witness(name: str) -> None:
    routes = ALIVE[name]
    verdict = HostTheory(routes, SPACE).verdict(len(routes) - 1)
    assert verdict.proof is None
    assert verdict.witness is not None
    assert fits(routes[-1], verdict.witness)
    assert not any(fits(each, verdict.witness) for each in routes[:-1] if each.fraction == 1)


def test_what_cannot_be_told_is_said() -> None:
    """A pattern with a word boundary is beyond the automata; no text of it is known."""
    verdict = HostTheory((exact("/b"), regex(r"/x?y\b.*")), SPACE).verdict(1)
    assert (verdict.decided, verdict.proof, verdict.witness) == (False, None, None)


def test_a_budget_ends_the_search_and_never_makes_a_proof() -> None:
    hard = [
        RouteMatch(headers=(HeaderMatch(f"x{n % 40}", ValueKind.REGEX, f"(a|b)*a(a|b){{{n % 12}}}"),))
        for n in range(120)
    ]
    routes = [*hard, RouteMatch(headers=tuple(HeaderMatch(f"x{n}") for n in range(40)))]
    first = HostTheory(routes, SPACE).verdict(120)
    theory = HostTheory(routes, SPACE)
    for place in range(0, 120, 7):
        theory.verdict(place)
    assert theory.verdict(120) == first
    assert first.proof is None


def test_hosts_are_only_those_that_lead_here() -> None:
    space = Space(hosts=("shop.example.com",), serves=lambda host: host.partition(":")[0].lower() == "shop.example.com")

    def of(value: str, kind: ValueKind = ValueKind.EXACT) -> RouteMatch:
        return RouteMatch(headers=(HeaderMatch(":authority", kind, value),))

    theory = HostTheory((of("shop.example.com:8080"), of("other.example.com"), of("shop", ValueKind.PREFIX)), space)
    witness = theory.verdict(0).witness
    assert witness is not None
    assert witness.host == "shop.example.com:8080"
    assert theory.verdict(1).proof is Proof.DISABLED
    assert theory.verdict(2).decided


# ---- texts

PATH_LETTERS = '/a.%;2eEfF0~\\"?#A{ \x00é'


@settings(max_examples=600)
@given(st.text(alphabet=PATH_LETTERS, max_size=9).map(lambda rest: "/" + rest))
def test_paths_are_those_that_normalising_leaves_as_they_are(text: str) -> None:
    plain = all("!" <= letter <= "~" and letter not in "?#" for letter in text)
    assert PATHS.holds(text) is (plain and canonical(text, Normalization.BASE) == text)
    assert PATHS.holds(text) is accepted(PATHS, text)


@settings(max_examples=300)
@given(st.text(alphabet="ab \t,é\x7f\x01", max_size=5))
def test_header_values_are_those_that_arrive_unchanged(text: str) -> None:
    prepared = prepare(Request(headers=(("x", text),)))
    arrives = isinstance(prepared, Prepared) and prepared.headers["x"] == (text,)
    assert HEADER_VALUES.holds(text) is arrives


@settings(max_examples=300)
@given(st.text(alphabet="ab&#?=%+; é", max_size=5))
def test_query_values_are_those_that_arrive_unchanged(text: str) -> None:
    prepared = prepare(Request(path=f"/?q={text}"))
    arrives = isinstance(prepared, Prepared) and prepared.parameters["q"] == text
    assert QUERY_VALUES.holds(text) is arrives


@given(st.text(alphabet='ab.:*/\\é"^-_[]', min_size=1, max_size=5))
def test_hosts_are_those_that_the_proxy_takes(text: str) -> None:
    assert (not HOSTS.holds(text)) or isinstance(prepare(Request(host=text)), Prepared)


BOUNDS = st.integers(-130, 130) | st.sampled_from([-(1 << 63), (1 << 63) - 1, 10**18, -(10**18), 99, 100, 1000])


@settings(max_examples=300)
@given(BOUNDS, BOUNDS, BOUNDS, st.sampled_from(["", "+", "-", "0", "-00"]))
def test_ranges_are_automata_too(start: int, end: int, number: int, sign: str) -> None:
    assume(start < end)
    test = TextTest(ValueKind.RANGE, start=start, end=end)
    automaton = language(test)
    assert automaton is not None
    for text in (f"{sign}{number}", str(start), str(end), str(end - 1), sign):
        assert accepted(automaton, text) is in_range(text, start, end)


KINDS = (ValueKind.EXACT, ValueKind.PREFIX, ValueKind.SUFFIX, PathKind.SEPARATED_PREFIX)
TESTS = st.builds(TextTest, st.sampled_from(KINDS), st.text("aAb/", max_size=3), st.booleans())


@settings(max_examples=400)
@given(TESTS, st.text("aAb/B", max_size=5))
def test_automata_agree_with_the_tests(test: TextTest, text: str) -> None:
    automaton = language(test)
    assert automaton is not None
    assert accepted(automaton, text) is test.fits(text)


@settings(max_examples=300)
@given(st.lists(TESTS, max_size=3), st.lists(TESTS, max_size=3))
def test_a_text_is_found_if_there_is_one(inside: list[TextTest], outside: list[TextTest]) -> None:
    wanted = Wanted(tuple(inside), tuple(outside))
    found = find_text(QUERY_VALUES, wanted, Work(10_000))
    tried = ("".join(letters) for size in range(5) for letters in product("aAb/x", repeat=size))
    if found is None:
        assert not any(wanted.fits(text) for text in tried)
    else:
        assert wanted.fits(found)


@pytest.mark.parametrize(
    ("begins", "pattern", "shared"),
    [("/a/b", "/a/[0-9]+", Truth.NO), ("/a/1x", "/a/[0-9]+", Truth.NO), ("/a/1", "/a/[0-9]+x", Truth.YES)],
)
def test_what_a_pattern_never_begins_with_takes_no_search(begins: str, pattern: str, shared: Truth) -> None:
    found: list[Truth] = []
    searched = calls_of(Search.run.__code__, lambda: found.append(overlaps(prefix(begins), regex(pattern), SPACE)))
    assert found == [shared]
    assert (searched == 0) is (shared is Truth.NO)


def test_spent_work_is_no_answer() -> None:
    with pytest.raises(Spent):
        find_text(
            QUERY_VALUES,
            Wanted((TextTest(ValueKind.SUFFIX, "abcdefgh"),), (TextTest(ValueKind.EXACT, "abcdefgh"),)),
            Work(5),
        )


# ---- earlier routes that count


@pytest.mark.parametrize("seed", range(10))
def test_no_route_that_shares_requests_is_overlooked(seed: int) -> None:
    rng = Random(3000 + seed)
    patterns = ("/a.*", "/[ab]+", ".*b", "(?i)/A", "/a|/b", "/ab?", r"\\/a\\.b", "^/a")
    routes = [
        replace(some_match(rng), path=PathMatch(PathKind.REGEX, rng.choice(patterns)))
        if rng.random() < 0.3
        else some_match(rng)
        for _ in range(25)
    ]
    neighbours = Neighbours(routes)
    for place in range(len(routes)):
        near = set(neighbours.before(place, 1000))
        assert all(number < place for number in near)
        for number in range(place):
            common = satisfying(routes[place]) & satisfying(routes[number])
            if any(len(WORLD[one].headers.get("x", ())) < 2 for one in common):
                assert number in near, (routes[place], routes[number])


# ---- a request that just misses

MISSES = (
    (replace(prefix("/a"), method="POST"), Request(path="/a?q=1"), "method"),
    (prefix("/b"), Request(path="/a?q=1"), "path"),
    (x_is("1"), Request(path="/a", headers=(("X", "2"), ("y", "3"))), "header x"),
    (
        RouteMatch(query_parameters=(QueryParameterMatch("q", ValueKind.EXACT, "7"),)),
        Request(path="/a?q=1&r=2"),
        "query q",
    ),
    (RouteMatch(port=8080), Request(path="/a"), "port"),
    (RouteMatch(grpc=True), Request(path="/a"), "header content-type"),
)


@pytest.mark.parametrize(("match", "request_", "reason"), MISSES, ids=[reason for _, _, reason in MISSES])
def test_a_request_that_just_misses_is_mended(match: RouteMatch, request_: Request, reason: str) -> None:
    prepared = prepare(request_)
    assert isinstance(prepared, Prepared)
    assert failed_condition(match, prepared) == reason
    found = mended(match, prepared, reason, SPACE)
    assert found is not None
    again = prepare(found)
    assert isinstance(again, Prepared)
    assert not failed_condition(match, again)
    assert found.host == request_.host
    if reason == "query q":
        assert found.path == "/a?r=2&q=7"
    if reason == "header x":
        assert found.headers == (("y", "3"), ("x", "1"))


def test_a_catch_all_behind_very_many_routes_tells_some_of_them_and_counts_the_rest() -> None:
    theory = HostTheory([*(exact(f"/{number}") for number in range(20_000)), RouteMatch()], SPACE)
    shadows, omitted = theory.shadows(20_000)
    assert len(shadows) + omitted == 20_000
    assert 10 <= len(shadows) <= 100
    few, none = HostTheory([*(exact(f"/{number}") for number in range(50)), RouteMatch()], SPACE).shadows(50)
    assert ([number for number, _ in few], none) == (list(range(50)), 0)

"""Lists of routes that stand in each other's way, from a seed: the subject of the judge of reachability.

A list is made of figures. A figure is some routes and a later one that they take everything from, or nearly: narrower
ones, the two sides of a test, both cases of a path. Chance spoils some of them, so that a request gets through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from kubectl_gmg.model.action import DirectResponse
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, QueryParameterMatch, RouteMatch, ValueKind
from kubectl_gmg.regex import quote
from tests.oracle.generate_tables import (
    DOMAINS,
    EVERY_PATH,
    HOSTS_SEEN,
    TEXT_KINDS,
    Table,
    TableHost,
    TableRoute,
    chance,
    some_header,
    some_match,
    some_parameter,
    some_path,
)

Routes = list[RouteMatch]
ANSWER = DirectResponse(200)
STEMS = ("/a", "/a", "/b", "/a/b", "/ab", "/v1", "/a/v1", "/7", "/x.y", "/a-b", "/%2F")
PLAIN_NAMES = ("x-user", "x-env", "X-User", "x-n", "user-agent", "cookie")
PLAIN_VALUES = ("a", "ab", "1", "A", "a,b", "user=a; x=1")
DEAD_PATHS = ("/a?b", "/a#b", "/a/../b", "/%61", "a", "")


def some_covers(rng: Random, *, regexes: bool) -> Table:
    """A listener with one to three hosts; without `regexes` no condition is a regular expression, or on `:path`."""
    stems = [rng.choice(STEMS) for _ in range(rng.randint(1, 2))]
    domains = list(dict.fromkeys(rng.choice(DOMAINS) for _ in range(rng.randint(1, 5))))
    count = rng.randint(1, min(3, len(domains)))
    hosts = (host_of(domains[place::count], some_list(rng, stems, regexes=regexes)) for place in range(count))
    return Table(tuple(hosts))


def host_of(domains: list[str], matches: Routes) -> TableHost:
    """A host whose routes answer themselves."""
    return TableHost(tuple(domains), tuple(TableRoute(match, ANSWER) for match in matches))


def some_list(rng: Random, stems: list[str], *, regexes: bool) -> Routes:
    """Some figures, woven into each other; each keeps its order, most of the time."""
    figures = [*FIGURES, *(REGEX_FIGURES if regexes else ())]
    chosen = [rng.choice(figures)(rng, stems) for _ in range(rng.randint(1, 3))]
    woven = weave(rng, [narrowed(rng, stems, figure) for figure in chosen])
    while chance(rng, 40):
        woven.insert(rng.randint(0, len(woven)), allowed_match(rng, stems, regexes=regexes))
    if chance(rng, 15):
        first, second = rng.randrange(len(woven)), rng.randrange(len(woven))
        woven[first], woven[second] = woven[second], woven[first]
    if chance(rng, 25):
        woven.append(RouteMatch(rng.choice(EVERY_PATH if regexes else EVERY_PATH[:-1])))
    return woven[:12]


def weave(rng: Random, lists: list[Routes]) -> Routes:
    """One list in which each of the lists keeps its order."""
    left = [list(each) for each in lists if each]
    found: Routes = []
    while left:
        each = rng.choice(left)
        found.append(each.pop(0))
        left = [other for other in left if other]
    return found


def narrowed(rng: Random, stems: list[str], figure: Routes) -> Routes:
    """Now and then all routes of a figure want one thing more, or the last of them does, or one gets lost."""
    if chance(rng, 25):
        extra = some_test(rng)
        figure = [added(match, extra) for match in figure]
    if chance(rng, 30):
        figure = [*figure[:-1], narrower(rng, stems, figure[-1])]
    if chance(rng, 15) and len(figure) > 1:
        figure.pop(rng.randrange(len(figure) - 1))
    return figure


def allowed_match(rng: Random, stems: list[str], *, regexes: bool) -> RouteMatch:
    """Any match; without `regexes` one of those that must be decided."""
    while True:
        match = some_match(rng, stems)
        if regexes or is_plain(match):
            return match


def is_plain(match: RouteMatch) -> bool:
    """Whether a match belongs to the fragment that is always decided: no regular expression, no test of `:path`."""
    kinds = {*(test.kind for test in match.headers), *(test.kind for test in match.query_parameters)}
    path = match.path.kind if match.path else PathKind.PREFIX
    return (
        path is not PathKind.REGEX and ValueKind.REGEX not in kinds and ":path" not in {h.name for h in match.headers}
    )


# ---- parts

Test = HeaderMatch | QueryParameterMatch | str
"""A condition beside the path; a text is a method."""


def some_test(rng: Random) -> Test:
    """A condition without a regular expression."""
    if chance(rng, 20):
        return rng.choice(["GET", "POST", "HEAD"])
    while True:
        found: HeaderMatch | QueryParameterMatch = some_header(rng, ["/a"]) if chance(rng, 65) else some_parameter(rng)
        if found.kind is not ValueKind.REGEX and found.name != ":path":
            return found


def added(match: RouteMatch, test: Test) -> RouteMatch:
    """The match with one condition more."""
    if isinstance(test, str):
        return replace(match, method=match.method or test)
    if isinstance(test, HeaderMatch):
        return replace(match, headers=(*match.headers, test))
    return replace(match, query_parameters=(*match.query_parameters, test))


def plain_path(rng: Random, stems: list[str]) -> PathMatch:
    """A path of any kind but a regular expression."""
    stem = rng.choice(stems)
    kind = rng.choice([PathKind.EXACT, PathKind.PREFIX, PathKind.PREFIX, PathKind.SEPARATED_PREFIX])
    return PathMatch(kind, stem, ignore_case=chance(rng, 30))


def can_be_separated(text: str) -> bool:
    """Whether Envoy takes a text for a separated prefix."""
    return text[:1] == "/" and text[1:] != "" and text[-1] != "/" and "?" not in text and "#" not in text


def narrower(rng: Random, stems: list[str], match: RouteMatch) -> RouteMatch:
    """A match that wants the same and something more, or a narrower path."""
    path = match.path
    if path is not None and path.kind is not PathKind.REGEX and chance(rng, 55):
        longer = path.value.rstrip("/") + rng.choice(["/b", "/x", "/7", ""])
        text = rng.choice([longer, longer, longer.swapcase(), path.value])
        kind = rng.choice([path.kind, PathKind.EXACT, PathKind.SEPARATED_PREFIX])
        kind = kind if can_be_separated(text) else PathKind.EXACT
        match = replace(match, path=PathMatch(kind, text, path.ignore_case and chance(rng, 50)))
    return added(match, some_test(rng)) if chance(rng, 60) else match


# ---- figures without regular expressions


def stacked(rng: Random, stems: list[str]) -> Routes:
    """A route and one or two narrower ones behind it."""
    wide = RouteMatch(plain_path(rng, stems) if chance(rng, 85) else None)
    wide = added(wide, some_test(rng)) if chance(rng, 40) else wide
    middle = narrower(rng, stems, wide)
    return [wide, middle, *([narrower(rng, stems, middle)] if chance(rng, 40) else [])]


def both_sides(rng: Random, stems: list[str]) -> Routes:
    """A test of a header, its opposite, and the missing header."""
    name = rng.choice(PLAIN_NAMES)
    kind = rng.choice([*TEXT_KINDS, ValueKind.PRESENT, ValueKind.RANGE])
    value = "" if kind in (ValueKind.PRESENT, ValueKind.RANGE) else rng.choice(PLAIN_VALUES)
    start = 5 if kind is ValueKind.RANGE else 0
    test = HeaderMatch(name, kind, value, ignore_case=chance(rng, 20), start=start, end=start * 2)
    missing = chance(rng, 40)
    sides = [test, replace(test, invert=True, missing_as_empty=missing)]
    if kind is not ValueKind.PRESENT and not missing:
        sides.append(HeaderMatch(name, ValueKind.PRESENT, invert=True))
    rng.shuffle(sides)
    return split(RouteMatch(plain_path(rng, stems)), sides)


def split(match: RouteMatch, sides: list[HeaderMatch] | list[QueryParameterMatch]) -> Routes:
    """A match with each of some tests, and then without them."""
    return [*(added(match, side) for side in sides), match]


def both_queries(rng: Random, stems: list[str]) -> Routes:
    """A query parameter, and none."""
    name = rng.choice(("q", "v"))
    sides = [QueryParameterMatch(name, invert=invert) for invert in (True, False)]
    rng.shuffle(sides)
    match = RouteMatch(plain_path(rng, stems))
    last = added(match, QueryParameterMatch(name, rng.choice(TEXT_KINDS), "1")) if chance(rng, 30) else match
    return [*split(match, sides)[:-1], last]


def both_methods(rng: Random, stems: list[str]) -> Routes:
    """A method, and all others."""
    method = rng.choice(("GET", "POST"))
    match = RouteMatch(plain_path(rng, stems))
    others = HeaderMatch(":method", ValueKind.EXACT, method, invert=True)
    return [replace(match, method=method), added(match, others), match]


def both_hosts(rng: Random, stems: list[str]) -> Routes:
    """A Host header, and all others."""
    test = HeaderMatch(rng.choice(("host", ":authority")), rng.choice(TEXT_KINDS), rng.choice(HOSTS_SEEN))
    return split(RouteMatch(plain_path(rng, stems)), [test, replace(test, invert=True)])


def segments(rng: Random, stems: list[str]) -> Routes:
    """A path, what is below it, and both."""
    stem = rng.choice(stems)
    case = chance(rng, 30)
    parts = [PathMatch(PathKind.EXACT, stem, case), PathMatch(PathKind.PREFIX, f"{stem}/", case)]
    rng.shuffle(parts)
    return [*map(RouteMatch, parts), RouteMatch(PathMatch(PathKind.SEPARATED_PREFIX, stem, case and chance(rng, 70)))]


def both_cases(rng: Random, stems: list[str]) -> Routes:
    """All spellings of a path, and then any."""
    stem = rng.choice(("/a", "/b", "/ab", "/v1", "/a-b"))
    kind = rng.choice([PathKind.EXACT, PathKind.PREFIX])
    spellings = list(every_case(stem))
    rng.shuffle(spellings)
    return [*(RouteMatch(PathMatch(kind, each)) for each in spellings), RouteMatch(PathMatch(kind, stem, True))]


def every_case(text: str) -> list[str]:
    """The text in all spellings that differ in case only."""
    found = [""]
    for letter in text:
        found = [begun + each for begun in found for each in dict.fromkeys((letter, letter.swapcase()))]
    return found


NUMBERS = ("7", "+7", "007", "-0", "-7", "5", "10", "0x7", "", "+")


def ranges(rng: Random, stems: list[str]) -> Routes:
    """Two ranges and one across both, or what looks like a number of them."""
    match = RouteMatch(plain_path(rng, stems))
    bounds = [(rng.choice([0, -7]), 5), (5 + chance(rng, 30), 10), (rng.choice([0, 2, 5]), rng.choice([5, 8, 10, 11]))]
    tests = [HeaderMatch("x-n", ValueKind.RANGE, start=start, end=end) for start, end in bounds]
    if chance(rng, 50):
        kind = rng.choice([ValueKind.EXACT, ValueKind.EXACT, ValueKind.SUFFIX])
        tests[-1] = HeaderMatch("x-n", kind, rng.choice(NUMBERS[:-2]))
    return [added(match, test) for test in tests]


def crossed(rng: Random, stems: list[str]) -> Routes:
    """Both sides of a test, one of them split once more by another."""
    match = RouteMatch(plain_path(rng, stems))
    user = HeaderMatch("x-user", ValueKind.EXACT, "a")
    without = added(match, replace(user, invert=True, missing_as_empty=True))
    env = HeaderMatch("x-env", rng.choice([ValueKind.PRESENT, ValueKind.PREFIX]), "a", missing_as_empty=True)
    parts = [added(match, user), added(without, env), added(without, replace(env, invert=True))]
    if chance(rng, 50):
        parts[1:2] = [added(parts[1], QueryParameterMatch("q", invert=invert)) for invert in (False, True)]
    rng.shuffle(parts)
    return [*parts, match]


def cases_of_values(rng: Random, stems: list[str]) -> Routes:
    """A value in any case, and then in one; or the other way round."""
    match = RouteMatch(plain_path(rng, stems))
    value = rng.choice(("ab", "A", "a,b"))
    test = HeaderMatch(rng.choice(PLAIN_NAMES), rng.choice(TEXT_KINDS), value, ignore_case=True)
    pair = [added(match, test), added(match, replace(test, ignore_case=False, value=value.swapcase()))]
    return pair if chance(rng, 70) else pair[::-1]


def contradictions(name: str, value: str, other: str) -> list[tuple[Test, Test]]:
    """Conditions that exclude each other, or only look as if they did: a header may have two values."""
    equal = HeaderMatch(name, ValueKind.EXACT, value)
    host = HeaderMatch("host", ValueKind.EXACT, "shop.example.com")
    number = HeaderMatch("x-n", ValueKind.RANGE, start=2, end=5)
    return [
        (HeaderMatch(name), HeaderMatch(name, invert=True)),
        (equal, replace(equal, invert=True)),
        (equal, replace(equal, value=other)),
        (equal, HeaderMatch(name, ValueKind.PREFIX, "z")),
        (equal, replace(equal, kind=ValueKind.SUFFIX, value=value[-1:].swapcase(), ignore_case=True, invert=True)),
        (QueryParameterMatch("q", ValueKind.EXACT, "1"), QueryParameterMatch("q", ValueKind.EXACT, "2")),
        (QueryParameterMatch("q", ValueKind.PREFIX, "1"), QueryParameterMatch("q", ValueKind.SUFFIX, "2")),
        (QueryParameterMatch("q"), QueryParameterMatch("q", invert=True)),
        ("GET", HeaderMatch(":method", ValueKind.EXACT, "POST")),
        ("GET", HeaderMatch(":method", ValueKind.PREFIX, "P", invert=True)),
        (host, replace(host, name=":authority", invert=True)),
        (number, replace(number, invert=True, start=0, end=9)),
        (number, replace(number, start=5, end=9)),
        (number, HeaderMatch("x-n", ValueKind.PREFIX, "0")),
    ]


def contradicting(rng: Random, stems: list[str]) -> Routes:
    """Two conditions that exclude each other, or seem to."""
    first, second = rng.choice(contradictions(rng.choice(PLAIN_NAMES), *rng.sample(PLAIN_VALUES, 2)))
    return [added(added(RouteMatch(plain_path(rng, stems)), first), second)]


NEVER: list[Test] = [
    "post",
    HeaderMatch("x-n", ValueKind.RANGE, start=5, end=5),
    HeaderMatch(":scheme", ValueKind.EXACT, "https"),
    HeaderMatch("x-user", ValueKind.EXACT, " a"),
    HeaderMatch(":method", invert=True),
    QueryParameterMatch("q", ValueKind.EXACT, "a&b"),
    HeaderMatch("host", ValueKind.EXACT, "a/b"),
]
"""Conditions that no request meets at a listener without TLS."""


def never_met(rng: Random, stems: list[str]) -> Routes:
    """A condition that no request meets."""
    if chance(rng, 40):
        return [RouteMatch(PathMatch(rng.choice([PathKind.EXACT, PathKind.PREFIX]), rng.choice(DEAD_PATHS)))]
    return [added(RouteMatch(plain_path(rng, stems)), rng.choice(NEVER))]


def grpc_parts(rng: Random, stems: list[str]) -> Routes:
    """gRPC, and what its content type begins with."""
    match = RouteMatch(plain_path(rng, stems))
    prefix = HeaderMatch("content-type", ValueKind.PREFIX, "application/grpc")
    pair = [added(match, prefix), replace(match, grpc=True)]
    return pair if chance(rng, 70) else [*pair[::-1], added(match, replace(prefix, kind=ValueKind.EXACT))]


Figure = Callable[[Random, list[str]], Routes]
FIGURES: list[Figure] = [
    *(stacked, stacked, stacked, both_sides, both_sides, both_queries, both_methods, both_hosts, segments, both_cases),
    *(ranges, crossed, cases_of_values, contradicting, never_met, grpc_parts),
]

# ---- figures with regular expressions

COVERING = (
    ("{0}.*", "prefix"),
    ("(?i){0}.*", "prefix"),
    ("{0}(/.*)?", "separated"),
    ("{0}/?|{0}/.+", "separated"),
    (".*", "prefix"),
    ("/[^/]*(/.*)?", "prefix"),
    ("{0}[^/]*", "exact"),
    ("^/[a-z0-9.-]+$", "exact"),
    ("{0}/\\d+", "number"),
    ("{0}(/[0-9]|/[1-9][0-9]+)", "number"),
)


def covered_by_regex(rng: Random, stems: list[str]) -> Routes:
    """A regular expression, and what it may take everything of."""
    stem = rng.choice(stems)
    pattern, kind = rng.choice(COVERING)
    wide = RouteMatch(PathMatch(PathKind.REGEX, pattern.format(quote(stem))))
    paths = {
        "prefix": PathMatch(PathKind.PREFIX, stem, chance(rng, 30)),
        "separated": PathMatch(PathKind.SEPARATED_PREFIX, stem),
        "exact": PathMatch(PathKind.EXACT, stem + rng.choice(["", "x", "/"]), chance(rng, 20)),
        "number": PathMatch(PathKind.EXACT, f"{stem}/{rng.choice([7, 10, '07', 'x'])}"),
    }
    later = narrower(rng, stems, RouteMatch(paths[kind])) if chance(rng, 40) else RouteMatch(paths[kind])
    return [wide, later]


def regex_behind(rng: Random, stems: list[str]) -> Routes:
    """A path, and a regular expression for some of it."""
    stem = rng.choice(stems)
    wide = RouteMatch(PathMatch(rng.choice([PathKind.PREFIX, PathKind.SEPARATED_PREFIX]), stem, chance(rng, 30)))
    pattern = rng.choice(["{0}/[^/]+", "{0}/(b|c)(/.*)?", "{0}.*", "(?i){0}/b", "{0}|{0}/b", "{0}[0-9]*"])
    return [wide, RouteMatch(PathMatch(PathKind.REGEX, pattern.format(quote(stem))))]


def regex_halves(rng: Random, stems: list[str]) -> Routes:
    """Two regular expressions that share the work of a prefix."""
    stem = quote(rng.choice(stems))
    first, second = rng.choice([("{0}[^0-9].*", "{0}([0-9].*)?"), ("{0}[a-m].*", "{0}([^a-m].*)?"), ("{0}.+", "{0}")])
    parts = [RouteMatch(PathMatch(PathKind.REGEX, each.format(stem))) for each in (first, second)]
    rng.shuffle(parts)
    return [*parts, RouteMatch(PathMatch(PathKind.PREFIX, stem.replace("\\", "")))]


def header_regexes(rng: Random, stems: list[str]) -> Routes:
    """A header that fits a regular expression, one that does not, none, and any."""
    name, pattern = rng.choice(
        (("x-user", "a.*"), ("cookie", "^(.*?;)?(user=a)(;.*)?$"), ("x-env", ".*"), ("x-n", "[0-9]+"))
    )
    test = HeaderMatch(name, ValueKind.REGEX, pattern)
    missing = chance(rng, 40)
    sides = [test, replace(test, invert=True, missing_as_empty=missing)]
    sides += [] if missing else [HeaderMatch(name, invert=True)]
    return split(RouteMatch(plain_path(rng, stems)), sides)


def query_regexes(rng: Random, stems: list[str]) -> Routes:
    """A query parameter that fits a regular expression, and then one of the values that do."""
    pattern, value = rng.choice((("[0-9]+", "7"), ("a?b*", "ab"), ("(?i)true", "TRUE"), (".*", "x"), ("[^/]+", "/")))
    match = RouteMatch(plain_path(rng, stems))
    wide = added(match, QueryParameterMatch("q", ValueKind.REGEX, pattern))
    return [wide, added(match, QueryParameterMatch("q", ValueKind.EXACT, value))]


def odd_regex(rng: Random, stems: list[str]) -> Routes:
    """Conditions of which some cannot be told."""
    path = rng.choice(["/\\pL+", "{0}\\b.*", "{0}/(.*a.{{0,40}}b)+", "(?i){0}"]).format(quote(rng.choice(stems)))
    target = HeaderMatch(":path", rng.choice(TEXT_KINDS), rng.choice([*stems, "/a?q=1", "?q=1"]))
    return [RouteMatch(PathMatch(PathKind.REGEX, path)), added(RouteMatch(some_path(rng, stems)), target)]


REGEX_FIGURES: list[Figure] = [
    *(covered_by_regex, covered_by_regex, covered_by_regex, covered_by_regex, regex_behind, regex_behind),
    *(regex_halves, regex_halves, header_regexes, query_regexes, odd_regex),
]

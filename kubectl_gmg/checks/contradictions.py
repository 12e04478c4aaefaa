"""Conditions that exclude each other: which they are, where they stand, and how to say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kubectl_gmg.checks.child_rules import ChildRule
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import matcher_place
from kubectl_gmg.checks.words import match_words, path_words, rule_words
from kubectl_gmg.matching.search import Work
from kubectl_gmg.matching.space import Space, demands
from kubectl_gmg.matching.theory import RequestMaker, Truth
from kubectl_gmg.model.match import HeaderMatch, QueryParameterMatch, RouteMatch, ValueKind
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve.inherit import incompatible, inherit_match

Test = HeaderMatch | QueryParameterMatch
WORK = 2_000
"""Steps to compare two regular expressions."""

Clash = tuple[Test, Test]
"""Two tests of one name that no single value passes."""


def why_excluded(above: RouteMatch, own: RouteMatch) -> str:
    """Which conditions of a parent and a child exclude each other."""
    if above.method and own.method and above.method != own.method:
        return f"it wants method {own.method} below method {above.method}"
    if above.port and own.port and above.port != own.port:
        return f"it wants port {own.port} below port {above.port}"
    clash = next(clashes(own, above), None)
    if clash is not None:
        return f"no one value passes its test of {test_words(clash[0])} and that above"
    return f"{path_words(above.path)} leaves no room for {path_words(own.path)} below it"


def clashes(own: RouteMatch, above: RouteMatch) -> Iterator[Clash]:
    """Tests of a match that contradict one of another, each with that one."""
    headers = ((mine, other) for mine in own.headers for other in above.headers if same_header(mine, other))
    yield from ((mine, other) for mine, other in headers if contradict(mine, other))
    queries = (
        (mine, other)
        for mine in own.query_parameters
        for other in above.query_parameters
        if mine.name == other.name and contradict(mine, other)
    )
    yield from queries


def same_header(first: HeaderMatch, second: HeaderMatch) -> bool:
    """Whether two tests look at one header; names ignore case."""
    return first.name.lower() == second.name.lower()


def clashes_within(match: RouteMatch) -> tuple[Clash, ...]:
    """Pairs of tests of one match that contradict each other, each once, the later test first."""
    if len(match.headers) < 2 and len(match.query_parameters) < 2:  # nearly always
        return ()
    return (*pairs(match.headers), *pairs(match.query_parameters))


def pairs(tests: Sequence[Test]) -> Iterator[Clash]:
    """Contradicting tests of one list."""
    seen: dict[str, list[Test]] = {}
    for test in tests:
        name = test.name.lower() if isinstance(test, HeaderMatch) else test.name
        for other in seen.setdefault(name, []):
            if contradict(test, other):
                yield test, other
        seen[name].append(test)


def contradict(first: Test, second: Test) -> bool:
    """Whether no single value passes two tests of one name; that of two regular expressions is asked of the theory."""
    if first.kind is not ValueKind.REGEX or second.kind is not ValueKind.REGEX:
        return incompatible(first, second)
    tests = tuple(each for each in (first, second) if isinstance(each, HeaderMatch))
    queries = tuple(each for each in (first, second) if isinstance(each, QueryParameterMatch))
    maker = RequestMaker(Space(), Work(WORK), repeats=False)
    return maker.possible(demands(RouteMatch(headers=tests, query_parameters=queries))) is Truth.NO


def test_words(test: Test) -> str:
    """What a test looks at; its value is not told, since it may be secret."""
    return f"header {test.name}" if isinstance(test, HeaderMatch) else f"query parameter {test.name}"


def test_place(context: CheckContext, matcher: Origin, test: Test) -> Origin:
    """Where a test is written in its matcher; the matcher where that cannot be told."""
    held = matcher / ("headers" if isinstance(test, HeaderMatch) else "queryParameters")
    written = context.written(held)
    for place, entry in enumerate(written if isinstance(written, list) else ()):
        if isinstance(entry, dict) and wrote(entry, test):
            return held / place
    return matcher


def wrote(entry: dict[str, object], test: Test) -> bool:
    """Whether an entry of a list of tests is the one that a test was made of."""
    inverted = test.invert if isinstance(test, HeaderMatch) else bool(entry.get("invertMatch"))
    named = (entry.get("name"), entry.get("value") or "")
    return named == (test.name, test.value) and bool(entry.get("invertMatch")) == inverted


CONDITIONS = ("method", "port")


def exclusion_place(context: CheckContext, child: ChildRule, index: int) -> Origin:
    """The field of a child's matcher that a match above excludes."""
    rule, above = child.rule, child.above[child.excluded(index)[0]]
    own, place = rule.matches[index], matcher_place(rule, index)
    for name in CONDITIONS:
        mine, other = getattr(own, name), getattr(above, name)
        if mine and other and mine != other:
            return context.existing(place / name, rule.origin)
    clash = next(clashes(own, above), None)
    return context.existing(place / "uri" if clash is None else test_place(context, place, clash[0]), rule.origin)


def told_pairs(child: ChildRule, index: int, words: str) -> str:
    """One sentence about a child's match, the first match above that excludes it, and what comes of it."""
    own, above = child.rule.matches[index], child.above[child.excluded(index)[0]]
    return f"{match_words(own)} {words} {rule_words(child.parent)}: {why_excluded(above, own)}"


def indices(child: ChildRule) -> Iterable[int]:
    """The places of the rule's own matches."""
    return range(len(child.rule.matches))


def conditioned(child: ChildRule) -> bool:
    """Whether a rule and what is above it could exclude each other at all: cheap, and nearly always false."""
    return any(map(narrows, child.above)) and any(
        inherit_match(above, own, child.conventions) is None for above in child.above for own in child.rule.matches
    )


def narrows(match: RouteMatch) -> bool:
    """Whether a match above says anything that a child could contradict."""
    fixed = match.path is not None and match.path.kind.value not in ("prefix", "separatedPrefix")
    return bool(fixed or match.method or match.port or match.headers or match.query_parameters)

"""Faults put into the theory of matches one at a time: the judges of reachability must notice every one.

The real Envoy judges in `tests/analysis`; here the look-up that simulates requests stands in for it, since Envoy judges
that as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest

from kubectl_gmg.analysis import reachability
from kubectl_gmg.matching import automaton, language, neighbours, re2_syntax, reach, search, space, theory, universe
from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.reach import HostTheory
from kubectl_gmg.matching.space import Space
from kubectl_gmg.model.match import EVERYTHING, HeaderMatch, PathKind, PathMatch, RouteMatch, ValueKind
from tests.matching import test_automaton
from tests.oracle.generate_covers import (
    FIGURES,
    NEVER,
    NUMBERS,
    REGEX_FIGURES,
    Routes,
    added,
    contradictions,
    host_of,
    odd_regex,
    some_covers,
)
from tests.oracle.generate_tables import Table
from tests.oracle.reach_judge import (
    Sample,
    against,
    claimed,
    inconsistent,
    looked_up,
    nearby,
    prepared,
    told,
)

Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}
EACH_FIGURE, WHOLE, WITH_MORE = 12, 20, 12
"""How many lists of each figure, how many of several, and how many with more hosts, ports or shares."""
PORTS = (None, 80, 443)


def fault(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[function.__name__.replace("_", " ")] = function
    return function


# ---- the judges


def complaints() -> Iterator[str]:
    """Everything that speaks against what is claimed now."""
    yield from patterns_complain()
    yield from budget_complains()
    for seed, matches in enumerate(some_lists()):
        yield from (f"list {seed}: {each}" for each in list_complains(matches, seed))
    for seed, matches in enumerate(some_lists()[:: len(some_lists()) // WITH_MORE]):
        yield from (f"hosts {seed}: {each}" for each in hosts_complain(matches, seed))
        yield from (f"ports {seed}: {each}" for each in ports_complain(matches, seed))
        yield from (f"shares {seed}: {each}" for each in shares_complain(matches, seed))


@cache
def some_lists() -> tuple[Routes, ...]:
    """Every figure some times, then every contradiction, and whole lists of routes."""
    rng = Random(0)
    decided = [figure for figure in (*FIGURES, *REGEX_FIGURES) if figure is not odd_regex]
    figures = [figure(rng, ["/a", "/b/a"]) for figure in dict.fromkeys(decided) for _ in range(EACH_FIGURE)]
    never = [[added(EVERYTHING, test)] for test in NEVER]
    pairs = [pair for name in ("x-user", "user-agent") for pair in contradictions(name, "a", "ab")]
    contradicting = [[added(added(EVERYTHING, first), second)] for first, second in pairs]
    digit = HeaderMatch("x-n", ValueKind.RANGE, start=-7, end=10)
    numbers = [[added(EVERYTHING, digit), added(EVERYTHING, exactly("x-n", text))] for text in NUMBERS]
    tables = [some_covers(Random(seed), regexes=False) for seed in range(WHOLE)]
    return (
        *figures,
        *never,
        *contradicting,
        *numbers,
        *([route.match for route in table.hosts[0].routes] for table in tables),
    )


def exactly(called: str, text: str) -> HeaderMatch:
    return HeaderMatch(called, ValueKind.EXACT, text)


def list_complains(matches: Routes, seed: int) -> Iterator[str]:
    """About a list as the only host."""
    table = Table((host_of(["*"], matches),))
    yield from complaints_about(table, seed)
    yield from (f"{called} is undecided" for called, reach in claimed(table).reaches.items() if not reach.decided)


def hosts_complain(matches: Routes, seed: int) -> Iterator[str]:
    """About two hosts of which one takes names from the other."""
    hosts = host_of(["*.example.com"], matches), host_of(["www.example.com", "*.www.example.com"], matches[:2])
    yield from complaints_about(Table(hosts), seed)


def complaints_about(table: Table, seed: int) -> Iterator[str]:
    claims = claimed(table)
    samples = [*told(claims), *nearby(claims, Random(seed), 5, 8)]
    yield from against(claims, iter(samples), looked_up(table))
    yield from inconsistent(claims, [sample.request for sample in samples])


def ports_complain(matches: Routes, seed: int) -> Iterator[str]:
    """About a list some of whose routes want a port, where the port of the listener is not known."""
    rng = Random(seed)
    matches = [replace(match, port=rng.choice(PORTS)) for match in matches]
    claims = claimed(Table((host_of(["*"], matches),)), port=None)
    samples = [*told(claims), *at_any_port(nearby(claims, rng, 4, 6))]
    yield from against(claims, iter(samples), looked_up(claims.table))
    yield from inconsistent(claims, [sample.request for sample in samples])


def at_any_port(samples: Iterable[Sample]) -> Iterator[Sample]:
    return (replace(each, request=replace(each.request, port=port)) for each in samples for port in (80, 443, 8080))


def shares_complain(matches: Routes, seed: int) -> Iterator[str]:
    """About a list some of whose routes take a share only: no unreachable one may get any."""
    rng = Random(seed)
    matches = [replace(match, fraction=rng.choice([1, 1, 0.5, 0])) for match in matches]
    claims = claimed(Table((host_of(["*"], matches),)))
    finder = RouteFinder(matches)
    for sample in [*told(claims), *nearby(claims, rng, 4, 6)]:
        ready = prepared(sample.request)
        takers = [f"h0.{place}" for place, _ in finder.winners(ready)] if ready else []
        yield from (
            f"{each} is called unreachable, but shares {sample.request}" for each in takers if each in claims.dead
        )
        if sample.why.startswith("witness") and not set(sample.wins or ()) & set(takers):
            yield f"{sample.why} gets nothing of {sample.request}"


def patterns_complain() -> Iterator[str]:
    """About patterns of which it is known what they match."""
    for pattern, good, bad in test_automaton.REAL:
        try:
            test_automaton.test_real_patterns(pattern, good, bad)
        except AssertionError:
            yield f"the automaton of {pattern}"


HALVES = "/[ab]*a[ab]{11}", "/[ab]*b[ab]{11}", "/[ab]{0,11}"
"""Together they match all that `/[ab]*` does, and an automaton needs thousands of states to see it."""


def budget_complains() -> Iterator[str]:
    """About a question that costs more than the budget: whoever answers it did not count."""
    everything, *halves = (
        space.demands(RouteMatch(PathMatch(PathKind.REGEX, each)))[0] for each in ("/[ab]*", *HALVES)
    )
    maker = theory.RequestMaker(Space(), search.Work(500))
    if maker.possible((everything, *(half.negated for half in halves))) is not theory.Truth.UNKNOWN:
        yield "more was looked at than the budget allows"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """What is kept for good must neither hide a fault nor outlive it."""
    kept: list[Any] = [automaton.automaton, language.language]
    for each in kept:
        each.cache_clear()
    yield
    for each in kept:
        each.cache_clear()


# ---- the faults


@fault
def headers_have_one_value(patch: Patch) -> None:
    patch.setattr(theory, "may_repeat", lambda slot: False)


@fault
def query_parameters_have_many_values(patch: Patch) -> None:
    real = space.may_repeat
    patch.setattr(theory, "may_repeat", lambda slot: real(slot) or slot.part is space.Part.PARAMETER)


@fault
def joined_headers_forgotten(patch: Patch) -> None:
    patch.setattr(space, "JOINED", frozenset())


@fault
def prefix_by_segments(patch: Patch) -> None:
    real = language.Beginning.__init__

    def made(self: Any, test: Any) -> None:
        real(self, test)
        self._separated = self._separated or test.kind is PathKind.PREFIX

    patch.setattr(language.Beginning, "__init__", made)


@fault
def separated_prefix_as_prefix(patch: Patch) -> None:
    real = language.Beginning.__init__

    def made(self: Any, test: Any) -> None:
        real(self, test)
        self._separated = False

    patch.setattr(language.Beginning, "__init__", made)


@fault
def case_never_ignored(patch: Patch) -> None:
    patch.setattr(language, "other_case", lambda letter: letter)


@fault
def a_missing_value_is_not_negated(patch: Patch) -> None:
    def negated(self: Any) -> Any:
        return space.Demand(self.slot, self.missing, space.OPPOSITE[self.values], self.test)

    patch.setattr(space.Demand, "negated", property(negated))


@fault
def missing_never_passes(patch: Patch) -> None:
    real = space.header_demand
    patch.setattr(space, "header_demand", lambda header: replace(real(header), missing=False))


@fault
def missing_as_empty_forgotten(patch: Patch) -> None:
    real = space.header_demand
    patch.setattr(space, "header_demand", lambda header: real(replace(header, missing_as_empty=False)))


@fault
def few_methods(patch: Patch) -> None:
    patch.setattr(space, "ROUTED_METHODS", ("GET", "POST"))


@fault
def paths_without_capitals(patch: Patch) -> None:
    real = universe.CanonicalPaths.step
    patch.setattr(
        universe.CanonicalPaths,
        "step",
        lambda self, state, letter: None if 65 <= letter <= 90 else real(self, state, letter),
    )


@fault
def every_text_is_a_path(patch: Patch) -> None:
    patch.setitem(space.UNIVERSES, space.Part.PATH, universe.Letters(universe.GRAPHIC))


@fault
def every_text_is_a_query_value(patch: Patch) -> None:
    patch.setitem(space.UNIVERSES, space.Part.PARAMETER, universe.Letters(universe.GRAPHIC))


@fault
def blanks_around_values(patch: Patch) -> None:
    patch.setattr(universe.HeaderValues, "step", lambda self, state, letter: "text" if letter >= 32 else None)


@fault
def budget_ignored(patch: Patch) -> None:
    patch.setattr(search.Work, "spend", lambda self, amount=1: None)


@fault
def port_ignored(patch: Patch) -> None:
    real = space.demands
    for module in (reach, theory, neighbours):
        patch.setattr(module, "demands", lambda match: real(replace(match, port=None)))


@fault
def a_share_is_everything(patch: Patch) -> None:
    patch.setattr(HostTheory, "_sure", HostTheory._region)


@fault
def range_with_its_end(patch: Patch) -> None:
    real = language.range_pattern
    patch.setattr(language, "range_pattern", lambda start, end: real(start, end + 1))


@fault
def range_without_signs(patch: Patch) -> None:
    real = language.range_pattern
    patch.setattr(language, "range_pattern", lambda start, end: real(start, end).replace("\\+?0*", ""))


@fault
def no_taker_is_seen(patch: Patch) -> None:
    patch.setattr(theory.Witness, "_taker", lambda self, prepared, place: None)


@fault
def only_one_condition_is_missed(patch: Patch) -> None:
    """Only the first condition of the route in the way is tried: what else would get past it is not found."""
    real = theory.Witness._around

    def around(self: Any, region: Any, place: int, number: int, conditions: Any) -> Any:
        return real(self, region, place, number, conditions[:1])

    patch.setattr(theory.Witness, "_around", around)


@fault
def the_first_taker_is_blamed_alone(patch: Patch) -> None:
    real = HostTheory._joint

    def joint(self: Any, place: int, found: Any, maker: Any) -> Any:
        verdict = real(self, place, found, maker)
        return replace(verdict, by=verdict.by[:1])

    patch.setattr(HostTheory, "_joint", joint)


@fault
def any_earlier_route_covers(patch: Patch) -> None:
    patch.setattr(reach, "covers", lambda wide, narrow, where: theory.Truth.YES)


@fault
def neighbours_overlooked(patch: Patch) -> None:
    real = neighbours.Neighbours.before
    patch.setattr(neighbours.Neighbours, "before", lambda self, place, most: real(self, place, most)[1:])


@fault
def neighbours_by_case(patch: Patch) -> None:
    patch.setattr(neighbours, "folded", lambda text: text)


@fault
def names_of_other_hosts(patch: Patch) -> None:
    real = reachability.Reachability._space

    def anybody(self: Any, listener: Any, host: Any) -> Any:
        found = real(self, listener, host)
        return found and replace(found, hosts=("www.example.com",))

    patch.setattr(reachability.Reachability, "_space", anybody)


@fault
def an_automaton_is_full_too_soon(patch: Patch) -> None:
    patch.setattr(automaton.Automaton, "full", lambda self, state: self.accepts(state))


@fault
def the_end_is_anywhere(patch: Patch) -> None:
    real = automaton._Net._closure
    patch.setattr(
        automaton._Net, "_closure", lambda self, places, begin, end: real(self, places, begin=begin, end=True)
    )


@fault
def the_beginning_is_anywhere(patch: Patch) -> None:
    real = automaton._Net._closure
    patch.setattr(automaton._Net, "_closure", lambda self, places, begin, end: real(self, places, begin=True, end=end))
    patch.setattr(automaton._Net, "_hopeful", lambda self: frozenset(range(len(self._next))))


@fault
def case_ignored_after_negation(patch: Patch) -> None:
    real = re2_syntax._Reader._class

    def ranges(self: Any) -> Any:
        fold, self._fold = self._fold, False
        found = real(self)
        self._fold = fold
        return re2_syntax.normalized(
            (*found, *((low ^ 32, high ^ 32) for low, high in found if 65 <= low <= high <= 122))
        )

    patch.setattr(re2_syntax._Reader, "_class", ranges)


@fault
def repetitions_end_early(patch: Patch) -> None:
    real = re2_syntax._Reader._repeat
    patch.setattr(
        re2_syntax._Reader, "_repeat", lambda self, low, high: real(self, low, high if high is not None else 4)
    )


def test_the_judges_are_content() -> None:
    assert list(complaints()) == []


@pytest.mark.parametrize("called", sorted(FAULTS))
def test_the_judges_notice(called: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[called](monkeypatch)
    assert next(complaints(), None) is not None, f"nobody noticed: {called}"


def test_all_that_was_asked_for_is_here() -> None:
    assert len(FAULTS) >= 8

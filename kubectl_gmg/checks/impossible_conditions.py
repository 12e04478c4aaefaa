"""Conditions that no request meets, whatever else it is: a path, a method or a value that the proxy never sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.analysis.reachability import NOWHERE
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.contradictions import Test, clashes_within, test_place, test_words
from kubectl_gmg.checks.matcher_places import is_plain, matcher_place, said_place
from kubectl_gmg.checks.shadowing import own_match
from kubectl_gmg.checks.unmatchable_paths import cut_letter, starts_otherwise
from kubectl_gmg.checks.words import path_words
from kubectl_gmg.matching.space import Space, demands
from kubectl_gmg.matching.theory import impossible_alone
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import HeaderMatch, PathMatch, RouteMatch
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.views import RouteRow


@dataclass(frozen=True, slots=True)
class Impossible:
    """A condition that no request meets, in words, with its place and what to know about it."""

    place: Origin
    words: str
    hint: str


PATHS = "the proxy compares paths in ASCII, without blanks, with `.` and `..` resolved and letters not percent-encoded"
METHODS = "the proxy refuses methods that it does not know, and those in lower case"
VALUES = "the proxy compares values as clients can send them, without blanks around them"


def impossible(context: CheckContext, row: RouteRow) -> Impossible | None:
    """Why no request gets to a row though no route stands in its way; None where that is so for another reason.

    Paths without slash or with a query, contradicting tests, and hosts without any name are other findings.
    """
    reach, match = context.reach(row), row.route.match
    if reach.proof not in (Proof.DISABLED, Proof.CONTRADICTION) or reach.by or reach is NOWHERE:
        return None
    if clashes_within(match) or (match.path is not None and cut_letter(match.path)) or lacks_slash(row):
        return None
    *above, leaf = row.route.terminal.rules
    ways = ((rule, index) for rule in above for index in range(len(rule.matches)))
    for rule, index in (*ways, (leaf, own_match(row))):
        if (found := next(conditions(context, rule, index), None)) is not None:
            return found
    if match.path is not None and never(RouteMatch(path=match.path)):
        return Impossible(said_place(context, leaf, own_match(row)), path_words(match.path), PATHS)
    return None


def lacks_slash(row: RouteRow) -> bool:
    """Whether the host's own rule on the way down has a path without slash: below it one is never put in front."""
    paths = (match.path for match in row.route.terminal.rules[0].matches)
    return any(path is not None and starts_otherwise(path) for path in paths)


def conditions(context: CheckContext, rule: RouteRule, index: int) -> Iterator[Impossible]:
    """The conditions of one own match that are impossible by themselves."""
    match, place = rule.matches[index], matcher_place(rule, index)
    if is_plain(match.path) and match.path is not None and never(RouteMatch(path=below_slash(match.path))):
        yield Impossible(said_place(context, rule, index), path_words(match.path), PATHS)
    if match.method and never(RouteMatch(method=match.method)):
        yield Impossible(context.existing(place / "method", rule.origin), f"method {match.method}", METHODS)
    tests: tuple[Test, ...] = (*match.headers, *match.query_parameters)
    for test in tests:
        alone = RouteMatch(headers=(test,)) if isinstance(test, HeaderMatch) else RouteMatch(query_parameters=(test,))
        if never(alone):
            yield Impossible(test_place(context, place, test), f"the test of {test_words(test)}", VALUES)


def never(match: RouteMatch) -> bool:
    """Whether no request satisfies a match with one condition."""
    return impossible_alone(demands(match), Space())


def below_slash(path: PathMatch) -> PathMatch:
    """A path as it stands behind a prefix: with a slash in front."""
    return path if path.value.startswith("/") else PathMatch(path.kind, f"/{path.value}", path.ignore_case)

"""What is plain to see of texts that must pass some tests, and of matches, without any search."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from kubectl_gmg.matching.condition import regex_fits
from kubectl_gmg.matching.language import TextTest, language
from kubectl_gmg.matching.path import OWN
from kubectl_gmg.matching.search import Spent, Wanted
from kubectl_gmg.matching.space import FRAMING, ROUTED_METHODS, Demand, Part, Slot, Values, header_slot
from kubectl_gmg.matching.text import folded
from kubectl_gmg.matching.universe import is_simple_path
from kubectl_gmg.model.match import ROOT, HeaderMatch, PathKind, PathMatch, RouteMatch, ValueKind

BEGINNINGS = frozenset((PathKind.EXACT, PathKind.PREFIX, PathKind.SEPARATED_PREFIX, ValueKind.EXACT, ValueKind.PREFIX))
ENDINGS = frozenset((ValueKind.EXACT, ValueKind.SUFFIX))
PATTERNS = frozenset((PathKind.REGEX, ValueKind.REGEX))

MOST_READ = 100
"""Letters that a pattern is followed for."""


def clashing(wanted: Wanted) -> bool:
    """Whether two of the tests plainly exclude each other by what texts begin or end with."""
    inside = wanted.inside
    apart = any(excluded(one, other) for place, one in enumerate(inside) for other in inside[:place])
    apart = apart or any(stuck(one, other) for one in inside for other in inside)
    return apart or any(implied(one, other) for one in inside for other in wanted.outside)


def excluded(one: TextTest, other: TextTest) -> bool:
    """Whether no text passes both, as far as that is plain to see."""
    first, second = folded(one.value), folded(other.value)
    if one.kind in BEGINNINGS and other.kind in BEGINNINGS and not first.startswith(second[: len(first)]):
        return True
    ends = one.kind in ENDINGS and other.kind in ENDINGS
    return ends and not (first.endswith(second) or second.endswith(first))


def stuck(one: TextTest, other: TextTest) -> bool:
    """Whether a pattern matches no text that begins as the other test wants it."""
    if one.kind not in PATTERNS or other.kind not in BEGINNINGS or other.ignore_case:
        return False
    texts = language(one)
    state = None if texts is None else texts.start
    for letter in other.value[:MOST_READ]:
        state = None if texts is None or state is None else texts.step(state, ord(letter))
    return texts is not None and state is None


def implied(one: TextTest, other: TextTest) -> bool:
    """Whether every text that passes one test passes the other, as far as that is plain to see."""
    if one.ignore_case and not other.ignore_case:
        return False
    first, second = (folded(one.value), folded(other.value)) if other.ignore_case else (one.value, other.value)
    begins = one.kind in BEGINNINGS and other.kind in (PathKind.PREFIX, ValueKind.PREFIX)
    ends = one.kind in ENDINGS and other.kind is ValueKind.SUFFIX
    return (begins and first.startswith(second)) or (ends and first.endswith(second))


def spellings(host: str, wanted: Wanted) -> Iterator[str]:
    """Host headers that are made from a usual one and from what tests want at the beginning and at the end."""
    tests = [test for test in wanted.inside if test.kind in (ValueKind.PREFIX, ValueKind.SUFFIX, ValueKind.EXACT)]
    begins = [test.value for test in tests if test.kind is not ValueKind.SUFFIX]
    ends = [test.value for test in tests if test.kind is not ValueKind.PREFIX]
    for begin in (*begins, ""):
        for end in (*ends, ""):
            yield from (begin + end, begin + host + end, f"{begin}{host}:{end}")


def own_values(slot: Slot, wanted: Collection[Demand]) -> tuple[str, ...] | None:
    """What satisfies conditions on a header that the proxy sees to. Raises `Spent` where its value decides."""
    if slot.name in OWN and any(demand.values is Values.NEVER for demand in wanted):
        return None
    if slot.name in OWN and all(demand.values is Values.ANY for demand in wanted):
        return ()
    if slot.name in FRAMING - {"content-length"} and all(demand.missing for demand in wanted):
        return ()
    raise Spent


GUESSES = (
    *(("(?:", ""), ("(/.*)?", ""), (".*", ""), (".+", "x"), ("[^/]+", "x"), ("[^/]*", ""), ("[0-9]+", "1")),
    *((r"\d+", "1"), ("[a-z]+", "a"), ("[a-z0-9]+", "a"), ("[a-z0-9-]+", "a"), ("[a-zA-Z0-9]+", "a")),
    *((r"\w+", "x"), ("\\", ""), ("(", ""), (")", ""), ("^", ""), ("$", "")),
)
"""What parts of common patterns may stand for; what comes of it is tried."""

_SIMPLE_VALUE = re.compile("[A-Za-z0-9](?:[A-Za-z0-9 ._/=-]*[A-Za-z0-9])?")


def plain_request(match: RouteMatch) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """A path, and headers, that satisfy a match but for its method; None if that is not plain to see."""
    if match.query_parameters or match.grpc or match.port is not None or match.fraction < 1:
        return None
    if match.method and match.method not in ROUTED_METHODS:
        return None
    headers = plain_headers(match.headers)
    path = "" if headers is None else plain_path(match.path or ROOT)
    return (path, headers) if path and headers is not None else None


def plain_path(path: PathMatch) -> str:
    """A path that a condition is satisfied by; empty if that is not plain to see."""
    if path.kind is not PathKind.REGEX:
        return path.value if is_simple_path(path.value) else ""
    text = path.value
    for part, meant in GUESSES:
        text = text.replace(part, meant)
    return text if is_simple_path(text) and regex_fits(path.value, text) else ""


def plain_headers(tests: Sequence[HeaderMatch]) -> tuple[tuple[str, str], ...] | None:
    """Headers that satisfy tests of different ones for a value, or for anything; None for other tests."""
    found: dict[str, str] = {}
    for test in tests:
        slot = header_slot(test.name)
        value = "x" if test.kind is ValueKind.PRESENT else test.value
        usual = test.kind in (ValueKind.PRESENT, ValueKind.EXACT) and not test.invert
        if slot.part is not Part.HEADER or slot.name in found or not usual or not _SIMPLE_VALUE.fullmatch(value):
            return None
        found[slot.name] = value
    return tuple(found.items())

"""Look-up of the routes whose path condition a path fits, without trying them one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.matching.regexes import RegexTable
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.match import ROOT, PathKind, RouteMatch, ValueKind


class Source(StrEnum):
    """Where the value of a `Key` is found in a request."""

    HEADER = "header"
    PARAMETER = "parameter"


Key = tuple[Source, str]


class Bucket:
    """Places of routes with the same path condition, in order, split by one exact value that they want.

    The split keeps ten thousand routes apart that share a prefix and differ in a header.
    """

    __slots__ = ("_any", "_by_value")

    def __init__(self) -> None:
        self._any: list[int] = []
        self._by_value: dict[Key, dict[str, list[int]]] = {}

    def add(self, match: RouteMatch, place: int) -> None:
        """Adds a route; places are added in rising order."""
        wanted = exact_value(match)
        if wanted is None:
            self._any.append(place)
        else:
            key, value = wanted
            self._by_value.setdefault(key, {}).setdefault(value, []).append(place)

    def candidates(self, prepared: Prepared) -> Iterator[Sequence[int]]:
        """Lists of places, each rising and no place in two of them, that hold all routes that can match."""
        if self._any:
            yield self._any
        for (source, name), places in self._by_value.items():
            for value in present_values(source, name, prepared):
                if value in places:
                    yield places[value]


def exact_value(match: RouteMatch) -> tuple[Key, str] | None:
    """A value that some header, the method or a query parameter must have for the route to match."""
    for header in match.headers:
        changed = header.invert or header.ignore_case or header.missing_as_empty
        if header.kind is ValueKind.EXACT and not changed:
            return (Source.HEADER, folded(header.name)), header.value
    for parameter in match.query_parameters:
        if parameter.kind is ValueKind.EXACT and not parameter.invert:
            return (Source.PARAMETER, parameter.name), parameter.value
    return ((Source.HEADER, ":method"), match.method) if match.method else None


def present_values(source: Source, name: str, prepared: Prepared) -> frozenset[str]:
    """The distinct values that a request has there."""
    if source is Source.HEADER:
        return frozenset(prepared.headers.get(name, ()))
    value = prepared.parameters.get(name)
    return frozenset() if value is None else frozenset({value})


class TextTable:
    """Buckets of exact paths and of both kinds of prefixes, by hash; prefixes once for every distinct length."""

    def __init__(self, buckets: Mapping[tuple[PathKind, str], Bucket]) -> None:
        self._exact = {value: bucket for (kind, value), bucket in buckets.items() if kind is PathKind.EXACT}
        self._prefixes = by_length(buckets, PathKind.PREFIX)
        self._separated = by_length(buckets, PathKind.SEPARATED_PREFIX)

    def find(self, path: str) -> Iterator[Bucket]:
        """The buckets of all conditions that a path fits."""
        if path in self._exact:
            yield self._exact[path]
        for length, prefixes in self._prefixes:
            if length > len(path):
                break
            if path[:length] in prefixes:
                yield prefixes[path[:length]]
        for length, prefixes in self._separated:
            if length > len(path):
                break
            if path[length : length + 1] in ("", "/") and path[:length] in prefixes:
                yield prefixes[path[:length]]


def by_length(buckets: Mapping[tuple[PathKind, str], Bucket], wanted: PathKind) -> list[tuple[int, dict[str, Bucket]]]:
    """The buckets of one kind by their text, the shortest texts first."""
    tables: dict[int, dict[str, Bucket]] = {}
    for (kind, value), bucket in buckets.items():
        if kind is wanted:
            tables.setdefault(len(value), {})[value] = bucket
    return sorted(tables.items())


class PathIndex:
    """Buckets by path condition."""

    def __init__(self, matches: Sequence[RouteMatch]) -> None:
        cased: dict[tuple[PathKind, str], Bucket] = {}
        caseless: dict[tuple[PathKind, str], Bucket] = {}
        regexes: dict[str, Bucket] = {}
        for place, match in enumerate(matches):
            if match.fraction <= 0:
                continue
            path = match.path or ROOT
            if path.kind is PathKind.REGEX:
                bucket = regexes.setdefault(path.value, Bucket())
            elif path.ignore_case:
                bucket = caseless.setdefault((path.kind, folded(path.value)), Bucket())
            else:
                bucket = cased.setdefault((path.kind, path.value), Bucket())
            bucket.add(match, place)
        self._cased = TextTable(cased)
        self._caseless = TextTable(caseless)
        self._regexes = RegexTable(regexes)

    def find(self, path: str) -> Iterator[Bucket]:
        """The buckets of all conditions that a path fits."""
        yield from self._cased.find(path)
        yield from self._caseless.find(folded(path))
        yield from self._regexes.find(path)

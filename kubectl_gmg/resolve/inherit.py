"""What a rule inherits from above: matches are combined, options displaced (`spec/v1beta1.md` 8.4, 7.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from kubectl_gmg import regex
from kubectl_gmg.model.action import NO_OPTIONS, Options
from kubectl_gmg.model.conventions import FIRST_CONVENTIONS, ChildRoot, Conflict, Conventions, MixedCase
from kubectl_gmg.model.match import (
    HeaderMatch,
    PathKind,
    PathMatch,
    QueryParameterMatch,
    RouteMatch,
    ValueKind,
    distinct,
)
from kubectl_gmg.model.origin import Sourced

Test = HeaderMatch | QueryParameterMatch
Q = TypeVar("Q", bound=Test)


def inherit_matches(
    above: Sequence[RouteMatch] | None, own: Sequence[RouteMatch], conventions: Conventions = FIRST_CONVENTIONS
) -> tuple[RouteMatch, ...]:
    """Every pair of a parent's and a rule's own match that a request can satisfy, the parent's order first.

    None above is the top of a host, where a path stays as it is written. Equal pairs are kept once.
    """
    if above is None:
        return distinct(own) if len(own) > 1 else tuple(own)
    pairs = [inherit_match(parent, child, conventions) for parent in above for child in own]
    found = tuple([pair for pair in pairs if pair is not None])
    return distinct(found) if len(found) > 1 else found


def inherit_match(above: RouteMatch, own: RouteMatch, conventions: Conventions) -> RouteMatch | None:
    """Both matches at once; None if they exclude each other as far as the conventions care (D-20, `spec/v2.md` 8.2)."""
    if above.method and own.method and above.method != own.method:
        return None
    if conventions.conflict is Conflict.REPLACED and exclude_each_other(above, own):
        return None
    return joined(above, own, conventions)


def exclude_each_other(above: RouteMatch, own: RouteMatch) -> bool:
    """Whether no request satisfies both: a path below one that is fixed, another port, or tests of one name.

    A header is taken to have one value.
    """
    fixed = above.path is not None and above.path.kind in (PathKind.EXACT, PathKind.REGEX)
    if (fixed and own.path is not None) or (above.port and own.port and above.port != own.port):
        return True
    headers = contradict(above.headers, own.headers, str.lower)
    return headers or contradict(above.query_parameters, own.query_parameters, str)


def joined(above: RouteMatch, own: RouteMatch, conventions: Conventions = FIRST_CONVENTIONS) -> RouteMatch:
    """Both matches at once, the method of the child where both have one."""
    path = join_paths(above.path, own.path, conventions)
    if path is own.path and not (above.method or above.headers or above.query_parameters or above.port):
        return own
    return RouteMatch(
        path=path,
        method=own.method or above.method,
        headers=both(above.headers, own.headers),
        query_parameters=both(above.query_parameters, own.query_parameters),
        port=own.port or above.port,
    )


def both(above: tuple[Q, ...], own: tuple[Q, ...]) -> tuple[Q, ...]:
    """The tests of both, the parent's first; identical ones once."""
    if not above or not own:
        return above or own
    return distinct((*above, *own))


def join_paths(above: PathMatch | None, own: PathMatch | None, conventions: Conventions) -> PathMatch | None:
    """The parent's prefix is consumed, the child matches the rest (D-16, D-17, D-21, `spec/v2.md` 8.2)."""
    if own is None:
        return above
    if own.kind is PathKind.REGEX:
        return join_regex(above, own, conventions)
    prefix = above.value if above else "/"
    ignore_case = ignores_case(above, own, conventions)
    if own.value == "/" and conventions.child_root is ChildRoot.SAME:
        return PathMatch(own.kind, prefix, ignore_case)
    slash = "" if own.value.startswith("/") else "/"
    value = prefix.removesuffix("/") + slash + own.value
    return own if (value, ignore_case) == (own.value, own.ignore_case) else PathMatch(own.kind, value, ignore_case)


def ignores_case(above: PathMatch | None, own: PathMatch, conventions: Conventions) -> bool:
    """Whether a joined path ignores case."""
    if conventions.mixed_case is MixedCase.EITHER:
        return own.ignore_case or (above is not None and above.ignore_case)
    return own.ignore_case and (above is None or above.value == "/" or above.ignore_case)


def join_regex(above: PathMatch | None, own: PathMatch, conventions: Conventions) -> PathMatch:
    """The quoted prefix without its trailing slash, then the child in a group; below `/` the child as written."""
    if above is None or above.value == "/":
        return own
    quoted = regex.quote(above.value.removesuffix("/"))
    if above.ignore_case and conventions.mixed_case is MixedCase.EITHER:
        quoted = f"(?i:{quoted})"
    pattern = f"{quoted}(?:{own.value.removeprefix('^')})"
    return PathMatch(PathKind.REGEX, pattern, written_length=len(above.value) + own.written_length)


def refused(matches: Iterable[RouteMatch]) -> tuple[RouteMatch, ...]:
    """Those that the proxy would refuse though their written part is sound: `^*a` lost its `^` by joining (D-17)."""
    return tuple(
        match
        for match in matches
        if match.path is not None and match.path.kind is PathKind.REGEX and regex.fault(match.path.value)
    )


def contradict(above: Sequence[Test], own: Sequence[Test], name_of: Callable[[str], str]) -> bool:
    """Whether any two tests of one name cannot hold together."""
    pairs = ((mine, other) for mine in above for other in own if name_of(mine.name) == name_of(other.name))
    return any(incompatible(mine, other) for mine, other in pairs)


def incompatible(first: Test, second: Test) -> bool:
    """Whether no single value passes both tests, as far as that is plain: the rest is left to the proxy.

    A missing header passes no test of a value but an inverted one, which sees it as empty (`spec/envoy.md` 21).
    """
    if first.kind is ValueKind.PRESENT and second.kind is ValueKind.PRESENT:
        return first.invert != second.invert
    if ValueKind.PRESENT in (first.kind, second.kind):
        present, other = (first, second) if first.kind is ValueKind.PRESENT else (second, first)
        return present.invert and not (other.invert and passes(other, ""))
    if first.kind is ValueKind.EXACT and not first.invert:
        return not passes(second, first.value)
    if second.kind is ValueKind.EXACT and not second.invert:
        return not passes(first, second.value)
    return first.invert != second.invert and (first.kind, first.value) == (second.kind, second.value)


def passes(test: Test, value: str) -> bool:
    """Whether a value passes a test."""
    holds = regex.matches_whole(test.value, value) if test.kind is ValueKind.REGEX else test.value == value
    return holds != test.invert


def inherit_options(above: Options, own: Options) -> Options:
    """A rule's own word wins, field by field; what it leaves unsaid comes from above (D-12)."""
    if not own.fields or not above.fields:
        return own if own.fields else above
    inherited = dict(above.fields)
    for name, value in own.fields:
        inherited[name] = replace(value, displaced=inherited.get(name))
    return Options(tuple(inherited.items()))


def yield_to(nearer: Options, farther: Iterable[Options]) -> Options:
    """`nearer`, with what it leaves unsaid from `farther` in order; all that loses is displaced, in order."""
    chains: dict[str, list[Sourced[str]]] = {name: list(value.chain()) for name, value in nearer.fields}
    for options in farther:
        for name, value in options.fields:
            chains.setdefault(name, []).append(value)
    return Options(tuple((name, chained(chain)) for name, chain in chains.items())) if chains else NO_OPTIONS


def chained(values: Sequence[Sourced[str]]) -> Sourced[str]:
    """The first value, displacing the second, and so on."""
    link: Sourced[str] | None = None
    for value in reversed(values):
        link = replace(value, displaced=link)
    if link is None:
        raise ValueError("a chain needs a value")
    return link

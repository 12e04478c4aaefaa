"""What a rule inherits from above: matches are combined, options displaced (`spec/v1beta1.md` 8.4, 7.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from kubectl_gmg import regex
from kubectl_gmg.model.action import NO_OPTIONS, Options
from kubectl_gmg.model.match import Identified, PathKind, PathMatch, RouteMatch, distinct
from kubectl_gmg.model.origin import Sourced

Q = TypeVar("Q", bound=Identified)


def inherit_matches(above: Sequence[RouteMatch] | None, own: Sequence[RouteMatch]) -> tuple[RouteMatch, ...]:
    """Every pair of a parent's and a rule's own match that a request can satisfy, the parent's order first.

    None above is the top of a host, where a path stays as it is written. Equal pairs are kept once.
    """
    if above is None:
        return distinct(own) if len(own) > 1 else tuple(own)
    pairs = [inherit_match(parent, child) for parent in above for child in own]
    found = tuple([pair for pair in pairs if pair is not None])
    return distinct(found) if len(found) > 1 else found


def inherit_match(above: RouteMatch, own: RouteMatch) -> RouteMatch | None:
    """Both matches at once; None if their methods differ (D-20)."""
    if above.method and own.method and above.method != own.method:
        return None
    return joined(above, own)


def joined(above: RouteMatch, own: RouteMatch) -> RouteMatch:
    """Both matches at once, the method of the child where both have one."""
    path = join_paths(above.path, own.path)
    if path is own.path and not (above.method or above.headers or above.query_parameters):
        return own
    return RouteMatch(
        path=path,
        method=own.method or above.method,
        headers=both(above.headers, own.headers),
        query_parameters=both(above.query_parameters, own.query_parameters),
    )


def both(above: tuple[Q, ...], own: tuple[Q, ...]) -> tuple[Q, ...]:
    """The tests of both, the parent's first; identical ones once."""
    if not above or not own:
        return above or own
    return distinct((*above, *own))


def join_paths(above: PathMatch | None, own: PathMatch | None) -> PathMatch | None:
    """The parent's prefix is consumed, the child matches the rest (D-16, D-17, D-21)."""
    if own is None:
        return above
    if own.kind is PathKind.REGEX:
        return join_regex(above, own)
    prefix = above.value if above else "/"
    ignore_case = own.ignore_case or (above is not None and above.ignore_case)
    if own.value == "/":
        return PathMatch(own.kind, prefix, ignore_case)
    slash = "" if own.value.startswith("/") else "/"
    value = prefix.removesuffix("/") + slash + own.value
    return own if (value, ignore_case) == (own.value, own.ignore_case) else PathMatch(own.kind, value, ignore_case)


def join_regex(above: PathMatch | None, own: PathMatch) -> PathMatch:
    """The quoted prefix without its trailing slash, then the child in a group; below `/` the child as written."""
    if above is None or above.value == "/":
        return own
    quoted = regex.quote(above.value.removesuffix("/"))
    if above.ignore_case:
        quoted = f"(?i:{quoted})"
    pattern = f"{quoted}(?:{own.value.removeprefix('^')})"
    return PathMatch(PathKind.REGEX, pattern, written_length=len(above.value) + own.written_length)


def refused(matches: Iterable[RouteMatch]) -> bool:
    """Whether the proxy would refuse a joined pattern, though its written part is sound: `^*a` lost its `^` (D-17)."""
    paths = (match.path for match in matches)
    return any(path is not None and path.kind is PathKind.REGEX and regex.fault(path.value) for path in paths)


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

"""How the conditions of a route were composed on the way down (`spec/v1beta1.md` 8.4, `spec/v2.md` 8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.analysis.wording import path_words
from kubectl_gmg.explain.connection import connection_steps
from kubectl_gmg.explain.words import header_words, match_words, query_words
from kubectl_gmg.model.conventions import ChildRoot, Conventions, MixedCase
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import EVERYTHING, ROOT, PathKind, PathMatch, RouteMatch
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve.inherit import inherit_match, join_paths
from kubectl_gmg.views import RouteRow, Step


@dataclass(frozen=True, slots=True)
class Part:
    """What one rule on the way down says: one of its own matches, and where that stands."""

    rule: RouteRule
    own: RouteMatch
    at: Origin


@dataclass(frozen=True, slots=True)
class Chain:
    """One choice of a match for every rule so far, and what they make together."""

    match: RouteMatch
    parts: tuple[Part, ...]


def match_steps(row: RouteRow) -> tuple[Step, ...]:
    """Who wrote which condition, and how the paths were joined; the parent's first."""
    if row.route.connection is not None:
        return tuple(connection_steps(row, row.route.connection))
    parts = parts_of(row)
    if not parts:
        rule = row.route.terminal.rules[-1]
        return (Step("written", match_words(row.route.match), rule.origin / "matchers", rule.name),)
    path = tuple(path_steps(parts, row.gateway.conventions, row.route.match))
    return (*path, *method_steps(parts), *test_steps(parts), *port_steps(parts))


def parts_of(row: RouteRow) -> tuple[Part, ...]:
    """The matches that the route's match is made of, from the host down.

    A match that the product leaves out may not be made by joining; then there are none.
    """
    rules = row.route.terminal.rules
    wanted = row.route.match.identity
    found = next((each for each in chains(rules, row.gateway.conventions) if each.match.identity == wanted), None)
    return found.parts if found else ()


def chains(rules: tuple[RouteRule, ...], conventions: Conventions) -> tuple[Chain, ...]:
    """Every distinct match that the rules make together, in the order of the resolver."""
    first, *others = rules
    found = [Chain(part.own, (part,)) for part in own_parts(first)]
    for rule in others:
        joined: dict[tuple[object, ...], Chain] = {}
        for above in found:
            for part in own_parts(rule):
                match = inherit_match(above.match, part.own, conventions)
                if match is not None:
                    joined.setdefault(match.identity, Chain(match, (*above.parts, part)))
        found = list(joined.values())
    return tuple(found)


def own_parts(rule: RouteRule) -> tuple[Part, ...]:
    """The matches of a rule with their places; a rule without matchers stands for itself."""
    if rule.matches == (EVERYTHING,) and rule.matches[0] is EVERYTHING:
        return (Part(rule, EVERYTHING, rule.origin),)
    places = rule.kept or range(len(rule.matches))
    pairs = zip(rule.matches, places, strict=False)
    return tuple(Part(rule, match, rule.origin / "matchers" / place) for match, place in pairs)


def path_steps(parts: tuple[Part, ...], conventions: Conventions, effective: RouteMatch) -> Iterator[Step]:
    """The paths that are written, and what they make together."""
    saying = [part for part in parts if part.own.path is not None]
    if not saying:
        yield Step("written", "no rule says anything of the path, so every path fits: prefix /", value="/")
        return
    for part in saying:
        path = part.own.path
        value = path.value if path else ""
        yield Step("written", path_words(path or ROOT), part.at / "uri", part.rule.name, value)
    result = effective.path
    if len(saying) < 2 or result is None:
        return
    text = f"{' + '.join(path_value(part) for part in saying)} = {path_words(result)}"
    yield Step("joined", text, value=result.value, other=saying[-1].rule.name or None)
    yield from joints(saying, conventions)


def path_value(part: Part) -> str:
    """The path that a part says, as it is written."""
    return part.own.path.value if part.own.path else "/"


def joints(saying: list[Part], conventions: Conventions) -> Iterator[Step]:
    """What joining did besides putting the child's path behind the parent's."""
    above: PathMatch | None = saying[0].own.path
    for part in saying[1:]:
        own = part.own.path
        if above is None or own is None:
            continue
        for text in (root_words(above, own, conventions), slash_words(above, own), regex_words(above, own)):
            if text:
                yield Step("joined", text, part.at / "uri", part.rule.name, own.value, above.value)
        if text := case_words(above, own, conventions):
            yield Step("joined", text, part.at / "uri" / "ignoreCase", part.rule.name)
        above = join_paths(above, own, conventions)


def root_words(above: PathMatch, own: PathMatch, conventions: Conventions) -> str:
    """What the path `/` of a child means (`spec/v1beta1.md` D-16, `spec/v2.md` 8.2)."""
    if own.value != "/" or own.kind is PathKind.REGEX or above.value == "/":
        return ""
    if conventions.child_root is ChildRoot.SAME:
        return f"the child's / means the parent's path itself: {above.value}"
    below = above.value.removesuffix("/") + "/"
    return f"the child's / means {below}, which a bare {above.value.removesuffix('/')} does not match"


def slash_words(above: PathMatch, own: PathMatch) -> str:
    """That a slash was put between the two, or that one of two was dropped."""
    if own.kind is PathKind.REGEX or own.value == "/":
        return ""
    if not own.value.startswith("/"):
        return f"the child's path {own.value} does not begin with /, so one is put in front of it"
    if above.value.endswith("/") and above.value != "/":
        return f"of the two slashes where {above.value} meets {own.value} one is dropped"
    return ""


def regex_words(above: PathMatch, own: PathMatch) -> str:
    """How a regular expression is joined; below `/` it stays as it is written (`spec/v1beta1.md` D-17)."""
    if own.kind is not PathKind.REGEX or above.value == "/":
        return ""
    return "the parent's path is taken literally, and the child's regular expression must match all that follows"


def case_words(above: PathMatch, own: PathMatch, conventions: Conventions) -> str:
    """Who decides whether upper and lower case differ, where only one of both says that they do not."""
    if above.ignore_case == own.ignore_case:
        return ""
    who = "parent" if above.ignore_case else "child"
    if conventions.mixed_case is MixedCase.EITHER:
        return f"only the {who} ignores case; one of both is enough, so the whole path does"
    if above.value == "/" and own.ignore_case:
        return "the child ignores case, and a parent / has no say"
    return f"only the {who} ignores case; both would have to, so case matters"


def method_steps(parts: tuple[Part, ...]) -> Iterator[Step]:
    """Who asks for a method."""
    for part in parts:
        if part.own.method:
            yield Step("written", f"method {part.own.method}", part.at / "method", part.rule.name, part.own.method)


def test_steps(parts: tuple[Part, ...]) -> Iterator[Step]:
    """Who tests which headers and query parameters; what two rules test alike is told at the first."""
    seen: set[tuple[object, ...]] = set()
    tests = [
        (each.identity, header_words(each), each.value, part.at / "headers", part)
        for part in parts
        for each in part.own.headers
    ]
    tests += [
        (("query", *each.identity), query_words(each), each.value, part.at / "queryParameters", part)
        for part in parts
        for each in part.own.query_parameters
    ]
    for identity, text, value, at, part in tests:
        if identity not in seen:
            seen.add(identity)
            yield Step("written", text, at, part.rule.name, value or None)


def port_steps(parts: tuple[Part, ...]) -> Iterator[Step]:
    """Who asks for a port of the listener (`spec/v2.md` 5)."""
    for part in parts:
        if part.own.port:
            text = f"only on listeners with port {part.own.port}"
            yield Step("written", text, part.at / "port", part.rule.name, str(part.own.port))

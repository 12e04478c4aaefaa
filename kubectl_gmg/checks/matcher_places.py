"""Where matchers are written, and one problem for each such place, however many ways lead there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.action import Invalid
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import PathKind, PathMatch
from kubectl_gmg.model.origin import Origin

MOST_NOTES = 20
"""Other places that one finding names."""

Told = tuple[Origin, str, tuple[Note, ...]]
"""A place, what is wrong there, and the places that have to do with it."""


def matcher_place(rule: RouteRule, index: int) -> Origin:
    """The place of one of a rule's own matches, where matchers are written."""
    return rule.origin / "matchers" / (rule.kept[index] if rule.kept else index)


def path_place(rule: RouteRule, index: int) -> Origin:
    """The field that holds the path of one of a rule's own matches; the matcher itself where it says none."""
    place, path = matcher_place(rule, index), rule.matches[index].path
    return place if path is None else place / "uri" / path.kind.value


def said_place(context: CheckContext, rule: RouteRule, index: int) -> Origin:
    """Where the path of an effective match is written in its rule; the rule where it says nothing itself."""
    return context.existing(path_place(rule, index), rule.origin)


def usable(rule: RouteRule) -> bool:
    """Whether the product can use a rule, as far as its own object tells."""
    return not isinstance(rule.action, Invalid)


def at_each_place(code: str, told: Iterable[Told]) -> Iterator[Problem]:
    """One problem for each place: what was told of it first, with the related places of all that was told."""
    found: dict[Origin, tuple[str, dict[Origin, Note]]] = {}
    for place, message, notes in told:
        _, related = found.setdefault(place, (message, {}))
        for note in notes:
            related.setdefault(note.at, note)
    for place, (message, related) in found.items():
        yield Problem(code, message, place, related=tuple(related.values())[:MOST_NOTES])


def is_plain(path: PathMatch | None) -> bool:
    """Whether a path is compared as a text, not as a regular expression."""
    return path is not None and path.kind is not PathKind.REGEX

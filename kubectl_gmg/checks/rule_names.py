"""What the routing rules at and above a place are called; that outlives moved lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby

from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef, Origin

FINGERPRINT = 8
"""Letters of a fingerprint."""


class RuleNames:
    """The rules of all objects, by their places: first by the object, which few of them differ in."""

    def __init__(self, rules: Iterable[RouteRule]) -> None:
        self._rules: dict[ObjectRef, dict[tuple[str | int, ...], RouteRule]] = {}
        for ref, group in groupby(rules, key=lambda rule: rule.origin.ref):
            self._rules.setdefault(ref, {}).update({each.origin.path: each for each in group})

    def filled_in(self, problem: Problem) -> Problem:
        """A problem whose places have the names of the rules that they lie in."""
        related = tuple(replace(note, name=note.name or self.name(note.at)) for note in problem.related)
        return replace(problem, related=related, name=problem.name or self.name(problem.at))

    def name(self, at: Origin) -> str:
        """The name of the rule at a place or above it; empty for none."""
        return self._above(at, lambda rule: rule.name)[0]

    def fingerprint(self, problem: Problem) -> str:
        """A few letters that tell findings of one object apart: rules count by name, not by their place."""
        segment, below = self._above(problem.at, lambda rule: rule.segment)
        ref = problem.at.ref
        said = (problem.code, ref.kind, ref.namespace, ref.name, ref.cluster, segment, Origin(ref, below).field)
        return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()[:FINGERPRINT]

    def _above(self, at: Origin, word: Callable[[RouteRule], str]) -> tuple[str, tuple[str | int, ...]]:
        """A word about the rule at a place or above it, and the rest of the path."""
        rules = self._rules.get(at.ref, {})
        for length in range(len(at.path), 0, -1):
            if (rule := rules.get(at.path[:length])) is not None:
                return word(rule), at.path[length:]
        return "", at.path

"""From problems to findings: every rule runs; each finding once, named, placed, in order (`spec/cli.md` 6.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import Rule
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.views import Finding, NotChecked

FINGERPRINT = 8
"""Letters of a fingerprint."""


def findings(context: CheckContext, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """What the rules find, in order; a rule that does not exist in the generation of a place says nothing there."""
    names = RuleNames(context)
    found: dict[tuple[str, Origin, str], Finding] = {}
    for rule in rules:
        for problem in rule.find(context):
            severity = rule.severity(problem.at.ref.generation)
            if severity is None:
                continue
            named = names.filled_in(problem)
            hint = problem.hint or " ".join(rule.info.fix.split())
            made = Finding(rule.info, severity, named, hint, names.fingerprint(named))
            found.setdefault((problem.code, problem.at, problem.message), made)
    return tuple(placed(each, context) for each in sorted(found.values(), key=place_key))


def placed(finding: Finding, context: CheckContext) -> Finding:
    """A finding with the file, the line, and what stands there."""
    file, line = context.snapshot.locate(finding.problem.at)
    if file is None:
        return finding
    return replace(finding, file=file, line=line, excerpt=context.snapshot.excerpt(file, line))


def place_key(finding: Finding) -> tuple[object, ...]:
    """The order of findings: by place, then code, never by severity."""
    at = finding.problem.at
    steps = tuple((isinstance(step, str), step if isinstance(step, int) else 0, str(step)) for step in at.path)
    return *object_key(at.ref), steps, finding.problem.code, finding.problem.message


def object_key(ref: ObjectRef) -> tuple[str, ...]:
    """The order of objects among findings."""
    return ref.cluster, ref.namespace, ref.kind, ref.name, ref.generation


def not_checked(context: CheckContext, rules: Iterable[Rule]) -> Iterator[NotChecked]:
    """The rules that could not be judged everywhere."""
    for rule in rules:
        if missing := tuple(kind for kind in rule.needs if kind in context.lacking):
            yield NotChecked(rule.info.code, missing)


class RuleNames:
    """What the routing rules at and above a place are called; that outlives moved lines."""

    def __init__(self, context: CheckContext) -> None:
        self._rules = {each.origin: each for each in context.rules}

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

    def _above(self, at: Origin, word: Callable[..., str]) -> tuple[str, tuple[str | int, ...]]:
        """A word about the rule at a place or above it, and the rest of the path."""
        for length in range(len(at.path), 0, -1):
            if (rule := self._rules.get(Origin(at.ref, at.path[:length]))) is not None:
                return word(rule), at.path[length:]
        return "", at.path

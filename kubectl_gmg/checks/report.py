"""From problems to findings: every rule runs; each finding once, named, placed, in order (`spec/cli.md` 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import Rule
from kubectl_gmg.model.finding import Problem, Severity
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.views import Finding, NotChecked


def findings(context: CheckContext, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """What the rules find, in order."""
    return in_order(each for rule in rules for each in made(rule, rule.find(context), context))


def made(rule: Rule, problems: Iterable[Problem], context: CheckContext) -> Iterator[Finding]:
    """The findings of a rule, each once; where it does not exist in the generation of a place it says nothing."""
    found: dict[tuple[Origin, str], Problem] = {}
    for problem in problems:
        found.setdefault((problem.at, problem.message), problem)
    for problem in found.values():
        generation = problem.at.ref.generation
        severity = rule.severity(generation) if generation else max_severity(rule)
        if severity is not None:
            named = context.names.filled_in(problem)
            hint = problem.hint or hint_of(rule)
            yield placed(Finding(rule.info, severity, named, hint, context.names.fingerprint(named)), context)


def hint_of(rule: Rule) -> str:
    """What a rule says in general of what to do, as hints are written: it begins small, and ends without a stop."""
    fix = " ".join(rule.info.fix.split()).removesuffix(".")
    return fix[:1].lower() + fix[1:]


def max_severity(rule: Rule) -> Severity | None:
    """How bad a problem is that belongs to no generation."""
    return next((severity for _, severity in rule.info.severities if severity is not None), None)


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of their places (`spec/cli.md` 5.2)."""
    return tuple(sorted(found, key=place_key))


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

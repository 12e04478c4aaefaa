"""Findings and the catalogue of rules as JSON and YAML (`spec/cli.md` 6.4 and 6.7)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.model.finding import Fix, Note, Severity
from kubectl_gmg.render import Locate
from kubectl_gmg.render.machine import as_json, as_yaml
from kubectl_gmg.render.parts import Json, edit_json, envelope, origin_json, ref_json, simple_request_json
from kubectl_gmg.views import Finding, FindingList, Look, RuleInfo, RuleList, Suppression


def finding_list(view: FindingList, locate: Locate) -> Json:
    """The document of `check`."""
    summary = {
        "objects": view.objects,
        "hosts": view.hosts,
        "routes": view.routes,
        **{f"{each.value}s": sum(found.severity is each for found in view.counted) for each in Severity},
        "suppressed": len(view.items) - len(view.counted),
        "notChecked": [{"code": each.code, "missing": list(each.missing)} for each in view.not_checked],
    }
    return envelope("FindingList", view.about, summary, (finding_json(each, locate) for each in view.items))


def finding_json(finding: Finding, locate: Locate) -> Json:
    """One finding."""
    problem, rule = finding.problem, finding.rule
    at = problem.at
    return {
        "code": rule.code,
        "slug": rule.slug,
        "severity": finding.severity.value,
        "rule": list(rule.rows),
        "message": problem.message,
        "hint": finding.hint or None,
        "at": {
            "ref": ref_json(at.ref),
            "field": at.field,
            "name": problem.name or None,
            "file": finding.file,
            "line": finding.line,
        },
        "related": [note_json(note, locate) for note in problem.related],
        "request": simple_request_json(problem.request),
        "fix": fix_json(problem.fix, locate) if problem.fix else None,
        "suppressed": suppressed_json(finding.suppressed) if finding.suppressed else None,
        "fingerprint": finding.fingerprint,
    }


def note_json(note: Note, locate: Locate) -> Json:
    """A related place."""
    return {"note": note.text, "at": origin_json(note.at, locate, note.name)}


def fix_json(fix: Fix, locate: Locate) -> Json:
    """What mends a problem."""
    return {"text": fix.text, "verified": fix.verified, "edits": [edit_json(edit, locate) for edit in fix.edits]}


def suppressed_json(suppression: Suppression) -> Json:
    """Why a finding does not count."""
    return {"by": suppression.by, "reason": suppression.reason, "until": suppression.until}


def rule_list(view: RuleList) -> Json:
    """The document of `rules`."""
    return envelope("RuleList", view.about, {}, (rule_json(each) for each in view.rules))


def rule_json(rule: RuleInfo) -> Json:
    """One rule."""
    return {
        "code": rule.code,
        "slug": rule.slug,
        "title": rule.title,
        "severity": {name: severity.value if severity else None for name, severity in rule.severities},
        "rule": list(rule.rows),
        "why": rule.why,
        "example": rule.example,
        "fix": rule.fix,
        "source": rule.source,
    }


def finding_list_json(view: FindingList, locate: Locate, _look: Look) -> Iterator[str]:
    """`check -o json`."""
    return as_json(finding_list(view, locate))


def finding_list_yaml(view: FindingList, locate: Locate, _look: Look) -> Iterator[str]:
    """`check -o yaml`."""
    return as_yaml(finding_list(view, locate))


def rule_list_json(view: RuleList, _locate: Locate, _look: Look) -> Iterator[str]:
    """`rules -o json`."""
    return as_json(rule_list(view))


def rule_list_yaml(view: RuleList, _locate: Locate, _look: Look) -> Iterator[str]:
    """`rules -o yaml`."""
    return as_yaml(rule_list(view))

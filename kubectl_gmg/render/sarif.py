"""Findings in the Static Analysis Results Interchange Format, SARIF 2.1.0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import quote

from kubectl_gmg import __version__
from kubectl_gmg.model.finding import Severity
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.snapshot import Gap, GapReason
from kubectl_gmg.render import Locate
from kubectl_gmg.render.catalogue import explained, family
from kubectl_gmg.render.findings import STDIN
from kubectl_gmg.render.machine import as_json
from kubectl_gmg.render.parts import Json
from kubectl_gmg.render.plain import in_ascii
from kubectl_gmg.views import Finding, FindingList, Look, NotChecked, RuleInfo, Suppression

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
IN_SOURCE = "comment"
"""The one way of suppressing a finding that stands beside it in the file."""
FINGERPRINT = "gmg/v1"
EMBEDDED_LINK = re.compile(r"\[(?=[^\]]*\]\()")
"""Where a reader of SARIF would see a link."""


def sarif(view: FindingList, locate: Locate, look: Look) -> Iterator[str]:
    """`check -o sarif`."""
    pieces = as_json(document(view, locate))
    return pieces if look.unicode else (in_ascii(piece, "json") for piece in pieces)


def document(view: FindingList, locate: Locate) -> Json:
    """The log: one run, with every rule that ran."""
    rules = view.reported_rules
    places = {rule.code: place for place, rule in enumerate(rules)}
    driver = {
        "name": "kubectl gmg",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [rule_sarif(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation(view, places)],
        "columnKind": "unicodeCodePoints",
        "results": (result(each, places[each.rule.code], locate) for each in view.items),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def rule_sarif(rule: RuleInfo) -> Json:
    """What a viewer shows of a rule; its level is the worst that it has in any generation."""
    levels = [LEVELS[each] for each in Severity if each in dict(rule.severities).values()]
    help_text = "\n\n".join(
        f"{title}:\n{words}" if title else words
        for title, words in (("", rule.why), ("Example", rule.example), ("Fix", rule.fix), ("Source", rule.source))
        if words
    )
    return {
        "id": rule.code,
        "name": rule.slug,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join(rule.why.split()) or rule.title},
        "help": {"text": help_text or rule.title, "markdown": "\n\n".join(explained(rule)) or rule.title},
        "defaultConfiguration": {"level": levels[0] if levels else "none"},
        "properties": {"tags": [family(rule)]},
    }


def result(finding: Finding, rule_index: int, locate: Locate) -> Json:
    """One finding."""
    problem = finding.problem
    related = (
        {"id": number, "message": message(note.text), **location(note.at, *locate(note.at))}
        for number, note in enumerate(problem.related, start=1)
    )
    return {
        "ruleId": finding.rule.code,
        "ruleIndex": rule_index,
        "level": LEVELS[finding.severity],
        "message": message(problem.message),
        "locations": [location(problem.at, finding.file, finding.line)],
        "relatedLocations": list(related),
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "suppressions": [suppression(finding.suppressed)] if finding.suppressed else [],
    }


def message(text: str) -> Json:
    """A plain text: braces are doubled, as those of placeholders are single, and nothing becomes a link."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    return {"text": EMBEDDED_LINK.sub(r"\\[", doubled)}


def location(at: Origin, file: str | None, number: int | None) -> Json:
    """A field of an object, and where it stands if it comes from a file."""
    logical = {"name": at.ref.name, "fullyQualifiedName": qualified_name(at), "kind": "resource"}
    physical: Json = {}
    if file is not None and file != STDIN:
        physical = {"physicalLocation": {"artifactLocation": {"uri": uri(file)}}}
        if number is not None:
            physical["physicalLocation"]["region"] = {"startLine": number}
    return {**physical, "logicalLocations": [logical]}


def qualified_name(at: Origin) -> str:
    """A field of an object as one name: `RouteTable/ns/name:spec.routes[0]`."""
    return f"{object_name(at.ref)}:{at.field}" if at.field else object_name(at.ref)


def object_name(ref: ObjectRef) -> str:
    """An object as one name, which begins with its cluster where that is another than the context's."""
    return "/".join(each for each in (ref.cluster, ref.kind, ref.namespace, ref.name) if each)


def uri(file: str) -> str:
    """The name of a file as a relative reference; an absolute path is a URI of its own."""
    path = PurePath(file)
    if path.is_absolute():
        return path.as_uri()
    return quote(path.as_posix(), errors="surrogateescape")


def suppression(found: Suppression) -> Json:
    """Why a finding does not count."""
    told: Json = {"kind": "inSource" if found.by == IN_SOURCE else "external", "status": "accepted"}
    if found.reason:
        told["justification"] = found.reason
    return {**told, "properties": {"by": found.by, "until": found.until}}


def invocation(view: FindingList, places: dict[str, int]) -> Json:
    """Whether the tool could do all of its work: what was not read, and which rules could not be judged everywhere."""
    broken = any(gap.reason is GapReason.MALFORMED for gap in view.about.gaps)
    told = [*map(gap_notification, view.about.gaps)]
    told += [unjudged(each, places[each.code]) for each in view.not_checked if each.code in places]
    return {"executionSuccessful": not broken, "toolExecutionNotifications": told}


def gap_notification(gap: Gap) -> Json:
    """Something that was not read."""
    level = "error" if gap.reason is GapReason.MALFORMED else "warning"
    told: Json = {"level": level, "message": message(gap.message)}
    if gap.file is not None and gap.file != STDIN:
        told["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": uri(gap.file)}}}]
    return told


def unjudged(rule: NotChecked, place: int) -> Json:
    """A rule that could not be judged everywhere."""
    text = f"{rule.code} was not checked everywhere: {', '.join(rule.missing)} not read"
    return {"level": "note", "message": message(text), "associatedRule": {"id": rule.code, "index": place}}

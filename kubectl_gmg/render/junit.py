"""Findings as JUnit's XML, which CI systems read: a rule is a test case."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from kubectl_gmg.model.finding import Severity
from kubectl_gmg.render import Locate
from kubectl_gmg.render.catalogue import family
from kubectl_gmg.render.findings import fix_text, place, place_text
from kubectl_gmg.render.plain import shown
from kubectl_gmg.views import Finding, FindingList, Look, RuleInfo, Suppression

SUITE = "kubectl gmg check"
NOT_XML = re.compile("[\ufffe\uffff]")
"""What XML 1.0 cannot hold and `shown` leaves."""


def junit(view: FindingList, locate: Locate, look: Look) -> str:
    """`check -o junit`: errors and warnings fail, suppressed ones and rules that could not be judged are skipped."""
    cases = list(test_cases(view, locate))
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
    }
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    root = ET.Element("testsuites", {"name": SUITE, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": SUITE, **counts, "skipped": skipped})
    suite.extend(cases)
    ET.indent(root)
    text = (
        ET.tostring(root, "unicode") if look.unicode else ET.tostring(root, "us-ascii", xml_declaration=False).decode()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def test_cases(view: FindingList, locate: Locate) -> Iterator[ET.Element]:
    """The rules in the order of their codes, each with all that it found."""
    found: dict[str, list[Finding]] = {}
    for finding in view.items:
        found.setdefault(finding.rule.code, []).append(finding)
    lacking = {each.code: each.missing for each in view.not_checked}
    for rule in view.reported_rules:
        missing = lacking.get(rule.code, ())
        yield from (of_finding(each, locate) for each in found.get(rule.code, ()))
        if missing or rule.code not in found:
            yield of_rule(rule, missing)


def case_of(rule: RuleInfo, where: str = "") -> ET.Element:
    """A test case: its class is the family of the rule, its name the rule, and the place where there is one."""
    name = f"{rule.code} {rule.slug} {where}".rstrip()
    return ET.Element("testcase", {"classname": family(rule), "name": xml_text(name), "time": "0"})


def of_rule(rule: RuleInfo, missing: tuple[str, ...]) -> ET.Element:
    """A rule that found nothing, or could not be judged everywhere."""
    case = case_of(rule)
    if missing:
        ET.SubElement(case, "skipped", {"message": f"not read: {', '.join(missing)}"})
    return case


def of_finding(finding: Finding, locate: Locate) -> ET.Element:
    """A finding: an error or a warning fails."""
    case = case_of(finding.rule, place_text(finding.problem.at))
    message = xml_text(finding.problem.message)
    if finding.suppressed is not None:
        ET.SubElement(case, "skipped", {"message": xml_text(suppressed_text(finding.suppressed))})
        told = ET.SubElement(case, "system-out")
    elif finding.severity is Severity.INFO:
        told = ET.SubElement(case, "system-out")
    else:
        told = ET.SubElement(case, "failure", {"type": finding.severity.value, "message": message})
    told.text = "\n".join(map(xml_text, told_lines(finding, locate)))
    return case


def suppressed_text(suppression: Suppression) -> str:
    """Why a finding does not count."""
    until = f" until {suppression.until}" if suppression.until else ""
    reason = f": {suppression.reason}" if suppression.reason else ""
    return f"suppressed by {suppression.by}{until}{reason}"


def told_lines(finding: Finding, locate: Locate) -> Iterator[str]:
    """What there is to say of a finding."""
    problem = finding.problem
    where = place(problem.at, finding.file, finding.line).where
    yield f"{finding.severity.value}: {problem.message}"
    yield f"at {f'{where} ' if where else ''}{place_text(problem.at)}"
    for note in problem.related:
        where = place(note.at, *locate(note.at)).where
        yield f"{note.text}: {f'{where} ' if where else ''}{place_text(note.at)}"
    if problem.request is not None:
        yield f"proof: {problem.request}"
    if problem.fix is not None:
        yield f"fix: {fix_text(problem.fix)}"
    elif finding.hint:
        yield f"help: {finding.hint}"


def xml_text(text: str) -> str:
    """A text that XML 1.0 can hold, on one line, without anything that a terminal obeys."""
    return NOT_XML.sub("\ufffd", shown(text))

"""What somebody has decided not to hear of: by flag, annotation, comment or baseline (`spec/cli.md` 8.2).

Every way of saying so becomes a `Waiver`. One that suppresses nothing is a finding itself, unless it concerns what was
not read or not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.model.finding import Accepted, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.snapshot import RawObject, Snapshot
from kubectl_gmg.views import Finding, Suppression

STALE = "GMG009"
ANNOTATION = "gmg/ignore"
MARK = "gmg: ignore"
COMMENT = re.compile(r"(?:^|\s)#\s*gmg: ignore\s+(.*)$")
SAID = re.compile(
    r"\s*(?P<codes>GMG\d{3}(?:\s*,\s*GMG\d{3})*)(?:\s+until=(?P<until>[^\s:]+))?\s*:\s*(?P<reason>.*\S)\s*"
)
FORM = "write CODE[,CODE] [until=YYYY-MM-DD]: reason"


@dataclass(frozen=True, slots=True)
class Waiver:
    """One suppression as it is written at `at`; what it does not name fits anything.

    A `fault` says why it does not count. `file` and `line` are those of a comment.
    """

    by: str
    codes: tuple[str, ...]
    at: Origin
    reason: str | None = None
    until: str | None = None
    object: tuple[str, str, str] | None = None
    ref: ObjectRef | None = None
    fingerprint: str = ""
    field: str = ""
    file: str = ""
    line: int = 0
    fault: str = ""

    def fits(self, finding: Finding) -> bool:
        """Whether it is about a finding."""
        ref = finding.problem.at.ref
        return (
            finding.rule.code in self.codes
            and self.object in (None, (ref.kind.lower(), ref.namespace, ref.name))
            and self.ref in (None, ref)
            and self.fingerprint in ("", finding.fingerprint)
            and (not self.file or (self.file, self.line) == (finding.file, finding.line))
        )

    @property
    def suppression(self) -> Suppression:
        """What a finding says of it."""
        return Suppression(self.by, self.reason, self.until)


def applied(found: Iterable[Finding], waivers: Iterable[Waiver]) -> tuple[tuple[Finding, ...], frozenset[Waiver]]:
    """The findings, those that somebody waived marked as such, and the waivers that were of use."""
    by_code: dict[str, list[Waiver]] = {}
    for waiver in waivers:
        for code in waiver.codes if not waiver.fault else ():
            by_code.setdefault(code, []).append(waiver)
    used: set[Waiver] = set()
    result = []
    for finding in found:
        fitting = [each for each in by_code.get(finding.rule.code, ()) if each.fits(finding)]
        used.update(fitting)
        result.append(replace(finding, suppressed=fitting[0].suppression) if fitting else finding)
    return tuple(result), frozenset(used)


def stale(
    waivers: Iterable[Waiver], used: frozenset[Waiver], ran: frozenset[str], snapshot: Snapshot
) -> Iterator[Problem]:
    """What suppresses nothing, and what does not count.

    `ran` are the codes of the rules that could be judged everywhere. An object that is not in the input may stand in a
    part that was not read: nothing is said of that where anything is lacking.
    """
    for waiver in waivers:
        if waiver.fault:
            yield Problem(STALE, f"this suppression does not count: {waiver.fault}", waiver.at)
        elif waiver not in used and ran.issuperset(waiver.codes) and is_known(waiver, snapshot):
            yield Problem(STALE, f"{written(waiver)} suppresses nothing", waiver.at)


def written(waiver: Waiver) -> str:
    """A waiver in words."""
    named = "/".join(waiver.object) if waiver.object else ""
    codes = ",".join(waiver.codes)
    return {
        "flag": f"--ignore {codes}{'=' if named else ''}{named}",
        "baseline": f"the baseline's entry of {codes} for {waiver.ref} {waiver.field}".rstrip(),
    }.get(waiver.by, f"the {waiver.by} {codes}")


def is_known(waiver: Waiver, snapshot: Snapshot) -> bool:
    """Whether the object that a waiver is about was read, or would have been."""
    return not snapshot.gaps or waiver.ref is None or snapshot.find(waiver.ref) is not None


def by_annotation(snapshot: Snapshot, today: date) -> Iterator[Waiver]:
    """Those that stand in the annotations of objects, several separated by `;`."""
    for raw in snapshot.objects:
        text = annotation_of(raw)
        at = Origin(raw.ref, ("metadata", "annotations", ANNOTATION))
        for part in text.split(";"):
            if part.strip():
                yield said(part, Waiver("annotation", (), at, ref=raw.ref), today)


def annotation_of(raw: RawObject) -> str:
    """The text of the annotation; empty for none."""
    metadata = raw.body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = annotations.get(ANNOTATION) if isinstance(annotations, dict) else None
    return text if isinstance(text, str) else ""


def by_comment(snapshot: Snapshot, today: date) -> Iterator[Waiver]:
    """Those that stand in comments, each on the line that it is about."""
    for file, text in snapshot.texts.items():
        if MARK not in text:
            continue
        for number, line in enumerate(snapshot.lines_of(file), 1):
            if MARK in line and (found := COMMENT.search(line.rstrip("\r"))):
                at = origin_at(snapshot, file, number)
                yield said(found[1], Waiver("comment", (), at, file=file, line=number), today)


def origin_at(snapshot: Snapshot, file: str, line: int) -> Origin:
    """The field that stands on a line of a file, else the object around it: the last that begins at or above it."""
    inside = ((each.place.line(()) or 0, each) for each in snapshot.objects if each.place and each.place.file == file)
    starts = sorted(inside, key=lambda each: each[0])
    above = [raw for start, raw in starts if start <= line] or [raw for _, raw in starts[:1]]
    if not above or above[-1].place is None:
        return Origin(ObjectRef("", file, "File", ""))
    place = above[-1].place
    paths = (path for path in paths_of(above[-1].body, ()) if place.line(path) == line)
    return Origin(above[-1].ref, next(paths, ()))


def paths_of(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Every place in an object, each above what is in it."""
    inner: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for step, held in inner:
        yield (*path, step)
        yield from paths_of(held, (*path, step))


def said(text: str, waiver: Waiver, today: date) -> Waiver:
    """A waiver with what its text says, or why that does not count."""
    found = SAID.fullmatch(text)
    if found is None:
        return replace(waiver, fault=f"it cannot be read; {FORM}")
    codes = tuple(code.strip() for code in found["codes"].split(","))
    return judged(replace(waiver, codes=codes, until=found["until"], reason=found["reason"]), today)


def judged(waiver: Waiver, today: date) -> Waiver:
    """A waiver, unless its codes or its date say that it does not count."""
    unknown = [code for code in waiver.codes if code not in {rule.info.code for rule in rules()}]
    if unknown:
        return replace(waiver, fault=f"no rule has the code {unknown[0]}")
    if waiver.until is None:
        return waiver
    try:
        last = date.fromisoformat(waiver.until)
    except ValueError:
        return replace(waiver, fault=f"{waiver.until} is no date; {FORM}")
    return waiver if today <= last else replace(waiver, fault=f"it has expired on {waiver.until}")


def by_baseline(accepted: Iterable[Accepted], today: date) -> Iterator[Waiver]:
    """Those of a baseline."""
    for each in accepted:
        yield judged(
            Waiver(
                by="baseline",
                codes=(each.code,),
                at=Origin(each.ref),
                reason=each.reason or None,
                until=each.until,
                ref=each.ref,
                fingerprint=each.fingerprint,
                field=each.field,
            ),
            today,
        )

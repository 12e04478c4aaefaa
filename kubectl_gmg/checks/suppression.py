"""What somebody has decided not to hear of: by flag, annotation, comment or baseline (`spec/cli.md` 8.2).

Every way of saying so becomes a `Waiver`. One that suppresses nothing is a finding itself, unless it concerns what was
not read or not asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter

from kubectl_gmg.checks.catalogue import codes as known_codes
from kubectl_gmg.model.finding import Accepted, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.snapshot import RawObject, Snapshot
from kubectl_gmg.views import Finding, Suppression

STALE = "GMG009"
ANNOTATION = "gmg/ignore"
MARK = "gmg: ignore"
COMMENT = re.compile(r"(?:^|\s)#\s*gmg: ignore\s+(.*)$")
SAID = re.compile(
    r"\s*(?P<codes>GMG\d{3}(?:\s*,\s*GMG\d{3})*)(?:\s+until=(?P<until>[^\s:]+))?\s*:\s*(?P<reason>\S(?:.*\S)?)\s*"
)
FORM = "write CODE[,CODE] [until=YYYY-MM-DD]: reason"

Path = tuple[str | int, ...]
Subject = ObjectRef | tuple[ObjectRef, str] | tuple[str | None, int | None] | None
"""What a waiver is looked up by: an object, one finding of it, a line of a file, or nothing."""


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
    def subject(self) -> Subject:
        """What it is looked up by."""
        if self.file:
            return self.file, self.line
        return (self.ref, self.fingerprint) if self.ref and self.fingerprint else self.ref

    @property
    def suppression(self) -> Suppression:
        """What a finding says of it."""
        return Suppression(self.by, self.reason, self.until)


def applied(found: Iterable[Finding], waivers: Iterable[Waiver]) -> tuple[tuple[Finding, ...], frozenset[Waiver]]:
    """The findings, those that somebody waived marked as such, and the waivers that were of use."""
    by_subject: defaultdict[tuple[str, Subject], list[Waiver]] = defaultdict(list)
    for waiver in waivers:
        for code in waiver.codes if not waiver.fault else ():
            by_subject[code, waiver.subject].append(waiver)
    used: set[Waiver] = set()
    result = []
    for finding in found:
        ref = finding.problem.at.ref
        subjects: tuple[Subject, ...] = (None, ref, (finding.file, finding.line), (ref, finding.fingerprint))
        candidates = (each for subject in subjects for each in by_subject.get((finding.rule.code, subject), ()))
        fitting = [each for each in candidates if each.fits(finding)]
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
    if not snapshot.gaps:
        return True
    if waiver.object is not None:
        refs = (raw.ref for raw in snapshot.objects)
        return any((ref.kind.lower(), ref.namespace, ref.name) == waiver.object for ref in refs)
    return waiver.ref is None or snapshot.find(waiver.ref) is not None


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
        lines = Lines(snapshot, file)
        for number, line in enumerate(snapshot.lines_of(file), 1):
            if MARK in line and (found := COMMENT.search(line.rstrip("\r"))):
                yield said(found[1], Waiver("comment", (), lines.origin(number), file=file, line=number), today)


class Lines:
    """Which field stands on which line of a file; each object is gone through once, however many comments it has."""

    def __init__(self, snapshot: Snapshot, file: str) -> None:
        inside = [raw for raw in snapshot.objects if raw.place and raw.place.file == file]
        self._file = file
        self._starts = sorted(((raw.place.line(()) or 0, raw) for raw in inside if raw.place), key=itemgetter(0))
        self._paths: dict[int, dict[int, Path]] = {}

    def origin(self, line: int) -> Origin:
        """The field on a line, else the object around it: the last that begins at or above it."""
        if not self._starts:
            return Origin(ObjectRef("", self._file, "File", ""))
        place = max(bisect_right(self._starts, line, key=itemgetter(0)) - 1, 0)
        _, raw = self._starts[place]
        if place not in self._paths:
            self._paths[place] = first_on_line(raw)
        return Origin(raw.ref, self._paths[place].get(line, ()))


def first_on_line(raw: RawObject) -> dict[int, Path]:
    """For each line of an object the first field on it."""
    found: dict[int, Path] = {}
    for path in paths_of(raw.body, ()):
        line = raw.place.line(path) if raw.place else None
        if line is not None:
            found.setdefault(line, path)
    return found


def paths_of(value: object, path: Path) -> Iterator[Path]:
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
    unknown = [code for code in waiver.codes if code not in known_codes()]
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

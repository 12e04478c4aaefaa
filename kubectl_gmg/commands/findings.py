"""How `check` makes its report: which rules run, what does not count, what is reported, and when that is a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.report import findings, in_order, made, not_checked
from kubectl_gmg.checks.rule import Rule
from kubectl_gmg.checks.suppression import STALE, Waiver, applied, by_annotation, by_baseline, by_comment, stale
from kubectl_gmg.commands.concern import Concern
from kubectl_gmg.commands.target import meant
from kubectl_gmg.errors import NotFoundError, UsageError
from kubectl_gmg.model.finding import Accepted, Severity
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.snapshot import RawObject
from kubectl_gmg.pipeline import Session
from kubectl_gmg.resolve.scope import scope_of
from kubectl_gmg.resolve.target import KINDS, Found
from kubectl_gmg.sources import baseline
from kubectl_gmg.views import Finding, FindingList, Suppression

NEVER = "never"
WRITTEN = "accepted when this baseline was written"

Wanted = Callable[[Finding], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the flags of `check` say; `write` names the baseline to write, empty for none."""

    targets: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: str = ""
    write: str = ""
    fail_on: str = Severity.ERROR.value


def findings_of(session: Session, asked: Asked) -> FindingList:
    """The report.

    Raises `NotFoundError` for a code or a TARGET that does not exist, `UsageError` for a severity that does not
    or a baseline to be written while watching, and `SourceError` for a baseline that cannot be read or written.
    """
    if asked.write and session.settings.watch:
        raise UsageError("--write-baseline and --watch exclude each other", "write the baseline without --watch")
    chosen, limit = selected(asked.select), limit_of(asked.fail_on)
    accepted = baseline.read(asked.baseline) if asked.baseline else ()
    ignored = tuple(ignoring(text) for text in asked.ignore)
    session.wants_pods = any("Pod" in rule.needs for rule in chosen)
    context = CheckContext(session.snapshot, session.declared, session.everything)
    lacking = tuple(not_checked(context, chosen))
    judged = frozenset(rule.info.code for rule in chosen) - {each.code for each in lacking}
    items = without_waived(context, chosen, judged, (*ignored, *waivers(session, accepted)))
    wanted = narrowing(session, asked.targets, context)
    reported = tuple(each for each in items if wanted(each))
    if asked.write:
        baseline.write(asked.write, entries(items, filter(is_acceptable, reported), accepted))
        reported = tuple(known(each) if is_acceptable(each) else each for each in reported)
    return FindingList(
        about=session.about,
        items=reported,
        objects=len(session.snapshot.objects),
        hosts=len({id(root) for each in (*context.served, *context.passed) for root in each.host.roots}),
        routes=len(context.rows) + len(context.connection_rows),
        rules=tuple(each.info for each in chosen),
        not_checked=lacking,
        fails=fails(reported, limit),
    )


def without_waived(
    context: CheckContext, chosen: Iterable[Rule], judged: frozenset[str], waived: tuple[Waiver, ...]
) -> tuple[Finding, ...]:
    """All findings, with those marked that somebody waived, and those of waivers that are of no use."""
    run = tuple(chosen)
    found, used = applied(findings(context, run), waived)
    rule = next((each for each in run if each.info.code == STALE), None)
    if rule is None:
        return found
    left = [each for each in waived if STALE not in each.codes]
    more, _ = applied(made(rule, stale(left, used, judged, context.snapshot), context), waived)
    return in_order((*found, *more))


def waivers(session: Session, accepted: Iterable[Accepted]) -> Iterator[Waiver]:
    """What objects, files and a baseline say is not to count."""
    today = date.today()
    yield from by_annotation(session.snapshot, today)
    yield from by_comment(session.snapshot, today)
    yield from by_baseline(accepted, today)


def selected(select: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that were asked for, all without any. Raises `NotFoundError` for a code that no rule has."""
    wanted = tuple(code.strip().upper() for text in select for code in text.split(",") if code.strip())
    for code in wanted:
        if not any(rule.info.code.startswith(code) for rule in rules()):
            raise no_such_code(code)
    return tuple(rule for rule in rules() if not wanted or rule.info.code.startswith(wanted))


def no_such_code(code: str) -> NotFoundError:
    """The error for a code that no rule has."""
    known = [rule.info.code for rule in rules()]
    near = tuple(each for each in known if each[:4] == code[:4])[:5]
    return NotFoundError(f"no rule has the code {code}", "kubectl gmg rules lists them", candidates=near)


def ignoring(text: str) -> Waiver:
    """What `CODE[=KIND/NS/NAME]` waives. Raises `NotFoundError` for an unknown code, `UsageError` for anything else."""
    code, _, named = text.partition("=")
    code = code.strip().upper()
    if not any(rule.info.code == code for rule in rules()):
        raise no_such_code(code)
    parts = named.split("/")
    if named and (len(parts) != 3 or not all(parts)):
        raise UsageError(f"--ignore {text} names no object", "write --ignore GMG301=rt/team-a/checkout")
    kind = KINDS.get(parts[0].lower(), parts[0])
    at = Origin(ObjectRef("", f"--ignore {text}", "Flag", ""))
    return Waiver("flag", (code,), at, object=(kind.lower(), parts[1], parts[2]) if named else None)


def limit_of(fail_on: str) -> Severity | None:
    """From which severity a finding is a failure. Raises `UsageError` for an unknown one."""
    if fail_on == NEVER:
        return None
    try:
        return Severity(fail_on)
    except ValueError:
        known = ", ".join((*Severity, NEVER))
        raise UsageError(f"--fail-on is {fail_on}, not one of {known}") from None


def fails(items: Iterable[Finding], limit: Severity | None) -> bool:
    """Whether any finding that counts is at least as bad as the limit."""
    order = list(Severity)
    return limit is not None and any(
        order.index(each.severity) <= order.index(limit) for each in items if each.suppressed is None
    )


def narrowing(session: Session, targets: Iterable[str], context: CheckContext) -> Wanted:
    """Which findings are reported on: those that concern a TARGET and the gateway, within `-n` and `-l`."""
    named = [meant(target, session) for target in targets]
    concerns = [Concern(named, context)] if named else []
    if session.settings.gateway is not None:
        concerns.append(Concern([Found(frozenset(each.ref for each in session.resolved.gateways))], context))
    scope = scope_of(session.about.namespaces[0] if session.about.namespaces else None, session.settings.selector)

    def in_scope(ref: ObjectRef) -> bool:
        raw = session.snapshot.find(ref)
        return scope.reports(ref, labels_of(raw) if raw else ())

    def wanted(finding: Finding) -> bool:
        problem = finding.problem
        if not all(each(finding) for each in concerns):
            return False
        return scope.selector is None or any(
            map(in_scope, (problem.at.ref, *(note.at.ref for note in problem.related)))
        )

    return wanted


def labels_of(raw: RawObject) -> tuple[tuple[str, str], ...]:
    """The labels of an object as it was read."""
    labels = raw.body.get("metadata", {}).get("labels")
    return tuple(labels.items()) if isinstance(labels, dict) else ()


def entries(items: Iterable[Finding], accepting: Iterable[Finding], accepted: Iterable[Accepted]) -> Iterator[Accepted]:
    """What a new baseline lists: the findings to accept, and what the old one lists that is still found."""
    old = {(each.code, each.ref, each.fingerprint): each for each in accepted}
    found = {key_of(each): each for each in items if each.suppressed and each.suppressed.by == "baseline"}
    for key, each in {**found, **{key_of(each): each for each in accepting}}.items():
        at, code = each.problem.at, each.rule.code
        yield old.get(key) or Accepted(code, at.ref, at.field, each.fingerprint, WRITTEN)


def is_acceptable(finding: Finding) -> bool:
    """Whether a finding goes into a new baseline: one that counts, and is not about a suppression itself."""
    return finding.suppressed is None and finding.rule.code != STALE


def key_of(finding: Finding) -> tuple[str, ObjectRef, str]:
    """What a baseline tells findings apart by."""
    return finding.rule.code, finding.problem.at.ref, finding.fingerprint


def known(finding: Finding) -> Finding:
    """A finding that was just written into a baseline."""
    return replace(finding, suppressed=Suppression("baseline", WRITTEN))

"""How `check` makes its report: which rules run, what is reported, and when that is a failure."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.report import findings, not_checked
from kubectl_gmg.checks.rule import Rule
from kubectl_gmg.errors import NotFoundError, UsageError
from kubectl_gmg.model.finding import Severity
from kubectl_gmg.pipeline import Session
from kubectl_gmg.views import Finding, FindingList

NEVER = "never"


def findings_of(session: Session, targets: tuple[str, ...], select: tuple[str, ...], fail_on: str) -> FindingList:
    """The report. Raises `NotFoundError` for an unknown code, `UsageError` for an unknown severity."""
    chosen, limit = selected(select), limit_of(fail_on)
    context = CheckContext(session.snapshot, session.declared, session.resolved)
    items = findings(context, chosen)
    return FindingList(
        about=session.about,
        items=items,
        objects=len(session.snapshot.objects),
        hosts=len({id(each.host.declared) for each in context.served}),
        routes=len(context.rows),
        rules=tuple(each.info for each in chosen),
        not_checked=tuple(not_checked(context, chosen)),
        fails=fails(items, limit),
    )


def selected(select: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that were asked for, all without any. Raises `NotFoundError` for a code that no rule has."""
    wanted = [code.strip().upper() for text in select for code in text.split(",") if code.strip()]
    for code in wanted:
        if not any(rule.info.code.startswith(code) for rule in rules()):
            raise NotFoundError(f"no rule has the code {code}", "kubectl gmg rules lists them")
    return tuple(rule for rule in rules() if not wanted or rule.info.code.startswith(tuple(wanted)))


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

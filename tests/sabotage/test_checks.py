"""Faults put into the rules of `check` one at a time: the cases, the properties and the judges must notice every one.

Asked are the cases of the rules that a fault can concern, the sound configurations, and what is found elsewhere: the
judges of `tests/checks`, on few objects each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg.checks import (
    catalogue,
    dead_selectors,
    gmg113_duplicate_domain,
    gmg206_orphan_route_table,
    gmg301_unreachable_route,
    gmg404_rewrite_slash_mismatch,
    orphans,
    report,
    shadowing,
    suppression,
)
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import Rule
from kubectl_gmg.checks.rule_names import RuleNames
from kubectl_gmg.commands import concern, findings
from kubectl_gmg.model.finding import Severity
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve import tenancy
from tests.checks import test_hidden_kinds, test_properties, test_rules, worlds
from tests.commands import test_check

Patch = pytest.MonkeyPatch
FAULTS: dict[str, tuple[Callable[[Patch], None], tuple[str, ...]]] = {}
ORDER = list(Severity)


def fault(*codes: str) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """A fault, and the codes whose cases are asked; without any, the other judges are."""

    def kept(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
        FAULTS[function.__name__.replace("_", " ")] = function, codes
        return function

    return kept


# ---- the judges


def complaints(codes: tuple[str, ...]) -> Iterator[str]:
    """Everything that speaks against what is said now."""
    yield from cases_complain(codes)
    yield from properties_complain(codes)
    yield from suppression_complains()


@cache
def written(code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(
        (Path(test_rules.FOLDER) / "rules" / f"{code.lower()}.yaml").read_text()
    )
    return found


def cases_complain(codes: tuple[str, ...]) -> Iterator[str]:
    for code in codes:
        for number, case in enumerate(written(code)):
            if complaint := heard(partial(test_rules.test_case, code, case)):
                yield f"{code} {number}: {complaint}"


def heard(judge: Callable[[], None]) -> str:
    try:
        judge()
    except (AssertionError, KeyError) as error:
        return str(error).partition("\n")[0] or "an assertion"
    return ""


def properties_complain(codes: tuple[str, ...]) -> Iterator[str]:
    """Places, order, fingerprints and severities, on a few worlds of the rules concerned."""
    names = [name for name in worlds.WORLDS if name.partition("-")[0].upper() in (*codes, "GMG301", "GMG403")]
    for name in (*names[:8], "random-v1beta1-2"):
        made = worlds.judged(worlds.WORLDS[name])
        places = [test_properties.place_of(each) for each in made.findings]
        if places != sorted(places):
            yield f"{name}: order"
        for each in made.findings:
            known = dict(CATALOGUE[each.rule.code])[each.problem.at.ref.generation]
            if each.severity is not known:
                yield f"{name}: severity of {each.rule.code}"
            if not worlds.leads_to(made.session, each.problem.at):
                yield f"{name}: {each.problem.at}"
        if len({each.fingerprint for each in made.findings}) < len(set(map(worlds.own, made.findings))):
            yield f"{name}: fingerprints"


CATALOGUE = {each.info.code: each.info.severities for each in catalogue.rules()}
"""As it is without a fault."""


class Clock:
    """The day of the tests of suppressions."""

    today = staticmethod(lambda: date(2026, 6, 1))


def suppression_complains() -> Iterator[str]:
    flags, texts, targets = test_check.TestFlag(), test_check.TestAnnotationAndComment(), test_check.TestTargets()
    asked: list[Callable[[], None]] = [
        lambda: flags.test_suppresses("GMG001=rt/apps/shop"),
        lambda: flags.test_of_another_object_is_stale("GMG001=rt/apps/other"),
        lambda: texts.test_suppresses("annotation"),
        lambda: texts.test_expires("annotation", "2026-05-31", counts=False),
        lambda: texts.test_expires("comment", "2026-06-01", counts=True),
        texts.test_a_comment_counts_on_its_own_line_only,
        texts.test_only_the_object_itself,
        texts.test_nothing_is_said_of_rules_that_did_not_run,
        lambda: targets.test_only_what_concerns_it("rt/shop"),
        targets.test_parents_are_included_and_their_other_rules_are_not,
        test_check.test_a_warning_alone_is_no_failure,
    ]
    yield from filter(None, map(heard, asked))


@pytest.fixture(autouse=True)
def today(monkeypatch: Patch) -> None:
    monkeypatch.setattr(findings, "date", Clock)


# ---- the faults: what is reported


@fault("GMG301")
def severity_swapped(patch: Patch) -> None:
    real = Rule.severity

    def swapped(self: Rule, generation: str) -> Severity | None:
        found = real(self, generation)
        return None if found is None else ORDER[-1 - ORDER.index(found)]

    patch.setattr(Rule, "severity", swapped)


@fault("GMG203")
def severity_of_the_other_generation(patch: Patch) -> None:
    real = Rule.severity
    patch.setattr(Rule, "severity", lambda self, generation: real(self, "v2" if generation == "v1beta1" else "v1beta1"))


@fault("GMG304")
def place_one_level_up(patch: Patch) -> None:
    real = RuleNames.filled_in

    def higher(self: RuleNames, problem: Any) -> Any:
        found = real(self, problem)
        return replace(found, at=Origin(found.at.ref, found.at.path[:-1]))

    patch.setattr(RuleNames, "filled_in", higher)


@fault()
def order_by_severity(patch: Patch) -> None:
    real = report.place_key
    patch.setattr(report, "place_key", lambda finding: (ORDER.index(finding.severity), real(finding)))


@fault("GMG304")
def order_of_indices_as_text(patch: Patch) -> None:
    patch.setattr(
        report,
        "place_key",
        lambda finding: (*report.object_key(finding.problem.at.ref), str(finding.problem.at.path[::-1])),
    )


@fault("GMG301")
def fingerprints_of_objects(patch: Patch) -> None:
    patch.setattr(RuleNames, "fingerprint", lambda self, problem: problem.at.ref.name)


@fault("GMG203", "GMG201")
def every_second_problem_is_lost(patch: Patch) -> None:
    real = report.made
    patch.setattr(report, "made", lambda rule, problems, context: list(real(rule, problems, context))[::2])


@fault("GMG312")
def related_places_are_lost(patch: Patch) -> None:
    real = RuleNames.filled_in
    patch.setattr(RuleNames, "filled_in", lambda self, problem: replace(real(self, problem), related=()))


# ---- the faults: suppression and targets


@fault()
def suppression_matches_any_object(patch: Patch) -> None:
    patch.setattr(suppression.Waiver, "fits", lambda self, finding: finding.rule.code in self.codes)


@fault()
def suppression_matches_any_code(patch: Patch) -> None:
    patch.setattr(suppression, "applied", any_code(suppression.applied))
    patch.setattr(findings, "applied", any_code(suppression.applied))


def any_code(real: Callable[..., Any]) -> Callable[..., Any]:
    """Suppresses everything as soon as anything is waived."""

    def made(found: Any, waivers: Any) -> Any:
        listed, some = tuple(found), tuple(waivers)
        if not some:
            return real(listed, some)
        return tuple(replace(each, suppressed=some[0].suppression) for each in listed), frozenset(some)

    return made


@fault()
def expired_suppressions_count(patch: Patch) -> None:
    patch.setattr(suppression, "judged", lambda waiver, today: waiver)


@fault()
def suppressions_expire_a_day_early(patch: Patch) -> None:
    real = suppression.judged
    patch.setattr(suppression, "judged", lambda waiver, today: real(waiver, today + timedelta(days=1)))


@fault()
def stale_suppressions_are_not_told(patch: Patch) -> None:
    patch.setattr(findings, "stale", lambda *arguments: iter(()))


@fault()
def rules_that_did_not_run_are_held_against_suppressions(patch: Patch) -> None:
    real = suppression.stale
    every = frozenset(CATALOGUE)
    patch.setattr(findings, "stale", lambda waivers, used, ran, snapshot: real(waivers, used, every, snapshot))


@fault()
def suppressed_findings_fail(patch: Patch) -> None:
    patch.setattr(findings, "fails", lambda items, limit: True)


@fault()
def targets_are_ignored(patch: Patch) -> None:
    patch.setattr(concern.Concern, "__call__", lambda self, finding: True)


@fault()
def targets_without_what_leads_to_them(patch: Patch) -> None:
    patch.setattr(concern.Concern, "__call__", lambda self, finding: finding.problem.at.ref in self._refs)


# ---- the faults: rules


@fault("GMG301")
def the_wrong_route_is_blamed(patch: Patch) -> None:
    patch.setattr(shadowing.Shadowing, "_winner", lambda self, row, name, reach: row)


@fault("GMG301")
def only_the_first_route_is_blamed(patch: Patch) -> None:
    real = shadowing.Shadowing.dead

    def first(self: Any, row: Any) -> Any:
        found = real(self, row)
        return found and replace(found, winners=found.winners[:1])

    patch.setattr(shadowing.Shadowing, "dead", first)


@fault("GMG301", "GMG302")
def a_partly_shadowed_route_is_dead(patch: Patch) -> None:
    patch.setattr(gmg301_unreachable_route, "told", lambda context, rows, dead, fixes: iter(()))


@fault("GMG402")
def the_bound_of_a_status_is_let_in(patch: Patch) -> None:
    real = CheckContext.noted
    patch.setattr(
        CheckContext, "noted", lambda self, code: tuple(e for e in real(self, code) if "is 600" not in e.message)
    )


@fault("GMG404")
def slashes_are_not_compared(patch: Patch) -> None:
    patch.setattr(gmg404_rewrite_slash_mismatch, "mismatched", lambda row, rewrite: True)


@fault("GMG113")
def a_star_is_a_name_as_well(patch: Patch) -> None:
    patch.setattr(gmg113_duplicate_domain, "losses", lambda gateway: iter(()))


@fault("GMG203")
def near_misses_count_as_hits(patch: Patch) -> None:
    patch.setattr(dead_selectors, "ends_of_selectors", lambda context, way: ())


@fault("GMG203", "GMG206")
def everybody_sees_everything(patch: Patch) -> None:
    patch.setattr(tenancy.Tenancy, "sees", lambda self, *arguments: True)


@fault("GMG206")
def orphans_below_orphans_are_told_too(patch: Patch) -> None:
    patch.setattr(orphans.Families, "tops", lambda self, found: ((each, ()) for each in found))


@fault("GMG206")
def every_table_is_an_orphan(patch: Patch) -> None:
    patch.setattr(orphans, "certain_orphans", lambda context: tuple(context.declared.tables))
    patch.setattr("kubectl_gmg.checks.gmg206_orphan_route_table.certain_orphans", orphans.certain_orphans)


def test_the_judges_are_content() -> None:
    assert list(complaints(tuple(sorted({code for _, codes in FAULTS.values() for code in codes})))) == []


@pytest.mark.parametrize("called", sorted(FAULTS))
def test_the_judges_notice(called: str, monkeypatch: Patch) -> None:
    put_in, codes = FAULTS[called]
    put_in(monkeypatch)
    assert next(complaints(codes), None) is not None, f"nobody noticed: {called}"


# ---- faults that only a judge of its own can see


def test_gaps_ignored_are_noticed(monkeypatch: Patch) -> None:
    """What was not read counts as read: then something is missing that may be there."""
    world = worlds.WORLDS["gmg201-0"]
    test_hidden_kinds.test_less_is_found_with_less(world)
    monkeypatch.setattr(CheckContext, "lacking", frozenset())
    with pytest.raises(AssertionError):
        test_hidden_kinds.test_less_is_found_with_less(world)


def test_fixes_that_take_a_route_away_are_noticed(monkeypatch: Patch) -> None:
    """In this example the only rule that could use the table would take a route of another one away."""
    world = worlds.WORLDS["26-inline-host"]
    assert "GMG206" not in offered(world)
    monkeypatch.setattr(gmg206_orphan_route_table, "harmless", lambda effect: True)
    assert "GMG206" in offered(world)


def offered(world: worlds.World) -> set[str]:
    return {each.rule.code for each in worlds.judged(world).findings if each.problem.fix is not None}


def test_all_that_was_asked_for_is_here() -> None:
    assert len(FAULTS) >= 20

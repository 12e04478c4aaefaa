"""What holds for every finding, whatever the rule: on the cases, the examples, the clean ones, and random graphs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.commands.findings import Asked, findings_of
from kubectl_gmg.model.finding import Severity
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.views import Finding, RouteRow
from tests.analysis.manifests import edited, named, rule_lists
from tests.checks.shown import complaint_about
from tests.checks.worlds import WORLDS, World, every, judged, leads_to, own, report, said
from tests.run import gmg, manifests_text

Json = dict[str, Any]
Place = tuple[Any, ...]
CATALOGUE = {rule.info.code: rule for rule in rules()}


def is_random(world: World) -> bool:
    return world.name.startswith("random")


def each_finding() -> Iterator[tuple[World, Finding]]:
    for name, world in WORLDS.items():
        for finding in report(name).findings:
            yield world, finding


# ---- places, codes, order


def test_there_is_something_to_judge() -> None:
    seen = Counter(finding.rule.code for _, finding in each_finding())
    in_random = {finding.rule.code for world, finding in each_finding() if is_random(world)}
    assert len(WORLDS) > 600
    assert set(CATALOGUE) - set(seen) <= {"GMG009"}, "cases show every rule"
    assert len(in_random) >= 35


def test_places_lead_to_what_is_written() -> None:
    wrong = [
        f"{world.name}: {finding.rule.code} {at}"
        for world, finding in each_finding()
        for at in (finding.problem.at, *(note.at for note in finding.problem.related))
        if not leads_to(report(world.name).session, at)
    ]
    assert wrong == []


DEFAULTS = ("sortMethod", "weight", "namespaces")
"""Fields of which an edit says what holds where nobody wrote it."""


def test_edits_lead_to_what_is_written_or_to_a_new_field_of_it() -> None:
    """What an edit says that it replaces stands there; what it adds has a parent, or its parent has."""
    for world, finding in each_finding():
        for edit in finding.problem.fix.edits if finding.problem.fix else ():
            session, at = report(world.name).session, edit.at
            above = [Origin(at.ref, at.path[: len(at.path) - steps]) for steps in (1, 2)]
            assert any(leads_to(session, each) for each in above), f"{world.name}: {at}"
            if edit.before is not None and not isinstance(at.path[-1], int):
                assert leads_to(session, at) or at.path[-1] in DEFAULTS, f"{world.name}: {at}"


def test_nothing_is_said_twice() -> None:
    for name in WORLDS:
        found = Counter(map(own, report(name).findings))
        assert [f"{name}: {key}" for key, count in found.items() if count > 1] == []


def test_codes_are_in_the_catalogue_with_the_severity_of_the_generation() -> None:
    for world, finding in each_finding():
        problem = finding.problem
        rule = CATALOGUE[finding.rule.code]
        assert problem.code == finding.rule.code
        assert finding.severity is dict(rule.info.severities)[problem.at.ref.generation], f"{world.name}: {problem}"


def place_of(finding: Finding) -> Place:
    """`spec/cli.md` 5.2: cluster, namespace, kind, name, field; indices as numbers; then the code."""
    ref = finding.problem.at.ref
    steps = [(1, 0, step) if isinstance(step, str) else (0, step, "") for step in finding.problem.at.path]
    return ref.cluster, ref.namespace, ref.kind, ref.name, ref.generation, steps, finding.rule.code


def test_findings_are_in_order() -> None:
    for name in WORLDS:
        places = [place_of(each) for each in report(name).findings]
        assert places == sorted(places), name


# ---- what must make no difference


def identities(world: World) -> list[Any]:
    where = [each.get("metadata") or {} for each in world.documents]
    return [
        (each.get("apiVersion"), each.get("kind"), meta.get("namespace", "default"), meta.get("name"))
        for each, meta in zip(world.documents, where, strict=True)
    ]


def is_plain(world: World) -> bool:
    """Whether every object is there once."""
    found = identities(world)
    return all(found.count(each) == 1 for each in found)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_objects_makes_no_difference(seed: int) -> None:
    for world in every(5)[seed::2]:
        if is_plain(world):
            mixed = random.Random(seed).sample(world.documents, len(world.documents))
            again = judged(replace(world, documents=mixed))
            assert said(again.findings) == said(report(world.name).findings), world.name
            assert again.report.not_checked == report(world.name).report.not_checked, world.name


def test_files_make_no_difference(tmp_path: Path) -> None:
    """One object a file, in directories that are read in another order."""
    for number, world in enumerate(each for each in every(12) if is_plain(each)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for place, document in enumerate(reversed(world.documents)):
            (folder / f"{place:03}.json").write_text(manifests_text([document]))
        session = Session(Settings(filename=(str(folder),), product_version=world.product_version))
        assert said(findings_of(session, Asked()).items) == said(report(world.name).findings), world.name


def test_fingerprints_are_unique() -> None:
    for name in WORLDS:
        places: dict[str, Any] = {}
        for finding in report(name).findings:
            assert places.setdefault(finding.fingerprint, own(finding)) == own(finding), name


def test_comments_change_neither_findings_nor_fingerprints() -> None:
    for world in every(15):
        text = yaml.safe_dump_all(world.documents)
        moved = "# a comment\n\n" + text.replace("\nspec:", "\n# another one\nspec:")
        before, after = (findings_of(reading(each, world.product_version), Asked()).items for each in (text, moved))
        assert said(before) == said(after), world.name
        assert all(one.line != other.line for one, other in zip(before, after, strict=True) if one.line), world.name


def reading(text: str, product_version: str | None) -> Session:
    return Session(Settings(filename=("-",), product_version=product_version, stdin=text.encode))


FIRST: Json = {"name": "quite-new", "matchers": [{"uri": {"exact": "/quite/new"}}]}


def with_a_rule_before(world: World) -> World:
    """A rule more at the beginning of every list; all others have names."""
    documents = named(world.documents)
    for document in documents:
        answer = "directResponse" if document["apiVersion"].endswith("/v2") else "directResponseAction"
        for found in rule_lists(document):
            if found:
                found.insert(0, {**FIRST, answer: {"status": 200}})
    return replace(world, documents=documents)


def moved_on(at: Origin) -> Origin:
    """Where a place is after that."""
    path = list(at.path)
    for number, step in enumerate(path[1:], 1):
        if isinstance(step, int) and path[number - 1] in ("routes", "http"):
            path[number] = step + 1
    return Origin(at.ref, tuple(path))


def test_another_rule_before_changes_no_fingerprint() -> None:
    same = 0
    for world in every(9, of=lambda each: "routes" in str(each.documents)):
        if not all(isinstance(found, list) and all(map(is_rule, found)) for found in lists_of(world)):
            continue
        before = judged(replace(world, documents=named(world.documents))).findings
        after = {own(each): each.fingerprint for each in judged(with_a_rule_before(world)).findings}
        for each in before:
            key = each.rule.code, moved_on(each.problem.at)
            if key in after and each.problem.name and each.problem.at.path[1:2] != ("connectionHandlers",):
                assert after[key] == each.fingerprint, f"{world.name}: {each.problem}"
                same += 1
    assert same > 30


def is_rule(each: Any) -> bool:
    return isinstance(each, dict)


def lists_of(world: World) -> list[Any]:
    return [found for document in world.documents for found in rule_lists(document)]


# ---- parts of a report


def test_every_rule_says_the_same_alone() -> None:
    """No rule depends on another one that runs: `--select` filters the whole report."""
    rng = random.Random(0)
    for world in every(8):
        whole = report(world.name).findings
        fired = list(dict.fromkeys(each.rule.code for each in whole))
        for code in {*rng.sample(fired, min(3, len(fired))), rng.choice(list(CATALOGUE))} - {"GMG009"}:
            alone = judged(world, Asked(select=(code,))).findings
            assert said(alone) == said([each for each in whole if each.rule.code == code]), f"{world.name}: {code}"


@pytest.mark.parametrize("family", ["GMG0", "GMG1", "GMG2", "GMG3", "GMG4", "GMG5", "GMG6"])
def test_every_family_says_the_same_alone(family: str) -> None:
    for world in every(60):
        alone = judged(world, Asked(select=(family,))).findings
        whole = [each for each in report(world.name).findings if each.rule.code.startswith(family)]
        if family != "GMG0" or not any(each.rule.code == "GMG009" for each in whole):
            assert said(alone) == said(whole), world.name


TARGETED = {"VirtualGateway": "vg", "VirtualHost": "vh", "RouteTable": "rt"}


def test_what_concerns_a_target_is_a_part_of_all() -> None:
    asked, empty, all_of_it = 0, 0, 0
    for world in every(9):
        whole = said(report(world.name).findings)
        for kind, namespace, name in targets(world):
            session = world.session()
            part = said(findings_of(session, Asked(targets=(f"{TARGETED[kind]}/{namespace}/{name}",))).items)
            left = iter(whole)
            assert all(each in left for each in part), f"{world.name}: {kind} {namespace}/{name}"
            own_ones = [each for each in whole if object_of(each) == (kind, namespace, name)]
            assert all(each in part for each in own_ones), f"{world.name}: {kind} {namespace}/{name}"
            asked, empty, all_of_it = asked + 1, empty + (not part), all_of_it + (part == whole)
    assert asked > 60
    assert empty < asked
    assert all_of_it < asked


def object_of(said_of_it: tuple[Any, ...]) -> tuple[str, str, str]:
    ref = said_of_it[2].at.ref
    return ref.kind, ref.namespace, ref.name


def targets(world: World) -> list[tuple[str, str, str]]:
    """Some objects that can be named without being ambiguous."""
    refs = [each.ref for each in report(world.name).session.snapshot.objects if each.ref.kind in TARGETED]
    found = [(each.kind, each.namespace, each.name) for each in refs]
    return [each for each in dict.fromkeys(found) if found.count(each) == 1 and "/" not in each[2]][:2]


@pytest.mark.parametrize("output", ["text", "short", "json", "yaml", "sarif", "junit", "github"])
def test_the_same_bytes_again(output: str) -> None:
    for world in every(90):
        text = manifests_text(world.documents)
        once, again = (gmg("check", "-f", "-", "-o", output, stdin=text) for _ in range(2))
        assert once == again, world.name
        assert once.code in (0, 1), once.err


# ---- what is shown and offered


def with_requests() -> list[tuple[World, Finding]]:
    """Findings that show a request, no more than some of each code; `curl` does not know old releases here."""
    found = [
        (world, finding)
        for world, finding in each_finding()
        if finding.problem.request is not None and world.product_version is None
    ]
    seen: Counter[str] = Counter()
    kept = []
    for world, finding in found:
        seen[finding.rule.code] += 1
        if seen[finding.rule.code] <= 12:
            kept.append((world, finding))
    return kept


def test_requests_do_what_the_finding_says() -> None:
    shown = with_requests()
    wrong = {
        f"{world.name}: {finding.rule.code} {finding.problem.at} {finding.problem.request}": complaint
        for world, finding in shown
        if (complaint := complaint_about(world.documents, finding))
    }
    assert wrong == {}
    assert {finding.rule.code for _, finding in shown} >= {
        *("GMG113", "GMG213", "GMG217", "GMG301", "GMG302", "GMG310", "GMG404", "GMG405", "GMG406")
    }


def rows_of(session: Session) -> dict[tuple[str, str, int, int], tuple[RouteRow, bool]]:
    """Every route by gateway, listener, id and match, and whether requests get there."""
    context = CheckContext(session.snapshot, session.declared, session.everything)
    rows = (row for row in context.rows if row.route.index is not None)
    return {
        (str(row.gateway.ref), row.id, row.route.match_index, row.listener.index): (
            row,
            context.reach(row).proof is None,
        )
        for row in rows
    }


def with_fixes() -> list[World]:
    """Worlds where something is offered: half of the written ones, some random ones."""
    found = [
        world
        for name, world in WORLDS.items()
        if any(each.problem.fix and each.problem.fix.verified for each in report(name).findings)
    ]
    random_ones = [world for world in found if is_random(world)]
    return [each for each in found if not is_random(each)][::2] + random_ones[::6]


def test_verified_fixes_mend_and_break_nothing() -> None:
    """Applied to the manifests the finding is gone, every route is still reached, and nothing else is wrong.

    What is found in routes that were not served before was wrong before, and nobody could see it.
    """
    mended: Counter[str] = Counter()
    for world in with_fixes():
        whole = replace(world, documents=named(world.documents))
        before = judged(whole)
        alive = rows_of(before.session)
        offered = {each.rule.code: each for each in before.findings if each.problem.fix and each.problem.fix.verified}
        for code, finding in offered.items():
            assert finding.problem.fix is not None
            after = judged(replace(world, documents=edited(whole.documents, finding.problem.fix.edits)))
            assert (code, finding.fingerprint) not in {(each.rule.code, each.fingerprint) for each in after.findings}
            now = rows_of(after.session)
            lost = [key for key, (_, reached) in alive.items() if reached and not replaced_or_reached(key, now)]
            assert lost == [], f"{world.name}: {finding.problem.fix.text}"
            new = {rule.origin.ref for key, (row, _) in now.items() if key not in alive for rule in rules_of(row)}
            new |= {
                rule.origin.ref
                for key, (row, reached) in now.items()
                if reached and not alive.get(key, (0, 0))[1]
                for rule in rules_of(row)
            }
            assert more_in(after.findings, before.findings, new) == [], f"{world.name}: {finding.problem.fix.text}"
            mended[code] += 1
    assert len(mended) >= 5
    assert mended.keys() >= {"GMG206", "GMG301", "GMG404"}


def rules_of(row: RouteRow) -> tuple[Any, ...]:
    return row.route.terminal.rules


def replaced_or_reached(key: tuple[str, str, int, int], now: dict[Any, tuple[RouteRow, bool]]) -> bool:
    """Whether requests still get to a route, or to those of the tables that it was an error in the place of."""
    if key in now:
        return now[key][1]
    return any(each[0] == key[0] and each[1].startswith(f"{key[1]}/") for each in now)


def more_in(after: tuple[Finding, ...], before: tuple[Finding, ...], new: set[Any]) -> list[str]:
    """Errors and warnings that were not there before, nor at a place around; those of new routes do not count."""
    known = {(each.rule.code, each.problem.at.ref, each.problem.at.path) for each in before}
    prints = {(each.rule.code, each.fingerprint) for each in before}
    return [
        f"{each.rule.code} {each.problem.at}: {each.problem.message}"
        for each in after
        if each.severity is not Severity.INFO
        and (each.rule.code, each.fingerprint) not in prints
        and each.problem.at.ref not in new
        and not any(
            (each.rule.code, each.problem.at.ref, each.problem.at.path[:length]) in known
            for length in range(len(each.problem.at.path))
        )
    ]

"""What a partial reading says holds, whatever the rest may be (`spec/v1beta1.md` D-27)."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, given, settings

from kubectl_gmg.api import lower
from kubectl_gmg.resolve import resolve
from tests.oracle.partial import (
    Answers,
    Reading,
    both_answers,
    difference,
    essence,
    readings,
    resolved_ends,
    told_ends,
    uncertain_complaint,
)

GRAPHS = int(os.environ.get("GMG_GRAPHS", "200"))


def generated(share: float = 1.0) -> settings:
    return settings(
        max_examples=max(1, int(GRAPHS * share)),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def test_dead_ends_are_those_of_the_transcript_and_nothing_is_missing_that_is_there() -> None:
    """Every kind of dead end is met."""
    found: Counter[str] = Counter()

    @generated()
    @given(readings())
    def agree(reading: Reading) -> None:
        ends = resolved_ends(resolve(lower(reading.snapshot())))
        assert difference(told_ends(reading), ends) == ""
        there = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in reading.everything}
        everywhere = [end for listed in ends.values() for end in listed]
        assert not [name for _, why, name in everywhere if why == "missing" and tuple(name.split("/")) in there]
        found.update({why for _, why, _ in everywhere})

    agree()
    wanted = ("missing", "unknown", "noneSelected", "cycle")
    assert {why: found[why] for why in wanted if found[why] < GRAPHS * 0.03} == {}


def test_an_answer_that_may_be_another_one_says_so() -> None:
    """Answers really change by what was not read, and others are certain."""
    found: Counter[str] = Counter()

    @generated(0.5)
    @given(readings())
    def agree(reading: Reading) -> None:
        full, partial = both_answers(reading)
        assert uncertain_complaint(full, partial) == ""
        found.update(kinds(full, partial))

    agree()
    wanted = ("changed", "by a table", "certain", "uncertain")
    assert {event: found[event] for event in wanted if found[event] < GRAPHS * 0.5 * 0.03} == {}


def kinds(full: Answers, partial: Answers) -> set[str]:
    """What can be seen in some answers of a partial reading."""
    changed = [item for name, item in partial.items() if essence(item) != essence(full[name])]
    routed = [item for item in partial.values() if item.row is not None]
    seen = {
        "changed": bool(changed),
        "by a table": any(each.id for item in changed for each in item.may_differ),
        "certain": any(not item.may_differ for item in routed),
        "uncertain": any(item.may_differ for item in routed),
    }
    return {event for event, happened in seen.items() if happened}

"""What a partial reading says holds, whatever the rest may be (`spec/v1beta1.md` D-27)."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, given, settings

from kubectl_gmg.api import lower
from kubectl_gmg.resolve import resolve
from tests.oracle.partial import (
    Reading,
    answers,
    answers_complaint,
    ends_complaint,
    essence,
    readings,
    resolved_ends,
    told_ends,
)

GRAPHS = int(os.environ.get("GMG_GRAPHS", "300"))


def generated(share: float = 1.0) -> settings:
    return settings(
        max_examples=max(1, int(GRAPHS * share)),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@generated()
@given(readings())
def test_dead_ends_are_those_of_the_transcript(reading: Reading) -> None:
    assert ends_complaint(reading) == ""


@generated(0.5)
@given(readings())
def test_an_answer_that_may_be_another_one_says_so(reading: Reading) -> None:
    assert answers_complaint(reading) == ""


@generated(0.3)
@given(readings())
def test_nothing_is_missing_that_is_there(reading: Reading) -> None:
    there = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in reading.everything}
    for ends in resolved_ends(resolve(lower(reading.snapshot()))).values():
        assert not [name for _, why, name in ends if why == "missing" and tuple(name.split("/")) in there]


def test_the_readings_are_rich_enough() -> None:
    """Answers really change by what was not read, others are certain, and every kind of dead end is met."""
    found: Counter[str] = Counter()

    @generated(0.3)
    @given(readings())
    def watch(reading: Reading) -> None:
        reasons = {why for ends in told_ends(reading).values() for _, why, _ in ends}
        full = answers(lower(Reading(reading.everything, reading.everything, {}).snapshot()))
        partial = answers(lower(reading.snapshot()))
        changed = {name for name, item in partial.items() if essence(item) != essence(full[name])}
        below = {name for name in changed if any(each.id for each in partial[name].may_differ)}
        routed = [item for item in partial.values() if item.row is not None]
        found.update(reasons)
        found.update({"changed": 1 if changed else 0, "by a table": 1 if below else 0})
        found.update({"certain": 1 if any(not item.may_differ for item in routed) else 0})
        found.update({"uncertain": 1 if any(item.may_differ for item in routed) else 0})

    watch()
    wanted = ("missing", "unknown", "noneSelected", "cycle", "changed", "by a table", "certain", "uncertain")
    assert {event: found[event] for event in wanted if found[event] < GRAPHS * 0.3 * 0.03} == {}

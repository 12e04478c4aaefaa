"""Faults put into matching one at a time: the measured answers of a real Envoy must notice every one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import re2

from kubectl_gmg.matching import condition, finder, host, index, path, regexes, response, rewrite, weights
from kubectl_gmg.matching.canonical import canonical as canonical_path
from kubectl_gmg.matching.canonical import merged
from kubectl_gmg.model.match import HeaderMatch
from tests.matching import test_envoy_cases
from tests.oracle import envoy_tables

Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}


def fault(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[function.__name__.replace("_", " ")] = function
    return function


def judge() -> list[str]:
    """The measured cases that the matching core answers otherwise."""
    wrong = []
    for case in test_envoy_cases.MEASURED["cases"]:
        try:
            test_envoy_cases.test_case(case)
        except AssertionError:
            wrong.append(case["id"])
    return wrong


@fault
def prefix_by_segment(patch: Patch) -> None:
    real = index.TextTable.find

    def find(self: Any, text: str) -> Iterator[Any]:
        on_border = {
            id(bucket)
            for length, prefixes in self._prefixes
            for value, bucket in prefixes.items()
            if text.startswith(value) and (value.endswith("/") or text[length : length + 1] in ("", "/"))
        }
        prefixed = {id(bucket) for _, prefixes in self._prefixes for bucket in prefixes.values()}
        return (bucket for bucket in real(self, text) if id(bucket) not in prefixed or id(bucket) in on_border)

    patch.setattr(index.TextTable, "find", find)


@fault
def regex_unanchored(patch: Patch) -> None:
    patch.setattr(re2.Set, "FullMatchSet", re2.Set.SearchSet)


@fault
def header_regex_unanchored(patch: Patch) -> None:
    patch.setattr(condition, "regex_fits", lambda pattern, text: regexes.sound(pattern).search(text) is not None)


@fault
def case_never_ignored(patch: Patch) -> None:
    patch.setattr(index, "folded", lambda text: text)


@fault
def case_always_ignored(patch: Patch) -> None:
    real = path._prepared
    patch.setattr(path, "_prepared", lambda request, text, query: real(request, text.lower(), query))


@fault
def last_query_value(patch: Patch) -> None:
    def last(query: str | None) -> dict[str, str]:
        pairs = (part.partition("=") for part in (query or "").split("&") if part)
        return {name: value for name, _, value in pairs}

    patch.setattr(path, "_parameters", last)


@fault
def query_decoded(patch: Patch) -> None:
    real = path._parameters
    patch.setattr(path, "_parameters", lambda query: real(query.replace("%32", "2") if query else query))


@fault
def missing_header_passes_inversion(patch: Patch) -> None:
    real = condition.header_fits

    def fits(wanted: HeaderMatch, prepared: Any) -> bool:
        missing = wanted.name.lower() not in prepared.headers
        return True if wanted.invert and missing else real(wanted, prepared)

    patch.setattr(condition, "header_fits", fits)


@fault
def header_values_joined(patch: Patch) -> None:
    real = path._headers
    patch.setattr(
        path,
        "_headers",
        lambda request, target: {name: (",".join(each),) for name, each in real(request, target).items()},
    )


@fault
def rewrite_length(patch: Patch) -> None:
    real = rewrite.matched_length
    patch.setattr(rewrite, "matched_length", lambda match, prepared: real(match, prepared) + 1)


@fault
def query_lost_in_rewrite(patch: Patch) -> None:
    patch.setattr(rewrite, "with_query", lambda text, prepared: text)


@fault
def merged_slashes(patch: Patch) -> None:
    real = canonical_path

    def canonical(text: str, mode: Any) -> str | None:
        found = real(text, mode)
        return None if found is None else merged(found)

    patch.setattr(path, "canonical", canonical)


@fault
def dots_not_resolved(patch: Patch) -> None:
    patch.setattr(path, "canonical", lambda text, mode: text)


@fault
def host_port_counts(patch: Patch) -> None:
    patch.setattr(host, "lookup_name", str.lower)


@fault
def shorter_wildcard_first(patch: Patch) -> None:
    real = host.DomainTable.__init__

    def made(self: Any, entries: Any) -> None:
        real(self, entries)
        self._front_lengths.reverse()

    patch.setattr(host.DomainTable, "__init__", made)


@fault
def wildcard_at_the_end_first(patch: Patch) -> None:
    front, end = host.DomainTable._by_front, host.DomainTable._by_end
    patch.setattr(host.DomainTable, "_by_front", end)
    patch.setattr(host.DomainTable, "_by_end", front)


@fault
def weight_0_gets_a_share(patch: Patch) -> None:
    real = weights.shares
    patch.setattr(envoy_tables, "shares", lambda written: real([each or 1 for each in written]))


@fault
def redirect_keeps_the_default_port(patch: Patch) -> None:
    patch.setattr(response, "kept_host", lambda prepared, scheme, drop_port: prepared.request.host)


@fault
def redirect_drops_every_port(patch: Patch) -> None:
    patch.setattr(response, "kept_host", lambda prepared, scheme, drop_port: prepared.request.host.partition(":")[0])


@fault
def last_match_wins(patch: Patch) -> None:
    def find(self: Any, prepared: Any) -> int | None:
        return max(self.matching(prepared), default=None)

    patch.setattr(finder.RouteFinder, "find", find)


def test_the_judge_is_content() -> None:
    assert judge() == []


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_judge_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    assert judge() != [], f"nobody noticed: {name}"


def test_all_that_the_specification_asks_for_is_here() -> None:
    assert len(FAULTS) >= 12

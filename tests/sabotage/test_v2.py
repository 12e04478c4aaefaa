"""Faults put into resolving the second generation, one at a time: the judges must notice every one.

The judges are the transcript on generated graphs, and small configurations whose outcome the page settled. A fault
that nobody notices is a missing test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kubectl_gmg.model.action import Delegate, SortMethod
from kubectl_gmg.model.conventions import Conventions, Ranking
from kubectl_gmg.model.match import PathMatch, RouteMatch
from kubectl_gmg.model.resolved import Delegation, Node, Reason, SourcedLabels, Status, Terminal
from kubectl_gmg.resolve import allow, attach, delegate, inherit, merge, order, tenancy
from kubectl_gmg.resolve.faults import DestinationFaults
from tests.oracle import test_v2_settled
from tests.oracle.generate_v2 import graphs_v2
from tests.oracle.test_v2_transcript import Listings, Watched, complaint, told
from tests.oracle.v2_transcript import TranscriptV2

Json = dict[str, Any]
Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}
SLOW = list(HealthCheck)
ENOUGH = 4
"""How often everything that is watched occurs in the graphs, if it can be had."""


def fault(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[function.__name__.replace("_", " ")] = function
    return function


@cache
def generated_graphs() -> tuple[tuple[list[Json], Listings], ...]:
    """The same graphs every time with what the transcript says of them: the richest that have what is watched."""
    found: list[tuple[list[Json], Watched]] = []

    @settings(max_examples=120, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW)
    @given(graphs_v2())
    def collect(manifests: list[Json]) -> None:
        found.append((manifests, Watched(manifests)))

    collect()
    chosen: list[tuple[list[Json], Listings]] = []
    counts: Counter[str] = Counter()
    for manifests, transcript in sorted(found, key=lambda each: richness(each[1]), reverse=True):
        if any(counts[event] < ENOUGH for event in transcript.seen):
            counts.update(transcript.seen)
            chosen.append((manifests, told(transcript)))
    return tuple(chosen)


def richness(transcript: TranscriptV2) -> int:
    """How many different rules, deep ones before all, are served."""
    rows = [row for listing in transcript.listings.values() for row in listing]
    return len({(*map(str, row["hops"]), row["action"]["type"]) for row in rows})


def judge() -> str:
    """The first complaint: of what was settled by the page, or of the transcript on a graph."""
    settled = (test for name, test in vars(test_v2_settled).items() if name.startswith("test_"))
    graphs = (partial(complaint, *each) for each in generated_graphs())
    return next(filter(None, map(complains, chain(settled, graphs))), "")


def complains(judge: Callable[[], str | None]) -> str:
    """What a judge says; a run that fails is a complaint."""
    try:
        return judge() or ""
    except AssertionError as error:
        return str(error) or "failed"


@fault
def import_not_needed(patch: Patch) -> None:
    real = tenancy.Tenancy._shares

    def shares(self: Any, workspace: str, *, exported: bool) -> Any:
        return real(self, workspace, exported=exported) if exported else EVERYTHING_SHARED

    patch.setattr(tenancy.Tenancy, "_shares", shares)
    let_everything_pass(patch)


@fault
def export_not_needed(patch: Patch) -> None:
    real = tenancy.Tenancy._shares

    def shares(self: Any, workspace: str, *, exported: bool) -> Any:
        return EVERYTHING_SHARED if exported else real(self, workspace, exported=exported)

    patch.setattr(tenancy.Tenancy, "_shares", shares)
    let_everything_pass(patch)


EVERYTHING_SHARED: list[Any] = [None]


def let_everything_pass(patch: Patch) -> None:
    """An entry that is not there is about every workspace and object."""
    workspace, thing = tenancy.with_workspace, tenancy.of_object
    patch.setattr(tenancy, "with_workspace", lambda share, each: share is None or workspace(share, each))
    patch.setattr(tenancy, "of_object", lambda share, *what: share is None or thing(share, *what))


@fault
def newest_root_first(patch: Patch) -> None:
    real = merge.oldest_first
    patch.setattr(merge, "oldest_first", lambda roots: real(roots)[::-1])


@fault
def catch_alls_not_moved(patch: Patch) -> None:
    patch.setattr(merge, "is_catch_all", lambda match: False)


@fault
def catch_all_of_another_port(patch: Patch) -> None:
    real = merge.merged
    patch.setattr(attach, "merged", lambda lists, port: real(lists, None))


@fault
def slash_of_a_child_dropped(patch: Patch) -> None:
    real = inherit.join_paths

    def join_paths(above: Any, own: Any, conventions: Conventions) -> PathMatch | None:
        joined = real(above, own, conventions)
        dropped = joined is not None and own is not None and above is not None and own.value == "/" != above.value
        return replace(joined, value=above.value) if dropped and joined else joined

    patch.setattr(inherit, "join_paths", join_paths)


@fault
def farther_label_wins(patch: Patch) -> None:
    real = delegate.nearer_labels

    def farther(above: SourcedLabels, own: Any, origin: Any) -> SourcedLabels:
        return tuple(sorted({**dict(real((), own, origin)), **dict(above)}.items()))

    patch.setattr(delegate, "nearer_labels", farther)


@fault
def conflict_ignored(patch: Patch) -> None:
    patch.setattr(delegate, "excluded", lambda node: False)


@fault
def contradicting_tests_joined(patch: Patch) -> None:
    patch.setattr(inherit, "contradict", lambda above, own, name_of: False)


@fault
def regex_by_length(patch: Patch) -> None:
    def path_specificity(match: RouteMatch) -> tuple[int, int]:
        if match.path is None:
            return 2, 0
        return order.PATH_RANK[match.path.kind], -len(match.path.value)

    patch.setattr(order, "path_specificity", path_specificity)


@fault
def inner_sort_kept(patch: Patch) -> None:
    """An inner delegate's block stays together below an outer ROUTE_SPECIFICITY."""

    def flatten(node: Node, ranking: Ranking) -> tuple[Terminal, ...]:
        if isinstance(node, Terminal):
            return (node,)
        if node.replaced is not None:
            return (node.replaced,)
        found = [flatten(below, ranking) for target in order.ranked(node.targets) for below in target.nodes]
        found = [block for block in found if block]
        if node.sort is SortMethod.ROUTE_SPECIFICITY:
            found.sort(key=lambda block: order.by_specificity(block[0], ranking))
        return tuple(leaf for block in found for leaf in block)

    patch.setattr(order, "flatten", flatten)
    patch.setattr(attach, "flatten", flatten)


@fault
def selected_by_name(patch: Patch) -> None:
    patch.setattr(delegate, "in_order", lambda tables, conventions: tables)


@fault
def freeze_ignored(patch: Patch) -> None:
    patch.setattr(attach, "frozen", lambda leaves: leaves)


@fault
def lost_matcher_freezes_nothing(patch: Patch) -> None:
    patch.setattr(attach, "is_broken", lambda leaf: leaf.status is Status.REPLACED)


@fault
def table_with_hosts_entered(patch: Patch) -> None:
    real = tenancy.VisibleTables.__init__

    def made(self: Any, *arguments: Any) -> None:
        real(self, *arguments)
        self._usable = self._visible

    patch.setattr(tenancy.VisibleTables, "__init__", made)


@fault
def named_host_is_no_cycle(patch: Patch) -> None:
    patch.setattr(tenancy.VisibleTables, "hits", lambda self, selector, table: False)


@fault
def named_cycle_only_skipped(patch: Patch) -> None:
    real = delegate.Grower._selected

    def selected(self: Any, selector: Any, pool: Any, action: Delegate, here: Any, found: Any) -> Any:
        ends, skipped = real(self, selector, pool, action, here, found)
        return [end for end in ends if end.reason is not Reason.CYCLE], skipped

    patch.setattr(delegate.Grower, "_selected", selected)


@fault
def broken_delegate_yields_nothing(patch: Patch) -> None:
    real = delegate.Grower._delegation

    def grown(self: Any, rule: Any, action: Delegate, here: Any) -> Delegation:
        return replace(real(self, rule, action, here), replaced=None)

    patch.setattr(delegate.Grower, "_delegation", grown)


@fault
def missing_destination_served(patch: Patch) -> None:
    patch.setattr(DestinationFaults, "__call__", lambda self, rule, here: ())


@fault
def domains_not_narrowed(patch: Patch) -> None:
    real = allow.common
    patch.setattr(allow, "common", lambda domain, pattern: domain if real(domain, pattern) else "")


@fault
def star_only_before_a_dot(patch: Patch) -> None:
    def covers(wide: str, narrow: str) -> bool:
        wide, narrow = wide.lower(), narrow.lower()
        return wide in ("*", narrow) or (wide.startswith("*.") and narrow.endswith(wide[1:]))

    patch.setattr(allow, "covers", covers)


def test_the_judge_is_content() -> None:
    """Without a fault nobody complains; else the tests below would show nothing."""
    assert judge() == ""


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_judge_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    assert judge() != "", f"nobody noticed: {name}"

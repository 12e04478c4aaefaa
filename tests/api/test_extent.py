"""Where a kind was read completely: only there may anything be called missing (`spec/v1beta1.md` D-27)."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_gmg.api import lower
from kubectl_gmg.api.v1beta1 import GATEWAY, HOST, TABLE
from kubectl_gmg.model.snapshot import EVERYWHERE, NOWHERE, Affects, Extent, Gap, GapReason, Snapshot, SourceType

SOME = Extent(frozenset({"team-a"}))
ROUTES = (Affects.ROUTES,)


def gap(**more: Any) -> Gap:
    return Gap(GapReason.FORBIDDEN, "lacking", ROUTES, **more)


@pytest.mark.parametrize(
    ("read", "gaps", "expected"),
    [
        ({HOST.resource: EVERYWHERE}, (), EVERYWHERE),
        ({TABLE.resource: SOME}, (gap(kind="RouteTable"),), SOME),
        ({HOST.resource: EVERYWHERE}, (gap(kind="RouteTable"),), NOWHERE),
        ({HOST.resource: EVERYWHERE}, (gap(kind="TrafficPolicy"),), EVERYWHERE),
        ({}, (gap(file="broken.yaml"),), NOWHERE),
    ],
    ids=["not installed", "some namespaces", "forbidden", "another kind is lacking", "a broken file"],
)
def test_route_tables(read: dict[str, Extent], gaps: tuple[Gap, ...], expected: Extent) -> None:
    declared = lower(Snapshot(SourceType.LIVE, (), gaps, {GATEWAY.resource: EVERYWHERE, **read}))
    assert dict(declared.realms)["v1beta1"].tables_read == expected

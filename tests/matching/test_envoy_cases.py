"""Every outcome that was measured on a real Envoy (`spec/envoy.md`, table of cases)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.model.request import Request
from tests.oracle.envoy_tables import answer

MEASURED = json.loads(Path(__file__).with_name("envoy-cases.json").read_text(encoding="utf-8"))

ASKED = ("status", "virtual_host", "route", "cluster", "upstream_path", "upstream_host", "location", "body")

NOT_MODELLED = {"x-forwarded-host"}
"""Added only by a setting that no Gloo object has (`spec/envoy.md` 35)."""


def test_all_cases_are_there() -> None:
    assert len(MEASURED["cases"]) == 75


@pytest.mark.parametrize("case", MEASURED["cases"], ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    written, expected = case["request"], case["expect"]
    request = Request(
        path=written["path"],
        host=written["host"],
        method=written["method"],
        headers=tuple((name, value) for name, value in written["headers"]),
    )

    got = answer(MEASURED["tables"][case["table"]], request)

    assert {key: getattr(got, key) for key in ASKED} == {key: expected[key] for key in ASKED}
    headers = expected.get("upstream_headers", {})
    assert dict(got.upstream_headers) == {key: value for key, value in headers.items() if key not in NOT_MODELLED}

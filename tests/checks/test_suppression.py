"""Suppressions are what others wrote: reading them takes no longer than they are."""

from __future__ import annotations

from datetime import date
from time import perf_counter

import pytest

from kubectl_gmg.checks.suppression import Waiver, said
from kubectl_gmg.model.origin import ObjectRef, Origin

SHOP = ObjectRef("apps", "shop", "VirtualHost", "v1beta1")
BLANKS = " " * 200_000


def read(text: str) -> Waiver:
    return said(text, Waiver("annotation", (), Origin(SHOP)), date(2026, 6, 1))


@pytest.mark.parametrize(
    "text", [f"GMG301:{BLANKS}a\nb", f"GMG301{BLANKS}", f"GMG301: a{BLANKS}\nb", "GMG301: " + "a " * 100_000 + "\nb"]
)
def test_long_texts_are_refused_at_once(text: str) -> None:
    begun = perf_counter()
    assert read(text).fault.startswith("it cannot be read")
    assert perf_counter() - begun < 1


@pytest.mark.parametrize("reason", ["x", "a b", "until: later"])
def test_reasons(reason: str) -> None:
    waiver = read(f" GMG301 , GMG302 until=2026-06-01 :  {reason} ")
    assert (waiver.codes, waiver.until, waiver.reason, waiver.fault) == (
        ("GMG301", "GMG302"),
        "2026-06-01",
        reason,
        "",
    )

"""`spec/envoy.md` 55 and 56, `spec/v1beta1.md` D-9."""

from __future__ import annotations

import pytest

from kubectl_gmg.matching.weights import shares


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ((50, 50), (0.5, 0.5)),
        ((300, 100), (0.75, 0.25)),
        ((0, 7), (0.0, 1.0)),
        ((None, None, None, None), (0.25, 0.25, 0.25, 0.25)),
        ((0, 0), (0.5, 0.5)),
        ((None, 0), (0.5, 0.5)),
        ((None, 20), (0.0, 1.0)),
        ((0,), (1.0,)),
        ((None,), (1.0,)),
        ((30,), (1.0,)),
        ((1, 2), (0.333333, 0.666667)),
        ((4294967295, 1), (1.0, 0.0)),
        ((), ()),
    ],
)
def test_shares(weights: tuple[int | None, ...], expected: tuple[float, ...]) -> None:
    assert shares(weights) == expected

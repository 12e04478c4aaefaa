"""Values of flags that have a form of their own."""

from __future__ import annotations

import pytest

from tests.run import gmg


@pytest.mark.parametrize("time", ["10s", "1m30s", "500ms", "2", "1.5s", "0", "1h"])
def test_durations(time: str) -> None:
    assert gmg("routes", "--demo", "--deadline", time, "--request-timeout", time).code == 0


@pytest.mark.parametrize("time", ["²", "1²s", "ten", "10 s s", "-1s", "s", "1d"])
def test_what_is_no_duration(time: str) -> None:
    ran = gmg("routes", "--demo", f"--deadline={time}")
    assert ran.code == 2
    assert "is not a duration" in ran.err


@pytest.mark.parametrize("labels", ["a in (b", "a in b)", "a in ()", "a b", "(a)", "a in (b) c"])
def test_what_is_no_label_selector(labels: str) -> None:
    """kubectl refuses all of these."""
    ran = gmg("routes", "--demo", "-l", labels)
    assert ran.code == 2
    assert "is no label selector" in ran.err

"""Reads the examples and their expectations: terms as `tests/scenarios/v1beta1/README.md` explains them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "scenarios" / "v1beta1"
EXPECTED = sorted(FOLDER.glob("*.expect.yaml"))


def load(path: Path) -> dict[str, Any]:
    """One expectation."""
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def sources(expected: dict[str, Any]) -> list[str]:
    """The files of a scenario, as arguments."""
    names = (expected["environment"], expected["input"])
    return [word for name in names for word in ("-f", str(FOLDER / name))]


def identifiers() -> list[str]:
    """The names of all scenarios."""
    return [path.name.removesuffix(".expect.yaml") for path in EXPECTED]

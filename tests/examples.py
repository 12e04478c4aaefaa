"""Reads the examples and their expectations: terms as `tests/scenarios/v1beta1/README.md` explains them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "scenarios" / "v1beta1"
EXPECTED = sorted(FOLDER.glob("*.expect.yaml"))


@cache
def written(path: Path) -> Any:
    """What stands in a file of ours; read once, so nobody may change it. Several thousand tests ask for it."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def load(path: Path) -> dict[str, Any]:
    """One expectation."""
    found: dict[str, Any] = written(path)
    return found


def sources(expected: dict[str, Any]) -> list[str]:
    """The files of a scenario, as arguments."""
    names = (expected["environment"], expected["input"])
    return [word for name in names for word in ("-f", str(FOLDER / name))]


def identifiers() -> list[str]:
    """The names of all scenarios."""
    return [path.name.removesuffix(".expect.yaml") for path in EXPECTED]

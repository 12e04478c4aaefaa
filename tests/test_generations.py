"""What differs between generations is named values: nothing but `api` knows a generation by name (`spec/v2.md` 17)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kubectl_gmg.api import LOWER

ROOT = Path(__file__).parents[1] / "kubectl_gmg"
BLIND = ("model", "matching", "resolve", "simulate", "export", "render", "kube")


@pytest.mark.parametrize("part", BLIND)
def test_no_generation_is_named(part: str) -> None:
    """Docstrings cite the specification; nothing else may hold the name of a generation."""
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / part).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in LOWER
    ]
    assert found == []


def test_both_generations_are_known() -> None:
    assert sorted(LOWER) == ["v1beta1", "v2"]

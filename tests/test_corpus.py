"""Manifests that others wrote: everything loads and resolves. Skipped where they are not beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.run import gmg

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
MANIFESTS = sorted(path for path in CORPUS.rglob("*.yaml") if not path.name.endswith(".expect.yaml"))


@pytest.mark.skipif(
    not CORPUS.is_dir(),
    reason="manifests of others are not ours to ship: they are read where they lie beside the checkout",
)
def test_the_corpus_is_there() -> None:
    assert len([path for path in MANIFESTS if "v1beta1" in path.parts]) > 100
    assert len([path for path in MANIFESTS if "v2" in path.parts]) > 300


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(CORPUS)))
def test_loads_and_resolves(path: Path) -> None:
    """Each command answers, or says that the file holds none of our kinds, one object twice, or no YAML."""
    for command in (
        ("routes", "--all-routes"),
        ("tree",),
        ("curl", "http://example.com/"),
        ("explain", "http://example.com/"),
    ):
        ran = gmg(*command, "-f", str(path), "-o", "json")
        if ran.code == 3:
            assert any(reason in ran.err for reason in ("there are no Gloo Mesh Gateway objects", "is given twice"))
        else:
            assert ran.code in (0, 1), ran.err
            assert ran.json["apiVersion"] == "gmg/v1"

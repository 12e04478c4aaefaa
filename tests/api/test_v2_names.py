"""What the product calls rules whose names it does not take as they are (`spec/v2.md` 4.5, `spec/cli.md` 6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run import gmg, manifests_text, routes_json

GATEWAY = {
    "apiVersion": "networking.gloo.solo.io/v2",
    "kind": "VirtualGateway",
    "metadata": {"name": "public", "namespace": "apps"},
    "spec": {"listeners": [{"http": {}, "port": {"number": 80}}]},
}


def table(names: list[str | None]) -> dict[str, Any]:
    """A root with a rule for each name, in this order."""
    rules = [
        {"matchers": [{"uri": {"exact": f"/{place}"}}], "directResponse": {"status": 204}}
        | ({"name": name} if name else {})
        for place, name in enumerate(names)
    ]
    return {
        "apiVersion": "networking.gloo.solo.io/v2",
        "kind": "RouteTable",
        "metadata": {"name": "shop", "namespace": "apps"},
        "spec": {"hosts": ["shop.example.com"], "virtualGateways": [{"name": "public"}], "http": rules},
    }


@pytest.mark.parametrize(
    "names,expected",
    [
        (["a", "b"], [None, None]),
        (["a", "a", "b", "a"], [None, "duplicate-a-1", None, "duplicate-a-2"]),
        ([None, None, "a"], [None, None, None]),
        (["insecure-a", "b-insecure-"], ["a", None]),
        (["insecure-"], [None]),
        (["a b", "a b"], [None, "duplicate-a b-1"]),
        (["insecure-a", "insecure-a"], ["a", None]),
    ],
    ids=["unique", "repeated", "unnamed", "trimmed", "nothing else", "as written", "not documented"],
)
def test_names_are_made_unique_and_trimmed(names: list[str | None], expected: list[str | None]) -> None:
    """Unnamed rules get a hash that is not documented; nor is which comes first, renaming or trimming."""
    items = routes_json([GATEWAY, table(names)])["items"]
    assert [item["runtimeName"] for item in items] == expected
    assert [item["hops"][-1]["name"] for item in items] == names


def test_an_explanation_says_what_the_product_calls_it() -> None:
    given = manifests_text([GATEWAY, table(["a", "a"])])
    first, second = (gmg("explain", name, "-f", "-", stdin=given) for name in ("shop/a", "shop/a~2"))
    assert first.code == second.code == 0
    assert "The product calls it" not in first.out
    assert "The product calls it duplicate-a-1." in second.out

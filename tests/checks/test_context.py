"""What rules ask of the context: each thing is made once, and only if somebody asks."""

from __future__ import annotations

import pytest

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.snapshot import RawObject, Snapshot, SourceType
from kubectl_gmg.resolve import resolve

SHOP = ObjectRef("apps", "shop", "VirtualHost", "v1beta1")


@pytest.fixture
def context() -> CheckContext:
    body = {"metadata": {"name": "shop"}, "spec": {"routes": [{"name": "web", "matchers": []}, "text"]}}
    snapshot = Snapshot(type=SourceType.FILES, objects=(RawObject(SHOP, body),))
    return CheckContext(snapshot, Declared(), resolve(Declared()))


def test_once(context: CheckContext) -> None:
    asked: list[CheckContext] = []

    def length(given: CheckContext) -> int:
        asked.append(given)
        return len(asked)

    assert (context.once(length), context.once(length)) == (1, 1)
    assert asked == [context]


def test_once_for_each_function(context: CheckContext) -> None:
    assert context.once(lambda _: "first") == "first"
    assert context.once(lambda _: "second") == "second"


def test_nothing_is_kept_for_another_run(context: CheckContext) -> None:
    def name(given: CheckContext) -> int:
        return id(given)

    other = CheckContext(context.snapshot, context.declared, context.resolved)
    assert context.once(name) != other.once(name)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("spec", "routes", 0, "name"), ("spec", "routes", 0, "name")),
        (("spec", "routes", 0, "matchers", 3, "uri"), ("spec", "routes", 0, "matchers")),
        (("spec", "routes", 1, "name"), ("spec", "routes", 1)),
        (("status", "state"), ()),
    ],
)
def test_existing(context: CheckContext, path: tuple[str | int, ...], found: tuple[str | int, ...]) -> None:
    assert context.existing(Origin(SHOP, path)) == Origin(SHOP, found)


def test_existing_but_none_above_the_least(context: CheckContext) -> None:
    rule = Origin(SHOP, ("spec", "routes", 7))
    assert context.existing(rule / "matchers" / 0, rule) == rule

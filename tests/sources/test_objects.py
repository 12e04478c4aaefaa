"""Documents to objects of our kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kubectl_gmg.errors import SourceError
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.sources.objects import MAX_LISTS, Collected, collect, joined
from kubectl_gmg.sources.text import documents
from tests.sources.make import ENTERPRISE, KINDS, table


def collected(text: str, namespace: str | None = None) -> Collected:
    return collect(((each.content, each) for each in documents(text, "a.yaml")), KINDS, namespace)


def live(*bodies: Mapping[str, Any]) -> Collected:
    """Objects from elsewhere than files have no place."""
    return collect(((body, None) for body in bodies), KINDS)


def refused(text: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        collected(text)
    assert caught.value.hint
    assert caught.value.message.isprintable()
    return caught.value


def indented(text: str) -> str:
    """A manifest as an item of a list."""
    return "- " + text.replace("\n", "\n  ").rstrip(" ")


def test_the_kind_decides_by_group_version_and_name() -> None:
    found = collected(
        table("a")
        + "---\napiVersion: networking.gloo.solo.io/v2\nkind: RouteTable\nmetadata: {name: a, namespace: gloo-mesh}\n"
        + "---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: x}\n"
    )
    assert [each.ref for each in found.objects] == [
        ObjectRef("gloo-mesh", "a", "RouteTable", "v1beta1"),
        ObjectRef("gloo-mesh", "a", "RouteTable", "v2"),
        ObjectRef("x", "s", "Service", "v2"),
    ]
    assert (found.skipped, found.notes) == (0, ())


def test_foreign_kinds_are_counted() -> None:
    found = collected(
        table("a")
        + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"
        + "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n"
        + "---\napiVersion: other.io/v1beta1\nkind: RouteTable\nmetadata: {}\n"
    )
    assert (len(found.objects), found.skipped, found.notes) == (1, 3, ())


def test_another_version_of_our_kind_is_skipped_with_one_note() -> None:
    old = f"---\napiVersion: {ENTERPRISE}/v1alpha1\nkind: RouteTable\nmetadata: {{name: a}}\n"
    found = joined([collected(table("a") + old), collected(table("b"))])
    assert (len(found.objects), found.skipped) == (2, 1)
    [note] = found.notes
    assert f"RouteTable of {ENTERPRISE}/v1alpha1" in note
    assert "v1beta1" in note
    assert "a.yaml:8" in note


def test_the_body_is_what_was_written() -> None:
    [found] = collected(table("a", spec="{weight: 5}")).objects
    assert found.body == {
        "apiVersion": f"{ENTERPRISE}/v1beta1",
        "kind": "RouteTable",
        "metadata": {"name": "a", "namespace": "gloo-mesh"},
        "spec": {"weight": 5},
    }


def test_lists_are_opened_and_keep_their_lines() -> None:
    inner = "apiVersion: v1\nkind: List\nitems:\n" + indented(table("b"))
    text = (
        "apiVersion: v1\nkind: List\nitems:\n"
        + indented(table("a"))
        + indented(inner)
        + indented("apiVersion: v1\nkind: Pod\n")
    )
    found = collected(text)
    assert [each.ref.name for each in found.objects] == ["a", "b"]
    assert found.skipped == 1
    rows = text.split("\n")
    for each in found.objects:
        assert each.place is not None
        assert each.place.file == "a.yaml"
        line = each.place.line(("metadata", "name"))
        assert line is not None
        assert rows[line - 1].strip() == f"name: {each.ref.name}"
        assert each.place.line(()) == line - 3


def test_typed_lists_are_opened_and_type_their_items() -> None:
    services = {"apiVersion": "v1", "kind": "ServiceList", "items": [{"metadata": {"name": "s", "namespace": "n"}}]}
    tables = {"apiVersion": f"{ENTERPRISE}/v1beta1", "kind": "RouteTableList", "items": None}
    found = live(services, tables)
    assert [each.ref for each in found.objects] == [ObjectRef("n", "s", "Service", "v2")]
    assert found.objects[0].place is None
    assert found.skipped == 0


def test_a_foreign_kind_that_only_is_called_a_list_is_counted() -> None:
    found = live({"apiVersion": "x.io/v1", "kind": "AllowList", "metadata": {}, "spec": {"items": 1}})
    assert (found.objects, found.skipped) == ((), 1)


@pytest.mark.parametrize(
    ("items", "line", "words"),
    [
        ("items: {a: 1}\n", 3, "no list"),
        ("items:\n- 5\n", 4, "an object was expected here, not the value '5'"),
        ("items:\n- null\n", 4, "an object was expected"),
        ("items:\n- metadata: {name: a}\n", 4, "apiVersion is missing"),
    ],
)
def test_broken_lists(items: str, line: int, words: str) -> None:
    message = refused("apiVersion: v1\nkind: List\n" + items).message
    assert message.startswith(f"a.yaml:{line}: ")
    assert words in message


def test_lists_without_end_are_refused() -> None:
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "List", "items": []}
    for _ in range(MAX_LISTS - 1):
        body = {"apiVersion": "v1", "kind": "List", "items": [body]}
    assert live(body) == Collected()
    for _ in range(5):
        body = {"apiVersion": "v1", "kind": "List", "items": [body]}
    with pytest.raises(SourceError, match="lists inside of each other"):
        live(body)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\n- a\n", 2, "not a list"),
        ("just words\n", 1, "not the text 'just words'"),
        ("a: 1\n---\n5\n", 1, "apiVersion is missing"),
        ("kind: RouteTable\n", 1, "apiVersion is missing"),
        ("apiVersion: v1\nkind: [x]\n", 2, "kind is no text but"),
        ("apiVersion: 1\nkind: RouteTable\n", 1, "apiVersion is no text but '1'"),
        (f"apiVersion: {ENTERPRISE}/v1beta1\nkind: RouteTable\n", 1, "RouteTable: metadata is missing"),
        (f"apiVersion: {ENTERPRISE}/v1beta1\nkind: RouteTable\nmetadata: []\n", 3, "metadata is no mapping"),
        (f"apiVersion: {ENTERPRISE}/v1beta1\nkind: RouteTable\nmetadata:\n", 3, "metadata is no mapping"),
        (f"apiVersion: {ENTERPRISE}/v1beta1\nkind: RouteTable\nmetadata: {{}}\n", 3, "metadata.name is missing"),
        (table("''"), 3, "metadata.name is missing"),
        (table("on"), 4, "metadata.name is no text but 'True'"),
        (table("12"), 4, "metadata.name is no text but '12'"),
        (table("a", "[x]"), 5, "metadata.namespace is no text"),
        (table("a", "x\n  annotations: {cluster.solo.io/cluster: 1}"), 6, "cluster.solo.io/cluster is no text"),
    ],
)
def test_what_is_no_usable_object(text: str, line: int, words: str) -> None:
    error = refused(text)
    assert error.message.startswith(f"a.yaml:{line}: ")
    assert words in error.message


def test_content_is_quoted_with_escapes() -> None:
    assert "\\x1b[2J" in refused('"\\e[2J"\n').message
    assert "\\x1b[2J" in refused(table('["\\e[2J"]')).message
    twice = table('"\\e[2J"')
    with pytest.raises(SourceError) as caught:
        joined([collected(twice), collected(twice)])
    assert "\\x1b[2J" in caught.value.message
    assert "\x1b" not in caught.value.message
    [note] = collected(table("a").replace("v1beta1", '"v9\\e[2J"').replace(f'{ENTERPRISE}/"', f'"{ENTERPRISE}/')).notes
    assert "v9\\x1b[2J" in note


def test_objects_without_a_namespace_get_one_and_it_is_said_once() -> None:
    text = table("a", None) + "---\n" + table("b", None) + "---\n" + table("c", '""') + "---\n" + table("d")
    found = collected(text)
    assert [each.ref.namespace for each in found.objects] == ["default", "default", "default", "gloo-mesh"]
    assert found.notes == ("objects without a namespace are taken to be in default",)
    other = collected(text, "apps")
    assert [each.ref.namespace for each in other.objects] == ["apps", "apps", "apps", "gloo-mesh"]
    assert joined([other, other_named(text)]).notes == ("objects without a namespace are taken to be in apps",)


def other_named(text: str) -> Collected:
    return collected(text.replace("name: ", "name: other-"), "apps")


@pytest.mark.parametrize("where", ["annotations", "labels"])
def test_the_cluster_of_an_object(where: str) -> None:
    text = table("a", f"x\n  {where}: {{cluster.solo.io/cluster: cluster-1}}")
    [found] = collected(text).objects
    assert found.ref == ObjectRef("x", "a", "RouteTable", "v1beta1", "cluster-1")
    assert collected(table("a", "x\n  labels: wrong")).objects[0].ref.cluster == ""


def test_an_object_given_twice_names_both_places() -> None:
    with pytest.raises(SourceError) as caught:
        joined([collected(table("a") + "---\n" + table("b")), collected(table("b"))])
    assert caught.value.message == "a.yaml:1: RouteTable gloo-mesh/b is given twice, first at a.yaml:8"
    assert caught.value.hint


def test_the_same_name_elsewhere_is_another_object() -> None:
    other = [
        table("a", "other"),
        table("a", "gloo-mesh\n  labels: {cluster.solo.io/cluster: c}"),
        table("a").replace("RouteTable", "VirtualHost"),
        table("a").replace(f"{ENTERPRISE}/v1beta1", "networking.gloo.solo.io/v2"),
    ]
    assert len(joined([collected(text) for text in [table("a"), *other]]).objects) == 5

"""Namespaces by label: known, unknown and in no workspace (`spec/v2.md` 12.1, 12.2, DEC-24, DEC-25, DEC-27)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.run import Ran, gmg, manifests_text

Json = dict[str, Any]
API = "networking.gloo.solo.io/v2"


def thing(kind: str, name: str, namespace: str, spec: Json, *, api: str = API) -> Json:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def namespace(name: str, cluster: str | None = None, **labels: str) -> Json:
    of = {"annotations": {"cluster.solo.io/cluster": cluster}} if cluster else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels, **of}}


def workspace(name: str, *patterns: Json, cluster: str = "*") -> Json:
    clusters = [{"name": cluster, "namespaces": list(patterns)}]
    return thing("Workspace", name, "gloo-mesh", {"workloadClusters": clusters}, api="admin.gloo.solo.io/v2")


BY_LABEL = {"labels": {"team": "a"}}
BOTH = {"name": "n*", "labels": {"team": "a"}}
OBJECTS = [
    thing("VirtualGateway", "edge", "n", {"listeners": [{"http": {}, "port": {"number": 80}}]}),
    thing(
        "RouteTable",
        "root",
        "n",
        {
            "hosts": ["a.example"],
            "virtualGateways": [{"name": "edge"}],
            "http": [{"name": "r", "delegate": {"routeTables": [{"workspace": "team"}]}}],
        },
    ),
    thing("RouteTable", "child", "n2", {"http": [{"name": "c", "directResponse": {"status": 200}}]}),
]
"""A root in `n` that delegates to whatever workspace `team` has besides, which may be the table in `n2`."""


def routes(*more: Json) -> Json:
    ran = gmg("routes", "-f", "-", "-o", "json", "-q", stdin=manifests_text([*OBJECTS, *more]))
    assert ran.code == 0, ran.err
    found: Json = ran.json
    return found


def ids(answer: Json) -> list[tuple[str, str]]:
    return [(each["id"], each["status"]) for each in answer["items"]]


SERVED, ALONE, NOTHING = [("root/r/n2:child/c", "ok")], [("root/r", "replaced")], list[tuple[str, str]]()


@pytest.mark.parametrize("pattern", [BY_LABEL, BOTH], ids=["labels", "name and labels"])
@pytest.mark.parametrize(
    "spaces,wanted",
    [
        ([namespace("n", team="a"), namespace("n2", team="a", more="x")], SERVED),
        ([namespace("n", team="a"), namespace("n2", team="b")], ALONE),
        ([namespace("n", team="a"), namespace("n2")], ALONE),
        ([namespace("n", team="b"), namespace("n2", team="a")], NOTHING),
        ([namespace("n", "east", team="a"), namespace("n2", "east", team="a")], SERVED),
    ],
    ids=["both", "the root's", "no labels", "the child's", "of the one cluster"],
)
def test_known_labels_decide(pattern: Json, spaces: list[Json], wanted: list[tuple[str, str]]) -> None:
    answer = routes(workspace("team", pattern), *spaces)
    assert (ids(answer), answer["gaps"]) == (wanted, [])


def test_a_name_must_fit_beside_the_labels() -> None:
    spaces = [namespace("n", team="a"), namespace("n2", team="a")]
    assert ids(routes(workspace("team", {"name": "n", "labels": {"team": "a"}}), *spaces)) == ALONE


def test_the_name_that_kubernetes_writes_into_labels_needs_no_namespace_object() -> None:
    patterns = [{"labels": {"kubernetes.io/metadata.name": name}} for name in ("n", "n2")]
    answer = routes(workspace("team", *patterns))
    assert (ids(answer), answer["gaps"]) == (SERVED, [])
    assert ids(routes(workspace("team", patterns[0]))) == ALONE


@pytest.mark.parametrize("pattern", [BY_LABEL, BOTH], ids=["labels", "name and labels"])
def test_unknown_labels_hide_nothing_and_are_a_gap(pattern: Json) -> None:
    answer = routes(workspace("team", pattern))
    assert ids(answer) == SERVED
    (gap,) = answer["gaps"]
    assert (gap["kind"], gap["reason"], gap["affects"]) == ("Namespace", "notProvided", ["workspaces"])
    assert gap["message"] == (
        "Namespace: whether workspace team has the namespaces n and n2 is in doubt, since their labels are not in the "
        "input; add the Namespaces"
    )


def test_only_the_namespaces_that_are_in_doubt_are_told() -> None:
    answer = routes(workspace("team", BY_LABEL), namespace("n", team="a"))
    assert ids(answer) == SERVED
    (gap,) = answer["gaps"]
    assert gap["namespace"] == "n2"
    assert "whether workspace team has namespace n2 is in doubt" in gap["message"]


def test_who_surely_has_a_namespace_goes_before_who_may_have_it() -> None:
    certain = workspace("zeta", {"name": "n2"})
    answer = routes(workspace("team", BY_LABEL), certain, namespace("n", team="a"))
    assert ids(answer) == ALONE
    (gap,) = answer["gaps"]
    assert "which of the workspaces team and zeta has namespace n2 is in doubt" in gap["message"]


def test_two_that_may_have_a_namespace_by_labels_alone_are_both_named() -> None:
    answer = routes(workspace("team", BY_LABEL), workspace("other", {"labels": {"team": "b"}}))
    (gap,) = answer["gaps"]
    assert "which of the workspaces other and team has the namespaces n and n2 is in doubt" in gap["message"]


def test_unknown_labels_are_said_where_findings_need_them() -> None:
    text = manifests_text([*OBJECTS, workspace("team", BY_LABEL), workspace("other", {"name": "n*"})])
    known = [namespace("n", team="a"), namespace("n2", team="b")]
    unknown = gmg("check", "--select", "GMG520", "-o", "json", "-f", "-", stdin=text).json
    assert (unknown["items"], unknown["summary"]["notChecked"]) == ([], [{"code": "GMG520", "missing": ["Namespace"]}])
    text = manifests_text([*OBJECTS, workspace("team", BY_LABEL), workspace("other", {"name": "n*"}), *known])
    found = gmg("check", "--select", "GMG520", "-o", "json", "-f", "-", stdin=text).json
    assert [(each["code"], "belongs to the workspaces" in each["message"]) for each in found["items"]] == [
        ("GMG520", True)
    ]
    assert "namespace n belongs" in found["items"][0]["message"]
    assert found["summary"]["notChecked"] == []


# ---- files


def test_a_namespace_may_stand_in_many_manifests(tmp_path: Path) -> None:
    """The last one counts, as when they are applied one after the other; it is in no namespace itself."""
    parts = ([namespace("n", team="a")], [namespace("n", team="b")], [namespace("n", team="a"), namespace("n2")])
    for number, part in enumerate(([*OBJECTS, workspace("team", BY_LABEL)], *parts)):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump_all(part))
    ran = gmg("routes", "-f", str(tmp_path), "-o", "json")
    assert (ran.code, ids(ran.json), ran.json["gaps"]) == (0, ALONE, [])
    assert (
        ran.err == "note: namespace n2 is in no Workspace of the input: RouteTable child is not read by the product\n"
    )


@pytest.mark.parametrize("redact", [(), ("--redact", "names")], ids=["whole", "redacted"])
def test_a_snapshot_keeps_what_decides(tmp_path: Path, redact: tuple[str, ...]) -> None:
    labelled = {**namespace("n", team="a"), "spec": {"finalizers": ["canary"]}}
    text = manifests_text([*OBJECTS, workspace("team", BY_LABEL), labelled, namespace("n2", team="a")])
    made = gmg("snapshot", *redact, "-f", "-", stdin=text)
    assert "canary" not in made.out
    (tmp_path / "s.yaml").write_text(made.out)
    answer = gmg("routes", "-o", "json", "-f", str(tmp_path / "s.yaml")).json
    assert [each["status"] for each in answer["items"]] == ["ok"]
    assert answer["gaps"] == []


# ---- what no workspace has


def told(command: tuple[str, ...], *more: Json) -> Ran:
    return gmg(*command, "-f", "-", stdin=manifests_text([*OBJECTS, *more]))


ASKING = [("routes",), ("tree",), ("curl", "http://a.example/"), ("explain", "http://a.example/"), ("check",)]


@pytest.mark.parametrize("command", ASKING, ids=lambda command: command[0])
def test_what_no_workspace_has_is_told_once(command: tuple[str, ...]) -> None:
    note = (
        "note: the namespaces n and n2 are in no Workspace of the input: "
        "VirtualGateway edge and 2 more objects are not read by the product\n"
    )
    strangers = workspace("other", {"name": "elsewhere"})
    assert told(command, strangers).err.count(note) == 1
    assert "in no Workspace" not in told((*command, "-q"), strangers).err


def test_the_note_is_bounded() -> None:
    tables = [thing("RouteTable", "t", f"space-{number:02}", {"http": []}) for number in range(40)]
    ran = told(("routes",), workspace("team", {"name": "n*"}), *tables)
    assert ran.err == (
        "note: the namespaces space-00, space-01, space-02 and 37 more are in no Workspace of the input: RouteTable t "
        "and 39 more objects are not read by the product\n"
    )


@pytest.mark.parametrize(
    "more",
    [
        (),
        (workspace("team", {"name": "n*"}),),
        (workspace("team", {"name": "n*", "configEnabled": False}),),
        (workspace("team", BY_LABEL),),
    ],
    ids=["no workspaces", "its own", "not read there", "in doubt"],
)
def test_nothing_is_told_of_what_some_workspace_has_or_may_have(more: tuple[Json, ...]) -> None:
    assert "in no Workspace" not in told(("routes",), *more).err

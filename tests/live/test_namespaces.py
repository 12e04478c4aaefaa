"""Labels of Namespaces read from clusters: only where a Workspace selects by them (`spec/v2.md` 12.1, DEC-27)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.model.snapshot import Snapshot
from kubectl_gmg.pipeline import Settings, watch_of
from tests.live.fleet import CORE, Fleet, forbidden, registered, second, web
from tests.live.watched import connection_to, fresh, settled, until, watching
from tests.oracle.apiserver import V1BETA1, V2, ApiServer, Resource
from tests.resolve.test_membership import ALONE, BOTH, BY_LABEL, OBJECTS, SERVED, ids, namespace, workspace

Json = dict[str, Any]
PATH = "/api/v1/namespaces"
DOUBT = "whether workspace team has the namespaces n and n2 is in doubt"
SPACES = [namespace("n", team="a"), namespace("n2", team="a")]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(tmp_path, stack)


def management(fleet: Fleet, objects: list[Json], **more: Any) -> ApiServer:
    return fleet.add("mgmt", objects, resources=(*V1BETA1, *V2), **more)


def asked(server: ApiServer) -> list[str]:
    """The requests about Namespaces."""
    return [call.path for call in server.calls if call.path.endswith("/namespaces")]


@pytest.mark.parametrize(
    "patterns",
    [[{"name": "n*"}], [{"name": "n*", "labels": {}}], []],
    ids=["names", "empty labels", "none"],
)
def test_without_labels_nobody_is_asked(fleet: Fleet, patterns: list[Json]) -> None:
    server = management(fleet, [*OBJECTS, workspace("team", *patterns), *SPACES], faults={"namespaces": forbidden})
    ran = fleet.run("routes", "-o", "json")
    assert (ran.code, ran.json["gaps"], asked(server)) == (0, [], [])


def test_without_workspaces_nobody_is_asked(fleet: Fleet) -> None:
    server = management(fleet, [*OBJECTS, *SPACES])
    assert fleet.run("routes", "-o", "json").json["gaps"] == []
    assert asked(server) == []


@pytest.mark.parametrize("child,wanted", [("a", SERVED), ("b", ALONE)], ids=["the same label", "another"])
def test_labels_are_asked_for_once(fleet: Fleet, child: str, wanted: list[tuple[str, str]]) -> None:
    spaces = [SPACES[0], namespace("n2", team=child)]
    server = management(fleet, [*OBJECTS, workspace("team", BY_LABEL), *spaces])
    ran = fleet.run("routes", "-o", "json", "--require-complete")
    assert (ran.code, ran.err) == (0, "")
    assert (ids(ran.json), ran.json["gaps"], asked(server)) == (wanted, [], [PATH])


@pytest.mark.parametrize("pattern", [BY_LABEL, BOTH], ids=["labels", "name and labels"])
def test_a_right_that_is_lacking_hides_nothing(fleet: Fleet, pattern: Json) -> None:
    """It is not asked for in namespaces, since Namespaces are in none."""
    server = management(fleet, [*OBJECTS, workspace("team", pattern), *SPACES], faults={"namespaces": forbidden})
    ran = fleet.run("routes", "-o", "json", "--read-namespaces", "n,n2")
    assert ids(ran.json) == SERVED
    assert [(gap["kind"], gap["reason"], gap["affects"], gap["message"]) for gap in ran.json["gaps"]] == [
        (
            *("Namespace", "forbidden", ["workspaces"]),
            "Namespace: listing it is forbidden; ask for the rights that the README lists",
        ),
        (
            *("Namespace", "notRead", ["workspaces"]),
            f"Namespace: {DOUBT}, since their labels were not read",
        ),
    ]
    assert asked(server) == [PATH]


def test_only_names_and_labels_get_into_a_snapshot(fleet: Fleet, tmp_path: Path) -> None:
    secret = {"annotations": {"gmg/x": "canary"}}
    spaces = [each | {"metadata": {**each["metadata"], **secret}, "status": {"phase": "canary"}} for each in SPACES]
    management(fleet, [*OBJECTS, workspace("team", BY_LABEL), *spaces])
    made = fleet.run("snapshot")
    assert "canary" not in made.out
    (tmp_path / "s.yaml").write_text(made.out)
    again = fleet.run("routes", "-o", "json", "-f", str(tmp_path / "s.yaml")).json
    assert (ids(again), again["gaps"]) == (SERVED, [])


def of_services(space: str, **labels: str) -> list[Json]:
    """A Service that workspace `apps` has if its namespace is labelled so, and the namespace."""
    return [web(), namespace(space, **labels)]


def objects(cluster: str) -> list[Json]:
    """A route to a Service of another workspace, which shares nothing: only its own may be used (12.4)."""
    settings = {
        "apiVersion": "admin.gloo.solo.io/v2",
        "kind": "WorkspaceSettings",
        "metadata": {"name": "s", "namespace": "n"},
        "spec": {},
    }
    spaces: list[Json] = [{"name": "n"}, {"labels": {"team": "a"}}]
    return [*second(cluster), *registered("east", "west"), settings, workspace("team", *spaces), namespace("n")]


FLAGS = ("--workload-context", "east=ctx-east", "--workload-context", "west=ctx-west")


@pytest.mark.parametrize("label,status", [("a", "ok"), ("b", "replaced")])
@pytest.mark.parametrize("flags", [FLAGS, ()], ids=["named", "found"])
def test_each_cluster_has_its_own_labels(fleet: Fleet, flags: tuple[str, ...], label: str, status: str) -> None:
    names = ("ctx-east", "ctx-west") if flags else ("east", "west")
    management(fleet, [*objects("east"), namespace("shop", team="a")])
    kinds = (*CORE, Resource("", "v1", "namespaces", "Namespace"))
    servers = [
        fleet.add(names[0], of_services("shop", team=label), resources=kinds),
        fleet.add(names[1], of_services("shop", team="c"), resources=kinds),
    ]
    ran = fleet.run("routes", "-o", "json", *flags)
    assert [each["status"] for each in ran.json["items"]] == [status], ran.out
    assert ran.json["gaps"] == []
    for server in servers:
        assert sorted(call.path for call in server.calls) == [PATH, "/api/v1/services"]


def test_labels_of_a_cluster_that_may_not_be_read_are_in_doubt(fleet: Fleet) -> None:
    management(fleet, objects("east"))
    kinds = (*CORE, Resource("", "v1", "namespaces", "Namespace"))
    fleet.add("ctx-east", of_services("shop", team="b"), resources=kinds, faults={"namespaces": forbidden})
    fleet.add("ctx-west", [], resources=kinds)
    ran = fleet.run("routes", "-o", "json", *FLAGS)
    assert [each["status"] for each in ran.json["items"]] == ["ok"]
    assert [(gap["kind"], gap["reason"], gap["cluster"]) for gap in ran.json["gaps"]] == [
        ("Namespace", "forbidden", "east"),
        ("Namespace", "notRead", "east"),
    ]


def test_a_watch_begins_to_read_labels_when_they_matter(tmp_path: Path) -> None:
    named, labelled = workspace("team", {"name": "n*"}), workspace("team", BOTH)
    with ApiServer([*OBJECTS, named, *SPACES], resources=(*V1BETA1, *V2)) as server:
        connection = connection_to(server, tmp_path)
        with watching(connection) as (watch, found):
            watch.read()
            assert asked(server) == []
            server.apply(labelled)
            wanted = fresh(connection)
            assert settled(watch, found, wanted) == wanted
            assert "namespaces" in wanted["read"]
            server.apply(namespace("n2", team="b"))
            wanted = fresh(connection)
            assert settled(watch, found, wanted) == wanted
            assert json.dumps({"team": "b"}) in str(wanted["objects"])


@pytest.mark.parametrize("named", [True, False], ids=["named", "found"])
def test_labels_of_other_clusters_are_watched_too(fleet: Fleet, named: bool) -> None:
    """The last Namespace that changes is that of another cluster, which decides whose its Service is."""
    main = management(fleet, [*objects("east")[:-2], workspace("team", {"name": "n"}), namespace("n")])
    kinds = (*CORE, Resource("", "v1", "namespaces", "Namespace"))
    east = fleet.add("kind-east", of_services("shop", team="b"), resources=kinds)
    flags = Settings(kubeconfig=str(fleet.file), workload_context=(("east", "kind-east"),) if named else ())
    with watch_of(flags) as watch:
        assert labels_in(watch.read()) == {}
        assert asked(east) == []
        main.apply(objects("east")[-2])
        assert until(lambda: labels_in(watch.changed(0.2)) == {"n": [], "shop": ["b"]})
        east.apply(namespace("shop", team="a"))
        assert until(lambda: labels_in(watch.changed(0.2)) == {"n": [], "shop": ["a"]})


def labels_in(snapshot: Snapshot | None) -> dict[str, list[str]]:
    """The labels of all namespaces; none where nothing has changed."""
    found = [each for each in (snapshot.objects if snapshot else ()) if each.ref.kind == "Namespace"]
    return {each.ref.name: list((each.body["metadata"].get("labels") or {}).values()) for each in found}

"""`--overlay`: the cluster as it would be with the objects of some files (`spec/cli.md` 2.1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.make import delegates, gateway, host, rule, table
from tests.oracle.apiserver import ENTERPRISE, ApiServer
from tests.run import Ran, gmg, manifests_text

Json = dict[str, Any]
OLD, NEW = "2020-01-01T00:00:00Z", "2024-01-01T00:00:00Z"
LIVE = [
    gateway(),
    host(rule("first", "/first"), rule("all", "/", delegates("ns/t")), name="elder", creationTimestamp=OLD),
    host(rule("younger"), name="younger", creationTimestamp=NEW),
    table(rule("x", "/x"), name="t"),
]
TABLE = table(rule("y", "/y"), name="t")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """A cluster; the context's namespace is `ns`."""
    with ApiServer(LIVE) as found:
        monkeypatch.setenv("KUBECONFIG", str(found.write_kubeconfig(tmp_path / "config", namespace="ns")))
        monkeypatch.chdir(tmp_path)
        yield found


def overlaid(*objects: Json, command: str = "routes", flags: tuple[str, ...] = ()) -> Ran:
    """A command on the cluster with these objects in `new.json`."""
    Path("new.json").write_text(manifests_text(list(objects)))
    return gmg(command, "--overlay", "-f", "new.json", "-o", "json", *flags)


def items(ran: Ran) -> dict[str, Json]:
    """The routes of an answer by their names."""
    assert ran.code == 0, ran.err
    return {item["id"]: item for item in ran.json["items"]}


def test_an_object_replaces_that_of_its_identity(server: ApiServer) -> None:
    before = items(gmg("routes", "-o", "json"))
    after = items(overlaid(TABLE))
    assert before.keys() - after.keys() == {"elder/all/t/x"}
    assert after.keys() - before.keys() == {"elder/all/t/y"}
    same = after.keys() & before.keys()
    assert {name: after[name]["key"] for name in same} == {name: before[name]["key"] for name in same}


def test_the_answer_says_what_was_done(server: ApiServer) -> None:
    ran = overlaid(TABLE, table(name="more"))
    assert ran.json["source"] == {
        "type": "overlay",
        "context": "gmg-test",
        "files": ["new.json"],
        "namespace": "ns",
        "generations": ["v1beta1"],
        "productVersion": None,
    }
    assert (ran.json["complete"], ran.json["gaps"]) == (True, [])
    assert ran.err == "note: the files replace 1 live objects and add 1\n"


def test_only_what_a_file_holds_has_a_place(server: ApiServer) -> None:
    Path("new.yaml").write_text(
        f"apiVersion: {ENTERPRISE}/v1beta1\n"
        "kind: RouteTable\n"
        "metadata: {name: t}\n"
        "spec:\n"
        "  routes:\n"
        "    - name: y\n"
        "      matchers: [{uri: {prefix: /y}}]\n"
        "      directResponseAction: {status: 200}\n"
    )
    found = items(gmg("routes", "--overlay", "-f", "new.yaml", "-o", "json"))
    places = [(hop["ref"]["name"], hop["file"], hop["line"]) for hop in found["elder/all/t/y"]["hops"]]
    assert places == [("elder", None, None), ("t", "new.yaml", 6)]
    others = [hop for name, item in found.items() if name != "elder/all/t/y" for hop in item["hops"]]
    assert others
    assert {(hop["file"], hop["line"]) for hop in others} == {(None, None)}


def owner(ran: Ran) -> str:
    """The host that has the domain both want: the elder one."""
    assert ran.code == 0, ran.err
    (item,) = ran.json["items"]
    return str(item["host"]["name"])


@pytest.mark.parametrize("written", [{}, {"creationTimestamp": "2025-01-01T00:00:00Z"}, {"creationTimestamp": None}])
def test_the_age_is_that_of_the_live_object(server: ApiServer, written: Json) -> None:
    """Two hosts have one domain, and the elder one gets it; a file alone would make it the newest."""
    manifest = host(rule("changed"), name="elder", **written)
    url = ("curl", "http://h.example/x")
    assert owner(gmg(*url, "-o", "json")) == "elder"
    Path("new.json").write_text(manifests_text([manifest]))
    assert owner(gmg(*url, "--overlay", "-f", "new.json", "-o", "json")) == "elder"
    offline = [manifest if each["metadata"]["name"] == "elder" else each for each in LIVE]
    Path("all.json").write_text(manifests_text(offline))
    assert owner(gmg(*url, "-f", "all.json", "-o", "json")) == "younger"


def test_a_file_cannot_make_an_object_older(server: ApiServer) -> None:
    manifest = host(rule("changed"), name="younger", creationTimestamp="2001-01-01T00:00:00Z")
    Path("new.json").write_text(manifests_text([manifest]))
    assert owner(gmg("curl", "http://h.example/x", "--overlay", "-f", "new.json", "-o", "json")) == "elder"


def test_objects_are_added(server: ApiServer) -> None:
    added = host(rule("new"), name="new", domains=["new.example"])
    found = items(overlaid(added))
    assert found["new/new"]["hops"][0]["file"] == "new.json"
    assert found.keys() > items(gmg("routes", "-o", "json")).keys()


@pytest.mark.parametrize(("flags", "replaces"), [((), True), (("-n", "ns"), True), (("-n", "default"), False)])
def test_the_namespace_is_that_of_the_context(server: ApiServer, flags: tuple[str, ...], replaces: bool) -> None:
    manifest = json.loads(json.dumps(TABLE))
    del manifest["metadata"]["namespace"]
    ran = overlaid(manifest, flags=flags)
    said = "replace 1 live objects and add 0" if replaces else "replace 0 live objects and add 1"
    assert said in ran.err
    assert f"objects without a namespace are taken to be in {'ns' if replaces else 'default'}" in ran.err


def test_an_object_of_a_named_cluster_is_applied_here(server: ApiServer) -> None:
    """Applying it with kubectl would change the object of the context's cluster too."""
    manifest = json.loads(json.dumps(TABLE))
    manifest["metadata"]["annotations"] = {"cluster.solo.io/cluster": "mgmt"}
    assert "elder/all/t/y" in items(overlaid(manifest))
    twice = overlaid(TABLE, manifest)
    assert twice.code == 3
    assert "RouteTable ns/t is given twice" in twice.err


def test_files_on_stdin(server: ApiServer) -> None:
    ran = gmg("routes", "--overlay", "-f", "-", "-o", "name", stdin=manifests_text([TABLE]))
    assert "elder/all/t/y\n" in ran.out


def test_a_broken_file_is_a_gap_and_exit_3(server: ApiServer) -> None:
    """An object of any kind may stand in it, so nothing that is not seen may be called missing."""
    Path("broken.yaml").write_text("a: [")
    broken = host(rule("all", "/", delegates("ns/gone")), name="elder")
    Path("new.json").write_text(manifests_text([broken]))
    ran = gmg("tree", "--overlay", "-f", "new.json", "-f", "broken.yaml", "-o", "json")
    assert ran.code == 3
    assert [gap["file"] for gap in ran.json["gaps"]] == ["broken.yaml"]
    assert '"reason": "unknown"' in ran.out
    assert '"missing"' not in ran.out
    whole = gmg("tree", "--overlay", "-f", "new.json", "-o", "json")
    assert (whole.code, '"reason": "missing"' in whole.out) == (0, True)


FAILING: dict[str, tuple[Callable[[], object], int, str]] = {
    "no such file": (lambda: None, 3, "new.yaml: there is no such file"),
    "only a broken file": (lambda: Path("new.yaml").write_text("a: ["), 3, "new.yaml"),
    "nothing of ours": (
        lambda: Path("new.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        3,
        "the files of --overlay hold no Gloo Mesh Gateway objects",
    ),
    "nothing at all": (
        lambda: Path("new.yaml").write_text(""),
        3,
        "the files of --overlay hold no Gloo Mesh Gateway objects",
    ),
}


@pytest.mark.parametrize(("write", "code", "said"), FAILING.values(), ids=FAILING)
def test_files_that_give_nothing(server: ApiServer, write: Callable[[], object], code: int, said: str) -> None:
    write()
    ran = gmg("routes", "--overlay", "-f", "new.yaml")
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "hint: " in ran.err


@pytest.mark.parametrize("flags", [("--overlay",), ("--overlay", "--demo"), ("--overlay", "--demo", "-f", "x.yaml")])
def test_wrong_flags(server: ApiServer, flags: tuple[str, ...]) -> None:
    ran = gmg("routes", *flags)
    assert ran.code == 2
    assert server.calls == []


def test_gaps_of_the_cluster_stay(server: ApiServer) -> None:
    server.allowed = lambda name, namespace: not name.startswith("routetables")
    ran = overlaid(TABLE)
    assert ran.code == 0
    assert ran.json["complete"] is False
    assert [gap["kind"] for gap in ran.json["gaps"]] == ["RouteTable"]
    assert "elder/all/t/y" in items(ran)


def test_an_empty_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer() as empty:
        monkeypatch.setenv("KUBECONFIG", str(empty.write_kubeconfig(tmp_path / "config")))
        monkeypatch.chdir(tmp_path)
        ran = overlaid(*LIVE)
    assert "the files replace 0 live objects and add 4" in ran.err
    assert "elder/all/t/x" in items(ran)


def test_the_status_is_that_of_the_live_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command shows it yet, so the objects themselves are looked at."""
    from kubectl_gmg.api import KINDS  # noqa: PLC0415
    from kubectl_gmg.kube import Connection  # noqa: PLC0415
    from kubectl_gmg.sources import files, live, overlay  # noqa: PLC0415

    status = {"observedGeneration": "3", "state": "ACCEPTED"}
    with ApiServer([TABLE | {"status": status}, *LIVE[:2]]) as server:
        config = str(server.write_kubeconfig(tmp_path / "config"))
        there = live.read(Connection(config), KINDS)
    written = [TABLE | {"status": {"state": "FAILED"}}, LIVE[1] | {"status": {"state": "FAILED"}}]
    (tmp_path / "new.json").write_text(manifests_text(written))
    here = files.read([str(tmp_path / "new.json")], recursive=False, namespace=None, kinds=KINDS, stdin=bytes)
    found = {each.ref.name: each.body for each in overlay.replaced(there, here).objects}
    assert found["t"]["status"] == status
    assert "status" not in found["elder"]
    assert found["elder"]["metadata"]["creationTimestamp"] == OLD

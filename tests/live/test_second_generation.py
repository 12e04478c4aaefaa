"""The second generation read from a cluster: kinds, Services, and the release (`spec/v2.md` DEC-6, DEC-27)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg.api import KINDS
from tests.live.test_rights import DEFINITIONS, definition
from tests.oracle.apiserver import V1BETA1, V2, ApiServer
from tests.run import Ran, gmg, manifests_text

SCENARIOS = Path(__file__).parents[1] / "scenarios"
TABLES = "routetables.networking.gloo.solo.io"
Run = Callable[..., Ran]


def manifests(name: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all((SCENARIOS / "v2" / f"{name}.yaml").read_text()) if each]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))

    def run(server: ApiServer, *arguments: str) -> Ran:
        with server:
            server.write_kubeconfig(tmp_path / "config")
            return gmg(*arguments)

    return run


def cluster(objects: list[dict[str, Any]], **more: Any) -> ApiServer:
    return ApiServer(objects, resources=(*V1BETA1, *V2, DEFINITIONS), **more)


@pytest.mark.parametrize("name", ["two-roots-one-host", "workspace-import-export", "failure-freeze-config"])
def test_live_objects_give_what_files_give(live: Run, name: str) -> None:
    objects = manifests(name)
    found = live(cluster(objects), "routes", "--all-routes", "-o", "json")
    offline = gmg("routes", "--all-routes", "-o", "json", "-f", "-", stdin=manifests_text(objects))
    assert (found.code, found.err) == (0, "")

    def routes(ran: Ran) -> list[tuple[Any, ...]]:
        return [
            (each["key"], each["match"], each["action"], each["status"], each["labels"]) for each in ran.json["items"]
        ]

    assert routes(found) == routes(offline) != []
    assert found.json["complete"] is True
    assert found.json["source"]["generations"] == ["v2"]


def test_each_kind_is_asked_for_once_and_services_only_where_they_matter(live: Run) -> None:
    kinds = {f"/apis/{kind.group}/{kind.version}/{kind.plural}" for kind in KINDS if kind.group}
    server = cluster(manifests("two-roots-one-host"))
    assert live(server, "routes").code == 0
    lists = [call.path for call in server.calls if "customresourcedefinitions" not in call.path]
    assert sorted(lists) == sorted([*kinds, "/api/v1/services"])


def test_a_cluster_of_the_first_generation_keeps_its_services_to_itself(live: Run) -> None:
    path = SCENARIOS / "v1beta1" / "09-version-endpoints-shadowed.yaml"
    objects = [each for each in yaml.safe_load_all(path.read_text()) if each]
    server = cluster(objects)
    ran = live(server, "routes", "-o", "json")
    assert ran.code == 0
    assert not [call for call in server.calls if call.path.endswith(("/services", TABLES))]
    assert ran.json["source"]["productVersion"] is None


def test_both_generations_in_one_cluster(live: Run) -> None:
    path = SCENARIOS / "v1beta1" / "09-version-endpoints-shadowed.yaml"
    objects = [each for each in yaml.safe_load_all(path.read_text()) if each] + manifests("two-roots-one-host")
    ran = live(cluster(objects), "routes", "-o", "json")
    assert ran.json["source"]["generations"] == ["v1beta1", "v2"]
    assert {each["gateway"]["generation"] for each in ran.json["items"]} == {"v1beta1", "v2"}
    for generation in ("v1beta1", "v2"):
        only = live(cluster(objects), "routes", "-o", "json", "--generation", generation)
        assert {each["gateway"]["generation"] for each in only.json["items"]} == {generation}
        assert {each["key"] for each in only.json["items"]} <= {each["key"] for each in ran.json["items"]}


def root(*, delegates_to: str) -> list[dict[str, Any]]:
    """A gateway, a root, and a table with hosts that the root selects."""
    api = "networking.gloo.solo.io/v2"
    selected = {"hosts": ["b.example"], "http": [{"name": "in", "directResponse": {"status": 200, "body": "in"}}]}
    rule = {
        "name": "out",
        "matchers": [{"uri": {"prefix": "/p"}}],
        "delegate": {"routeTables": [{"labels": {"part": delegates_to}}]},
    }
    written = {"hosts": ["a.example"], "virtualGateways": [{"name": "edge"}], "http": [rule]}
    listener = {"http": {}, "port": {"number": 80}}
    return [
        {
            "apiVersion": api,
            "kind": "VirtualGateway",
            "metadata": {"name": "edge", "namespace": "n"},
            "spec": {"listeners": [listener]},
        },
        {"apiVersion": api, "kind": "RouteTable", "metadata": {"name": "root", "namespace": "n"}, "spec": written},
        {
            "apiVersion": api,
            "kind": "RouteTable",
            "metadata": {"name": "both", "namespace": "n", "labels": {"part": "x"}},
            "spec": selected,
        },
    ]


RELEASES = {
    "2.5 by flag": (("--product-version", "2.5"), None, "2.5", 200),
    "2.6 by flag": (("--product-version", "2.6"), "2.5.3", "2.6", 500),
    "2.5 by the definitions": ((), "2.5.3", "2.5", 200),
    "2.6 by the definitions": ((), "2.6.0", "2.6", 500),
    "nobody says": ((), None, "2.9", 500),
}


@pytest.mark.parametrize(("flags", "label", "version", "status"), RELEASES.values(), ids=RELEASES)
def test_before_2_6_a_table_with_hosts_can_be_a_child(
    live: Run, flags: tuple[str, ...], label: str | None, version: str, status: int
) -> None:
    """DEC-6; the release is that of the flag, else that of the CRDs, else the newest known."""
    crd = definition(TABLES) | {"metadata": {"name": TABLES, "labels": {"app.kubernetes.io/version": label}}}
    objects = [*root(delegates_to="x"), *([crd] if label else [])]
    ran = live(cluster(objects), "curl", "http://a.example/p", "-o", "json", *flags)
    (item,) = ran.json["items"]
    assert item["response"]["status"] == status
    assert ran.json["source"]["productVersion"] == version


def test_who_says_which_release_it_is(live: Run) -> None:
    ran = live(cluster(root(delegates_to="x")), "routes", "-v")
    assert "note: product version 2.9: the newest that is known; the CRD" in ran.err
    ran = live(cluster(root(delegates_to="x")), "version", "-o", "json", "--product-version", "2.4")
    (item,) = ran.json["items"]
    assert (item["server"]["productVersion"], item["server"]["decidedBy"]) == ("2.4", "flag")
    ran = live(cluster(root(delegates_to="x")), "version", "-o", "json")
    (item,) = ran.json["items"]
    assert (item["server"]["productVersion"], item["server"]["decidedBy"]) == ("2.9", "default")


def test_a_service_of_another_cluster_is_unknown_and_not_missing(live: Run) -> None:
    """DEC-25 and DEC-27: two registered clusters, of which this is neither."""
    (gateway, table, _) = root(delegates_to="x")
    destination = {"ref": {"name": "web", "namespace": "n", "cluster": "east"}, "port": {"number": 80}}
    table["spec"]["http"] = [{"name": "r", "forwardTo": {"destinations": [destination]}}]
    admin = "admin.gloo.solo.io/v2"
    registered = [
        {"apiVersion": admin, "kind": "KubernetesCluster", "metadata": {"name": name, "namespace": "n"}, "spec": {}}
        for name in ("east", "west")
    ]
    ran = live(cluster([gateway, table, *registered]), "routes", "-o", "json")
    (item,) = ran.json["items"]
    assert (item["status"], item["action"]["destinations"][0]["resolved"]) == ("ok", "unknown")
    (gap,) = ran.json["gaps"]
    assert (gap["kind"], gap["cluster"], gap["reason"], gap["affects"]) == (
        "Service",
        "east",
        "notRead",
        ["destinations"],
    )
    here = live(cluster([gateway, table]), "routes", "-o", "json")
    (item,) = here.json["items"]
    assert (item["status"], item["because"]) == ("replaced", ["GMG411"])
    assert item["written"]["destinations"][0]["resolved"] == "missing"
    assert item["action"] == {"type": "directResponse", "status": 500, "body": ""}


SETTINGS = "workspacesettings.admin.gloo.solo.io"


@pytest.mark.parametrize("name", ["workspace-missing-import", "workspace-service-not-exported"])
def test_what_may_be_shared_is_not_called_hidden(live: Run, name: str) -> None:
    """Where nobody may list what workspaces share, no route is replaced for it: that is a gap (DEC-24, DEC-27)."""
    objects = manifests(name)
    ran = live(
        cluster(objects, allowed=lambda name, namespace: name != SETTINGS), "routes", "--all-routes", "-o", "json"
    )
    assert ran.code == 0
    assert {route["status"] for route in ran.json["items"]} == {"ok"}
    assert [gap["kind"] for gap in ran.json["gaps"]] == ["WorkspaceSettings"]
    assert ran.json["gaps"][0]["affects"] == ["workspaces"]

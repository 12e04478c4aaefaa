"""`snapshot` of clusters: what was read of them comes back from the file alone (`spec/cli.md` 5.3 and 5.5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.live.faults import TABLES
from tests.live.fleet import Fleet
from tests.live.test_canaries import MARK, hidden_in, objects
from tests.oracle.apiserver import V1BETA1, V2, Resource
from tests.run import Ran, gmg

Json = dict[str, Any]
PODS = Resource("", "v1", "pods", "Pod")
GROUP = "networking.gloo.solo.io/v2"
APART = ("source", "file", "line")


def without(value: Any) -> Any:
    """An answer without what a snapshot says differently."""
    if isinstance(value, dict):
        return {key: without(each) for key, each in value.items() if key not in APART}
    return [without(each) for each in value] if isinstance(value, list) else value


class Clusters(Fleet):
    """A management cluster of both generations and two others, of which one is dead."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.saved = folder / "saved.yaml"

    def live(self, *words: str) -> Ran:
        return gmg(*words, "--kubeconfig", str(self.file), *FLAGS)

    def save(self, *words: str) -> str:
        ran = self.live("snapshot", *words)
        assert ran.code == 0, ran.err
        self.saved.write_text(ran.out)
        return ran.out


FLAGS = ("--workload-context", "east=east", "--workload-context", "west=west", "--read-namespaces", "gloo-mesh")


def core(kind: str, name: str, **spec: Any) -> Json:
    metadata = {"name": name, "namespace": "shop", "labels": {"app": "web", "version": "v1"}, "uid": f"east-{name}"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


def second() -> list[Json]:
    to = {"ref": {"name": "web", "namespace": "shop", "cluster": "east"}, "port": {"number": 80}}
    lost = {"ref": {"name": "web", "namespace": "shop", "cluster": "west"}, "port": {"number": 80}}
    gone = {"ref": {"name": "none", "namespace": "shop", "cluster": "east"}, "port": {"number": 80}}
    rules = [
        {"name": f"r{place}", "matchers": [{"uri": {"prefix": f"/{place}"}}], "forwardTo": {"destinations": [each]}}
        for place, each in enumerate((to, lost, gone))
    ]
    table = {"hosts": ["a.example"], "virtualGateways": [{"name": "edge"}], "http": rules}
    gateway = {"listeners": [{"http": {}, "port": {"number": 80}}]}
    found = [
        {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name, "namespace": "gloo-mesh"}, "spec": spec}
        for kind, name, spec in (("VirtualGateway", "edge", gateway), ("RouteTable", "root", table))
    ]
    clusters = [
        {
            "apiVersion": "admin.gloo.solo.io/v2",
            "kind": "KubernetesCluster",
            "metadata": {"name": name, "namespace": "gloo-mesh"},
        }
        for name in ("east", "west")
    ]
    # An object of the context that says it is of another cluster: live ones are of the context's all the same.
    stray = core("Service", "stray", ports=[{"port": 80}])
    stray["metadata"] |= {"namespace": "gloo-mesh", "annotations": {"cluster.solo.io/cluster": "east"}}
    return [*found, *clusters, stray]


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    with ExitStack() as stack:
        made = Clusters(tmp_path_factory.mktemp("fleet"), stack)

        def allowed(name: str, namespace: str | None) -> bool:
            return name != TABLES or namespace == "gloo-mesh"

        resources = (*V1BETA1, *(each for each in V2 if each.group), Resource("", "v1", "services", "Service"), PODS)
        made.add("mgmt", [*objects(), *second()], resources=resources, allowed=allowed)
        made.add("east", [core("Service", "web", ports=[{"port": 80}]), core("Pod", "web-1")], resources=resources)
        made.add("west", [], resources=resources)
        made.config["clusters"][-1]["cluster"]["server"] = "https://127.0.0.1:9"
        made.file.write_text(json.dumps(made.config))
        made.save()
        yield made


@pytest.mark.parametrize(
    "words",
    [
        ("routes",),
        ("tree",),
        ("check",),
        ("explain", "r0"),
        ("explain", "www.example.com"),
        ("curl", "http://www.example.com/reviews/v1"),
        ("curl", "http://a.example/2"),
    ],
    ids=" ".join,
)
def test_every_command_says_the_same_from_the_file(clusters: Clusters, words: tuple[str, ...]) -> None:
    live, saved = clusters.live(*words, "-o", "json"), gmg(*words, "-o", "json", "-f", str(clusters.saved))
    assert saved.code == live.code, live.err + saved.err
    assert without(saved.json) == without(live.json)
    assert saved.json["source"]["type"] == "snapshot"
    assert saved.json["source"]["context"] == "mgmt"
    assert [each["kind"] for each in saved.json["gaps"]] != [], "the gaps are there to be judged"


def test_one_generation_of_both_is_the_same(clusters: Clusters) -> None:
    words = ("routes", "-o", "json", "--generation", "v2")
    assert without(gmg(*words, "-f", str(clusters.saved)).json) == without(clusters.live(*words).json)


def test_what_was_not_read_stays_unknown_and_what_was_stays_missing(clusters: Clusters) -> None:
    """DEC-27: the Service of the dead cluster may be there, that which the living one has not is not."""
    ran = gmg("routes", "-o", "json", "--generation", "v2", "-f", str(clusters.saved))
    found = [
        each["resolved"] for item in ran.json["items"] for each in (item["written"] or item["action"])["destinations"]
    ]
    assert found == ["found", "unknown", "missing"]


def test_canaries_never_show(clusters: Clusters) -> None:
    """Secrets in every place of objects, tokens of the kubeconfig, managed fields, what was applied last."""
    text = clusters.saved.read_text()
    for secret in (MARK, "token-of-", "managedFields", "last-applied", "unheard: canary", *map(hidden_in, ("data",))):
        assert secret not in text, secret
    assert "RouteTable" in text
    redacted = clusters.live("snapshot", "--redact", "names,hosts,paths")
    assert MARK not in redacted.out + redacted.err
    for name in ("bookinfo", "reviews", "example", "mgmt"):
        assert name not in redacted.out, name


def test_the_same_cluster_gives_the_same_bytes(clusters: Clusters) -> None:
    assert clusters.live("snapshot").out == clusters.saved.read_text()
    again = gmg("snapshot", "-f", str(clusters.saved))
    assert again.out == clusters.saved.read_text()


def test_filters_do_not_narrow_it(clusters: Clusters) -> None:
    assert clusters.live("snapshot", "-n", "shop", "--gateway", "edge", "-l", "a=b").out == clusters.saved.read_text()


def test_everything_is_needed_or_it_fails(clusters: Clusters) -> None:
    """`--require-complete` holds for what is saved, and again for what is read."""
    assert clusters.live("snapshot", "--require-complete").code == 5
    assert gmg("routes", "--require-complete", "-f", str(clusters.saved)).code == 5


def test_over_a_cluster_it_is_refused(clusters: Clusters) -> None:
    ran = clusters.live("routes", "-f", str(clusters.saved), "--overlay")
    assert ran.code == 2
    assert "snapshot is a whole cluster by itself" in ran.err

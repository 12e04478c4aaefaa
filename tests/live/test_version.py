"""`version` says what it could learn, and why not more; it never fails (`spec/cli.md` 3 and 6.7)."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg import __version__
from tests.oracle.apiserver import V1BETA1, VERSION, ApiServer, Fault, Resource, status
from tests.oracle.https import Answer, Call
from tests.run import Ran, gmg

Json = dict[str, Any]
DEFINITIONS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition")
GATEWAYS = "virtualgateways.networking.enterprise.mesh.gloo.solo.io"
SERVED = [
    "Destination",
    "KubernetesCluster",
    "Mesh",
    "RouteTable",
    "TrafficPolicy",
    "VirtualDestination",
    "VirtualGateway",
    "VirtualHost",
    "VirtualMesh",
    "Workload",
]


def definition(labels: Any) -> Json:
    """The definition of VirtualGateway as a chart installs it."""
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return kind | {"metadata": {"name": GATEWAYS, "labels": labels}}


def cluster(labels: Any = None, **more: Any) -> ApiServer:
    """A server with the product."""
    return ApiServer([definition(labels or {})], resources=(*V1BETA1, DEFINITIONS), **more)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Json]:
    """What `version` says about a server."""

    def run(server: ApiServer, *flags: str) -> Json:
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
        with server:
            server.write_kubeconfig(tmp_path / "config")
            return about(gmg("version", "-o", "json", *flags))

    return run


def about(ran: Ran) -> Json:
    """The only item of a run that was a success without a word."""
    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["apiVersion"], ran.json["kind"]) == ("gmg/v1", "Version")
    (item,) = ran.json["items"]
    assert item["client"]["version"] == __version__
    assert item["client"]["python"] == platform.python_version()
    found: Json = item["server"]
    assert {"context", "served", "productVersion", "decidedBy", "reason"} <= found.keys()
    return found


Asked = Callable[..., Json]


def test_a_cluster_with_the_product(asked: Asked) -> None:
    server = cluster({"app.kubernetes.io/version": "2.4.7"})
    found = asked(server)
    assert found["context"] == "gmg-test"
    assert found["kubernetes"] == VERSION["gitVersion"]
    assert found["served"] == [{"generation": "v1beta1", "kinds": SERVED}]
    assert (found["productVersion"], found["decidedBy"], found["reason"]) == ("2.4", "crds", None)
    assert {call.method for call in server.calls} == {"GET"}
    assert not [call for call in server.calls if call.query]
    assert len(server.calls) == len({call.path for call in server.calls}) <= 14, "one for each group"


LABELS: dict[str, tuple[Any, str | None]] = {
    "app version": ({"app.kubernetes.io/version": "2.4.7"}, "2.4"),
    "app version with a v": ({"app.kubernetes.io/version": "v2.10.0-beta1"}, "2.10"),
    "chart": ({"helm.sh/chart": "gloo-mesh-crds-1.2.9"}, "1.2"),
    "app version before the chart": ({"helm.sh/chart": "crds-1.1.0", "app.kubernetes.io/version": "1.2.9"}, "1.2"),
    "chart beside a useless version": ({"helm.sh/chart": "crds-1.1.0", "app.kubernetes.io/version": "main"}, "1.1"),
    "nothing": ({}, None),
    "no version": ({"app.kubernetes.io/version": "latest"}, None),
    "a year": ({"app.kubernetes.io/version": "2024.11"}, None),
    "a number": ({"app.kubernetes.io/version": 2.4}, None),
    "escape sequences": ({"app.kubernetes.io/version": "\x1b[31m2.4"}, None),
    "no labels": ([], None),
}


@pytest.mark.parametrize(("labels", "wanted"), LABELS.values(), ids=LABELS)
def test_the_product_version_is_read_off_the_labels(asked: Asked, labels: Any, wanted: str | None) -> None:
    found = asked(cluster(labels))
    assert found["productVersion"] == wanted
    assert found["decidedBy"] == ("crds" if wanted else None)
    assert (found["reason"] is None) is bool(wanted)
    assert len(found["served"]) == 1


def test_a_definition_that_may_not_be_read(asked: Asked) -> None:
    found = asked(cluster({"app.kubernetes.io/version": "2.4.7"}, allowed=lambda name, _: "definitions" not in name))
    assert (found["productVersion"], found["decidedBy"]) == (None, None)
    assert found["reason"] == f"the CRD {GATEWAYS} cannot be read: it is forbidden"
    assert [each["kinds"] for each in found["served"]] == [SERVED]


def test_nothing_installed(asked: Asked) -> None:
    found = asked(ApiServer(resources=[each for each in V1BETA1 if not each.group]))
    assert (found["served"], found["productVersion"]) == ([], None)
    assert found["reason"] == "none of the product's kinds is installed"
    assert found["kubernetes"] == VERSION["gitVersion"]


def test_a_part_is_installed(asked: Asked) -> None:
    """Another product may share a group; no kind of routing is there."""
    found = asked(ApiServer(resources=[each for each in V1BETA1 if each.group == "multicluster.solo.io"]))
    assert found["served"] == [{"generation": "v1beta1", "kinds": ["KubernetesCluster"]}]
    assert found["reason"] == "none of the product's kinds is installed"


VERSIONS: dict[str, tuple[Any, str | None]] = {
    "not semantic": ({"gitVersion": "yesterday's build"}, "yesterday's build"),
    "escape sequences": ({"gitVersion": "v1\x1b[31m.36"}, None),
    "right to left": ({"gitVersion": "v1\u202e63"}, None),
    "very long": ({"gitVersion": "v" * 10_000}, "v" * 60),
    "a number": ({"gitVersion": 1.36}, None),
    "a list": ([], None),
}


@pytest.mark.parametrize(("body", "wanted"), VERSIONS.values(), ids=VERSIONS)
def test_a_server_may_say_anything(asked: Asked, body: Any, wanted: str | None) -> None:
    found = asked(cluster(faults={"/version": lambda call, real: Answer.json(body)}))
    assert found["kubernetes"] == wanted
    assert [each["kinds"] for each in found["served"]] == [SERVED]


def html(call: Call, real: Answer) -> Answer:
    return Answer(200, b"<html>canary</html>", "text/html")


FAULTS: dict[str, tuple[dict[str, Fault], str]] = {
    "login page": ({"/version": html}, "the answer is not JSON"),
    "no such path": (
        {"/version": lambda call, real: Answer.text(404, "404 page not found\n")},
        "it knows no such path",
    ),
    "refused": ({"/version": lambda call, real: status(401, "Unauthorized", "canary")}, "does not accept"),
    "no answer": ({"/version": lambda call, real: replace(real, delay=30)}, "no answer within 1 s"),
    "kinds forbidden": (
        {"/apis/multicluster.solo.io/v1alpha1": lambda call, real: status(403, "Forbidden", "canary")},
        "it is forbidden",
    ),
    "kinds of a wrong shape": (
        {"/apis/multicluster.solo.io/v1alpha1": lambda call, real: Answer.json({"resources": "canary"})},
        "the answer is not a list of kinds",
    ),
}


@pytest.mark.parametrize(("faults", "said"), FAULTS.values(), ids=FAULTS)
def test_what_could_not_be_asked_says_why(asked: Asked, faults: dict[str, Fault], said: str) -> None:
    found = asked(cluster(faults=faults), "--request-timeout", "1s")
    assert (found["served"], found["productVersion"]) == (None, None)
    assert said in found["reason"]
    assert "canary" not in found["reason"]


def test_an_unreachable_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer() as server:
        monkeypatch.setenv("KUBECONFIG", str(server.write_kubeconfig(tmp_path / "config")))
    found = about(gmg("version", "-o", "json"))
    assert found["context"] == "gmg-test"
    assert (found["kubernetes"], found["served"], found["productVersion"], found["decidedBy"]) == (None,) * 4
    assert found["reason"].endswith("the connection is refused, or no way leads there")
    out = gmg("version").out
    assert "cluster     gmg-test, Kubernetes unknown" in out
    assert "the connection is refused" in out


def test_no_kubeconfig() -> None:
    found = about(gmg("version", "-o", "json"))
    assert (found["context"], found["served"]) == (None, None)
    assert "there is no kubeconfig" in found["reason"]


def test_unknown_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer() as server:
        monkeypatch.setenv("KUBECONFIG", str(server.write_kubeconfig(tmp_path / "config")))
        found = about(gmg("version", "-o", "json", "--context", "other"))
        assert server.connections == 0
    assert (found["context"], found["reason"]) == ("other", "no context is called other")


def test_text(tmp_path: Path) -> None:
    with cluster({"helm.sh/chart": "gloo-mesh-crds-1.2.9"}) as server:
        ran = gmg("version", "--kubeconfig", str(server.write_kubeconfig(tmp_path / "other")))
    assert ran.code == 0
    assert ran.out.splitlines()[0] == f"kubectl gmg {__version__}"
    assert ran.out.splitlines()[3:] == [
        "generations v1beta1, v2",
        f"cluster     gmg-test, Kubernetes {VERSION['gitVersion']}",
        f"served      v1beta1: {', '.join(SERVED)}",
        "product     1.2 (read off the CRDs)",
    ]


@pytest.mark.parametrize("flags", [("--client",), ("--demo",), ("-f", "no-such-file")])
def test_the_cluster_is_not_asked(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Not even the library for it is loaded, and the kubeconfig is not read."""
    (tmp_path / "config").write_text("{")
    program = """
import sys
from kubectl_gmg import cli
code = cli.run(sys.argv[1:])
sys.exit(code or bool({"kubernetes", "urllib3", "yaml"} & set(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, "version", "-o", "json", *flags],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "KUBECONFIG": str(tmp_path / "config")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["items"][0]["server"] is None

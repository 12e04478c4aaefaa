"""Secrets stay where they are: canaries in every place that the program reads show up nowhere that it writes.

Each run is a process of its own, as people start it, with a HOME and a TMPDIR of its own.
"""

from __future__ import annotations

import ast
import base64
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.live.fault_cases import CASES
from tests.live.faults import COMMANDS, POLICIES, TABLES, always, manifests, no_time_passes
from tests.oracle.apiserver import EVERYTHING, TOKEN, ApiServer, status
from tests.oracle.certificates import Certificates
from tests.oracle.https import Answer, Call
from tests.run import gmg

ROOT = Path(__file__).parents[2]
MARK = "canary-bird"
"""In every secret, with letters after it that tell where it was; no answer has a reason to hold it."""

Config = dict[str, Any]


def hidden_in(place: str) -> str:
    """A secret that tells where it was."""
    return f"{MARK}-{place}"


def key_lines(pem: bytes) -> list[str]:
    """What a key or a certificate would be known by: its lines of base64."""
    return [line for line in pem.decode().splitlines() if len(line) > 20 and not line.startswith("-----")]


def objects() -> list[Config]:
    """The guide's example with secrets where people leave them: none of it is routing."""
    said = json.dumps({"spec": {"password": hidden_in("last-applied")}})
    found = []
    for each in manifests():
        kind = each["kind"]
        metadata = {**each["metadata"], "annotations": {"kubectl.kubernetes.io/last-applied-configuration": said}}
        metadata["annotations"]["example.com/password"] = hidden_in(f"annotation-{kind}")
        metadata["finalizers"] = [hidden_in("finalizer")]
        metadata["ownerReferences"] = [{"kind": "Secret", "name": hidden_in("owner")}]
        state = {**each.get("status", {}), "message": hidden_in(f"status-{kind}")}
        spec = {**each.get("spec", {}), "unheardOf": {"password": hidden_in(f"spec-{kind}")}}
        found.append({**each, "metadata": metadata, "spec": spec, "status": state, "data": hidden_in("data")})
    return found


@dataclass
class Stage:
    """A cluster, a kubeconfig full of secrets, and the folders that a process may write to."""

    folder: Path
    server: ApiServer
    secrets: list[str] = field(default_factory=lambda: [MARK, TOKEN])

    def __post_init__(self) -> None:
        for each in (self.home, self.temporary):
            each.mkdir()
        self.config = self.server.kubeconfig()

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    def user(self, **entry: Any) -> None:
        """Let the user log in in this way; underscores stand for hyphens."""
        login = {name.replace("_", "-"): value for name, value in entry.items()}
        self.config["users"] = [self.config["users"][0] | {"user": login}]

    def environment(self, **more: str) -> dict[str, str]:
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(self.config), encoding="utf-8")
        kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        return kept | {"HOME": str(self.home), "TMPDIR": str(self.temporary), "KUBECONFIG": str(path)} | more

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "kubectl_gmg", *words],
            env=self.environment(**more),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **more: str) -> tuple[int, str, str]:
        with self.start(*words, **more) as process:
            out, err = process.communicate(timeout=60)
        self.assert_kept(out, err)
        self.assert_clean()
        return process.returncode, out, err

    def assert_kept(self, *texts: str) -> None:
        """No secret is in any of these texts, not in any usual disguise either."""
        for secret in self.secrets:
            for disguise in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")[:-2], secret[::-1]):
                assert not [text for text in texts if disguise in text], f"{secret} is told"

    def assert_clean(self) -> None:
        """No file stays: no cache, no log, no key."""
        assert [*self.home.rglob("*"), *self.temporary.rglob("*")] == []
        assert sorted(each.name for each in self.folder.iterdir() if each.is_dir()) == ["home", "tmp"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with ApiServer(objects()) as server:
        yield Stage(tmp_path, server)


def by_token(stage: Stage) -> None:
    """All that a user entry may hold; the token is used, and who is acted as is told to the server alone."""
    stage.user(
        token=TOKEN,
        password=hidden_in("password"),
        username=hidden_in("username"),
        as_user_extra={"reason": [hidden_in("extra")]},
        **{"as": "ana", "as_groups": ["team"], "extensions": [{"name": "x", "extension": hidden_in("extension")}]},
    )
    del stage.config["users"][0]["user"]["password"], stage.config["users"][0]["user"]["username"]


def by_file(stage: Stage) -> None:
    (stage.folder / "token").write_text(f"{TOKEN}\n")
    stage.user(tokenFile="token")


def by_password(stage: Stage) -> None:
    stage.user(username=hidden_in("username"), password=hidden_in("password"))


PROGRAM = """
import json, os, sys
assert os.environ["CANARY"] and sys.argv[1]
print("Your code is canary-bird-of-stderr", file=sys.stderr if len(sys.argv) > 2 else open(os.devnull, "w"))
answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": %r}}
print(json.dumps(answer))
"""


def by_helper(stage: Stage) -> None:
    run: Config = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable}
    run |= {"interactiveMode": "Never", "args": ["-c", PROGRAM % TOKEN, hidden_in("argument")]}
    run |= {"env": [{"name": "CANARY", "value": hidden_in("variable")}], "installHint": hidden_in("hint")}
    stage.user(exec=run)


def by_certificate(stage: Stage) -> None:
    own = Certificates.create()
    data = {
        "client-certificate-data": base64.b64encode(own.certificate).decode(),
        "client-key-data": base64.b64encode(own.key).decode(),
    }
    stage.secrets += [*key_lines(own.key), *key_lines(own.certificate), data["client-key-data"][:60]]
    stage.user(token=TOKEN, **data)


LOGINS: dict[str, Callable[[Stage], None]] = {
    "token": by_token,
    "token file": by_file,
    "password": by_password,
    "credential helper": by_helper,
    "client certificate": by_certificate,
}
READERS = [*COMMANDS.values(), ("explain", "www.example.com#1"), ("export", "envoy"), ("version",)]
CHECKED = ("text", "short", "json", "yaml", "sarif", "junit", "github")
FORMATS = {
    "routes": ("table", "wide", "json", "yaml", "csv"),
    "tree": ("tree", "json"),
    "check": CHECKED,
    "export": ("yaml", "json"),
}


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
def test_no_login_is_told(stage: Stage, login: Callable[[Stage], None]) -> None:
    login(stage)
    answered = login is not by_password  # the stand-in knows tokens only
    code, out, err = stage.run("routes", "-o", "json", "-vv")
    assert code == (0 if answered else 3), err
    assert bool(out) is answered
    assert "GET /apis/" in err
    stage.run("version", "-vv")


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_nothing_beside_the_routing_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Annotations, status and unknown fields of objects; in process, since many formats are printed."""
    with ApiServer(objects()) as server:
        stage = Stage(tmp_path, server)
        environment = stage.environment()
        for name in FORMATS.get(words[0], ("text", "json", "yaml")):
            for flag in ((), ("-vv",)):
                ran = gmg(*words, "-o", name, *flag, "--kubeconfig", environment["KUBECONFIG"])
                assert ran.code == 0, ran.err
                assert ran.out
                stage.assert_kept(ran.out, ran.err)


SHOUTING = (
    ("X-Canary", hidden_in("header")),
    ("Warning", f'299 - "{hidden_in("warning")}"'),
    ("Www-Authenticate", f'Basic realm="{hidden_in("realm")}"'),
    ("Set-Cookie", f"a={hidden_in('cookie')}"),
)


def shouted(real: Answer) -> Answer:
    """The answer with secrets in its headers, and in its body wherever that is no list."""
    body = real.body
    if real.status != 200:
        body = status(real.status, hidden_in("reason"), hidden_in("message")).body
    return replace(real, body=body, headers=(*real.headers, *SHOUTING))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.slow])
def test_no_fault_tells_what_the_server_said(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The table of faults once more, each shouting: bodies, headers and echoed tokens."""
    no_time_passes(monkeypatch)
    caplog.set_level(logging.DEBUG)
    case = CASES[name]

    def loud(call: Call, real: Answer) -> Answer:
        echo = shouted(real)
        return replace(echo, headers=(*echo.headers, ("X-Echo", call.headers.get("authorization", ""))))

    with case.server() as server:
        stage = Stage(tmp_path, server)
        path = stage.environment()["KUBECONFIG"]
        for words in (("routes", "-vv"), ("routes", "-o", "json"), ("version", "-vv")):
            faults = {
                each: lambda call, real, fault=fault: loud(call, fault(call, real))
                for each, fault in case.faults(server).items()
            }
            server.faults = {EVERYTHING: loud, **faults}
            ran = gmg(*words, "--kubeconfig", path, *case.flags)
            assert ran.code in (0, 3)
            stage.assert_kept(ran.out, ran.err)
    stage.assert_kept(caplog.text, *capfd.readouterr())


PAGES: dict[str, Answer] = {
    "HTML": Answer(200, f"<html>{hidden_in('page')}</html>".encode(), "text/html"),
    "502": Answer(502, hidden_in("gateway").encode(), f"text/{MARK}"),
    "redirect": Answer(302, headers=(("Location", f"https://login.example.com/?token={MARK}"),)),
    "odd type": Answer(200, b"{}", f"application/{MARK}"),
    "odd encoding": Answer(200, b"{}", headers=(("Content-Encoding", MARK),)),
    "broken JSON": Answer(200, f'{{"items": ["{MARK}", '.encode()),
    "broken gzip": Answer(200, MARK.encode(), headers=(("Content-Encoding", "gzip"),)),
    "odd items": Answer.json({"items": [MARK, {"metadata": {"name": {MARK: 1}}}], "metadata": {}}),
    "odd token": Answer.json({"items": [], "metadata": {"continue": MARK}}),
    "retry after": Answer(429, b"{}", headers=(("Retry-After", f"3600 {MARK}"),)),
    "404": Answer(404, f"{MARK} not found".encode(), "text/plain"),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_bad_answer_is_quoted(page: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    with ApiServer(manifests()) as server:
        stage = Stage(tmp_path, server)
        path = stage.environment()["KUBECONFIG"]
        for name in (TABLES, POLICIES, EVERYTHING):
            server.faults = {name: lambda call, real: page}
            for words in (("routes",), ("version",)):
                for more in (("-vv",), ("-o", "json")):
                    ran = gmg(*words, "--kubeconfig", path, *more)
                    assert ran.code in (0, 3)
                    stage.assert_kept(ran.out, ran.err)


def test_a_version_that_draws_on_the_terminal(stage: Stage) -> None:
    """What the server calls its version is shown only if it is plain text, and never obeyed."""
    for said in (f"v1.36\x1b]0;{MARK}\x07", f"v1\n{MARK}", f"v1\u202e{MARK}", ["v1", MARK], {"v1": MARK}, None, 7):
        stage.server.faults = dict(always(Answer.json({"gitVersion": said}), "/version")(stage.server))
        for more in ((), ("-o", "json")):
            ran = gmg("version", "--kubeconfig", stage.environment()["KUBECONFIG"], *more)
            assert (ran.code, ran.err) == (0, "")
            assert not set("\x1b\x07\u202e") & set(ran.out)
            stage.assert_kept(ran.out)


def test_nothing_is_left_after_an_interrupt(tmp_path: Path) -> None:
    """Ctrl-C in the middle of reading ends with 130, at once, and takes every file along."""
    asked = Event()

    def slow(call: Call, real: Answer) -> Answer:
        asked.set()
        return replace(real, delay=60)

    with ApiServer(objects(), faults={EVERYTHING: slow}) as server:
        stage = Stage(tmp_path, server)
        by_certificate(stage)
        with stage.start("routes", "-vv") as process:
            assert asked.wait(30)
            open_to_others = [
                path
                for path in (*stage.home.rglob("*"), *stage.temporary.rglob("*"))
                if path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and path.parent.stat().st_mode & 0o077
            ]
            process.send_signal(signal.SIGINT)
            began = time.monotonic()
            out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in err
    assert open_to_others == []
    stage.assert_kept(err)
    stage.assert_clean()


WATCHED = """
import os, stat, sys
worst = []
def look(event, arguments):
    there = os.environ["TMPDIR"]
    if event in ("open", "os.mkdir", "tempfile.mkstemp", "tempfile.mkdtemp") and there in str(arguments[0]):
        for folder, folders, files in os.walk(there):
            for name in files:
                path = os.path.join(folder, name)
                reached = os.stat(folder).st_mode & 0o077 and os.stat(path).st_mode & 0o077
                worst.append((path, bool(reached)))
sys.addaudithook(look)
from kubectl_gmg import cli
code = cli.run(["routes", "-o", "name"])
look("open", [os.environ["TMPDIR"]])
sys.stderr.write(repr((code, len(worst), [path for path, reached in worst if reached])))
"""


def test_no_key_is_ever_open_to_others(stage: Stage) -> None:
    """Every file that is there while another is made, seen from within the process; with a lax umask."""
    by_certificate(stage)
    ran = subprocess.run(
        [sys.executable, "-c", f"import os; os.umask(0)\n{WATCHED}"],
        env=stage.environment(),
        cwd=stage.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    code, seen, reached = ast.literal_eval(ran.stderr.splitlines()[-1])
    assert (code, reached) == (0, [])
    assert seen > 0, "the key was a file for a while, or this test sees nothing"
    stage.assert_kept(ran.stdout, ran.stderr)
    stage.assert_clean()

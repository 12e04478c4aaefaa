"""A kubeconfig and flags mean what they mean to kubectl: the same server hears the same client; judged by kubectl."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.live.judge import Recorder, kubectl
from tests.live.kubeconfig_cases import CASES, REFUSED
from tests.live.objects import MIXED
from tests.live.stage import BASIC, CA, OTHER, TOKEN, Setting, Stage, certificate, helper, oidc
from tests.oracle.apiserver import TOKEN as SERVERS_TOKEN
from tests.oracle.apiserver import ApiServer
from tests.oracle.connect_proxy import ConnectProxy
from tests.run import Ran, gmg

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Recorder, Recorder]]:
    with Recorder("good") as good, Recorder("far") as far:
        yield good, far


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: tuple[Recorder, Recorder]) -> Stage:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Stage(tmp_path, monkeypatch, *servers)


@pytest.mark.parametrize("setting", CASES.values(), ids=CASES)
def test_the_same_is_sent_as_by_kubectl(stage: Stage, setting: Setting) -> None:
    flags = setting(stage)
    judged = stage.heard(lambda: kubectl("get", "--raw", "/version", *flags))
    assert len(judged) == 1, kubectl("get", "--raw", "/version", *flags).stderr
    before = stage.files()
    ran: list[Ran] = []
    assert stage.heard(lambda: ran.append(gmg("version", "-o", "json", *flags))) == judged, ran
    assert stage.files() == before
    assert list((stage.folder / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("written", "flags"),
    [("http://{}", ("--token", OTHER, "--as", "bob")), ("{}", ()), ("{}", ("--insecure-skip-tls-verify",))],
)
def test_plain_http_shows_no_login(stage: Stage, written: str, flags: tuple[str, ...]) -> None:
    """As kubectl has it; a server without a scheme is one."""
    with Recorder("open", tls=False) as server:
        user = helper(stage, {"token": TOKEN}, before='open("asked", "w")') | {"as": "ana", "as-groups": ["g"]}
        config = stage.config(user=user)
        config["clusters"][0]["cluster"]["server"] = written.format(server.address)
        stage.write(config)
        for more in ((), ("--server", written.format(server.address))):
            kubectl("get", "--raw", "/version", *flags, *more)
            (judged,) = server.sent
            server.sent.clear()
            assert gmg("version", *flags, *more).code == 0
            assert set(server.sent) == {judged}
            server.sent.clear()
        assert judged.authorization is None
    assert not (stage.folder / "work" / "asked").exists()


def asked(proxy: ConnectProxy) -> set[tuple[str, str]]:
    """Where a proxy was to lead, and the login it was shown."""
    heads = [head.split("\r\n") for head in proxy.heads]
    shown = [next((each for each in head if each.lower().startswith("proxy-authorization:")), "") for head in heads]
    return {(head[0].split()[1], login) for head, login in zip(heads, shown, strict=True)}


@pytest.mark.parametrize("login", ["", "ana:p%40ss@"])
def test_proxy_of_the_kubeconfig(stage: Stage, login: str) -> None:
    """It is used for this machine too, and NO_PROXY does not hold for it."""
    stage.env.setenv("NO_PROXY", "*")
    with ConnectProxy(leads_to=stage.good.address) as proxy:
        cluster = CA | {"proxy-url": proxy.url.replace("//", f"//{login}"), "tls-server-name": "localhost"}
        config = stage.config(cluster=cluster)
        config["clusters"][0]["cluster"]["server"] = "https://gmg.invalid:8443"
        stage.write(config)
        judged = stage.heard(lambda: kubectl("get", "--raw", "/version"))
        (wanted,) = asked(proxy)
        proxy.heads.clear()
        assert stage.heard(lambda: gmg("version")) == judged
        assert asked(proxy) == {wanted}
    assert wanted[0] == "gmg.invalid:8443"
    assert bool(wanted[1]) is bool(login)
    assert len(judged) == 1


@pytest.mark.parametrize("login", ["", "http://", "http://ana:p%40ss@"])
def test_proxy_of_the_environment(stage: Stage, login: str) -> None:
    with ConnectProxy(leads_to=stage.good.address) as proxy:
        config = stage.config(cluster=CA | {"tls-server-name": "localhost"})
        config["clusters"][0]["cluster"]["server"] = "https://gmg.invalid"
        stage.write(config)
        stage.env.setenv("HTTPS_PROXY", login + proxy.url.removeprefix("http://"))
        judged = stage.heard(lambda: kubectl("get", "--raw", "/version"))
        (wanted,) = asked(proxy)
        proxy.heads.clear()
        assert stage.heard(lambda: gmg("version")) == judged
        assert asked(proxy) == {wanted}
        stage.env.setenv("NO_PROXY", "gmg.invalid")
        proxy.heads.clear()
        kubectl("get", "--raw", "/version", "--request-timeout", "1s")
        gmg("version", "--request-timeout", "1s")
        assert proxy.heads == []


@pytest.mark.parametrize(("setting", "said"), REFUSED.values(), ids=REFUSED)
def test_what_kubectl_refuses_is_explained(stage: Stage, setting: Setting, said: str) -> None:
    flags = setting(stage)
    assert stage.heard(lambda: kubectl("get", "--raw", "/version", *flags)) == set()
    ran: list[Ran] = []
    assert stage.heard(lambda: ran.append(gmg("routes", *flags))) == set()
    assert said in ran[0].err
    assert ran[0].code == (2 if ran[0].err.startswith("error: --") else 3)
    assert "\nhint: " in ran[0].err
    assert "canary" not in ran[0].err


# ---- what is ours to decide


def test_a_token_of_the_flag_replaces_a_password(stage: Stage) -> None:
    """kubectl refuses to choose."""
    stage.write(stage.config(user=BASIC))
    (sent,) = stage.heard(lambda: gmg("version", "--token", OTHER))
    assert sent.authorization == f"Bearer {OTHER}"


def test_no_login_is_sent_without_a_user(stage: Stage) -> None:
    """kubectl asks for a name and a password, which a plugin cannot do in a pipe."""
    stage.write(stage.config(user={}))
    (sent,) = stage.heard(lambda: gmg("version"))
    assert (sent.authorization, sent.certificate) == (None, None)


def test_a_proxy_of_another_protocol_says_what_it_needs(stage: Stage) -> None:
    stage.write(stage.config(cluster=CA | {"proxy-url": "socks5://127.0.0.1:1"}))
    assert "a SOCKS proxy needs the Python package PySocks\nhint: " in gmg("routes").err


def test_an_old_login_that_has_expired_is_not_renewed(stage: Stage) -> None:
    """A new refresh token would have to be written back; kubectl does that."""
    stage.write(stage.config(user=oidc(time.time() - 60)))
    before = stage.files()
    ran: list[Ran] = []
    assert stage.heard(lambda: ran.append(gmg("routes"))) == set()
    assert "the login of user me has expired\nhint: run any kubectl command" in ran[0].err
    assert stage.files() == before


COUNTING = """
with open("asked", "a+") as file:
    file.write("x")
    times = file.tell()
answer["status"] = {"token": f"token-{times}", "expirationTimestamp": EXPIRES[min(times, len(EXPIRES)) - 1]}
"""


@pytest.mark.parametrize(
    ("expires", "tokens"),
    [
        (["2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"], {"Bearer token-2"}),
        (["2999-01-01T00:00:00.5+02:00"], {"Bearer token-1"}),
        (["2001-01-01T00:00:00Z"] * 2 + [None], {"Bearer token-3"}),
    ],
)
def test_an_expired_login_is_asked_for_again(stage: Stage, expires: list[str | None], tokens: set[str]) -> None:
    """Once, not for every request."""
    stage.write(stage.config(user=helper(stage, {}, before=COUNTING.replace("EXPIRES", repr(expires)))))
    heard = {sent.authorization for sent in stage.heard(lambda: gmg("version"))}
    assert heard >= tokens
    assert len((stage.folder / "work" / "asked").read_text()) == len(expires)


def test_a_helper_that_fails_later_is_a_gap(stage: Stage) -> None:
    """What was read before stays."""
    give = COUNTING.replace("EXPIRES", repr(["2001-01-01T00:00:00Z"])).replace("token-{times}", SERVERS_TOKEN)
    with ApiServer(MIXED) as server:
        user = helper(stage, {}, before=f"{give}times > 5 and sys.exit('canary')")
        config = server.kubeconfig()
        stage.write(config | {"users": [{"name": config["users"][0]["name"], "user": user}]})
        ran = gmg("tree", "-o", "json", "--generation", "v1beta1")
    assert ran.code == 0, ran.err
    assert len(server.calls) == 4
    assert {gap["reason"] for gap in ran.json["gaps"]} == {"unauthorized"}
    said = "the credential helper helper of user gmg-test failed (exit 1)"
    assert all(said in gap["message"] for gap in ran.json["gaps"])
    assert len(ran.json["gaps"]) == 6
    assert "canary" not in ran.err


def test_keys_are_private_while_they_are_files(stage: Stage) -> None:
    """Seen from within the process: every file it makes, with the rights of its folder."""
    stage.write(stage.config(user=certificate("ana")))
    program = """
import os, stat, sys
made = []
def look(event, arguments):
    if event == "os.mkdir" and "kubectl-gmg-" in str(arguments[0]):
        made.append((str(arguments[0]), oct(arguments[1])))
sys.addaudithook(look)
from kubectl_gmg import cli
cli.run(["version"])
sys.stderr.write(repr([(mode, os.path.exists(path)) for path, mode in made]))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
    )
    assert ran.stderr == "[('0o700', False)]"


ASKING = """
sys.stderr.write("your code? ")
answer["status"]["token"] = sys.stdin.readline().strip() or "nothing"
"""


@pytest.mark.parametrize(("mode", "wanted"), [("IfAvailable", "typed"), ("Always", "typed"), ("Never", "nothing")])
def test_a_helper_may_ask_who_sits_in_front(stage: Stage, mode: str, wanted: str) -> None:
    """It talks to the terminal, though stdout is a pipe."""
    stage.write(stage.config(user=helper(stage, {}, before=ASKING, interactiveMode=mode)))
    command = f'"{sys.executable}" -m kubectl_gmg version -o json | cat >"{stage.folder}/out"'
    terminal = pexpect.spawn("/bin/sh", ["-c", command], cwd=str(ROOT), encoding="utf-8", timeout=60, echo=False)

    def talk() -> None:
        terminal.expect_exact("your code? ")
        terminal.sendline("typed")
        terminal.expect(pexpect.EOF)
        terminal.close()

    assert {sent.authorization for sent in stage.heard(talk)} == {f"Bearer {wanted}"}
    assert json.loads((stage.folder / "out").read_text())["items"][0]["server"]["kubernetes"]


def test_a_helper_does_not_read_what_we_are_given(stage: Stage) -> None:
    """Without a terminal stdin is ours: files and requests come through it."""
    stage.write(stage.config(user=helper(stage, {}, before=ASKING)))
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from kubectl_gmg import cli; cli.run(['version']); print(sys.stdin.read())",
        ],
        input="ours",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    assert ran.stdout.endswith("\nours\n")
    assert "your code" not in ran.stderr

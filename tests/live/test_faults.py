"""Every fault of a server, met by every command that reads one: over real HTTPS, with the real client library.

No traceback, no hang, and nothing silently missing: an answer is whole, or says what it lacks, or there is none.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kubectl_gmg import api
from tests.live.fault_cases import CASES
from tests.live.faults import CHUNK, COMMANDS, KINDS, ONLY, POLICIES, Case, asked, manifests, no_time_passes
from tests.oracle.apiserver import ApiServer, Resource
from tests.run import Ran, gmg

LONG = 20.0
"""Seconds; every case is over long before, unless something hangs."""


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the client waits between requests, which take no time here."""
    return no_time_passes(monkeypatch)


def run(server: ApiServer, case: Case, folder: Path, *words: str) -> Ran:
    """Run a command; the fault begins anew, and only its own requests are remembered."""
    server.faults = dict(case.faults(server))
    server.calls.clear()
    server.compacted = 0
    config = server.write_kubeconfig(folder / "kubeconfig")
    ran = gmg(*words, "--kubeconfig", str(config), *ONLY, *case.flags)
    assert "Traceback" not in ran.out + ran.err
    return ran


@cache
def healthy(command: str, without: tuple[str, ...], resources: tuple[Resource, ...]) -> Any:
    """What a cluster of these kinds answers that has nothing of some of them."""
    there = {each.kind for each in resources}.difference(without)
    with (
        ApiServer([each for each in manifests() if each["kind"] in there], resources=resources) as server,
        TemporaryDirectory() as folder,
    ):
        return run(server, Case(), Path(folder), *COMMANDS[command], "-o", "json").json


def assert_one_sentence(text: str) -> None:
    """A person can read it: one line, one sentence, and nothing of what Python calls things."""
    assert 10 < len(text) < 320
    assert not re.search(r"[\n\r\x1b]|\. |\.$|: $|  |: ;", text), text
    assert not re.search(r"[A-Z]\w+(Error|Exception)|urllib3|Pool|<|object at|Errno", text), text


def assert_failed(ran: Ran, case: Case, *, machine: bool) -> None:
    """No answer: exit 3, nothing on stdout, and on stderr what is wrong and what to do next."""
    assert (ran.code, ran.out) == (3, "")
    if machine:
        error = json.loads(ran.err)["error"]
        assert list(error) == ["code", "kind", "message", "hint", "at", "candidates"]
        assert (error["code"], error["kind"], error["at"], error["candidates"]) == (3, "source", None, [])
        message, hint = error["message"], error["hint"]
    else:
        first, second = ran.err.splitlines()
        assert first.startswith("error: ")
        assert second.startswith("hint: ")
        message, hint = first.removeprefix("error: "), second.removeprefix("hint: ")
    assert case.error in message
    assert case.hint in hint
    assert_one_sentence(message)
    assert_one_sentence(hint)


def assert_answered(ran: Ran, case: Case, command: str) -> None:
    """A document, whole or with its gaps; a whole one is that of a cluster without any fault."""
    assert ran.code == 0, ran.err
    document = ran.json
    found = sorted((gap["kind"], gap["reason"], gap["namespace"] or "") for gap in document["gaps"])
    assert found == sorted((kind, reason, namespace or "") for kind, reason, namespace in case.gaps)
    assert document["complete"] is not bool(case.gaps)
    affects = {each.name: [str(one) for one in each.affects] for each in KINDS}
    for gap in document["gaps"]:
        assert_one_sentence(gap["message"])
        assert case.says in gap["message"]
        assert "; " in gap["message"], "no advice"
        assert gap["affects"] == affects[gap["kind"]]
        assert (gap["cluster"], gap["file"]) == (None, None)
    if not case.gaps:
        assert document == healthy(command, case.without, case.resources)


def assert_told(ran: Ran, case: Case) -> None:
    """What people see of it: the answer on stdout, and all that it lacks on stderr."""
    assert ran.code == 0, ran.err
    lines = ran.err.splitlines()
    lacks = [line.removeprefix("note: not complete: ") for line in lines if line.startswith("note: not complete: ")]
    notes = [line for line in lines if not line.startswith("note: not complete: ")]
    assert [line.startswith("note: ") and case.note in line for line in notes] == [True] * bool(case.note)
    assert bool(lacks) is bool(case.gaps)
    for kind, _, _ in case.gaps:
        assert any(re.search(rf"\b{kind}\b", line) and case.says in line for line in lacks)
    assert all("(affects " in line for line in lacks)
    assert re.search(r"gloo-mesh/demo-gateway|^checked [0-9]+ objects", ran.out, re.MULTILINE)


def assert_asked(server: ApiServer, case: Case, waited: list[float]) -> None:
    """Only what is needed was asked for, and nothing waited for that nobody asked for."""
    assert {call.method for call in server.calls} == {"GET"}
    if case.at_most is not None:
        assert len(server.calls) <= case.at_most
    else:
        assert Counter(map(asked, server.calls)) == case.expected_requests
    if case.waits is None:
        assert waited
        assert all(0 < seconds <= 2 for seconds in waited)
    else:
        assert waited == list(case.waits)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_fault_meets_every_command(case: Case, command: str, tmp_path: Path, waits: list[float]) -> None:
    with case.server() as server:
        for output in ("json", "") if not case.slow else ("",) if command == "routes" else ("json",):
            waits.clear()
            began = time.monotonic()
            ran = run(server, case, tmp_path, *COMMANDS[command], *(("-o", output) if output else ()))
            assert time.monotonic() - began < LONG
            assert_asked(server, case, waits)
            if case.error:
                assert_failed(ran, case, machine=bool(output))
            elif output:
                assert_answered(ran, case, command)
            else:
                assert_told(ran, case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_version_never_fails(case: Case, tmp_path: Path) -> None:
    """`spec/cli.md` 3: exit 0; what could not be asked is null with a reason."""
    with case.server() as server:
        began = time.monotonic()
        ran = run(server, case, tmp_path, "version", "-o", "json")
        assert time.monotonic() - began < LONG
        paths = [call.path for call in server.calls]
    assert (ran.code, ran.err) == (0, "")
    (item,) = ran.json["items"]
    said = item["server"]
    assert said["productVersion"] is None
    assert_one_sentence(said["reason"])
    if case.deaf:
        assert (said["kubernetes"], said["served"]) == (None, None)
        assert server.url.removeprefix("https://") in said["reason"]
        assert set(paths) == {"/version"}
        assert len(paths) <= 4
        return
    assert said["kubernetes"].startswith("v1.")
    kinds = {each.kind for each in case.resources} & {each.name for each in KINDS}
    assert said["served"] == ([{"generation": "v1beta1", "kinds": sorted(kinds)}] if kinds else [])
    assert len(set(paths)) == len(paths) <= 2 + len({(each.group, each.version) for each in api.KINDS})


PARTIAL = ("403 of one kind", "HTML for one kind", "500 on page 2 for ever", "403 also in one of two namespaces")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", PARTIAL)
def test_what_has_to_be_complete(name: str, command: str, tmp_path: Path) -> None:
    """`spec/cli.md` 3 and 5.4: exit 5 after printing, with one error object."""
    with CASES[name].server() as server:
        ran = run(server, CASES[name], tmp_path, *COMMANDS[command], "-o", "json", "--require-complete")
        assert (ran.code, ran.json["complete"]) == (5, False)
        error = json.loads(ran.err)["error"]
        assert (error["code"], error["kind"]) == (5, "incomplete")
        told = run(server, CASES[name], tmp_path, *COMMANDS[command], "--require-complete")
    assert told.code == 5
    assert "note: not complete: " in told.err
    assert told.err.splitlines()[-2].startswith("error: ")


def test_a_complete_answer_is_complete(tmp_path: Path) -> None:
    with CASES["502 once"].server() as server:
        assert run(server, CASES["502 once"], tmp_path, "routes", "--require-complete").code == 0


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 25])
def test_requests_grow_with_pages_alone(count: int, tmp_path: Path) -> None:
    """k kinds of n objects: k x ceil(n / chunk), and none repeated."""
    some = [each for each in manifests() if each["kind"] != "RouteTable"]
    table = next(each for each in manifests() if each["kind"] == "RouteTable")
    tables = [{**table, "metadata": {"name": f"table-{n}", "namespace": "gloo-mesh"}} for n in range(count)]
    with ApiServer([*some, *tables]) as server:
        assert run(server, Case(), tmp_path, "routes", "-o", "json").json["complete"]
    assert len(server.calls) == len(KINDS) - 1 + max(1, -(-count // CHUNK))
    assert len({(call.path, *call.query.items()) for call in server.calls}) == len(server.calls)


def test_an_endless_body_is_left_soon(tmp_path: Path) -> None:
    with CASES["endless body"].server() as server:
        run(server, CASES["endless body"], tmp_path, "routes")
        assert server.endless_bytes < 16 << 20


REQUEST = re.compile(r"note: GET (?P<path>/\S+?)(\?\S+)? (?P<status>\d{3}|failed)( (?P<size>\d+) B)? (?P<ms>\d+) ms")


@pytest.mark.parametrize("name", ["nothing is wrong", "502 for ever", "reset in the middle of page 2, once", "401"])
@pytest.mark.parametrize("flag", ["-v", "-vv"])
def test_each_request_is_told(name: str, flag: str, tmp_path: Path) -> None:
    """`-v` shows each request with its time and size, those sent again too; no fault is a bug with a traceback."""
    with CASES[name].server() as server:
        ran = run(server, CASES[name], tmp_path, "routes", flag)
    found = [REQUEST.fullmatch(line) for line in ran.err.splitlines() if line.startswith("note: GET ")]
    assert all(found)
    told = [each for each in found if each]
    assert Counter(each["path"] for each in told) == Counter(call.path for call in server.calls)
    assert all(each["size"] for each in told if each["status"] != "failed")
    if name == "502 for ever":
        assert Counter(each["status"] for each in told)["502"] == CASES[name].requests[POLICIES]


def test_a_retry_is_told_while_it_is_waited_for(tmp_path: Path) -> None:
    """Whoever waits for seven seconds wants to know why."""
    with CASES["429 with Retry-After"].server() as server:
        ran = run(server, CASES["429 with Retry-After"], tmp_path, "routes", "-v")
    assert len([line for line in ran.err.splitlines() if " 429 " in line]) == 2

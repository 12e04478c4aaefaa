"""Every way in which a server lets a reader down, and what has to be said then (`spec/apiserver.md`, `spec/cli.md` 3).

A fault sees each request and the answer it would have got. What is expected of the program stands beside the fault, and
comes from the specification: which kinds become gaps and why, or with what the run ends, and which requests are sent.
"""

from __future__ import annotations

import gzip
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import ceil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from kubectl_gmg import api
from kubectl_gmg.kube import answer, client
from tests.live.judge import certificates
from tests.oracle.apiserver import (
    ENTERPRISE,
    EVERYTHING,
    NETWORKING,
    V1BETA1,
    ApiServer,
    Fault,
    Resource,
    status,
)
from tests.oracle.https import Answer, Call

SCENARIOS = Path(__file__).parents[1] / "scenarios" / "v1beta1"
FILES = (SCENARIOS / "00-environment.yaml", SCENARIOS / "09-version-endpoints-shadowed.yaml")
CHUNK = 10
GENERATION = "v1beta1"
KINDS = tuple(each for each in api.KINDS if each.generation == GENERATION)
ONLY = ("--generation", GENERATION, "--chunk-size", str(CHUNK))
"""How every command is run here, so that the requests are the same whatever generations there are."""
TABLES = f"routetables.{ENTERPRISE}"
POLICIES = f"trafficpolicies.{NETWORKING}"
READ = tuple(each.resource for each in KINDS)
GROUPS = tuple(dict.fromkeys(f"/apis/{each.group}/{each.version}" for each in KINDS))
SPACE = "default"
LIMITED = ("--read-namespaces", "gloo-mesh")
COMMANDS = {
    "routes": ("routes",),
    "tree": ("tree",),
    "curl": ("curl", "http://www.example.com/ratings/1"),  # answered by the host itself: no table is needed for it
    "check": ("check", "--fail-on", "never"),
}


@cache
def manifests() -> tuple[dict[str, Any], ...]:
    """The guide's example with its environment, a policy, and so many tables that they fill three pages."""
    found = [document for path in FILES for document in yaml.safe_load_all(path.read_text())]
    table = next(each for each in found if each["kind"] == "RouteTable")
    policy: dict[str, Any] = {"apiVersion": f"{NETWORKING}/v1", "kind": "TrafficPolicy"}
    policy |= {"metadata": {"name": "retries", "namespace": "gloo-mesh"}, "spec": {"policy": {}}}
    others = [{**table, "metadata": {"name": f"other-{n:02}", "namespace": "elsewhere"}} for n in range(22)]
    return (*found, policy, *others)


@cache
def pages(resource: str) -> int:
    """In how many requests a list is read when nothing is wrong: one for each `CHUNK` objects, one for none."""
    kinds = {each.resource: each.name for each in KINDS}
    return max(1, ceil(len([each for each in manifests() if each["kind"] == kinds[resource]]) / CHUNK))


def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the client wait between requests without any time; the seconds it would have waited. Answers are small."""
    waited: list[float] = []

    class Clock(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0.0)
            return False

    monkeypatch.setattr(client, "threading", SimpleNamespace(**{**vars(threading), "Event": Clock}))
    monkeypatch.setattr(answer, "MAX_BYTES", 1 << 20)
    return waited


Faults = Callable[[ApiServer], Mapping[str, Fault]]
Allowed = Callable[[str, str | None], bool]


@dataclass(frozen=True)
class Case:
    """One fault. `gaps` are (kind, reason, namespace); `error` is in the message of a run that ends without an answer.

    `requests` says how often a list, or another path, is asked for where that is not what `pages` says. `waits` are
    the seconds that the program waits between requests, None for short pauses of its own choice, and `at_most` bounds
    all requests where threads race. `says` is in the message of each gap, `note` on stderr. An answer without gaps is
    that of a healthy cluster without the kinds in `without`. A `slow` case takes about a second.
    """

    faults: Faults = lambda server: {}
    gaps: tuple[tuple[str, str, str | None], ...] = ()
    error: str = ""
    hint: str = ""
    says: str = ""
    note: str = ""
    requests: Mapping[str, int] = field(default_factory=dict)
    at_most: int | None = None
    waits: tuple[float, ...] | None = ()
    flags: tuple[str, ...] = ()
    allowed: Allowed = lambda name, namespace: True
    resources: tuple[Resource, ...] = V1BETA1
    empty: bool = False
    without: tuple[str, ...] = ()
    slow: bool = False

    def server(self) -> ApiServer:
        """The stand-in that this happens on."""
        there = {each.kind for each in self.resources} if not self.empty else set()
        objects = [each for each in manifests() if each["kind"] in there]
        shared = certificates("server")
        return ApiServer(objects, resources=self.resources, allowed=self.allowed, certificates=shared)

    @property
    def deaf(self) -> bool:
        """Whether the server gives no usable answer to anything at all."""
        return bool(self.error) and EVERYTHING in self.faults(ApiServer.__new__(ApiServer))

    @property
    def expected_requests(self) -> Counter[str]:
        """How often each list, and each other path, is asked for."""
        return +Counter({**{each: pages(each) for each in READ}, **self.requests})


def asked(call: Call) -> str:
    """A request as `Case.requests` names it: `plural.group` for a list, `namespace:plural.group` for one's part."""
    match call.path.strip("/").split("/"):
        case ["apis", group, _, "namespaces", namespace, plural]:
            return f"{namespace}:{plural}.{group}"
        case ["apis", group, _, plural]:
            return f"{plural}.{group}"
    return call.path


def table_gap(reason: str) -> tuple[tuple[str, str, str | None], ...]:
    return (("RouteTable", reason, None),)


def policy_gap(reason: str) -> tuple[tuple[str, str, str | None], ...]:
    return (("TrafficPolicy", reason, None),)


def always(answer: Answer, *names: str) -> Faults:
    """The same answer to each request for `names`."""
    return lambda server: dict.fromkeys(names or (POLICIES,), lambda call, real: answer)


def always_both(everywhere: Answer, of_policies: Answer) -> Faults:
    """One answer to each request, and another one for policies."""
    return lambda server: {**always(everywhere, EVERYTHING)(server), **always(of_policies)(server)}


def real_but(*names: str, **changes: Any) -> Faults:
    """The real answer, but broken."""
    return lambda server: dict.fromkeys(names or (POLICIES,), lambda call, real: replace(real, **changes))


def first_times(count: int, change: Callable[[Answer], Answer], *, later_pages: bool = False) -> Faults:
    """So many broken answers, then the real ones; for policies, or for pages of tables after the first."""

    def made(server: ApiServer) -> Mapping[str, Fault]:
        left = [count]

        def fault(call: Call, real: Answer) -> Answer:
            if (later_pages and "continue" not in call.query) or not left[0]:
                return real
            left[0] -= 1
            return change(real)

        return {TABLES if later_pages else POLICIES: fault}

    return made


def expiring(server: ApiServer) -> Mapping[str, Fault]:
    """The list expires once, right after its first page; the real answer to that brings a fresh token."""
    seen: list[Call] = []

    def fault(call: Call, real: Answer) -> Answer:
        seen.append(call)
        if len(seen) == 1:
            server.expire()
        return real

    return {TABLES: fault}


def after_first(answer: Answer) -> Faults:
    """One page of tables, and then always the same answer."""

    def made(server: ApiServer) -> Mapping[str, Fault]:
        seen: list[Call] = []

        def fault(call: Call, real: Answer) -> Answer:
            seen.append(call)
            return real if len(seen) == 1 else answer

        return {TABLES: fault}

    return made


def tokens(*values: str) -> Faults:
    """Pages without items whose tokens lead round in a circle."""

    def fault(call: Call, real: Answer) -> Answer:
        last = call.query.get("continue", "")
        following = values[(values.index(last) + 1) % len(values)] if last else values[0]
        return Answer.json({"items": [], "metadata": {"continue": following}})

    return lambda server: {POLICIES: fault}


def listed(items: Any) -> Answer:
    return Answer.json({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {}})


GZIP = (("Content-Encoding", "gzip"),)
PLAIN = (("Content-Encoding", "identity"),)
BUSY = Answer.json({"kind": "Status", "code": 429, "reason": "TooManyRequests"}, 429)
PAGE = Answer(200, b"<html><title>Log in</title></html>", "text/html; charset=utf-8")
WEB_SITE = Answer(404, b"<html>nginx: not found</html>", "text/html")
EXPIRED = status(410, "Expired", "The provided continue parameter is too old.")
STALE = status(410, "Expired", "The provided continue parameter is too old.", token="again")
BAD_GATEWAY = Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html")
DOWN = Answer(503, b"no healthy upstream", "text/plain")
BIG = b" " * (1 << 22)
RETRIED = 4
"""A page is read once more at most three times."""


def waiting(seconds: int, answer: Answer = BUSY) -> Answer:
    return replace(answer, headers=(("Retry-After", str(seconds)),))


def packed(real: Answer) -> bytes:
    return gzip.compress(real.body, mtime=0)


def in_namespace(*namespaces: str) -> Allowed:
    return lambda name, namespace: namespace in namespaces


def nowhere(name: str, namespace: str | None) -> bool:
    return False


def but(*names: str) -> Allowed:
    return lambda name, namespace: name not in names


def installed(*groups: str) -> tuple[Resource, ...]:
    return tuple(each for each in V1BETA1 if each.group in groups)


def unusable(faults: Faults, *, says: str = "", requests: Mapping[str, int] | None = None) -> Case:
    """An answer for policies that asking again would not mend."""
    return Case(faults, gaps=policy_gap("malformed"), says=says, requests=requests or {})

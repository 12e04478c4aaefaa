"""Secrets that stand beside names are never offered and never kept: completion of everything, over a whole session.

The canaries are those of `tests/live/test_canaries.py`: in annotations, status, unknown fields, and in the kubeconfig.
Here they stand also in what routing itself holds besides names: headers, bodies, weights of tests, rewrites.
"""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.complete.asking import Shell
from tests.live.test_canaries import MARK, hidden_in, objects
from tests.oracle.apiserver import EVERYTHING, TOKEN, ApiServer
from tests.oracle.https import Answer, Call

EVERY = (
    *(("",), ("--",), ("routes", "-"), ("--context", ""), ("--cluster", ""), ("--user", ""), ("routes", "-n", "")),
    *(("--read-namespaces", ""), ("--workload-context", ""), ("routes", "--host", ""), ("routes", "--policy", "")),
    *(("routes", "--gateway", ""), ("curl", ""), ("curl", "http://www.example.com/"), ("curl", "--listener", "")),
    *(("explain", ""), ("explain", "d"), ("tree", "rt/"), ("tree", "vh/"), ("check", "policy/"), ("check", "service/")),
    *(("curl", "--expect", "route="), ("curl", "--expect", "destination="), ("check", "--ignore", "GMG301=rt/")),
    *(("--token", ""), ("--as", "")),
)


def with_secrets_in_routes() -> list[dict[str, Any]]:
    """The objects with secrets in every part of a route that is no name and no path."""
    found = deepcopy(objects())  # what stands in them is shared with other tests
    for each in found:
        for number, rule in enumerate(each["spec"].get("routes", ()) if each["kind"] == "RouteTable" else ()):
            rule["options"] = {"headerManipulation": {"appendRequestHeaders": {"x-key": hidden_in("option")}}}
            for matcher in rule.get("matchers", ()):
                matcher["headers"] = [{"name": "authorization", "value": hidden_in(f"header-{number}")}]
                matcher["queryParameters"] = [{"name": "key", "value": hidden_in("query")}]
            if "directResponseAction" in rule:
                rule["directResponseAction"]["body"] = hidden_in("body")
    return found


def told(call: Call, real: Answer) -> Answer:
    """The answer with the caller's login in a header, as servers under debugging send it."""
    return replace(real, headers=(*real.headers, ("X-Echo", call.headers.get("authorization", "") + MARK)))


def test_no_secret_is_offered_or_kept(shell: Shell) -> None:
    with ApiServer(with_secrets_in_routes(), faults={EVERYTHING: told}) as server:
        config = server.kubeconfig()
        config["users"][0]["user"] |= {"as": "ana", "as-user-extra": {"reason": [hidden_in("extra")]}}
        config["users"].append({"name": "other", "user": {"password": hidden_in("password"), "username": "u"}})
        config["clusters"][0]["cluster"]["extensions"] = [{"name": "x", "extension": hidden_in("extension")}]
        (shell.folder / "kubeconfig").write_text(json.dumps(config))
        here = replace(shell, variables={"KUBECONFIG": str(shell.folder / "kubeconfig")})
        here.ask_until(lambda each: "demo-virtualhost/ratings" in each.values, "explain", "demo")
        said = [str(here.ask(*words)) for words in EVERY]
        token = "canary-bird-of-the-flag"
        here.ask("--token", token, "--password", hidden_in("word"), "routes", "--host", "")
        here.settle()
    assert sum(len(each) for each in said) > 5000, "something was offered"
    kept = [path.read_text() for path in here.files()]
    assert max(map(len, kept)) > 2000, "something was kept"
    names = [str(path) for path in here.folder.rglob("*") if path != here.folder / "kubeconfig"]
    texts = [*said, *kept, *(name.removeprefix(str(here.folder)) for name in names)]
    for secret in (MARK, TOKEN, token):
        for disguise in (secret, base64.b64encode(secret.encode()).decode().rstrip("=")[:-2], secret[::-1]):
            assert not [text for text in texts if disguise in text], secret
    assert {path.parent.name for path in here.files()} == {"gmg"}
    home = list((here.folder / "home").rglob("*"))
    assert home == []

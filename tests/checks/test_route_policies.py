"""Policies of the second generation on routes, as the examples expect them (`spec/v2.md` 11.2, `spec/cli.md` 6.2)."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.run import gmg, routes_json

Json = dict[str, Any]

FOLDER = Path(__file__).parents[1] / "scenarios" / "v2"
NAMES = ("label-inheritance", "policy-conflict")


def expected(name: str) -> Json:
    found: Json = yaml.safe_load((FOLDER / f"{name}.expect.yaml").read_text())
    return found


def named(ref: Json) -> str:
    return f"{ref['kind']} {ref['namespace']}/{ref['name']}"


REQUESTS = [(name, request) for name in NAMES for request in expected(name)["requests"]]


@pytest.mark.parametrize(("name", "request_"), REQUESTS, ids=[f"{name}-{each['path']}" for name, each in REQUESTS])
def test_what_applies(name: str, request_: Json) -> None:
    url = f"http://{request_['host']}{request_['path']}"
    ran = gmg("curl", url, "-f", str(FOLDER / f"{name}.yaml"), "-o", "json")
    route = ran.json["items"][0]["route"]
    applied = [named(each["ref"]) for each in route["policies"] if each["state"] == "applied"]
    assert applied == request_["outcome"]["policies"]
    assert [named(each["origin"]["ref"]) for each in route["options"].values()] == applied


def test_what_loses() -> None:
    """The older one is there, with its own value; the younger one is told to have lost."""
    (finding,) = expected("policy-conflict")["findings"]
    loser, winner = finding["object"], f"RetryTimeoutPolicy {finding['winner']}"
    ran = gmg("routes", "-f", str(FOLDER / "policy-conflict.yaml"), "-o", "json")
    both = next(item for item in ran.json["items"] if item["id"].endswith("/both"))
    assert [named(each["ref"]) for each in both["policies"]] == [winner, loser]
    assert [named(each["lostTo"]) for each in both["policies"] if each["state"] == "lost"] == [winner]
    assert both["options"]["requestTimeout"]["value"] == "1s"


def test_selected_by_effective_labels() -> None:
    """Labels of the rules and tables above count, and nearer ones displace them (9)."""
    wanted = expected("label-inheritance")["policies"]["gateways/prod-timeout"]["selects"]
    ran = gmg("routes", "-f", str(FOLDER / "label-inheritance.yaml"), "--policy", "gateways/prod-timeout", "-o", "json")
    found = [(item["hops"][-1]["ref"], item["id"].rsplit("/", 1)[-1]) for item in ran.json["items"]]
    assert [f"{ref['namespace']}/{ref['name']}/{rule}" for ref, rule in found] == wanted


POLICY_KINDS = {"RetryTimeoutPolicy": "resilience", "FaultInjectionPolicy": "resilience", "JWTPolicy": "security"}
TIMES = (None, "2024-01-01T00:00:00Z", "2024-01-01T01:00:00+02:00", "2024-01-02T00:00:00Z")
AGES = (3, 1, 0, 2)
"""The order of these times: the third is an hour before the second; without a time is newest."""


def drawn_labels(rng: random.Random) -> dict[str, str]:
    return {key: rng.choice("12") for key in rng.sample("abc", rng.randrange(4))}


def drawn_policy(rng: random.Random, number: int) -> tuple[Json, int]:
    kind = rng.choice([*POLICY_KINDS])
    time = rng.randrange(len(TIMES))
    metadata: Json = {"name": f"p{number}", "namespace": rng.choice(["apps", "gw"])}
    metadata |= {"creationTimestamp": TIMES[time]} if TIMES[time] else {}
    entries: list[Json] = [{"route": {"labels": drawn_labels(rng)}} for _ in range(rng.randrange(3))]
    for entry in entries:
        if rng.random() < 0.3:
            entry["route"]["namespace"] = rng.choice(["apps", "gw"])
    spec = {"applyToRoutes": entries, "config": {"requestTimeout": "1s"}}
    return {
        "apiVersion": f"{POLICY_KINDS[kind]}.policy.gloo.solo.io/v2",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
    }, AGES[time]


def tables(rng: random.Random) -> list[Json]:
    """A root with its own rules, and a child below it in another namespace."""
    api = "networking.gloo.solo.io/v2"
    own = [{"name": f"o{n}", "labels": drawn_labels(rng), "matchers": [{"uri": {"exact": f"/o{n}"}}]} for n in range(4)]
    for rule in own:
        rule["directResponse"] = {"status": 200}
    below = [{**rule, "name": f"c{n}", "labels": drawn_labels(rng)} for n, rule in enumerate(own)]
    down: Json = {"name": "down", "labels": drawn_labels(rng), "matchers": [{"uri": {"prefix": "/d"}}]}
    down["delegate"] = {"routeTables": [{"labels": {"kid": "yes"}}]}
    listener = {"http": {}, "port": {"number": 80}}
    gateway = {"workloads": [{"selector": {"labels": {"istio": "ingressgateway"}}}], "listeners": [listener]}
    root = {"hosts": ["a.test"], "virtualGateways": [{"name": "g", "namespace": "gw"}], "http": [*own, down]}
    made: list[tuple[str, str, str, Json]] = [
        ("VirtualGateway", "g", "gw", gateway),
        ("RouteTable", "root", "gw", root),
    ]
    made.append(("RouteTable", "kid", "apps", {"http": below}))
    labels = {"root": drawn_labels(rng), "kid": {"kid": "yes", **drawn_labels(rng)}, "g": {}}
    return [
        {
            "apiVersion": api,
            "kind": kind,
            "metadata": {"name": name, "namespace": where, "labels": labels[name]},
            "spec": spec,
        }
        for kind, name, where, spec in made
    ]


def reaches(policy: Json, row: Json) -> bool:
    """Read from the page again: all labels of one entry are on the route, in its namespace; no entry means all."""
    entries = policy["spec"]["applyToRoutes"]
    holder = row["hops"][-1]["ref"]["namespace"]
    return not entries or any(
        entry["route"]["labels"].items() <= row["labels"].items() and entry["route"].get("namespace", holder) == holder
        for entry in entries
    )


@pytest.mark.parametrize("seed", range(40))
def test_oldest_of_a_kind(seed: int) -> None:
    """A second reading of 11.2 over drawn labels, ages and kinds gives the same winners and losers."""
    rng = random.Random(seed)
    policies = [drawn_policy(rng, number) for number in range(8)]
    found = routes_json([*tables(rng), *(each for each, _ in policies)])
    assert len(found["items"]) == 8
    aged = sorted(policies, key=lambda each: (each[1], each[0]["metadata"]["namespace"], each[0]["metadata"]["name"]))
    for row in found["items"]:
        winners: dict[str, str] = {}
        losers: set[tuple[str, str]] = set()
        for policy, _ in aged:
            if reaches(policy, row):
                name = f"{policy['kind']} {policy['metadata']['namespace']}/{policy['metadata']['name']}"
                winner = winners.setdefault(policy["kind"], name)
                losers |= {(name, winner)} if winner != name else set()
        states = row["policies"]
        assert {named(each["ref"]) for each in states if each["state"] == "applied"} == set(winners.values())
        assert {(named(each["ref"]), named(each["lostTo"])) for each in states if each["state"] == "lost"} == losers

"""Which functions routes may call, against an independent computation (`spec/v2.md` 2.5, 2.8, 3.3 rule 3c, 7.6).

Worlds are made of a seed: accounts in two regions, a listener and delegates with any filters, and routes that call
functions with and without a filter above them.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from random import Random
from typing import Any

import pytest

from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.resolve.target import all_rows

Json = dict[str, Any]
WORLDS = int(os.environ.get("GMG_FUNCTIONS", "80"))
NETWORKING = "networking.gloo.solo.io/v2"
ACCOUNTS, REGIONS, ROLES, FUNCTIONS = ("1", "2"), ("us", "eu"), ("caller", "reader"), ("pay", "pay-eu", "list")
LISTS: dict[str, tuple[str, ...]] = {
    "accountIds": ACCOUNTS,
    "regions": REGIONS,
    "iamRoles": (*ROLES, ".*er"),
    "lambdaFunctions": (*FUNCTIONS, "pay.*", "(list|pay)"),
}
PATTERNS = ("iamRoles", "lambdaFunctions")


def manifest(group: str, kind: str, name: str, spec: Json) -> Json:
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name, "namespace": "apps"}, "spec": spec}


class World:
    """Manifests, and what is needed to judge them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.accounts = {f"cloud{n}": self.account() for n in range(3)}
        self.listener = [self.entry(host) for host in self.random.choice((["*"], ["*.x.test"], ["*", "a.x.test"]))]
        self.delegates = {name: self.filters() for name in ("open", "closed")}
        self.calls: dict[tuple[str, str], tuple[str, str]] = {}
        self.objects = [
            *(manifest("infrastructure.gloo.solo.io/v2", "CloudProvider", *each) for each in self.accounts.items()),
            self.gateway(),
            self.root(),
            self.child(),
        ]

    def account(self) -> Json:
        random = self.random
        aws: Json = {"accountId": random.choice(ACCOUNTS), "region": random.choice(REGIONS)}
        return {"aws": {**aws, "lambda": {"invokeRoleName": random.choice(ROLES)}}}

    def filters(self) -> list[Json] | None:
        """No filters at all in some cases, an empty list in others."""
        if self.random.random() < 0.3:
            return None
        return [self.filter() for _ in range(self.random.choice((0, 1, 1, 2)))]

    def filter(self) -> Json:
        chosen = self.random.sample(sorted(LISTS), self.random.choice((0, 1, 2, 2, 3)))
        aws = {name: self.random.sample(LISTS[name], self.random.choice((0, 1, 1, 1, 2))) for name in chosen}
        return {"cloudProvider": {"aws": aws}}

    def entry(self, host: str) -> Json:
        filters = self.filters()
        return {"host": host, **({} if filters is None else {"allowedRoutes": filters})}

    def gateway(self) -> Json:
        listener = {"http": {}, "port": {"number": 80}, "allowedRouteTables": self.listener}
        return manifest(NETWORKING, "VirtualGateway", "edge", {"workloads": [{}], "listeners": [listener]})

    def root(self) -> Json:
        """A table that calls functions itself, and delegates to one child twice."""
        http = [self.rule("root", n) for n in range(2)]
        for name, filters in self.delegates.items():
            delegate: Json = {"routeTables": [{"name": "child"}]}
            if filters is not None:
                delegate["allowedRoutes"] = filters
            http.append({"name": name, "matchers": [{"uri": {"prefix": f"/{name}"}}], "delegate": delegate})
        spec = {"hosts": ["a.x.test"], "virtualGateways": [{"name": "edge"}], "http": http}
        return manifest(NETWORKING, "RouteTable", "root", spec)

    def child(self) -> Json:
        http = [self.rule("child", n) for n in range(3)]
        http.append({"name": "plain", "directResponse": {"status": 404}})
        return manifest(NETWORKING, "RouteTable", "child", {"http": http})

    def rule(self, table: str, number: int) -> Json:
        account, function = self.random.choice(sorted(self.accounts)), self.random.choice(FUNCTIONS)
        self.calls[table, f"{table}{number}"] = account, function
        called = {"cloudProvider": {"name": account}, "function": function}
        forward = {"destinations": [{"awsLambda": called, "kind": "EXTERNAL_SERVICE"}]}
        return {"name": f"{table}{number}", "matchers": [{"uri": {"exact": f"/{number}"}}], "forwardTo": forward}


def expected(world: World) -> list[tuple[str, bool]]:
    """Each way to a rule, and whether it is served."""
    found = []
    for (table, rule), call in world.calls.items():
        let = any(lets(world, each.get("allowedRoutes"), call) for each in world.listener)
        if table == "root":
            found.append((rule, let))
        else:
            found += [(f"{name}/{rule}", let and lets(world, own, call)) for name, own in world.delegates.items()]
    return sorted([*found, ("open/plain", True), ("closed/plain", True)])


def lets(world: World, filters: list[Json] | None, call: tuple[str, str]) -> bool:
    return not filters or any(fits(world, each["cloudProvider"]["aws"], call) for each in filters)


def fits(world: World, wanted: Json, call: tuple[str, str]) -> bool:
    aws = world.accounts[call[0]]["aws"]
    facts = {
        "accountIds": aws["accountId"],
        "regions": aws["region"],
        "iamRoles": aws["lambda"]["invokeRoleName"],
        "lambdaFunctions": call[1],
    }
    return all(
        not values
        or any(re.fullmatch(each, facts[name]) if name in PATTERNS else each == facts[name] for each in values)
        for name, values in wanted.items()
    )


def told(world: World) -> list[tuple[str, bool]]:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": world.objects}).encode()
    session = Session(Settings(filename=("-",), stdin=lambda: text))
    rows = tuple(all_rows(session.resolved))
    served = [row for row in rows if row.route.index is not None]
    assert [row.route.index for row in served] == list(range(1, len(served) + 1))
    assert all((row.route.status.value == "invalid") == (row.route.index is None) for row in rows)
    return sorted(
        ("/".join(rule.name for rule in row.route.terminal.rules), row.route.index is not None) for row in rows
    )


@pytest.mark.parametrize("seed", range(WORLDS))
def test_functions_that_may_be_called(seed: int) -> None:
    world = World(seed)
    assert told(world) == expected(world)


def test_the_worlds_are_rich_enough() -> None:
    outcomes = Counter(let for seed in range(WORLDS) for _, let in expected(World(seed)))
    assert min(outcomes[True], outcomes[False]) > WORLDS


def test_what_is_not_known_of_an_account_fits() -> None:
    """DEC-27: without CloudProviders in the input only the names of functions can be compared."""
    world = World(0)
    world.listener[:] = [{"host": "*", "allowedRoutes": [{"cloudProvider": {"aws": {"regions": ["mars"]}}}]}]
    world.delegates = dict.fromkeys(world.delegates)
    world.objects = [world.gateway(), *world.objects[-2:]]
    world.objects[1]["spec"]["http"] = world.objects[1]["spec"]["http"][:2]
    assert [served for _, served in told(world)] == [True, True]

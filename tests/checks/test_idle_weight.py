"""A weight is called idle (GMG216): resolving without it shows whether that is so, in many small configurations."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from kubectl_gmg.api import lower
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.gmg216_idle_weight import idle_weight
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import RawObject, Snapshot, SourceType
from kubectl_gmg.resolve import resolve
from kubectl_gmg.resolve.order import flatten

V1BETA1, V2 = "networking.enterprise.mesh.gloo.solo.io/v1beta1", "networking.gloo.solo.io/v2"
PATHS = ("a", "b", "aa", "bb", "cc")

Manifest = dict[str, Any]


def leaf(random: Random, name: str, *, first: bool) -> Manifest:
    matcher = {"uri": {random.choice(("prefix", "exact", "regex")): "/" + random.choice(PATHS)}}
    return {
        "name": name,
        "matchers": [matcher],
        ("directResponseAction" if first else "directResponse"): {"status": 200},
    }


def delegating(random: Random, name: str, tables: list[str], *, first: bool) -> Manifest:
    chosen = random.sample(tables, random.randint(1, min(3, len(tables))))
    entries = [{"name": each, "namespace": "apps"} for each in chosen]
    action: Manifest = {"refs": entries} if first else {"routeTables": entries}
    if random.random() < 0.4:
        action["sortMethod"] = "ROUTE_SPECIFICITY"
    matcher = {"uri": {"prefix": "/" + random.choice(PATHS)}}
    return {"name": name, "matchers": [matcher], ("delegateAction" if first else "delegate"): action}


def rules(random: Random, below: list[str], *, first: bool) -> list[Manifest]:
    return [
        delegating(random, f"r{number}", below, first=first)
        if below and random.random() < 0.6
        else leaf(random, f"r{number}", first=first)
        for number in range(random.randint(1, 3))
    ]


def manifests(random: Random, *, first: bool) -> list[Manifest]:
    """A host above up to five tables; each delegates to some of those after it."""
    names = [f"t{number}" for number in range(random.randint(2, 5))]
    version, field = (V1BETA1, "routes") if first else (V2, "http")
    spec = {"domains" if first else "hosts": ["shop.example.com"], field: rules(random, names, first=first)}
    kind = "VirtualHost" if first else "RouteTable"
    found = [{"apiVersion": version, "kind": kind, "metadata": {"name": "shop", "namespace": "apps"}, "spec": spec}]
    for place, name in enumerate(names, 1):
        spec = {"weight": random.choice((0, 0, 1, 1, 2)), field: rules(random, names[place:], first=first)}
        metadata = {"name": name, "namespace": "apps"}
        found.append({"apiVersion": version, "kind": "RouteTable", "metadata": metadata, "spec": spec})
    return found


def order(declared: Declared) -> list[tuple[object, ...]]:
    """The routes of the only host, which no gateway serves, in the order that the proxy would try them."""
    (host,) = resolve(declared).unattached
    ranking = declared.realm(host.declared.ref).conventions.ranking
    leaves = (leaf for node in host.tree for leaf in flatten(node, ranking))
    return [tuple(rule.origin for rule in leaf.rules) for leaf in leaves]


@pytest.mark.parametrize("first", [True, False], ids=["v1beta1", "v2"])
def test_idle_weights_can_be_taken_away(first: bool) -> None:
    claims = 0
    for seed in range(300):
        bodies = manifests(Random(seed), first=first)
        generation = "v1beta1" if first else "v2"
        refs = [ObjectRef("apps", body["metadata"]["name"], body["kind"], generation) for body in bodies]
        snapshot = Snapshot(SourceType.LIVE, tuple(map(RawObject, refs, bodies)))
        declared = lower(snapshot)
        idle = {each.at.ref for each in idle_weight.find(CheckContext(snapshot, declared, resolve(declared)))}
        tables = (replace(each, weight=0) if each.ref in idle else each for each in declared.tables)
        assert order(replace(declared, tables=tuple(tables))) == order(declared), seed
        claims += len(idle)
    assert claims > 50

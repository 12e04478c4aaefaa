"""An independent transcript of `spec/v2.md` 4.3, 4.4 and 8.7 for workloads: who gets which routes, which takes what.

It reads manifests as dicts and knows nothing of the product's code. Worlds are small: one gateway, tables with hosts in
two workspaces or in none, and tables that they delegate to; every rule answers by itself, with its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any, NamedTuple

Json = dict[str, Any]
Labels = dict[str, str]

SELECTORS: tuple[list[Json] | None, ...] = (
    None,
    [],
    [{}],
    [{"selector": {}}],
    [{"selector": {"labels": {"app": "x"}}}],
    [{"selector": {"labels": {"app": "y"}}}],
    [{}, {"selector": {"labels": {"app": "y"}}}],
    [{"selector": {"labels": {"app": "x", "v": "1"}}}],
    [{"selector": {"labels": {"app": "x", "v": "2"}}}],
    [{"selector": {"labels": {"v": "1"}}}],
    [{"selector": {"labels": {"app": "x"}}}, {"selector": {"labels": {"v": "2"}}}],
    [{"selector": {"labels": {"app": "y"}}}, {"kind": "KUBE", "selector": {"labels": {"app": "x", "v": "2"}}}],
)
REFUSED: tuple[list[Json], ...] = (
    [{"kind": "VM", "selector": {"labels": {"app": "x"}}}],
    [{"kind": "VM", "selector": {}}, {"selector": {"labels": {"app": "y"}}}],
    [{"selector": {"labels": {"app": "x"}, "namespace": "a"}}, {"selector": {"labels": {"app": "y"}}}],
    [{"selector": {"workspace": "a"}}],
)
"""Entries that select nothing, alone and beside others, and entries with fields that have no effect."""
SERVICE = "ratings.a.svc.cluster.local"
HOSTS = ("one.test", "two.test", "*.test", SERVICE)
ASKED = ("one.test", "TWO.test", "three.test", SERVICE, "ratings.a", "ratings.a.svc", "ratings", "other.example")
PATHS = ("/", "/p", "/p/1", "/d", "/d/e", "/d/p/1", "/q")
WORKLOADS: tuple[Labels, ...] = (
    {"app": "x"},
    {"app": "x", "v": "1"},
    {"app": "y", "v": "2"},
    {"app": "z"},
)
NEVER = "9999"
"""Where a table stands that has no time: behind all others."""


class Leaf(NamedTuple):
    """A rule at the end of a way down: what it answers, which paths, and the selectors of every level."""

    name: str
    kind: str
    path: str
    levels: tuple[tuple[Labels, ...], ...]

    @property
    def catches_all(self) -> bool:
        """Whether Istio moves it to the end."""
        return (self.kind, self.path) == ("prefix", "/")

    def takes(self, path: str) -> bool:
        """Whether it is for a path."""
        return path == self.path if self.kind == "exact" else path.startswith(self.path)

    def combined(self) -> tuple[list[Labels], bool]:
        """The labels of the workloads that get it, and whether some level contradicts those above."""
        found: list[Labels] = [dict(each) for each in self.levels[0]]
        for level in self.levels[1:]:
            if {} in level:
                continue
            joined = [{**one, **two} for one, two in product(found, level) if agrees(one, two)]
            if not joined:
                return found, True
            found = [each for place, each in enumerate(joined) if each not in joined[:place]]
        return found, False


class World:
    """A configuration that a number makes."""

    def __init__(self, seed: int) -> None:
        dice = Random(seed)
        self.dice = dice
        self.spaces = dice.choice((("a", "b"), ("a", "b"), ()))
        self.children = [self._table(f"child{number}", root=False) for number in range(dice.randint(1, 3))]
        self.roots = [self._table(f"root{number}", root=True) for number in range(dice.randint(2, 5))]
        self.shared = bool(self.spaces) and dice.random() < 0.5
        sharing = [settings("a", "exportTo", "b"), settings("b", "importFrom", "a")] if self.shared else []
        self.objects = [*map(workspace, self.spaces), *sharing, gateway(), *self.roots, *self.children]
        dice.shuffle(self.objects)

    def _table(self, name: str, *, root: bool) -> Json:
        dice = self.dice
        spec: Json = {"http": [self._rule(name, number, root=root) for number in range(dice.randint(1, 3))]}
        selectors = dice.choice((*SELECTORS, *REFUSED) if root else SELECTORS[2:])
        if selectors is not None:
            spec["workloadSelectors"] = selectors
        metadata: Json = {"name": name, "namespace": dice.choice("ab")}
        if dice.random() < 0.6:
            metadata["creationTimestamp"] = f"2024-01-0{dice.randint(1, 3)}T00:00:00Z"
        if root:
            metadata["labels"] = dice.choice(({}, SHARED))
            spec["hosts"] = dice.sample(HOSTS, dice.randint(1, 2))
            named: list[list[Json] | None] = [None, [], [{"name": "edge", "namespace": "a"}]]
            gateways = dice.choice(named)
            if gateways is not None:
                spec["virtualGateways"] = gateways
        else:
            spec["weight"] = dice.choice((0, 0, 5))
            metadata["labels"] = {"t": dice.choice("12")}
        return {"apiVersion": f"{NETWORKING}", "kind": "RouteTable", "metadata": metadata, "spec": spec}

    def _rule(self, table: str, number: int, *, root: bool) -> Json:
        name = f"{table}-{number}"
        if root and self.dice.random() < 0.5:
            return {
                "name": name,
                "matchers": [{"uri": {"prefix": "/d"}}],
                "delegate": {"routeTables": [{"labels": {"t": self.dice.choice("12")}}]},
            }
        matchers = self.dice.choice(
            ([], [{"uri": {"prefix": "/p"}}], [{"uri": {"exact": "/e"}}], [{"uri": {"prefix": "/"}}])
        )
        return {"name": name, "matchers": matchers, "directResponse": {"status": 200, "body": name}}

    def owner(self, table: Json) -> str:
        """The workspace of a table."""
        return str(table["metadata"]["namespace"]) if self.spaces else ""

    def has(self, space: str, root: Json) -> bool:
        """Whether a workspace owns a table, or imports it."""
        imported = self.shared and space == "b" and root["metadata"]["labels"] == SHARED
        return imported or self.owner(root) == space

    def leaves(self, root: Json) -> Iterator[Leaf]:
        """The rules below a table with hosts, in order."""
        own = (sidecars(root),)
        for rule in root["spec"]["http"]:
            if "delegate" not in rule:
                yield Leaf(rule["name"], *path_of(rule), own)
                continue
            wanted = rule["delegate"]["routeTables"][0]["labels"]
            found = [
                each
                for each in self.children
                if each["metadata"]["labels"] == wanted and self.owner(each) == self.owner(root)
            ]
            if not found:
                yield Leaf("500", "prefix", "/d", own)
            for child in sorted(found, key=lambda each: (-each["spec"]["weight"], *age(each, "namespace", "name"))):
                levels = (*own, labels_of(child))
                yield from (Leaf(each["name"], *below(each), levels) for each in child["spec"]["http"])


NETWORKING = "networking.gloo.solo.io/v2"


SHARED = {"share": "yes"}
"""The labels of the tables that workspace `b` imports from `a`, where anything is shared."""


def settings(name: str, field: str, other: str) -> Json:
    """What a tenant shares with another."""
    resources = [{"kind": "ROUTE_TABLE", "labels": SHARED}]
    spec = {field: [{"workspaces": [{"name": other}], "resources": resources}]}
    metadata = {"name": name, "namespace": name}
    return {"apiVersion": "admin.gloo.solo.io/v2", "kind": "WorkspaceSettings", "metadata": metadata, "spec": spec}


def workspace(name: str) -> Json:
    """A tenant of one namespace."""
    spec = {"workloadClusters": [{"name": "*", "namespaces": [{"name": name}]}]}
    metadata = {"name": name, "namespace": "gloo-mesh"}
    return {"apiVersion": "admin.gloo.solo.io/v2", "kind": "Workspace", "metadata": metadata, "spec": spec}


def gateway() -> Json:
    """The only gateway."""
    spec = {"listeners": [{"http": {}, "port": {"number": 80}}]}
    metadata = {"name": "edge", "namespace": "a"}
    return {"apiVersion": NETWORKING, "kind": "VirtualGateway", "metadata": metadata, "spec": spec}


def agrees(one: Labels, two: Labels) -> bool:
    """Whether a workload can have the labels of both."""
    return all(one.get(key, value) == value for key, value in two.items())


def labels_of(table: Json) -> tuple[Labels, ...]:
    """What each allowed entry wants; an empty one where nothing is written."""
    written = table["spec"].get("workloadSelectors")
    if not written:
        return ({},)
    allowed = (entry.get("selector", {}) for entry in written if entry.get("kind", "KUBE") == "KUBE")
    return tuple(each.get("labels", {}) for each in allowed)


def sidecars(root: Json) -> tuple[Labels, ...]:
    """The table of 4.4: what the workloads want that a table with hosts is for; nothing at all for none."""
    spec = root["spec"]
    return () if spec.get("virtualGateways") and not spec.get("workloadSelectors") else labels_of(root)


def has(workload: Labels, wanted: Labels) -> bool:
    """Whether a workload has all the labels."""
    return wanted.items() <= workload.items()


def path_of(rule: Json) -> tuple[str, str]:
    """What a rule is for; without a path it is for everything."""
    if not rule["matchers"]:
        return "prefix", "/"
    ((kind, path),) = rule["matchers"][0]["uri"].items()
    return kind, path


def below(rule: Json) -> tuple[str, str]:
    """The same for a rule below the prefix `/d` (8.2)."""
    kind, path = path_of(rule)
    return ("prefix", "/d") if not rule["matchers"] else (kind, f"/d{path}")


def age(table: Json, *ties: str) -> tuple[str, ...]:
    """What puts older tables first."""
    metadata = table["metadata"]
    return metadata.get("creationTimestamp", NEVER), *(metadata[each] for each in ties)


def chosen_domain(host: str, domains: set[str]) -> str | None:
    """The domain that a proxy picks: exact, also by the short names of a Service, else the longest wildcard."""
    name = host.lower()
    if name in domains:
        return name
    if SERVICE in domains and name in ("ratings.a", "ratings.a.svc"):
        return SERVICE
    wild = [each for each in domains if each.startswith("*") and name.endswith(each[1:]) and len(name) > len(each) - 1]
    return max(wild, key=len, default=None)


def expected(world: World, workload: Labels, host: str, path: str) -> dict[str, str]:
    """By workspace what answers: the name of a rule, `500`, or `404`; workspaces whose tables do not name it lack."""
    found = {}
    for space in world.spaces or ("",):
        roots = [
            each
            for each in world.roots
            if world.has(space, each) and any(has(workload, wanted) for wanted in sidecars(each))
        ]
        domain = chosen_domain(host, {name.lower() for each in roots for name in each["spec"]["hosts"]})
        if domain is not None:
            serving = [each for each in roots if domain in each["spec"]["hosts"]]
            found[space] = answer(
                world, sorted(serving, key=lambda each: age(each, "name", "namespace")), workload, path
            )
    return found


def answer(world: World, roots: list[Json], workload: Labels, path: str) -> str:
    """The first rule that takes a path, of several tables merged (4.3)."""
    first: list[tuple[Leaf, bool]] = []
    last: list[tuple[Leaf, bool]] = []
    for root in roots:
        for leaf in world.leaves(root):
            wanted, broken = leaf.combined()
            if not any(has(workload, each) for each in wanted):
                continue
            if leaf.catches_all:
                last.append((leaf, broken))
                break
            first.append((leaf, broken))
    taken = (("500" if broken else leaf.name) for leaf, broken in (*first, *last) if leaf.takes(path))
    return next(taken, "404")


def listed(world: World) -> set[tuple[str, str, str, frozenset[frozenset[tuple[str, str]]]]]:
    """Every route within the mesh: host, rule, path, and the labels of the workloads that get it."""
    found = set()
    for root in world.roots:
        for domain in root["spec"]["hosts"] if sidecars(root) else ():
            for leaf in world.leaves(root):
                wanted, _ = leaf.combined()
                labels = frozenset(frozenset(each.items()) for each in wanted)
                found.add((domain, root["metadata"]["name"], leaf.path, labels))
    return found

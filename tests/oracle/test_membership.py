"""Whose a namespace is: `spec/v2.md` 12.1 told again, over clusters, names with stars, labels and `configEnabled`."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import product
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.gaps import gaps_of
from kubectl_gmg.resolve.tenancy import Tenancy
from kubectl_gmg.sources import files
from tests.run import manifests_text

Json = dict[str, Any]
Place = tuple[str, str]
CLUSTERS: dict[str, Json] = {"east": {"region": "1"}, "west": {"region": "2"}}
SPACES = ("web", "web-2", "shop")
NAMES = (None, "web", "web*", "*-2", "*", "shop")
LABELS: tuple[Json | None, ...] = (None, {}, {"team": "a"}, {"team": "b"}, {"team": "a", "env": "x"})
CARRIED: tuple[Json, ...] = ({}, {"team": "a"}, {"team": "b"}, {"team": "a", "env": "x"})
PLACES = tuple(product(CLUSTERS, SPACES))
Known = Mapping[Place, Json]


def some(dice: Random, **choices: Any) -> Json:
    """An entry with some of these fields, where one is drawn that is not None."""
    drawn = {name: dice.choice(values) for name, values in choices.items()}
    return {name: value for name, value in drawn.items() if value is not None}


def drawn_workspaces(dice: Random) -> list[Json]:
    """Some workspaces, the older ones first."""
    return [
        {
            "apiVersion": "admin.gloo.solo.io/v2",
            "kind": "Workspace",
            "metadata": {"name": f"w{age}", "namespace": "gm", "creationTimestamp": f"2024-01-0{age + 1}T00:00:00Z"},
            "spec": {"workloadClusters": [drawn_clusters(dice) for _ in range(dice.randrange(1, 3))]},
        }
        for age in range(dice.randrange(1, 4))
    ]


def drawn_clusters(dice: Random) -> Json:
    selectors = (None, None, {"region": "1"})
    found = some(dice, name=("*", "east", "w*", None), selector=selectors, configEnabled=(None, None, False))
    return found | {"namespaces": [drawn_namespaces(dice) for _ in range(dice.randrange(1, 3))]}


def drawn_namespaces(dice: Random) -> Json:
    return some(dice, name=NAMES, labels=LABELS, configEnabled=(None, None, False))


def manifests(workspaces: list[Json], known: Known) -> list[Json]:
    """All objects: a table in each namespace of each cluster, and the namespaces whose labels are known."""
    tables = [
        {
            "apiVersion": "networking.gloo.solo.io/v2",
            "kind": "RouteTable",
            "metadata": {"name": "t", "namespace": space, "annotations": {"cluster.solo.io/cluster": cluster}},
            "spec": {"http": []},
        }
        for cluster, space in PLACES
    ]
    registered = [
        {
            "apiVersion": "admin.gloo.solo.io/v2",
            "kind": "KubernetesCluster",
            "metadata": {"name": name, "namespace": "gm", "labels": labels},
        }
        for name, labels in CLUSTERS.items()
    ]
    spaces = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": space, "labels": {**labels, "cluster.solo.io/cluster": cluster}},
        }
        for (cluster, space), labels in known.items()
    ]
    return [*workspaces, *tables, *registered, *spaces]


# ---- 12.1, told again


def has(workspace: Json, place: Place, labels: Json) -> list[bool]:
    """For every entry that has the namespace whether configuration is read there."""
    cluster, space = place
    return [
        part.get("configEnabled", True) and entry.get("configEnabled", True)
        for part in workspace["spec"]["workloadClusters"]
        if fnmatchcase(cluster, part.get("name") or "*")
        and (part.get("selector") or {}).items() <= CLUSTERS[cluster].items()
        for entry in part["namespaces"]
        if (entry.get("name") or entry.get("labels"))  # empty labels are ignored, not "all"
        and fnmatchcase(space, entry.get("name") or "*")
        and (entry.get("labels") or {}).items() <= labels.items()
    ]


def owners(workspaces: list[Json], place: Place, labels: Json) -> list[tuple[str, bool]]:
    """The workspaces that have a namespace, the oldest first, and whether they read configuration there."""
    found = [(each["metadata"]["name"], has(each, place, labels)) for each in workspaces]
    return [(name, any(read)) for name, read in found if read]


# ---- what the program says


def answered(workspaces: list[Json], known: Known) -> tuple[dict[Place, tuple[str | None, str | None]], set[Place]]:
    """By namespace whose tables and whose Services there are, and the namespaces that are in doubt."""
    text = manifests_text(manifests(workspaces, known)).encode()
    read = files.read(["-"], recursive=False, namespace=None, kinds=KINDS, stdin=lambda: text)
    declared = lower(read)
    ((_, realm),) = declared.realms
    tenancy = Tenancy(realm)

    def owner(place: Place, kind: str) -> str | None:
        return tenancy.owner(ObjectRef(place[1], "t", kind, "v2", place[0]))

    lacks = [each for each in gaps_of(declared) if each.kind == "Namespace"]
    doubtful = {
        place
        for place in PLACES
        for gap in lacks
        if gap.cluster == place[0] and (gap.namespace or place[1]) in place[1] and place[1] in mentioned(gap.message)
    }
    return {place: (owner(place, "RouteTable"), owner(place, "Service")) for place in PLACES}, doubtful


def mentioned(message: str) -> set[str]:
    """The words of a message."""
    return set(message.replace(",", " ").split())


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_known_labels_decide(seed: int) -> None:
    dice = Random(seed)
    workspaces = drawn_workspaces(dice)
    known = {place: dice.choice(CARRIED) for place in PLACES}
    found, doubtful = answered(workspaces, known)
    assert doubtful == set()
    for place, (of_table, of_service) in found.items():
        expected = owners(workspaces, place, known[place])
        name, read = expected[0] if expected else (None, False)
        assert (of_table, of_service) == (name if read else None, name)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_not_in_doubt_holds_whatever_the_unknown_labels_are(seed: int) -> None:
    """As long as each namespace is of one workspace at most; and what is in doubt depends on them."""
    dice = Random(seed)
    workspaces = drawn_workspaces(dice)
    known = {place: dice.choice(CARRIED) for place in PLACES if dice.random() < 0.5}
    found, doubtful = answered(workspaces, known)
    assert doubtful.isdisjoint(known)
    for place in PLACES:
        possible = [known[place]] if place in known else [*CARRIED, {"team": "b", "env": "x"}]
        holders = [[name for name, _ in owners(workspaces, place, labels)] for labels in possible]
        single = {each[0] if each else None for each in holders if len(each) < 2}
        if place not in doubtful:
            assert single <= {found[place][1]}
        else:
            assert len({tuple(each) for each in holders}) > 1

"""Policies that others wrote: every kind is known, and each reaches what its labels say. Skipped without the corpus.

No outcome of a manifest is written here; what holds for any of them is (`spec/v2.md` 9, 11.2, DEC-19).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.resolve.target import all_rows
from kubectl_gmg.views import RouteRow
from tests.oracle.policy_rules import FIELDS, GROUP, ROUTES
from tests.test_corpus import CORPUS, MANIFESTS

Json = dict[str, Any]
POLICED = [path for path in MANIFESTS if "v2" in path.parts and ".policy.gloo.solo.io/v2" in path.read_text()]
EVERYWHERE = "reaches-every-route"
"""The name of policies that are put beside a manifest."""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@pytest.mark.skipif(
    not CORPUS.is_dir(),
    reason="manifests of others are not ours to ship: they are read where they lie beside the checkout",
)
def test_every_kind_is_known() -> None:
    """Each kind stands in the group that 11.1 gives it."""
    text = "\n".join(path.read_text() for path in POLICED)
    found = set(re.findall(r"^apiVersion: (\w+)\.policy\.gloo\.solo\.io/v2\nkind: (\w+Policy)$", text, re.MULTILINE))
    assert len(found) > 15
    assert found <= {(group, kind) for kind, group in GROUP.items()}


@pytest.mark.parametrize("path", POLICED, ids=lambda path: str(path.relative_to(CORPUS)))
def test_policies_reach_what_they_select(path: Path) -> None:
    """Those that stand beside the table or the root of a route; who else sees it depends on the workspaces."""
    objects = objects_of(path)
    for row, labels in routes(objects):
        near = {row.route.root.ref.namespace, row.rule.origin.ref.namespace}
        shown = {(use.ref.kind, use.ref.namespace, use.ref.name) for use in row.policies}
        assert {name for _, name, what in shown if what == EVERYWHERE} >= near
        for policy in objects:
            by_labels, name = labels_wanted(policy), policy["metadata"]["name"]
            if by_labels and namespace_of(policy) in near:
                meant = any(wanted.items() <= labels.items() for wanted in by_labels)
                assert ((policy["kind"], namespace_of(policy), name) in shown) == meant, row.id


def objects_of(path: Path) -> list[Json]:
    """The objects of a manifest; of those that stand there twice the first."""
    found: dict[tuple[str, ...], Json] = {}
    for each in yaml.load_all(path.read_text(), LOADER):
        if isinstance(each, dict):
            meta = each["metadata"]
            found.setdefault((each["apiVersion"], each["kind"], namespace_of(each), str(meta["name"])), each)
    return list(found.values())


def namespace_of(thing: Json) -> str:
    """Where an object is; the files are read as kubectl would without a namespace."""
    return str(thing["metadata"].get("namespace", "default"))


def routes(objects: list[Json]) -> Iterator[tuple[RouteRow, dict[str, str]]]:
    """The routes of a manifest with their labels, beside one policy for everything in each namespace."""
    beside = map(for_everything, sorted(set(map(namespace_of, objects))))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [*objects, *beside]}, default=str)
    session = Session(Settings(filename=("-",), stdin=text.encode))
    for row in all_rows(session.resolved):
        if row.route.connection is None:
            yield row, {key: label.value for key, label in row.route.terminal.labels}


def for_everything(namespace: str) -> Json:
    """A policy that names no routes, so it means all of its workspace (11.1)."""
    meta = {"name": EVERYWHERE, "namespace": namespace}
    return {"apiVersion": "security.policy.gloo.solo.io/v2", "kind": "DLPPolicy", "metadata": meta, "spec": {}}


def labels_wanted(policy: Json) -> list[dict[str, str]]:
    """The labels of each entry of a policy that chooses routes by nothing else; none of other policies."""
    if FIELDS.get(policy["kind"]) not in ((ROUTES,), (ROUTES, "applyToDestinations")):
        return []
    spec = policy["spec"]
    entries = [each.get("route") for each in spec.get(ROUTES, ())]
    if spec.get("applyToDestinations") or not all(each and set(each) == {"labels"} for each in entries):
        return []
    return [{key: str(value) for key, value in each["labels"].items()} for each in entries]

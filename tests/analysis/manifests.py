"""Makes a change in manifests as a person would, and asks the program what is served then."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.finding import Edit
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Resolved
from kubectl_gmg.resolve import resolve
from kubectl_gmg.sources import files
from kubectl_gmg.views import Effect
from tests.run import gmg, manifests_text

Json = dict[str, Any]
States = dict[str, tuple[str, str, int, str]]
"""By key: the gateway, the id, the number of the match, and `#N` or `unreachable`."""

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FIRST = sorted(path for path in SCENARIOS.glob("v1beta1/[0-9]*.yaml") if "expect" not in path.name)
SECOND = sorted(path for path in SCENARIOS.glob("v2/*.yaml") if "expect" not in path.name)
ENVIRONMENT = SCENARIOS / "v1beta1" / "00-environment.yaml"
DEMO = Path(__file__).parents[2] / "kubectl_gmg" / "sources"
EXAMPLES = {
    **{path.stem: (ENVIRONMENT, path) for path in FIRST if path != ENVIRONMENT},
    **{f"v2-{path.stem}": (path,) for path in SECOND},
    "demo": (DEMO / "demo.yaml",),
    "demo-v2": (DEMO / "demo-v2.yaml",),
}


def example(name: str) -> list[Json]:
    """The objects of an example; every rule has a name of its own."""
    found = [
        document for path in EXAMPLES[name] for document in yaml.safe_load_all(path.read_text()) if document is not None
    ]
    return named(found)


def rule_lists(manifest: Json) -> Iterator[list[Json]]:
    """The lists of rules of an object."""
    spec = manifest.get("spec") or {}
    yield from (spec[name] for name in ("routes", "http") if isinstance(spec.get(name), list))
    for handler in spec.get("connectionHandlers") or ():
        for entry in (handler.get("http") or {}).get("routeConfig") or ():
            yield (entry.get("virtualHost") or {}).get("routes") or []


def named(manifests: list[Json]) -> list[Json]:
    """The same with a name for every rule that has none, or that of another: ids count neither then."""
    found = copy.deepcopy(manifests)
    for manifest in found:
        for rules in rule_lists(manifest):
            names: set[str] = set()
            for number, rule in enumerate(rules):
                if not rule.get("name") or rule["name"] in names:
                    rule["name"] = f"rule-{number}"
                names.add(rule["name"])
    return found


def written(manifests: list[Json], folder: Path) -> str:
    """The objects as a file."""
    path = folder / "routes.json"
    path.write_text(manifests_text(manifests))
    return str(path)


def declared_in(path: str) -> tuple[Declared, Resolved]:
    """What a file says, and what is served."""
    snapshot = files.read([path], recursive=False, namespace=None, kinds=KINDS, stdin=lambda: b"")
    declared = lower(snapshot)
    return declared, resolve(declared)


def states(manifests: list[Json], folder: Path) -> States:
    """What becomes of every route, as `routes` says it."""
    ran = gmg("routes", "-f", written(manifests, folder), "-o", "json", "--all-routes")
    assert ran.code == 0, ran.err
    found: States = {}
    for row in ran.json["items"]:
        served = row["gateway"] or dict.fromkeys(("namespace", "name", "cluster", "generation"), "mesh")
        gateway = "{namespace}/{name}/{cluster}/{generation}".format(**served)
        if row["unreachable"] is not None:
            found[row["key"]] = (gateway, row["id"], row["matchIndex"], "unreachable")
        elif row["index"] is not None:
            found[row["key"]] = (gateway, row["id"], row["matchIndex"], f"#{row['index']}")
    return found


def changed(before: States, after: States) -> set[tuple[str, str, int, str, str]]:
    """Every route with another state, once for each gateway."""
    found = set()
    for key in {**before, **after}:
        gateway, name, number, _ = before.get(key) or after[key]
        was, now = (side[key][3] if key in side else "absent" for side in (before, after))
        if was != now:
            found.add((gateway, name, number, was, now))
    return found


def promised(effects: Sequence[Effect], *sides: States) -> set[tuple[str, str, int, str, str]]:
    """What the effects say, in the form of `changed`; each of them once."""
    known = {key: value[0] for side in sides for key, value in side.items()}
    found = {(known[each.key], each.id, each.match_index, each.before, each.after) for each in effects}
    assert len(found) == len(effects)
    return found


def edited(manifests: list[Json], edits: Sequence[Edit]) -> list[Json]:
    """The objects after all the edits; rules move last, since paths are those of the objects as they are."""
    found: list[Json] = unshared(manifests)
    for edit in sorted(edits, key=lambda each: isinstance(each.at.path[-1], int)):
        make(found, edit)
    return found


def unshared(value: Any) -> Any:
    """A copy in which nothing stands at two places, as generated objects have it: an edit is of one place."""
    if isinstance(value, dict):
        return {key: unshared(each) for key, each in value.items()}
    return [unshared(each) for each in value] if isinstance(value, list) else value


def make(manifests: list[Json], edit: Edit) -> None:
    """One edit: a rule moves, a list of namespaces is read as YAML, a weight is a number, all else is text."""
    *way, last = edit.at.path
    holder = owner(manifests, edit.at)
    for step in way:
        holder = holder.setdefault(step, {}) if isinstance(holder, dict) else holder[step]
    if isinstance(last, int):
        assert edit.before == str(last + 1)
        holder.insert(int(edit.after) - 1, holder.pop(last))
        return
    old = holder.get(last)
    holder[last] = yaml.safe_load(edit.after) if last in ("weight", "namespaces") else edit.after
    if old is not None and last != "namespaces":
        assert edit.before == str(old)


def owner(manifests: list[Json], at: Origin) -> Any:
    """The object of a place."""
    wanted = (at.ref.kind, at.ref.namespace, at.ref.name)
    (found,) = (
        each
        for each in manifests
        if (each["kind"], each["metadata"].get("namespace", "default"), each["metadata"]["name"]) == wanted
        and each["apiVersion"].endswith(f"/{at.ref.generation}")
    )
    return found

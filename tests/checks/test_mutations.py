"""Mistakes seeded into sound configurations, one at a time: just the finding that each deserves.

`tests/mutations.yaml` lists them. `clean` names the configuration; `change` are edits: `object` with `field` and
`value` (written there) or `remove: true` (no longer written), or `add` with a whole object. With `every: true` the edit
is made at each place that a field with `[*]` names, and of each object that a name `*` fits, one after the other. `at`
is the place of the finding: `{object}` and `{field}` stand for those of the first edit. Findings that come besides
(`also`) are rare, and each is written down.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg.checks.catalogue import rules
from tests.examples import written
from tests.run import gmg, manifests_text

FOLDER = Path(__file__).parent
MUTATIONS: list[dict[str, Any]] = written(FOLDER.parent / "mutations.yaml")
STEP = re.compile(r"\[(\d+|\*)\]|([^.\[\]]+)")
KEYS = {"code", "clean", "why", "change", "at", "every", "also", "args"}
CLEAN = ("v1beta1", "v2")

Objects = list[dict[str, Any]]
Place = tuple[str, str]
Steps = tuple[str | int, ...]


@cache
def clean(name: str) -> Objects:
    return list(yaml.load_all((FOLDER / "clean" / f"{name}.yaml").read_text(), yaml.CSafeLoader))


def found_in(objects: Objects, arguments: tuple[str, ...] = ()) -> dict[Place, str]:
    """The findings by code and place, with their severity."""
    ran = gmg("check", "-f", "-", "-o", "json", *arguments, stdin=manifests_text(objects))
    assert ran.code in (0, 1), ran.err
    return {(item["code"], place(item["at"])): item["severity"] for item in ran.json["items"]}


def place(origin: dict[str, Any]) -> str:
    ref = origin["ref"]
    return f"{ref['kind']} {ref['namespace']}/{ref['name']} {origin['field']}".rstrip()


@cache
def before(name: str, arguments: tuple[str, ...] = ()) -> dict[Place, str]:
    return found_in(clean(name), arguments)


def named(manifest: dict[str, Any]) -> str:
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {metadata.get('namespace', 'default')}/{metadata['name']}"


def steps_of(field: str) -> Steps:
    return tuple(
        int(found[1]) if (found[1] or "").isdigit() else found[1] or found[2] for found in STEP.finditer(field)
    )


def text_of(steps: Steps) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def sites(value: Any, steps: Steps) -> Iterator[Steps]:
    """The places that a field with `[*]` names; what stands behind the last star must be there."""
    if "*" not in steps:
        yield steps
        return
    star = steps.index("*")
    held = value
    for step in steps[:star]:
        held = held.get(step) if isinstance(held, dict) else None
    for number, _ in enumerate(held or ()):
        for rest in sites(held[number], steps[star + 1 :]):
            yield (*steps[:star], number, *rest)


def edited(objects: Objects, change: dict[str, Any]) -> None:
    """Make one edit."""
    if "add" in change:
        objects.append(copy.deepcopy(change["add"]))
        return
    (manifest,) = [each for each in objects if named(each) == change["object"]]
    if change.get("delete"):
        objects.remove(manifest)
        return
    *way, last = steps_of(change["field"])
    held: Any = manifest
    for step in way:
        held = held.setdefault(step, {}) if isinstance(held, dict) else held[step]
    if change.get("remove"):
        del held[last]
    elif isinstance(held, list) and last == len(held):
        held.append(value_of(change))
    else:
        held[last] = value_of(change)


def value_of(change: dict[str, Any]) -> Any:
    """What is written; `{repeat: N, of: item}` is a list of so many."""
    value = copy.deepcopy(change["value"])
    return [value["of"]] * value["repeat"] if isinstance(value, dict) and "repeat" in value else value


def mutants() -> Iterator[Any]:
    for number, mutation in enumerate(MUTATIONS):
        for change in variants(mutation):
            first = change[0]
            where = f"{first.get('object', 'new')}-{first.get('field', '')}".replace(" ", "-").replace("/", "-")
            yield pytest.param(mutation, change, id=f"{mutation['code']}-{number}-{mutation['clean']}-{where}")


def variants(mutation: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The edits of a mutation, once for each place where it can be made."""
    first, *others = mutation["change"]
    if not mutation.get("every"):
        yield [first, *others]
        return
    kind = first["object"].split()[0]
    for manifest in clean(mutation["clean"]):
        if named(manifest) == first["object"] or (first["object"] == f"{kind} *" and manifest["kind"] == kind):
            for found in sites(manifest, steps_of(first["field"])):
                if "value" in first or is_written(manifest, found):
                    yield [{**first, "object": named(manifest), "field": text_of(found)}, *others]


def is_written(manifest: Any, steps: Steps) -> bool:
    held = manifest
    for step in steps:
        if isinstance(held, dict) and step not in held:
            return False
        held = held[step]
    return True


@pytest.mark.parametrize(("mutation", "change"), mutants())
def test_mutation(mutation: dict[str, Any], change: list[dict[str, Any]]) -> None:
    assert set(mutation) <= KEYS, "a mutation that says something nobody reads"
    objects = copy.deepcopy(clean(mutation["clean"]))
    for each in change:
        edited(objects, each)
    assert objects != clean(mutation["clean"])
    arguments = tuple(mutation.get("args", ()))
    first = change[0]
    words = {"object": first.get("object", ""), "field": first.get("field", "")}
    wanted = {(mutation["code"], mutation["at"].format(**words).rstrip())}
    wanted |= {(code, at.format(**words).rstrip()) for code, at in mutation.get("also", ())}
    assert set(found_in(objects, arguments)) - set(before(mutation["clean"], arguments)) == wanted


@pytest.mark.parametrize("name", CLEAN)
def test_clean(name: str) -> None:
    assert set(before(name).values()) <= {"info"}


@pytest.mark.parametrize("name", CLEAN)
def test_every_code_is_seeded(name: str) -> None:
    """At least once for each rule of the families 1xx to 5xx, in each generation that knows it."""
    known = {rule.info.code for rule in rules() if dict(rule.info.severities)[name] and rule.info.code[3] in "12345"}
    seeded = {mutation["code"] for mutation in MUTATIONS if mutation["clean"] == name}
    assert known - seeded - set(UNSEEDED) == set()


UNSEEDED = {"GMG212": "takes 200,000 effective matches: tests/checks/rules/gmg212.yaml"}
"""Codes that cannot be seeded into a configuration of a readable size, and why."""

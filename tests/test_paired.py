"""The same meaning written in both generations gives the same routes (`spec/v2.md` 17).

`NAME.v1beta1.yaml` and `NAME.v2.yaml` say the same; `NAME.expect.yaml` says what, and was written from the pages, so
that both cannot be wrong alike. Nothing of the table of differences occurs in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.run import gmg

Json = dict[str, Any]
FOLDER = Path(__file__).parent / "scenarios" / "paired"
PAIRS = sorted(path.name.removesuffix(".expect.yaml") for path in FOLDER.glob("*.expect.yaml"))
GENERATIONS = ("v1beta1", "v2")


def routes(name: str, generation: str) -> list[Json]:
    """What is served of one half of a pair; destinations are not among the files, so they are unknown in both."""
    ran = gmg("routes", "-f", str(FOLDER / f"{name}.{generation}.yaml"), "-o", "json")
    assert ran.code == 0, ran.err
    found: list[Json] = ran.json["items"]
    assert {row["gateway"]["generation"] for row in found} == {generation}
    assert {row["status"] for row in found} == {"ok"}
    return found


def meaning(row: Json) -> Json:
    """What a route does, apart from where it comes from."""
    fields = ("index", "matchIndex", "matchCount", "domains", "match", "connection", "action", "protocol")
    listener = {field: row["listener"][field] for field in ("index", "protocol", "mode")}
    rules = [hop["name"] for hop in row["hops"]]
    return {field: row[field] for field in fields} | {"listener": listener, "rules": rules, "options": values(row)}


def values(row: Json) -> Json:
    """The options of a route without their places; what they displace differs where one policy loses as a whole."""
    return {name: each["value"] for name, each in row["options"].items()}


@pytest.mark.parametrize("name", PAIRS)
def test_both_generations_mean_the_same(name: str) -> None:
    first, second = (routes(name, generation) for generation in GENERATIONS)
    assert [meaning(row) for row in first] == [meaning(row) for row in second]


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("name", PAIRS)
def test_it_is_what_the_pages_say(name: str, generation: str) -> None:
    wanted = yaml.safe_load((FOLDER / f"{name}.expect.yaml").read_text())["order"]
    assert [said(row, terms) for row, terms in zip(routes(name, generation), wanted, strict=True)] == wanted


def said(row: Json, terms: Json) -> Json:
    """A route in the terms of the expectation."""
    match, action = row["match"], row["action"]
    known: Json = {
        "rule": row["hops"][-1]["name"],
        match["path"]["type"]: match["path"]["value"],
        "headers": [each["name"] for each in match["headers"]],
        "queryParameters": [each["name"] for each in match["queryParameters"]],
        "methods": match["methods"],
        "status": action.get("status"),
        "pathRewrite": action.get("pathRewrite"),
        "listens": row["listener"]["protocol"],
        "mode": row["listener"]["mode"],
        "options": values(row),
        "shares": [each["share"] for each in action.get("destinations", ())],
    }
    return {term: known.get(term) for term in terms}


def test_every_file_belongs_to_a_pair() -> None:
    wanted = {f"{name}.{half}.yaml" for name in PAIRS for half in (*GENERATIONS, "expect")}
    assert {path.name for path in FOLDER.glob("*.yaml")} == wanted
    assert len(PAIRS) >= 10

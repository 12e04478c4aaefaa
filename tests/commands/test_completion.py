"""`completion`: scripts on stdout, and the helper where kubectl looks for it (`spec/cli.md` 1 and 3)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.run import gmg

SCRIPTS = Path(__file__).parents[2] / "completions"
HELPER = "kubectl_complete-gmg"


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    """A program in a folder that is made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plugin in a folder of its own, the only one on PATH, and an empty home."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    return program(tmp_path / "programs" / "kubectl-gmg", '#!/bin/sh\nprintf "%s|" "$@"\n')


@pytest.mark.parametrize(
    "shell,name",
    [
        ("bash", "kubectl-gmg.bash"),
        ("zsh", "kubectl-gmg.zsh"),
        ("fish", "kubectl-gmg.fish"),
        ("powershell", "kubectl-gmg.ps1"),
    ],
)
def test_a_script_is_printed_as_it_is_in_the_tree(shell: str, name: str) -> None:
    ran = gmg("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.encode() == (SCRIPTS / name).read_bytes()
    assert ran.out.isascii()


@pytest.mark.parametrize("words", [(), ("tcsh",), ("",)])
def test_other_shells_are_a_usage_error_that_names_them(words: tuple[str, ...]) -> None:
    ran = gmg("completion", *words)
    assert (ran.code, ran.out) == (2, "")
    for shell in ("bash", "zsh", "fish", "powershell", "kubectl"):
        assert shell in ran.err


def test_a_script_has_just_one_form() -> None:
    assert gmg("completion", "bash", "-o", "json").code == 2


def test_the_helper_is_installed_beside_the_plugin(plugin: Path) -> None:
    """kubectl asks it with the words after the plugin's name; it passes them on one by one."""
    ran = gmg("completion", "kubectl")
    helper = plugin.with_name(HELPER)
    assert (ran.code, ran.err) == (0, "")
    assert f"installed {helper}" in ran.out
    assert "kubectl will find it" in ran.out
    assert "1.26" in ran.out
    assert helper.stat().st_mode & 0o777 == 0o755
    assert helper.read_bytes() == (SCRIPTS / HELPER).read_bytes()
    path = os.pathsep.join((str(plugin.parent), "/usr/bin", "/bin"))
    asked = subprocess.run([helper, "explain", "a b", ""], env={"PATH": path}, capture_output=True, check=True)
    assert asked.stdout == b"__complete|explain|a b||"


def test_installing_again_changes_nothing(plugin: Path) -> None:
    gmg("completion", "kubectl")
    before = plugin.with_name(HELPER).stat()
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.err) == (0, "")
    assert "there already" in ran.out
    assert plugin.with_name(HELPER).stat() == before
    assert sorted(path.name for path in plugin.parent.iterdir()) == ["kubectl-gmg", HELPER]


def test_an_older_helper_is_replaced(plugin: Path) -> None:
    helper = program(
        plugin.with_name(HELPER), "#!/bin/sh\n# Installed by `kubectl gmg completion kubectl`.\nexec old\n"
    )
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.err) == (0, "")
    assert f"renewed {helper}" in ran.out
    assert helper.read_bytes() == (SCRIPTS / HELPER).read_bytes()


def test_the_entry_point_of_the_package_stays(plugin: Path) -> None:
    """pip and pipx install the helper along with the plugin."""
    text = "#!/usr/bin/python3\nimport sys\nfrom kubectl_gmg.complete import main\nsys.exit(main())\n"
    helper = program(plugin.with_name(HELPER), text)
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.err) == (0, "")
    assert "there already" in ran.out
    assert helper.read_text() == text


@pytest.mark.parametrize("mode", [0o755, 0o644])
@pytest.mark.parametrize("text", ["#!/bin/sh\necho mine\n", "#!/bin/sh\n# my way to complete kubectl gmg\n"])
def test_a_foreign_file_is_never_overwritten(plugin: Path, text: str, mode: int) -> None:
    helper = program(plugin.with_name(HELPER), text)
    helper.chmod(mode)
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.out) == (3, "")
    assert str(helper) in ran.err
    assert helper.read_text() == text


def test_a_foreign_helper_that_kubectl_finds_first(
    plugin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = program(tmp_path / "first" / HELPER, "#!/bin/sh\necho mine\n")
    monkeypatch.setenv("PATH", f"{foreign.parent}:{plugin.parent}")
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.out) == (3, "")
    assert str(foreign) in ran.err
    assert not plugin.with_name(HELPER).exists()


@pytest.fixture
def read_only(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plugin where only an administrator may write; permissions do not stop the superusers who run tests."""
    real = os.access

    def access(path: Path, mode: int) -> bool:
        return not (mode & os.W_OK and Path(path) == plugin.parent) and real(path, mode)

    monkeypatch.setattr(os, "access", access)
    return plugin


@pytest.mark.parametrize("folder", [".krew/bin", ".local/bin", "bin"])
def test_the_helper_goes_to_the_home_where_it_must(
    read_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    home = tmp_path / "home" / folder
    home.mkdir(parents=True)
    monkeypatch.setenv("PATH", f"relative:{read_only.parent}:{home}")
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.err) == (0, "")
    assert (home / HELPER).read_bytes() == (SCRIPTS / HELPER).read_bytes()
    assert not read_only.with_name(HELPER).exists()


def test_no_folder_for_the_helper(read_only: Path, tmp_path: Path) -> None:
    """A folder that is not on PATH would not help; the error says what would."""
    (tmp_path / "home" / ".local" / "bin").mkdir(parents=True)
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.out) == (3, "")
    assert str(read_only.parent) in ran.err
    assert 'export PATH="$HOME/.local/bin:$PATH"' in ran.err


def test_a_plugin_that_kubectl_does_not_find(plugin: Path) -> None:
    plugin.unlink()
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.out) == (3, "")
    assert "kubectl-gmg is not on your PATH" in ran.err
    assert list(plugin.parent.iterdir()) == []


def test_a_disk_that_is_full(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    ran = gmg("completion", "kubectl")
    assert (ran.code, ran.out) == (3, "")
    assert "No space left on device" in ran.err
    assert [path.name for path in plugin.parent.iterdir()] == ["kubectl-gmg"]

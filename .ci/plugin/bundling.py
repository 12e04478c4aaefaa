"""A bundle: a folder with the program, Python and all libraries, which needs nothing of the machine that it runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import archives
import manifest
import notices
from manifest import ROOT, PackagingError

NAME = "kubectl-gmg"
INSIDE = "_internal"
"""Where PyInstaller puts everything but the program."""


def build(output: Path) -> Path:
    """Make this platform's archive and its manifest in `output`; the path of the archive."""
    plugin = manifest.read(manifest.PLUGIN)
    manifest.check_version(plugin, manifest.project_version(), "pyproject.toml")
    platform = manifest.this_platform()
    entry = manifest.entries(plugin).get(platform)
    if entry is None:
        raise PackagingError(f"plugin.yaml has no entry for {platform}; install it with pipx here")
    output.mkdir(parents=True, exist_ok=True)
    when = archives.timestamp()
    folder = freeze(output / "build", when)
    complete(folder)
    archive = output / manifest.archive_name(entry)
    archives.pack(folder, archive, when)
    shutil.rmtree(output / "build")
    made = manifest.with_entries(plugin, [entry | {"sha256": archives.sha256(archive)}])
    manifest.write(made, output / manifest.PLUGIN.name)
    return archive


def freeze(work: Path, when: int) -> Path:
    """Let PyInstaller collect the bundle, from nothing; the folder."""
    shutil.rmtree(work, ignore_errors=True)
    spec = Path(__file__).with_name("bundle.spec")
    places = ["--distpath", str(work / "dist"), "--workpath", str(work / "work")]
    done = subprocess.run(  # noqa: S603 - our own words and paths
        [sys.executable, "-m", "PyInstaller", "--log-level", "ERROR", *places, str(spec)],
        env=os.environ
        | {"PYINSTALLER_CONFIG_DIR": str(work / "cache"), "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(when)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    folder = work / "dist" / NAME
    if done.returncode or not folder.is_dir():
        what = "PyInstaller is missing or failed; pip install 'kubectl-gmg[plugin]' brings it"
        raise PackagingError(f"{what}\n{done.stdout.strip()}")
    if absent := left_out((work / "work" / spec.stem / f"warn-{spec.stem}.txt").read_text(encoding="utf-8")):
        raise PackagingError(f"{', '.join(absent)} would be missing; is it installed, and not left out in {spec.name}?")
    return folder


def left_out(report: str) -> list[str]:
    """The modules that our own import and PyInstaller has not found, by what it reports."""
    found = re.findall(r"^(?:missing|excluded) module named '?([\w.]+)'? - imported by (.*)", report, re.MULTILINE)
    return [name for name, importers in found if re.search(r"\bkubectl_gmg[\w.]* \(", importers)]


def complete(folder: Path) -> None:
    """Add what people must find beside the program: its licence, those of others, and what shells need."""
    shutil.copy(ROOT / "LICENSE", folder)
    (folder / "THIRD_PARTY").write_text(notices.text(folder / INSIDE), encoding="utf-8", newline="\n")
    if any((ROOT / "completions").glob("*")):
        shutil.copytree(ROOT / "completions", folder / "completions")
    for link in [each for each in folder.rglob("*") if each.is_symlink()]:
        target = link.resolve()  # krew unpacks no links
        link.unlink()
        shutil.copy(target, link)

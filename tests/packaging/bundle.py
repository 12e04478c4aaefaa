"""What users get, a bundle and a wheel: made once for all tests, kept until something that it is made of changes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import yaml

from tests.packaging import krew

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "plugin"
SOURCES = ("kubectl_gmg", ".ci/plugin", "completions", "plugin.yaml", "pyproject.toml", "LICENSE", "README.md")
KEPT = 2
"""How many bundles stay: another run may still use the one before."""


@dataclass(frozen=True)
class Built:
    """What `make plugin` makes, and where krew would have put it."""

    folder: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest that it wrote."""
        found: dict[str, Any] = yaml.safe_load((self.folder / "dist" / "plugin.yaml").read_text())
        return found

    @property
    def archive(self) -> Path:
        """The only archive."""
        (found,) = (each for each in (self.folder / "dist").iterdir() if each.name != "plugin.yaml")
        return found

    @property
    def link(self) -> Path:
        """What krew puts on people's PATH."""
        return self.folder / "krew" / "bin" / "kubectl-gmg"


def bundle() -> Path:
    """The program of this platform's bundle, unpacked; built if it is not there yet, which takes half a minute."""
    return built().link.resolve()


@cache
def built() -> Built:
    """This platform's archive, and what krew makes of it."""
    with locked() as folder:
        found = Built(folder)
        if not found.link.exists():
            make(found)
    return found


@cache
def wheel() -> Path:
    """The wheel."""
    with locked() as folder:
        output = folder / "wheel"
        if not list(output.glob("*.whl")):
            options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(output)]
            run(sys.executable, "-m", "pip", "wheel", *options, str(ROOT))
        (found,) = output.glob("*.whl")
    return found


def run(*command: str) -> None:
    """Run something that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def make(wanted: Built) -> None:
    """Build, and install."""
    output = wanted.folder / "dist"
    for each in (output, wanted.folder / "krew"):
        shutil.rmtree(each, ignore_errors=True)
    run(sys.executable, str(ROOT / ".ci" / "plugin"), "--output", str(output), "build")
    (entry,) = wanted.manifest["spec"]["platforms"]
    labels = entry["selector"]["matchLabels"]
    krew.install(wanted.manifest, labels["os"], labels["arch"], wanted.archive, wanted.folder / "krew")


def key() -> str:
    """What a bundle depends on: our files, the libraries, and Python."""
    found = hashlib.sha256(sys.version.encode())
    for path in source_files():
        content = path.read_bytes()
        found.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    found.update("\n".join(sorted(f"{each.name} {each.version}" for each in distributions())).encode())
    return found.hexdigest()[:16]


def source_files() -> Iterator[Path]:
    """Our files that go into a bundle, in order."""
    for name in SOURCES:
        place = ROOT / name
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (each for each in files if each.is_file() and "__pycache__" not in each.parts)


@contextmanager
def locked() -> Iterator[Path]:
    """The folder for what is made of the sources as they are now, for one process at a time."""
    folder = CACHE / key()
    folder.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        folder.mkdir(exist_ok=True)
        os.utime(folder)
        forget_old()
        yield folder


def forget_old() -> None:
    """Take away all but the newest."""
    found = sorted((each for each in CACHE.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
    for each in found[:-KEPT]:
        shutil.rmtree(each, ignore_errors=True)

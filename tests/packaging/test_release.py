"""A release is what `python .ci/plugin release` lets through, as `.github/workflows/release.yml` calls it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.packaging import krew

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "plugin.yaml").read_text())
TAG: str = MANIFEST["spec"]["version"]
INSIDE = {"LICENSE": b"terms", "THIRD_PARTY": b"other terms"}


@dataclass(frozen=True)
class Machines:
    """What the machines of a release have built: a folder for each platform, as their uploads are downloaded."""

    folder: Path

    def part(self, platform: str) -> Path:
        return self.folder / "built" / platform

    def manifest(self, platform: str) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.part(platform) / "plugin.yaml").read_text())
        return found

    def rewrite(self, platform: str, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
        """Change what a machine wrote; `change` gets the whole and its entry."""
        manifest = self.manifest(platform)
        change(manifest, manifest["spec"]["platforms"][0])
        (self.part(platform) / "plugin.yaml").write_text(yaml.safe_dump(manifest))

    def archive(self, platform: str) -> Path:
        (found,) = (each for each in self.part(platform).iterdir() if each.name != "plugin.yaml")
        return found

    def build(self, entry: dict[str, Any], content: dict[str, bytes]) -> None:
        labels = entry["selector"]["matchLabels"]
        part = self.part(f"{labels['os']}_{labels['arch']}")
        part.mkdir(parents=True, exist_ok=True)
        archive = part / entry["uri"].rpartition("/")[2]
        pack(archive, content)
        made = entry | {"sha256": hashlib.sha256(archive.read_bytes()).hexdigest()}
        manifest = {**MANIFEST, "spec": {**MANIFEST["spec"], "platforms": [made]}}
        (part / "plugin.yaml").write_text(yaml.safe_dump(manifest))

    def release(self, tag: str = TAG) -> subprocess.CompletedProcess[str]:
        output = ["--output", str(self.folder / "dist")]
        step = ["release", "--tag", tag, str(self.folder / "built")]
        command = [sys.executable, str(ROOT / ".ci" / "plugin"), *output, *step]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def released(self) -> list[str]:
        return sorted(each.name for each in (self.folder / "dist").glob("*"))


def pack(archive: Path, content: dict[str, bytes]) -> None:
    source = archive.parent / "content"
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("kubectl-gmg/", b"")
            for name, data in content.items():
                packed.writestr(f"kubectl-gmg/{name}", data)
        return
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in content.items():
            source.write_bytes(data)
            tar.add(source, f"kubectl-gmg/{name}")
    source.unlink()


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    found = Machines(tmp_path)
    for entry in MANIFEST["spec"]["platforms"]:
        found.build(entry, {entry["bin"]: b"program", **INSIDE})
    return found


def test_everything_is_there(machines: Machines, tmp_path: Path) -> None:
    """One manifest of all platforms that krew takes, with the sums of the archives beside it."""
    ran = machines.release()
    assert (ran.returncode, ran.stderr) == (0, "")
    released: dict[str, Any] = yaml.safe_load((tmp_path / "dist" / "plugin.yaml").read_text())
    assert krew.violations(released) == []
    names = [each["uri"].rpartition("/")[2] for each in MANIFEST["spec"]["platforms"]]
    assert machines.released() == sorted([*names, "plugin.yaml"])
    assert [each["uri"].rpartition("/")[2] for each in released["spec"]["platforms"]] == names
    for entry, name in zip(released["spec"]["platforms"], names, strict=True):
        labels = entry["selector"]["matchLabels"]
        link = krew.install(
            released, labels["os"], labels["arch"], tmp_path / "dist" / name, folder(tmp_path / "krew" / name)
        )
        assert link.read_bytes() == b"program"
    zeros = [each | {"sha256": "0" * 64} for each in released["spec"]["platforms"]]
    assert {**released, "spec": {**released["spec"], "platforms": zeros}} == MANIFEST


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def entry_of(platform: str) -> dict[str, Any]:
    (found,) = (each for each in MANIFEST["spec"]["platforms"] if f"_{platform}." in each["uri"])
    return dict(found)


def zero(machines: Machines) -> None:
    machines.rewrite("darwin_arm64", lambda _, entry: entry.update(sha256="0" * 64))


def wrong(machines: Machines) -> None:
    machines.rewrite("darwin_arm64", lambda _, entry: entry.update(sha256="1" * 64))


def no_sum(machines: Machines) -> None:
    machines.rewrite("darwin_arm64", lambda _, entry: entry.update(sha256=""))


def half_an_upload(machines: Machines) -> None:
    archive = machines.archive("linux_arm64")
    archive.write_bytes(archive.read_bytes()[:-10])


def no_archive(machines: Machines) -> None:
    machines.archive("linux_arm64").unlink()


def no_part(machines: Machines) -> None:
    machines.archive("windows_amd64").unlink()
    (machines.part("windows_amd64") / "plugin.yaml").unlink()


def two_parts(machines: Machines) -> None:
    machines.part("linux_arm64").rename(machines.part("other"))
    machines.build(entry_of("linux_arm64"), {"kubectl-gmg": b"program", **INSIDE})


def another_version(machines: Machines) -> None:
    machines.rewrite("linux_amd64", lambda whole, _: whole["spec"].update(version="v0.0.9"))


def another_address(machines: Machines) -> None:
    machines.rewrite(
        "linux_amd64", lambda _, entry: entry.update(uri=entry["uri"].replace("github.com", "example.com"))
    )


def unknown_platform(machines: Machines) -> None:
    machines.rewrite("linux_amd64", lambda _, entry: entry["selector"]["matchLabels"].update(arch="riscv64"))


def no_licence(machines: Machines) -> None:
    machines.build(entry_of("linux_amd64"), {"kubectl-gmg": b"program", "THIRD_PARTY": b""})


def no_notices(machines: Machines) -> None:
    machines.build(entry_of("linux_amd64"), {"kubectl-gmg": b"program", "LICENSE": b""})


def no_program(machines: Machines) -> None:
    machines.build(entry_of("windows_amd64"), {"kubectl-gmg": b"not an .exe", **INSIDE})


def garbage(machines: Machines) -> None:
    (machines.part("linux_amd64") / "plugin.yaml").write_text("[")


REFUSED: dict[Callable[[Machines], None], str] = {
    zero: f"the checksum of kubectl-gmg_{TAG[1:]}_darwin_arm64.tar.gz is {'0' * 64}",
    wrong: "has checksum",
    no_sum: "is empty",
    half_an_upload: "has checksum",
    no_archive: "linux_arm64.tar.gz is missing",
    no_part: "no archive for windows_amd64",
    two_parts: "two archives for one platform",
    another_version: "is of v0.0.9",
    another_address: "is not that of plugin.yaml",
    unknown_platform: "is not that of plugin.yaml",
    no_licence: "holds no LICENSE",
    no_notices: "holds no THIRD_PARTY",
    no_program: "holds no kubectl-gmg.exe",
    garbage: "is no plugin manifest",
}


@pytest.mark.parametrize("fault", REFUSED, ids=lambda fault: fault.__name__)
def test_what_cannot_be_released(fault: Callable[[Machines], None], machines: Machines) -> None:
    """One sentence says why, and nothing stands in the folder that would be published."""
    fault(machines)
    ran = machines.release()
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: ")
    assert REFUSED[fault] in ran.stderr
    assert "Traceback" not in ran.stderr
    assert machines.released() == []


def test_the_tag_must_be_the_version(machines: Machines) -> None:
    for tag in ("v9.9.9", TAG.removeprefix("v")):
        ran = machines.release(tag)
        assert (ran.returncode, machines.released()) == (1, [])
        assert f"plugin.yaml says {TAG}, the tag {tag}" in ran.stderr


def test_the_manifest_of_the_tree_cannot_be_released(machines: Machines) -> None:
    """Not even beside archives that exist: its zeros are no checksums."""
    for entry in MANIFEST["spec"]["platforms"]:
        labels = entry["selector"]["matchLabels"]
        machines.rewrite(f"{labels['os']}_{labels['arch']}", lambda _, made: made.update(sha256="0" * 64))
    ran = machines.release()
    assert (ran.returncode, machines.released()) == (1, [])
    assert "0" * 64 in ran.stderr

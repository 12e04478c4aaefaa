"""What krew does with a manifest and an archive, from its sources and documentation.

- `violations`: `internal/index/validation/validate.go` (structure), `cmd/validate-krew-manifest/main.go` (what the
  index asks besides: no two entries for one platform, lines of at most 80 letters), `internal/installation/semver` (a
  `v` first), and the pages on manifests and best practices of its developer guide (https, a homepage, a description
  that does not say "kubectl plugin").
- `install`: `internal/download/downloader.go` and `internal/installation/{install,move}.go`: the checksum, no links and
  no `..` in an archive, folders named before what is in a zip, `files` as globs or paths that stay inside, and a
  relative link `bin/kubectl-NAME`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Manifest = dict[str, Any]
API_VERSION = "krew.googlecontainertools.github.com/v1alpha2"
DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{n}" for name in ("COM", "LPT") for n in range(1, 10))}
NUMBER = r"(0|[1-9]\d*)"
VERSION = re.compile(rf"v{NUMBER}\.{NUMBER}\.{NUMBER}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
SYSTEMS = {"linux", "darwin", "windows"}
MACHINES = {"386", "amd64", "arm", "arm64"}


def violations(manifest: Manifest) -> list[str]:
    """Everything that krew, or a reviewer of its index, would refuse."""
    return [*structure(manifest), *texts(manifest["spec"]), *platforms(manifest["spec"].get("platforms") or [])]


def structure(manifest: Manifest) -> Iterator[str]:
    name, spec = manifest["metadata"]["name"], manifest["spec"]
    if manifest["apiVersion"] != API_VERSION:
        yield "apiVersion"
    if manifest["kind"] != "Plugin":
        yield "kind"
    if not re.fullmatch(r"[\w-]+", name, re.ASCII) or name.upper() in DEVICES or name != name.lower():
        yield "name"
    if not VERSION.fullmatch(spec.get("version", "")):
        yield "version"
    if not spec.get("platforms"):
        yield "no platform"


def texts(spec: Manifest) -> Iterator[str]:
    short = spec.get("shortDescription", "")
    if not short or "\n" in short or len(short) > 50:
        yield "shortDescription"
    if "kubectl" in short.lower() or "plugin" in short.lower():
        yield "shortDescription says what everybody knows"
    if any(len(line) > 80 for name in ("description", "caveats") for line in spec.get(name, "").splitlines()):
        yield "long lines"
    if not spec.get("description"):
        yield "description"
    if not spec.get("homepage", "").startswith("https://"):
        yield "homepage"


def platforms(entries: list[Manifest]) -> Iterator[str]:
    for entry in entries:
        yield from platform(entry)
    for system in SYSTEMS:
        for machine in MACHINES:
            if sum(selects(entry, system, machine) for entry in entries) > 1:
                yield f"two entries for {system}/{machine}"


def selects(entry: Manifest, system: str, machine: str) -> bool:
    labels = {"os": system, "arch": machine}
    wanted = entry["selector"].get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items())


def platform(entry: Manifest) -> Iterator[str]:
    labels = entry.get("selector", {}).get("matchLabels", {})
    if not labels or set(labels) - {"os", "arch"} or "matchExpressions" in entry["selector"]:
        yield "selector"
    if labels.get("os", "linux") not in SYSTEMS or labels.get("arch", "amd64") not in MACHINES:
        yield "a platform that krew does not run on"
    if not entry.get("uri", "").startswith("https://") or not entry["uri"].endswith((".tar.gz", ".zip")):
        yield "uri"
    if not re.fullmatch("[a-f0-9]{64}", str(entry.get("sha256", ""))):
        yield "sha256"
    if not entry.get("bin") or not inside(entry["bin"]):
        yield "bin"
    for move in entry.get("files", [{"from": "*", "to": "."}]) or [{}]:
        source, target = move.get("from", ""), move.get("to", "")
        if not source or not target or not inside(source) or not inside(target) or os.path.normpath(target) != target:
            yield "files"


def inside(path: str) -> bool:
    return not path.startswith(("/", "\\")) and ".." not in path.split("/")


def install(manifest: Manifest, system: str, machine: str, archive: Path, root: Path) -> Path:
    """Install as `krew install --manifest --archive` does into `root`; the link that stands on people's PATH."""
    (entry,) = (each for each in manifest["spec"]["platforms"] if selects(each, system, machine))
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == entry["sha256"]
    name = manifest["metadata"]["name"]
    store = root / "store" / name / manifest["spec"]["version"]
    store.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=root) as folder:
        unpack(archive, Path(folder))
        for move in entry["files"]:
            apply(move, Path(folder), store)
    target = store / entry["bin"]
    assert target.is_file()
    links = root / "bin"
    links.mkdir()
    link = links / (f"kubectl-{name.replace('-', '_')}" + ".exe" * (system == "windows"))
    link.symlink_to(os.path.relpath(target, links))
    return link


def unpack(archive: Path, folder: Path) -> None:
    head = archive.read_bytes()[:4]
    if head.startswith(b"\x1f\x8b"):
        unpack_tar(archive, folder)
    else:
        assert head == b"PK\x03\x04"
        unpack_zip(archive, folder)


def unpack_tar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            path = folder / safe(member.name)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
                path.chmod(member.mode)
                continue
            assert member.isreg(), f"unable to handle file type {member.type!r} for {member.name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            assert content is not None
            path.write_bytes(content.read())
            path.chmod(member.mode)


def unpack_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            path = folder / safe(member.filename)
            mode = member.external_attr >> 16 & 0o777
            if member.is_dir():
                path.mkdir(mode, parents=True, exist_ok=True)
                continue
            path.write_bytes(packed.read(member))  # as krew: fails where the folder was not named before
            path.chmod(mode)


def safe(name: str) -> str:
    assert ".." not in name, name
    assert not name.startswith(("/", "\\")), name
    return name


def apply(move: dict[str, str], source: Path, target: Path) -> None:
    direct = source / move["from"]
    if direct.exists():
        name = direct.name if move["to"] == "." else move["to"]
        shutil.move(direct, target / name)
        return
    found = sorted(source.glob(move["from"]))
    assert found, f"no files in the plugin archive matched the glob pattern={move['from']}"
    for each in found:
        shutil.move(each, target / move["to"] / each.name)

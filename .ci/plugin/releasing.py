"""A release: the archives of all platforms, and one manifest with their checksums. Nothing incomplete gets through."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import archives
import manifest
from manifest import ZEROS, Entry, Manifest, PackagingError


def release(tag: str, built: Path, output: Path) -> list[Path]:
    """Put together what the machines of a release have built: a folder each, with an archive and its manifest.

    The archives and the manifest then stand in `output`. Raises `PackagingError`, and writes nothing, unless every
    platform of `plugin.yaml` is there once, its archive has the checksum that the machine which made it wrote down, and
    tag, `pyproject.toml`, `plugin.yaml` and addresses are of the same version.
    """
    plugin = manifest.read(manifest.PLUGIN)
    manifest.check_version(plugin, tag, "the tag")
    manifest.check_version(plugin, manifest.project_version(), "pyproject.toml")
    parts = [part for path in sorted(built.glob(f"*/{manifest.PLUGIN.name}")) for part in parts_of(plugin, path)]
    found = {manifest.key(entry): (entry, archive) for entry, archive in parts}
    wanted = manifest.entries(plugin)
    if missing := sorted(wanted.keys() - found.keys()):
        raise PackagingError(f"no archive for {', '.join(missing)} under {built}; did those builds fail?")
    if len(parts) > len(found):
        raise PackagingError(f"two archives for one platform under {built}; start from an empty folder")
    output.mkdir(parents=True, exist_ok=True)
    files = [Path(shutil.copy(found[name][1], output)) for name in wanted]
    target = output / manifest.PLUGIN.name
    manifest.write(manifest.with_entries(plugin, [found[name][0] for name in wanted]), target)
    return [*files, target]


def parts_of(plugin: Manifest, path: Path) -> list[tuple[Entry, Path]]:
    """The entries of a built manifest, each with its archive. Raises `PackagingError` for one that may not go out."""
    made = manifest.read(path)
    wanted = manifest.entries(plugin)
    if made["spec"]["version"] != plugin["spec"]["version"]:
        raise PackagingError(f"{path} is of {made['spec']['version']}, not {plugin['spec']['version']}; build it again")
    for name, entry in manifest.entries(made).items():
        if entry != wanted.get(name, {}) | {"sha256": entry.get("sha256")}:
            raise PackagingError(f"the entry for {name} in {path} is not that of plugin.yaml; build it again")
    return [
        (entry, checked(entry, path.with_name(manifest.archive_name(entry)))) for entry in made["spec"]["platforms"]
    ]


def checked(entry: Entry, archive: Path) -> Path:
    """The archive of an entry. Raises `PackagingError` unless it is that of the checksum, and can be installed."""
    said = str(entry["sha256"])
    if said == ZEROS or not re.fullmatch("[0-9a-f]{64}", said):
        raise PackagingError(f"the checksum of {archive.name} is {said or 'empty'}, which is none; build the archive")
    if not archive.is_file():
        raise PackagingError(f"{archive} is missing; did its upload fail?")
    real = archives.sha256(archive)
    if real != said:
        raise PackagingError(f"{archive.name} has checksum {real}, but {said} was written down; build it again")
    inside = archives.names(archive)
    for needed in (entry["bin"], "LICENSE", "THIRD_PARTY"):
        if f"kubectl-gmg/{needed}" not in inside:
            raise PackagingError(f"{archive.name} holds no {needed}; build it again")
    return archive

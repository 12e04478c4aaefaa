"""The manifest that krew reads, `plugin.yaml`: its entries are for one platform each.

In the tree every checksum is 64 zeros, as no archive exists yet. A build writes a manifest of its own platform alone;
only a release puts all of them together (`releasing.py`).
"""

from __future__ import annotations

import copy
import platform
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "plugin.yaml"
ZEROS = "0" * 64
SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "windows"}
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

Manifest = dict[str, Any]
Entry = dict[str, Any]


class PackagingError(Exception):
    """What stands in the way of an archive or a release, and what to do about it."""


def read(path: Path) -> Manifest:
    """A manifest. Raises `PackagingError` if there is none."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        _ = [key(entry) for entry in found["spec"]["platforms"]], found["spec"]["version"]
    except (OSError, ValueError, yaml.YAMLError, TypeError, KeyError) as error:
        raise PackagingError(f"{path} is no plugin manifest ({type(error).__name__}); build it again") from None
    manifest: Manifest = found
    return manifest


def write(manifest: Manifest, path: Path) -> None:
    """Write a manifest, keys in their order."""
    text = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8", newline="\n")


def key(entry: Entry) -> str:
    """What an entry is for, such as `linux_amd64`."""
    labels = entry["selector"]["matchLabels"]
    return f"{labels['os']}_{labels['arch']}"


def archive_name(entry: Entry) -> str:
    """The file that an entry is about."""
    return str(entry["uri"]).rpartition("/")[2]


def entries(manifest: Manifest) -> dict[str, Entry]:
    """The entries by platform. Raises `PackagingError` for two of one platform: krew would take the first."""
    found = {key(entry): entry for entry in manifest["spec"]["platforms"]}
    if len(found) < len(manifest["spec"]["platforms"]):
        raise PackagingError("the manifest has two entries for one platform; take one out of plugin.yaml")
    return found


def with_entries(manifest: Manifest, chosen: list[Entry]) -> Manifest:
    """The manifest with these entries alone."""
    found = copy.deepcopy(manifest)
    found["spec"]["platforms"] = copy.deepcopy(chosen)
    return found


def this_platform() -> str:
    """The platform this runs on. Raises `PackagingError` if it has no name in krew's terms."""
    try:
        return f"{SYSTEMS[sys.platform]}_{MACHINES[platform.machine().lower()]}"
    except KeyError:
        raise PackagingError(f"no archive is made for {sys.platform} on {platform.machine()}; use pipx") from None


def project_version() -> str:
    """The version in `pyproject.toml`, with the `v` that krew wants."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"v{project['version']}"


def check_version(manifest: Manifest, wanted: str, of: str) -> None:
    """Raise `PackagingError` unless the manifest is of this version, also in the addresses of its archives."""
    if manifest["spec"]["version"] != wanted:
        raise PackagingError(f"plugin.yaml says {manifest['spec']['version']}, {of} {wanted}; make them the same")
    for name, entry in entries(manifest).items():
        expected = f"/download/{wanted}/kubectl-gmg_{wanted.removeprefix('v')}_{name}."
        if expected not in entry["uri"]:
            raise PackagingError(f"the address of {name} in plugin.yaml is not of {wanted}: {entry['uri']}")

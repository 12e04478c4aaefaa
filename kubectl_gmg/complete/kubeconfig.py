"""The names of contexts, clusters and users in the kubeconfig files; nothing else of them is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LARGEST = 4 * 1024 * 1024


def files(named: str) -> tuple[Path, ...]:
    """The kubeconfig files by kubectl's rules: the one that a flag names, those of the variable, that at home."""
    if named:
        return (Path(named).expanduser(),)
    chosen = os.environ.get("KUBECONFIG")
    texts = chosen.split(os.pathsep) if chosen else ["~/.kube/config"]
    return tuple(Path(each).expanduser() for each in texts if each)


def entries(named: str, section: str) -> tuple[str, ...]:
    """The names in `contexts`, `clusters` or `users`, each once; a file that cannot be used has none."""
    return tuple(dict.fromkeys(name for path in files(named) for name in entries_of(path, section)))


def entries_of(path: Path, section: str) -> Iterator[str]:
    """The names in one file."""
    content = loaded(path)
    found = content.get(section) if isinstance(content, dict) else None
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and isinstance(each.get("name"), str):
            yield each["name"]


def loaded(path: Path) -> Any:
    """The content of a file; None if it cannot be read."""
    import yaml  # noqa: PLC0415 - most words do without

    try:
        with path.open("rb") as stream:
            return yaml.load(stream.read(LARGEST), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None

"""Which source the command on the line would read, and as whom: what its names are kept under."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kubectl_gmg import __version__
from kubectl_gmg.complete import kubeconfig
from kubectl_gmg.complete.line import Line

TEXTS = (
    *("kubeconfig", "context", "cluster", "user", "server", "token", "certificate_authority", "tls_server_name"),
    *("as_user", "as_uid", "generation", "product_version"),
)
SWITCHES = ("insecure", "recursive", "overlay", "demo")
LISTS = ("as_group", "filename")
STDIN = "-"
POD = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
"""What leads to the cluster of the pod that this runs in."""

Settings = dict[str, Any]


def settings_of(line: Line) -> Settings:
    """The flags of the line that decide what is read, by the names of the program's `Settings`."""
    found: Settings = {name: line.last(name) for name in TEXTS if line.last(name)}
    found |= {name: True for name in SWITCHES if line.all(name)}
    found |= {name: [each.removeprefix("=") for each in line.all(name)] for name in LISTS if line.all(name)}
    if spaces := [each.strip() for each in line.last("read_namespaces").split(",") if each.strip()]:
        found["read_namespaces"] = spaces
    if found.get("filename") and line.last("namespace"):
        found["namespace"] = line.last("namespace")  # that of objects which have none
    return found


def is_readable(settings: Settings) -> bool:
    """Whether the names in a source can be had: stdin is there once, and is the command's."""
    return STDIN not in settings.get("filename", ())


def key_of(settings: Settings) -> str:
    """What the names of a source are kept under: a hash over all that decides what is read, logins included.

    Raises `GmgError` if a path of `-f` leads nowhere, and `OSError`.
    """
    pod = [os.environ.get(name) for name in POD]
    read = [__version__, sorted(settings.items()), sorted(map(fingerprint, files(settings))), pod]
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()[:40]


def files(settings: Settings) -> Iterator[Path]:
    """The files that decide what is read: manifests, and unless these are all, what leads to the cluster."""
    if settings.get("demo"):
        return
    if settings.get("filename"):
        yield from map(Path, manifests(settings["filename"], recursive=bool(settings.get("recursive"))))
    if not settings.get("filename") or settings.get("overlay"):
        yield from kubeconfig.files(settings.get("kubeconfig", ""))


def manifests(paths: Iterable[str], *, recursive: bool) -> tuple[str, ...]:
    """The files that the paths of `-f` lead to."""
    from kubectl_gmg.sources import files as sources  # noqa: PLC0415 - a cluster is read without

    return sources.manifests(tuple(paths), recursive=recursive)


def fingerprint(path: Path) -> tuple[str, *tuple[int, ...]]:
    """A file by its place, which file it is, its size and when it was written or put there; else by its place.

    A link, or a file that was put in the place of another, may lead to one of the same size and time.
    """
    place = os.path.abspath(path)  # noqa: PTH100 - resolving links would ask the file system once more
    try:
        found = path.stat()
    except OSError:
        return (place,)
    return place, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

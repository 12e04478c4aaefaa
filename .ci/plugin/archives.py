"""Archives that krew can unpack, with the same bytes for the same content.

krew takes `.tar.gz` and `.zip`, and in them only folders and regular files: no links (krew, `internal/download`,
`extractTARGZ`); a zip must name each folder before what is in it (`extractZIP`).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

from manifest import ROOT

FOLDER_MODE, PROGRAM_MODE, FILE_MODE = 0o755, 0o755, 0o644
EARLIEST = 315532800
"""1980, the first year that a zip can name; seconds since 1970."""


def timestamp() -> int:
    """When everything in an archive was changed, in seconds: SOURCE_DATE_EPOCH, or when the last commit was made."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given.isdecimal():
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
        given = done.stdout.strip()
    return max(int(given or 0), EARLIEST)


def pack(folder: Path, archive: Path, when: int) -> None:
    """Make an archive of a folder, which stands in it under its name; in which form, the name of the archive says."""
    found = [folder, *sorted(folder.rglob("*"), key=Path.as_posix)]
    if archive.suffix == ".zip":
        pack_zip(folder, found, archive, when)
    else:
        pack_tar(folder, found, archive, when)


def pack_tar(folder: Path, found: list[Path], archive: Path, when: int) -> None:
    """Make a `.tar.gz`."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for path in found:
            member = tarfile.TarInfo(path.relative_to(folder.parent).as_posix())
            member.mtime, member.mode = when, mode_of(path)
            if path.is_dir():
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            else:
                member.size = path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(member, file)


def pack_zip(folder: Path, found: list[Path], archive: Path, when: int) -> None:
    """Make a `.zip`."""
    date = time.gmtime(when)[:6]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for path in found:
            name = path.relative_to(folder.parent).as_posix()
            member = zipfile.ZipInfo(name + "/" * path.is_dir(), date)
            member.create_system, member.compress_type = 3, zipfile.ZIP_DEFLATED
            kind = 0o040000 if path.is_dir() else 0o100000
            member.external_attr = (kind | mode_of(path)) << 16
            packed.writestr(member, b"" if path.is_dir() else path.read_bytes())


def mode_of(path: Path) -> int:
    """What an unpacked file may be used for, whatever the umask here."""
    if path.is_dir():
        return FOLDER_MODE
    return PROGRAM_MODE if os.access(path, os.X_OK) else FILE_MODE


def names(archive: Path) -> set[str]:
    """The files in an archive."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            return {each for each in packed.namelist() if not each.endswith("/")}
    with tarfile.open(archive, "r:gz") as tar:
        return {each.name for each in tar if each.isfile()}


def sha256(path: Path) -> str:
    """The checksum of a file, as krew writes it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

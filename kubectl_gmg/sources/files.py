"""Manifests in files, directories and globs, or on stdin (`spec/cli.md` 2.1)."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kubectl_gmg.errors import SourceError
from kubectl_gmg.model.snapshot import EVERYWHERE, Affects, Gap, GapReason, Kind, Snapshot, SourceType
from kubectl_gmg.sources import snapshot_file
from kubectl_gmg.sources.nodes import collector_paused
from kubectl_gmg.sources.objects import DEFAULT_NAMESPACE, Collected, collect, joined
from kubectl_gmg.sources.text import decoded, documents, printable

SUFFIXES = frozenset((".yaml", ".yml", ".json"))
STDIN = "-"
MAX_BYTES = 256 * 1024 * 1024


def read(
    paths: Sequence[str], *, recursive: bool, namespace: str | None, kinds: Sequence[Kind], stdin: Callable[[], bytes]
) -> Snapshot:
    """Read the objects of `kinds` from `paths`; `stdin` gives the bytes for the path `-`.

    A file that cannot be used is a gap as long as another one gives objects. Raises `SourceError` if none does, if a
    path does not exist or leads to no manifest, and if an object is given twice. A single file may be a snapshot;
    raises `UsageError` for one beside other files.
    """
    names = manifests(paths, recursive=recursive)
    parts: list[Collected] = []
    texts: dict[str, str] = {}
    broken: list[tuple[str, SourceError]] = []
    with collector_paused():
        for name in names:
            try:
                file = _label(name)
                texts[file] = decoded(_content(name, file, stdin), file)
                held = documents(texts[file], file)
                if len(names) == 1 and snapshot_file.is_snapshot(held):
                    return snapshot_file.restored(held, file, texts[file], kinds)
                snapshot_file.refuse_company(held, file)
                parts.append(collect(((each.content, each) for each in held), kinds, namespace))
            except SourceError as error:
                broken.append((name, error))
        found = joined(parts)
    if broken and not found.objects:
        raise _nothing_left([error for _, error in broken])
    present = {(each.ref.generation, each.ref.kind) for each in found.objects}
    return Snapshot(
        type=SourceType.FILES,
        objects=found.objects,
        gaps=tuple(_gap(name, error, kinds) for name, error in broken),
        # An object of any kind may stand in a broken file: then no kind was read completely.
        read={each.resource: EVERYWHERE for each in kinds if not broken and (each.generation, each.name) in present},
        files=tuple(dict.fromkeys(map(printable, paths))),
        namespace=namespace or DEFAULT_NAMESPACE,
        skipped=found.skipped,
        notes=found.notes,
        texts=texts,
    )


def manifests(paths: Sequence[str], *, recursive: bool) -> tuple[str, ...]:
    """The names of all files that `paths` lead to, each file once, in the order given and sorted in directories.

    Raises `SourceError` for a path that leads to none.
    """
    found: dict[str, str] = {}
    for path in paths:
        for name in _files(path, recursive=recursive):
            # A file called "-" has a directory in its real path, so it is never taken for stdin.
            found.setdefault(name if name == STDIN else os.path.realpath(name), name)
    return tuple(found.values())


def _label(name: str) -> str:
    """What messages and places call the file."""
    return "stdin" if name == STDIN else printable(name)


def _content(name: str, file: str, stdin: Callable[[], bytes]) -> bytes:
    if name == STDIN:
        data = stdin()
    else:
        try:
            with Path(name).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            raise SourceError(f"{file}: {error.strerror or error}", "can you read this file?", at=file) from None
    if len(data) > MAX_BYTES:
        size = MAX_BYTES // 1024**2
        raise SourceError(f"{file}: larger than {size} MiB", "give only the objects of the gateway", at=file)
    return data


def _files(path: str, *, recursive: bool) -> Iterator[str]:
    if path == STDIN:
        yield STDIN
        return
    try:
        matches = [path] if path and os.path.lexists(path) else _matches(path)
        names = [name for match in matches for name in _manifests_of(match, recursive=recursive)]
    except OSError as error:
        raise _missing(path, error.strerror or str(error)) from None
    if not names:
        raise _without_manifest(path, recursive=recursive) if matches else _missing(path, "there is no such file")
    yield from names


def _matches(pattern: str) -> list[str]:
    """What fits the glob `pattern`, sorted. Files of other types only if the pattern asks for their suffix."""
    if not glob.has_magic(pattern):
        return []
    names = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - Path.glob refuses absolute patterns
    any_suffix = bool(Path(pattern).suffix)
    return [name for name in names if any_suffix or Path(name).suffix in SUFFIXES or Path(name).is_dir()]


def _manifests_of(path: str, *, recursive: bool) -> list[str]:
    """`path` itself, or the manifests in that directory.

    Links to directories are not followed further down. A directory that cannot be listed stands for itself: opening
    it fails, so it is reported like a broken file.
    """
    if not Path(path).is_dir():
        return [path]
    found: list[Path] = []
    for folder, below, names in os.walk(path, onerror=lambda error: found.append(Path(error.filename))):
        found.extend(filter(_is_manifest, (Path(folder, name) for name in names)))
        if not recursive:
            below.clear()
    return [str(each) for each in sorted(found, key=lambda each: each.parts)]


def _is_manifest(path: Path) -> bool:
    """Whether the name says so, and reading cannot wait for ever; a dangling link is kept, to be reported."""
    return path.suffix in SUFFIXES and (path.is_file() or not path.exists())


def _missing(path: str, problem: str) -> SourceError:
    hint = "check the path; a glob in quotes is expanded here too"
    if path.startswith(("http://", "https://")):
        hint = "files are read offline: download it first, or pipe it into `-f -`"
    return SourceError(f"{printable(path) or repr(path)}: {problem}", hint)


def _without_manifest(path: str, *, recursive: bool) -> SourceError:
    hint = "is this the right directory?" if recursive else "-R also reads the directories below it"
    return SourceError(f"{printable(path)}: no *.yaml, *.yml or *.json file here", hint)


def _nothing_left(errors: Sequence[SourceError]) -> SourceError:
    first = errors[0]
    more = f" (and {len(errors) - 1} more that cannot be used)" if errors[1:] else ""
    return SourceError(first.message + more, first.hint, at=first.at)


def _gap(name: str, error: SourceError, kinds: Sequence[Kind]) -> Gap:
    affects = tuple(each for each in Affects if any(each in kind.affects for kind in kinds))
    return Gap(GapReason.MALFORMED, error.message, affects, file=_label(name))

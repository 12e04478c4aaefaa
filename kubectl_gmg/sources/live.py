"""The objects of a cluster: every kind asked for by name, in parallel, as plain dicts.

There is no discovery over all groups: it costs more than all lists together on clusters with many kinds
(`performance.md`, peers), and a kind that is not there answers 404.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kubectl_gmg import kube
from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube import Client, Connection, NotInstalledError, RequestError, UnreachableError
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import EVERYWHERE, Gap, GapReason, Kind, RawObject, Snapshot, SourceType

__all__ = ["Connection", "read"]

THREADS = 4

ADVICE = {
    GapReason.FORBIDDEN: "ask for the right to list {resource} in all namespaces",
    GapReason.UNAUTHORIZED: "log in again",
    GapReason.TIMEOUT: "try a longer --request-timeout, or a smaller --chunk-size",
    GapReason.UNREACHABLE: "try again",
    GapReason.MALFORMED: "look at the answer: kubectl get --raw {path}",
}


@dataclass(frozen=True, slots=True)
class KindList:
    """What one kind brought. `nameless` counts items that are no object with a name."""

    kind: Kind
    objects: tuple[RawObject, ...] = ()
    nameless: int = 0
    installed: bool = True
    failure: RequestError | None = None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read of the kind, and what to do about it."""
        if self.failure is not None:
            return (self._gap(self.failure.reason, f"{self.kind.name} was not read completely: {self.failure}"),)
        if self.nameless:
            said = f"{self.nameless} items in the list of {self.kind.name} are not objects with a name"
            return (self._gap(GapReason.MALFORMED, said),)
        return ()

    def _gap(self, reason: GapReason, said: str) -> Gap:
        advice = ADVICE[reason].format(resource=self.kind.resource, path=list_path(self.kind))
        return Gap(reason, f"{said}; {advice}", self.kind.affects, kind=self.kind.name)


def read(
    connection: Connection,
    kinds: Sequence[Kind],
    *,
    deadline: float | None = None,
    note: Callable[[str], None] | None = None,
) -> Snapshot:
    """All objects of `kinds` in the cluster; what could not be read is a gap.

    `deadline` (seconds) ends all reading; `note` gets a line for each request. Raises `SourceError` if there is no
    such cluster, if it answers nothing at all for one cause, or if none of the product's kinds is installed.
    """
    until = None if deadline is None else time.monotonic() + deadline
    with _collector_off(), kube.open(connection, note) as client:
        lists = _read_all(client, kinds, until)
    _require_installed(client, lists)
    _require_answer(client, lists)
    return Snapshot(
        SourceType.LIVE,
        objects=tuple(each for kind in lists for each in kind.objects),
        gaps=tuple(gap for kind in lists for gap in kind.gaps),
        read={each.kind.resource: EVERYWHERE for each in lists if each.installed and not each.gaps},
        context=client.context,
        namespace=client.namespace,
    )


def list_path(kind: Kind) -> str:
    """Where the API server lists `kind` in all namespaces."""
    return f"/apis/{kind.group}/{kind.version}/{kind.plural}"


@contextmanager
def _collector_off() -> Iterator[None]:
    """Millions of fresh dicts would trigger full collections, which cost three times the parsing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_all(client: Client, kinds: Sequence[Kind], until: float | None) -> tuple[KindList, ...]:
    """The lists in the order of `kinds`, whichever comes first.

    Where no connection comes about, the kinds still waiting are not tried: each would take the full time limit again.
    """
    lost: list[UnreachableError] = []

    def read_one(kind: Kind) -> KindList:
        if lost:
            return KindList(kind, failure=lost[0])
        found = _read_kind(client, kind, until)
        if isinstance(found.failure, UnreachableError) and not client.reached:
            lost.append(found.failure)
        return found

    with ThreadPoolExecutor(THREADS, thread_name_prefix="read") as threads:
        return tuple(threads.map(read_one, kinds))


def _read_kind(client: Client, kind: Kind, until: float | None) -> KindList:
    """All pages of one kind, or those that came before a failure."""
    objects: dict[ObjectRef, RawObject] = {}
    nameless = 0
    failure = None
    try:
        for page in client.pages(list_path(kind), until):
            for item in page["items"]:
                ref = _ref(item, kind)
                if ref is None:
                    nameless += 1
                    continue
                item["metadata"].pop("managedFields", None)
                objects[ref] = RawObject(ref, item)
    except NotInstalledError:
        return KindList(kind, installed=False)
    except RequestError as error:
        failure = error
    return KindList(kind, tuple(objects.values()), nameless, failure=failure)


def _ref(item: Any, kind: Kind) -> ObjectRef | None:
    """The name of an object; None if it has none."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict):
        return None
    name, namespace = metadata.get("name"), metadata.get("namespace", "")
    if not isinstance(name, str) or not name or not isinstance(namespace, str):
        return None
    return ObjectRef(namespace, name, kind.name, kind.generation)


def _require_installed(client: Client, lists: Sequence[KindList]) -> None:
    """Raise if none of the networking kinds is there; others may belong to another product."""
    asked = [each for each in lists if each.kind.group.startswith("networking.")] or lists
    if any(each.installed for each in asked):
        return
    groups = ", ".join(sorted({each.kind.group for each in asked}))
    raise SourceError(
        f"no Gloo Mesh Gateway kinds are installed in context {client.context}: asked for {groups}",
        "choose the management cluster with --context",
    )


def _require_answer(client: Client, lists: Sequence[KindList]) -> None:
    """Raise if nothing at all was read, and always for the same cause."""
    failures = [each.failure for each in lists if each.installed and each.failure]
    answered = any(each.objects or not each.failure for each in lists if each.installed)
    if answered or len({failure.reason for failure in failures}) != 1:
        return
    message, hint = {
        GapReason.UNREACHABLE: (
            "the API server {server} of context {context} cannot be reached: {failure}",
            "see what kubectl says: kubectl cluster-info",
        ),
        GapReason.TIMEOUT: (
            "the API server {server} of context {context} is too slow: {failure}",
            "try a longer --request-timeout or --deadline",
        ),
        GapReason.UNAUTHORIZED: (
            "the API server {server} does not accept the credentials of context {context}",
            "log in again, then see: kubectl auth whoami",
        ),
        GapReason.FORBIDDEN: (
            "nothing may be listed in context {context}: {failure}",
            "see what is allowed: kubectl auth can-i --list",
        ),
        GapReason.MALFORMED: (
            "{server} of context {context} does not answer like an API server: {failure}",
            "check the server's address: kubectl config view --minify",
        ),
    }[failures[0].reason]
    words = {"server": client.server, "context": client.context, "failure": failures[0]}
    raise SourceError(message.format(**words), hint)

"""The objects of a cluster: every kind asked for by name, in parallel, as plain dicts.

There is no discovery over all groups: it costs more than all lists together on clusters with many kinds
(`performance.md`, peers), and a kind that is not there answers 404. Only where a kind is forbidden is its group asked
for, since rights are looked at before existence (`spec/apiserver.md`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote

from kubectl_gmg import kube
from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube import (
    Client,
    Connection,
    ForbiddenError,
    NotInstalledError,
    Reporting,
    RequestError,
    TimedOutError,
    UnreachableError,
)
from kubectl_gmg.model.snapshot import Extent, GapReason, Kind, Snapshot, SourceType
from kubectl_gmg.sources.generations import Generations, stands_alone
from kubectl_gmg.sources.listing import Failure, KindList, Listing
from kubectl_gmg.sources.parallel import collector_off, in_parallel
from kubectl_gmg.sources.server import group_path, plurals, product_version, version_of

if TYPE_CHECKING:
    from kubectl_gmg.kube.login import Access

__all__ = ["Connection", "KindList", "Reporting", "read"]

THREADS = 4
"""Enough to hide the round trips of several kinds (`performance.md`)."""


def read(
    connection: Connection,
    kinds: Sequence[Kind],
    *,
    deadline: float | None = None,
    namespaces: Sequence[str] = (),
    report: Reporting | None = None,
    released: Kind | None = None,
) -> Snapshot:
    """All objects of `kinds` in the cluster; what could not be read is a gap.

    Every kind is listed in all namespaces; where that is forbidden, in `namespaces`, or without any in that of the
    context. Policies are listed only where anything else of their generation is installed, kinds of Kubernetes itself
    only where these need them, and only where there are objects the definition of `released` is asked for the product's
    release.
    `deadline` (seconds) ends all reading. Raises `SourceError` if there is no such cluster, if it answers nothing at
    all for one cause, or if none of the product's kinds is installed.
    """
    until = None if deadline is None else time.monotonic() + deadline
    with collector_off(), kube.connect(connection, report) as client:
        return snapshot_of(client.access, everything(client, Reader(client, until, namespaces), kinds, released))


@dataclass(frozen=True, slots=True)
class Found:
    """What a cluster brought: its lists, the release that it tells, and why it tells none."""

    lists: tuple[KindList, ...]
    release: tuple[str | None, str | None] = (None, None)


def everything(client: Client, reader: Reader, kinds: Sequence[Kind], released: Kind | None) -> Found:
    """All objects of `kinds`, and the release if its generation has objects. Raises as `read` does."""
    lists = own_lists([kind for kind in kinds if kind.group], reader)
    require_answer(client, lists)
    require_installed(client, lists, reader.until)
    present = generations_in(lists)
    lists += in_parallel(reader.read, needed(kinds, lists), THREADS)
    if released is None or released.generation not in present:
        return Found(tuple(lists))
    return Found(tuple(lists), product_version(client, [released], reader.until))


def own_lists(kinds: Sequence[Kind], reader: Reader) -> list[KindList]:
    """What the kinds of the product bring, in their order; those are taken up first that others wait for."""
    ordered = sorted(kinds, key=stands_alone, reverse=True)
    found = in_parallel(Generations(kinds, reader.read).read, ordered, THREADS)
    by_kind = {each.kind.resource: each for each in found}
    return [by_kind[kind.resource] for kind in kinds]


def generations_in(lists: Iterable[KindList]) -> frozenset[str]:
    """The generations that have objects of their own."""
    return frozenset(each.kind.generation for each in lists if each.kind.group and each.objects)


def needed(kinds: Iterable[Kind], lists: Sequence[KindList]) -> list[Kind]:
    """The kinds of Kubernetes itself to be read beside these lists: those whose generation has objects."""
    present = generations_in(lists)
    own = [kind for kind in kinds if not kind.group and kind.generation in present]
    return [kind for kind in own if kind.is_needed(chain.from_iterable(each.objects for each in lists))]


def snapshot_of(access: Access, found: Found) -> Snapshot:
    """All of it."""
    lists = found.lists
    return Snapshot(
        SourceType.LIVE,
        objects=tuple(each for kind in lists for each in kind.objects),
        gaps=tuple(gap for kind in lists for gap in kind.gaps),
        read={each.kind.resource: each.extent for each in lists if each.installed and each.extent != Extent()},
        context=access.context,
        namespace=access.namespace,
        notes=tuple(
            f"{each.kind.name} changed while it was read: parts of the list are newer than others"
            for each in lists
            if each.mixed
        ),
        release=found.release[0],
        release_why=found.release[1],
    )


def list_path(kind: Kind, namespace: str | None = None) -> str:
    """Where the API server lists `kind`, in all namespaces or in one."""
    start = group_path(kind.group, kind.version)
    return f"{start}/namespaces/{quote(namespace, safe='')}/{kind.plural}" if namespace else f"{start}/{kind.plural}"


class Reader:
    """Reads kinds through one client, and remembers what holds for all of them; safe to use from several threads.

    `until` is the end of all reading, in seconds of `time.monotonic`. Without `namespaces` that of the context is
    looked at where all of them may not be listed.
    """

    def __init__(self, client: Client, until: float | None, namespaces: Sequence[str] = ()) -> None:
        self.until = until
        self._client = client
        self._namespaces = tuple(namespaces) or (client.access.namespace,)
        self._lost: RequestError | None = None
        self._groups: dict[str, frozenset[str] | None] = {}
        self._lock = Lock()
        self._pending: dict[str, str] = {}
        self._read = 0

    def read(self, kind: Kind) -> KindList:
        """The objects of a kind: of all namespaces, or where that is forbidden, of those to look at."""
        self._tell(kind, 0)
        try:
            return self._read_kind(kind)
        finally:
            self._pending.pop(kind.resource, None)

    def _read_kind(self, kind: Kind) -> KindList:
        found = self._list(kind)
        if not (kind.namespaced and any(isinstance(each.error, ForbiddenError) for each in found.failures)):
            return found
        if not self._installed(kind):
            return KindList(kind, installed=False)
        parts = [self._list(kind, namespace) for namespace in self._namespaces]
        spaces = zip(self._namespaces, parts, strict=True)
        return KindList(
            kind,
            objects=tuple(each for part in parts for each in part.objects),
            nameless=sum(part.nameless for part in parts),
            mixed=any(part.mixed for part in parts),
            namespaces=self._namespaces,
            failures=(*found.failures, *(each for part in parts for each in part.failures)),
            versions={space: part.versions[None] for space, part in spaces if None in part.versions},
        )

    def _list(self, kind: Kind, namespace: str | None = None) -> KindList:
        """One list, or the pages that came before a failure.

        Where no answer comes at all, the lists still waiting are not tried: each would take the full time limit again.
        """
        if self._lost is not None:
            return KindList(kind, failures=(Failure(self._lost, namespace),))
        listing = Listing(kind)
        try:
            for page in self._client.pages(list_path(kind, namespace), self.until):
                listing.add(page)
                self._tell(kind, len(page.items))
        except NotInstalledError:
            return KindList(kind, installed=False)
        except RequestError as error:
            if isinstance(error, UnreachableError | TimedOutError) and not self._client.reached:
                self._lost = error
            return listing.result((Failure(error, namespace),))
        return listing.result(())

    def _tell(self, kind: Kind, more: int) -> None:
        """Say how far reading is, and what is still waited for."""
        with self._lock:
            self._pending[kind.resource] = kind.name
            self._read += more
            kinds = ", ".join(dict.fromkeys(self._pending.values()))
            said = f"{self._read} objects read, waiting for {kinds} of {self._client.access.server}"
        self._client.say(said)

    def _installed(self, kind: Kind) -> bool:
        """Whether the server knows a kind that may not be listed; if it does not tell that either, it does."""
        path = group_path(kind.group, kind.version)
        with self._lock:
            if path not in self._groups:
                self._groups[path] = served(self._client, path, self.until)
            known = self._groups[path]
        return known is None or kind.plural in known


def served(client: Client, path: str, until: float | None) -> frozenset[str] | None:
    """The plurals that the server knows in one group and version; None if it does not tell."""
    try:
        return plurals(client, path, until)
    except RequestError:
        return None


def server_version(client: Client, until: float | None) -> str | None:
    """What the server calls its version; None if it does not tell."""
    try:
        return version_of(client.get("/version", until=until))
    except (RequestError, NotInstalledError):
        return None


def require_installed(client: Client, lists: Sequence[KindList], until: float | None) -> None:
    """Raise if none of the networking kinds is there; others may belong to another product."""
    asked = [each for each in lists if each.kind.group.startswith("networking.")] or list(lists)
    if any(each.installed for each in asked):
        return
    version = server_version(client, until)
    groups = sorted({(each.kind.generation, each.kind.group) for each in asked})
    looked = ", ".join(f"{group} ({generation})" for generation, group in groups)
    where = f"context {client.access.context}" + (f", which runs Kubernetes {version}" if version else "")
    raise SourceError(
        f"no Gloo Mesh Gateway kinds are installed in {where}: looked for {looked}",
        "choose the management cluster with --context, or see: kubectl api-resources | grep gloo",
    )


def require_answer(client: Client, lists: Sequence[KindList]) -> None:
    """Raise if nothing at all was read; of several causes the one that is met most."""
    failures = [each.error for kind in lists if kind.installed for each in kind.failures]
    if not failures or any(each.answered for each in lists if each.installed):
        return
    reason = Counter(each.reason for each in failures).most_common(1)[0][0]
    message, hint = NO_ANSWER[reason]
    access = client.access
    failure = next(each for each in failures if each.reason is reason)
    words = {"server": access.server, "context": access.context, "failure": failure}
    if reason is GapReason.FORBIDDEN and access.anonymous:
        hint = "no login was sent at all: give the context a user, or use --user or --token"
    raise SourceError(message.format(**words), hint)


NO_ANSWER = {
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
        "nothing may be listed in context {context}, neither in all namespaces nor in those looked at",
        "name yours with --read-namespaces; see what is allowed: kubectl auth can-i --list",
    ),
    GapReason.MALFORMED: (
        "{server} of context {context} does not answer like an API server: {failure}",
        "check the server's address: kubectl config view --minify",
    ),
}
"""By the cause that nothing was read for: what to say, and what to do next."""

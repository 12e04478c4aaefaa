"""A cluster that is watched: its kinds side by side, each in a thread of its own, through one login."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock, Thread

from kubectl_gmg import kube
from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube import Client, Connection, Reporting
from kubectl_gmg.model.snapshot import Kind, Snapshot
from kubectl_gmg.sources.listing import KindList
from kubectl_gmg.sources.live import Found, Reader, everything, generations_in, needed, snapshot_of
from kubectl_gmg.sources.parallel import collector_off
from kubectl_gmg.sources.server import product_version
from kubectl_gmg.sources.watched_kind import Pace, Trouble, WatchedKind
from kubectl_gmg.sources.watching import Part

RELEASE_AGAIN = 300.0
"""Seconds between two questions for the product's release, which changes when the product is upgraded."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a cluster is read: with what patience (seconds), where if not everywhere, and whom to tell."""

    connection: Connection
    deadline: float | None = None
    namespaces: tuple[str, ...] = ()
    report: Reporting = field(default_factory=Reporting)
    pace: Pace = field(default_factory=Pace)


class Kinds:
    """The kinds of one cluster that are watched, and the login that they share."""

    def __init__(self, reading: Reading, client: Client, tell: Callable[[], None]) -> None:
        self.pace = reading.pace
        self.closed = Flag()
        self.client = client
        self.tell = tell
        self._reading = reading
        self._lock = Lock()
        self._login = time.monotonic()
        self._refused = ""
        self._kinds: dict[str, WatchedKind] = {}

    def reader(self) -> Reader:
        """What lists a kind from now on, within the time that all reading may take."""
        return reader_of(self._reading, self.client)

    def add(self, lists: Iterable[KindList]) -> None:
        """Watch these kinds, which were just listed."""
        for each in lists:
            kind = WatchedKind(self, each)
            self._kinds[each.kind.resource] = kind
            Thread(target=self._follow, args=(kind,), name=f"watch {each.kind.plural}", daemon=True).start()

    def _follow(self, kind: WatchedKind) -> None:
        """Watch a kind until the end; a bug of ours must not leave it standing still in silence."""
        mistrusted = False
        while not self.closed.is_set():
            try:
                kind.follow(from_list=mistrusted)
            except Exception as error:  # noqa: BLE001 - whatever it is, people have to hear of it, and it goes on
                kind.trouble = Trouble(f"met a bug in kubectl gmg ({type(error).__name__})", of_events=True)
                self.pace.wait(self.closed, self.pace.polled)
                mistrusted = True

    def known(self, kind: Kind) -> bool:
        """Whether this kind is watched."""
        return kind.resource in self._kinds

    def state(self) -> list[KindList]:
        """What is known of each kind now, in the order in which they were added."""
        return [each.state for each in tuple(self._kinds.values())]

    def renew(self, client: Client) -> None:
        """Log in again, unless another thread just did; what was open through the old login ends, and goes on."""
        with self._lock:
            if self.client is not client or self.closed.is_set() or time.monotonic() - self._login < self.pace.login:
                return
            self._login = time.monotonic()
            try:
                fresh = kube.connect(self._reading.connection, self._reading.report)
            except SourceError as failure:
                self._refused = failure.message
                return
            self._refused = ""
            fresh.hush()
            fresh.reached = True
            self.client = fresh
        client.__exit__()
        if self.closed.is_set():
            fresh.__exit__()

    def stop(self) -> None:
        """End all threads and connections, and wait for none."""
        self.closed.set()
        self.client.__exit__()

    @property
    def trouble(self) -> str:
        """What is wrong with the cluster as a whole, else with some of its kinds."""
        found = [(each.kind.name, each.trouble) for each in tuple(self._kinds.values())]
        troubles = [(name, trouble) for name, trouble in found if trouble is not None]
        lost = [trouble for _, trouble in troubles if trouble.again is not None]
        said = [self._lost(lost)] if lost else []
        return "; ".join([*said, *polled(troubles, self.pace.polled)])

    def _lost(self, troubles: Sequence[Trouble]) -> str:
        """One sentence for all that is tried again: they mostly have one cause."""
        first = min(each.again or 0.0 for each in troubles)
        seconds = math.ceil(max(0.0, first - time.monotonic()))
        when = f"in {seconds} s" if seconds else "now"
        why = self._refused or Counter(each.message for each in troubles).most_common(1)[0][0]
        return f"the connection to {self.client.access.context} is lost: {why}; trying again {when}"


def polled(troubles: Iterable[tuple[str, Trouble]], seconds: float) -> list[str]:
    """What is said of kinds that are listed instead of watched, those of one cause together."""
    alike: dict[str, list[str]] = {}
    for name, trouble in troubles:
        if trouble.again is None:
            alike.setdefault(trouble.message, []).append(name)
    return [f"{few(dict.fromkeys(names))} {why}: listed again every {seconds:.0f} s" for why, names in alike.items()]


def few(names: Iterable[str]) -> str:
    """The first of them, and how many more there are: they share one line with everything else."""
    first, *more = names
    shown, hidden = [first, *more[:2]], more[2:]
    return f"{', '.join(shown)} and {len(hidden)} more kinds" if hidden else ", ".join(shown)


def reader_of(reading: Reading, client: Client) -> Reader:
    """What lists kinds from now on."""
    until = None if reading.deadline is None else time.monotonic() + reading.deadline
    return Reader(client, until, reading.namespaces)


class WatchedCluster(Part):
    """The cluster of the context. Of Kubernetes' own kinds those are watched that its objects have needed."""

    def __init__(self, reading: Reading, kinds: Sequence[Kind], released: Kind | None) -> None:
        self._reading = reading
        self._own = kinds
        self._released = released
        self._kinds: Kinds | None = None
        self._release: tuple[str | None, str | None] | None = None

    def start(self, tell: Callable[[], None]) -> None:
        """Read everything as `live.read` does, and raise what that raises."""
        client = kube.connect(self._reading.connection, self._reading.report)
        self._kinds = Kinds(self._reading, client, tell)
        with collector_off():
            found = everything(client, reader_of(self._reading, client), self._own, self._released)
        client.hush()
        if self._released is not None and self._released.generation in generations_in(found.lists):
            self._release = found.release
        self._kinds.add(found.lists)
        if self._released is not None:
            Thread(target=self._ask_release, args=(self._kinds, self._released), daemon=True).start()

    def stop(self) -> None:
        """End all threads and connections."""
        if self._kinds is not None:
            self._kinds.stop()

    @property
    def trouble(self) -> str:
        """What is wrong now."""
        return self._kinds.trouble if self._kinds else ""

    @property
    def state(self) -> Snapshot:
        """What `live.read` would bring now. Raises `SourceError` before anything was read."""
        kinds = self._kinds
        if kinds is None:
            raise SourceError("the cluster was not read yet", "this is a bug: report it")
        lists = kinds.state()
        present = generations_in(lists)
        beside = needed(self._own, lists)
        if first := self._first_lists(kinds, beside):
            kinds.add(first)
            lists += first
        known = {each.kind.resource: each for each in lists}
        wanted = (*(each for each in self._own if each.group), *beside)
        found = Found(tuple(known[each.resource] for each in wanted), self._released_now(kinds, present))
        return snapshot_of(kinds.client.access, found)

    def _first_lists(self, kinds: Kinds, beside: Iterable[Kind]) -> list[KindList]:
        """Lists of those of Kubernetes' own kinds that are needed for the first time."""
        reader = kinds.reader()
        return [reader.read(kind) for kind in beside if not kinds.known(kind)]

    def _released_now(self, kinds: Kinds, present: frozenset[str]) -> tuple[str | None, str | None]:
        """The release, and why there is none; asked for when its generation has objects for the first time."""
        if self._released is None or self._released.generation not in present:
            return None, None
        if self._release is None:
            self._release = product_version(kinds.client, [self._released], kinds.reader().until)
        return self._release

    def _ask_release(self, kinds: Kinds, released: Kind) -> None:
        """Ask for the release now and then, once it matters; what is known stays known while nobody answers."""
        while not kinds.pace.wait(kinds.closed, RELEASE_AGAIN):
            if self._release is None:
                continue
            found = product_version(kinds.client, [released], kinds.reader().until)
            if found != self._release and found[0] is not None:
                self._release = found
                kinds.tell()

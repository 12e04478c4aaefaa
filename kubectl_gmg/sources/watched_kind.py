"""One kind of a cluster that is watched: listed once, then followed event by event, and listed again when needed.

What goes wrong never loses anything: a watch goes on from the last version, and where that cannot be, the kind is
listed again, and the difference is what has changed. Until then the last state stays, and a gap says how old it is.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import SimpleQueue
from threading import Event as Flag
from threading import Lock, Thread
from typing import Protocol

from kubectl_gmg.kube import (
    Client,
    ForbiddenError,
    MalformedError,
    NotInstalledError,
    RequestError,
    UnauthorizedError,
)
from kubectl_gmg.kube.client import LONGEST_PAUSE
from kubectl_gmg.kube.failures import BrokenError, ExpiredError
from kubectl_gmg.kube.watch import Event, Stream
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import Gap, Kind, RawObject
from kubectl_gmg.sources.listing import KindList, place_of, raw_of
from kubectl_gmg.sources.live import Reader, list_path

ATTEMPTS = 5
"""Watches that fail one after the other, half a minute or so with the pauses, before the kind is listed again."""


HINT = "it is tried again and again"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long is waited, in seconds: `first` after a failure, then twice as long each time, up to `longest`.

    `polled` is what passes between two lists of a kind that cannot be watched, `absent` of one that is not there. A
    watch that ends after less than `quick` was not ended as servers do. All threads are refused at once, so they log in
    once for all of them, and after `login` seconds again.
    `chance` gives numbers from 0 to 1, so that many kinds do not all come back at once; `wait` waits, and says whether
    the watch was left meanwhile.
    """

    first: float = 0.5
    longest: float = 30.0
    polled: float = 30.0
    absent: float = 45.0
    quick: float = 1.0
    login: float = 5.0
    chance: Callable[[], float] = random.random
    wait: Callable[[Flag, float], bool] = Flag.wait

    def after(self, failures: int) -> float:
        """How long to wait after so many failures in a row."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 16)) * (0.75 + 0.25 * self.chance())

    def until_there(self) -> float:
        """How long to wait before a kind is looked for again that was not there."""
        return self.absent * (2 / 3 + 2 / 3 * self.chance())


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a kind: either it is tried again at `again`, in seconds of `time.monotonic`, or it is listed.

    `message` is ours; for a kind that is listed it says why it is not watched. That a watch begins is no sign that all
    is well again where the trouble is `of_events`.
    """

    message: str
    again: float | None = None
    of_events: bool = False


class Cluster(Protocol):
    """What the kinds of a cluster share."""

    pace: Pace
    closed: Flag

    @property
    def client(self) -> Client:
        """Through which to ask now."""

    def reader(self) -> Reader:
        """What lists a kind, within the time that all reading may take."""

    def renew(self, client: Client) -> None:
        """Log in again, since the server does not accept the credentials that `client` sends."""

    def tell(self) -> None:
        """Something has changed."""


class WatchedKind:
    """A kind from its first list on; `follow` runs in a thread of its own until the watch is left."""

    def __init__(self, cluster: Cluster, first: KindList) -> None:
        self.kind: Kind = first.kind
        self.trouble: Trouble | None = None
        self._cluster = cluster
        self._lock = Lock()
        self._list = first
        self._objects = {each.ref: each for each in first.objects}
        self._versions = dict(first.versions)
        self._sorted: tuple[RawObject, ...] | None = first.objects
        self._failures = 0
        self._lost = time.time()
        self._listed = time.monotonic()
        self._streams: set[Stream] = set()

    # ---- what is known

    @property
    def state(self) -> KindList:
        """What is known now, as one list would bring it."""
        with self._lock:
            if self._sorted is None:
                self._sorted = tuple(sorted(self._objects.values(), key=self._place))
            return replace(self._list, objects=self._sorted)

    def _place(self, raw: RawObject) -> tuple[int, str]:
        spaces = self._list.namespaces
        return spaces.index(raw.ref.namespace) if spaces and raw.ref.namespace in spaces else 0, place_of(raw)

    # ---- the thread

    def follow(self, *, from_list: bool = False) -> None:
        """Watch until the watch is left, where `from_list` says so from a new list on; raises bugs only."""
        while from_list or not self._pause(
            max(self._watched(), self._listed + self._cluster.pace.first - time.monotonic())
        ):
            from_list = False
            while (seconds := self._listed_again()) is not None:
                if self._pause(seconds):
                    return

    def _pause(self, seconds: float) -> bool:
        """Wait; whether the watch was left meanwhile."""
        closed = self._cluster.closed
        return closed.is_set() or (seconds > 0 and self._cluster.pace.wait(closed, seconds))

    def _watched(self) -> float:
        """Follow the kind for as long as events alone tell what happens; the seconds to wait before it is listed."""
        found = self._list
        if not found.installed:
            return self._cluster.pace.until_there()
        if not self._versions or found.nameless or hard_failure(found) is not None:
            return self._unwatchable(found)
        spaces = list(self._versions)
        over = Flag()
        if len(spaces) == 1:
            return self._follow(spaces[0], over)
        ended: SimpleQueue[float | Exception] = SimpleQueue()

        def run(space: str | None) -> None:
            try:
                ended.put(self._follow(space, over))
            except Exception as error:  # noqa: BLE001 - it is raised where the first end is waited for
                ended.put(error)

        for space in spaces:
            Thread(target=run, args=(space,), name=f"watch {self.kind.plural} of {space}", daemon=True).start()
        first = ended.get()
        over.set()
        with self._lock:
            streams = tuple(self._streams)
        for each in streams:
            each.close()
        if isinstance(first, Exception):
            raise first
        return first

    def _unwatchable(self, found: KindList) -> float:
        """How long to wait where there is no list to go on from, or not all of it."""
        hard = hard_failure(found)
        if hard is not None:
            return self._failed(hard)
        if not found.failures:
            self.trouble = Trouble("cannot be watched (its list has no version, or items without a name)")
        return self._cluster.pace.polled

    def _follow(self, namespace: str | None, over: Flag) -> float:
        """Watch one list; the seconds to wait before the kind has to be listed again, or 0 once it is `over`."""
        while not (over.is_set() or self._cluster.closed.is_set()):
            try:
                self._read_events(namespace, over)
                continue
            except (ExpiredError, NotInstalledError):
                return self._listed_soon()
            except ForbiddenError:
                return self._polled(Trouble("may not be watched"))
            except MalformedError as error:
                again = self._listed_soon()
                return self._polled(Trouble(f"cannot be watched ({error})", of_events=True)) if again else again
            except RequestError as error:
                seconds = self._failed(error)
            if self._failures > ATTEMPTS:
                return seconds
            if self._pause(seconds):
                break
        return 0.0

    def _read_events(self, namespace: str | None, over: Flag) -> None:
        """Take the events of one watch to its end, behind which the next one may begin at once."""
        client = self._cluster.client
        try:
            stream = client.watch(list_path(self.kind, namespace), self._versions[namespace])
        except UnauthorizedError:
            self._cluster.renew(client)
            raise
        with self._lock:
            self._streams.add(stream)
        if over.is_set():  # while the server took its time; nobody else will end it now
            stream.close()
        began = time.monotonic()
        try:
            with stream:
                self._well(begun=True)
                for event in stream:
                    if over.is_set() or self._cluster.closed.is_set():
                        return
                    self._take(namespace, event)
                    self._well()
        finally:
            with self._lock:
                self._streams.discard(stream)
            lived = time.monotonic() - began >= self._cluster.pace.quick
            if lived:
                self._failures = 0
        if not lived and self._cluster.client is client:
            raise BrokenError("the server ends each watch at once")

    def _well(self, *, begun: bool = False) -> None:
        """There is no trouble any more, as far as a watch shows that has begun, or that has brought an event."""
        if self.trouble is not None and not (begun and self.trouble.of_events):
            self.trouble = None

    def _listed_soon(self) -> float:
        """Events cannot tell what happened: the kind is listed at once, but not again and again."""
        self._count()
        return 0.0 if self._failures == 1 else self._cluster.pace.after(self._failures)

    def _polled(self, trouble: Trouble) -> float:
        """The kind is listed now and then, since it may not, or cannot, be watched."""
        self.trouble = trouble
        return self._cluster.pace.polled

    def _count(self) -> None:
        """One more failure in a row; since the first of them nothing is known."""
        if not self._failures:
            self._lost = time.time()
        self._failures += 1

    def _failed(self, error: RequestError) -> float:
        """How long to wait after a failure: as long as the server asks if that is within reason.

        People hear of the second one in a row: servers and proxies end connections all the time.
        """
        self._count()
        seconds = self._cluster.pace.after(self._failures)
        if isinstance(error, BrokenError) and error.after is not None:
            seconds = min(max(error.after, seconds), LONGEST_PAUSE)
        if self._failures > 1:
            self.trouble = Trouble(str(error), time.monotonic() + seconds)
        return seconds

    # ---- what changes the state

    def _take(self, namespace: str | None, event: Event) -> None:
        """Take one event. Raises `MalformedError` for one that is about nothing in this list."""
        if not event.bookmark and not older(event.version, self._versions[namespace]):
            raw = self._object_of(namespace, event)
            if self._put(raw.ref, None if event.gone else raw):
                self._cluster.tell()
        if not older(event.version, self._versions[namespace]):
            self._versions[namespace] = event.version

    def _object_of(self, namespace: str | None, event: Event) -> RawObject:
        found, kind = event.object, self.kind
        ours = (found.get("apiVersion", kind.api_version), found.get("kind", kind.name))
        raw = raw_of(found, kind)
        if raw is None or ours != (kind.api_version, kind.name) or namespace not in (None, raw.ref.namespace):
            raise MalformedError("the server sends events of other objects")
        return raw

    def _put(self, ref: ObjectRef, raw: RawObject | None) -> bool:
        """Whether this changes what is known of an object; None is one that is gone."""
        with self._lock:
            known = self._objects.get(ref)
            if raw is None:
                self._objects.pop(ref, None)
            elif known is not None and known.body == raw.body:
                return False
            else:
                self._objects[ref] = raw
            changed = known is not None or raw is not None
            self._sorted = None if changed else self._sorted
            return changed

    def _listed_again(self) -> float | None:
        """List the kind, and take what is another than before; the seconds to wait if it cannot be listed now."""
        client = self._cluster.client
        self._listed = time.monotonic()
        found = self._cluster.reader().read(self.kind)
        if self._cluster.closed.is_set():
            return None
        error = hard_failure(found)
        if error is None:
            self._replace(found)
            return None
        if isinstance(error, UnauthorizedError):
            self._cluster.renew(client)
        seconds = self._failed(error)
        self._outdated(error)
        return seconds

    def _outdated(self, error: RequestError) -> None:
        """From now on a gap says how old this is, unless the kind was never read, which is a gap already."""
        with self._lock:
            if self._list.stale or hard_failure(self._list) is not None:
                return
            since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._lost))
            said = f"{self.kind.name}: may be out of date, since nothing is known after {since}: {error}; {HINT}"
            gap = Gap(error.reason, said, self.kind.affects, kind=self.kind.name)
            self._list = replace(self._list, stale=gap)
        self._cluster.tell()

    def _replace(self, found: KindList) -> None:
        """The list is what is known from now on; an object that did not change stays the same object."""
        if self.trouble is not None and self.trouble.again is not None:
            self.trouble = None
        with self._lock:
            old, before = self._objects, self._list
            self._objects = {each.ref: kept(old.get(each.ref), each) for each in found.objects}
            self._versions = dict(found.versions)
            self._list = replace(found, objects=())
            self._sorted = None
        same = [id(each) for each in old.values()] == [id(each) for each in self._objects.values()]
        if not same or facts(before) != facts(found):
            self._cluster.tell()


def kept(old: RawObject | None, new: RawObject) -> RawObject:
    """The old one if nothing of it has changed."""
    return old if old is not None and old.body == new.body else new


def facts(found: KindList) -> tuple[object, ...]:
    """What a list says besides its objects."""
    return found.installed, found.nameless, found.mixed, found.extent, found.gaps


def hard_failure(found: KindList) -> RequestError | None:
    """Why a kind was not read that may be read."""
    errors = (each.error for each in found.failures)
    return next((each for each in errors if not isinstance(each, ForbiddenError)), None)


def older(version: str, than: str) -> bool:
    """Whether a version is no newer than another; versions that are no numbers are taken as they come."""
    return version.isdecimal() and than.isdecimal() and int(version) <= int(than)

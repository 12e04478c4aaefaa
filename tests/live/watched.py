"""A watch of a stand-in, what it shows, and servers that let it down."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

from kubectl_gmg.api import KINDS, RELEASED
from kubectl_gmg.kube import Connection
from kubectl_gmg.model.snapshot import Kind, Snapshot
from kubectl_gmg.sources import live
from kubectl_gmg.sources.watched_cluster import Reading, WatchedCluster
from kubectl_gmg.sources.watched_kind import Pace
from kubectl_gmg.sources.watching import Watch
from tests.oracle.apiserver import ENTERPRISE, V1BETA1, V2, ApiServer, status
from tests.oracle.https import Answer, Call

Json = dict[str, Any]
HURRIED = Pace(first=0.01, longest=0.05, polled=0.05, absent=0.05, quick=0.0, login=0.0)
"""Nobody waits for longer than a moment."""


def connection_to(server: ApiServer, folder: Path) -> Connection:
    return Connection(str(server.write_kubeconfig(folder / "kubeconfig")), chunk_size=7)


@contextmanager
def watching(
    connection: Connection,
    pace: Pace = HURRIED,
    *,
    kinds: Sequence[Kind] = KINDS,
    namespaces: tuple[str, ...] = (),
    deadline: float | None = None,
) -> Iterator[tuple[Watch, WatchedCluster]]:
    """A watch of a cluster alone."""
    cluster = WatchedCluster(Reading(connection, deadline, namespaces, pace=pace), kinds, released(kinds))
    with Watch((cluster,), lambda: cluster.state) as watch:
        yield watch, cluster


def released(kinds: Sequence[Kind]) -> Kind | None:
    """What tells the release, as `pipeline` asks for it."""
    return RELEASED if RELEASED in kinds else None


def everything_in(snapshot: Snapshot) -> Json:
    """All that a snapshot says, byte for byte."""
    return {
        "objects": [(each.ref, json.dumps(each.body)) for each in snapshot.objects],
        "gaps": snapshot.gaps,
        "read": dict(snapshot.read),
        "where": (snapshot.type, snapshot.context, snapshot.namespace),
        "release": (snapshot.release, snapshot.release_why),
        "notes": snapshot.notes,
        "elsewhere": dict(snapshot.elsewhere),
    }


def fresh(connection: Connection, namespaces: Sequence[str] = (), kinds: Sequence[Kind] = KINDS) -> Json:
    """What a run without a watch reads now."""
    return everything_in(live.read(connection, kinds, namespaces=namespaces, released=released(kinds)))


def until(reached: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether this comes about in time."""
    ends = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def settled(watch: Watch, cluster: WatchedCluster, wanted: Json, seconds: float = 10.0) -> Json:
    """What the watch shows once it shows what is wanted, or when the time is over."""
    until(lambda: everything_in(cluster.state) == wanted, seconds)
    watch.changed(0.0)
    return everything_in(cluster.state)


NAMES = tuple(
    (space, name) for space in ("team", "team-1", "web") for name in ("a", "a-1", "b.c", *map(str, range(15)))
)
"""So many that an event that is lost is rarely made good by a later one."""
TABLE, HOST = ((f"{ENTERPRISE}/v1beta1", name) for name in ("RouteTable", "VirtualHost"))
CHANGING = (
    TABLE,
    HOST,
    ("networking.mesh.gloo.solo.io/v1", "TrafficPolicy"),
    ("networking.gloo.solo.io/v2", "RouteTable"),
    ("v1", "Service"),
)
"""Kinds of both generations; Services count where the second one has objects."""


def an_object(kind: tuple[str, str], namespace: str, name: str, **spec: Any) -> Json:
    """An object as it is applied."""
    return {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": name, "namespace": namespace}, "spec": spec}


class Changes:
    """Random changes: objects are created, changed and deleted."""

    def __init__(self, server: ApiServer, random: Random, names: Sequence[tuple[str, str]] = NAMES) -> None:
        self.server = server
        self.names = names
        self.random = random
        self.there: set[tuple[tuple[str, str], tuple[str, str]]] = set()
        self.done = 0

    def make(self, count: int, pause: Callable[[], None] = lambda: None) -> None:
        """So many."""
        for _ in range(count):
            kind, name = self.random.choice(CHANGING), self.random.choice(self.names)
            self.done += 1
            changed = an_object(kind, *name, number=self.done)
            if (kind, name) in self.there and self.random.random() < 0.45:
                self.server.delete(changed)
                self.there.discard((kind, name))
            else:
                self.server.apply(changed)
                self.there.add((kind, name))
            pause()


Stream = Iterator[bytes | None]
EXPIRED_EVENT = b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'
SICK_EVENT = b'{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError"}}\n'
GONE = status(410, "Expired", "too old resource version")
SICK = status(500, "InternalError", "canary")
BUSY = replace(status(429, "TooManyRequests", "canary"), headers=(("Retry-After", "0"),))


def cut_after(count: int, real: Answer, last: bytes | None = b"", *, cut: bool = True) -> Answer:
    """The first events of a watch, then something else, then the end of the connection or just of the watch."""

    def stream() -> Stream:
        for number, each in enumerate(real.stream or ()):
            if number == count:
                yield last or (each or b"")[: len(each or b"") // 2]
                break
            yield each
        if cut:
            yield None

    return replace(real, stream=stream())


def twice(real: Answer) -> Answer:
    """Each event comes twice."""
    return replace(real, stream=(each for each in real.stream or () for _ in range(2)))


def is_watch(call: Call) -> bool:
    return call.query.get("watch") == "true"


class Chaos:
    """Lets each watch down in its own way, and where `lists` is set those too.

    `gentle` ways are those after which nothing has to be listed again.
    """

    def __init__(self, seed: int, *, gentle: bool = False) -> None:
        self.random = Random(seed)
        self.over = False
        self.lists = False
        self.gentle = gentle
        self.met: set[str] = set()
        self.deck: list[str] = []
        self.lock = Lock()

    def __call__(self, call: Call, real: Answer) -> Answer:
        with self.lock:
            return self._let_down(call, real)

    def _let_down(self, call: Call, real: Answer) -> Answer:
        if self.over or not (self.lists or is_watch(call)):
            return real
        if not is_watch(call):
            return self.random.choice((real, real, real, BUSY, replace(real, reset_after=30)))
        if real.stream is None:
            return real
        count = self.random.randrange(1 if self.gentle else 0, 4)  # an event that came ends a row of failures
        ways: dict[str, Callable[[], Answer]] = {
            "nothing": lambda: real,
            "in mid-line": lambda: cut_after(count, real),
            "between lines": lambda: cut_after(count, real, b"\n"),
            "normal end": lambda: cut_after(count, real, b"\n", cut=False),
            "twice": lambda: twice(real),
            "429": lambda: BUSY,
            "500": lambda: SICK,
        }
        if not self.gentle:
            ways |= {
                "410 as an event": lambda: cut_after(count, real, EXPIRED_EVENT, cut=False),
                "410": lambda: GONE,
                "500 as an event": lambda: cut_after(count, real, SICK_EVENT),
                "garbage": lambda: cut_after(count, real, b"<html>canary</html>\n"),
            }
        self.deck = self.deck or self.random.sample(sorted(ways), len(ways))
        way = self.deck.pop()
        self.met.add(way)
        return ways[way]()


class Both(ApiServer):
    """A stand-in with both generations."""

    def __init__(self, manifests: Sequence[Json] = (), **more: Any) -> None:
        super().__init__(manifests, resources=(*V1BETA1, *V2), **more)

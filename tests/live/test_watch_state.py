"""Whatever a server does meanwhile, a watch ends in exactly the state that a fresh list shows."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from kubectl_gmg.api import KINDS
from kubectl_gmg.model.snapshot import Snapshot
from tests.live.faults import no_time_passes
from tests.live.watched import (
    NAMES,
    TABLE,
    Both,
    Changes,
    Chaos,
    an_object,
    connection_to,
    everything_in,
    fresh,
    is_watch,
    settled,
    until,
    watching,
)
from tests.oracle.apiserver import EVERYTHING
from tests.oracle.https import Answer, Call

CHANGES = 1_000


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between the requests of one list take no time."""
    return no_time_passes(monkeypatch)


def now_and_then(random: Random) -> None:
    """So that some changes come in one go, and others one by one."""
    if random.random() < 0.2:
        time.sleep(0.005)


def watching_now() -> int:
    """Threads of watches, and those that wait for an answer."""
    return sum(each.name.startswith(("watch ", "request")) for each in threading.enumerate())


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_changes_and_a_server_in_trouble(tmp_path: Path, seed: int) -> None:
    random, chaos = Random(seed), Chaos(seed)
    with Both([an_object(TABLE, "web", "stays")]) as server:
        server.history.bookmarks = 0.05
        connection = connection_to(server, tmp_path)
        with watching(connection) as (watch, cluster):
            server.faults = {EVERYTHING: chaos}
            watch.read()
            changes = Changes(server, random)
            for _ in range(5):
                chaos.lists = True
                changes.make(CHANGES // 5, lambda: now_and_then(random))
                if random.random() < 0.3:
                    server.expire()
                chaos.lists = False
                wanted = fresh(connection)
                assert settled(watch, cluster, wanted) == wanted, "also while watches are let down still"
            chaos.over = True
            assert len(chaos.met) == 11, "every way of letting somebody down was met"
            server.apply(an_object(TABLE, "web", "the-last"))
            wanted = fresh(connection)
            assert settled(watch, cluster, wanted) == wanted, "and it goes on"
            kinds = [kind for kind in KINDS if kind.is_needed(())]  # no Workspace asks for labels of Namespaces
            assert until(lambda: watching_now() == len(kinds) and len(server._http.open) <= 2 * len(kinds)), (
                "after hundreds of watches one thread for each kind, and few connections that are used again"
            )
        assert {call.method for call in server.calls} == {"GET"}


@pytest.mark.parametrize("seed", range(2))
def test_a_thousand_changes_by_events_alone(tmp_path: Path, seed: int) -> None:
    """Nothing is listed again here, which would hide an event that was lost."""
    random, chaos = Random(seed), Chaos(seed, gentle=True)
    with Both(
        [an_object(TABLE, "web", "stays"), an_object(("networking.gloo.solo.io/v2", "RouteTable"), "a", "b")]
    ) as server:
        connection = connection_to(server, tmp_path)
        with watching(connection) as (watch, cluster):
            server.faults = {EVERYTHING: chaos}
            watch.read()
            lists = len([call for call in server.calls if not is_watch(call)])
            changes = Changes(server, random)
            for _ in range(5):
                changes.make(CHANGES // 5, lambda: now_and_then(random))
                asked = len([call for call in server.calls if not is_watch(call)])
                assert asked == lists
                wanted = fresh(connection)
                assert settled(watch, cluster, wanted) == wanted
                lists = len([call for call in server.calls if not is_watch(call)])


def test_a_lost_event_would_be_noticed(tmp_path: Path) -> None:
    """The sabotage: the server swallows one event, and the state is another one than that of a fresh list."""
    swallowed: list[bytes] = []

    def swallow(call: Call, real: Answer) -> Answer:
        if not is_watch(call):
            return real

        def stream() -> Iterator[bytes | None]:
            for each in real.stream or ():
                if not swallowed and b'"MODIFIED"' in (each or b""):
                    swallowed.append(each or b"")
                else:
                    yield each

        return Answer(stream=stream())

    with Both([an_object(TABLE, "web", "stays")]) as server:
        connection = connection_to(server, tmp_path)
        server.faults = {each.name: swallow for each in server.resources}
        with watching(connection) as (watch, cluster):
            watch.read()
            server.apply(an_object(TABLE, "web", "stays", changed=True))
            wanted = fresh(connection)
            assert settled(watch, cluster, wanted, 0.5) != wanted
            assert swallowed


def test_memory_does_not_grow(tmp_path: Path) -> None:
    """A thousand changes of few objects: what is kept of them is the last state."""
    of_ours = [tracemalloc.Filter(True, each) for each in ("*/kubectl_gmg/*", "*/json/decoder.py", "*/urllib3/*")]

    def held() -> int:
        gc.collect()
        return sum(each.size for each in tracemalloc.take_snapshot().filter_traces(of_ours).statistics("filename"))

    with Both([an_object(TABLE, "web", "stays")]) as server:
        connection = connection_to(server, tmp_path)
        changes = Changes(server, Random(1), NAMES[:8])
        with watching(connection) as (watch, cluster):
            watch.read()
            tracemalloc.start()
            try:
                changes.make(300)
                wanted = fresh(connection)
                assert settled(watch, cluster, wanted) == wanted
                del wanted
                before = held()
                for _ in range(10):
                    changes.make(CHANGES // 10)
                    watch.changed(0.0)
                wanted = fresh(connection)
                assert settled(watch, cluster, wanted) == wanted
                del wanted
                after = held()
            finally:
                tracemalloc.stop()
    assert after - before < 300_000, "a thousand objects that are kept are more than a million bytes"


def test_objects_that_did_not_change_stay_the_same(tmp_path: Path) -> None:
    """Whoever compares states can tell by identity, also after the kind was listed again."""
    with Both([an_object(TABLE, "web", name) for name in ("a", "b")]) as server:
        connection = connection_to(server, tmp_path)
        with watching(connection) as (watch, _):
            before = watch.read()
            server.apply(an_object(TABLE, "web", "b", changed=True))
            after = watch.changed(5)
    assert after is not None
    assert after.objects[0] is before.objects[0]
    assert after.objects[1] is not before.objects[1]


def names(snapshot: Snapshot | None) -> list[str]:
    assert snapshot is not None
    return [each.ref.name for each in snapshot.objects]


def test_changes_close_together_are_one(tmp_path: Path) -> None:
    with Both([an_object(TABLE, "web", "stays")]) as server, watching(connection_to(server, tmp_path)) as (watch, _):
        assert names(watch.read()) == ["stays"]
        assert watch.changed(0.05) is None
        for number in range(5):
            server.apply(an_object(TABLE, "web", f"t-{number}"))
        assert names(watch.changed(5)) == ["stays", *(f"t-{number}" for number in range(5))]
        assert watch.changed(0.3) is None


def test_what_is_shown_first_is_what_a_run_without_a_watch_reads(tmp_path: Path) -> None:
    with Both() as server:
        Changes(server, Random(7)).make(100)
        connection = connection_to(server, tmp_path)
        with watching(connection) as (watch, _):
            assert everything_in(watch.read()) == fresh(connection)

"""Each way in which a server lets a watch down, alone: which requests follow, after which waits, and what is said.

What a server may do is in `spec/apiserver.md`; that a watch goes on from the last version that it was told, and lists
again only when that version is too old, is how Kubernetes describes it ("Efficient detection of changes").
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube import Connection, client
from kubectl_gmg.kube import watch as watch_lines
from kubectl_gmg.model.snapshot import GapReason
from kubectl_gmg.sources.watched_cluster import WatchedCluster
from kubectl_gmg.sources.watched_kind import Pace
from kubectl_gmg.sources.watching import Watch
from tests.live.faults import no_time_passes
from tests.live.objects import KINDS, ROUTE_TABLES, manifest
from tests.live.watched import EXPIRED_EVENT, HURRIED, cut_after, fresh, is_watch, settled, until, watching
from tests.oracle.apiserver import V1BETA1, ApiServer, status
from tests.oracle.https import Answer, Call

TABLES = ROUTE_TABLES.resource
START = 1000
"""The revision of the stand-in before anything happens."""


@pytest.fixture(autouse=True)
def list_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between the requests of one list, which take no time here."""
    return no_time_passes(monkeypatch)


def table(name: str, **spec: Any) -> dict[str, Any]:
    return manifest("RouteTable", "web", name, **spec)


@dataclass
class Scene:
    """One kind that is watched, and what was asked for. Waits are recorded, and take a moment only."""

    server: ApiServer
    connection: Connection
    waits: list[float] = field(default_factory=list)
    answers: list[Callable[[Answer], Answer]] = field(default_factory=list)
    lists: list[Callable[[Answer], Answer]] = field(default_factory=list)
    held: Flag = field(default_factory=Flag)
    watch: Watch | None = None
    cluster: WatchedCluster | None = None

    def __post_init__(self) -> None:
        self.server.faults = {TABLES: self._fault}

    def _fault(self, call: Call, real: Answer) -> Answer:
        """Each watch, or list, gets what is next in line, and then the real answer."""
        line = self.answers if is_watch(call) else self.lists
        return line.pop(0)(real) if line else real

    def wait(self, flag: Flag, seconds: float) -> bool:
        self.waits.append(round(seconds, 3))
        return flag.wait(0.03)

    @property
    def pace(self) -> Pace:
        return Pace(chance=lambda: 1.0, wait=self.wait)

    @property
    def asked(self) -> list[str]:
        """`list`, or the version from which a watch goes on."""
        calls = [call for call in self.server.calls if call.path.endswith("/routetables")]
        return [f"from {call.query['resourceVersion']}" if is_watch(call) else "list" for call in calls]

    def names(self) -> list[str]:
        assert self.cluster
        return [each.ref.name for each in self.cluster.state.objects]

    def shows(self, *names: str) -> bool:
        return until(lambda: self.names() == list(names), 5)

    def asks(self, *wanted: str) -> bool:
        """Whether these requests come, and no others meanwhile."""
        return until(lambda: len(self.asked) >= len(wanted), 5) and self.asked[: len(wanted)] == list(wanted)

    @contextmanager
    def begins(self, pace: Pace | None = None) -> Iterator[Scene]:
        """From the first read on."""
        with watching(self.connection, pace or self.pace, kinds=(ROUTE_TABLES,)) as (watch, cluster):
            self.watch, self.cluster = watch, cluster
            watch.read()
            yield self

    @property
    def trouble(self) -> str:
        assert self.watch
        return self.watch.trouble


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with ApiServer([table("a"), table("b")]) as server:
        yield Scene(server, Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig"))))
    assert {call.method for call in server.calls} == {"GET"}


def ended(real: Answer) -> Answer:
    """A watch that the server ends after one event, as after its time."""
    return cut_after(1, real, b"\n", cut=False)


def test_a_watch_begins_with_the_version_of_the_list(scene: Scene) -> None:
    with scene.begins():
        scene.server.apply(table("c"))
        assert scene.shows("a", "b", "c")
        assert scene.asked == ["list", f"from {START}"]
        (call,) = [each for each in scene.server.calls if is_watch(each)]
    assert call.query["allowWatchBookmarks"] == "true"
    assert 60 <= int(call.query["timeoutSeconds"]) <= 600
    assert call.headers["accept-encoding"] == "identity", "events come at once only if nobody packs them"
    assert scene.waits == []


def test_events_change_what_is_shown(scene: Scene) -> None:
    with scene.begins():
        scene.server.apply(table("c", weight=1))
        scene.server.apply(table("c", weight=2))
        scene.server.delete(table("a"))
        assert scene.shows("b", "c")
        assert scene.cluster
        (changed,) = [each for each in scene.cluster.state.objects if each.ref.name == "c"]
    assert changed.body["spec"] == {"weight": 2}
    assert "managedFields" not in changed.body["metadata"]


def test_a_normal_end_goes_on_at_once_from_the_last_event(scene: Scene) -> None:
    scene.answers = [ended]
    with scene.begins(replace(scene.pace, quick=0.0)):
        scene.server.apply(table("c"))
        scene.server.apply(table("d"))
        assert scene.shows("a", "b", "c", "d")
        assert scene.asks("list", f"from {START}", f"from {START + 1}")
        assert (scene.waits, scene.trouble) == ([], "")


def test_a_bookmark_is_what_a_watch_goes_on_from(scene: Scene) -> None:
    scene.server.history.bookmarks = 0.05
    scene.answers = [ended]
    with scene.begins(replace(scene.pace, quick=0.0)):
        scene.server.apply(manifest("VirtualHost", "web", "of-another-kind"))
        assert scene.asks("list", f"from {START}", f"from {START + 1}")
        assert scene.watch
        assert scene.watch.changed(0.1) is None


@pytest.mark.parametrize("end", [None, b"\n", b'{"type":"MODIFIED","obj'], ids=["in mid-line", "between", "torn"])
def test_a_connection_that_breaks_off_goes_on_from_the_last_event(scene: Scene, end: bytes | None) -> None:
    scene.answers = [lambda real: cut_after(1, real, end)]
    with scene.begins():
        scene.server.apply(table("c"))
        scene.server.apply(table("d"))
        assert scene.shows("a", "b", "c", "d")
        assert scene.asks("list", f"from {START}", f"from {START + 1}")
        assert scene.waits == [0.5]
        assert scene.trouble == "", "once is nothing to tell of"


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again_ever_more_seldom(scene: Scene, code: int) -> None:
    said: list[str] = []

    def sick(real: Answer) -> Answer:
        said.append(scene.trouble if scene.watch else "")
        return status(code, "InternalError", "canary")

    scene.answers = [sick] * 6
    with scene.begins():
        version = f"from {START}"
        assert scene.asks("list", *[version] * 6, "list", version)
        assert scene.waits == [0.5, 1, 2, 4, 8, 16]
        assert until(lambda: scene.trouble == "", 5)
        scene.server.apply(table("c"))
        assert scene.shows("a", "b", "c")
    wanted = f"the connection to gmg-test is lost: the server is in trouble ({code}); trying again in "
    assert said[:2] == ["", ""]
    assert all(each.startswith(wanted) and each.endswith(" s") for each in said[2:])


def test_it_is_never_waited_for_longer_than_half_a_minute(scene: Scene) -> None:
    scene.answers = [lambda real: status(500, "InternalError", "canary")] * 12
    with scene.begins():
        assert until(lambda: len(scene.waits) > 9, 5)
    assert scene.waits[6:10] == [30] * 4
    assert scene.asked.count("list") > 3, "and it is listed meanwhile"


@pytest.mark.parametrize(("asked", "waited"), [("7", 7), ("0", 0.5), ("3600", 60)])
def test_a_server_that_is_too_busy_says_how_long_to_wait(scene: Scene, asked: str, waited: float) -> None:
    busy = replace(status(429, "TooManyRequests", "canary"), headers=(("Retry-After", asked),))
    scene.answers = [lambda real: busy]
    with scene.begins():
        assert scene.asks("list", f"from {START}", f"from {START}")
        assert scene.waits == [waited]


EXPIRIES: dict[str, Callable[[Answer], Answer]] = {
    "as an event": lambda real: Answer(stream=[EXPIRED_EVENT]),
    "as a status": lambda real: status(410, "Expired", "too old resource version"),
    "behind an event": lambda real: cut_after(1, real, EXPIRED_EVENT, cut=False),
}


@pytest.mark.parametrize("how", EXPIRIES.values(), ids=EXPIRIES)
def test_a_version_that_is_too_old_is_listed_again(scene: Scene, how: Callable[[Answer], Answer]) -> None:
    """What happened meanwhile is the difference of the two lists."""
    scene.answers = [how]
    with scene.begins():
        scene.server.delete(table("a"))
        scene.server.apply(table("b", changed=True))
        scene.server.apply(table("c"))
        assert scene.shows("b", "c")
        assert until(lambda: scene.asked[:3] == ["list", f"from {START}", "list"], 5)
        assert until(lambda: len(scene.asked) == 4, 5)
        assert int(scene.asked[3].removeprefix("from ")) > START
        assert scene.watch
        assert scene.watch.changed(2) is not None
        assert scene.trouble == ""


def test_versions_that_expire_for_ever_do_not_load_the_server(scene: Scene) -> None:
    scene.answers = [EXPIRIES["as an event"]] * 99
    with scene.begins():
        assert until(lambda: len(scene.waits) > 4, 5)
    assert all(later >= earlier > 0.4 for earlier, later in zip(scene.waits[1:], scene.waits[2:], strict=False))


def test_without_the_right_to_watch_it_is_listed_again(scene: Scene) -> None:
    scene.answers = [lambda real: status(403, "Forbidden", "canary")] * 3
    with scene.begins():
        assert until(lambda: bool(scene.trouble), 5)
        assert scene.trouble == "RouteTable may not be watched: listed again every 30 s"
        scene.server.apply(table("c"))
        assert scene.shows("a", "b", "c")
        assert until(lambda: scene.trouble == "", 5), "the right was given at last"
    assert scene.waits[:3] == [30, 30, 30]


NO_EVENTS: dict[str, Answer] = {
    "a list": Answer.json({"apiVersion": "v1", "items": [], "kind": "List", "metadata": {"resourceVersion": "7"}}),
    "a web page": Answer(200, b"<html>canary</html>", "text/html"),
    "garbage": Answer(body=b"canary\n"),
    "events without an object": Answer(body=b'{"type":"ADDED"}\n'),
    "events of a type nobody knows": Answer(
        body=b'{"type":"CANARY","object":{"metadata":{"resourceVersion":"2000"}}}\n'
    ),
    "events without metadata": Answer(body=b'{"type":"ADDED","object":{"kind":"RouteTable"}}\n'),
    "events without a name": Answer(body=b'{"type":"ADDED","object":{"metadata":{"resourceVersion":"2000"}}}\n'),
    "events of other objects": Answer.json(
        {"type": "ADDED", "object": {"kind": "Secret", "metadata": {"name": "x", "resourceVersion": "2000"}}}
    ),
    "an error without a code": Answer(body=b'{"type":"ERROR","object":{}}\n'),
    "a line without end": Answer(body=b" " * 4096, endless=True),
}


@pytest.mark.parametrize("answer", NO_EVENTS.values(), ids=NO_EVENTS)
def test_what_is_no_watch_is_listed_instead(scene: Scene, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once the first time, and then every 30 s: and no foreign object is ever shown."""
    monkeypatch.setattr(watch_lines, "MAX_LINE", 1 << 20)
    scene.server.history.bookmarks = 0.05
    scene.answers = [lambda real: answer] * 4
    with scene.begins():
        assert until(lambda: bool(scene.trouble), 5)
        assert scene.trouble.startswith("RouteTable cannot be watched (")
        assert scene.trouble.endswith("): listed again every 30 s")
        assert "canary" not in scene.trouble
        assert scene.names() == ["a", "b"]
        scene.server.apply(table("c"))
        assert scene.shows("a", "b", "c")
        assert until(lambda: scene.trouble == "", 5)
    assert scene.asked[:4] == ["list", f"from {START}", "list", f"from {START}"]
    assert [each for each in scene.waits if each > 1] == [30, 30, 30]


def test_a_server_that_falls_silent_is_asked_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """No trouble, since nothing is known to be wrong: a proxy in between may have forgotten the connection."""
    monkeypatch.setattr(client, "SILENCE", 0.2)
    hang = Answer(delay=0, stream=(each for each in _silence(scene.held)))
    scene.answers = [lambda real: hang]
    with scene.begins(replace(scene.pace, quick=0.0)):
        assert scene.asks("list", f"from {START}", f"from {START}")
        scene.server.apply(table("c"))
        assert scene.shows("a", "b", "c")
        assert (scene.waits, scene.trouble) == ([], "")
        scene.held.set()


def _silence(held: Flag) -> Iterator[bytes]:
    held.wait(5)
    yield b"\n"


def test_watches_that_end_at_once_are_not_asked_for_at_once(scene: Scene) -> None:
    scene.answers = [lambda real: Answer(stream=[])] * 4
    with scene.begins():
        assert scene.asks("list", *[f"from {START}"] * 5)
        assert scene.waits == [0.5, 1, 2, 4]


def test_a_quiet_watch_that_lived_is_no_failure_when_it_breaks(scene: Scene) -> None:
    """As behind a proxy that ends connections on which nothing is said: each time it goes on after half a second."""
    scene.answers = [lambda real: Answer(stream=iter(_cut_later()))] * 3
    with scene.begins(replace(scene.pace, quick=0.1)):
        assert scene.asks("list", *[f"from {START}"] * 4)
        assert (scene.waits, scene.trouble) == ([0.5] * 3, "")


def _cut_later() -> Iterator[bytes | None]:
    time.sleep(0.2)
    yield None


def test_a_list_that_fails_later_is_kept_and_is_a_gap(scene: Scene) -> None:
    """What was read stays, and how old it is is said, until it is read again."""
    scene.answers = [EXPIRIES["as a status"]]
    scene.lists = [lambda real: real, *[lambda real: status(503, "Sick", "canary")] * 40]
    lost = datetime.now(UTC).replace(microsecond=0)
    with scene.begins():
        assert scene.watch
        assert scene.cluster
        with_gap = scene.watch.changed(5)
        assert with_gap is not None
        (gap,) = with_gap.gaps
        assert (gap.reason, gap.kind) == (GapReason.UNREACHABLE, "RouteTable")
        start = "RouteTable: may be out of date, since nothing is known after "
        since, _, why = gap.message.removeprefix(start).partition(": ")
        assert lost <= datetime.fromisoformat(since) <= lost + timedelta(seconds=5)
        assert why == "the server is in trouble (503); it is tried again and again"
        assert "canary" not in gap.message
        assert [each.ref.name for each in with_gap.objects] == ["a", "b"]
        assert TABLES in with_gap.read
        healthy = fresh_of(scene)
        assert settled(scene.watch, scene.cluster, healthy) == healthy


def fresh_of(scene: Scene) -> dict[str, Any]:
    until(lambda: not scene.lists, 5)
    return fresh(scene.connection, kinds=(ROUTE_TABLES,))


def test_a_first_list_that_fails_is_tried_again(tmp_path: Path) -> None:
    """The gap of a run without a watch, until the kind can be read."""
    sick = [0]

    def fault(call: Call, real: Answer) -> Answer:
        sick[0] += 1
        return real if sick[0] > 4 else status(500, "InternalError", "canary")

    with ApiServer([table("a"), manifest("VirtualHost", "web", "h")], faults={TABLES: fault}) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        pace = Pace(wait=lambda flag, seconds: flag.wait(0.03))
        with watching(connection, pace, kinds=KINDS) as (watch, cluster):
            assert [each.kind for each in watch.read().gaps] == ["RouteTable"]
            wanted = fresh(connection, kinds=KINDS)
            assert settled(watch, cluster, wanted) == wanted
            assert wanted["gaps"] == ()


def test_a_kind_that_is_not_there_is_looked_for_again(tmp_path: Path) -> None:
    waits: list[float] = []

    def wait(flag: Flag, seconds: float) -> bool:
        waits.append(seconds)
        return flag.wait(0.05)

    others = [each for each in V1BETA1 if each.name != TABLES]
    with ApiServer([manifest("VirtualHost", "web", "h")], resources=others) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        with watching(connection, Pace(wait=wait), kinds=KINDS) as (watch, cluster):
            assert watch.read().gaps == ()
            assert watch.trouble == ""
            server.resources = V1BETA1
            server.apply(table("a"))
            wanted = fresh(connection, kinds=KINDS)
            assert settled(watch, cluster, wanted) == wanted
            assert waits
            assert all(30 <= each <= 60 for each in waits)
            server.resources = tuple(others)  # and it goes again
            cut_all(server)
            assert until(lambda: [each.ref.kind for each in cluster.state.objects] == ["VirtualHost"], 5)
            assert cluster.state.gaps == ()


def test_a_login_that_is_not_valid_any_more_is_made_again(tmp_path: Path) -> None:
    """A token file is written anew; what was missed meanwhile comes from the last version on."""
    with ApiServer([table("a")]) as server:
        token = tmp_path / "token"
        token.write_text(server.token)
        config = server.kubeconfig()
        config["users"][0]["user"] = {"tokenFile": str(token)}
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(config))
        scene = Scene(server, Connection(str(path)))
        scene.answers = [lambda real: cut_after(0, real, b"\n")]
        with scene.begins(replace(scene.pace, login=0.0)):
            server.token = "canary-the-next-token"
            server.apply(table("b"))
            assert until(lambda: "does not accept the credentials" in scene.trouble, 5)
            assert "canary" not in scene.trouble
            token.write_text(server.token)
            assert scene.shows("a", "b")
            assert until(lambda: scene.trouble == "", 5)


def spaces(*allowed: str) -> Callable[[str, str | None], bool]:
    return lambda name, namespace: namespace in allowed


def test_namespaces_are_watched_one_by_one(tmp_path: Path) -> None:
    """Where only namespaces may be listed; the order is that of the namespaces, as in a run without a watch."""
    with ApiServer([table("a")], allowed=spaces("web", "apps")) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        pace = Pace(first=0.01, quick=0.0)
        with watching(connection, pace, kinds=KINDS, namespaces=("web", "apps", "closed")) as (watch, cluster):
            watch.read()
            server.apply(manifest("RouteTable", "apps", "a"))
            server.apply(table("b"))
            server.apply(manifest("RouteTable", "closed", "hidden"))
            wanted = fresh(connection, ("web", "apps", "closed"), KINDS)
            assert settled(watch, cluster, wanted) == wanted
            assert [each[0].namespace for each in wanted["objects"]] == ["web", "web", "apps"]
            server.expire()
            server.faults = {TABLES: once(EXPIRIES["as an event"])}
            server.delete(table("a"))
            wanted = fresh(connection, ("web", "apps", "closed"), KINDS)
            assert settled(watch, cluster, wanted) == wanted
        watched = {call.path for call in server.calls if is_watch(call) and call.path.endswith("routetables")}
    assert {each.split("/")[5] for each in watched} == {"web", "apps"}


def once(change: Callable[[Answer], Answer]) -> Callable[[Call, Answer], Answer]:
    left = [change]
    return lambda call, real: left.pop()(real) if left and is_watch(call) else real


def test_a_watch_that_begins_too_late_is_ended(tmp_path: Path) -> None:
    """The head of one namespace's watch comes when the kind is listed again already, since that of another expired."""
    late = [lambda real: replace(real, delay=0.5)]
    gone = [EXPIRIES["as an event"]]

    def fault(call: Call, real: Answer) -> Answer:
        left = late if "/apps/" in call.path else gone
        return left.pop()(real) if left and is_watch(call) else real

    objects = [table("a"), manifest("RouteTable", "apps", "a")]
    with ApiServer(objects, allowed=spaces("web", "apps"), faults={TABLES: fault}) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        with watching(connection, HURRIED, kinds=(ROUTE_TABLES,), namespaces=("web", "apps")) as (watch, _):
            watch.read()
            asked = [f"watch routetables of {space}" for space in ("web", "apps")]
            assert until(lambda: len([each for each in server.calls if is_watch(each)]) == 4, 5)
            time.sleep(0.7)  # until the late one has begun
            assert until(lambda: [watch_threads().count(each) for each in asked] == [1, 1], 3), watch_threads()


def peer_of(number: int) -> tuple[int, int, int] | None:
    """Of a connection of this process: the port where it leads, and how it is kept alive."""
    try:
        found = socket.socket(fileno=number)
    except OSError:  # no socket
        return None
    try:
        alive = found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        return found.getpeername()[1], alive, found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
    except (OSError, IndexError):  # one that is not connected, or of another family
        return None
    finally:
        found.detach()


@pytest.mark.skipif(
    not hasattr(socket, "TCP_KEEPIDLE"),
    reason="only where the system tells after how long it asks a silent peer can that be looked up",
)
def test_a_peer_that_is_gone_is_noticed(scene: Scene) -> None:
    """The system asks on a quiet connection whether somebody is still there."""
    with scene.begins():
        assert until(lambda: len(scene.asked) == 2, 5)
        port = int(scene.server.url.rpartition(":")[2])
        found = [peer_of(number) for number in range(3, 1024)]
        ours = [each[1:] for each in found if each and each[0] == port]
        assert ours
        assert all(alive and 0 < idle <= 30 for alive, idle in ours)


def watch_threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("watch ")]


@pytest.mark.parametrize("silent", [False, True], ids=["quiet", "stuck"])
def test_leaving_ends_all_at_once(tmp_path: Path, silent: bool) -> None:
    """Also where a server does not even send the head of its answer."""
    stuck = {TABLES: lambda call, real: replace(real, delay=60) if silent and is_watch(call) else real}
    with ApiServer([table("a")], faults=stuck) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        with watching(connection, kinds=KINDS) as (watch, _):
            watch.read()
            assert until(lambda: len([call for call in server.calls if is_watch(call)]) >= len(KINDS), 5)
            assert len(watch_threads()) == len(KINDS)
            began = time.monotonic()
        assert time.monotonic() - began < 0.5
        left = 1 if silent else 0  # a thread that waits for a head ends with its --request-timeout
        assert until(lambda: len(watch_threads()) <= left, 2), watch_threads()


def test_a_read_that_fails_raises_as_without_a_watch(tmp_path: Path) -> None:
    with ApiServer(resources=()) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        with watching(connection, kinds=KINDS) as (watch, _), pytest.raises(SourceError, match="no Gloo Mesh Gateway"):
            watch.read()
    assert watch_threads() == []


def test_a_server_that_dies_and_comes_back(tmp_path: Path) -> None:
    """The last state stays with its gaps, the trouble says what is tried, and then all is as in a fresh list."""
    with ApiServer([table("a")]) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")), request_timeout=2)
        pace = Pace(first=0.01, longest=0.05)
        with watching(connection, pace, kinds=KINDS) as (watch, cluster):
            watch.read()
            server.faults = {"*": lambda call, real: replace(real, body=b"canary", reset_after=0, stream=None)}
            cut_all(server)
            assert until(lambda: "the connection to gmg-test is lost" in watch.trouble, 5)
            assert until(lambda: len(cluster.state.gaps) == len(KINDS), 10)
            assert [each.ref.name for each in cluster.state.objects] == ["a"]
            server.apply(table("b"))
            server.faults = {}
            wanted = fresh(connection, kinds=KINDS)
            assert settled(watch, cluster, wanted) == wanted
            assert until(lambda: watch.trouble == "", 5)


def cut_all(server: ApiServer) -> None:
    """All open connections end now."""
    with server._http.lock:
        for each in server._http.open:
            with suppress(OSError):  # it may be closing just now
                each.shutdown(socket.SHUT_RDWR)


def test_a_list_that_was_streamed_is_followed_too(scene: Scene) -> None:
    scene.connection = replace(scene.connection, stream=True)
    with scene.begins():
        scene.server.apply(table("c"))
        assert scene.shows("a", "b", "c")
        first, second = [call for call in scene.server.calls if is_watch(call)]
    assert first.query["sendInitialEvents"] == "true"
    assert (second.query["resourceVersion"], "sendInitialEvents" in second.query) == (str(START), False)


def test_a_list_that_changed_while_it_was_read_is_read_again(scene: Scene) -> None:
    """Its first page is of a version that is too old: what changed since then was not seen."""

    def expire(real: Answer) -> Answer:
        scene.server.expire()
        return real

    scene.connection = replace(scene.connection, chunk_size=1)
    scene.lists = [expire]
    with scene.begins():
        assert scene.asked[:2] == ["list", "list"]
        wanted = fresh(scene.connection, kinds=(ROUTE_TABLES,))
        assert wanted["notes"] == ()
        assert scene.watch
        assert scene.cluster
        assert settled(scene.watch, scene.cluster, wanted) == wanted
        assert f"from {START}" in scene.asked


ODD_LISTS: dict[str, dict[str, Any]] = {
    "without a version": {"metadata": {}, "items": [{"metadata": {"name": "x", "namespace": "web"}}]},
    "with items without a name": {"metadata": {"resourceVersion": "5"}, "items": [{"metadata": {}}]},
}


@pytest.mark.parametrize("found", ODD_LISTS.values(), ids=ODD_LISTS)
def test_a_list_that_tells_too_little_is_read_again(scene: Scene, found: dict[str, Any]) -> None:
    scene.lists = [lambda real: Answer.json(found)] * 3
    with scene.begins():
        said = (
            "RouteTable cannot be watched (its list has no version, or items without a name): listed again every 30 s"
        )
        assert until(lambda: scene.trouble == said, 5)
        assert scene.shows("a", "b")
        assert until(lambda: scene.trouble == "", 5)
    assert scene.waits[:3] == [30, 30, 30]


def test_a_namespace_that_could_not_be_read_is_not_forgotten(tmp_path: Path) -> None:
    """Others of the same kind could be: all of them are read again."""
    sick = [status(500, "InternalError", "canary")] * 5

    def fault(call: Call, real: Answer) -> Answer:
        return sick.pop() if sick and "/namespaces/apps/" in call.path else real

    objects = [table("a"), manifest("RouteTable", "apps", "a")]
    with ApiServer(objects, allowed=spaces("web", "apps"), faults={TABLES: fault}) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        pace = Pace(first=0.01, quick=0.0)
        with watching(connection, pace, kinds=KINDS, namespaces=("web", "apps")) as (watch, cluster):
            assert len(watch.read().objects) == 1
            wanted = fresh(connection, ("web", "apps"), KINDS) if until(lambda: not sick, 5) else {}
            assert settled(watch, cluster, wanted) == wanted
            assert len(wanted["objects"]) == 2


def test_a_bug_with_one_namespace_is_said_too(tmp_path: Path) -> None:
    """And an event that we cannot take does not come again: the kind is listed."""
    chances = [0.0]

    def chance() -> float:
        return 1 / chances.pop() if chances else 1.0

    sick = [status(500, "InternalError", "canary")]

    def fault(call: Call, real: Answer) -> Answer:
        return sick.pop() if sick and is_watch(call) else real

    with ApiServer([table("a")], allowed=spaces("web", "apps"), faults={TABLES: fault}) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        pace = replace(HURRIED, chance=chance)
        with watching(connection, pace, kinds=(ROUTE_TABLES,), namespaces=("web", "apps")) as (watch, cluster):
            watch.read()
            first = sum(not is_watch(call) for call in server.calls)
            assert until(lambda: "met a bug in kubectl gmg (ZeroDivisionError)" in watch.trouble, 5)
            server.apply(table("c"))
            assert until(lambda: [each.ref.name for each in cluster.state.objects] == ["a", "c"], 5)
            assert until(lambda: sum(not is_watch(call) for call in server.calls) > first, 5)


def test_watches_do_not_all_end_at_once(tmp_path: Path) -> None:
    with ApiServer([table("a")]) as server:
        connection = Connection(str(server.write_kubeconfig(tmp_path / "kubeconfig")))
        with watching(connection, kinds=KINDS) as (watch, _):
            watch.read()
            assert until(lambda: sum(map(is_watch, server.calls)) >= len(KINDS), 5)
        asked = [int(each.query["timeoutSeconds"]) for each in server.calls if is_watch(each)]
    assert len(set(asked)) > 1
    assert all(290 <= each <= 580 for each in asked)


def test_a_bug_of_ours_is_said_and_does_not_end_the_watch(scene: Scene) -> None:
    chances = [0.0]

    def chance() -> float:
        return 1 / chances.pop() if chances else 1.0

    scene.answers = [lambda real: status(500, "InternalError", "canary")]
    scene.server.history.bookmarks = 0.05
    with scene.begins(replace(scene.pace, chance=chance)):
        said = "RouteTable met a bug in kubectl gmg (ZeroDivisionError): listed again every 30 s"
        assert until(lambda: scene.trouble == said, 5)
        scene.server.apply(table("c"))
        assert scene.shows("a", "b", "c")
        assert until(lambda: scene.trouble == "", 5)

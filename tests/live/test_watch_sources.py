"""Everything that can be watched besides one cluster: files, files over a cluster, and clusters beside it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from threading import Thread, Timer
from typing import Any

import pytest

from kubectl_gmg.errors import SourceError, UsageError
from kubectl_gmg.model.snapshot import GapReason, Snapshot, SourceType
from kubectl_gmg.pipeline import Session, Settings, watch_of
from kubectl_gmg.sources import watched_files, watching
from kubectl_gmg.sources.watching import Part, Watch
from tests.commands.make import gateway, host, rule, table
from tests.live.fleet import Fleet, forbidden, late, management, pod, registered, second, web
from tests.live.watched import everything_in, is_watch, until
from tests.oracle.apiserver import ApiServer
from tests.run import manifests_text


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_files, "EVERY", 0.03)


def names(snapshot: Snapshot | None) -> list[str]:
    assert snapshot is not None
    return [each.ref.name for each in snapshot.objects]


def as_without(settings: Settings, *, pods: bool = False) -> dict[str, Any]:
    """What a run without a watch reads now."""
    session = Session(settings)
    session.wants_pods = pods
    return everything_in(session.snapshot)


def put(path: Path, *objects: dict[str, Any]) -> str:
    path.write_text(manifests_text(list(objects)))
    return str(path)


# ---- files


def test_files_are_read_again_when_they_change(tmp_path: Path) -> None:
    file = put(tmp_path / "a.json", gateway(), host(name="h"))
    settings = Settings(filename=(str(tmp_path),))
    with watch_of(settings) as watch:
        assert everything_in(watch.read()) == as_without(settings)
        assert watch.changed(0.1) is None
        put(Path(file), gateway(), host(name="other"))
        assert names(watch.changed(5)) == ["gw", "other"]
        put(tmp_path / "b.json", table(name="new"))
        assert "new" in names(watch.changed(5))
        (tmp_path / "b.json").unlink()
        changed = watch.changed(5)
        assert changed is not None
        assert everything_in(changed) == as_without(settings)
        assert watch.changed(0.1) is None


def test_a_file_that_is_replaced_within_one_tick_of_the_clock(tmp_path: Path) -> None:
    """Editors write another file and move it there; its time and size may be those of the old one."""
    file = Path(put(tmp_path / "a.json", gateway(), host(name="h-1")))
    old = file.stat()
    with watch_of(Settings(filename=(str(file),))) as watch:
        watch.read()
        other = Path(put(tmp_path / "a.json.new", gateway(), host(name="h-2")))
        os.utime(other, ns=(old.st_atime_ns, old.st_mtime_ns))
        assert other.stat().st_size == old.st_size
        other.rename(file)
        assert "h-2" in names(watch.changed(5))


BROKEN = {"half-written": '{"apiVersion": "v1", "kind": "Li', "empty": "", "gone": None}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_read_keeps_the_last_state(tmp_path: Path, text: str | None) -> None:
    file = Path(put(tmp_path / "a.json", gateway(), host(name="h")))
    put(tmp_path / "b.json", table(name="t"))
    settings = Settings(filename=(str(file), str(tmp_path / "b.json")))
    with watch_of(settings) as watch:
        before = names(watch.read())
        if text is None:
            file.unlink()
        else:
            file.write_text(text)
        if text == "":
            assert names(watch.changed(5)) == ["t"], "an empty file is a file without objects"
        else:
            assert until(lambda: "a.json" in watch.trouble, 5)
            assert "the last state is shown" in watch.trouble
            assert watch.changed(0.1) is None
        put(file, gateway(), host(name="h"))
        assert names(watch.changed(5)) == before
        assert watch.trouble == ""


def test_a_file_that_is_being_written_is_read_when_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell empties the file first, and the program that fills it takes its time."""
    monkeypatch.setattr(watched_files, "SETTLED", 1.0)
    file = Path(put(tmp_path / "a.json", gateway(), host(name="h")))
    with watch_of(Settings(filename=(str(file),))) as watch:
        watch.read()
        file.write_text("")
        Timer(0.4, put, (file, gateway(), host(name="done"))).start()
        assert names(watch.changed(5)) == ["gw", "done"]


def test_others_are_read_while_one_is_gone(tmp_path: Path) -> None:
    """As without a watch: what can be read is answered, and the file that is gone is a gap."""
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    put(paths[0], gateway())
    put(paths[1], table(name="t"))
    reads: list[Snapshot] = []

    def read() -> Snapshot:
        reads.append(Snapshot(SourceType.FILES, ()))
        return reads[-1]

    part = watched_files.WatchedFiles([*map(str, paths)], read, recursive=False)
    with Watch((part,), lambda: part.state) as watch:
        watch.read()
        paths[1].unlink()
        assert until(lambda: len(reads) == 2, 5)
        put(paths[0], gateway(), host())
        assert until(lambda: len(reads) == 3, 5)


def test_a_dangling_link_that_goes_is_a_change_too(tmp_path: Path) -> None:
    """Emacs makes one beside a file for as long as it is edited, and nothing of the directory can be read then."""
    file, lock = Path(put(tmp_path / "a.json", gateway())), tmp_path / ".#a.json"
    with watch_of(Settings(filename=(str(tmp_path),))) as watch:
        watch.read()
        lock.symlink_to("nobody@nowhere.123")
        put(file, gateway(), host(name="saved"))
        assert until(lambda: ".#a.json" in watch.trouble, 5)
        lock.unlink()
        assert names(watch.changed(5)) == ["gw", "saved"]
        assert watch.trouble == ""


def test_a_bug_of_ours_does_not_end_the_looking(tmp_path: Path) -> None:
    file = Path(put(tmp_path / "a.json", gateway()))
    found, bugs = Session(Settings(filename=(str(file),))).snapshot, [0, 1]

    def read() -> Snapshot:
        return replace(found, notes=(f"{1 / bugs.pop()}",))

    part = watched_files.WatchedFiles((str(file),), read, recursive=False)
    with Watch((part,), lambda: part.state) as watch:
        watch.read()
        put(file, gateway(), host())
        assert until(lambda: "bug in kubectl gmg (ZeroDivisionError)" in part.trouble, 5)
        bugs.append(2)
        put(file, gateway())
        changed = watch.changed(5)
        assert changed is not None
        assert (changed.notes, part.trouble) == (("0.5",), "")


def test_a_pipe_is_not_watched(tmp_path: Path) -> None:
    """As that of `-f <(...)`: to read it again would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    with (
        watch_of(Settings(filename=(str(tmp_path / "pipe"),))) as watch,
        pytest.raises(UsageError, match="pipe is read once, so it cannot be watched"),
    ):
        watch.read()


class Restless(Part):
    """Something that changes all the time."""

    trouble = ""

    def __init__(self) -> None:
        self._over = Flag()

    def start(self, tell: Callable[[], None]) -> None:
        def run() -> None:
            while not self._over.wait(0.01):
                tell()

        Thread(target=run, daemon=True).start()

    def stop(self) -> None:
        self._over.set()


def test_the_longer_an_answer_takes_the_more_changes_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that changes without end leave time for something else."""
    monkeypatch.setattr(watching, "AT_MOST", 0.05)
    with Watch((Restless(),), lambda: Snapshot(SourceType.FILES, ())) as watch:
        watch.read()
        time.sleep(0.6)  # as if an answer were made
        began = time.monotonic()
        assert watch.changed(5)
        assert time.monotonic() - began >= 0.6


def test_files_that_cannot_be_read_first_raise_as_without_a_watch(tmp_path: Path) -> None:
    with watch_of(Settings(filename=(str(tmp_path / "none.yaml"),))) as watch, pytest.raises(SourceError):
        watch.read()


# ---- files over a cluster


def test_files_over_a_cluster(tmp_path: Path) -> None:
    file = Path(put(tmp_path / "new.json", table(rule("mine", "/mine"), name="t")))
    with ApiServer([gateway(), host(name="h"), table(rule("x", "/x"), name="t")]) as server:
        config = str(server.write_kubeconfig(tmp_path / "config", namespace="ns"))
        settings = Settings(kubeconfig=config, filename=(str(file),), overlay=True)
        with watch_of(settings) as watch:
            assert everything_in(watch.read()) == as_without(settings)
            server.apply(host(name="another"))
            changed = watch.changed(5)
            assert changed is not None
            assert everything_in(changed) == as_without(settings)
            put(file, table(rule("mine", "/changed"), name="t"))
            changed = watch.changed(5)
            assert changed is not None
            assert everything_in(changed) == as_without(settings)
            file.write_text("")
            assert until(lambda: "hold no Gloo Mesh Gateway objects" in watch.trouble, 5)


# ---- clusters beside that of the context


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(tmp_path, stack)


def settled(watch: Watch, settings: Settings, *, pods: bool = False) -> bool:
    """Whether the next states lead to what a run without a watch reads."""
    wanted = as_without(settings, pods=pods)
    return until(lambda: (found := watch.changed(1)) is not None and everything_in(found) == wanted, 5)


@pytest.mark.parametrize("named", [True, False], ids=["named", "found"])
@pytest.mark.parametrize("pods", [True, False])
def test_other_clusters_are_watched_too(fleet: Fleet, named: bool, pods: bool) -> None:
    main = management(fleet, [*second("east"), *registered("east")])
    east = fleet.add("kind-east", [web(), pod("v1")])
    said: list[str] = []
    settings = Settings(
        kubeconfig=str(fleet.file), workload_context=(("east", "kind-east"),) if named else (), say=said.append
    )
    with watch_of(settings, wants_pods=pods) as watch:
        first = everything_in(watch.read())
        assert first == as_without(settings, pods=pods)
        assert {each[0].kind for each in first["objects"]} >= ({"Service", "Pod"} if pods else {"Service"})
        assert len([each for each in said if "east=kind-east" in each]) == (0 if named else 2)
        east.apply(web("new"))
        assert settled(watch, settings, pods=pods)
        main.apply(second("east", "other")[1])
        assert settled(watch, settings, pods=pods)
    assert {call.method for each in (main, east) for call in each.calls} == {"GET"}
    assert not any("token-of-mgmt" in json.dumps(call.headers) for call in east.calls)


def test_a_cluster_that_may_not_be_read_is_a_gap(fleet: Fleet) -> None:
    management(fleet, second("east"))
    fleet.add("east", [web()], faults={"*": forbidden})
    settings = Settings(kubeconfig=str(fleet.file), workload_context=(("east", "east"),))
    with watch_of(settings) as watch:
        first = watch.read()
        assert everything_in(first) == as_without(settings)
        assert [(each.cluster, each.reason) for each in first.gaps] == [("east", GapReason.FORBIDDEN)]


def test_trouble_names_the_cluster(fleet: Fleet) -> None:
    management(fleet, second("east"))
    fleet.add("east", [web()], faults={"*": lambda call, real: forbidden(call, real) if is_watch(call) else real})
    with watch_of(Settings(kubeconfig=str(fleet.file), workload_context=(("east", "east"),))) as watch:
        watch.read()
        said = "cluster east: Service may not be watched: listed again every 30 s"
        assert until(lambda: watch.trouble == said, 5)


def test_a_found_cluster_that_is_slow_comes_later(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody named it, so nobody waits for it for long; when it is there it is a change."""
    monkeypatch.setattr("kubectl_gmg.sources.workloads.PATIENCE", 0.3)
    monkeypatch.setattr("kubectl_gmg.sources.workloads.GRACE", 0.1)
    management(fleet, [*second("east"), *registered("east")])
    east = fleet.add("east", [web()], faults={"*": late})
    settings = Settings(kubeconfig=str(fleet.file))
    with watch_of(settings) as watch:
        (gap,) = watch.read().gaps
        assert (gap.cluster, gap.kind) == ("east", "Service")
        east.faults = {}
        monkeypatch.undo()
        assert until(lambda: (found := watch.changed(1)) is not None and not found.gaps, 8)


def test_a_context_that_is_not_there_raises_before_anything_is_read(fleet: Fleet) -> None:
    main = management(fleet, second("east"))
    settings = Settings(kubeconfig=str(fleet.file), workload_context=(("east", "nowhere"),))
    with watch_of(settings) as watch, pytest.raises(SourceError, match="nowhere"):
        watch.read()
    assert main.calls == []


# ---- what never changes


@pytest.mark.parametrize(
    ("settings", "said"),
    [(Settings(demo=True), "the built-in example never changes"), (Settings(filename=("-",)), "stdin is read once")],
)
def test_what_never_changes_is_not_watched(settings: Settings, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        watch_of(settings)

"""The cache is private, short-lived, and never in the way."""

from __future__ import annotations

import json
import os
import stat
import time
from dataclasses import fields
from pathlib import Path

import pytest

from kubectl_gmg.complete import cache as caches
from kubectl_gmg.complete.cache import Cache, opened
from kubectl_gmg.complete.line import parsed
from kubectl_gmg.complete.names import MOST, Names
from kubectl_gmg.complete.refresh import kept
from kubectl_gmg.complete.source import LISTS, SWITCHES, TEXTS, is_readable, key_of, settings_of
from kubectl_gmg.pipeline import Settings
from tests.complete.asking import names_in

KEY = "0" * 40


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setenv("KUBECACHEDIR", str(tmp_path / "cache"))
    found = opened()
    assert found is not None
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def make_old(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_only_the_owner_sees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = os.umask(0)
    try:
        found = opened()
        assert found is not None
        found.save(KEY, names_in(("demo", True)))
        found.note_failure(KEY)
        assert found.lock(KEY)
    finally:
        os.umask(old)
    assert found.folder == tmp_path / ".kube" / "cache" / "gmg"
    assert mode(found.folder) == 0o700
    assert {mode(each) for each in found.folder.iterdir()} == {0o600}
    assert len(list(found.folder.iterdir())) == 3


def test_no_home_comes_into_being(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts of services have /nonexistent as their home, which must stay what it is called."""
    monkeypatch.setenv("HOME", str(tmp_path / "nonexistent"))
    assert opened() is None
    assert not (tmp_path / "nonexistent").exists()


def test_what_is_kept_is_what_was_read(cache: Cache) -> None:
    for generation in ("v1beta1", "v2"):
        names = names_in(("demo", True), ("generation", generation))
        cache.save(KEY, names)
        assert cache.load(KEY) == names
    assert [each.suffix for each in cache.folder.iterdir()] == [".json"]


def test_a_folder_that_others_can_open_is_closed_first(cache: Cache) -> None:
    cache.folder.chmod(0o777)
    assert opened() == cache
    assert mode(cache.folder) == 0o700


def test_no_folder_of_somebody_else_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "gmg").symlink_to(tmp_path / "theirs")
    monkeypatch.setenv("KUBECACHEDIR", str(tmp_path / "cache"))
    assert opened() is None
    (tmp_path / "cache" / "gmg").unlink()
    found = opened()
    assert found is not None
    found.save(KEY, Names())
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert opened() is None
    assert found.load(KEY) is None


@pytest.mark.parametrize("home", ["", "relative", "/proc/nowhere", "/dev/null"])
def test_without_a_home_there_is_no_cache(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    assert opened() is None
    monkeypatch.setenv("KUBECACHEDIR", home or "relative")
    assert opened() is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"version": "0.1.0"}',
        b'{"version": "0.1.0", "names": {}}',
        b'{"version": "0.1.0", "names": {"namespaces": [1], "clusters": [], "policies": [], "objects": []}}',
    ],
)
def test_garbage_is_no_answer(content: bytes, cache: Cache) -> None:
    (cache.folder / f"{KEY}.json").write_bytes(content)
    assert cache.load(KEY) is None


@pytest.mark.parametrize("part", ["namespaces", "clusters", "policies", "objects", "hosts", "routes"])
@pytest.mark.parametrize("wrong", [None, 1, "text", [1], [[1]], [["a"]], [{}], {"a": 1}])
def test_odd_parts_are_no_answer(part: str, wrong: object, cache: Cache) -> None:
    cache.save(KEY, names_in(("demo", True)))
    path = cache.folder / f"{KEY}.json"
    content = json.loads(path.read_text())
    content["names"][part] = wrong
    path.write_text(json.dumps(content))
    assert cache.load(KEY) is None


def test_another_version_is_no_answer(cache: Cache) -> None:
    cache.save(KEY, Names())
    path = cache.folder / f"{KEY}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "0.0.1"}))
    assert cache.load(KEY) is None


def test_no_link_and_nothing_that_waits_is_opened(cache: Cache, tmp_path: Path) -> None:
    cache.save(KEY, Names())
    path = cache.folder / f"{KEY}.json"
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    assert cache.load(KEY) is None
    path.unlink()
    os.mkfifo(path)
    assert cache.load(KEY) is None
    path.unlink()
    path.mkdir()
    assert cache.load(KEY) is None


def test_saving_replaces_a_link_and_leaves_what_it_leads_to(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    path = cache.folder / f"{KEY}.json"
    path.symlink_to(tmp_path / "precious")
    cache.save(KEY, Names())
    assert (tmp_path / "precious").read_text() == "kept"
    assert cache.load(KEY) == Names()


def test_names_age(cache: Cache) -> None:
    """Fresh for seconds, usable for minutes, then deleted, whoever's they are."""
    cache.save(KEY, Names())
    path = cache.folder / f"{KEY}.json"
    assert (cache.is_fresh(KEY), cache.is_usable(KEY)) == (True, True)
    assert 10 <= caches.FRESH <= 30
    make_old(path, 31)
    assert (cache.is_fresh(KEY), cache.is_usable(KEY)) == (False, True)
    cache.sweep()
    assert path.exists()
    make_old(path, 301)
    assert (cache.is_fresh(KEY), cache.is_usable(KEY)) == (False, False)
    foreign = cache.folder / "README"
    foreign.write_text("not ours")
    make_old(foreign, 1000)
    cache.sweep()
    assert [each.name for each in cache.folder.iterdir()] == ["README"]


def test_a_time_that_is_yet_to_come_is_not_believed(cache: Cache) -> None:
    cache.save(KEY, Names())
    assert cache.lock(KEY)
    for each in cache.folder.iterdir():
        make_old(each, -3600)
    assert not cache.is_usable(KEY)
    assert cache.lock(KEY)


def test_one_reads_at_a_time(cache: Cache) -> None:
    assert cache.lock(KEY)
    assert not cache.lock(KEY)
    assert cache.lock("1" * 40)
    cache.unlock(KEY)
    assert cache.lock(KEY)
    make_old(cache.folder / f"{KEY}.lock", 21)
    assert cache.lock(KEY), "who held it has crashed"


def test_a_failure_is_remembered_for_a_moment(cache: Cache) -> None:
    cache.note_failure(KEY)
    assert cache.has_failed(KEY)
    make_old(cache.folder / f"{KEY}.failed", 15)
    assert not cache.has_failed(KEY)
    cache.note_failure(KEY)
    cache.save(KEY, Names())
    assert not cache.has_failed(KEY)


def test_a_folder_that_vanishes_or_is_full_is_nobodys_problem(cache: Cache) -> None:
    cache.folder.rmdir()
    cache.save(KEY, Names())
    cache.note_failure(KEY)
    cache.sweep()
    cache.unlock(KEY)
    assert not cache.lock(KEY)
    assert cache.load(KEY) is None
    assert cache.locked_for(KEY) == float("inf")


def test_of_a_huge_cluster_some_names_are_kept(cache: Cache) -> None:
    """A key must not wait for megabytes: names of one sort are bounded, and so is the file."""
    many = kept(f"name-{number:06}" for number in range(20_000))
    assert many == tuple(f"name-{number:06}" for number in range(MOST))
    assert kept(["a", "", "b" * 2000, "a"]) == ("a",)
    cache.save(KEY, Names(namespaces=many))
    assert cache.load(KEY) == Names(namespaces=many)
    cache.save(KEY, Names(namespaces=tuple(f"{number:01000}" for number in range(9000))))
    assert cache.load(KEY) is None
    assert sum(each.stat().st_size for each in cache.folder.iterdir()) < caches.LARGEST


def key(*words: str) -> str:
    return key_of(settings_of(parsed([*words, ""])))


DECIDES = (
    (),
    ("--demo",),
    ("--demo", "--generation", "v2"),
    ("--context", "a"),
    ("--cluster", "a"),
    ("--user", "a"),
    ("--server", "a"),
    ("--token", "a"),
    ("--token", "b"),
    ("--as", "a"),
    ("--as-group", "a"),
    ("--as-group", "a", "--as-group", "b"),
    ("--as-uid", "a"),
    ("--tls-server-name", "a"),
    ("--certificate-authority", "a"),
    ("--insecure-skip-tls-verify",),
    ("--read-namespaces", "a"),
    ("--read-namespaces", "a,b"),
    ("--product-version", "2.3"),
    ("--kubeconfig", "other"),
)


def test_all_that_decides_what_is_read_as_whom_has_its_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [key(*words, "routes") for words in DECIDES]
    monkeypatch.setenv("KUBECONFIG", "/elsewhere")
    keys.append(key("routes"))
    assert len(set(keys)) == len(keys)
    assert all(len(each) == 40 and set(each) <= set("0123456789abcdef") for each in keys)


CHANGES_NO_NAME = (
    *("all_namespaces", "selector", "gateway", "require_complete", "watch", "workload_context", "no_workload_contexts"),
    *("request_timeout", "deadline", "chunk_size", "stream", "stdin", "say", "waiting"),
    *("output", "no_headers", "color", "ascii", "width", "quiet", "verbose"),
)


def test_a_new_setting_must_say_whether_it_changes_names() -> None:
    """A flag that chooses what is read, and that no key knew, would offer the names of one source for another."""
    decides = (*TEXTS, *SWITCHES, *LISTS, "read_namespaces", "namespace")
    assert sorted((*decides, *CHANGES_NO_NAME)) == sorted(each.name for each in fields(Settings))


def test_what_decides_nothing_shares_a_key() -> None:
    here = key("--context", "a", "routes")
    for words in (
        ("routes", "--context=a"),
        ("--context", "b", "routes", "--context", "a"),
        ("curl", "--context", "a", "-n", "ns", "-q", "-H", "x: y", "--expect", "status=200"),
        ("explain", "--context", "a", "--gateway", "g", "-o", "json"),
    ):
        assert key(*words) == here


def test_files_that_change_are_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "routes"
    folder.mkdir()
    (folder / "a.yaml").write_text("a: 1")
    before = key("routes", "-f", str(folder))
    assert key("tree", "-f", str(folder)) == before
    (folder / "a.yaml").write_text("a: 11")
    changed = key("routes", "-f", str(folder))
    (folder / "b.yaml").write_text("b: 1")
    more = key("routes", "-f", str(folder))
    config = tmp_path / "config"
    config.write_text("{}")
    cluster = key("routes", "--kubeconfig", str(config))
    config.write_text("{ }")
    assert len({before, changed, more, cluster, key("routes", "--kubeconfig", str(config))}) == 5
    assert key("routes", "-f", str(folder), "-n", "a") != more, "it is given to objects that have none"


@pytest.mark.parametrize("how", ["link", "rename"])
def test_another_file_of_the_same_size_and_time_has_its_own_key(how: str, tmp_path: Path) -> None:
    """People switch clusters by a link, or put another file in place; generated files may all be of one moment."""
    config, files = tmp_path / "config", (tmp_path / "one", tmp_path / "two")
    keys = []
    for path in files:
        path.write_text(path.name)
        os.utime(path, (1, 1))
    for path in files:
        if how == "link":
            config.unlink(missing_ok=True)
            config.symlink_to(path)
        else:
            path.replace(config)
        keys.append(key("routes", "--kubeconfig", str(config)))
    assert len(set(keys)) == 2


def test_stdin_is_left_to_the_command() -> None:
    assert not is_readable(settings_of(parsed(["routes", "-f", "-", "--host", ""])))
    assert is_readable(settings_of(parsed(["routes", "-f", "x.yaml", "--host", ""])))

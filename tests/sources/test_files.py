"""Paths to a snapshot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kubectl_gmg.errors import SourceError
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.snapshot import EVERYWHERE, Affects, GapReason, SourceType
from kubectl_gmg.sources import files
from tests.sources.judge import as_kubectl_reads
from tests.sources.make import HOST, TABLE, names, read, table


def refused(*paths: object, recursive: bool = False) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(*paths, recursive=recursive)
    assert caught.value.hint
    assert caught.value.code == 3
    return caught.value


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory of manifests, with others below it and beside them."""
    for path in ["b.yaml", "a.yml", "c.json", "sub/d.yaml", "sub/deep/e.yaml", "a/f.yaml", "sub.d/g.yaml"]:
        manifest = tmp_path / path
        manifest.parent.mkdir(parents=True, exist_ok=True)
        text = table(manifest.stem)
        if manifest.suffix == ".json":
            metadata = {"name": "c", "namespace": "x"}
            text = json.dumps({"apiVersion": TABLE.api_version, "kind": "RouteTable", "metadata": metadata})
        manifest.write_text(text)
    (tmp_path / "README.md").write_text("no: [manifest")
    (tmp_path / "sub" / "notes.txt").write_text("no: [manifest")
    return tmp_path


def test_a_file(tmp_path: Path) -> None:
    manifest = tmp_path / "routes.yaml"
    manifest.write_text("# top\n" + table("a", spec="\n  weight: 5"))
    found = read(manifest)
    assert found.type is SourceType.FILES
    assert found.files == (str(manifest),)
    assert found.namespace == "default"
    assert found.context is None
    assert found.gaps == ()
    assert found.read == {TABLE.resource: EVERYWHERE}
    [each] = found.objects
    assert found.locate(Origin(each.ref, ("spec", "weight"))) == (str(manifest), 8)


def test_a_file_may_be_called_anything(tmp_path: Path) -> None:
    for name in ["routes", "routes.txt", "[x].yaml", "-", "a b.yaml"]:
        (tmp_path / name).write_text(table("a"))
        assert names(read(tmp_path / name)) == ["a"]


@pytest.mark.parametrize("recursive", [False, True])
def test_directories_are_read_as_kubectl_does(tree: Path, recursive: bool) -> None:
    judged, complaint = as_kubectl_reads(tree, f"--recursive={str(recursive).lower()}")
    assert judged, complaint
    assert names(read(tree, recursive=recursive)) == [each["metadata"]["name"] for each in judged]
    assert len(judged) == (7 if recursive else 3)


def test_relative_names_stay_as_given(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    found = read("./b.yaml", "sub", "a*/*.yaml")
    assert found.files == ("./b.yaml", "sub", "a*/*.yaml")
    assert [each.place.file for each in found.objects if each.place] == ["./b.yaml", "sub/d.yaml", "a/f.yaml"]


def test_globs(tree: Path) -> None:
    assert names(read(f"{tree}/*.y*ml")) == ["a", "b"]
    assert names(read(f"{tree}/**/*.yaml")) == ["f", "b", "g", "d", "e"]
    assert names(read(f"{tree}/sub/*")) == ["d", "e"]
    assert sorted(names(read(f"{tree}/**"))) == ["a", "b", "c", "d", "e", "f", "g"]
    assert names(read(f"{tree}/s*")) == ["d", "g"]
    (tree / "x.txt").write_text(table("x"))
    assert names(read(f"{tree}/*.txt")) == ["x"]


def test_a_file_reached_twice_is_read_once(tree: Path) -> None:
    (tree / "link.yaml").symlink_to(tree / "b.yaml")
    (tree / "linked").symlink_to(tree / "sub")
    (tree / "sub" / "loop").symlink_to(tree)
    found = read(tree / "sub" / ".." / "b.yaml", tree / "b.yaml", tree, tree / "linked", tree / "sub")
    assert names(found) == ["b", "a", "c", "d"]
    assert names(read(tree, tree, recursive=True)) == names(read(tree, recursive=True))


def test_stdin_is_read_once() -> None:
    asked: list[int] = []

    def stdin() -> bytes:
        asked.append(1)
        return table("a").encode()

    found = read("-", "-", stdin=stdin)
    assert names(found) == ["a"]
    assert asked == [1]
    assert found.files == ("-",)
    assert found.objects[0].place is not None
    assert found.objects[0].place.file == "stdin"


def test_a_pipe_is_read(tmp_path: Path) -> None:
    """As the shell's `-f <(kubectl get … -o yaml)` gives one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(table("a"),))
    writer.start()
    assert names(read(pipe)) == ["a"]
    writer.join()


def test_a_pipe_in_a_directory_is_left_alone(tree: Path) -> None:
    os.mkfifo(tree / "pipe.yaml")
    assert "pipe" not in names(read(tree))


def test_paths_that_lead_nowhere(tree: Path) -> None:
    (tree / "empty" / "below").mkdir(parents=True)
    assert refused(tree / "b.yaml", tree / "missing.yaml").message == f"{tree}/missing.yaml: there is no such file"
    assert "no such file" in refused(f"{tree}/*.nothing").message
    assert refused(f"{tree}/empty").message.startswith(f"{tree}/empty: no *.yaml, *.yml or *.json")
    assert "-R" in refused(f"{tree}/empty").hint
    assert "-R" not in refused(f"{tree}/empty", recursive=True).hint
    assert "no *.yaml" in refused(f"{tree}/emp*").message
    assert "no such file" in refused("").message
    assert "no such file" in refused("x" * 5000).message
    assert "download" in refused("https://example.com/routes.yaml").hint
    assert "\\x1b" in refused(f"{tree}/\x1b[2J").message


def test_nothing_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\nb: [")
    (tmp_path / "b.yaml").write_bytes(b"\xff")
    assert refused(tmp_path / "a.yaml").message.startswith(f"{tmp_path}/a.yaml:3: ")
    message = refused(tmp_path).message
    assert message.startswith(f"{tmp_path}/a.yaml:3: ")
    assert "1 more" in message


def test_broken_files_are_gaps_beside_good_ones(tree: Path) -> None:
    (tree / "aa.yaml").write_text("a: 1\n---\nb: [")
    (tree / "bb.yaml").symlink_to(tree / "nowhere.yaml")
    (tree / "cc.yaml").write_text(table("c") + "---\n" + table("5"))
    found = read(tree, kinds=[TABLE, HOST])
    assert names(found) == ["a", "b", "c"]
    first, second, third = found.gaps
    assert (first.reason, first.kind, first.cluster) == (GapReason.MALFORMED, None, None)
    assert first.file == f"{tree}/aa.yaml"
    assert first.message.startswith(f"{tree}/aa.yaml:4: ")
    assert first.affects == (Affects.ROUTES, Affects.DELEGATION)
    assert second.message == f"{tree}/bb.yaml: No such file or directory"
    assert third.message.startswith(f"{tree}/cc.yaml:11: ")
    assert third.file == f"{tree}/cc.yaml"


def test_nothing_is_read_completely_beside_a_broken_file(tree: Path) -> None:
    assert read(tree).read == {TABLE.resource: EVERYWHERE}
    (tree / "broken.yaml").write_text("a: [")
    assert read(tree).read == {}


def test_only_kinds_in_the_input_were_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(table("a") + "---\n" + table("a").replace("RouteTable", "VirtualHost"))
    (tmp_path / "b.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: s}\n")
    (tmp_path / "c.yaml").write_text("# nothing\n")
    assert set(read(tmp_path / "a.yaml", tmp_path / "c.yaml").read) == {TABLE.resource, HOST.resource}
    found = read(tmp_path, kinds=[TABLE])
    assert found.read == {TABLE.resource: EVERYWHERE}
    assert found.skipped == 2


def test_an_object_in_two_files_is_always_an_error(tree: Path) -> None:
    (tree / "broken.yaml").write_text("a: [")
    (tree / "x.yaml").write_text("\n" + table("b"))
    error = refused(tree)
    assert error.message == f"{tree}/x.yaml:2: RouteTable gloo-mesh/b is given twice, first at {tree}/b.yaml:1"


def test_an_object_twice_in_one_file_is_always_an_error(tree: Path) -> None:
    (tree / "b.yaml").write_text(table("x") + "---\n" + table("x"))
    assert refused(tree).message.endswith(f"first at {tree}/b.yaml:1")


def test_the_default_namespace(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(table("a", None))
    (tmp_path / "b.yaml").write_text(table("b", None))
    found = read(tmp_path, namespace="apps")
    assert {each.ref.namespace for each in found.objects} == {"apps"}
    assert found.namespace == "apps"
    assert found.notes == ("objects without a namespace are taken to be in apps",)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as stream:
        stream.truncate(files.MAX_BYTES + 1)  # a hole: takes no space
    assert refused(tmp_path / "a.yaml").message == f"{tmp_path}/a.yaml: larger than 256 MiB"
    assert "larger than" in refused("/dev/zero").message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_must_not_be_read_is_a_gap(tree: Path) -> None:
    (tree / "b.yaml").chmod(0)
    (tree / "sub").chmod(0)
    try:
        gaps = read(tree, recursive=True).gaps
    finally:
        (tree / "sub").chmod(0o755)
    assert [gap.file for gap in gaps] == [f"{tree}/b.yaml", f"{tree}/sub"]


def test_names_that_no_terminal_can_show(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\x1b[2J.yaml"
    Path(os.fsdecode(name)).write_text(table("a"))
    found = read(tmp_path)
    assert found.objects[0].place is not None
    assert found.objects[0].place.file == f"{tmp_path}/\\udcff\\x1b[2J.yaml"


def test_reading_is_deterministic(tree: Path) -> None:
    runs = [read(f"{tree}/**", recursive=True) for _ in range(2)]
    assert [each.ref for each in runs[0].objects] == [each.ref for each in runs[1].objects]


def test_files_are_read_without_the_kubernetes_package(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(table("a"))
    program = (
        "import sys\n"
        "from kubectl_gmg.sources import files\n"
        "found = files.read(sys.argv[1:], recursive=False, namespace=None, kinds=[], stdin=bytes)\n"
        "assert found.skipped == 1\n"
        "assert not {'kubernetes', 'rich'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, cwd=Path(__file__).parents[2])

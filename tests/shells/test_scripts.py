"""What each shell does with the answers of the program (`spec/cli.md` 1): a stand-in for it answers.

The protocol is cobra's: candidates with descriptions, and a sum of 1 error, 2 no space, 4 no files, 8 file endings,
16 directories, 32 keep the order.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.shells.conftest import Stage
from tests.shells.prompt import SCRIPTS, SHELLS, opened, sourced

PACKAGED = Path(__file__).parents[2] / "kubectl_gmg" / "completions"

HOSTILE = (
    "$(touch ~/hit)`touch ~/hit`;touch ~/hit",
    'two  blanks, it\'s, say "x" & back\\slash',
    'ends with "',
    "*?[a]{b,c}(d)<e>|f $HOME",
    "~root #hash",
    "!event",
    "a:b=c@d%e/gr\u00f6\u00dfe#2~3:~4%s%n^",
)


def test_the_scripts_in_the_tree_are_those_of_the_package() -> None:
    """They are made with: cp kubectl_gmg/completions/* completions/."""
    names = sorted(path.name for path in PACKAGED.iterdir())
    assert names == sorted(path.name for path in SCRIPTS.iterdir())
    for name in names:
        assert (SCRIPTS / name).read_bytes() == (PACKAGED / name).read_bytes(), name


@pytest.mark.parametrize(
    "line,words",
    [
        ("kubectl-gmg ", [""]),
        ("kubectl-gmg rou", ["rou"]),
        ("kubectl-gmg -n 'two words' --host \"a b\" rou", ["-n", "two words", "--host", "a b", "rou"]),
        ("kubectl-gmg routes --output=js", ["routes", "--output=js"]),
        ("kubectl-gmg curl http://www.example.com:80/a", ["curl", "http://www.example.com:80/a"]),
        ("kubectl-gmg explain a\\ b/c%20d", ["explain", "a b/c%20d"]),
        ("kubectl-gmg explain 'a b", ["explain", "a b"]),
        ('kubectl-gmg curl "http://x', ["curl", "http://x"]),
        ("kubectl-gmg check --ignore GMG301=rt/ns/na", ["check", "--ignore", "GMG301=rt/ns/na"]),
        ("true; kubectl-gmg tr", ["tr"]),
        ("kubectl-gmg tree '' x", ["tree", "", "x"]),
    ],
    ids=repr,
)
def test_the_words_before_the_cursor(stage: Stage, line: str, words: list[str]) -> None:
    stage.answers(":4")
    (stage.home / "asked").unlink(missing_ok=True)
    stage.prompt.type(line)
    stage.prompt.child.send(b"\t")
    stage.prompt.until((stage.home / "asked").exists, "a question")
    stage.prompt.press("+", f"{line}+")
    assert stage.asked() == words


def test_files_of_words_before_the_cursor(stage: Stage) -> None:
    stage.answers("routes", ":4")
    stage.prompt.complete("kubectl-gmg -f ~/routes.yaml rou", "kubectl-gmg -f ~/routes.yaml routes ")
    assert stage.asked() == ["-f", f"{stage.home}/routes.yaml", "rou"]


def test_the_right_of_the_cursor_stays(stage: Stage) -> None:
    stage.answers("routes", ":4")
    stage.prompt.type("kubectl-gmg rou --demo")
    stage.prompt.press("\x1b[D" * 7, "kubectl-gmg rou")
    stage.prompt.child.send(b"\t")
    stage.prompt.until(lambda: "kubectl-gmg routes" in stage.prompt.typed, "the command")
    assert stage.prompt.lines[0].split() == ["gmg>", "kubectl-gmg", "routes", "--demo"]
    assert stage.asked() == ["rou"]


@pytest.mark.parametrize("answer,end", [((":4",), " "), ((":6",), "")], ids=["space", "no space"])
@pytest.mark.parametrize(
    "line,value",
    [
        ("curl http://www.ex", "http://www.example.com/"),
        ("explain demo-virtualhost/rev", "demo-virtualhost/reviews/v1"),
        ("tree rt/gloo-mesh/d", "rt/gloo-mesh/demo"),
        ("check --ignore GMG301=rt/n", "GMG301=rt/ns/name"),
        ("explain ns:na", "ns:name"),
    ],
)
def test_one_candidate_is_put_in(stage: Stage, answer: tuple[str, ...], end: str, line: str, value: str) -> None:
    """Also with the characters at which bash breaks words."""
    stage.answers(f"{value}\twhat it is", *answer)
    before, _, _ = line.rpartition(" ")
    if stage.shell == "fish" and value[-1] in "@=/:.,-":
        end = ""  # that is its own rule
    stage.prompt.complete(f"kubectl-gmg {line}", f"kubectl-gmg {before} {value}{end}")
    stage.prompt.press("+", f"kubectl-gmg {before} {value}{end}+")


@pytest.mark.parametrize("answer", ["--output=json", "json"], ids=["whole word", "value"])
def test_the_value_of_a_flag_in_one_word(stage: Stage, answer: str) -> None:
    """Through kubectl the program gives the value only; both are understood."""
    stage.answers(f"{answer}\tfor programs", ":4")
    stage.prompt.complete("kubectl-gmg routes --output=js", "kubectl-gmg routes --output=json ")


def test_candidates_are_listed_with_descriptions(stage: Stage) -> None:
    stage.answers("v1-version\ta route", "v1\tanother route", "v2\tthe last route", ":4")
    stage.prompt.complete("kubectl-gmg explain ", "kubectl-gmg explain v")
    listed = stage.prompt.list("(a route)" if "bash" in stage.shell else "a route", "another route", "the last route")
    for value, text in (("v1-version", "a route"), ("v1", "another route"), ("v2", "the last route")):
        assert re.search(rf"(^|\s){value}\s+(-- |\()?{text}", "\n".join(listed)), value


def test_the_order_of_the_program_is_kept(stage: Stage) -> None:
    stage.answers("b\tfirst", "c\tsecond", "a\tthird", ":36")
    stage.prompt.type("kubectl-gmg explain ")
    listed = "\n".join(stage.prompt.list("first", "second", "third"))
    assert listed.index("first") < listed.index("second") < listed.index("third")
    stage.prompt.clear()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("quote", ["", "'", '"'], ids=["bare", "single", "double"])
def test_a_hostile_name_is_harmless(stage: Stage, name: str, quote: str) -> None:
    """It reaches the program as it is, whatever the shell does to quote it, and does nothing else."""
    stage.answers(f"x{name}\t$(touch ~/hit) `touch ~/hit`", ":4")
    stage.prompt.type(f"kubectl-gmg explain {quote}x")
    stage.prompt.child.send(b"\t")
    if quote == '"' and ("!" in name or name.endswith(quote)) and "bash" in stage.shell:
        # Nothing would keep bash from taking it for the history; and it closes no quotes behind a quote.
        stage.prompt.press("+", 'kubectl-gmg explain "x+')
        return
    stage.prompt.until(lambda: stage.prompt.typed.endswith(" ") and len(stage.prompt.typed.split()) > 2, name)
    assert stage.ran() == ["explain", f"x{name}"]
    assert not (stage.home / "hit").exists()


def test_hostile_names_in_a_list(stage: Stage) -> None:
    """Letters that a terminal would obey are in no name: such candidates are left out, and cut from descriptions."""
    stage.answers(*(f"x{name}\tdanger" for name in HOSTILE), "x\x1b[31mred", "xyz\tend\x1b]0;title\x07", ":4")
    stage.prompt.type("kubectl-gmg explain x")
    listed = stage.prompt.list("touch", "xyz", "end")
    assert "red" not in "\n".join(listed)
    assert not (stage.home / "hit").exists()
    stage.prompt.clear()


def test_files_with_endings(stage: Stage) -> None:
    stage.answers("yaml", "json", ":8")
    stage.prompt.type("kubectl-gmg routes -f r")
    listed = "\n".join(stage.prompt.list("routes.yaml", "rules.json"))
    assert "readme.md" not in listed
    stage.prompt.complete("kubectl-gmg routes -f rout", "kubectl-gmg routes -f routes.yaml ")
    stage.prompt.complete("kubectl-gmg routes -f man", "kubectl-gmg routes -f manifests/")
    stage.prompt.complete("kubectl-gmg routes -f manifests/h", "kubectl-gmg routes -f manifests/hosts.yaml ")
    stage.prompt.complete("kubectl-gmg routes --filename=rout", "kubectl-gmg routes --filename=routes.yaml ")


def test_a_file_with_a_blank(stage: Stage) -> None:
    stage.answers("yaml", ":8")
    stage.prompt.type("kubectl-gmg routes -f two")
    stage.prompt.child.send(b"\t")
    stage.prompt.until(lambda: ".yaml" in stage.prompt.typed, "the file")
    assert stage.ran() == ["routes", "-f", "two words.yaml"]


def test_directories(stage: Stage) -> None:
    stage.answers(":16")
    (stage.home / "rdir").mkdir(exist_ok=True)
    stage.prompt.complete("kubectl-gmg x r", "kubectl-gmg x rdir/")


@pytest.mark.parametrize("answer,found", [(":0", "readme.md "), (":4", "readm"), (":1", "readm"), ("bug", "readm")])
def test_files_where_the_program_has_no_candidates(stage: Stage, answer: str, found: str) -> None:
    stage.answers(answer, failure="Traceback: a bug\n")
    stage.prompt.type("kubectl-gmg x readm")
    stage.prompt.child.send(b"\t+")
    stage.prompt.until(lambda: stage.prompt.typed.endswith("+"), "the key after TAB")
    assert stage.prompt.typed == f"kubectl-gmg x {found}+"
    assert stage.prompt.lines[1:] == [], "stderr of the program is nobody's business"


def test_the_file_of_a_redirection(stage: Stage) -> None:
    stage.answers("routes", ":4")
    if stage.shell != "fish":  # it does not tell its functions which words are such files
        stage.prompt.complete("kubectl-gmg 2>/dev/null rou", "kubectl-gmg 2>/dev/null routes ")
        assert stage.asked() == ["rou"]
    stage.prompt.complete("kubectl-gmg routes > readm", "kubectl-gmg routes > readme.md ")


def test_zsh_finds_the_script_in_a_folder_of_fpath(tmp_path: Path) -> None:
    """Saved as _kubectl-gmg, it is the body of the function that compinit reads."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "functions").mkdir()
    (home / "functions" / "_kubectl-gmg").write_bytes((SCRIPTS / "kubectl-gmg.zsh").read_bytes())
    executable = home / "bin" / "kubectl-gmg"
    executable.write_text("#!/bin/sh\necho routes\necho :4\n")
    executable.chmod(0o755)
    with opened("zsh", home, "fpath=(~/functions $fpath); compinit -u") as prompt:
        prompt.complete("kubectl-gmg ro", "kubectl-gmg routes ")
        prompt.complete("kubectl-gmg ro", "kubectl-gmg routes ")


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_is_said_without_the_program(shell: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    with opened(shell, tmp_path, sourced(shell), PATH="/usr/bin:/bin") as prompt:
        prompt.type("kubectl-gmg x")
        prompt.child.send(b"\t+")
        prompt.until(lambda: prompt.typed == "kubectl-gmg x+", "the key after TAB")
        assert prompt.lines[1:] == []


@pytest.mark.parametrize("options", ["set -u", "set -o noglob", "shopt -s failglob nullglob", "IFS=/", "set -o posix"])
def test_options_of_bash_do_not_matter(options: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    executable = tmp_path / "bin" / "kubectl-gmg"
    executable.write_text("#!/bin/sh\necho 'demo/[1]/a b'\necho :4\n")
    executable.chmod(0o755)
    with opened("bash", tmp_path, f"{sourced('bash')}\n{options}") as prompt:
        prompt.complete("kubectl-gmg explain demo/", "kubectl-gmg explain demo/\\[1\\]/a\\ b ")


def test_a_bash_without_compopt(tmp_path: Path) -> None:
    """As 3.2 of macOS: what follows a candidate is then up to the script."""
    (tmp_path / "bin").mkdir()
    executable = tmp_path / "bin" / "kubectl-gmg"
    executable.write_text("#!/bin/sh\ncat ~/answer\n")
    executable.chmod(0o755)
    with opened("bash", tmp_path, f"enable -n compopt\n{sourced('bash')}") as prompt:
        (tmp_path / "answer").write_text("routes\n:4\n")
        prompt.complete("kubectl-gmg ro", "kubectl-gmg routes ")
        (tmp_path / "answer").write_text("http://a.example/\n:6\n")
        prompt.complete("kubectl-gmg curl http://", "kubectl-gmg curl http://a.example/")


def test_zsh_has_no_room_for_descriptions(tmp_path: Path) -> None:
    """Beside values almost as wide as the terminal zsh itself would show parts of its memory for descriptions."""
    (tmp_path / "bin").mkdir()
    executable = tmp_path / "bin" / "kubectl-gmg"
    executable.write_text("#!/bin/sh\ncat ~/answer\n")
    executable.chmod(0o755)
    with opened("zsh", tmp_path, sourced("zsh"), columns=60) as prompt:
        for length in (51, 54):
            long = "v" * length
            (tmp_path / "answer").write_text(f"vb\ta note\n{long}\tanother note\n:36\n")
            prompt.type("kubectl-gmg explain v")
            assert [line.strip() for line in prompt.list("vb", long)] == ["vb", long]


@pytest.mark.parametrize("columns", [40, 60, 160])
def test_descriptions_fit_the_terminal(columns: int, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    executable = tmp_path / "bin" / "kubectl-gmg"
    text = "a description that is longer than most terminals are wide " * 3
    executable.write_text(f"#!/bin/sh\nprintf 'va\\t{text}\\nvb\\t{text}\\n:4\\n'\n")
    executable.chmod(0o755)
    with opened("bash", tmp_path, sourced("bash"), columns=columns) as prompt:
        prompt.type("kubectl-gmg v")
        listed = [line for line in prompt.list("va ", "vb ") if "(" in line]
        assert [line[:2] for line in listed] == ["va", "vb"]
        assert all(line.endswith("...)") and len(line) <= columns for line in listed)

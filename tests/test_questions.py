"""Questions that people ask, with the whole answer to each (`spec/cli.md` 4.1, 6.6, 7).

`questions.yaml` holds what is asked, the command, what the answer must name (written by hand from the specification
and the input: both objects, both fields, the deciding value on each side, the rule) and the answer itself. After a
change of the wording `python -m tests.test_questions` writes the answers anew; read them before you keep them.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.examples import written
from tests.run import Ran, gmg

FILE = Path(__file__).parent / "questions.yaml"
SCENARIOS = Path(__file__).parent / "scenarios"
WIDTH = 80

Json = dict[str, Any]
ENTRIES: list[Json] = written(FILE)


class Text(str):
    """An answer, written as lines."""

    __slots__ = ()


class Writer(yaml.SafeDumper):
    """Writes answers line by line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the items of a list too."""
        super().increase_indent(flow, indentless=False)


Writer.add_representer(Text, lambda writer, text: writer.represent_scalar("tag:yaml.org,2002:str", str(text), "|"))


def asked(line: str, *more: str) -> Ran:
    """What comes of a line, as somebody would type it in the folder of the scenarios."""
    with contextlib.chdir(SCENARIOS):
        return gmg(*shlex.split(line), "--quiet", *more)


def answered(entry: Json) -> str:
    """The answer as text, which is all that is printed."""
    return answer(entry["run"])


@cache
def answer(line: str) -> str:
    """The answer to what is typed; several tests look at each."""
    ran = asked(line, "--width", str(WIDTH))
    assert (ran.code, ran.err) == (0, ""), line
    return ran.out


def squeezed(text: str) -> str:
    """A text without blanks and line breaks, so that filling does not matter."""
    return "".join(text.split())


def fields(item: Json) -> Iterator[str]:
    """The places that the steps of an explanation name."""
    versus = item["versus"]["because"] if item["versus"] else []
    for step in [*versus, *(step for section in item["sections"].values() for step in section)]:
        if step["at"]:
            yield place(step["at"])


def edited(item: Json) -> Iterator[str]:
    """The places that the changes of an explanation edit."""
    for alternative in [*item["alternatives"], *([item["whatIf"]] if item["whatIf"] else [])]:
        yield from (place(edit["at"]) for edit in alternative["edits"])


def place(origin: Json) -> str:
    """A field of an object, as it is named in `questions.yaml`."""
    ref = origin["ref"]
    return f"{ref['kind']} {ref['namespace']}/{ref['name']} {origin['field']}".rstrip()


def identifiers() -> list[str]:
    """The questions, numbered."""
    return [f"{number}-{entry['run'].split()[1]}" for number, entry in enumerate(ENTRIES, 1)]


@pytest.fixture(params=ENTRIES, ids=identifiers())
def entry(request: pytest.FixtureRequest) -> Json:
    """One question."""
    found: Json = request.param
    return found


def test_the_whole_answer_is_what_was_read_and_kept(entry: Json) -> None:
    assert answered(entry) == entry["answer"]


def test_an_answer_fits_a_terminal_of_80_columns(entry: Json) -> None:
    lines = answered(entry).splitlines()
    assert [each for each in lines if len(each) > WIDTH or each != each.rstrip()] == []


def test_an_answer_names_objects_fields_values_and_the_rule(entry: Json) -> None:
    answer = squeezed(answered(entry))
    assert [name for name in entry["names"] if squeezed(name) not in answer] == []


def test_the_same_places_stand_in_the_steps_of_the_machine_readable_answer(entry: Json) -> None:
    items = asked(entry["run"], "-o", "json").json["items"]
    steps = {each for item in items for each in fields(item)}
    edits = {each for item in items for each in edited(item)}
    assert [each for each in entry["at"] if each not in steps] == []
    assert [each for each in entry.get("edits", ()) if each not in edits] == []


def test_there_are_questions_enough_for_both_generations() -> None:
    second = [entry for entry in ENTRIES if "v2" in entry["run"]]
    assert len(second) >= 5
    assert len(ENTRIES) - len(second) >= 10


def rewrite() -> None:
    """Write the answers anew; the comment at the top of the file stays."""
    head = [each for each in FILE.read_text(encoding="utf-8").splitlines(keepends=True) if each.startswith("#")]
    entries = [{**entry, "answer": Text(answered(entry))} for entry in ENTRIES]
    dumped = [yaml.dump([each], Dumper=Writer, sort_keys=False, allow_unicode=True, width=120) for each in entries]
    FILE.write_text("".join(head) + "\n" + "\n".join(dumped), encoding="utf-8")


if __name__ == "__main__":
    rewrite()

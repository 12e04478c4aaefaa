"""What stands on the command line before the cursor, read as the program itself would read it (`spec/cli.md` 2).

The commands and flags come from one file, which is generated from the program: `python -m tests.complete.generate`.
"""
# ruff: noqa: PTH118, PTH120, PTH123 - pathlib takes longer to import than a static answer takes

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence

TYPE_CHECKING = False  # type checkers know the name; `typing` is slow to import
if TYPE_CHECKING:
    from typing import Any

WORDS = os.path.join(os.path.dirname(__file__), "words.json")


def words() -> Any:
    """The generated file: shared `flags` by name, `commands` by their words, and the `codes` of findings."""
    with open(WORDS, encoding="utf-8") as stream:
        return json.load(stream)


class Flag:
    """A flag. `values` are those it may have, `parts` those of `KEY=VALUE` by their key; `listed` for `a,b`."""

    __slots__ = ("listed", "many", "metavar", "name", "names", "parts", "text", "values")

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.name: str = said["name"]
        self.names: Sequence[str] = said["names"]
        self.text: str = said["text"]
        self.metavar: str = said.get("metavar", "")
        self.many: bool = said.get("many", False)
        self.values: Sequence[Sequence[str]] = said.get("values", ())
        self.parts: Mapping[str, Sequence[Sequence[str]]] = said.get("parts", {})
        self.listed: bool = said.get("listed", False)

    @property
    def takes_value(self) -> bool:
        """Whether a value follows it."""
        return bool(self.metavar)


class Command:
    """A command: its own commands with a description each, its flags, and what its arguments are called."""

    __slots__ = ("arguments", "commands", "flags", "path", "values")

    def __init__(self, path: Sequence[str], everything: Mapping[str, Any]) -> None:
        said = everything["commands"][" ".join(path)]
        self.path = tuple(path)
        self.commands: Sequence[Sequence[str]] = said["commands"]
        self.arguments: Sequence[str] = said["arguments"]
        self.values: Sequence[Sequence[str]] = said.get("values", ())
        self.flags = tuple(Flag(everything["flags"][each] if isinstance(each, str) else each) for each in said["flags"])

    def flag(self, name: str) -> Flag | None:
        """The flag of this name, as it is typed with its dashes."""
        return next((each for each in self.flags if name in each.names), None)

    def argument(self, place: int) -> str:
        """What the argument at a place, from 0, is called; empty where there can be none."""
        if place < len(self.arguments):
            return self.arguments[place]
        return self.arguments[-1] if self.arguments and self.arguments[-1].endswith("...") else ""


class Line:
    """The words before the cursor, and the one that is completed.

    `given` holds the values of flags by the names that the program gives them, `before` those that were written before
    the command, which later ones replace. Where the word is the value of a `flag`,
    `prefix` is what stands before the value in the same word. `ended` says that `--` ended the flags, `lost` that a
    word is no command, so that nothing after it means anything.
    """

    def __init__(self, everything: Mapping[str, Any], word: str) -> None:
        self.everything = everything
        self.command = Command((), everything)
        self.word = word
        self.prefix = ""
        self.flag: Flag | None = None
        self.given: dict[str, list[str]] = {}
        self.before: dict[str, list[str]] = {}
        self.arguments: list[str] = []
        self.ended = False
        self.lost = False

    def add(self, text: str) -> None:
        """Read one word before the cursor."""
        if self.flag is not None:
            self.give(self.flag, text)
            self.flag = None
        elif self.ended or text == "-" or not text.startswith("-"):
            self.add_argument(text)
        elif text == "--":
            self.ended = True
        else:
            self.flag = self.long_flag(text) if text.startswith("--") else self.short_flags(text)

    def add_argument(self, text: str) -> None:
        """Read a word that is no flag."""
        if any(text == name for name, _ in self.command.commands):
            self.command = Command((*self.command.path, text), self.everything)
            self.before, self.given = {**self.before, **self.given}, {}
        else:
            self.lost = self.lost or bool(self.command.commands)
            self.arguments.append(text)

    def long_flag(self, text: str) -> Flag | None:
        """Note a flag of the form `--name` or `--name=value`; it comes back if its value is still to come."""
        name, equals, value = text.partition("=")
        found = self.command.flag(name)
        if found is not None and found.takes_value and not equals:
            return found
        if found is not None:
            self.give(found, value)
        return None

    def short_flags(self, text: str) -> Flag | None:
        """Note the flags of one word such as `-Rf`; the one whose value is still to come comes back.

        A value may follow in the same word, also after `=` as kubectl allows it.
        """
        for place, letter in enumerate(text[1:], start=2):
            found = self.command.flag(f"-{letter}")
            if found is not None and found.takes_value:
                if not text[place:]:
                    return found
                self.give(found, text[place:].removeprefix("="))
                return None
            if found is not None:
                self.give(found, "")
        return None

    def give(self, flag: Flag, value: str) -> None:
        """Note the value of a flag, an empty one for a switch."""
        self.given.setdefault(flag.name, []).append(value)

    def aim(self) -> None:
        """See whether the word at the cursor holds the value of a flag itself: `--output=js`, `-ojs`."""
        if self.flag is not None or self.ended or not self.word.startswith("-"):
            return
        flag, length = self.flag_at_cursor()
        if flag is not None and flag.takes_value:
            self.flag, self.prefix = flag, self.word[:length]

    def flag_at_cursor(self) -> tuple[Flag | None, int]:
        """The flag whose value is being typed, and where in the word the value begins."""
        if self.word.startswith("--"):
            name, equals, _ = self.word.partition("=")
            return (self.command.flag(name), len(name) + 1) if equals else (None, 0)
        for place, letter in enumerate(self.word[1:], start=1):
            found = self.command.flag(f"-{letter}")
            if found is None or (found.takes_value and place + 1 == len(self.word)):
                return None, 0
            if found.takes_value:
                return found, place + 1 + (self.word[place + 1] == "=")
        return None, 0

    @property
    def value(self) -> str:
        """What is typed of the value of the flag."""
        return self.word[len(self.prefix) :]

    def all(self, name: str) -> list[str]:
        """The values of a flag that count."""
        return self.given.get(name) or self.before.get(name, [])

    def last(self, name: str) -> str:
        """The value of a flag that may be given once; empty if it is not."""
        return (self.all(name) or [""])[-1]

    def left(self) -> Iterable[Flag]:
        """The flags that may still be given."""
        return (each for each in self.command.flags if each.many or not self.all(each.name))


def parsed(typed: Sequence[str]) -> Line:
    """The words after `kubectl gmg`, the last one being completed."""
    line = Line(words(), typed[-1] if typed else "")
    for text in typed[:-1]:
        line.add(text)
    line.aim()
    return line

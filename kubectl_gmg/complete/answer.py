"""What a shell is told: candidates, and how to treat them, as cobra's protocol has it."""

from __future__ import annotations

from collections.abc import Iterable

NO_SPACE = 2
NO_FILES = 4
FILE_EXTENSIONS = 8
"""The candidates are extensions of files to offer."""
KEEP_ORDER = 32
"""The candidates stand in an order of their own: that in which a proxy tries routes."""
ROOM = 16
"""Letters of a terminal that descriptions need beside the longest candidate, with what shells put between both."""
LONGEST_TEXT = 120
"""Descriptions stand beside their candidates, so they are cut to this many letters."""


class Candidate:
    """A word that may stand at the cursor, with what people should know about it; `goes_on` where more follows it."""

    __slots__ = ("goes_on", "text", "value")

    def __init__(self, value: str, text: str = "", *, goes_on: bool = False) -> None:
        self.value = value
        self.text = text
        self.goes_on = goes_on

    def line(self) -> str:
        """The line of the answer."""
        return f"{self.value}\t{self.text}\n" if self.text else f"{self.value}\n"

    def after(self, prefix: str) -> Candidate:
        """The same behind what is typed already."""
        return Candidate(prefix + self.value, self.text, goes_on=self.goes_on)


class Answer:
    """Candidates, and the sum of what the shell has to observe."""

    __slots__ = ("candidates", "directive")

    def __init__(self, candidates: Iterable[Candidate], directive: int) -> None:
        self.candidates = tuple(candidates)
        self.directive = directive

    def behind(self, prefix: str) -> Answer:
        """The same without what all candidates begin with."""
        left = (Candidate(each.value.removeprefix(prefix), each.text, goes_on=each.goes_on) for each in self.candidates)
        return Answer(left, self.directive)

    def on(self, columns: int) -> Answer:
        """The same without descriptions if the longest value leaves no room for them on a terminal of this width.

        Through kubectl zsh would show, in their place, what happens to stand in its memory.
        """
        if max((len(each.value) for each in self.candidates), default=0) <= columns - ROOM:
            return self
        return Answer((Candidate(each.value, goes_on=each.goes_on) for each in self.candidates), self.directive)

    def text(self) -> str:
        """All lines."""
        return "".join(each.line() for each in self.candidates) + f":{self.directive}\n"


def nothing() -> Answer:
    """No candidates, and no files either."""
    return Answer((), NO_FILES)


def files(*extensions: str) -> Answer:
    """The shell's own files; with extensions only those, and directories."""
    return Answer(map(Candidate, extensions), FILE_EXTENSIONS if extensions else 0)


def fitting(candidates: Iterable[Candidate], word: str, *, ordered: bool = False) -> Answer:
    """Those of the candidates that begin with `word`, each once.

    Names come from files and clusters: one that a terminal would obey is left out, such letters of a description are
    left out of it. Of candidates with one description zsh makes one line, and sorts everything: where the order says
    something they are counted.
    """
    found: dict[str, Candidate] = {}
    count: dict[str, int] = {}
    for each in candidates:
        if each.value.startswith(word) and each.value and each.value.isprintable() and each.value not in found:
            text = plain(each.text)
            count[text] = count.get(text, 0) + 1
            counted = f"{text} ({count[text]})" if ordered and text and count[text] > 1 else text
            found[each.value] = Candidate(each.value, counted, goes_on=each.goes_on)
    goes_on = any(each.goes_on for each in found.values())
    return Answer(found.values(), NO_FILES + NO_SPACE * goes_on + KEEP_ORDER * ordered)


def plain(text: str) -> str:
    """A description on one line, without anything that a terminal obeys."""
    letters = text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)
    return letters if len(letters) <= LONGEST_TEXT else f"{letters[: LONGEST_TEXT - 1]}…"

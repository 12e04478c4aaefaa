"""The texts that can arrive at the routes at all: as parts of a request that the proxy accepts, and as it tidies them.

A condition that asks for another text, such as a path with a dot segment, is never met (`spec/envoy.md` 7 to 12, 25).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kubectl_gmg.matching.canonical import DECODED, ENCODED
from kubectl_gmg.matching.language import State, accepted

GRAPHIC = range(0x21, 0x7F)
HEX = frozenset(map(ord, "0123456789abcdefABCDEF"))
SLASH, DOT, PERCENT, SEMICOLON = map(ord, "/.%;")
OUTSIDE_PATHS = frozenset(map(ord, ENCODED)) | frozenset(map(ord, "?#\\"))
PLAIN_BREAKS = tuple(
    sorted(
        {GRAPHIC.start, GRAPHIC.stop}
        | {edge for letter in (*OUTSIDE_PATHS, SLASH, DOT, PERCENT, SEMICOLON) for edge in (letter, letter + 1)}
    )
)
HEX_BREAKS = tuple(sorted({*PLAIN_BREAKS, *(edge for letter in HEX for edge in (letter, letter + 1))}))

NOTHING, EMPTY, ONE_DOT, TWO_DOTS, NAME = range(5)
"""What was read of a segment; NOTHING is before the first slash."""

PathState = tuple[int, str]


_SIMPLE_PATH = re.compile("/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/?)*")


def is_simple_path(text: str) -> bool:
    """Whether a text is a path of plain letters, as nearly all are."""
    return _SIMPLE_PATH.fullmatch(text) is not None


class CanonicalPaths:
    """The paths before the query that BASE normalisation leaves as they are: what routes see.

    The state is what the segment looks like so far, and an escape that was begun.
    """

    start: State = (NOTHING, "")

    def step(self, state: State, letter: int) -> State | None:
        """The next state; None for what no tidied path has."""
        segment, escape = state
        if letter not in GRAPHIC or letter in OUTSIDE_PATHS:
            return None
        if segment == NOTHING:
            return (EMPTY, "") if letter == SLASH else None
        if escape and letter in HEX:
            return self._escaped(escape + chr(letter))
        return self._plain(segment, letter)

    @staticmethod
    def _escaped(escape: str) -> PathState | None:
        if len(escape) == 2:
            return NAME, escape
        decoded = chr(int(escape[1:], 16))
        return None if decoded in DECODED or decoded == "\0" else (NAME, "")

    @staticmethod
    def _plain(segment: int, letter: int) -> PathState | None:
        dots = segment in (ONE_DOT, TWO_DOTS)
        if letter == SLASH:
            return None if dots else (EMPTY, "")
        if letter == DOT and segment in (EMPTY, ONE_DOT):
            return segment + 1, ""
        if letter == SEMICOLON and dots:
            return None
        return NAME, "%" if letter == PERCENT else ""

    def accepts(self, state: State) -> bool:
        """Whether the path may end here: not with a dot segment."""
        return state[0] in (EMPTY, NAME)

    def breaks(self, state: State) -> Sequence[int]:
        """Around the letters that mean something; within an escape every digit counts."""
        return HEX_BREAKS if state[1] else PLAIN_BREAKS

    def full(self, _state: State) -> bool:
        """Never: some letters are in no path."""
        return False

    def holds(self, text: str) -> bool:
        """Whether it is such a path; most are simple."""
        return is_simple_path(text) or accepted(self, text)


class Letters:
    """All texts of some letters, the empty one too."""

    start: State = 0

    def __init__(self, *ranges: range, without: str = "") -> None:
        self._ranges = ranges
        self._without = frozenset(map(ord, without))
        edges = {edge for each in ranges for edge in (each.start, each.stop)}
        self._breaks = tuple(sorted(edges | {edge for letter in self._without for edge in (letter, letter + 1)}))

    def step(self, state: State, letter: int) -> State | None:
        """The same state again."""
        return state if any(letter in each for each in self._ranges) and letter not in self._without else None

    def accepts(self, _state: State) -> bool:
        """Always."""
        return True

    def breaks(self, _state: State) -> Sequence[int]:
        """Around the letters that there are."""
        return self._breaks

    def full(self, _state: State) -> bool:
        """Never: some letters are missing."""
        return False

    def holds(self, text: str) -> bool:
        """Whether it is one of them."""
        return accepted(self, text)


class HeaderValues:
    """The values of headers: no control characters but tabs, and no blanks at either end (`spec/envoy.md` 19).

    The state is what was read last: nothing, a blank, or something else.
    """

    start: State = "nothing"

    def step(self, state: State, letter: int) -> State | None:
        """What was read now."""
        if letter in (0x09, 0x20):
            return None if state == "nothing" else "blank"
        return "text" if letter in GRAPHIC or letter >= 0x80 else None

    def accepts(self, state: State) -> bool:
        """Whether the value may end here: not with a blank."""
        return bool(state != "blank")

    def breaks(self, _state: State) -> Sequence[int]:
        """Around blanks and letters."""
        return (0x09, 0x0A, 0x20, 0x21, 0x7F, 0x80)

    def full(self, _state: State) -> bool:
        """Never: control characters are missing."""
        return False

    def holds(self, text: str) -> bool:
        """Whether it is one of them."""
        return accepted(self, text)


PATHS = CanonicalPaths()
QUERY_VALUES = Letters(GRAPHIC, without="&#")
HEADER_VALUES = HeaderValues()
HOSTS = Letters(GRAPHIC, without='"#/<>?\\^`{|}')

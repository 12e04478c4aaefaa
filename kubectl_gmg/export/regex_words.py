r"""Which letters of a regular expression are words of the texts that it matches, so that they can be replaced.

`/reviews/v[0-9]+(/.*)?` begins with the word of every path that it matches. In `.*views`, `colou?r` or `/[a-m].*`
letters stand for parts of words: replacing words would change what matches, so such a pattern is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

TOKEN = re.compile(
    r"(?P<escape>\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2})|\\.)"
    r"|(?P<set>\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\])"
    r"|(?P<flags>\(\?[a-zA-Z-]*\))|(?P<open>\((?:\?P?<[A-Za-z0-9_]+>|\?[a-zA-Z-]*:)?)|(?P<close>\))"
    r"|(?P<times>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)|(?P<word>[A-Za-z]+)|(?P<other>.)",
    re.DOTALL,
)

SPECIAL_ESCAPES = frozenset("dDsSwWbBAzpPxQEaCfnrtv0123456789")
"""Escapes that stand for something else than the letter behind the backslash."""

LETTER = re.compile(r"[A-Za-z]")


def replaced(pattern: str, word: Callable[[str], str]) -> str | None:
    """A pattern with its words replaced; None if some letters of it are not surely words, or beginnings of words."""
    reader, found = _Reader(), []
    for token in TOKEN.finditer(pattern):
        if not reader.take(token.lastgroup or "", token[0]):
            return None
        found.append((token.lastgroup == "word", token[0]))
    return "".join(word(text) if is_word else text for is_word, text in found)


def words_of(pattern: str) -> list[str]:
    """The words that `replaced` would replace."""
    found: list[str] = []

    def noted(word: str) -> str:
        found.append(word)
        return word

    return found if replaced(pattern, noted) is not None else []


def written_in(pattern: str) -> list[str]:
    """The rows of letters that a pattern means literally, whether they are words or parts of words."""
    return [token[0] for token in TOKEN.finditer(pattern) if token.lastgroup == "word"]


class _Reader:
    """Goes through the tokens of a pattern; `_fresh` says that no letter can stand before, so that a word begins."""

    def __init__(self) -> None:
        self._fresh = True
        self._last = ""
        self._opened: list[bool] = []
        self._lettered = False

    def take(self, kind: str, token: str) -> bool:
        """Take one token; false where letters may be parts of words."""
        fits = bool(getattr(self, f"_take_{kind}")(token))
        self._last = kind
        return fits

    def _take_word(self, _token: str) -> bool:
        fits = self._fresh
        self._lettered |= bool(self._opened)
        self._fresh = False
        return fits

    def _take_escape(self, token: str) -> bool:
        letter = token[1]
        self._fresh = letter not in SPECIAL_ESCAPES and not letter.isalpha()
        return letter not in "pPxQEC"

    def _take_set(self, token: str) -> bool:
        self._fresh = False
        letters = LETTER.findall(token.replace("a-z", "").replace("A-Z", "").replace(r"\d", "").replace(r"\w", ""))
        return not letters

    def _take_open(self, token: str) -> bool:
        self._opened.append(self._fresh)
        return "i" not in token.partition("<")[0]

    def _take_close(self, _token: str) -> bool:
        if self._opened:
            self._opened.pop()
        self._fresh = False
        return True

    def _take_flags(self, token: str) -> bool:
        return set(token) <= set("(?ims)")

    def _take_times(self, token: str) -> bool:
        fits = self._last != "word" and not (self._last == "close" and self._lettered and token[0] != "?")
        self._fresh = False
        return fits

    def _take_other(self, letter: str) -> bool:
        if letter == "|":
            self._fresh = self._opened[-1] if self._opened else True
        elif letter not in "^$":
            self._fresh = letter != "."
        return True

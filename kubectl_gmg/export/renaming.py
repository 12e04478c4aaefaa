"""Other words for words, so that everything that is compared stays as it was.

A word is a run of the letters a to z; everything else between words stays. Each letter of a word becomes another one
that depends on all letters before it, and the letters that stand behind the same beginning keep their order. So equal
words stay equal, unequal ones unequal, a common beginning stays common to the letter, lengths stay, upper and lower
case stay, and any two texts keep their order. That is enough for hosts with wildcards, for prefixes of paths, for ties
that names break, and for names that are made of others.

It hides names, it is no encryption: who sees many words can guess from their order and their lengths.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256

WORD = re.compile(r"%[0-9A-Fa-f]{2}|(?P<word>[A-Za-z]+)")
"""A word; the letters of an escape such as `%2F` are none."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"

WELL_KNOWN = frozenset(("svc", "cluster", "local", "global", "ingressgateway", "true", "false"))
"""Words that the product gives a meaning: `reviews.bookinfo.svc.cluster.local`, and in labels of its own or Istio's."""


class Renaming:
    """Other words for the words of some texts. Equal texts, in whatever order, give equal words.

    What is `kept` stays, and so do the words in which three letters or more of it stand in a row.
    """

    def __init__(self, texts: Iterable[str], kept: Iterable[str] = ()) -> None:
        rows = {each.lower() for each in kept}
        long = [each for each in rows if len(each) > 2]
        self._next: defaultdict[str, set[str]] = defaultdict(set)
        self._fixed: defaultdict[str, set[str]] = defaultdict(set)
        self._tables: dict[str, dict[str, str]] = {}
        self._words: dict[str, str] = {}
        for word in rows | {found.lower() for text in set(texts) for found in words_of(text)}:
            stays = word in WELL_KNOWN or word in rows or any(row in word for row in long)
            for place, letter in enumerate(word):
                self._next[word[:place]].add(letter)
                if stays:
                    self._fixed[word[:place]].add(letter)

    def text(self, text: str) -> str:
        """A text with all of its words replaced; they are words of the texts that were given."""
        return "".join(self.word(part) if place % 2 else part for place, part in enumerate(split(text)))

    def word(self, word: str) -> str:
        """The other word for a word, or for the beginning of one."""
        if word not in self._words:
            low = word.lower()
            made = (self._table(low[:place])[letter] for place, letter in enumerate(low))
            both = zip(word, made, strict=True)
            self._words[word] = "".join(new.upper() if old.isupper() else new for old, new in both)
        return self._words[word]

    def _table(self, before: str) -> dict[str, str]:
        """What the letters behind a beginning become."""
        if before not in self._tables:
            self._tables[before] = table(before, self._next[before], self._fixed[before])
        return self._tables[before]


def table(before: str, letters: set[str], fixed: set[str]) -> dict[str, str]:
    """Other letters in the same order, by chance that depends on the beginning alone; `fixed` ones stay.

    As many as possible become another one: where all 26 follow a beginning, their order leaves no choice.
    """
    chance = sha256(before.encode()).digest()
    found = {letter: letter for letter in fixed}
    ends = [LETTERS.index(each) for each in sorted(fixed)]
    for low, high in zip((-1, *ends), (*ends, len(LETTERS)), strict=True):
        own = sorted(letters.intersection(LETTERS[low + 1 : high]))
        found |= changed(chance, own, low + 1, high)
    return found


DRAWS = len(sha256().digest()) - len(LETTERS) + 1
"""How often other letters are drawn, to take the draw that changes most."""


def changed(chance: bytes, own: list[str], low: int, high: int) -> dict[str, str]:
    """Of several draws the first that changes all letters, or else as many as possible."""
    found = drawn(chance, own, low, high)
    for turn in range(1, DRAWS):
        if not unchanged(found):
            break
        found = min(found, drawn(chance[turn:], own, low, high), key=unchanged)
    return found


def drawn(chance: bytes, own: list[str], low: int, high: int) -> dict[str, str]:
    """Other letters for `own` ones, in their order, among those from place `low` to before place `high`."""
    places = [place for place in range(low, high) if own != [LETTERS[place]]] or range(low, high)
    taken = sorted(places, key=lambda place: (chance[place], place))[: len(own)]
    return dict(zip(own, (LETTERS[place] for place in sorted(taken)), strict=True))


def unchanged(found: dict[str, str]) -> int:
    """How many letters stay themselves."""
    return sum(old == new for old, new in found.items())


def split(text: str) -> list[str]:
    """What stands between words, and the words, by turns; the words have the odd places."""
    found: list[str] = []
    end = 0
    for part in WORD.finditer(text):
        if part["word"]:
            found += [text[end : part.start()], part["word"]]
            end = part.end()
    return [*found, text[end:]]


def words_of(text: str) -> list[str]:
    """The words of a text."""
    return split(text)[1::2]

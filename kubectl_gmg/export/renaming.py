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
    """Other words for the words of some texts. Equal texts, in whatever order, give equal words."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._next: defaultdict[str, set[str]] = defaultdict(set)
        self._fixed: defaultdict[str, set[str]] = defaultdict(set)
        self._tables: dict[str, dict[str, str]] = {}
        self._words: dict[str, str] = {}
        for word in {found.lower() for text in set(texts) for found in words_of(text)}:
            for place, letter in enumerate(word):
                self._next[word[:place]].add(letter)
                if word in WELL_KNOWN:
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

    A lone letter always becomes another one, unless there is no other between those that stay.
    """
    chance = sha256(before.encode()).digest()
    found = {letter: letter for letter in fixed}
    ends = [LETTERS.index(each) for each in sorted(fixed)]
    for low, high in zip((-1, *ends), (*ends, len(LETTERS)), strict=True):
        pool = LETTERS[low + 1 : high]
        own = sorted(letters.intersection(pool))
        others = pool.replace(own[0], "") if len(own) == 1 else pool
        drawn = sorted(range(len(others or pool)), key=lambda place: (chance[place], place))[: len(own)]
        found |= dict(zip(own, (((others or pool)[place]) for place in sorted(drawn)), strict=True))
    return found


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

r"""Reads a regular expression of RE2 into a tree of sets of letters.

RE2's dialect is that of no library in reach: `$` is the end of the text and nothing else, `\pN`, `\Q...\E` and
`[[:alpha:]]` exist, `a**` does not, and ignoring case adds U+017F and U+212A. So the reader is our own, and refuses
whatever it does not surely know (`spec/envoy.md` 16 and 91).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Ranges = tuple[tuple[int, int], ...]
"""Code points as sorted, separate ranges; both ends belong to a range."""

LAST = 0x10FFFF
EVERYTHING: Ranges = ((0, LAST),)
UNIVERSE: Ranges = ((0x09, 0x09), (0x20, LAST))
"""The letters that texts are taken to have: no control character but the tab."""

MOST_LETTERS = 3000
"""The most sets of letters that a pattern may have once its repetitions are written out."""

MOST_GROUPS = 100
"""How deep groups may be nested, so that recursion over the tree stays shallow."""


class UnknownSyntaxError(ValueError):
    """The pattern is not surely understood, or too large."""


@dataclass(frozen=True, slots=True)
class Letters:
    """One letter out of a set; an empty set matches nothing."""

    ranges: Ranges
    size: int = 1


@dataclass(frozen=True, slots=True)
class Begin:
    """True before the first letter only."""

    size: int = 1


@dataclass(frozen=True, slots=True)
class End:
    """True behind the last letter only."""

    size: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """All parts, one after the other."""

    parts: tuple[Node, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of the parts."""

    parts: tuple[Node, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part so many times; a `high` of None is no limit."""

    part: Node
    low: int
    high: int | None
    size: int


Node = Letters | Begin | End | Sequence | Choice | Repeat


def parse(pattern: str) -> Node:
    """The tree of a pattern that RE2 accepts; raises `UnknownSyntaxError` for what is not surely understood.

    How much a repetition takes first does not matter to a whole match, so lazy ones are not told apart. Without a
    newline in the text `(?s)` and `(?m)` change nothing either.
    """
    return _Reader(pattern).read()


def normalized(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same code points as sorted ranges that neither overlap nor touch."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return tuple(out)


def complement(ranges: Ranges) -> Ranges:
    """All other code points; `ranges` are normalized."""
    out, at = [], 0
    for low, high in ranges:
        if at < low:
            out.append((at, low - 1))
        at = high + 1
    return (*out, (at, LAST)) if at <= LAST else tuple(out)


def intersection(first: Ranges, second: Ranges) -> Ranges:
    """The code points in both."""
    pairs = ((max(a, c), min(b, d)) for a, b in first for c, d in second)
    return normalized((low, high) for low, high in pairs if low <= high)


ORBITS = {code: ORBIT for ORBIT in ((0x4B, 0x6B, 0x212A), (0x53, 0x73, 0x17F)) for code in ORBIT}
"""The letters that have more than one other form when case is ignored."""


def case_folded(ranges: Ranges) -> Ranges:
    """The code points in either case; raises `UnknownSyntaxError` for any outside ASCII but the two of `ORBITS`."""
    out = list(ranges)
    for low, high in ranges:
        if high > 0x7F and (low, high) not in ((0x17F, 0x17F), (0x212A, 0x212A)):
            raise UnknownSyntaxError
        out += [(code + 32, code + 32) for code in range(max(low, 0x41), min(high, 0x5A) + 1)]
        out += [(code - 32, code - 32) for code in range(max(low, 0x61), min(high, 0x7A) + 1)]
        out += [(other, other) for code, orbit in ORBITS.items() if low <= code <= high for other in orbit]
    return normalized(out)


def _group(text: str) -> Ranges:
    """The code points of pairs such as `azAZ__`."""
    return normalized((ord(text[at]), ord(text[at + 1])) for at in range(0, len(text), 2))


PERL = {"d": _group("09"), "s": _group("\t\n\f\r  "), "w": _group("09AZaz__")}
POSIX = {
    "alnum": _group("09AZaz"),
    "alpha": _group("AZaz"),
    "ascii": _group("\x00\x7f"),
    "blank": _group("\t\t  "),
    "cntrl": _group("\x00\x1f\x7f\x7f"),
    "digit": _group("09"),
    "graph": _group("!~"),
    "lower": _group("az"),
    "print": _group(" ~"),
    "punct": _group("!/:@[`{~"),
    "space": _group("\t\r  "),
    "upper": _group("AZ"),
    "word": _group("09AZaz__"),
    "xdigit": _group("09AFaf"),
}
CONTROLS = {"a": 0x07, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}

_HEAD = re.compile(r"\?(?:P?<[^>]*>|(?P<on>[imsU]*)(?:-(?P<off>[imsU]+))?(?P<end>[:)]))")
_NUMBER = r"(0|[1-9][0-9]{0,8})"
_TIMES = re.compile(rf"{_NUMBER}(?:(,){_NUMBER}?)?\}}")
_HEX = re.compile(r"\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2})")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_NAMED = re.compile(r"\[:(\^?)([^:]*):\]")


@dataclass(slots=True)
class _Level:
    """An open group: the branches read, the items of the one being read, and whether case counted outside."""

    fold: bool
    branches: list[Node] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)


class _Reader:
    """Reads one pattern from left to right; what a repetition applies to is the last item, as in RE2."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._fold = False
        self._levels = [_Level(fold=False)]
        self._special: dict[str, Callable[[], None]] = {
            "(": self._open,
            ")": self._close,
            "|": self._bar,
            "[": lambda: self._push(self._class()),
            "\\": self._escape,
            "{": self._times,
            "*": lambda: self._repeat(0, None),
            "+": lambda: self._repeat(1, None),
            "?": lambda: self._repeat(0, 1),
            ".": lambda: self._push(EVERYTHING),
            "^": lambda: self._items.append(Begin()),
            "$": lambda: self._items.append(End()),
        }

    def read(self) -> Node:
        while self._at < len(self._text):
            letter = self._take()
            special = self._special.get(letter)
            if special is None:
                self._push_letter(ord(letter))
            else:
                special()
        if len(self._levels) != 1:
            raise UnknownSyntaxError
        return self._finished(self._levels[0])

    @property
    def _items(self) -> list[Node]:
        return self._levels[-1].items

    def _take(self) -> str:
        if self._at >= len(self._text):
            raise UnknownSyntaxError
        self._at += 1
        return self._text[self._at - 1]

    def _starts(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _skip(self, found: re.Match[str]) -> re.Match[str]:
        self._at = found.end()
        return found

    def _push(self, ranges: Ranges) -> None:
        self._items.append(Letters(intersection(ranges, UNIVERSE)))

    def _push_letter(self, code: int) -> None:
        self._push(self._in_case(((code, code),)))

    def _in_case(self, ranges: Ranges) -> Ranges:
        return case_folded(ranges) if self._fold else ranges

    def _bar(self) -> None:
        level = self._levels[-1]
        level.branches.append(_sequence(level.items))
        level.items = []

    def _open(self) -> None:
        head = _HEAD.match(self._text, self._at) if self._starts("?") else None
        if self._starts("?") and head is None:
            raise UnknownSyntaxError
        flags_only = head is not None and self._skip(head)["end"] == ")"
        if not flags_only:
            self._levels.append(_Level(self._fold))
        if len(self._levels) > MOST_GROUPS:
            raise UnknownSyntaxError
        if head is not None:
            self._fold = (self._fold or "i" in (head["on"] or "")) and "i" not in (head["off"] or "")

    def _close(self) -> None:
        if len(self._levels) == 1:
            raise UnknownSyntaxError
        level = self._levels.pop()
        self._fold = level.fold
        self._items.append(self._finished(level))

    def _finished(self, level: _Level) -> Choice:
        parts = (*level.branches, _sequence(level.items))
        return Choice(parts, _bounded(sum(part.size for part in parts)))

    def _times(self) -> None:
        """A brace is a letter wherever it does not begin a repetition."""
        found = _TIMES.match(self._text, self._at)
        if found is None:
            self._push_letter(ord("{"))
            return
        low, comma, high = self._skip(found).groups()
        self._repeat(int(low), int(high or low) if high or not comma else None)

    def _repeat(self, low: int, high: int | None) -> None:
        """A repetition of one without a group between (`a*\\Q\\E*`) is legal, but not worth the doubt."""
        if self._starts("?"):
            self._at += 1
        if not self._items or isinstance(self._items[-1], Repeat) or (high is not None and high < low):
            raise UnknownSyntaxError
        part = self._items.pop()
        copies = max(low, 1) if high is None else max(high, 1)
        self._items.append(Repeat(part, low, high, _bounded(part.size * copies)))

    def _escape(self) -> None:
        letter = self._take()
        if letter == "A":
            self._items.append(Begin())
        elif letter == "z":
            self._items.append(End())
        elif letter == "Q":
            self._quoted()
        elif letter.lower() in PERL:
            self._push(self._perl(letter))
        else:
            self._push_letter(self._code(letter))

    def _quoted(self) -> None:
        r"""`\Q...\E`; what is not ended goes to the end of the pattern."""
        end = self._text.find("\\E", self._at)
        quoted = self._text[self._at :] if end < 0 else self._text[self._at : end]
        self._at = len(self._text) if end < 0 else end + 2
        for letter in quoted:
            self._push_letter(ord(letter))

    def _perl(self, letter: str) -> Ranges:
        """The class of an escape; ignoring case comes before negation."""
        ranges = self._in_case(PERL[letter.lower()])
        return complement(ranges) if letter.isupper() else ranges

    def _code(self, letter: str) -> int:
        """The code point of an escape, whose first letter behind the backslash was taken."""
        if letter in CONTROLS:
            return CONTROLS[letter]
        if letter == "x" and (found := _HEX.match(self._text, self._at)):
            return int(self._skip(found)[1] or found[2], 16)
        if letter.isdigit() and (found := _OCTAL.match(self._text, self._at - 1)):
            return int(self._skip(found)[0], 8)
        if not letter.isascii() or letter.isalnum():
            raise UnknownSyntaxError
        return ord(letter)

    def _class(self) -> Ranges:
        negated = self._starts("^")
        self._at += negated
        out: list[tuple[int, int]] = []
        first = True
        while first or not self._starts("]"):
            out += self._class_item()
            first = False
        self._at += 1
        ranges = normalized(out)
        return complement(ranges) if negated else ranges

    def _class_item(self) -> Ranges:
        """A group with a name, a class of an escape, a letter or a range."""
        named = _NAMED.match(self._text, self._at)
        if named:
            return self._posix(self._skip(named))
        if self._starts("[:"):
            raise UnknownSyntaxError
        if self._starts("\\") and (letter := self._text[self._at + 1 : self._at + 2]).lower() in PERL:
            self._at += 2
            return self._perl(letter)
        low = high = self._class_letter()
        if self._starts("-") and not self._starts("-]"):
            self._at += 1
            high = self._class_letter()
        if high < low:
            raise UnknownSyntaxError
        return self._in_case(((low, high),))

    def _posix(self, named: re.Match[str]) -> Ranges:
        if named[2] not in POSIX:
            raise UnknownSyntaxError
        ranges = self._in_case(POSIX[named[2]])
        return complement(ranges) if named[1] else ranges

    def _class_letter(self) -> int:
        letter = self._take()
        return self._code(self._take()) if letter == "\\" else ord(letter)


def _sequence(items: list[Node]) -> Sequence:
    return Sequence(tuple(items), _bounded(1 + sum(item.size for item in items)))


def _bounded(size: int) -> int:
    if size > MOST_LETTERS:
        raise UnknownSyntaxError
    return size

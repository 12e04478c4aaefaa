"""Unquoted YAML words as kubectl reads them.

kubectl reads YAML 1.1 by a library with habits of its own: `yes` is true, `010` is 8, `1e3` is a number, `1:30` and
`2020-01-01` are text, and as everything becomes JSON on the way, `1.0` is 1. What kubectl would send to the cluster is
what we show; `tests/sources/test_scalars.py` asks kubectl itself.

One difference is meant: the letters `y` and `n` alone stay text. kubectl takes them for truth values, and the API
server then refuses the object where a name was meant; the examples of the specification call routes so.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

NAMESPACE = "tag:yaml.org,2002:"
STR, INT, FLOAT, BOOL, NULL = (NAMESPACE + name for name in ("str", "int", "float", "bool", "null"))
MERGE = NAMESPACE + "merge"

Scalar = str | int | float | bool | None

_SPELLINGS: dict[Scalar, str] = {
    True: "yes Yes YES true True TRUE on On ON",
    False: "no No NO false False FALSE off Off OFF",
    None: "~ null Null NULL",
    math.inf: ".inf .Inf .INF +.inf +.Inf +.INF",
    -math.inf: "-.inf -.Inf -.INF",
    math.nan: ".nan .NaN .NAN",
}
WORDS: dict[str, Scalar] = {"": None} | {word: value for value, words in _SPELLINGS.items() for word in words.split()}
_NUMERIC = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_MISPLACED = re.compile(r"_(?![0-9])|(?<![0-9])_")  # elsewhere than after a leading dot `_` may stand anywhere
_BASES = (16, 2, 8, 10)
_LONGEST_INTEGER = 80
_INT64 = 2**63


@lru_cache(maxsize=4096)
def plain(text: str) -> Scalar:
    """What the unquoted `text` means."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in _NUMERIC or (text[0] == "." and _MISPLACED.search(text)):
        return text
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return integer
    number = _float(digits) if _FLOAT.fullmatch(digits) else None
    return text if number is None else number


def tag_of(value: Scalar) -> str:
    """The YAML tag of a value."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, str):
        return STR
    return INT if isinstance(value, int) else FLOAT


def plain_tag(text: str) -> str:
    """The tag of the unquoted `text`."""
    if text in WORDS or text[0] in _NUMERIC:
        return tag_of(plain(text))
    return MERGE if text == "<<" else STR


def key_text(value: Scalar) -> str | None:
    """`value` as a key in JSON; None if it cannot be one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or not math.isfinite(value):
        return None
    return str(value)


def _integer(digits: str) -> int | float | None:
    """An integer of 64 bits; beyond them kubectl counts in floats, and not at all in other bases than ten."""
    found = _INTEGER.fullmatch(digits) if len(digits) <= _LONGEST_INTEGER else None
    if found is None:
        return None
    sign, *parts = found.groups()
    number = next(int(part, base) for part, base in zip(parts, _BASES, strict=True) if part is not None)
    number = -number if sign == "-" else number
    if -_INT64 <= number < _INT64:
        return number
    return float(number) if 0 <= number < 2 * _INT64 else None


def _float(digits: str) -> float | int | None:
    """A float, as an integer where JSON would write it as one; None for what no float can hold."""
    number = float(digits)
    if math.isinf(number):
        return None
    return int(number) if number.is_integer() and abs(number) < _INT64 else number

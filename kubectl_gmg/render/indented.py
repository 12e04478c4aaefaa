"""JSON text with an indent of two blanks.

The standard library indents in Python, one generator inside of another for each level, which takes half of a run that
prints many routes. Here a value becomes text at once, and a list may be a generator, so that neither all its items nor
their text need be in memory together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from json import JSONEncoder
from json.encoder import encode_basestring as quoted
from types import GeneratorType, NoneType
from typing import Any

WORDS = {None: "null", True: "true", False: "false"}
SCALAR = JSONEncoder(ensure_ascii=False, allow_nan=False)
PLAIN: dict[type, Callable[[Any], str]] = {
    str: quoted,
    int: int.__repr__,
    bool: WORDS.__getitem__,
    NoneType: WORDS.__getitem__,
}
"""What most values are; nearly all the time of a large answer goes by here."""


def indented(value: Any, margin: str = "\n") -> str:
    """The text of `value`; `margin` is a line break with the blanks in front of its closing bracket.

    Raises `ValueError` for a number that JSON does not know.
    """
    plain = PLAIN.get(type(value))
    if plain:
        return plain(value)
    inner = f"{margin}  "
    if isinstance(value, dict):
        parts = []
        for key, each in value.items():
            plain = PLAIN.get(type(each))
            parts.append(f"{quoted(key)}: {plain(each) if plain else indented(each, inner)}")
        return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}" if parts else "{}"
    if isinstance(value, (list, tuple, Iterator)):
        parts = [indented(each, inner) for each in value]
        return f"[{inner}{f',{inner}'.join(parts)}{margin}]" if parts else "[]"
    return SCALAR.encode(value)


def pieces(value: Any, margin: str = "\n") -> Iterator[str]:
    """The text that `indented` gives, piece by piece: what a generator yields is made, and forgotten, one by one."""
    if isinstance(value, GeneratorType):
        yield from listed(value, margin)
    elif isinstance(value, dict) and GeneratorType in map(type, value.values()):
        yield from opened(value, margin)
    else:
        yield indented(value, margin)


def listed(items: Iterator[Any], margin: str) -> Iterator[str]:
    """A list, item by item."""
    inner, before = f"{margin}  ", "["
    for each in items:
        yield f"{before}{inner}"
        yield from pieces(each, inner)
        before = ","
    yield f"{margin}]" if before == "," else "[]"


def opened(entries: dict[str, Any], margin: str) -> Iterator[str]:
    """An object of which at least one value is a generator."""
    inner, text = f"{margin}  ", "{"
    for key, each in entries.items():
        text += f"{inner}{quoted(key)}: "
        if isinstance(each, GeneratorType):
            yield text
            yield from listed(each, inner)
            text = ","
        else:
            text += f"{indented(each, inner)},"
    yield f"{text.removesuffix(',')}{margin}}}"

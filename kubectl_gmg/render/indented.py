"""JSON text with an indent of two blanks.

The standard library indents in Python, one generator inside of another for each level, which takes half of a run that
prints many routes. Here a value becomes text at once, and a list may be an iterator, so that items need not be in
memory all together.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONEncoder
from json.encoder import encode_basestring as quoted
from typing import Any

WORDS = {None: "null", True: "true", False: "false"}
SCALAR = JSONEncoder(ensure_ascii=False, allow_nan=False)


def indented(value: Any, margin: str = "\n") -> str:
    """The text of `value`; `margin` is a line break with the blanks in front of its closing bracket.

    Raises `ValueError` for a number that JSON does not know.
    """
    kind = type(value)
    if kind is str:
        return quoted(value)
    if value is None or value is True or value is False:
        return WORDS[value]
    if kind is int:
        return str(value)
    inner = f"{margin}  "
    if isinstance(value, dict):
        parts = [f"{quoted(key)}: {indented(each, inner)}" for key, each in value.items()]
        return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}" if parts else "{}"
    if isinstance(value, (list, tuple, Iterator)):
        parts = [indented(each, inner) for each in value]
        return f"[{inner}{f',{inner}'.join(parts)}{margin}]" if parts else "[]"
    return SCALAR.encode(value)

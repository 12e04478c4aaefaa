"""Values as YAML that is read back as the very same values, by us and by any other reader of YAML 1.1 or 1.2."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_gmg.errors import SourceError

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
"""Texts that need no quotes, unless they are one of the words below."""

WORDS = frozenset(("y", "n", "yes", "no", "true", "false", "on", "off", "null"))
"""What some reader of YAML takes for something else than a text, in whatever case."""

UNSEEN = re.compile("[^ -~]")
MARK = "gmg: ignore"
"""What a comment that suppresses a finding begins with; inside of a text it must not look like one."""

MOST_LEVELS = 190
"""Reading admits 200 levels, of which a list takes one more than its items are deep."""

LONGEST_KEY = 250
"""A key that is longer, in letters, is written in the form that has no limit (1,024 bytes) on its length."""

Lines = Iterator[str]


def document(value: Mapping[str, Any]) -> str:
    """One document of a stream. Raises `SourceError` for a value that is nested too deeply to be read again."""
    return "---\n" + "\n".join(entries(value, "")) + "\n"


def entries(value: Mapping[str, Any], margin: str) -> Lines:
    """The lines of a mapping that holds something."""
    for key, held in value.items():
        name = scalar(key)
        if len(name) > LONGEST_KEY:
            yield f"{margin}? {name}"
            name = ""
        yield from nested(f"{margin}{name}:", held, margin)


def items(value: list[Any], margin: str) -> Lines:
    """The lines of a list that holds something."""
    for held in value:
        if isinstance(held, dict) and held:
            inner = entries(held, f"{margin}  ")
            yield f"{margin}- {next(inner)[len(margin) + 2 :]}"
            yield from inner
        else:
            yield from nested(f"{margin}-", held, margin)


def nested(start: str, held: Any, margin: str) -> Lines:
    """The lines of a value behind the `start` of its first one."""
    if len(margin) > 2 * MOST_LEVELS:
        hint = "no object of the product is; is this the right source?"
        raise SourceError(f"an object is nested more than {MOST_LEVELS} levels deep", hint)
    if isinstance(held, dict) and held:
        yield start
        yield from entries(held, f"{margin}  ")
    elif isinstance(held, list) and held:
        yield start
        yield from items(held, f"{margin}  ")
    else:
        yield f"{start} {scalar(held)}"


def scalar(value: Any) -> str:
    """A value without anything inside of it, on one line."""
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) and value.lower() not in WORDS else quoted(value)
    if isinstance(value, float):
        return number(value)
    return json.dumps(value)


def number(value: float) -> str:
    """A float; a whole one as kubectl sends it, which is without a fraction."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return repr(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)


def quoted(text: str) -> str:
    """A text in double quotes, in which nothing is left that a reader or a terminal would take for anything else."""
    body = json.dumps(text, ensure_ascii=False).replace(MARK, MARK.replace(":", "\\u003a"))
    return body if body.isascii() and "\x7f" not in body else UNSEEN.sub(visible, body)


def visible(found: re.Match[str]) -> str:
    """A letter as it is, or escaped if nobody would see it. Half of a pair is none, as in files: U+FFFD."""
    letter = found[0]
    if letter.isprintable():
        return letter
    code = ord(letter)
    if 0xD800 <= code <= 0xDFFF:
        return "\\ufffd"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

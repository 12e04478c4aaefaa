"""Text that reaches a terminal: what a terminal might obey is shown, never obeyed."""

from __future__ import annotations

import re
from collections.abc import Callable

OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]")
"""Control characters, and those that hide, reorder or break lines."""

NOT_JSON = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
"""The same where JSON has escaped the first of them already."""


def shown(text: str) -> str:
    """Text of an object, on one line and without anything that a terminal obeys."""
    return OBEYED.sub(lambda found: escaped(found.group()), text)


def escaped(letter: str) -> str:
    """A character as people write it in code."""
    known = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    code = ord(letter)
    return known.get(letter) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def unprintable(text: str, escape: Callable[[str], str]) -> str:
    """A document with every hidden or obeyed character replaced by what `escape` gives."""
    return NOT_JSON.sub(lambda found: escape(found.group()), text)

"""Text that reaches a terminal: what a terminal might obey is shown, never obeyed."""

from __future__ import annotations

import re
from collections.abc import Callable

HIDDEN = (
    "\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)

OBEYED = re.compile(f"[\x00-\x1f{HIDDEN}]")
"""Control characters, and those that hide, reorder or break lines; half a character too."""

NOT_JSON = re.compile(f"[{HIDDEN}]")
"""The same where JSON has escaped the first of them already."""


def shown(text: str) -> str:
    """Text of an object, on one line and without anything that a terminal obeys."""
    if text.isprintable():  # asking costs far less than looking for every such letter, and nearly all text is
        return text
    return OBEYED.sub(lambda found: escaped(found.group()), text)


def escaped(letter: str) -> str:
    """A character as people write it in code."""
    known = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    code = ord(letter)
    return known.get(letter) or code_point(code)


def code_point(code: int) -> str:
    """A code point as Python and YAML write it between double quotes."""
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unprintable(text: str, escape: Callable[[str], str]) -> str:
    """A document with every hidden or obeyed character replaced by what `escape` gives."""
    return NOT_JSON.sub(lambda found: escape(found.group()), text)


def in_ascii(text: str, output: str) -> str:
    """A whole answer in ASCII; what JSON and YAML mean by it stays the same."""
    if text.isascii():
        return text
    escape = {"json": json_escape, "yaml": yaml_escape}.get(output)
    return re.sub("[^\x00-\x7f]", lambda found: escape(found.group()), text) if escape else only_ascii(text)


def only_ascii(text: str) -> str:
    """The text with escapes for all letters that are not ASCII."""
    return text.encode("ascii", "backslashreplace").decode()


def json_escape(letter: str) -> str:
    """A character as JSON escapes it, in two halves where it has to."""
    halves = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{halves[place : place + 4]}" for place in range(0, len(halves), 4))


def yaml_escape(letter: str) -> str:
    """A character as YAML escapes it between double quotes."""
    return code_point(ord(letter))

"""Regular expressions as the proxy reads them: RE2, matched whole (`spec/envoy.md` rules 16 and 91).

A pattern of a user is never given to Python's own `re`: it accepts what RE2 refuses and may run for ever.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2


@lru_cache(maxsize=1)
def options() -> Any:
    """RE2's defaults, as Envoy uses them, but silent on stderr."""
    chosen = re2.Options()
    chosen.log_errors = False
    return chosen


@lru_cache(maxsize=1)
def pattern_class() -> Any:
    """The class of compiled patterns, which has no public name."""
    return type(re2.compile(""))


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """The compiled pattern; raises `re2.error` if RE2 refuses it.

    `re2.compile` would look at each option for every pattern, which takes as long as RE2 itself; its class does not.
    """
    return pattern_class()(pattern, options())


@lru_cache(maxsize=4096)
def fault(pattern: str) -> str:
    """Why the proxy would refuse `pattern`, in RE2's words; empty if it would not."""
    if not pattern:
        return "an empty regular expression"
    try:
        compiled(pattern)
    except UnicodeEncodeError:
        return "half of a surrogate pair is no character"
    except re2.error as error:
        return str(error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0])
    return ""


def matches_whole(pattern: str, text: str) -> bool:
    """Whether `pattern` matches all of `text`."""
    return compiled(pattern).fullmatch(text) is not None


def quote(text: str) -> str:
    """`text` as a pattern that matches just it."""
    return "".join(f"\\{letter}" if letter in r"\.+*?()|[]{}^$" else letter for letter in text)


def literal_prefix(pattern: str) -> str:
    """What every text that the pattern matches surely begins with; ASCII case aside where flags say so.

    Only plain beginnings are seen: `""` says that nothing is known.
    """
    if has_top_level_choice(pattern):
        return ""
    found: list[str] = []
    place = 1 if pattern.startswith("^") else 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\" and pattern[place + 1 : place + 2] and not pattern[place + 1].isalnum():
            letter = pattern[place + 1]
            place += 1
        elif letter in SPECIAL:
            return "".join(found[:-1] if letter in REPEATS else found)
        found.append(letter)
        place += 1
    return "".join(found)


SPECIAL = frozenset("\\.+*?()|[]{}^$")
REPEATS = frozenset("*?{+")


def has_top_level_choice(pattern: str) -> bool:
    """Whether a `|` may stand outside of all groups; yes where brackets are hard to follow."""
    if "|" not in pattern:
        return False
    depth = 0
    escaped = False
    for letter in pattern:
        if escaped:
            if letter == "Q":
                return True
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == "[" or (letter == "|" and not depth):
            return True
        else:
            depth += {"(": 1, ")": -1}.get(letter, 0)
    return False
